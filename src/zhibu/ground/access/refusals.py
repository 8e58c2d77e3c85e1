"""Why an account cannot be as asked."""
from __future__ import annotations


class WeakPassword(Exception):
    """The password does not meet the rules; `reasons` are sentences."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__("；".join(reasons))
        self.reasons = reasons


class AccountError(Exception):
    """What was asked of an account or a grant cannot be; `field` of the form and a sentence."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field
        self.reason = reason
