from __future__ import annotations

from django.apps import AppConfig


class WiringConfig(AppConfig):
    """The last installed app: connects the areas to the seams."""

    name = "zhibu.config"
    label = "config"

    def ready(self) -> None:
        from . import wiring

        wiring.connect()
