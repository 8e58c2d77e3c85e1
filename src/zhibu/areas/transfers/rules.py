"""Transfers of organisational relations (组织关系): states, who may move them on, and the letter. Pure: no database, no clock.

One machine for all kinds: between two organisations of this installation, out on paper, in on paper, and directly between two branches of one
committee. `MOVES` says what can follow what, `OWNERS` whose step it is; nothing else decides either. Until the other side has received the
member, the member belongs to the old branch. Source: rules.md S12.
"""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import cast

from zhibu.ground.policy.resolve import Effective
from zhibu.kernel.dates import show
from zhibu.kernel.periods import add_months, month_index
from zhibu.kernel.result import YES, Decision, first_refusal, refuse


class Kind(StrEnum):
    """How a relation is transferred."""

    NETWORK = "network"      # both organisations are in this installation
    PAPER_OUT = "paper_out"  # to an organisation outside, the member carries the letter
    PAPER_IN = "paper_in"    # from outside, with a letter
    DIRECT = "direct"        # between two branches of one committee, filed there


class State(StrEnum):
    """Where a transfer stands. That a letter has expired is no state: it follows from its last day."""

    APPLIED = "applied"
    CHECKED = "checked"
    IN_TRANSIT = "in_transit"
    RETURNED = "returned"
    RECEIVED = "received"
    RECEIPTED = "receipted"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class Move(StrEnum):
    """A step that moves a transfer on."""

    CHECK = "check"
    ISSUE = "issue"
    RECEIVE = "receive"
    RETURN = "return"
    REISSUE = "reissue"
    RECEIPT = "receipt"
    CLOSE = "close"
    FILE = "file"
    CANCEL = "cancel"


class Owner(StrEnum):
    """Whose step it is."""

    OUT_BRANCH = "out_branch"
    OUT_COMMITTEE = "out_committee"
    IN_BRANCH = "in_branch"
    IN_COMMITTEE = "in_committee"


class Wish(StrEnum):
    """Where a member's own application stands: it asks the branch, and becomes a transfer when the branch takes it over."""

    ASKED = "asked"
    TAKEN = "taken"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


WISH_ZH: Mapping[Wish, str] = {Wish.ASKED: "等支部办", Wish.TAKEN: "支部已接办", Wish.DECLINED: "支部没有同意", Wish.WITHDRAWN: "本人已收回"}
KIND_ZH: Mapping[Kind, str] = {Kind.NETWORK: "系统内转接", Kind.PAPER_OUT: "凭信转出", Kind.PAPER_IN: "凭信转入", Kind.DIRECT: "党委内直接转"}
STATE_ZH: Mapping[State, str] = {
    State.APPLIED: "已申请", State.CHECKED: "支部已核", State.IN_TRANSIT: "在途", State.RETURNED: "被退回", State.RECEIVED: "已接收", State.RECEIPTED: "回执已发",
    State.CLOSED: "已办结", State.CANCELLED: "已撤销",
}
MOVE_ZH: Mapping[Move, str] = {
    Move.CHECK: "支部核对", Move.ISSUE: "开介绍信", Move.RECEIVE: "接收", Move.RETURN: "退回", Move.REISSUE: "重开介绍信", Move.RECEIPT: "发回执", Move.CLOSE: "收到回执，办结",
    Move.FILE: "备案", Move.CANCEL: "撤销",
}

_BEFORE_LETTER: Mapping[tuple[State, Move], State] = {
    (State.APPLIED, Move.CHECK): State.CHECKED, (State.APPLIED, Move.CANCEL): State.CANCELLED,
    (State.CHECKED, Move.ISSUE): State.IN_TRANSIT, (State.CHECKED, Move.CANCEL): State.CANCELLED,
}
_LETTER: Mapping[tuple[State, Move], State] = {
    (State.IN_TRANSIT, Move.REISSUE): State.IN_TRANSIT, (State.IN_TRANSIT, Move.RETURN): State.RETURNED, (State.IN_TRANSIT, Move.CANCEL): State.CANCELLED,
    (State.RETURNED, Move.REISSUE): State.IN_TRANSIT, (State.RETURNED, Move.CANCEL): State.CANCELLED,
}
MOVES: Mapping[Kind, Mapping[tuple[State, Move], State]] = {
    Kind.NETWORK: {
        **_BEFORE_LETTER, **_LETTER, (State.IN_TRANSIT, Move.RECEIVE): State.RECEIVED,
        (State.RECEIVED, Move.RECEIPT): State.RECEIPTED, (State.RECEIPTED, Move.CLOSE): State.CLOSED,
    },
    Kind.PAPER_OUT: {**_BEFORE_LETTER, **_LETTER, (State.IN_TRANSIT, Move.CLOSE): State.CLOSED},
    Kind.PAPER_IN: {**_LETTER, (State.IN_TRANSIT, Move.RECEIVE): State.RECEIVED, (State.RECEIVED, Move.RECEIPT): State.CLOSED},
    Kind.DIRECT: {
        (State.APPLIED, Move.CHECK): State.CHECKED, (State.APPLIED, Move.CANCEL): State.CANCELLED, (State.CHECKED, Move.RECEIVE): State.RECEIVED,
        (State.CHECKED, Move.RETURN): State.RETURNED, (State.CHECKED, Move.CANCEL): State.CANCELLED, (State.RETURNED, Move.CHECK): State.CHECKED,
        (State.RETURNED, Move.CANCEL): State.CANCELLED, (State.RECEIVED, Move.FILE): State.CLOSED,
    },
}
_OUT: Mapping[Move, Owner] = {
    Move.CHECK: Owner.OUT_BRANCH, Move.ISSUE: Owner.OUT_COMMITTEE, Move.REISSUE: Owner.OUT_COMMITTEE, Move.CANCEL: Owner.OUT_BRANCH, Move.CLOSE: Owner.OUT_COMMITTEE,
}
OWNERS: Mapping[Kind, Mapping[Move, Owner]] = {
    Kind.NETWORK: {**_OUT, Move.RECEIVE: Owner.IN_COMMITTEE, Move.RETURN: Owner.IN_COMMITTEE, Move.RECEIPT: Owner.IN_COMMITTEE},
    Kind.PAPER_OUT: {**_OUT, Move.RETURN: Owner.OUT_COMMITTEE},
    Kind.PAPER_IN: {
        Move.RECEIVE: Owner.IN_COMMITTEE, Move.RETURN: Owner.IN_COMMITTEE, Move.RECEIPT: Owner.IN_COMMITTEE, Move.REISSUE: Owner.IN_BRANCH, Move.CANCEL: Owner.IN_BRANCH,
    },
    Kind.DIRECT: {
        Move.CHECK: Owner.OUT_BRANCH, Move.CANCEL: Owner.OUT_BRANCH, Move.RECEIVE: Owner.IN_BRANCH, Move.RETURN: Owner.IN_BRANCH, Move.FILE: Owner.OUT_COMMITTEE,
    },
}
#: a letter is out: only the committee that issued it takes it back
LETTER_OUT = frozenset({State.IN_TRANSIT, State.RETURNED})
OPEN = frozenset({State.APPLIED, State.CHECKED, State.IN_TRANSIT, State.RETURNED})  # the member may not be transferred a second time
DONE = frozenset({State.CLOSED, State.CANCELLED})


def follows(kind: Kind, state: State, move: Move) -> State | None:
    """Give the state after a step, None where the step cannot be taken."""
    return MOVES[kind].get((state, move))


def owner(kind: Kind, state: State, move: Move) -> Owner:
    """Say whose step it is. Once a letter is out, taking the transfer back is the committee's, no longer the branch's."""
    found = OWNERS[kind][move]
    return Owner.OUT_COMMITTEE if move is Move.CANCEL and state in LETTER_OUT and found is Owner.OUT_BRANCH and kind is not Kind.DIRECT else found


def steps(kind: Kind, state: State) -> tuple[Move, ...]:
    """List the steps that can be taken from a state, in the order of Move."""
    return tuple(move for move in Move if (state, move) in MOVES[kind])


# ---------------------------------------------------------------- the letter


@dataclass(frozen=True, slots=True)
class Validity:
    """How long a letter holds here: by months where a set says months, else by days."""

    months: int | None
    days: int | None

    def until(self, issued_on: date) -> date:
        """Give the last day of a letter (以内 includes it)."""
        if self.months is not None:
            return add_months(issued_on, self.months)
        return issued_on + timedelta(days=self.days or 0)

    @property
    def words(self) -> str:
        """Say it: 3 个月, 90 天."""
        return f"{self.months} 个月" if self.months is not None else f"{self.days} 天"


def validity(relations: Effective) -> Validity:
    """Give how long a letter holds: months where the set that holds says months, else days."""
    if relations.has("relations.letter_valid_months"):
        return Validity(cast(int, relations.value("relations.letter_valid_months")), None)
    return Validity(None, cast(int, relations.value("relations.letter_valid_days")))


def may_apply(*, here: bool, open_before: str, same: bool, applied_on: date, today: date) -> Decision:
    """Check an application: E045 no member of the branch, E053 one transfer at a time, E044 already there, E001 in the future."""
    return first_refusal(d for d in (
        YES if here else refuse("E045", "这名党员的组织关系不在本支部，请到他现在的支部办"),
        YES if not open_before else refuse("E053", f"这名党员已经有一件没办完的转接（{open_before}）。先把那一件办完或撤销，再办新的"),
        refuse("E044", "要转去的支部就是他现在所在的支部，不用转。请核对转入党组织") if same else YES,
        refuse("E001", f"申请日期{show(applied_on)}晚于今天，请改成今天或以前的日期") if applied_on > today else YES,
    ))


def may_wish(*, here: bool, suspended: bool, open_before: str, asked: bool, target: str, home: str) -> Decision:
    """Check what a member asks for himself: E045 no member of a branch, E053 one at a time, E054 without a target, E044 to where he is."""
    return first_refusal(d for d in (
        YES if here else refuse("E045", "您的组织关系现在不在本系统的党支部，请到所在支部办"),
        refuse("", "停止党籍期间不转组织关系，请找支部书记") if suspended else YES,
        YES if not open_before else refuse("E053", f"您已经有一件没办完的转接（{open_before}），不用再申请"),
        refuse("E053", "您已经申请过了，正在等支部办，不用再申请") if asked else YES,
        YES if len(target.strip()) >= 2 else refuse("E054", "请写要转去哪个党组织，写全称，或写单位、村、社区的名称"),
        refuse("E044", "您现在就在这个支部，不用转。请核对要转去的党组织") if target.strip() == home else YES,
    ))


def check_paid_to(paid_to: date | None, today: date) -> Decision:
    """Check the month up to which dues are paid: E001 when it lies after this month."""
    if paid_to is not None and month_index(paid_to) > month_index(today):
        return refuse("E001", f"党费交到{paid_to.year}年{paid_to.month}月，晚于本月。请写实际交到的月份")
    return YES


def behind(paid_to: date | None, today: date) -> int:
    """Give how many months of dues lie between the month paid to and last month; 0 when nothing is missing or nothing is known."""
    return max(0, month_index(today) - 1 - month_index(paid_to)) if paid_to is not None else 0


def may_issue(
    *, paid_to: date | None, applied_on: date, issued_on: date, valid_until: date, longest: date, open_cases: tuple[str, ...], approval: str, today: date,
) -> Decision:
    """Check a letter before it is issued: E008 without the paid-to month, E001, E002 for its days, E049 with an open case and no approval."""
    return first_refusal(d for d in (
        YES if paid_to is not None else refuse("E008", "还没有写党费交到哪个月，介绍信上要写。请填“党费交到”"),
        check_paid_to(paid_to, today),
        refuse("E001", f"开信日期{show(issued_on)}晚于今天，请改成今天或以前的日期") if issued_on > today else YES,
        refuse("E002", f"开信日期{show(issued_on)}早于申请日期{show(applied_on)}，请核对") if issued_on < applied_on else YES,
        check_days(issued_on, valid_until),
        YES if valid_until <= longest else refuse("", f"有效期到{show(valid_until)}太长，按规定最迟到{show(longest)}，请改短"),
        refuse("E049", f"有没办结的事项：{'、'.join(open_cases)}。先办结，或填写上级同意转接的文件和文号") if open_cases and not approval.strip() else YES,
    ))


def check_days(issued_on: date, valid_until: date) -> Decision:
    """Refuse (E002) a letter whose last day lies before the day it was issued."""
    if valid_until < issued_on:
        return refuse("E002", f"有效期截止{show(valid_until)}早于开信日期{show(issued_on)}，请核对介绍信")
    return YES


def may_receive(issued_on: date, valid_until: date, received_on: date) -> Decision:
    """Check the day on which a letter is accepted: E002 before it was issued, E025 after its last day."""
    if received_on < issued_on:
        return refuse("E002", f"接收日期{show(received_on)}早于开信日期{show(issued_on)}，请核对")
    if received_on > valid_until:
        return refuse("E025", f"介绍信{show(valid_until)}已经到期，不能再凭它接收。请转出的党委重开一封")
    return YES


def needs_reason(reason: str, what: str) -> Decision:
    """Refuse (E054) a return or a cancellation that does not say why."""
    return YES if len(reason.strip()) >= 2 else refuse("E054", f"{what}要写明理由，对方按理由办")


def left(valid_until: date, today: date) -> int:
    """Give how many days a letter still holds; 0 on its last day, below 0 when it has expired."""
    return (valid_until - today).days
