"""The page about oneself."""
from __future__ import annotations

from django.urls import path

from . import meetings, token_views, views

app_name = "person"
urlpatterns = [
    path("", views.me, name="me"),
    path("meetings/", meetings.mine, name="meetings"),
    path("tokens/", token_views.listing, name="tokens"),
    path("tokens/new/", token_views.new, name="new-token"),
    path("tokens/<int:token_id>/end/", token_views.end, name="end-token"),
]
