"""The page about oneself."""
from __future__ import annotations

from django.urls import path

from . import meetings, member_views, token_views, transfer, views

app_name = "person"
urlpatterns = [
    path("", views.me, name="me"),
    path("file/", member_views.own_file, name="file"),
    path("file/copy/", member_views.own_copy, name="copy"),
    path("meetings/", meetings.mine, name="meetings"),
    path("transfer/", transfer.mine, name="transfer"),
    path("tokens/", token_views.listing, name="tokens"),
    path("tokens/new/", token_views.new, name="new-token"),
    path("tokens/<int:token_id>/end/", token_views.end, name="end-token"),
]
