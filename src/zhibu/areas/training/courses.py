"""Courses of a year with their sessions; who was on the list of one; whom a list may hold."""
from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from zhibu.ground.guard.scope import Scope
from zhibu.ground.people import queries as people
from zhibu.ground.people.models import PostKind
from zhibu.ground.people.queries import Belonging
from zhibu.ground.tree import queries as tree

from .models import Course, Session

AUDIENCES = {"all": "全体党员", "officers": "书记和班子成员", "secretaries": "书记"}


@dataclass(frozen=True, slots=True)
class SessionView:
    """One time a course was held."""

    id: int
    org_id: int
    course_id: int
    course: str
    kind: str
    first_on: date
    last_on: date
    unit: str
    amount: Decimal
    tenths: int
    place: str
    proof: str
    expected: tuple[int, ...]
    absent: tuple[int, ...]
    made_by: str
    ended_by: str
    ended_why: str

    @property
    def came(self) -> int:
        """Count who came."""
        return len(self.expected) - len(self.absent)


@dataclass(frozen=True, slots=True)
class CourseView:
    """A course with its sessions, newest first."""

    id: int
    org_id: int
    year: int
    title: str
    kind: str
    sessions: tuple[SessionView, ...] = ()


def courses(scope: Scope, org_id: int, year: int) -> list[CourseView]:
    """List the courses of an organisation in a year with their sessions; two statements."""
    rows = list(Course.objects.within(scope).filter(org_id=org_id, year=year).order_by("id"))
    held: dict[int, list[SessionView]] = {}
    for s in Session.objects.within(scope).filter(course_id__in=[c.pk for c in rows]).select_related("course").order_by("-first_on", "-id"):
        held.setdefault(s.course_id, []).append(_session(s))
    return [CourseView(c.pk, c.org_id, c.year, c.title, c.kind, tuple(held.get(c.pk, ()))) for c in rows]


def course(scope: Scope, course_id: int) -> CourseView:
    """Give one course without its sessions; NotFound outside the scope."""
    c = Course.objects.within(scope).filter(pk=course_id).first()
    if c is None:
        raise tree.NotFound("没有找到这门课")
    return CourseView(c.pk, c.org_id, c.year, c.title, c.kind)


def session(scope: Scope, session_id: int) -> tuple[SessionView, dict[int, str]]:
    """Give one session and the names on its list; NotFound outside the scope."""
    s = Session.objects.within(scope).select_related("course").filter(pk=session_id).first()
    if s is None:
        raise tree.NotFound("没有找到这次培训")
    return _session(s), people.names_of(people.offices(scope), s.expected)


def _session(s: Session) -> SessionView:
    return SessionView(
        s.pk, s.org_id, s.course_id, s.course.title, s.course.kind, s.first_on, s.last_on, s.unit, s.amount, s.tenths, s.place, s.proof, tuple(s.expected), tuple(s.absent),
        s.made_by, s.ended_by, s.ended_why,
    )


def audience(scope: Scope, path: str, who: str, on: date) -> list[Belonging]:
    """List the members below an organisation whom a list may hold: all, those with a post in their branch, or the secretaries."""
    found = people.belonging(scope.narrowed(path), on)
    if who == "secretaries":
        return [m for m in found if m.secretary_since is not None]
    if who == "officers":
        return [m for m in found if any(kind != PostKind.OFFICER for kind in m.posts)]
    return found
