"""The organisation's money: what it had, hands up, gets back and spends. Every action writes its postings in the same transaction."""
from __future__ import annotations

from datetime import date, datetime
from typing import Any, TypeVar

from django.db import IntegrityError, transaction
from django.db.models import Sum

from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission
from zhibu.ground.guard.scope import Scope
from zhibu.ground.journal import journal
from zhibu.ground.process import actions as process
from zhibu.ground.process.spec import Ruling
from zhibu.ground.tree import queries as tree

from . import procedures
from .models import Expense, Money, Opening, Remittance, Restitution
from .postings import Move, accounts, book, lock
from .reach import DuesRefused, at_home, not_later, worded
from .rules import MOST_FEN, PURPOSE_ZH, Account, may_spend, yuan

M = TypeVar("M", bound=Money)


def balance(org_id: int, path: str) -> int:
    """Give what an organisation may dispose of: its cash without the large gifts that it only holds for the Centre."""
    sums = accounts(Scope((path,)), org_ids=[org_id]).get(org_id, {})
    return sums.get(Account.CASH, 0) + sums.get(Account.GIFT_CENTRE, 0)


def held_for_centre(org_id: int, path: str) -> int:
    """Give the large gifts that are still to be forwarded."""
    return -accounts(Scope((path,)), org_ids=[org_id]).get(org_id, {}).get(Account.GIFT_CENTRE, 0)


def promised(org_id: int, path: str) -> int:
    """Give the sum of expenses that were approved and not spent yet."""
    rows = Expense.objects.within(Scope((path,))).filter(org_id=org_id, spent_on__isnull=True, undone_at__isnull=True)
    return int(rows.aggregate(s=Sum("amount_fen"))["s"] or 0)


def _sum(amount: int, what: str) -> None:
    if not 0 < amount <= MOST_FEN:
        raise DuesRefused("E026", f"{what}要大于0，不超过{yuan(MOST_FEN)}元", "amount")


@transaction.atomic
def begin(actor: Actor, org_id: int, amount: int, *, on: date, document: str = "", at: datetime) -> int:
    """Enter what the organisation had when it began to keep its dues here, once (E044)."""
    path = at_home(actor, org_id).paths[0]
    _sum(amount, "期初结存")
    not_later(on, at, "日期", "on")
    try:
        with transaction.atomic():
            row = Opening.objects.within(Scope((path,))).create(org_id=org_id, amount_fen=amount, on=on, document=document.strip()[:100], made_by=actor.name, made_at=at)
    except IntegrityError as error:
        raise DuesRefused("E044", "期初结存已经登记过。填错了请先撤销那一条", "amount") from error
    book([Move(org_id, path, Account.CASH, Account.OPENING, amount, ("opening", row.pk), on)], at)
    _note(actor, "dues.begin", row, path, ("dues_opening", row.pk), at)
    return row.pk


@transaction.atomic
def remit(actor: Actor, org_id: int, amount: int, *, on: date, until_month: int | None = None, gift: bool = False, document: str = "", note: str = "", at: datetime) -> int:
    """Hand dues (or a large gift, whole) to the organisation above. It stands in the receiver's books once the receiver says so.

    Raises DuesRefused E026, E001, E023 at the top, E029 over the balance.
    """
    path = at_home(actor, org_id).paths[0]
    _sum(amount, "上缴金额")
    not_later(on, at, "上缴日期", "on")
    org = tree.organisation(Scope((path,)), org_id)
    if org.parent_id is None:
        raise DuesRefused("E023", "最上级党组织上面没有可以上缴的组织，请线下上缴", "amount")
    lock(org_id)
    if gift and amount != (held := held_for_centre(org_id, path)):
        raise DuesRefused("E029", f"大额党费要全额上缴，现在待上缴{yuan(held)}元", "amount")
    if not gift and amount > (free := balance(org_id, path)):
        raise DuesRefused("E029", f"上缴{yuan(amount)}元超过了结存{yuan(free)}元，请核对", "amount")
    row = Remittance.objects.within(Scope((path,))).create(
        org_id=org_id, to_org_id=org.parent_id, amount_fen=amount, on=on, kind="gift" if gift else "dues", until_month=until_month, document=document.strip()[:100],
        note=note.strip()[:200], made_by=actor.name, made_at=at,
    )
    book([Move(org_id, path, Account.GIFT_CENTRE if gift else Account.REMITTED, Account.CASH, amount, ("remittance", row.pk), on)], at)
    _note(actor, "dues.remit", row, path, ("remittance", row.pk), at)
    return row.pk


@transaction.atomic
def receive(actor: Actor, remittance_id: int, *, on: date, at: datetime) -> None:
    """Confirm as the organisation above that a remittance arrived; a large gift stays money held for the Centre. Raises E002, E044."""
    row = Remittance.objects.within(actor.scope(Permission.DUES_DECIDE)).select_for_update(of=("self",)).filter(pk=remittance_id).first()
    if row is None:
        raise tree.NotFound("没有找到这笔上缴")
    path = tree.path_of(row.to_org_id)
    actor.require(Permission.DUES_DECIDE, path)
    not_later(on, at, "收到日期", "on")
    if on < row.on:
        raise DuesRefused("E002", "收到的日期早于上缴的日期，请核对", "on")
    if row.undone_at is not None or row.received_at is not None:
        raise DuesRefused("E044", "这笔上缴已经确认收到，或已被撤回，不用再确认", "on")
    row.received_on, row.received_by, row.received_at = on, actor.name, at
    row.save(update_fields=["received_on", "received_by", "received_at"])
    account = Account.GIFT_CENTRE if row.kind == "gift" else Account.FROM_BELOW
    book([Move(row.to_org_id, path, Account.CASH, account, row.amount_fen, ("receipt", row.pk), on)], at)
    journal.write(actor, "dues.receive", at=at, org_id=row.to_org_id, org_path=path, subject=("remittance", row.pk), changes={"amount": yuan(row.amount_fen), "on": str(on)})


@transaction.atomic
def restitute(actor: Actor, org_id: int, to_org_id: int, amount: int, *, on: date, document: str, note: str = "", at: datetime) -> int:
    """Give dues back to an organisation below, from the balance of the organisation above; it is in both books at once. Raises E026, E001, E023, E029, E049."""
    path, below = tree.path_of(org_id), tree.path_of(to_org_id)
    actor.require(Permission.DUES_DECIDE, path)
    _sum(amount, "返还金额")
    not_later(on, at, "返还日期", "on")
    if below == path or not below.startswith(path):
        raise DuesRefused("E023", "只能返还给下级党组织，请从下级中选", "to_org_id")
    if len(document.strip()) < 2:
        raise DuesRefused("E049", "返还党费要写明依据的文件或会议决定", "document")
    lock(org_id)
    if amount > (free := balance(org_id, path)):
        raise DuesRefused("E029", f"返还{yuan(amount)}元超过了结存{yuan(free)}元，请核对", "amount")
    row = Restitution.objects.within(Scope((path,))).create(
        org_id=org_id, to_org_id=to_org_id, amount_fen=amount, on=on, document=document.strip()[:100], note=note.strip()[:200], made_by=actor.name, made_at=at,
    )
    _book_restitution(row, path, below, amount, at)
    _note(actor, "dues.restitute", row, path, ("restitution", row.pk), at)
    return row.pk


def _book_restitution(row: Restitution, path: str, below: str, amount: int, at: datetime) -> None:
    book(
        [
            Move(row.org_id, path, Account.RETURNED_DOWN, Account.CASH, amount, ("restitution", row.pk), row.on),
            Move(row.to_org_id, below, Account.CASH, Account.RETURNED, amount, ("returned", row.pk), row.on),
        ],
        at,
    )


# ---------------------------------------------------------------- expenses


@transaction.atomic
def ask_expense(actor: Actor, org_id: int, *, purpose: int, amount: int, what: str, at: datetime) -> int:
    """Ask the organisation above to agree to an expense; returns the case id. Raises DuesRefused E029, E054; CaseError E053, E023."""
    path = at_home(actor, org_id).paths[0]
    text = worded(what, "钱用在哪里，例如：七一慰问困难党员3人", "what")
    lock(org_id)
    allowed = may_spend(purpose, amount, balance(org_id, path) - promised(org_id, path))
    if not allowed:
        raise DuesRefused(allowed.code, allowed.reason, "purpose" if purpose not in PURPOSE_ZH else "amount")
    wish: dict[str, Any] = {"purpose": PURPOSE_ZH[purpose], "amount": f"{yuan(amount)}元", "what": text, "purpose_no": purpose, "fen": amount}
    return process.submit(
        actor, kind=procedures.EXPENSE.code, org_id=org_id, submitted_from=org_id, subject_type="organisation", subject_id=org_id,
        title=f"使用党费{yuan(amount)}元：{text}", wish=wish, at=at,
    )


def approved(ruling: Ruling, actor: Actor, at: datetime) -> None:
    """Carry an approval out: the expense may now be spent. The balance is asked again (E029)."""
    path = tree.path_of(ruling.org_id)
    purpose, amount = int(ruling.wish["purpose_no"]), int(ruling.wish["fen"])
    lock(ruling.org_id)
    allowed = may_spend(purpose, amount, balance(ruling.org_id, path) - promised(ruling.org_id, path))
    if not allowed:
        raise process.CaseError(allowed.code, allowed.reason)
    Expense.objects.within(Scope((path,))).create(
        org_id=ruling.org_id, purpose=purpose, amount_fen=amount, what=str(ruling.wish["what"]), on=ruling.answered_on, case_id=ruling.case_id,
        document=ruling.document[:100], made_by=actor.name, made_at=at,
    )


@transaction.atomic
def spend(actor: Actor, expense_id: int, *, on: date, voucher: str, at: datetime) -> None:
    """Book an approved expense that was paid out, with its voucher. Raises E001, E002, E029, E044, E054."""
    row = Expense.objects.within(actor.scope(Permission.DUES_WRITE)).select_for_update(of=("self",)).filter(pk=expense_id).first()
    if row is None:
        raise tree.NotFound("没有找到这项支出")
    path = at_home(actor, row.org_id).paths[0]
    not_later(on, at, "支出日期", "on")
    if on < row.on:
        raise DuesRefused("E002", "支出的日期早于上级同意的日期，请核对", "on")
    if row.spent_on is not None or row.undone_at is not None:
        raise DuesRefused("E044", "这项支出已经登记过，或已取消，不用再登记", "on")
    paper = worded(voucher, "凭证，例如：发票号或领款签字单", "voucher")
    lock(row.org_id)
    allowed = may_spend(row.purpose, row.amount_fen, balance(row.org_id, path))
    if not allowed:
        raise DuesRefused(allowed.code, allowed.reason, "on")
    row.spent_on, row.voucher, row.spent_by = on, paper[:100], actor.name
    row.save(update_fields=["spent_on", "voucher", "spent_by"])
    book([Move(row.org_id, path, Account(f"spent_{row.purpose}"), Account.CASH, row.amount_fen, ("expense", row.pk), on)], at)
    _note(actor, "dues.spend", row, path, ("expense", row.pk), at)


# ---------------------------------------------------------------- taking back


@transaction.atomic
def undo(actor: Actor, what: str, row_id: int, *, why: str, at: datetime) -> None:
    """Take back an opening balance, a remittance not received yet, a restitution or an expense, by opposite postings. Raises E044, E054."""
    right = Permission.DUES_DECIDE if what == "restitution" else Permission.DUES_WRITE
    models: dict[str, Any] = {"opening": Opening, "remittance": Remittance, "restitution": Restitution, "expense": Expense}
    row = models[what].objects.within(actor.scope(right)).select_for_update(of=("self",)).filter(pk=row_id).first()
    if row is None:
        raise tree.NotFound("没有找到这一笔")
    path = tree.path_of(row.org_id)
    actor.require(right, path)
    reason = worded(why, "撤销的原因", "why")
    if row.undone_at is not None:
        raise DuesRefused("E044", "这一笔已经撤销过", "why")
    if what == "remittance" and row.received_at is not None:
        raise DuesRefused("E044", "上级已经确认收到，不能撤回。请上级把多收的返还", "why")
    lock(row.org_id)
    if what == "opening":
        book([Move(row.org_id, path, Account.CASH, Account.OPENING, -row.amount_fen, (what, row.pk), row.on)], at)
    elif what == "remittance":
        book([Move(row.org_id, path, Account.GIFT_CENTRE if row.kind == "gift" else Account.REMITTED, Account.CASH, -row.amount_fen, (what, row.pk), row.on)], at)
    elif what == "restitution":
        _book_restitution(row, path, tree.path_of(row.to_org_id), -row.amount_fen, at)
    elif row.spent_on is not None:
        book([Move(row.org_id, path, Account(f"spent_{row.purpose}"), Account.CASH, -row.amount_fen, (what, row.pk), row.spent_on)], at)
    row.undone_at, row.undone_by, row.undone_why = at, actor.name, reason
    row.save(update_fields=["undone_at", "undone_by", "undone_why"])
    _note(actor, "dues.undo", row, path, (what if what != "opening" else "dues_opening", row.pk), at)


def _note(actor: Actor, action: str, row: Money, path: str, subject: tuple[str, int], at: datetime) -> None:
    journal.write(actor, action, at=at, org_id=row.org_id, org_path=path, subject=subject, changes={"amount": yuan(row.amount_fen), "on": str(row.on)})
