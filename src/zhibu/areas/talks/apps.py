from __future__ import annotations

from django.apps import AppConfig


class TalksConfig(AppConfig):
    name = "zhibu.areas.talks"
    label = "talks"
    default_auto_field = "django.db.models.BigAutoField"
