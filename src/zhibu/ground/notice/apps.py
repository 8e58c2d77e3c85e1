from __future__ import annotations

from django.apps import AppConfig


class NoticeConfig(AppConfig):
    name = "zhibu.ground.notice"
    label = "notice"
    default_auto_field = "django.db.models.BigAutoField"
