from __future__ import annotations

from django.urls import path

from . import views

app_name = "overview"
urlpatterns = [
    path("", views.county, name="county"),
    path("remind/", views.remind, name="remind"),
]
