"""Read what happened: lists, one entry with everything, and the counters from which compliance is judged."""
from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from django.db.models import BigIntegerField, Case, DateField, F, Field, Func, QuerySet, Sum, When
from django.db.models.functions import Cast
from django.utils import timezone

from zhibu.ground.guard.scope import Scope
from zhibu.ground.people.queries import leads_to
from zhibu.ground.tree.queries import NotFound
from zhibu.kernel import packed

from .models import Absence, Activity, ActivityKind, CatchUp, Evidence, Excuse, Topic

#: organisation id, kind, group id or 0, records present (bit mask), None or the day recorded when later than the month's cutoff, and how many were
#: held in each month of the year as one word of ``kernel.packed``. A plain tuple, because a county's year has thousands of them.
Counter = tuple[int, str, int, int, date | None, int]


def counters(scope: Scope, cutoffs: Mapping[int, date], org_ids: QuerySet | Sequence[int] | None = None, until: date | None = None) -> list[Counter]:
    """Group the activities of some months of one year (and held no later than `until`), for the whole scope in one statement.

    Returns rows as described at `Counter`. cutoffs: month index -> last day on which a record of that month counts as entered in time, whatever
    the window; the days of the few later ones are told apart, so that longer windows can judge them by their own end.
    """
    first, last = min(cutoffs), max(cutoffs)
    if first // 12 != last // 12:
        raise ValueError("counters are of one year")
    rows = ActivityKind.objects.within(scope).filter(held_month__gte=first, held_month__lte=last)
    if until is not None:
        rows = rows.filter(held_on__lte=until)
    if org_ids is not None:
        rows = rows.filter(org_id__in=org_ids)
    late = Case(When(recorded_on__gt=_ByMonth(cutoffs, DateField()), then=F("recorded_on")), output_field=DateField())
    keys = ("org_id", "kind", "group_key", "records")
    january = first - first % 12
    columns = {f"held_{place}": _column(january + place * packed.IN_COLUMN) for place in range(12 // packed.IN_COLUMN)}
    grouped = rows.annotate(late_on=late).values_list(*keys, "late_on").annotate(**columns).order_by(*keys, "late_on")
    return [(org_id, kind, group, records, late_on, packed.joined(held)) for org_id, kind, group, records, late_on, *held in grouped]


def _column(first: int) -> Cast:
    """Count the activities of neighbouring months in one 64-bit column, as ``kernel.packed`` reads it."""
    ones = {first + i: 1 << packed.BITS * i for i in range(packed.IN_COLUMN)}
    return _Integer(Sum(_ByMonth(ones, BigIntegerField())), BigIntegerField())


class _Integer(Cast):
    """A sum as an integer of the database, which needs no conversion value by value."""

    def get_db_converters(self, connection: Any) -> list[Any]:
        return []


class _ByMonth(Func):
    """A value by the month held in, nothing in other months; written at once, because a tree of twelve conditions takes longer to build than to run."""

    def __init__(self, values: Mapping[int, Any], output_field: Field[Any, Any]) -> None:
        super().__init__(F("held_month"), output_field=output_field)
        self.values = values

    def as_sql(self, compiler: Any, connection: Any, **extra: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        """Write `CASE held_month WHEN … THEN … END`."""
        month, params = compiler.compile(self.source_expressions[0])
        prepare = self.output_field.get_db_prep_value
        pairs = [x for m, value in self.values.items() for x in (m, prepare(value, connection))]
        zero = " ELSE 0" if isinstance(self.output_field, BigIntegerField) else ""
        return f"CASE {month}{' WHEN %s THEN %s' * len(self.values)}{zero} END", [*params, *pairs]


@dataclass(frozen=True, slots=True)
class SlotLine:
    """One slot filled: which activity, when held, when recorded, which records."""

    activity_id: int
    org_id: int
    kind: str
    group_id: int | None
    held_on: date
    recorded_on: date
    records: int
    title: str


def slots(scope: Scope, org_id: int, first: date, last: date, kind: str = "") -> list[SlotLine]:
    """List the filled slots of one organisation between two days, by day."""
    rows = ActivityKind.objects.within(scope).filter(org_id=org_id, held_on__gte=first, held_on__lte=last)
    return _slot_lines(rows.filter(kind=kind) if kind else rows)


def slots_between(scope: Scope, org_ids: Iterable[int], first: date, last: date) -> list[SlotLine]:
    """List the filled slots of some organisations between two days, by day."""
    return _slot_lines(ActivityKind.objects.within(scope).filter(org_id__in=list(org_ids), held_on__gte=first, held_on__lte=last))


def slots_of(scope: Scope, activity_id: int) -> list[SlotLine]:
    """List the slots that one entry fills; none for a corrected one."""
    return _slot_lines(ActivityKind.objects.within(scope).filter(activity_id=activity_id))


def _slot_lines(rows: QuerySet[ActivityKind]) -> list[SlotLine]:
    return [
        SlotLine(s.activity_id, s.org_id, s.kind, s.group_id, s.held_on, s.recorded_on, s.records, s.activity.title)
        for s in rows.select_related("activity").order_by("held_on", "start_minute", "id")
    ]


@dataclass(frozen=True, slots=True)
class MeetingKey:
    """By what two records of one meeting are told: kind, group, day, start."""

    activity_id: int
    kind: str
    group_id: int | None
    held_on: date
    start: time | None


def meeting_keys(scope: Scope, org_id: int, held_on: date) -> list[MeetingKey]:
    """List the meetings of an organisation recorded on a day."""
    rows = ActivityKind.objects.within(scope).filter(org_id=org_id, held_on=held_on).order_by("start_minute", "id")
    return [
        MeetingKey(s.activity_id, s.kind, s.group_id, s.held_on, time(s.start_minute // 60, s.start_minute % 60) if s.start_minute >= 0 else None)
        for s in rows
    ]


@dataclass(frozen=True, slots=True)
class ActivityLine:
    """A row of the list of records."""

    id: int
    org_id: int
    title: str
    held_on: date
    start_at: time | None
    chair: str
    expected_count: int
    present_count: int
    kinds: tuple[tuple[str, int | None], ...]
    recorded_on: date
    corrected: bool
    correction: bool
    voided: bool  # said later never to have been held
    place: str = ""
    recorder: str = ""


def activities(scope: Scope, org_id: int, first: date, last: date, *, kind: str = "", newest_first: bool = True) -> list[ActivityLine]:
    """List the entries of one organisation between two days; corrected and voided ones stay listed and are marked."""
    rows = Activity.objects.within(scope).filter(org_id=org_id, held_on__gte=first, held_on__lte=last)
    if kind:
        rows = rows.filter(pk__in=ActivityKind.objects.within(scope).filter(org_id=org_id, kind=kind).values("activity_id"))
    order = ("-held_on", "-id") if newest_first else ("held_on", "id")
    found = list(rows.order_by(*order))
    since: dict[int, date] = {}
    for activity_id, on in (
        ActivityKind.objects.within(scope).filter(org_id=org_id, held_on__gte=first, held_on__lte=last).order_by("id").values_list("activity_id", "recorded_on")
    ):
        since[activity_id] = max(on, since.get(activity_id, on))
    newer = Activity.objects.within(scope).filter(org_id=org_id, corrects__isnull=False).order_by("id")
    corrected = {old: not held_as for old, held_as in newer.values_list("corrects_id", "held_as")}  # id -> said never to have been held
    return [
        ActivityLine(
            a.pk, a.org_id, a.title, a.held_on, a.start_at, a.chair, a.expected_count, a.present_count, _kinds(a),
            since.get(a.pk, timezone.localtime(a.recorded_at).date()), a.pk in corrected, a.corrects_id is not None, corrected.get(a.pk, False),
            a.place, a.recorder,
        )
        for a in found
        if a.held_as or a.corrects_id is None  # the entry that voids another is read on that one's page
    ]


def _kinds(a: Activity) -> tuple[tuple[str, int | None], ...]:
    return tuple((kind, group) for kind, group in a.held_as)


@dataclass(frozen=True, slots=True)
class TopicView:
    """A topic, its resolution and vote."""

    seq: int
    kind: str
    title: str
    content: str
    lecturer: str
    hours: Decimal | None
    resolution: str
    ayes: int | None
    noes: int | None
    abstain: int | None
    passed: bool | None


@dataclass(frozen=True, slots=True)
class AbsenceView:
    """An absence and whether it was made up for."""

    id: int
    activity_id: int
    person_id: int
    name: str
    status: str
    reason: str
    caught_up_on: date | None
    caught_up_how: str


@dataclass(frozen=True, slots=True)
class EvidenceView:
    """A record that is present and where."""

    record_type: str
    how: str
    place: str
    reason: str
    attachment_id: int | None


@dataclass(frozen=True, slots=True)
class ActivityView:
    """One entry with everything."""

    id: int
    org_id: int
    title: str
    held_on: date
    start_at: time | None
    end_at: time | None
    place: str
    chair: str
    recorder: str
    contents: tuple[str, ...]
    expected: tuple[int, ...]
    expected_count: int
    present_count: int
    voting_count: int | None
    voting_present: int | None
    kinds: tuple[tuple[str, int | None], ...]
    topics: tuple[TopicView, ...]
    absences: tuple[AbsenceView, ...]
    evidence: tuple[EvidenceView, ...]
    recorded_at: datetime
    recorded_by: str
    written_in: str
    corrects_id: int | None
    correction_reason: str
    corrected_by_id: int | None
    batch_id: int | None
    recorded_on: date     # what late entry is judged by: kept by a correction that leaves day and records as they were
    counts: bool          # False: corrected, voided, or its import was undone
    voided: bool          # the newer entry says that this meeting was never held

    @property
    def voids(self) -> bool:
        """Tell whether this entry only says that another one was never held."""
        return self.corrects_id is not None and not self.kinds


def activity(scope: Scope, activity_id: int) -> ActivityView:
    """Give one entry with topics, absences and evidence; NotFound outside the scope."""
    found = in_full(scope, [activity_id])
    if not found:
        raise NotFound("没有找到这条记录")
    return found[0]


def in_full(scope: Scope, activity_ids: Iterable[int]) -> list[ActivityView]:
    """Give entries with topics, absences and evidence, in the order asked for; what is out of scope is left out. The same few statements for any number."""
    wanted = [i for i in activity_ids if i < 2**63]  # no row has a larger number, and a list of them cannot be asked for
    rows = {a.pk: a for a in Activity.objects.within(scope).filter(pk__in=wanted)}
    newer: dict[int, tuple[int, object]] = {}
    for old, pk, held_as in Activity.objects.within(scope).filter(corrects_id__in=wanted).order_by("-id").values_list("corrects_id", "pk", "held_as"):
        newer[old] = (pk, held_as)
    since: dict[int, date] = {}
    for s in _slot_lines(ActivityKind.objects.within(scope).filter(activity_id__in=wanted)):
        since[s.activity_id] = max(s.recorded_on, since.get(s.activity_id, s.recorded_on))
    topics: dict[int, list[TopicView]] = {}
    for t in Topic.objects.within(scope).filter(activity_id__in=wanted).order_by("activity_id", "seq", "id"):
        view = TopicView(t.seq, t.kind, t.title, t.content, t.lecturer, t.hours, t.resolution, t.ayes, t.noes, t.abstain, t.passed)
        topics.setdefault(t.activity_id, []).append(view)
    evidence: dict[int, list[EvidenceView]] = {}
    for e in Evidence.objects.within(scope).filter(activity_id__in=wanted).order_by("id"):
        evidence.setdefault(e.activity_id, []).append(EvidenceView(e.record_type, e.how, e.place, e.reason, e.attachment_id))
    missed: dict[int, list[AbsenceView]] = {}
    for one in _absences(scope, Absence.objects.within(scope).filter(activity_id__in=wanted)):
        missed.setdefault(one.activity_id, []).append(one)
    found = []
    for pk in dict.fromkeys(wanted):
        if (a := rows.get(pk)) is None:
            continue
        newer_id, newer_kinds = newer.get(pk, (None, None))
        found.append(ActivityView(
            a.pk, a.org_id, a.title, a.held_on, a.start_at, a.end_at, a.place, a.chair, a.recorder, tuple(a.contents), tuple(a.expected), a.expected_count, a.present_count,
            a.voting_count, a.voting_present, _kinds(a), tuple(topics.get(pk, ())), tuple(missed.get(pk, ())), tuple(evidence.get(pk, ())), a.recorded_at, a.recorded_by,
            a.written_in, a.corrects_id, a.correction_reason, newer_id, a.batch_id, since.get(pk, timezone.localtime(a.recorded_at).date()), pk in since,
            newer_id is not None and not newer_kinds,
        ))
    return found


def absences(scope: Scope, *, activity_id: int | None = None, org_id: int | None = None, person_id: int | None = None, first: date | None = None) -> list[AbsenceView]:
    """List absences of an entry, of an organisation since a day, or of a person; corrected entries are left out."""
    rows = Absence.objects.within(scope)
    if activity_id is not None:
        rows = rows.filter(activity_id=activity_id)
    else:
        live = ActivityKind.objects.within(scope)
        if org_id is not None:
            rows, live = rows.filter(org_id=org_id), live.filter(org_id=org_id)
        rows = rows.filter(activity_id__in=live.values("activity_id"))
    if person_id is not None:
        rows = rows.filter(person_id=person_id)
    if first is not None:
        rows = rows.filter(activity__held_on__gte=first)
    return _absences(scope, rows)


def _absences(scope: Scope, rows: QuerySet[Absence]) -> list[AbsenceView]:
    found = list(rows.order_by("-activity__held_on", "id"))
    done: dict[int, CatchUp] = {}
    for start in range(0, len(found), 900):
        for c in CatchUp.objects.within(scope).filter(absence_id__in=[a.pk for a in found[start : start + 900]]):
            done[c.absence_id] = c
    return [
        AbsenceView(
            a.pk, a.activity_id, a.person_id, a.name, a.status, a.reason, done[a.pk].done_on if a.pk in done else None, done[a.pk].how if a.pk in done else ""
        )
        for a in found
    ]


@dataclass(frozen=True, slots=True)
class Attended:
    """How often a person was expected and there (考勤), when they last were, and which kinds they attended. Counts are activities."""

    person_id: int
    expected: int
    present: int
    first_expected_on: date | None
    last_on: date | None
    kinds: frozenset[str]


def attendance(scope: Scope, org_id: int, first: date, last: date) -> dict[int, Attended]:
    """Count the attendance of every person who was on a roll of an organisation between two days; corrected entries are left out.

    Entries keep the number of somebody who was registered twice; it counts for the person who stays, once an activity."""
    live = ActivityKind.objects.within(scope).filter(org_id=org_id, held_on__gte=first, held_on__lte=last)
    rows = Activity.objects.within(scope).filter(pk__in=live.values("activity_id")).order_by("held_on", "id")
    missed: dict[int, set[int]] = {}
    for activity_id, person_id in Absence.objects.within(scope).filter(activity_id__in=live.values("activity_id")).order_by("id").values_list("activity_id", "person_id"):
        missed.setdefault(activity_id, set()).add(person_id)
    tally: dict[int, tuple[int, int, date, date | None, set[str]]] = {}
    entries = list(rows.values_list("pk", "held_on", "expected", "held_as"))
    twice = leads_to({p for _, _, expected, _ in entries for p in expected})
    for activity_id, held_on, on_roll, kinds in entries:
        there = {twice.get(p, p) for p in on_roll if p not in missed.get(activity_id, ())}
        for person_id in {twice.get(p, p) for p in on_roll}:
            expected, present, since, last_on, attended = tally.get(person_id, (0, 0, held_on, None, set()))
            if person_id in there:
                present, last_on, attended = present + 1, held_on, attended | {kind for kind, _ in kinds}
            tally[person_id] = expected + 1, present, since, last_on, attended
    return {p: Attended(p, expected, present, since, last_on, frozenset(kinds)) for p, (expected, present, since, last_on, kinds) in tally.items()}


def on_roll_since(scope: Scope, org_id: int, person_id: int, first: date) -> int:
    """Count the entries from a day on that expected a person (a death or an end that was entered late); corrected entries are left out."""
    live = ActivityKind.objects.within(scope).filter(org_id=org_id, held_on__gte=first)
    rolls = Activity.objects.within(scope).filter(pk__in=live.values("activity_id")).order_by("id").values_list("expected", flat=True)
    return sum(person_id in roll for roll in rolls)


@dataclass(frozen=True, slots=True)
class ExcuseView:
    """A window that need not be held."""

    id: int
    org_id: int
    kind: str
    group_id: int | None
    window: str
    first_on: date
    last_on: date
    reason: str
    requested_by: str
    decided_by: str
    decided_at: datetime


def excuses(scope: Scope, first: date, last: date, org_ids: Iterable[int] | None = None) -> list[ExcuseView]:
    """List the excuses in force whose window touches first..last."""
    rows = Excuse.objects.within(scope).filter(first_on__lte=last, last_on__gte=first, revoked_at__isnull=True)
    if org_ids is not None:
        rows = rows.filter(org_id__in=list(org_ids))
    return [
        ExcuseView(e.pk, e.org_id, e.kind, e.group_id, e.window, e.first_on, e.last_on, e.reason, e.requested_by, e.decided_by, e.decided_at)
        for e in rows.order_by("org_id", "first_on", "id")
    ]


def known_meetings(scope: Scope, first: date, last: date) -> set[tuple[int, date, str]]:
    """Give (organisation id, day, kind) of every recorded meeting between two days (importer: recorded already)."""
    rows = ActivityKind.objects.within(scope).filter(held_on__gte=first, held_on__lte=last).order_by("id")
    return set(rows.values_list("org_id", "held_on", "kind"))


def last_evidence(scope: Scope, org_id: int) -> dict[str, EvidenceView]:
    """Give the branch's last answer per record type, by which the form is prefilled."""
    found: dict[str, EvidenceView] = {}
    rows = Evidence.objects.within(scope).filter(org_id=org_id, how__in=["paper", "nil"]).order_by("-id")[:200]
    for e in rows:
        found.setdefault(e.record_type, EvidenceView(e.record_type, e.how, e.place, e.reason, None))
    return found


def paper_places(scope: Scope, org_id: int) -> list[tuple[str, str, date]]:
    """Give where an organisation keeps its papers: (record type, place, day of the newest meeting whose paper lies there), newest first."""
    rows = Evidence.objects.within(scope).filter(org_id=org_id, how="paper").exclude(place="")
    newest: dict[tuple[str, str], date] = {}
    for record_type, place, held_on in rows.order_by("id").values_list("record_type", "place", "activity__held_on"):
        newest[record_type, place] = max(held_on, newest.get((record_type, place), held_on))
    return [(record_type, place, on) for (record_type, place), on in sorted(newest.items(), key=lambda item: (-item[1].toordinal(), item[0]))]


def last_activity(scope: Scope, org_id: int, kind: str = "") -> ActivityView | None:
    """Give the newest entry of an organisation (of a kind), for prefilling place, chair and recorder."""
    rows = ActivityKind.objects.within(scope).filter(org_id=org_id)
    if kind:
        rows = rows.filter(kind=kind)
    newest = rows.order_by("-held_on", "-id").values_list("activity_id", flat=True).first()
    return activity(scope, newest) if newest else None


def naming(attachment_ids: Sequence[int]) -> set[int]:
    """Give those of these attachments that a record names; for the sweep of uploads."""
    rows = Evidence.objects.unscoped("the sweep asks whether any record names an upload")
    return set(rows.filter(attachment_id__in=attachment_ids).values_list("attachment_id", flat=True))


def standing(scope: Scope, activity_ids: Iterable[int]) -> dict[int, int]:
    """Give, for entries, the newest one that counts in their place (often themselves); voided and undone ones are left out."""
    newest = {i: i for i in activity_ids}
    while newest:
        later = dict(Activity.objects.within(scope).filter(corrects_id__in=set(newest.values())).order_by("id").values_list("corrects_id", "pk"))
        if not later:
            break
        newest = {old: later.get(now, now) for old, now in newest.items()}
    live = set(ActivityKind.objects.within(scope).filter(activity_id__in=set(newest.values())).order_by("id").values_list("activity_id", flat=True))
    return {old: now for old, now in newest.items() if now in live}


def moments(scope: Scope, activity_ids: Iterable[int]) -> dict[int, tuple[date, datetime]]:
    """Give when entries were held and when they were written."""
    rows = Activity.objects.within(scope).filter(pk__in=list(activity_ids)).order_by("id").values_list("pk", "held_on", "recorded_at")
    return {pk: (held_on, recorded_at) for pk, held_on, recorded_at in rows}
