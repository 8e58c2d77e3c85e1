from __future__ import annotations

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """The API: its page of documentation has a template and a script."""

    name = "zhibu.api"
    label = "api"
