"""Addresses of study hours."""
from __future__ import annotations

from django.urls import path

from . import committee_views, course_views, record_views, views

app_name = "training"
urlpatterns = [
    path("", views.listing, name="list"),
    path("file/", views.file, name="file"),
    path("members/<int:person_id>/", views.person, name="person"),
    path("records/new/", record_views.new_record, name="record-new"),
    path("records/<int:record_id>/end/", record_views.end_record, name="record-end"),
    path("notes/new/", record_views.new_note, name="note-new"),
    path("notes/<int:note_id>/end/", record_views.end_note, name="note-end"),
    path("committee/new/", committee_views.new, name="committee-new"),
    path("committee/<int:doing_id>/end/", committee_views.end, name="committee-end"),
    path("courses/", course_views.courses, name="courses"),
    path("courses/new/", course_views.new_course, name="course-new"),
    path("courses/<int:course_id>/session/", course_views.new_session, name="session-new"),
    path("sessions/<int:session_id>/", course_views.session, name="session"),
    path("sessions/<int:session_id>/end/", course_views.end_session, name="session-end"),
]
