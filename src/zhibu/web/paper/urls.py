"""Addresses of sheets that are not about one meeting."""
from __future__ import annotations

from django.urls import path

from . import dues_views, views

app_name = "paper"
urlpatterns = [
    path("handbook/", views.handbook, name="handbook"),
    path("measures/", views.measures, name="measures"),
    path("roster/", views.roster, name="roster"),
    path("quarter/", dues_views.quarter, name="quarter"),
    path("dues/<str:form>/", dues_views.forms, name="dues"),
    path("receipt/<int:payment_id>/", dues_views.receipt, name="receipt"),
    path("member/<int:person_id>/", views.member, name="member"),
    path("organisation/<int:org_id>/", views.organisation, name="organisation"),
]
