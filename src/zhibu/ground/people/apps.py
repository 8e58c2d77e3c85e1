from __future__ import annotations

from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "zhibu.ground.people"
    label = "people"
    default_auto_field = "django.db.models.BigAutoField"
