from __future__ import annotations

from django.urls import path

from . import figures, views

app_name = "overview"
urlpatterns = [
    path("", views.county, name="county"),
    path("file/", views.county_file, name="county-file"),
    path("figures/", figures.listing, name="figures"),
    path("figures/<str:key>/", figures.one, name="figure"),
    path("remind/", views.remind, name="remind"),
]
