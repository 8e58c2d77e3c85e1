"""The page about oneself."""
from __future__ import annotations

from django.urls import path

from . import meetings, views

app_name = "person"
urlpatterns = [path("", views.me, name="me"), path("meetings/", meetings.mine, name="meetings")]
