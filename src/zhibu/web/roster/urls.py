"""Addresses of the roster."""
from __future__ import annotations

from django.urls import path

from . import views

app_name = "roster"
urlpatterns = [
    path("", views.roster, name="list"),
    path("add/", views.add, name="add"),
    path("<int:person_id>/edit/", views.edit, name="edit"),
    path("<int:person_id>/end/", views.end, name="end"),
    path("<int:person_id>/standing/", views.standing, name="standing"),
    path("<int:person_id>/reveal/", views.reveal, name="reveal"),
]
