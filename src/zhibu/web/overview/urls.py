from __future__ import annotations

from django.urls import path

from . import views

app_name = "overview"
urlpatterns = [
    path("", views.county, name="county"),
    path("file/", views.county_file, name="county-file"),
    path("remind/", views.remind, name="remind"),
]
