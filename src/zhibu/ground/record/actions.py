"""Write what happened. The areas check the rules; here the entry, its slots and its lines are written together or not at all."""
from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.utils import timezone

from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission
from zhibu.ground.guard.scope import Scope
from zhibu.ground.journal import journal
from zhibu.ground.tree.models import Organisation
from zhibu.ground.tree.queries import NotFound
from zhibu.kernel.activities import mask_of
from zhibu.kernel.periods import month_index

from .models import Absence, Activity, ActivityKind, CatchUp, Evidence, Excuse, Topic


class AlreadyRecorded(Exception):
    """The same meeting (organisation, kind, group, day, start) stands in the record already."""

    def __init__(self, activity_id: int | None = None) -> None:
        super().__init__("这次会已经有记录了")
        self.activity_id = activity_id


class AlreadyCorrected(Exception):
    """Somebody corrected this entry first; the newest one is to be corrected instead."""


@dataclass(frozen=True, slots=True)
class NewTopic:
    """A topic with its resolution and vote, or a lecture with its lecturer and hours."""

    kind: str
    title: str
    content: str = ""
    lecturer: str = ""
    hours: Decimal | None = None
    resolution: str = ""
    ayes: int | None = None
    noes: int | None = None
    abstain: int | None = None
    passed: bool | None = None


@dataclass(frozen=True, slots=True)
class NewEvidence:
    """A record type that is present. how: entry (made by this entry), upload, paper, nil."""

    record_type: str
    how: str
    place: str = ""
    reason: str = ""
    attachment_id: int | None = None


@dataclass(frozen=True, slots=True)
class NewAbsence:
    """A person on the roll who was not there. status: leave, absent."""

    person_id: int
    name: str
    status: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class NewActivity:
    """An activity to be recorded. `kinds`: (kind, group id or None). Counts are persons."""

    org_id: int
    kinds: tuple[tuple[str, int | None], ...]
    title: str
    held_on: date
    expected_count: int
    present_count: int
    start_at: time | None = None
    end_at: time | None = None
    place: str = ""
    chair: str = ""
    recorder: str = ""
    contents: tuple[str, ...] = ()
    expected: tuple[int, ...] = ()
    voting_count: int | None = None
    voting_present: int | None = None
    absences: tuple[NewAbsence, ...] = ()
    topics: tuple[NewTopic, ...] = ()
    evidence: tuple[NewEvidence, ...] = ()
    written_in: str = "page"
    recorded_at: datetime | None = None  # the demo alone gives another time than `at` …
    recorded_by: str = ""                # … and another name than the actor's
    corrects: int | None = None  # together with no kinds: the entry it names was never held
    correction_reason: str = ""
    recorded_before: Mapping[tuple[str, int | None], date] = field(default_factory=dict)  # slots that a correction found complete, and since when


def local_day(moment: datetime) -> date:
    """Give the calendar day of a moment in Shanghai."""
    return timezone.localtime(moment).date() if timezone.is_aware(moment) else moment.date()


@transaction.atomic
def write_many(actor: Actor, new: Sequence[NewActivity], *, at: datetime, batch_id: int | None = None) -> list[int]:
    """Write activities in one transaction with one journal entry per organisation; returns their ids in order.

    Raises AlreadyRecorded for a second record of the same meeting, AlreadyCorrected for a second correction of one entry.
    """
    paths = dict(Organisation.objects.filter(pk__in={n.org_id for n in new}).order_by().values_list("pk", "path"))
    for path in paths.values():
        actor.require(Permission.ACTIVITY_WRITE, path)
    scope = actor.scope(Permission.ACTIVITY_WRITE)  # covers them all: asked one by one above
    corrected = [n.corrects for n in new if n.corrects]
    if corrected:
        if Activity.objects.within(scope).filter(corrects_id__in=corrected).exists():
            raise AlreadyCorrected
        ActivityKind.objects.within(scope).filter(activity_id__in=corrected).delete()
    try:
        with transaction.atomic():
            rows = Activity.objects.into(scope).bulk_create([_activity(actor, n, at, batch_id) for n in new], batch_size=500)
            slots = [_slot(n, row, kind, group) for n, row in zip(new, rows, strict=True) for kind, group in n.kinds]
            ActivityKind.objects.into(scope).bulk_create(slots, batch_size=500)
    except IntegrityError as error:
        found = _same(scope, new) if len(new) == 1 else None
        if corrected and found is None:
            raise AlreadyCorrected from error
        raise AlreadyRecorded(found) from error
    pairs = list(zip(new, rows, strict=True))
    _write_lines(scope, pairs)
    for org_id, path in paths.items():
        journal.write(
            actor, "record.write", at=at, org_id=org_id, org_path=path, subject=("organisation", org_id), batch_id=batch_id,
            changes={"activities": [row.pk for n, row in pairs if n.org_id == org_id], "corrects": [n.corrects for n, _ in pairs if n.corrects]},
        )
    return [row.pk for row in rows]


def _write_lines(scope: Scope, pairs: Sequence[tuple[NewActivity, Activity]]) -> None:
    absences = [
        Absence(org_id=n.org_id, activity=row, person_id=a.person_id, name=a.name, status=a.status, reason=a.reason) for n, row in pairs for a in n.absences
    ]
    topics = [
        Topic(
            org_id=n.org_id, activity=row, seq=i, kind=t.kind, title=t.title, content=t.content, lecturer=t.lecturer, hours=t.hours,
            resolution=t.resolution, ayes=t.ayes, noes=t.noes, abstain=t.abstain, passed=t.passed,
        )
        for n, row in pairs
        for i, t in enumerate(n.topics, 1)
    ]
    evidence = [
        Evidence(org_id=n.org_id, activity=row, record_type=e.record_type, how=e.how, place=e.place, reason=e.reason, attachment_id=e.attachment_id)
        for n, row in pairs
        for e in n.evidence
    ]
    for model, rows in ((Absence, absences), (Topic, topics), (Evidence, evidence)):
        if rows:
            model.objects.into(scope).bulk_create(rows, batch_size=500)


def _activity(actor: Actor, n: NewActivity, at: datetime, batch_id: int | None) -> Activity:
    return Activity(
        org_id=n.org_id, held_as=[list(pair) for pair in n.kinds], title=n.title, held_on=n.held_on, start_at=n.start_at, end_at=n.end_at, place=n.place, chair=n.chair, recorder=n.recorder,
        contents=list(n.contents), expected=list(n.expected), expected_count=n.expected_count, present_count=n.present_count, voting_count=n.voting_count,
        voting_present=n.voting_present, written_in=n.written_in, recorded_at=n.recorded_at or at, recorded_by=n.recorded_by or actor.name, account_id=actor.account_id,
        corrects_id=n.corrects, correction_reason=n.correction_reason, batch_id=batch_id,
    )


def _slot(n: NewActivity, row: Activity, kind: str, group: int | None) -> ActivityKind:
    return ActivityKind(
        org_id=n.org_id, activity=row, kind=kind, group_id=group, group_key=group or 0, held_on=n.held_on, held_month=month_index(n.held_on),
        start_minute=n.start_at.hour * 60 + n.start_at.minute if n.start_at else -1, recorded_on=n.recorded_before.get((kind, group), local_day(row.recorded_at)),
        records=mask_of(e.record_type for e in n.evidence),
    )


def _same(scope: Scope, new: Sequence[NewActivity]) -> int | None:
    n = new[0]
    rows = ActivityKind.objects.within(scope).filter(
        org_id=n.org_id, kind__in=[k for k, _ in n.kinds], group_key__in=[g or 0 for _, g in n.kinds], held_on=n.held_on,
        start_minute=n.start_at.hour * 60 + n.start_at.minute if n.start_at else -1,
    )
    return rows.order_by("id").values_list("activity_id", flat=True).first()


class CatchUpRefused(Exception):
    """An absence cannot be made up for on that day; `reason` says why and how to cure."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@transaction.atomic
def catch_up(actor: Actor, absence_id: int, *, done_on: date, how: str, at: datetime) -> None:
    """Record that somebody made up for an absence (补课). Repeating it changes nothing.

    Raises NotFound out of scope, CatchUpRefused for a day in the future or before the meeting.
    """
    scope = actor.scope(Permission.ACTIVITY_WRITE)
    absence = Absence.objects.within(scope).filter(pk=absence_id).select_related("org", "activity").first()
    if absence is None:
        raise NotFound("没有找到这条缺勤")
    if done_on > local_day(at):
        raise CatchUpRefused(f"补课日期 {done_on} 晚于今天，请改成补课那一天")
    if done_on < absence.activity.held_on:
        raise CatchUpRefused(f"补课日期 {done_on} 早于开会日期 {absence.activity.held_on}，请核对")
    _, made = CatchUp.objects.within(scope).get_or_create(absence=absence, defaults={"org_id": absence.org_id, "done_on": done_on, "how": how[:100], "recorded_at": at})
    if made:
        journal.write(
            actor, "record.catch_up", at=at, org_id=absence.org_id, org_path=absence.org.path, subject=("person", absence.person_id),
            changes={"activity": absence.activity_id, "done_on": str(done_on)},
        )


@dataclass(frozen=True, slots=True)
class NewExcuse:
    """A decided 免 of one window."""

    org_id: int
    kind: str
    group_id: int | None
    window: str
    first_on: date
    last_on: date
    reason: str
    requested_by: str
    decided_by: str
    case_id: int


@transaction.atomic
def excuse(actor: Actor, new: NewExcuse, *, at: datetime) -> int:
    """Let a window leave due and fulfilled; the superior's right is asked here, the separation of persons by the case."""
    org = Organisation.objects.get(pk=new.org_id)
    actor.require(Permission.EXCUSE_DECIDE, org.path)
    row = Excuse.objects.within(Scope((org.path,))).create(
        org_id=new.org_id, kind=new.kind, group_id=new.group_id, window=new.window, first_on=new.first_on, last_on=new.last_on, reason=new.reason,
        requested_by=new.requested_by, decided_by=new.decided_by, decided_at=at, case_id=new.case_id,
    )
    journal.write(
        actor, "record.excuse", at=at, org_id=org.pk, org_path=org.path, subject=("excuse", row.pk),
        changes={"kind": new.kind, "first": str(new.first_on), "requested_by": new.requested_by},
    )
    return row.pk


@transaction.atomic
def revoke_excuse(actor: Actor, excuse_id: int, *, at: datetime) -> None:
    """Take a 免 back; the window is due again. Only an organisation above may. Raises NotFound; repeating it changes nothing."""
    row = Excuse.objects.within(actor.scope(Permission.EXCUSE_DECIDE)).select_related("org").filter(pk=excuse_id).first()
    if row is None:
        raise NotFound("没有找到这次免开")
    if row.revoked_at is not None:
        return
    row.revoked_at, row.revoked_by = at, actor.name
    row.save(update_fields=["revoked_at", "revoked_by"])
    journal.write(actor, "record.revoke_excuse", at=at, org_id=row.org_id, org_path=row.org.path, subject=("excuse", row.pk))


@transaction.atomic
def undo_batch(actor: Actor, batch_id: int, org_ids: Iterable[int], *, at: datetime) -> int:
    """Take the activities of an import batch out of the ledger: their slots go, the entries stay in the record marked by the undone batch."""
    orgs = list(Organisation.objects.filter(pk__in=set(org_ids)))
    for org in orgs:
        actor.require(Permission.ACTIVITY_WRITE, org.path)
    scope = Scope(tuple(o.path for o in orgs))
    ids = list(Activity.objects.within(scope).filter(batch_id=batch_id).order_by("id").values_list("pk", flat=True))
    for start in range(0, len(ids), 900):
        ActivityKind.objects.within(scope).filter(activity_id__in=ids[start : start + 900]).delete()
    return len(ids)
