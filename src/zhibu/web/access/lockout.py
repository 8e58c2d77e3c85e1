"""Count failed sign-ins per account and keep nothing of the visitor's device (product.md: no device data)."""
from __future__ import annotations

from typing import Any

from axes.handlers.database import AxesDatabaseHandler
from django.http import HttpRequest


class PerAccount(AxesDatabaseHandler):
    """The lock-out of django-axes without browser and languages of the visitor."""

    def user_login_failed(self, sender: object, credentials: dict[str, Any], request: HttpRequest | None = None, **kwargs: Any) -> None:
        """Count a failure of an account."""
        if request is not None:
            request.axes_user_agent = request.axes_http_accept = ""  # type: ignore[attr-defined]
        super().user_login_failed(sender, credentials, request, **kwargs)
