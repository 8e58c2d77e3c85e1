"""Addresses of 党费经费."""
from __future__ import annotations

from django.urls import path

from . import form_views, views

app_name = "dues"
urlpatterns = [
    path("", views.start, name="start"),
    path("org/<int:org_id>/month/", views.month, name="month"),
    path("org/<int:org_id>/arrears/", views.arrears_list, name="arrears"),
    path("org/<int:org_id>/bases/", views.bases_list, name="bases"),
    path("org/<int:org_id>/money/", views.money, name="money"),
    path("org/<int:org_id>/totals/", views.totals_list, name="totals"),
    path("org/<int:org_id>/ledger/", views.ledger, name="ledger"),
    path("org/<int:org_id>/form/<slug:what>/", form_views.form, name="form"),
    path("org/<int:org_id>/above/<slug:what>/", form_views.above, name="above"),
    path("member/<int:person_id>/", views.person, name="person"),
]
