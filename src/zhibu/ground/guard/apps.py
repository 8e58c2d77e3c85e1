from __future__ import annotations

from django.apps import AppConfig


class GuardConfig(AppConfig):
    name = "zhibu.ground.guard"
    label = "guard"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from django.db import connections
        from django.db.backends.signals import connection_created

        from .tripwire import arm

        connection_created.connect(arm, dispatch_uid="guard.tripwire")
        for connection in connections.all(initialized_only=True):
            arm(connection)
