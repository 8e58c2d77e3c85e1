"""The meeting form: what was posted becomes an Entry, and an Entry (or the branch's habit) becomes the page."""
from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time
from decimal import Decimal, InvalidOperation

from zhibu.areas.meetings.entry import Entry, EntryRecord, EntryTopic, Fault

MARKS = {"leave", "absent"}
ANSWERS = {"paper": "paper", "upload": "upload", "none": "nil", "later": "later"}
NOT_TYPED = ("csrfmiddlewaretoken", "do")


def day(text: str) -> date | None:
    """Read a date field; None when it is no date."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


def clock(text: str) -> time | None:
    """Read a time field; None when empty or no time."""
    found = re.fullmatch(r"(\d{1,2})[:：](\d{2})(?::\d{2})?", text.strip())
    return time(int(found[1]), int(found[2])) if found and int(found[1]) < 24 and int(found[2]) < 60 else None


def number(text: str | None) -> int | None:
    """Read an id or a year of an address; None when it is no plain number."""
    return int(text) if text and re.fullmatch(r"[0-9]{1,18}", text) else None


def count(text: str) -> int | None:
    """Read a number of votes; None when it is no number of at most five digits."""
    return int(text.strip() or "0") if re.fullmatch(r"[0-9]{0,5}", text.strip()) else None


@dataclass
class Posted:
    """A posted form: the entry as far as it can be read, the faults of reading, and every field for putting it back."""

    data: Mapping[str, list[str]]
    org_id: int
    faults: list[Fault] = field(default_factory=list)
    kept: dict[str, list[int]] = field(default_factory=dict)   # record type (or "photos") -> uploads of an earlier try
    fresh: dict[str, list[int]] = field(default_factory=dict)  # … and of this one

    def uploads(self, name: str) -> list[int]:
        """Give the uploads of a record type (or "photos") so far."""
        return [*self.kept.get(name, ()), *self.fresh.get(name, ())]

    @property
    def upload_names(self) -> list[str]:
        """Name what uploads may hang on: the record types of the form, and the photos."""
        return [n[2:-4] for n in self.data if n.startswith("r-") and n.endswith("-att")] + ["photos"]

    def earlier(self, name: str) -> list[int]:
        """Read the ids of uploads that an earlier try of this form kept; they are still to be checked."""
        values = self.many("photos-att" if name == "photos" else f"r-{name}-att")
        found = [number(v) for text in values for v in text.split(",")]
        return list(dict.fromkeys(v for v in found if v is not None))[:20]

    def to_keep(self) -> dict[str, list[str]]:
        """Give the fields that a draft keeps: everything typed, and the uploads so far."""
        fields = {k: v for k, v in self.data.items() if k not in NOT_TYPED}
        for name in self.upload_names:
            fields["photos-att" if name == "photos" else f"r-{name}-att"] = [",".join(map(str, self.uploads(name)))]
        return fields

    def one(self, name: str) -> str:
        """Give the first value of a field."""
        values = self.data.get(name) or [""]
        return values[0][:5000].replace("\x00", "")

    def many(self, name: str) -> list[str]:
        """Give all values of a field, at most 50."""
        return [v[:200].replace("\x00", "") for v in (self.data.get(name) or [])[:50]]

    def fault(self, where: str, code: str, reason: str) -> None:
        """Note a fault of reading."""
        self.faults.append(Fault(where, code, reason))

    @property
    def numbers(self) -> list[int]:
        """Give the numbers of the topic blocks, in order."""
        found = {int(m.group(1)) for name in self.data if (m := re.fullmatch(r"t-([0-9]{1,3})-kind", name))}
        return sorted(found)[:60]

    @property
    def groups(self) -> tuple[int, ...]:
        """Give the chosen groups."""
        return tuple(dict.fromkeys(g for g in map(number, self.many("group")) if g is not None))

    def topics(self) -> tuple[EntryTopic, ...]:
        """Read the topic blocks."""
        return tuple(self._topic(n) for n in self.numbers)

    def _topic(self, n: int) -> EntryTopic:
        p, place = f"t-{n}-", f"topic-{self.numbers.index(n)}"
        title, text, decision = self.one(p + "title")[:120], self.one(p + "text"), self.one(p + "decision")[:500]
        untold = not self.one(p + "for").strip()  # without JavaScript nothing fills in the ayes
        vote = self.one(p + "vote") == "1" and bool(title.strip() or text.strip() or decision.strip()) and not (untold and not decision.strip())
        if vote and untold:
            self.fault(place, "E011", "举手表决了，赞成几票还没有填；没有表决就去掉“举手表决”")
        votes = [count(self.one(p + name)) for name in ("for", "against", "abstain")]
        if vote and None in votes:
            self.fault(place, "E011", "票数只能填数字，请改")
        kind = self.one(p + "kind")[:20]
        hours = self._hours(p, place) if kind == "lecture" else None
        ayes, noes, abstain = (v or 0 for v in votes)
        return EntryTopic(kind, title, text, decision, vote, ayes, noes, abstain, self.one(p + "lecturer")[:50], hours)

    def _hours(self, prefix: str, place: str) -> Decimal | None:
        try:
            hours = Decimal(self.one(prefix + "hours").strip() or "0")
            if hours.is_finite() and 0 <= hours <= 24 and hours == round(hours, 1):
                return hours
        except InvalidOperation:
            pass
        self.fault(place, "E054", "党课学时请填 0 到 24 之间的数，最多一位小数，例如 1.5")
        return None

    def records(self) -> tuple[EntryRecord, ...]:
        """Read the lines of required records that were shown. A file chosen beside 纸质件 wins; beside 无 it is a contradiction that rules refuse."""
        return tuple(self._record(name) for name in dict.fromkeys(self.many("r-shown")))

    def _record(self, name: str) -> EntryRecord:
        how = ANSWERS.get(self.one(f"r-{name}"), "paper")
        fresh = tuple(self.fresh.get(name, ()))
        if fresh and how in ("paper", "later"):
            how = "upload"
        files = tuple(self.uploads(name)) if how == "upload" else fresh
        return EntryRecord(name[:30], how, self.one(f"r-{name}-place")[:100].removeprefix("纸质件存"), self.one(f"r-{name}-reason")[:200], files)

    def marks(self) -> dict[int, str]:
        """Read the roll-call: who was on leave or absent."""
        found = {}
        for name, values in self.data.items():
            if (m := re.fullmatch(r"m-([0-9]{1,18})", name)) and values and values[0] in MARKS:
                found[int(m.group(1))] = values[0]
        return found

    def reasons(self) -> dict[int, str]:
        """Read why single persons were not there (leave granted before the meeting)."""
        return {int(m.group(1)): self.one(name)[:100] for name in self.data if (m := re.fullmatch(r"n-([0-9]{1,18})", name)) and self.one(name).strip()}

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
            group_ids=self.groups if "group_meeting" in kinds else (), marks=self.marks(),
            shown=frozenset(int(m.group(1)) for name in self.data if (m := re.fullmatch(r"m-([0-9]{1,18})", name))), absence_note=self.one("absence_note")[:100],
            reasons=self.reasons(),
            topics=self.topics(), records=self.records(), photos=tuple(self.uploads("photos")),
            corrects=corrects, correction_reason=self.one("reason")[:200] if corrects else "",
        )
