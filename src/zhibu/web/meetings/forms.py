"""The meeting form: what was posted becomes an Entry, and an Entry (or the branch's habit) becomes the page."""
from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time
from decimal import Decimal, InvalidOperation

from zhibu.areas.meetings.entry import Entry, EntryRecord, EntryTopic, Fault

MARKS = {"leave", "absent"}


def day(text: str) -> date | None:
    """Read a date field; None when it is no date."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


def clock(text: str) -> time | None:
    """Read a time field; None when empty or no time."""
    try:
        return time.fromisoformat(text.strip()) if text.strip() else None
    except ValueError:
        return None


def count(text: str) -> int | None:
    """Read a number of votes; None when it is no number of at most five digits."""
    return int(text) if re.fullmatch(r"\d{1,5}", text.strip() or "0") else None


@dataclass
class Posted:
    """A posted form: the entry as far as it can be read, the faults of reading, and every field for putting it back."""

    data: Mapping[str, list[str]]
    org_id: int
    faults: list[Fault] = field(default_factory=list)
    attachments: dict[str, list[int]] = field(default_factory=dict)  # record type (or "photos") -> uploads kept so far

    def one(self, name: str) -> str:
        """Give the first value of a field."""
        values = self.data.get(name) or [""]
        return values[0][:5000]

    def many(self, name: str) -> list[str]:
        """Give all values of a field, at most 50."""
        return [v[:200] for v in (self.data.get(name) or [])[:50]]

    def fault(self, where: str, code: str, reason: str) -> None:
        """Note a fault of reading."""
        self.faults.append(Fault(where, code, reason))

    @property
    def numbers(self) -> list[int]:
        """Give the numbers of the topic blocks, in order."""
        found = {int(m.group(1)) for name in self.data if (m := re.fullmatch(r"t-(\d{1,3})-kind", name))}
        return sorted(found)[:60]

    def topics(self) -> tuple[EntryTopic, ...]:
        """Read the topic blocks."""
        return tuple(self._topic(n) for n in self.numbers)

    def _topic(self, n: int) -> EntryTopic:
        p = f"t-{n}-"
        vote = self.one(p + "vote") == "1"
        votes = [count(self.one(p + name)) for name in ("for", "against", "abstain")]
        if vote and None in votes:
            self.fault("topics", "E011", "票数只能填数字，请改")
        hours: Decimal | None = None
        kind = self.one(p + "kind")
        if kind == "lecture":
            try:
                hours = Decimal(self.one(p + "hours") or "0")
                if not hours.is_finite() or not Decimal(0) <= hours <= 24 or hours != round(hours, 1):
                    raise InvalidOperation
            except InvalidOperation:
                hours = None
                self.fault("topics", "E054", "党课学时请填 0 到 24 之间的数，最多一位小数，例如 1.5")
        ayes, noes, abstain = (v or 0 for v in votes)
        return EntryTopic(
            kind[:20], self.one(p + "title")[:200], self.one(p + "text"), self.one(p + "decision")[:500], vote and bool(self.one(p + "title") or self.one(p + "text") or self.one(p + "decision")),
            ayes, noes, abstain, self.one(p + "lecturer")[:50], hours,
        )

    def records(self) -> tuple[EntryRecord, ...]:
        """Read the lines of required records that were shown."""
        lines = []
        for name in dict.fromkeys(self.many("r-shown")):
            how = {"paper": "paper", "upload": "upload", "none": "nil"}.get(self.one(f"r-{name}"), "paper")
            lines.append(EntryRecord(name, how, self.one(f"r-{name}-place")[:100], self.one(f"r-{name}-reason")[:200], tuple(self.attachments.get(name, ())) if how == "upload" else ()))
        return tuple(lines)

    def marks(self) -> dict[int, str]:
        """Read the roll-call: who was on leave or absent."""
        found = {}
        for name, values in self.data.items():
            if (m := re.fullmatch(r"m-(\d{1,18})", name)) and values and values[0] in MARKS:
                found[int(m.group(1))] = values[0]
        return found

    def entry(self, today: date, corrects: int | None = None) -> Entry:
        """Read everything; unreadable fields are noted as faults."""
        held = day(self.one("held_on"))
        if held is None:
            self.fault("held_on", "E001", "日期没有填对，请选开会那一天")
        for name, title in (("starts", "开始"), ("ends", "结束")):
            if self.one(name).strip() and clock(self.one(name)) is None:
                self.fault(name, "E002", f"{title}时间没有填对，请填几点几分，例如 09:00")
        kinds = tuple(dict.fromkeys(self.many("kind")))
        contents = tuple(dict.fromkeys(self.many("content")))
        if "theme_day" in kinds and "lecture" in kinds and "lecture" not in contents:
            contents += ("lecture",)
        return Entry(
            org_id=self.org_id, kinds=kinds, held_on=held or today, start=clock(self.one("starts")), end=clock(self.one("ends")), place=self.one("place")[:100],
            chair=self.one("chair")[:50], recorder=self.one("recorder")[:50], contents=contents if "theme_day" in kinds else (),
            group_ids=tuple(int(g) for g in self.many("group") if g.isdigit()) if "group_meeting" in kinds else (), marks=self.marks(),
            absence_note=self.one("absence_note")[:500], topics=self.topics(), records=self.records(), photos=tuple(self.attachments.get("photos", ())),
            corrects=corrects, correction_reason=self.one("reason")[:200],
        )


def kept_ids(values: Sequence[str]) -> list[int]:
    """Read the ids of uploads kept from an earlier try."""
    return [int(v) for text in values for v in text.split(",") if v.isdigit()][:20]
