"""Uploaded tables between the steps: sealed in the files folder, one folder per account and random key, gone after the import or 24 hours.

Nothing of a table goes into the session or the database before it is confirmed."""
from __future__ import annotations

import base64
import gzip
import json
import os
import re
import secrets
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings

from zhibu.exchange.intake.findings import Correction, Upload
from zhibu.exchange.intake.grid import Book, Refused, from_wire, to_wire
from zhibu.ground.guard.sealing import Sealed, seal

KEPT = timedelta(hours=24)
_KEY = re.compile(r"[0-9a-f]{32}|batch-[0-9]{1,18}")
_PURPOSE = "intake.waiting"


@dataclass(slots=True)
class Waiting:
    """One import under way: where it goes, its files, and what the clerk decided so far (file name -> Correction)."""

    account_id: int
    key: str
    org_id: int
    names: list[str]
    refused: dict[str, tuple[str, str]] = field(default_factory=dict)
    corrections: dict[str, Correction] = field(default_factory=dict)

    def uploads(self) -> list[Upload]:
        """Give the files as read_files takes them; their bytes are not needed any more, `parse` has the grids."""
        return [Upload(name, b"") for name in self.names]

    def parse(self, name: str, data: bytes) -> Book:
        """Give the grid of a file as it was parsed at the upload. Raises Refused as it was refused then."""
        if name in self.refused:
            raise Refused(*self.refused[name])
        return from_wire(json.loads(gzip.decompress(_read(_folder(self.account_id, self.key) / f"{self.names.index(name)}.book"))))

    def keep(self) -> None:
        """Write down what was decided."""
        state = {
            "org": self.org_id, "names": self.names, "refused": self.refused,
            "corrections": {name: _pack(c) for name, c in self.corrections.items()},
        }  # fmt: skip
        _write(_folder(self.account_id, self.key) / "state", json.dumps(state).encode())


def begin(account_id: int, org_id: int, found: Mapping[str, Book | Refused]) -> Waiting:
    """Put parsed files aside under a new key."""
    one = Waiting(account_id, secrets.token_hex(16), org_id, list(found))
    folder = _folder(account_id, one.key)
    folder.mkdir(parents=True, mode=0o700)
    try:
        for number, (name, book) in enumerate(found.items()):
            if isinstance(book, Refused):
                one.refused[name] = (book.code, book.message)
            else:
                _write(folder / f"{number}.book", gzip.compress(json.dumps(to_wire(book)).encode(), 3))
        one.keep()
    except BaseException:  # a full disk: half an import is none
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return one


def load(account_id: int, key: str) -> Waiting | None:
    """Give an account's own import under way; None when there is none (any more)."""
    if not _KEY.fullmatch(key) or not (_folder(account_id, key) / "state").is_file():
        return None
    state = json.loads(_read(_folder(account_id, key) / "state"))
    return Waiting(
        account_id, key, state["org"], state["names"], {name: (code, text) for name, (code, text) in state["refused"].items()},
        {name: _unpack(c) for name, c in state["corrections"].items()},
    )


def drop(account_id: int, key: str) -> None:
    """Remove an import under way."""
    if _KEY.fullmatch(key):
        shutil.rmtree(_folder(account_id, key), ignore_errors=True)


def keep_returned(account_id: int, batch_id: int, tables: Mapping[str, bytes]) -> None:
    """Keep the tables to send back after an import: file name -> bytes."""
    folder = _folder(account_id, f"batch-{batch_id}")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for number, (name, data) in enumerate(tables.items()):
        _write(folder / f"{number}.back", json.dumps([name, base64.b64encode(data).decode()]).encode())


def returned(account_id: int, batch_id: int) -> dict[int, tuple[str, bytes]]:
    """Give the kept tables of a batch by number, empty after 24 hours."""
    found: dict[int, tuple[str, bytes]] = {}
    for path in sorted(_folder(account_id, f"batch-{batch_id}").glob("*.back")):
        name, data = json.loads(_read(path))
        found[int(path.stem)] = (name, base64.b64decode(data))
    return found


def sweep(now: datetime) -> None:
    """Remove what has waited longer than 24 hours, whoever's it is."""
    for folder in _folders():
        try:
            old = now.timestamp() - folder.stat().st_ctime > KEPT.total_seconds()
        except OSError:
            continue
        if old:
            shutil.rmtree(folder, ignore_errors=True)


def _folders() -> Iterator[Path]:
    top = Path(settings.FILES_ROOT) / "waiting"
    for account in top.iterdir() if top.is_dir() else ():
        yield from account.iterdir()


def _folder(account_id: int, key: str) -> Path:
    return Path(settings.FILES_ROOT) / "waiting" / str(account_id) / key


def _write(path: Path, data: bytes) -> None:
    part = path.with_suffix(f".{os.getpid()}.part")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as out:
        out.write(seal(base64.b64encode(data).decode(), _PURPOSE))
    os.replace(part, path)


def _read(path: Path) -> bytes:
    return base64.b64decode(Sealed(path.read_text(), _PURPOSE).reveal())


def _pack(c: Correction) -> dict[str, Any]:
    return {
        "mapping": {s: dict(m) for s, m in c.mapping.items()}, "kinds": dict(c.kinds), "header_rows": dict(c.header_rows),
        "orgs": {s: dict(m) for s, m in c.orgs.items()}, "resolutions": [[s, r, dict(v)] for (s, r), v in c.resolutions.items()],
    }  # fmt: skip


def _unpack(found: Mapping[str, Any]) -> Correction:
    return Correction(
        found["mapping"], found["kinds"], {s: int(r) for s, r in found["header_rows"].items()}, found["orgs"], {(s, r): v for s, r, v in found["resolutions"]}
    )
