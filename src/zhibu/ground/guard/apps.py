from __future__ import annotations

from django.apps import AppConfig


class GuardConfig(AppConfig):
    name = "zhibu.ground.guard"
    label = "guard"
    default_auto_field = "django.db.models.BigAutoField"
