"""Fields: the byte-ordered path and the encrypted text."""
from __future__ import annotations

from typing import Any

from django.db import models

from . import sealing


class PathField(models.CharField):
    """Materialised path compared byte by byte on both engines (an ICU collation would make ranges silently wrong)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 120)
        super().__init__(*args, **kwargs)

    def db_parameters(self, connection: Any) -> dict:
        parameters = super().db_parameters(connection)
        if connection.vendor == "postgresql":
            parameters["collation"] = "C"
        return parameters


class SealedField(models.TextField):
    """Text that is stored as ciphertext. Python sees a `Sealed`; its clear text must be asked for by `reveal()`."""

    def __init__(self, *args: Any, purpose: str = "", **kwargs: Any) -> None:
        self.purpose = purpose
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        kwargs["purpose"] = self.purpose
        return name, path, args, kwargs

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> sealing.Sealed | None:
        return None if not value else sealing.Sealed(value, self.purpose)

    def to_python(self, value: Any) -> Any:
        return value

    def get_prep_value(self, value: Any) -> str:
        if not value:
            return ""
        return value.token if isinstance(value, sealing.Sealed) else sealing.seal(str(value), self.purpose)

    def get_lookup(self, lookup_name: str) -> Any:
        return None if lookup_name != "isnull" else super().get_lookup(lookup_name)  # no filter, no sort, no oracle
