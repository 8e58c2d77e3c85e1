"""Calendars as phones subscribe to them: RFC 5545, written strictly. Pure.

Lines of at most 75 octets, folded between characters, never inside one; CRLF; UTF-8; UTC for hours, plain days for what has none; UIDs that never change.
"""
from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

TYPE = "text/calendar; charset=utf-8"
MOST = 75  # octets of a line, without its end


@dataclass(frozen=True, slots=True)
class Event:
    """One entry. `start` and `end` both have an hour, or neither has; without an end it lasts the day, or an hour. `revised`: when it was last changed."""

    uid: str
    start: datetime | date
    title: str
    revised: datetime
    end: datetime | date | None = None
    place: str = ""
    note: str = ""
    revision: int = 0


def escaped(text: str) -> str:
    """Write a text so that it is one value: no character of it can begin another line or property."""
    flat = text.replace("\r\n", "\n").replace("\r", "\n")
    kept = "".join(c for c in flat if c == "\n" or (c >= " " and not 0x7F <= ord(c) < 0xA0 and c not in "\u2028\u2029\ufeff" and not 0xD800 <= ord(c) < 0xE000))
    return kept.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")


def folded(line: str) -> Iterator[bytes]:
    """Cut a line into pieces of at most 75 octets; every further one begins with a blank."""
    piece = b""
    for char in line:
        raw = char.encode()
        if len(piece) + len(raw) > MOST:
            yield piece
            piece = b" "
        piece += raw
    yield piece


def _when(name: str, moment: datetime | date) -> str:
    if isinstance(moment, datetime):
        return f"{name}:{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    return f"{name};VALUE=DATE:{moment:%Y%m%d}"


def _entry(event: Event) -> list[str]:
    end = event.end if event.end is not None and event.end > event.start else event.start + (timedelta(hours=1) if isinstance(event.start, datetime) else timedelta(days=1))  # type: ignore[operator]
    lines = [
        "BEGIN:VEVENT", f"UID:{escaped(event.uid)}", f"DTSTAMP:{event.revised.astimezone(UTC):%Y%m%dT%H%M%SZ}", _when("DTSTART", event.start), _when("DTEND", end),
        f"SUMMARY:{escaped(event.title)}", f"SEQUENCE:{event.revision}", "STATUS:CONFIRMED",
    ]
    lines += [f"LOCATION:{escaped(event.place)}"] if event.place else []
    lines += [f"DESCRIPTION:{escaped(event.note)}"] if event.note else []
    return [*lines, "END:VEVENT"]


def write(name: str, events: Iterable[Event]) -> bytes:
    """Write a calendar; the same events always give the same bytes."""
    lines = [
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//zhibu//desk//ZH", "CALSCALE:GREGORIAN", "METHOD:PUBLISH", f"X-WR-CALNAME:{escaped(name)}", "X-WR-TIMEZONE:Asia/Shanghai",
        "REFRESH-INTERVAL;VALUE=DURATION:PT6H", "X-PUBLISHED-TTL:PT6H",
        *(line for event in sorted(events, key=lambda e: (str(e.start), e.uid)) for line in _entry(event)), "END:VCALENDAR",
    ]
    return b"".join(piece + b"\r\n" for line in lines for piece in folded(line))


def tag(body: bytes) -> str:
    """Give the ETag of a calendar."""
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'
