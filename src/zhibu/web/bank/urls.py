"""Addresses of 银行到账."""
from __future__ import annotations

from django.urls import path

from . import views

app_name = "bank"
urlpatterns = [
    path("org/<int:org_id>/bank/", views.home, name="home"),
    path("org/<int:org_id>/bank/file/", views.upload, name="upload"),
    path("org/<int:org_id>/bank/exact/", views.confirm_exact, name="exact"),
    path("bank/<int:line_id>/", views.line, name="line"),
    path("bank/<int:line_id>/confirm/", views.confirm, name="confirm"),
    path("bank/<int:line_id>/reopen/", views.reopen, name="reopen"),
]
