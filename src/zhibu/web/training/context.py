"""What the templates of study hours get."""
from __future__ import annotations

from dataclasses import dataclass

from zhibu.web.shell.context import Button, Callout, Choice, Link, Pair, State


@dataclass(frozen=True, slots=True)
class HourLine:
    """A member's hours of the year."""

    name: str
    url: str
    hours: str
    target: str
    parts: str
    state: State
    central: State | None


@dataclass(frozen=True, slots=True)
class BranchPage:
    """教育学时 of a branch."""

    title: str
    sub: str
    years: tuple[Choice, ...]
    stats: tuple[Pair, ...]
    lines: tuple[HourLine, ...]
    buttons: tuple[Button, ...]
    crumbs: tuple[Link, ...]
    foot: str
    empty: str


@dataclass(frozen=True, slots=True)
class OrgLine:
    """A branch in the list of an organisation above."""

    name: str
    url: str
    members: int
    reached: str
    rate: str
    state: State
    central: State | None


@dataclass(frozen=True, slots=True)
class CommitteeCard:
    """What is asked of the committee itself, and what it did."""

    asked: tuple[Pair, ...]
    done: tuple[NoteLine, ...]
    url: str


@dataclass(frozen=True, slots=True)
class OrgsPage:
    """教育学时 of the branches below an organisation, in the order of the tree."""

    title: str
    sub: str
    years: tuple[Choice, ...]
    filters: tuple[Choice, ...]
    stats: tuple[Pair, ...]
    lines: tuple[OrgLine, ...]
    buttons: tuple[Button, ...]
    crumbs: tuple[Link, ...]
    foot: str
    empty: str
    more: str
    own: CommitteeCard | None = None


@dataclass(frozen=True, slots=True)
class SourceLine:
    """One source of hours."""

    when: str
    kind: str
    title: str
    url: str
    hours: str
    proof: str
    state: State | None
    end_url: str


@dataclass(frozen=True, slots=True)
class NoteLine:
    """An essay or a note."""

    when: str
    kind: str
    title: str
    button: Button | None


@dataclass(frozen=True, slots=True)
class PersonPage:
    """A member's year with every source."""

    title: str
    sub: str
    years: tuple[Choice, ...]
    facts: tuple[Pair, ...]
    sources: tuple[SourceLine, ...]
    notes: tuple[NoteLine, ...]
    notes_head: str
    buttons: tuple[Button, ...]
    crumbs: tuple[Link, ...]
    foot: str
    empty: str


@dataclass(frozen=True, slots=True)
class TimeLine:
    """One time of a course."""

    when: str
    url: str
    hours: str
    came: str
    state: State | None


@dataclass(frozen=True, slots=True)
class CourseCard:
    """A course with its times."""

    title: str
    kind: str
    times: tuple[TimeLine, ...]
    add_url: str


@dataclass(frozen=True, slots=True)
class CoursesPage:
    """课程."""

    title: str
    sub: str
    years: tuple[Choice, ...]
    courses: tuple[CourseCard, ...]
    buttons: tuple[Button, ...]
    crumbs: tuple[Link, ...]
    empty: str


@dataclass(frozen=True, slots=True)
class SessionPage:
    """One time of a course with who came and who did not."""

    title: str
    sub: str
    facts: tuple[Pair, ...]
    came: tuple[str, ...]
    absent: tuple[str, ...]
    callouts: tuple[Callout, ...]
    buttons: tuple[Button, ...]
    crumbs: tuple[Link, ...]
