from __future__ import annotations

from django.apps import AppConfig


class DuesConfig(AppConfig):
    name = "zhibu.areas.dues"
    label = "dues"
    default_auto_field = "django.db.models.BigAutoField"
