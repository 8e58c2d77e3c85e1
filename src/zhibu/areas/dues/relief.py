"""Exceptions: dues reduced or waived (减免), payment by the quarter or through others (支部同意)."""
from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q

from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.scope import Scope
from zhibu.ground.journal import journal
from zhibu.ground.people.models import Membership
from zhibu.ground.process import actions as process
from zhibu.ground.process import queries as cases
from zhibu.ground.process.spec import Ruling
from zhibu.ground.tree import queries as tree

from . import assessing, procedures
from .models import Assessment, Consent, Exemption
from .reach import DuesRefused, at_home, names, not_later, opened, worded
from .rules import CONSENT_ZH, MOST_FEN, month_zh, months_zh, yuan
from .twins import twins


@transaction.atomic
def ask(
    actor: Actor, org_id: int, person_id: int, *, amount: int, from_month: int, to_month: int, reason: str, meeting_on: date, at: datetime
) -> int:
    """Ask the organisation above to reduce or waive somebody's dues for the months from_month … to_month−1; returns the case id.

    The reason stays with the branch; the case names the person (to those who ask and decide), the months and what would still be due. Raises DuesRefused: E002, E041 overlapping months,
    E026, E001; CaseError E053, E023.
    """
    scope = at_home(actor, org_id)
    _check(scope, org_id, person_id, amount, from_month, to_month, meeting_on, at)
    row = Exemption.objects.within(scope).create(
        org_id=org_id, person_id=person_id, amount_fen=amount, from_month=from_month, to_month=to_month, reason=worded(reason, "减免的原因", "reason"),
        meeting_on=meeting_on, made_by=actor.name, made_at=at,
    )
    months, called = range(from_month, to_month), names(scope, [person_id])[person_id]
    wish: dict[str, Any] = {
        "member": called, "months": months_zh(months), "still_due": f"每月{yuan(amount)}元" if amount else "免交", "meeting_on": str(meeting_on), "exemption": row.pk,
    }
    row.case_id = process.submit(
        actor, kind=procedures.EXEMPT.code, org_id=org_id, submitted_from=org_id, subject_type="dues_exemption", subject_id=person_id,
        title=f"减免党费：1名党员，{wish['months']}", wish=wish, at=at,
    )
    row.save(update_fields=["case_id"])
    return row.case_id


def _check(scope: Scope, org_id: int, person_id: int, amount: int, from_month: int, to_month: int, meeting_on: date, at: datetime) -> None:
    if to_month <= from_month:
        raise DuesRefused("E002", f"减免结束的月份早于开始的月份（{month_zh(from_month)}），请核对", "to_month")
    if not 0 <= amount <= MOST_FEN:
        raise DuesRefused("E026", f"减免后每月交的金额要在0至{yuan(MOST_FEN)}元之间", "amount")
    not_later(meeting_on, at, "支部开会的日期", "meeting_on")
    if not Membership.objects.within(Scope(scope.paths)).filter(org_id=org_id, person_id=person_id, to_on__isnull=True).exists():
        raise DuesRefused("E045", "这名同志的组织关系不在本支部，不能由本支部报减免", "person")
    overlapping(scope, org_id, person_id, from_month, to_month)


def overlapping(scope: Scope, org_id: int, person_id: int, from_month: int, to_month: int, but: int = 0) -> None:
    """Refuse months that already are, or are asked to be, reduced (E041)."""
    rows = Exemption.objects.within(scope).filter(org_id=org_id, person_id=person_id, state__in=["asked", "approved"], from_month__lt=to_month, to_month__gt=from_month)
    waiting = open_cases(scope, org_id)
    other = next((r for r in rows.exclude(pk=but).order_by("id") if r.state == "approved" or r.case_id in waiting), None)
    if other is not None:
        said = "已经批准减免" if other.state == "approved" else "已经报了减免，还没有答复"
        raise DuesRefused("E041", f"{months_zh(range(other.from_month, other.to_month))}{said}，和这次的月份重叠，请改月份", "from_month")


def open_cases(scope: Scope, org_id: int) -> set[int]:
    """Give the ids of an organisation's requests that wait for an answer: one that was refused or withdrawn stands in nobody's way."""
    return {c.id for c in cases.open_cases(Scope(scope.paths), org_ids=[org_id], kinds=[procedures.EXEMPT.code])}


def granted(ruling: Ruling, actor: Actor, at: datetime) -> None:
    """Carry an approval out: the months count from now on, those already assessed and not paid are assessed anew."""
    path = tree.path_of(ruling.org_id)
    scope = opened(path)
    row = Exemption.objects.within(scope).get(pk=ruling.wish["exemption"], org_id=ruling.org_id)
    try:
        overlapping(scope, row.org_id, row.person_id, row.from_month, row.to_month, but=row.pk)
    except DuesRefused as error:
        raise process.CaseError(error.code, error.reason) from error
    row.state, row.document = "approved", ruling.document
    row.save(update_fields=["state", "document"])
    months = set(
        Assessment.objects.within(scope).filter(
            org_id=row.org_id, person_id__in=twins(scope, row.person_id).ids(row.person_id), month__gte=row.from_month, month__lt=row.to_month, ended_at__isnull=True, payment__isnull=True
        ).order_by("month").values_list("month", flat=True)
    )
    assessing.renew(path, [row.person_id], months, by=actor.name, why="上级同意减免", at=at)
    journal.write(actor, "dues.exempt", at=at, org_id=row.org_id, org_path=path, subject=("exemption", row.pk), changes={"from_month": row.from_month, "to_month": row.to_month})


@transaction.atomic
def register(
    actor: Actor, org_id: int, person_id: int, *, amount: int, from_month: int, to_month: int, reason: str, meeting_on: date, document: str, at: datetime
) -> int:
    """Enter a reduction that was approved on paper before; without the paper it is refused (E049)."""
    scope = at_home(actor, org_id)
    _check(scope, org_id, person_id, amount, from_month, to_month, meeting_on, at)
    if len(document.strip()) < 2:
        raise DuesRefused("E049", "缺上级批复：登记减免要填批复文件的名称和文号，没有批复的请先报上级", "document")
    row = Exemption.objects.within(scope).create(
        org_id=org_id, person_id=person_id, amount_fen=amount, from_month=from_month, to_month=to_month, reason=worded(reason, "减免的原因", "reason"),
        meeting_on=meeting_on, state="approved", document=document.strip()[:100], made_by=actor.name, made_at=at,
    )
    months = set(
        Assessment.objects.within(scope).filter(
            org_id=org_id, person_id__in=twins(scope, person_id).ids(person_id), month__gte=from_month, month__lt=to_month, ended_at__isnull=True, payment__isnull=True
        ).order_by("month").values_list("month", flat=True)
    )
    assessing.renew(scope.paths[0], [person_id], months, by=actor.name, why="登记了减免", at=at)
    journal.write(actor, "dues.exempt", at=at, org_id=org_id, org_path=scope.paths[0], subject=("exemption", row.pk), changes={"from_month": from_month, "to_month": to_month})
    return row.pk


@transaction.atomic
def consent(
    actor: Actor, org_id: int, person_id: int, *, kind: str, from_month: int, to_month: int | None = None, meeting_on: date, reason: str = "", at: datetime
) -> int:
    """Enter that the branch agreed to payment by the quarter or through others. Raises DuesRefused E001, E002, E041, E045, E054."""
    scope = at_home(actor, org_id)
    if kind not in CONSENT_ZH:
        raise DuesRefused("E054", "请选支部同意的是按季交纳，还是由别人代交", "kind")
    not_later(meeting_on, at, "支部同意的日期", "meeting_on")
    if to_month is not None and to_month <= from_month:
        raise DuesRefused("E002", f"结束的月份早于开始的月份（{month_zh(from_month)}），请核对", "to_month")
    if not Membership.objects.within(Scope(scope.paths)).filter(org_id=org_id, person_id=person_id, to_on__isnull=True).exists():
        raise DuesRefused("E045", "这名同志的组织关系不在本支部", "person")
    rows = Consent.objects.within(scope).filter(Q(to_month__isnull=True) | Q(to_month__gt=from_month), org_id=org_id, person_id=person_id, kind=kind)
    if to_month is not None:
        rows = rows.filter(from_month__lt=to_month)
    if rows.exists():
        raise DuesRefused("E041", f"这几个月已经登记过同意{CONSENT_ZH[kind]}，不用再登记", "from_month")
    try:
        with transaction.atomic():
            row = Consent.objects.within(scope).create(
                org_id=org_id, person_id=person_id, kind=kind, from_month=from_month, to_month=to_month, meeting_on=meeting_on, reason=reason.strip()[:200],
                made_by=actor.name, made_at=at,
            )
    except IntegrityError as error:
        raise DuesRefused("E041", f"刚刚已经登记过同意{CONSENT_ZH[kind]}，不用再登记", "from_month") from error
    journal.write(actor, "dues.consent", at=at, org_id=org_id, org_path=scope.paths[0], subject=("dues_consent", row.pk), changes={"kind": kind})
    return row.pk


