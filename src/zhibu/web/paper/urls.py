"""Addresses of sheets that are not about one meeting."""
from __future__ import annotations

from django.urls import path

from . import views

app_name = "paper"
urlpatterns = [
    path("handbook/", views.handbook, name="handbook"),
    path("measures/", views.measures, name="measures"),
    path("roster/", views.roster, name="roster"),
    path("member/<int:person_id>/", views.member, name="member"),
    path("organisation/<int:org_id>/", views.organisation, name="organisation"),
]
