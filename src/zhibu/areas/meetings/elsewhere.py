"""What members attended at other organisations (在外参加): entered by the own branch, counted in the member's attendance with that mark.

It is no attendance at the own branch's meeting: no roll-call, no rate and no ledger slot changes by it (rules.md S30: 一方隶属、多重组织生活).
"""
from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone

from zhibu.ground.files import queries as files
from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission
from zhibu.ground.guard.scope import Scope
from zhibu.ground.journal import journal
from zhibu.ground.people import queries as people
from zhibu.ground.record.study import Visited
from zhibu.ground.tree import queries as tree
from zhibu.kernel.activities import ActivityKind

from .entry import EntryRefused, Fault
from .models import Elsewhere


@dataclass(frozen=True, slots=True)
class ElsewhereView:
    """One attendance at another organisation."""

    id: int
    person_id: int
    name: str
    day: date
    kind: str
    at_org: str
    how: str
    kept_at: str
    attachment_id: int | None
    made_by: str
    ended_by: str
    ended_why: str


@dataclass(frozen=True, slots=True)
class NewElsewhere:
    """What is entered. how: paper (kept at `kept_at`) or upload (`attachment_id`)."""

    person_id: int
    day: date
    kind: str
    at_org: str
    how: str
    kept_at: str = ""
    attachment_id: int | None = None


def found(scope: Scope, org_id: int, first: date, last: date, *, ended: bool = False) -> list[ElsewhereView]:
    """List what members of a branch attended elsewhere between two days, newest first; with `ended` also what was entered by mistake."""
    rows = Elsewhere.objects.within(Scope(scope.paths)).filter(org_id=org_id, day__gte=first, day__lte=last)
    if not ended:
        rows = rows.filter(ended_at__isnull=True)
    return [
        ElsewhereView(r.pk, r.person_id, r.name, r.day, r.kind, r.at_org, r.how, r.kept_at, r.attachment_id, r.made_by, r.ended_by, r.ended_why)
        for r in rows.order_by("-day", "-id")
    ]


def times(views: Iterable[ElsewhereView]) -> dict[int, tuple[int, date]]:
    """Give how often each person attended elsewhere and when last."""
    tally: dict[int, tuple[int, date]] = {}
    for one in views:
        n, last = tally.get(one.person_id, (0, one.day))
        tally[one.person_id] = n + 1, max(last, one.day)
    return tally


def visited(scope: Scope, kinds: Collection[str], first: date, last: date, org_ids: Collection[int] | None) -> list[Visited]:
    """Offer what members attended elsewhere to whoever counts study hours (`ground.record.study`); one statement."""
    rows = Elsewhere.objects.within(Scope(scope.paths)).filter(kind__in=list(kinds), day__gte=first, day__lte=last, ended_at__isnull=True)
    if org_ids is not None:
        rows = rows.filter(org_id__in=list(org_ids))
    return [Visited(*row) for row in rows.order_by("day", "id").values_list("person_id", "org_id", "day", "kind", "at_org")]


@transaction.atomic
def enter(actor: Actor, org_id: int, new: NewElsewhere, *, at: datetime) -> int:
    """Enter one attendance. Raises EntryRefused: E001 in the future, E008 without evidence, E044 twice, E045 no member of that day, E054."""
    path = tree.path_of(org_id)
    actor.require(Permission.ACTIVITY_WRITE, path)
    scope, today = Scope((path,)), timezone.localtime(at).date()
    names = {e.person_id: e.name for e in people.roll(scope, org_id, min(new.day, today))}
    faults = [*_faults(new, today, set(names)), *_file(scope, new)]
    if Elsewhere.objects.within(scope).filter(org_id=org_id, person_id=new.person_id, day=new.day, kind=new.kind, ended_at__isnull=True).exists():
        faults.append(Fault("day", "E044", "这名同志这一天的这种会已经登记过，不用再登记"))
    if faults:
        raise EntryRefused(tuple(faults))
    row = Elsewhere.objects.within(scope).create(
        org_id=org_id, person_id=new.person_id, name=names[new.person_id], day=new.day, kind=new.kind, at_org=new.at_org.strip()[:100], how=new.how,
        kept_at=new.kept_at.strip()[:100], attachment_id=new.attachment_id, made_by=actor.name, made_at=at,
    )
    journal.write(actor, "meetings.elsewhere", at=at, org_id=org_id, org_path=path, subject=("person", new.person_id), changes={"day": str(new.day), "kind": new.kind})
    return row.pk


def _faults(new: NewElsewhere, today: date, members: set[int]) -> list[Fault]:
    faults = []
    if new.day > today:
        faults.append(Fault("day", "E001", f"日期 {new.day} 晚于今天，请填参加那一天"))
    if new.person_id not in members:
        faults.append(Fault("person", "E045", "那一天这名同志的组织关系不在本支部。请从名单中选，或核对日期"))
    if new.kind not in tuple(ActivityKind):
        faults.append(Fault("kind", "E054", "请选参加的是什么会"))
    if len(new.at_org.strip()) < 2:
        faults.append(Fault("at_org", "E054", "请写在哪个党组织参加的，写全称"))
    if new.how == "paper" and not new.kept_at.strip():
        faults.append(Fault("kept_at", "E008", "请写纸质证明存在哪里，例如：村档案柜；或上传一张"))
    if new.how == "upload" and new.attachment_id is None:
        faults.append(Fault("file", "E008", "还没有选文件。请选文件，或改选纸质件"))
    if new.how not in ("paper", "upload"):
        faults.append(Fault("how", "E008", "请选证明是纸质件还是上传"))
    return faults


def _file(scope: Scope, new: NewElsewhere) -> list[Fault]:
    if new.attachment_id is not None and new.attachment_id not in files.names(scope, [new.attachment_id]):
        return [Fault("file", "E008", "没有找到这个文件，请重新选")]
    return []


@transaction.atomic
def end(actor: Actor, elsewhere_id: int, *, reason: str, at: datetime) -> None:
    """Say that an entry was a mistake; it stays readable and counts no longer. Repeating it changes nothing."""
    row = Elsewhere.objects.within(actor.scope(Permission.ACTIVITY_READ)).filter(pk=elsewhere_id).first()
    if row is None:
        raise tree.NotFound("没有找到这条登记")
    path = tree.path_of(row.org_id)
    actor.require(Permission.ACTIVITY_WRITE, path)
    if len(reason.strip()) < 2:
        raise EntryRefused((Fault("reason", "E054", "请写一句为什么去掉，例如：登记错了人"),))
    if row.ended_at is not None:
        return
    home = Elsewhere.objects.within(Scope((path,))).get(pk=elsewhere_id)
    home.ended_at, home.ended_by, home.ended_why = at, actor.name, reason.strip()[:200]
    home.save()
    journal.write(actor, "meetings.end_elsewhere", at=at, org_id=row.org_id, org_path=path, subject=("person", row.person_id))


def about(scope: Scope, elsewhere_id: int) -> tuple[int, str]:
    """Give the organisation of an entry and what it says in one line; NotFound outside the scope."""
    row = Elsewhere.objects.within(Scope(scope.paths)).filter(pk=elsewhere_id).first()
    if row is None:
        raise tree.NotFound("没有找到这条登记")
    return row.org_id, f"{row.name}，{row.day.year}年{row.day.month}月{row.day.day}日，{row.at_org}"


def naming(attachment_ids: Sequence[int]) -> set[int]:
    """Give those of these attachments that an entry names as its evidence; for the sweep of uploads."""
    rows = Elsewhere.objects.unscoped("the sweep asks whether any entry names an upload")
    return set(rows.filter(attachment_id__in=attachment_ids).values_list("attachment_id", flat=True))
