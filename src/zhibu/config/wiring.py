"""The plain list of what each area offers to the seams (facts, duties, case effects)."""
from __future__ import annotations


def connect() -> None:
    """Connect every provider; called once when the last app is ready."""
