"""The page about oneself."""
from __future__ import annotations

from django.urls import path

from . import views

app_name = "person"
urlpatterns = [path("", views.me, name="me")]
