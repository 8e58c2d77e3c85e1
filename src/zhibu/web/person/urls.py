"""The page about oneself."""
from __future__ import annotations

from django.urls import path

from zhibu.web.dues import own_views as dues

from . import meetings, member_views, token_views, transfer, views

app_name = "person"
urlpatterns = [
    path("", views.me, name="me"),
    path("file/", member_views.own_file, name="file"),
    path("file/copy/", member_views.own_copy, name="copy"),
    path("meetings/", meetings.mine, name="meetings"),
    path("dues/", dues.year, name="dues"),
    path("dues/paper/", dues.paper, name="dues-paper"),
    path("dues/receipt/<int:payment_id>/", dues.receipt, name="receipt"),
    path("transfer/", transfer.mine, name="transfer"),
    path("tokens/", token_views.listing, name="tokens"),
    path("tokens/new/", token_views.new, name="new-token"),
    path("tokens/<int:token_id>/end/", token_views.end, name="end-token"),
]
