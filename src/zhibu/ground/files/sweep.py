"""Sweep what nothing names any more: uploads of forms that were never saved, files without a row, half-written parts (trust.md E5, §7).

An upload is kept as soon as it arrives, so that a fault elsewhere in its form does not lose it. Whoever keeps ids of attachments registers
here and answers which of them it names; what nobody names after 24 hours goes, row and file. The answer to "who uses this" is asked in the
transaction that takes the rows away.
"""
from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import models, transaction

from zhibu.ground.guard.tripwire import paused

from .models import Attachment

KEPT = timedelta(hours=24)
_BATCH = 500
_FOLDER = re.compile(r"[0-9a-f]{2}")
_FILE = re.compile(r"[0-9a-f]{64}(?:\.[0-9]+\.(?:part|swept))?")

Names = Callable[[Sequence[int]], set[int]]  # which of these attachments are named
_NAMED_BY: list[Names] = []


@dataclass(frozen=True, slots=True)
class Swept:
    """What one sweep took away."""

    uploads: int
    files: int


def register(names: Names) -> None:
    """Add somebody who keeps ids of attachments."""
    if names not in _NAMED_BY:
        _NAMED_BY.append(names)


def sweep(at: datetime) -> Swept:
    """Take away uploads that nothing named for 24 hours, and files without a row. Without anybody registered nothing is known, and no row goes."""
    before = at - KEPT
    uploads, last = 0, 0
    while _NAMED_BY:
        with transaction.atomic():
            rows = Attachment.objects.unscoped("the sweep looks at the uploads of all organisations")
            ids = list(rows.filter(at__lt=before, pk__gt=last).order_by("pk").values_list("pk", flat=True)[:_BATCH])
            if not ids:
                break
            last, idle = ids[-1], set(ids)
            for names in _NAMED_BY:
                idle -= names(sorted(idle))
            if not idle:
                continue
            with paused("the sweep takes away uploads that nothing names; what no record ever named is no part of a ledger"):
                unnamed: models.QuerySet[Attachment] = models.QuerySet(Attachment).filter(pk__in=idle)
                uploads += unnamed._raw_delete(unnamed.db)
    return Swept(uploads, sum(_removed(path, before) for path in _files()))


def _files() -> Iterator[Path]:
    top = Path(settings.FILES_ROOT)
    for folder in sorted(top.iterdir()) if top.is_dir() else ():
        if _FOLDER.fullmatch(folder.name) and folder.is_dir():
            yield from (p for p in sorted(folder.iterdir()) if _FILE.fullmatch(p.name))


def _old(path: Path, before: datetime) -> bool:
    try:
        return path.stat().st_mtime < before.timestamp()
    except FileNotFoundError:
        return False


def _named(sha256: str) -> bool:
    return Attachment.objects.unscoped("the sweep asks whether any organisation has this file").filter(sha256=sha256).exists()


def _removed(path: Path, before: datetime) -> int:
    """Remove one file if no row names it. It is put out of reach first: an upload of the same content either touched it before, and it
    comes back, or finds it gone and writes it anew."""
    if not _old(path, before):
        return 0
    if path.suffix:  # .part of a writer that died, .swept of a sweep that died
        path.unlink(missing_ok=True)
        return 1
    if _named(path.name):
        return 0
    aside = path.with_suffix(f".{os.getpid()}.swept")
    os.replace(path, aside)
    if (not _old(aside, before) or _named(path.name)) and not path.exists():
        os.replace(aside, path)
        return 0
    aside.unlink()
    return 1
