"""Open attachments by right, never by address."""
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from zhibu.ground.guard.scope import Scope

from .actions import location
from .models import Attachment


class FileMissing(Exception):
    """No such attachment in scope, or its file is gone."""


@dataclass(frozen=True, slots=True)
class FileView:
    """An attachment to be sent: always as a download, with its checked type."""

    id: int
    name: str
    media_type: str
    size: int
    path: Path


def attachment(scope: Scope, attachment_id: int) -> FileView:
    """Give one attachment in scope; those in a compartment only to a scope that has it. Raises FileMissing."""
    row = Attachment.objects.within(scope).filter(pk=attachment_id).first()
    if row is None or (row.compartment and row.compartment not in scope.compartments) or not location(row.sha256).exists():
        raise FileMissing
    return FileView(row.pk, row.name, row.media_type, row.size, location(row.sha256))


def names(scope: Scope, ids: Iterable[int]) -> dict[int, str]:
    """Give the names of attachments in scope."""
    return dict(Attachment.objects.within(scope).filter(pk__in=list(ids)).order_by("id").values_list("pk", "name"))


def openable(scope: Scope, ids: Iterable[int]) -> dict[int, str]:
    """Give the names of those attachments that this scope may open: in scope, and in no compartment that it lacks."""
    rows = Attachment.objects.within(scope).filter(pk__in=list(ids)).order_by("id").values_list("pk", "name", "compartment")
    return {pk: name for pk, name, compartment in rows if not compartment or compartment in scope.compartments}
