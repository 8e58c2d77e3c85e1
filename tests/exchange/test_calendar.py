"""Calendars as RFC 5545 has them: read by a strict reader of our own, and by the library icalendar."""
from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

import icalendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhibu.exchange.calendar import Event, escaped, folded, tag, write

STAMP = datetime(2026, 11, 1, 2, 0, tzinfo=UTC)
MEETING = Event("a@zhibu", datetime(2026, 11, 26, 1, 0, tzinfo=UTC), "主题党日、党课", STAMP, datetime(2026, 11, 26, 2, 20, tzinfo=UTC), "村党群服务中心会议室，二楼；东头", "有事不能来的，会前请假。\n带笔记本")


def lines(body: bytes) -> list[str]:
    """Read strictly: CRLF only, at most 75 octets, every piece whole UTF-8, folds begin with a blank."""
    assert body.endswith(b"\r\n") and b"\n" not in body.replace(b"\r\n", b"") and b"\r" not in body.replace(b"\r\n", b"")
    found: list[str] = []
    for raw in body[:-2].split(b"\r\n"):
        assert 0 < len(raw) <= 75, raw
        text = raw.decode("utf-8")  # a character cut in two would not decode
        if text.startswith(" "):
            found[-1] += text[1:]
        else:
            assert re.match(r"[A-Z-]+[:;]", text), text
            found.append(text)
    return found


def test_a_calendar_is_what_the_standard_says() -> None:
    found = lines(write("支部工作台", [MEETING]))
    assert found[:3] == ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//zhibu//desk//ZH"] and found[-2:] == ["END:VEVENT", "END:VCALENDAR"]
    for line in ("UID:a@zhibu", "DTSTAMP:20261101T020000Z", "DTSTART:20261126T010000Z", "DTEND:20261126T022000Z", "SUMMARY:主题党日、党课", "LOCATION:村党群服务中心会议室，二楼；东头",
                 "DESCRIPTION:有事不能来的，会前请假。\\n带笔记本", "SEQUENCE:0"):
        assert line in found


def test_a_whole_day_and_missing_or_wrong_ends() -> None:
    day = Event("d", date(2026, 11, 30), "到期", STAMP)
    wrong = Event("w", STAMP, "x", STAMP, STAMP - timedelta(hours=1))
    found = lines(write("n", [day, wrong]))
    assert "DTSTART;VALUE=DATE:20261130" in found and "DTEND;VALUE=DATE:20261201" in found and "DTEND:20261101T030000Z" in found


def test_the_same_events_in_any_order_give_the_same_bytes() -> None:
    other = Event("b", date(2026, 12, 1), "x", STAMP)
    assert write("n", [MEETING, other]) == write("n", [other, MEETING]) and tag(write("n", [MEETING])) != tag(write("n", [other]))


@given(title=st.text(max_size=300), place=st.text(max_size=100))
def test_no_text_breaks_out_of_its_line(title: str, place: str) -> None:
    body = write("n", [Event("u", date(2026, 1, 1), title, STAMP, place=place)])
    assert sum(line.startswith("BEGIN:") for line in lines(body)) == 2
    (event,) = icalendar.Calendar.from_ical(body).walk("VEVENT")
    kept = "".join(c for c in title.replace("\r\n", "\n").replace("\r", "\n") if c == "\n" or (c >= " " and not 0x7F <= ord(c) < 0xA0 and c not in "\u2028\u2029\ufeff" and not 0xD800 <= ord(c) < 0xE000))
    assert str(event["SUMMARY"]) == kept


def test_the_library_reads_what_was_meant() -> None:
    (event,) = icalendar.Calendar.from_ical(write("支部工作台", [MEETING])).walk("VEVENT")
    assert event.decoded("DTSTART") == MEETING.start and event.decoded("DTEND") == MEETING.end
    assert str(event["LOCATION"]) == MEETING.place and str(event["DESCRIPTION"]) == MEETING.note


@pytest.mark.parametrize("length", range(20, 30))
def test_folds_never_cut_a_character(length: int) -> None:
    pieces = list(folded("SUMMARY:" + "党" * length + "a"))
    assert all(len(p) <= 75 for p in pieces) and b"".join(p[1:] if n else p for n, p in enumerate(pieces)).decode() == "SUMMARY:" + "党" * length + "a"


def test_twin_plain_cuts_would_be_found() -> None:
    raw = ("SUMMARY:" + "党" * 40).encode()
    with pytest.raises((UnicodeDecodeError, AssertionError)):
        lines(raw[:75] + b"\r\n " + raw[75:] + b"\r\n")
    assert escaped("a,b;c\\d\re\x00") == "a\\,b\\;c\\\\d\\ne"
