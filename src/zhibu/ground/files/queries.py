"""Open attachments by right, never by address."""
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from zhibu.ground.guard.guarded import paths_of
from zhibu.ground.guard.permission import Compartment
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
    if row is None or not _open(scope, row.compartment, paths_of([row.org_id])[row.org_id]) or not location(row.sha256).exists():
        raise FileMissing
    return FileView(row.pk, row.name, row.media_type, row.size, location(row.sha256))


def names(scope: Scope, ids: Iterable[int]) -> dict[int, str]:
    """Give the names of attachments in scope."""
    return dict(Attachment.objects.within(scope).filter(pk__in=list(ids)).order_by("id").values_list("pk", "name"))


def openable(scope: Scope, ids: Iterable[int]) -> dict[int, str]:
    """Give the names of those attachments that this scope may open: in scope, and in no compartment that it lacks."""
    rows = Attachment.objects.within(scope).filter(pk__in=list(ids)).order_by("id").values_list("pk", "name", "compartment", "org_id")
    paths = paths_of(sorted({row[3] for row in rows}))
    return {pk: name for pk, name, compartment, org_id in rows if _open(scope, compartment, paths[org_id])}


def _open(scope: Scope, compartment: str, path: str) -> bool:
    return not compartment or scope.opens(Compartment(compartment), path)
