"""Which windows go wrong, decided before the year is told: named faults, the pattern of the county picture, weak branches, a little chance."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from zhibu.cli.demo.plan import LIANGZHAN, LIUSHUWAN, Committee, Group
from zhibu.cli.demo.world import Branch
from zhibu.kernel.periods import Window, month_index, month_of_index, window_of

# Per unit: months back from the last closed month (0), what, how many branches. As in the county picture of the mock-up.
_PICTURE = {
    "CG": ((0, "late", 2),), "SQ": ((6, "late", 1),), "SX": ((4, "late", 1), (9, "missing", 1)),
    "XJ": ((7, "late", 1), (1, "late", 2), (12, "incomplete", 1)), "DW": ((0, "missing", 3), (1, "missing", 2), (2, "missing", 1), (3, "late", 1)),
    "SL": ((2, "late", 1), (0, "missing", 1)), "GP": ((0, "late", 1),), "TY": ((5, "late", 1),), "JY": ((1, "late", 3), (8, "incomplete", 1)),
    "LX": ((5, "late", 1), (1, "missing", 1), (0, "missing", 2)), "JG": ((10, "late", 1),), "NP": ((13, "missing", 1),),
    "LH": ((11, "incomplete", 1),), "BT": ((6, "incomplete", 1),), "SH": ((14, "late", 1),),
}  # fmt: skip
_WEAK = {"DW": 9, "LX": 4, "SL": 2, "XJ": 1, "JY": 1}
# Requests to be excused: unit, months back, status of the request.
_EXCUSED = (
    ("LH", 4, "accepted"), ("SX", 3, "accepted"), ("GP", 4, "accepted"), ("YD", 8, "accepted"), ("SH", 2, "accepted"), ("JG", 6, "accepted"),
    ("DW", 2, "refused"), ("LX", 1, "refused"), ("DW", 0, "open"), ("SL", 1, "open"),
)  # fmt: skip


@dataclass(slots=True)
class Faults:
    """The faults by (organisation, kind, window code, group key or ""); what: missing | late | incomplete | excused."""

    what: dict[tuple[str, str, str, str], str] = field(default_factory=dict)
    requests: list[tuple[str, str, str, str, str]] = field(default_factory=list)  # org, kind, group, window code, status
    weak: frozenset[str] = frozenset()

    def get(self, org: str, kind: str, window: Window, group: str = "") -> str:
        """Give what goes wrong there, or ""."""
        return self.what.get((org, kind, window.code, group), "")

    def put(self, org: str, kind: str, window: Window, what: str, group: str = "") -> bool:
        """Set a fault where none is yet."""
        key = (org, kind, window.code, group)
        if key in self.what:
            return False
        self.what[key] = what
        return True


def month_window(index: int) -> Window:
    """Give the month of a month index (year*12 + month-1)."""
    year, month = month_of_index(index)
    return window_of("month", date(year, month, 1))


def late_possible(window: Window, today: date) -> bool:
    """Tell whether a record more than five days after the window can already exist."""
    return window.last + timedelta(days=6) < today


def choose(
    rng: Random, branches: list[Branch], committees: dict[str, list[Committee]], groups: dict[str, list[Group]], since: date, today: date
) -> Faults:
    """Choose all faults of the period. since: its first day; only closed windows go wrong."""
    found = Faults()
    last = month_index(today) - 1
    first = month_index(since)
    old = [b for b in branches if b.size and b.org.founded.value < since]
    free = [b for b in old if b.org.code not in (LIUSHUWAN, LIANGZHAN)]

    before_last = month_window(last if today.day > 6 else last - 1)  # the mock-ups show the last month that is wholly closed
    found.put(LIUSHUWAN, "committee_meeting", before_last, "missing")
    found.put(LIANGZHAN, "theme_day", before_last, "missing")
    found.requests.append((LIANGZHAN, "theme_day", "", before_last.code, "open"))
    found.put(LIUSHUWAN, "group_meeting", month_window(last - 4), "late", f"{LIUSHUWAN}/1")

    for unit, back, status in _EXCUSED:
        branch = rng.choice([b for b in free if b.unit == unit])
        window = month_window(last - back)
        kind = _kind(rng, branch, committees, window)
        found.put(branch.org.code, kind, window, "excused" if status == "accepted" else "missing")
        found.requests.append((branch.org.code, kind, "", window.code, status))

    for unit, pattern in _PICTURE.items():
        here = [b for b in free if b.unit == unit]
        for back, what, count in pattern:
            window = month_window(last - back)
            if what == "late" and not late_possible(window, today):
                continue
            for branch in rng.sample(here, count):
                kind = "theme_day" if what == "incomplete" else _kind(rng, branch, committees, window)
                found.put(branch.org.code, kind, window, what)

    weak: set[str] = set()
    for unit, count in _WEAK.items():
        weak |= {b.org.code for b in rng.sample([b for b in free if b.unit == unit and b.size >= 8], count)}
    found.weak = frozenset(weak)
    for branch in free:
        code = branch.org.code
        chance = 0.34 if code in weak else 0.0035
        for index in range(first, last + 1):
            window = month_window(index)
            slots = [("theme_day", "")]
            if committee_in_office(committees.get(code, ()), window):
                slots.append(("committee_meeting", ""))
            slots += [("group_meeting", g.key) for g in groups.get(code, ()) if g.formed_on <= window.first]
            for kind, group in slots:
                if rng.random() < chance:
                    found.put(code, kind, window, _what(rng, kind, window, today), group)
        for quarter in _quarters(first, last):
            for kind in ("general_meeting", "lecture"):
                if rng.random() < chance * 0.8:
                    found.put(code, kind, quarter, _what(rng, kind, quarter, today))
        for year in range(since.year, today.year):
            for kind in ("org_life_meeting", "appraisal"):
                if rng.random() < (0.3 if code in weak else 0.006):
                    found.put(code, kind, window_of("year", date(year, 1, 1)), rng.choice(("missing", "incomplete")))
    _always(found, old, today)
    return found


def committee_in_office(committees: list[Committee] | tuple[Committee, ...], window: Window) -> bool:
    """Tell whether a committee (of seats) was in office on the first and on the last day of the window."""
    return all(
        any(c.seats and c.elected_on <= day and (c.closed_on is None or day < c.closed_on) for c in committees)
        for day in (window.first, window.last)
    )


def _kind(rng: Random, branch: Branch, committees: dict[str, list[Committee]], window: Window) -> str:
    if committee_in_office(committees.get(branch.org.code, ()), window) and rng.random() < 0.5:
        return "committee_meeting"
    return "theme_day"


def _what(rng: Random, kind: str, window: Window, today: date) -> str:
    roll = rng.random()
    if roll < 0.62:
        return "missing"
    if roll < 0.82 and kind in ("theme_day", "lecture"):
        return "incomplete"
    return "late" if late_possible(window, today) else "missing"


def _quarters(first: int, last: int) -> list[Window]:
    """Give the quarters that end in the period and are closed."""
    found = []
    for index in range(first, last + 1):
        year, month = month_of_index(index)
        if month % 3 == 0:
            found.append(window_of("quarter", date(year, month, 1)))
    return found


def _always(found: Faults, old: list[Branch], today: date) -> None:
    """Make sure that a quarter and a year went wrong somewhere, whatever chance said."""
    branch = next(b for b in old if b.unit == "DW" and b.org.code in found.weak)
    last_quarter = _quarters(month_index(today) - 7, month_index(today) - 1)[-1]
    found.what[branch.org.code, "general_meeting", last_quarter.code, ""] = "missing"
    year = window_of("year", date(today.year - 1, 1, 1))
    found.what[branch.org.code, "org_life_meeting", year.code, ""] = "missing"
