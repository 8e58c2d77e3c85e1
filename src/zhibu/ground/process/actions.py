"""Hand in, approve, refuse and withdraw cases. The approval and what follows from it are one transaction."""
from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction

from zhibu.ground.guard.actor import Actor, Refused
from zhibu.ground.guard.scope import Scope
from zhibu.ground.journal import journal
from zhibu.ground.tree import queries as tree
from zhibu.kernel.dates import show

from . import spec
from .models import Case, CaseState
from .queries import CaseView, may_decide, views

CHINA = ZoneInfo("Asia/Shanghai")


class CaseError(Exception):
    """A case that cannot be handed in or answered so; `code` from rules.md §10, `field` the input it concerns."""

    def __init__(self, code: str, reason: str, field: str = "") -> None:
        super().__init__(f"{code} {reason}")
        self.code = code
        self.reason = reason
        self.field = field


class AlreadyAnswered(Exception):
    """Somebody else answered or withdrew the case first; `case` is how it stands now."""

    def __init__(self, case: CaseView) -> None:
        who = f"{case.decider_org}{case.decided_by}" if case.decided_by else case.submitted_by
        super().__init__(f"“{case.title}”已经由{who}办理，现在是“{case.state_title}”，没有再改")
        self.case = case


@transaction.atomic
def submit(
    actor: Actor, *, kind: str, org_id: int, submitted_from: int, subject_type: str, subject_id: int, title: str, wish: Mapping[str, Any],
    at: datetime,
) -> int:
    """Hand in a case about an organisation, from this organisation or one above it; returns the case id.

    Raises CaseError E053 while a case of the same kind about the same subject is open, E023 when no organisation stands above the sender.
    `wish` is JSON: only strings, numbers, lists.
    """
    what = spec.kind(kind)
    org_path, from_path = tree.path_of(org_id), tree.path_of(submitted_from)
    actor.require(what.request, from_path)
    if not org_path.startswith(from_path):
        raise Refused("没有找到", hidden=True)
    if len(from_path) <= tree.SEGMENT:
        raise CaseError("E023", "最上级党组织上面没有可以审批的组织，请线下报批后把批复登记进来")
    _refuse_twins(kind, subject_type, subject_id, org_path)
    try:
        with transaction.atomic():
            row = Case.objects.within(actor.scope(what.request)).create(
                org_id=org_id, kind=kind, title=title[:150], subject_type=subject_type, subject_id=subject_id, wish=dict(wish), submitted_by=actor.name,
                submitter_id=actor.account_id, submitted_from=submitted_from, submitted_at=at,
            )
    except IntegrityError as error:  # two people handed in at once: the database keeps the first
        raise CaseError("E053", f"“{title}”刚刚已经有人报了，不用再报，等上级答复") from error
    journal.write(
        actor, "process.submit", at=at, org_id=org_id, org_path=org_path, subject=("case", row.pk), changes={"kind": kind, "title": title, "from": submitted_from}
    )
    return row.pk


def _refuse_twins(kind: str, subject_type: str, subject_id: int, org_path: str) -> None:
    twins = Case.objects.within(Scope((org_path,))).filter(kind=kind, subject_type=subject_type, subject_id=subject_id, state=CaseState.SUBMITTED)
    open_one = twins.order_by("id").first()
    if open_one is not None:
        day = open_one.submitted_at.astimezone(CHINA)
        raise CaseError(
            "E053", f"“{open_one.title}”已经在{day.month}月{day.day}日由{open_one.submitted_by}报上去了，还没有答复，不用再报；要改请先撤回"
        )


@transaction.atomic
def approve(
    actor: Actor, case_id: int, *, document: str = "", answer: str = "", answered_on: date | None = None, at: datetime
) -> None:
    """Approve a case and carry it out (the effect its area connected), all or nothing.

    `document`: the superior's paper, `answered_on` its date (default: the day of `at`). Raises CaseError E023, E037, E049 (paper missing),
    E001/E002 (paper dated in the future or before the case was handed in), AlreadyAnswered; whatever the effect raises.
    """
    row, view = _answerable(actor, case_id)
    what = spec.kind(row.kind)
    paper, day, today = document.strip(), answered_on or at.astimezone(CHINA).date(), at.astimezone(CHINA).date()
    if what.document_required and not paper:
        raise CaseError("E049", f"缺上级批复：同意“{view.title}”要填批复文件的名称和文号", "document")
    if day > today:
        raise CaseError("E001", f"批复日期{show(day)}晚于今天，请改成今天或以前的日期", "answered_on")
    if day < _applied_on(row):
        raise CaseError("E002", f"批复日期{show(day)}早于申请日期{show(_applied_on(row))}，请核对批复文件", "answered_on")
    _answer(row, actor, CaseState.APPROVED, answer, f"{paper}，{show(day)}" if paper and answered_on else paper, at)
    spec.effect(row.kind)(
        spec.Ruling(
            row.pk, row.kind, row.org_id, row.subject_type, row.subject_id, row.submitted_from, dict(row.wish), row.document, row.answer, day,
            row.submitted_by,
        ),
        actor, at,
    )
    _note(actor, row, view, "process.approve", at)


def _applied_on(row: Case) -> date:
    """Give the day of the application: the date on its paper where one was given, else the day it was handed in here."""
    written = row.wish.get("applied_on")
    return date.fromisoformat(written) if written else row.submitted_at.astimezone(CHINA).date()


@transaction.atomic
def refuse(actor: Actor, case_id: int, *, reason: str, document: str = "", at: datetime) -> None:
    """Refuse a case; the reason is what the applicant reads. Raises CaseError E049 without a reason, E023, E037, AlreadyAnswered."""
    row, view = _answerable(actor, case_id)
    if len(reason.strip()) < 2:
        raise CaseError("E049", f"不同意“{view.title}”要写明理由，报送的党组织按理由改", "answer")
    _answer(row, actor, CaseState.REFUSED, reason, document.strip(), at)
    _note(actor, row, view, "process.refuse", at)


@transaction.atomic
def withdraw(actor: Actor, case_id: int, *, at: datetime) -> None:
    """Take back a case that is not answered yet; whoever may hand it in may take it back."""
    row = _locked(actor, case_id)
    what, view = spec.kind(row.kind), views([row])[0]
    actor.require(what.request, view.from_path)
    if row.state != CaseState.SUBMITTED:
        raise AlreadyAnswered(view)
    bound = Case.objects.within(actor.scope(what.request)).get(pk=row.pk)
    bound.state = CaseState.WITHDRAWN
    bound.save(update_fields=["state"])
    _note(actor, bound, view, "process.withdraw", at)


def _locked(actor: Actor, case_id: int) -> Case:
    row = Case.objects.within(actor.sees()).select_for_update(of=("self",)).filter(pk=case_id).first()
    if row is None:
        raise tree.NotFound("没有找到这件报批事项")
    return row


def _answerable(actor: Actor, case_id: int) -> tuple[Case, CaseView]:
    row = _locked(actor, case_id)
    view = views([row])[0]
    what = spec.kind(row.kind)
    actor.require(what.decide, tree.path_of(row.org_id))
    decision = may_decide(view, actor)
    if not decision:
        raise CaseError(decision.code, decision.reason)
    if row.state != CaseState.SUBMITTED:
        raise AlreadyAnswered(view)
    return row, view


def _answer(row: Case, actor: Actor, state: CaseState, answer: str, document: str, at: datetime) -> None:
    what, from_path = spec.kind(row.kind), tree.path_of(row.submitted_from)
    row.state, row.decided_by, row.decider_id, row.decided_at = state, actor.name, actor.account_id, at
    row.decided_from = spec.deciding_grant(what, actor, from_path)
    row.answer, row.document = answer.strip()[:300], document[:100]
    row.save(update_fields=["state", "decided_by", "decider_id", "decided_at", "decided_from", "answer", "document"])


def _note(actor: Actor, row: Case, view: CaseView, action: str, at: datetime) -> None:
    journal.write(
        actor, action, at=at, org_id=row.org_id, org_path=tree.path_of(row.org_id), subject=("case", row.pk),
        changes={"kind": row.kind, "title": view.title, "document": row.document, "answer": row.answer},
    )
