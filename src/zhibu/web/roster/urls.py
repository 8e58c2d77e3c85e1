"""Addresses of the roster."""
from __future__ import annotations

from django.urls import path

from zhibu.web.person import member_views

from . import merge_views, views

app_name = "roster"
urlpatterns = [
    path("", views.roster, name="list"),
    path("add/", views.add, name="add"),
    path("duplicates/", merge_views.proposals, name="duplicates"),
    path("<int:person_id>/", member_views.member, name="member"),
    path("<int:person_id>/copy/", member_views.copy_for, name="copy-for"),
    path("<int:person_id>/merge/", merge_views.merge, name="merge"),
    path("<int:person_id>/edit/", views.edit, name="edit"),
    path("<int:person_id>/end/", views.end, name="end"),
    path("<int:person_id>/revive/", views.revive, name="revive"),
    path("<int:person_id>/standing/", views.standing, name="standing"),
    path("<int:person_id>/reveal/", views.reveal, name="reveal"),
]
