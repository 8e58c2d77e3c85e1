from __future__ import annotations

from django.apps import AppConfig


class WorkdaysConfig(AppConfig):
    name = "zhibu.ground.workdays"
    label = "workdays"
    default_auto_field = "django.db.models.BigAutoField"
