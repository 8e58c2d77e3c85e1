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
    path("disable/", views.disable, name="disable"),
]
