from __future__ import annotations

from django.apps import AppConfig


class TreeConfig(AppConfig):
    name = "zhibu.ground.tree"
    label = "tree"
    default_auto_field = "django.db.models.BigAutoField"
