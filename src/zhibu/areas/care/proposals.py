"""Proposals for help: the branch proposes, the office audits, the committee decides, the branch pays and visits. Nobody answers the own proposal (E037)."""
from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission
from zhibu.ground.guard.scope import Scope
from zhibu.ground.journal import journal
from zhibu.ground.people import queries as people
from zhibu.ground.tree import queries as tree
from zhibu.ground.tree.queries import NotFound, OrgView
from zhibu.kernel.dates import show

from . import money, queries, rules
from .actions import opened
from .models import CareProposal, CareRequest
from .money import Voucher
from .refused import CareRefused, Fault

WHY = (*rules.Kind, *rules.Feast)


@dataclass(frozen=True, slots=True)
class NewProposal:
    """A proposal as it is entered. `ground` goes upward; `situation` stays with the branch."""

    person_id: int
    office_id: int
    kind: str
    amount: str
    source: str
    ground: str
    goods: str = ""
    situation: str = ""


def offices_above(org_id: int) -> list[OrgView]:
    """Give the organisations above a branch to which a proposal may go, nearest first."""
    return [o for o in reversed(tree.chain(tree.path_of(org_id))) if o.id != org_id]


@transaction.atomic
def propose(actor: Actor, org_id: int, new: NewProposal, *, at: datetime) -> int:
    """Hand a proposal in; returns its number. Raises CareRefused: E023 (nobody above), E026 (amount), E045, E053 (one is open), E054."""
    path = tree.path_of(org_id)
    actor.require(Permission.CARE_WRITE, path)
    scope, today = opened(path), timezone.localtime(at).date()
    names = {e.person_id: e.name for e in people.roll(scope, org_id, today)}
    fen, faults = rules.fen_of(new.amount), []
    if new.person_id not in names:
        faults.append(Fault("person", "E045", "这名同志的组织关系不在本支部，请从名单中选"))
    if new.kind not in WHY:
        faults.append(Fault("kind", "E054", "请选为什么帮扶"))
    if fen is None:
        faults.append(Fault("amount", "E026", "金额要大于 0，最多两位小数，单位是元；慰问品请折合成元"))
    if new.source not in tuple(rules.Source):
        faults.append(Fault("source", "E054", "请选钱从哪里来"))
    if new.office_id not in [o.id for o in offices_above(org_id)]:
        faults.append(Fault("office", "E023", "请选本支部上面的党组织来审核决定"))
    if len(new.ground.strip()) < 4:
        faults.append(Fault("ground", "E054", "请写一句给上级看的理由，例如：住院两个月，自付费用较多"))
    if not faults and _open_about(scope, new.person_id):
        faults.append(Fault("person", "E053", "这名同志有一件帮扶申请还没有答复，等答复后再提；要改请先撤回"))
    if faults or fen is None:
        raise CareRefused(*faults)
    row = CareRequest.objects.within(scope).create(
        org_id=org_id, office_id=new.office_id, name=names[new.person_id], kind=new.kind, amount_fen=fen, goods=new.goods.strip()[:100], source=new.source,
        ground=new.ground.strip()[:300], made_by=actor.name, maker_id=actor.account_id, made_at=at,
    )
    CareProposal.objects.within(scope).create(org_id=org_id, request_id=row.pk, person_id=new.person_id, name=names[new.person_id], situation=new.situation.strip()[:500])
    journal.write(actor, "care.propose", at=at, org_id=org_id, org_path=path, subject=("care_request", row.pk))
    return row.pk


def _open_about(scope: Scope, person_id: int) -> bool:
    ids = list(CareProposal.objects.within(scope).filter(person_id=person_id).order_by("id").values_list("request_id", flat=True))
    return CareRequest.objects.within(scope).filter(pk__in=ids, state__in=rules.OPEN).exists()


@transaction.atomic
def withdraw(actor: Actor, request_id: int, *, at: datetime) -> None:
    """Take a proposal back before it is decided. Repeating it changes nothing."""
    row = _of_branch(actor, request_id)
    if row.state == rules.State.WITHDRAWN:
        return
    if row.state not in rules.OPEN:
        raise CareRefused(Fault("", "E044", f"这件申请已经由{row.decided_by}答复，不能再撤回"))
    row.state = rules.State.WITHDRAWN
    row.save()
    journal.write(actor, "care.withdraw", at=at, org_id=row.org_id, org_path=tree.path_of(row.org_id), subject=("care_request", row.pk))


def _of_branch(actor: Actor, request_id: int) -> CareRequest:
    reading = actor.scope(Permission.CARE_WRITE)
    proposal = CareProposal.objects.within(reading).filter(request_id=request_id).first()
    row = CareRequest.objects.within(reading).select_for_update(of=("self",)).filter(pk=request_id).first() if proposal else None
    if row is None:
        raise NotFound("没有找到这件帮扶申请")
    actor.require(Permission.CARE_WRITE, tree.path_of(row.org_id))
    return row


def _of_office(actor: Actor, request_id: int) -> CareRequest:
    rows = CareRequest.objects.within(actor.scope(Permission.CARE_DECIDE)).filter(office_id__in=queries.deciding(actor))
    row = rows.select_for_update(of=("self",)).filter(pk=request_id).first()
    if row is None:
        raise NotFound("没有找到这件帮扶申请")
    actor.require(Permission.CARE_DECIDE, tree.path_of(row.office_id))
    if row.maker_id == actor.account_id if row.maker_id is not None else row.made_by == actor.name:
        raise CareRefused(Fault("", "E037", "这件申请是您自己提的，不能由您审核或决定，请另一位同志办理"))
    return row


@transaction.atomic
def audit(actor: Actor, request_id: int, *, passed: bool, note: str, at: datetime) -> None:
    """Audit a proposal for the office. Raises CareRefused: E037, E044 (answered already), E054 (a refusal without its reason)."""
    row = _of_office(actor, request_id)
    if row.state != rules.State.SUBMITTED:
        raise CareRefused(Fault("", "E044", f"这件申请已经审核过（{row.audited_by or row.made_by}），没有再改"))
    if not passed and len(note.strip()) < 2:
        raise CareRefused(Fault("note", "E054", "不同意请写一句为什么，支部按理由改"))
    row.state = rules.State.AUDITED if passed else rules.State.REFUSED
    row.audited_by, row.auditor_id, row.audited_at, row.audit_note = actor.name, actor.account_id, at, note.strip()[:200]
    row.save()
    _note(actor, "care.audit", row, at)


@transaction.atomic
def decide(actor: Actor, request_id: int, *, passed: bool, document: str, decided_on: date, note: str, at: datetime) -> None:
    """Enter what the committee decided. Raises CareRefused: E037 (the own proposal; the own audit), E044, E049 (not audited; no paper), E001/E002 (its date), E054."""
    row = _of_office(actor, request_id)
    today, made = timezone.localtime(at).date(), timezone.localtime(row.made_at).date()
    if row.state not in rules.OPEN:
        raise CareRefused(Fault("", "E044", f"这件申请已经答复过（{row.decided_by or row.audited_by}），没有再改"))
    if row.state == rules.State.AUDITED and queries.audited_by(actor, row.auditor_id, row.audited_by):
        raise CareRefused(Fault("", "E037", "这件申请是您审核的，研究决定要由另一位同志登记：审核和决定不能是同一个账号"))
    faults = []
    if row.state != rules.State.AUDITED:
        faults.append(Fault("", "E049", "还没有审核。先由办公室审核，再报委员会研究决定"))
    if passed and not document.strip():
        faults.append(Fault("document", "E049", "请写研究决定的依据，例如：镇党委会议纪要〔2026〕12号"))
    if not passed and len(note.strip()) < 2:
        faults.append(Fault("note", "E054", "不同意请写一句为什么"))
    if decided_on > today:
        faults.append(Fault("decided_on", "E001", f"决定日期{show(decided_on)}晚于今天，请核对"))
    if decided_on < made:
        faults.append(Fault("decided_on", "E002", f"决定日期{show(decided_on)}早于申请日期{show(made)}，请核对"))
    if faults:
        raise CareRefused(*faults)
    row.state = rules.State.APPROVED if passed else rules.State.REFUSED
    row.decided_by, row.decided_on, row.document, row.decision = actor.name, decided_on, document.strip()[:100], note.strip()[:200]
    row.save()
    _note(actor, "care.decide", row, at)


@transaction.atomic
def pay(actor: Actor, request_id: int, *, amount: str, paid_on: date, document: str = "", expense_id: int | None = None, at: datetime) -> None:
    """Note that the money was handed over; money from dues names the expense it came from, other money a number of its own.

    Raises CareRefused: E049 (not approved; dues without an agreed expense), E026, E029, E001/E002, E044 (paid already; the expense paid another case).
    """
    row = _of_branch(actor, request_id)
    if row.state != rules.State.APPROVED:
        raise CareRefused(Fault("", "E049", "这件申请还没有批准，不能支付"))
    if row.paid_on is not None:
        raise CareRefused(Fault("", "E044", f"{show(row.paid_on)}已经登记支付 {rules.yuan_of(row.paid_fen or 0)} 元，不用再登记"))
    fen, today, faults = rules.fen_of(amount), timezone.localtime(at).date(), []
    if fen is None:
        faults.append(Fault("amount", "E026", "金额要大于 0，最多两位小数，单位是元"))
    elif fen > row.amount_fen:
        faults.append(Fault("amount", "E029", f"支付 {rules.yuan_of(fen)} 元，超过批准的 {rules.yuan_of(row.amount_fen)} 元"))
    if paid_on > today:
        faults.append(Fault("paid_on", "E001", f"支付日期{show(paid_on)}晚于今天，请核对"))
    if row.decided_on is not None and paid_on < row.decided_on:
        faults.append(Fault("paid_on", "E002", f"支付日期{show(paid_on)}早于批准日期{show(row.decided_on)}，先批准后支付"))
    paper, expense = document.strip(), None
    if row.source == rules.Source.DUES:
        expense = next((one for one in money.vouchers(actor, row.org_id) if one.id == expense_id), None)
        faults += _wrong(row, expense, fen, paid_on)
        paper = f"党费支出：{expense.what}" + (f"，{expense.voucher}" if expense.voucher else "") if expense is not None else ""
    if faults or fen is None:
        raise CareRefused(*faults)
    row.paid_fen, row.paid_on, row.paid_document, row.paid_by, row.expense_id = fen, paid_on, paper[:60], actor.name, expense.id if expense is not None else None
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:  # two people chose the same expense at once: the database keeps the first
        raise CareRefused(USED) from error
    _note(actor, "care.pay", row, at)


USED = Fault("expense", "E044", "这项党费支出已经用在另一件帮扶上，请选另一项")


def _wrong(row: CareRequest, expense: Voucher | None, fen: int | None, paid_on: date) -> list[Fault]:
    """Say what is wrong with the expense that a case is to be paid from."""
    if expense is None:
        return [Fault("expense", "E049", "用党费慰问的，请选本支部批准过的一项党费支出（用途4，补助生活困难的党员）。没有的，先在党费里申请用款")]
    if expense.id in queries.used_expenses(row.org_id):
        return [USED]
    faults = []
    if fen is not None and fen > expense.fen:
        faults.append(Fault("amount", "E029", f"支付 {rules.yuan_of(fen)} 元，超过这项党费支出批准的 {rules.yuan_of(expense.fen)} 元"))
    if paid_on < expense.on:
        faults.append(Fault("paid_on", "E002", f"支付日期{show(paid_on)}早于这项党费支出批准的日期{show(expense.on)}，先批准后支付"))
    return faults


def expenses_left(actor: Actor, org_id: int) -> list[Voucher]:
    """List the expenses from dues that a case of the branch may be paid from: agreed to, and not used for another one."""
    used = queries.used_expenses(org_id)
    return [one for one in money.vouchers(actor, org_id) if one.id not in used]


def _note(actor: Actor, action: str, row: CareRequest, at: datetime) -> None:
    journal.write(actor, action, at=at, org_id=row.org_id, org_path=tree.path_of(row.org_id), subject=("care_request", row.pk), changes={"state": row.state})
