"""Addresses of the accounts."""
from __future__ import annotations

from django.urls import path

from . import views

app_name = "accounts"
urlpatterns = [
    path("", views.accounts, name="list"),
    path("open/", views.open_account, name="open"),
    path("grant/", views.grant, name="grant"),
    path("end/", views.end, name="end"),
    path("renew/", views.renew, name="renew"),
    path("tokens/", views.tokens_of, name="tokens"),
    path("enable/", views.enable, name="enable"),
    path("second/", views.second, name="second"),
    path("link/", views.link, name="link"),
    path("posts/", views.posts, name="posts"),
    path("disable/", views.disable, name="disable"),
]
