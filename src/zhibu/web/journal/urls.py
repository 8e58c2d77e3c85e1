"""Addresses of the journal."""
from __future__ import annotations

from django.urls import path

from . import views

app_name = "journal"
urlpatterns = [path("", views.entries, name="list"), path("file/", views.file, name="file")]
