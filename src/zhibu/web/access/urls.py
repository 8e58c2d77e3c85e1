"""Addresses of 登录安全."""
from __future__ import annotations

from django.urls import path

from . import safety_views as views

app_name = "safety"
urlpatterns = [
    path("", views.home, name="home"),
    path("prove/", views.prove, name="prove"),
    path("code/", views.add_totp, name="totp"),
    path("passkey/", views.add_passkey, name="passkey"),
    path("recovery/", views.recovery, name="recovery"),
    path("remove/", views.remove, name="remove"),
    path("session/", views.end_session, name="end-session"),
]
