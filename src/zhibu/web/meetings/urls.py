from __future__ import annotations

from django.urls import path

from . import paper_views, views

app_name = "meetings"
urlpatterns = [
    path("record/", views.record, name="record"),
    path("ledger/", views.ledger, name="ledger"),
    path("<int:activity_id>/", views.activity, name="activity"),
    path("<int:activity_id>/correct/", views.correct, name="correct"),
    path("<int:activity_id>/void/", views.void, name="void"),
    path("absences/", views.absences, name="absences"),
    path("absences/<int:absence_id>/catch-up/", views.catch_up, name="catch-up"),
    path("excuse/", views.excuse, name="excuse"),
    path("excuse/<int:excuse_id>/revoke/", views.revoke_excuse, name="revoke-excuse"),
    path("attendance/", views.attendance, name="attendance"),
    path("<int:activity_id>/sheet/<slug:form>/", paper_views.sheet, name="sheet"),
    path("sign-in/", paper_views.blank, name="sign-in"),
    path("ledger/file/", paper_views.ledger_file, name="ledger-file"),
]
