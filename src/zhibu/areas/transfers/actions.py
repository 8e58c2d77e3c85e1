"""Transfer members: apply, check, issue a letter, receive, return, receipt, close. Each step belongs to one side; both sides share the row.

Raises PeopleError with the code and the field, Stale when somebody saved since `version`, AlreadyMoved when the step was taken or is over.
"""
from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.timezone import localdate

from zhibu.ground.access import endings as access
from zhibu.ground.guard.actor import Actor, Refused
from zhibu.ground.guard.permission import Permission
from zhibu.ground.guard.scope import Scope
from zhibu.ground.guard.sealing import blind_index
from zhibu.ground.journal import journal
from zhibu.ground.people import actions as people_actions
from zhibu.ground.people import moving
from zhibu.ground.people import queries as people
from zhibu.ground.people.actions import NewMember, NewSpell, PeopleError
from zhibu.ground.tree import queries as tree
from zhibu.ground.tree.actions import Stale
from zhibu.ground.tree.models import Organisation
from zhibu.ground.tree.queries import NotFound, OrgView
from zhibu.kernel import identity, names
from zhibu.kernel.dates import show
from zhibu.kernel.result import Decision

from . import queries, rules
from .models import Floating, Transfer
from .queries import TransferView, committee_of
from .rules import Kind, Move, Owner, State, Validity
from .standards import standards

WHOSE = {Owner.OUT_BRANCH: "转出的支部", Owner.OUT_COMMITTEE: "转出的党委", Owner.IN_BRANCH: "接收的支部", Owner.IN_COMMITTEE: "接收的党委"}
BOTH = (Permission.TRANSFER_REQUEST, Permission.TRANSFER_DECIDE)


class AlreadyMoved(Exception):
    """Somebody took this step first, or the transfer is over; `view` is how it stands now."""

    def __init__(self, view: TransferView) -> None:
        last = view.steps[-1] if view.steps else None
        who = f"（{last.by}，{show(last.on)}）" if last else ""
        super().__init__(f"{view.name}的转接现在是“{view.state_title}”{who}，这一步不用再办")
        self.view = view


def ensure(decision: Decision, field: str = "") -> None:
    """Raise what a rule refuses, at the field it is about."""
    if not decision:
        raise PeopleError(decision.code, decision.reason, field)


def plain(text: str, longest: int) -> str:
    """Clean a short text: one line, nothing invisible."""
    return names.clean_text("".join(c if c.isprintable() else " " for c in text))[:longest]


# ---------------------------------------------------------------- the beginning


@dataclass(frozen=True, slots=True)
class Application:
    """An application: who, where to (an organisation here, or the names of one outside), since when asked and why."""

    person_id: int
    to_org_id: int | None
    applied_on: date
    outside: str = ""
    outside_branch: str = ""
    reason: str = ""


@transaction.atomic
def apply(actor: Actor, new: Application, *, at: datetime) -> int:
    """Enter an application to leave the present branch; returns the transfer's id. Raises PeopleError E001, E044, E045, E053, E054.

    The kind follows from the target: outside on paper, inside one committee directly, else between the two committees."""
    seen = Scope(tuple(g.org_path for g in actor.grants if Permission.TRANSFER_REQUEST in g.permissions))
    file = people.member_file(seen, new.person_id, localdate(at))  # NotFound out of sight
    home = tree.views([file.org_id])[file.org_id]
    actor.require(Permission.TRANSFER_REQUEST, home.path_now)
    target = _target(new.to_org_id)
    spell = file.spells[-1] if file.spells else None
    here = spell is not None and spell.to_on is None and spell.org_id == home.id
    before = next((t.state_title for t in queries.of_person(Scope((home.path_now,)), new.person_id) if t.state in rules.OPEN), "")
    today = localdate(at)
    ensure(rules.may_apply(here=here, open_before=before, same=target is not None and target.id == home.id, applied_on=new.applied_on, today=today), "to")
    if spell is not None and spell.standing == "suspended":
        raise PeopleError("", "停止党籍的党员不转组织关系，请先报恢复党籍", "to")
    if target is None and len(new.outside.strip()) < 2:
        raise PeopleError("E054", "请写转去哪个党组织：系统里有的选一个，系统外的写接收党委的全称", "to")
    out, into = committee_of(home), committee_of(target) if target else None
    kind = Kind.PAPER_OUT if target is None else Kind.DIRECT if into is not None and into.id == out.id and target.is_branch else Kind.NETWORK
    if target is not None and into is not None and into.id == out.id and not target.is_branch:
        raise PeopleError("E045", f"“{target.name}”不接收党员，请选要转去的党支部", "to")
    row = Transfer(
        org_id=home.id, other_org_id=target.id if target else None, kind=kind, state=State.APPLIED, person_id=new.person_id, name=file.name,
        standing=spell.standing if spell else "", gender=file.gender, outside="" if target else plain(new.outside, 100),
        outside_branch="" if target else plain(new.outside_branch, 100), reason=plain(new.reason, 100), applied_on=new.applied_on, applied_by=actor.name,
        out_committee_id=out.id, in_committee_id=into.id if into else None, made_at=at,
        steps=[_step("申请转出", new.applied_on, actor, plain(new.reason, 100))],
    )
    row._guard_scope = Scope((home.path_now,))
    return _create(actor, row, home, "transfers.apply", at)


def _create(actor: Actor, row: Transfer, org: OrgView, action: str, at: datetime) -> int:
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:  # two offices began at once: the database keeps the first
        raise PeopleError("E053", f"{row.name}刚刚已经有一件转接，不用再办", "to") from error
    journal.write(actor, action, at=at, org_id=org.id, org_path=org.path_now, subject=("transfer", row.pk), changes={"person": row.person_id, "kind": row.kind})
    return row.pk


def _target(org_id: int | None) -> OrgView | None:
    if org_id is None:
        return None
    found = tree.views([org_id]).get(org_id)
    if found is None or found.status == "dissolved":
        raise PeopleError("E045", "要转去的党组织没有找到或已经撤销，请重新选", "to")
    return found


@dataclass(frozen=True, slots=True)
class Arrival:
    """Somebody who comes from outside with a letter: the letter, and the items of the sheet that it says."""

    org_id: int
    name: str
    standing: str
    outside: str
    letter_no: str
    issued_on: date
    valid_until: date
    paid_to: date | None
    gender: str = ""
    id_no: str = ""
    phone: str = ""
    joined_on: date | None = None
    joined_precision: str = "day"
    outside_branch: str = ""
    reason: str = ""


@transaction.atomic
def arrive(actor: Actor, new: Arrival, *, at: datetime) -> int:
    """Enter a letter that somebody brought from outside; the committee accepts or returns it. Raises PeopleError E001, E002, E008, E044, E053, E054, ID_…"""
    org = _target(new.org_id)
    if org is None:
        raise NotFound("没有找到这个党组织")
    actor.require(Permission.TRANSFER_REQUEST, org.path_now)
    today = localdate(at)
    if len(new.outside.strip()) < 2:
        raise PeopleError("E054", "请写介绍信是哪个党委开的", "outside")
    if not new.letter_no.strip():
        raise PeopleError("E008", "请写介绍信的编号，凭介绍信才能接收", "letter_no")
    if new.paid_to is None:
        raise PeopleError("E008", "请写介绍信上的“党费已交到”哪个月", "paid_to")
    ensure(rules.check_paid_to(new.paid_to, today), "paid_to")
    if new.issued_on > today:
        raise PeopleError("E001", f"开信日期{show(new.issued_on)}晚于今天，请核对介绍信", "issued_on")
    ensure(rules.check_days(new.issued_on, new.valid_until), "valid_until")
    member = NewMember(
        org.id, names.clean_name(plain(new.name, 50)), new.standing, new.issued_on, gender=new.gender, id_no=identity.clean_id_no(plain(new.id_no, 30)), phone=plain(new.phone, 30),
        joined_on=new.joined_on, joined_precision=new.joined_precision,
    )
    people_actions.check(member, today)
    _refuse_resident(member.id_no)
    row = Transfer(
        org_id=org.id, kind=Kind.PAPER_IN, state=State.IN_TRANSIT, name=member.name, standing=member.standing, gender=member.gender, id_no=member.id_no,
        id_no_index=blind_index(member.id_no, "transfer.id_no"), phone=member.phone, joined_on=member.joined_on, joined_precision=member.joined_precision,
        outside=plain(new.outside, 100), outside_branch=plain(new.outside_branch, 100), reason=plain(new.reason, 100), applied_on=new.issued_on, applied_by=actor.name,
        paid_to=new.paid_to, in_committee_id=committee_of(org).id, letter_no=plain(new.letter_no, 40), issued_on=new.issued_on, valid_until=new.valid_until, made_at=at,
        steps=[_step("持信报到", today, actor, f"{plain(new.outside, 100)}第{plain(new.letter_no, 40)}号")],
    )
    row._guard_scope = Scope((org.path_now,))
    return _create(actor, row, org, "transfers.arrive", at)


def _refuse_resident(id_no: str) -> None:
    """Refuse (E044) the number of somebody whose relation is in this installation: he comes by the transfer that his branch begins."""
    for person_id, _, org_id in people.known_by_id_no([id_no] if id_no else []).values():
        if people.is_member(Scope((tree.path_of(org_id),)), person_id):
            raise PeopleError("E044", "这个身份证号的党员组织关系已经在本系统的党支部。请让他现在的支部办“系统内转接”，不要再登记一次", "id_no")


# ---------------------------------------------------------------- the steps


def _step(title: str, on: date, actor: Actor, text: str = "") -> dict[str, str]:
    return {"title": title, "on": on.isoformat(), "by": actor.name, "text": text}


@dataclass(slots=True)
class _Turn:
    """A step about to be taken: the locked row, how it stood, where the actor stands."""

    row: Transfer
    view: TransferView
    path: str
    actor: Actor
    at: datetime
    move: Move

    @property
    def today(self) -> date:
        return localdate(self.at)

    def done(self, on: date, text: str = "") -> None:
        """Write the row in its next state, with the step and the line in the journal."""
        state = rules.follows(Kind(self.row.kind), State(self.row.state), self.move)
        assert state is not None
        self.row.state = state
        if state in rules.DONE:
            self.row.ended_on = on
        self.row.steps = [*self.row.steps, _step(rules.MOVE_ZH[self.move], on, self.actor, text)]
        self.row.version += 1
        self.row.save()
        here = next(g for g in tree.chain(self.path)[::-1] if g.path_now == self.path)
        journal.write(
            self.actor, f"transfers.{self.move.value}", at=self.at, org_id=here.id, org_path=here.path_now, subject=("transfer", self.row.pk),
            changes={"person": self.row.person_id, "state": state.value, "on": str(on), "text": text},
        )


def ask(actor: Actor, view: TransferView, move: Move) -> str:
    """Ask for the right to take a step on a transfer; gives the path of the side whose step it is. Raises Refused, AlreadyMoved."""
    kind, state = Kind(view.kind), State(view.state)
    if move in rules.OWNERS[kind]:
        owner = rules.owner(kind, state, move)
    else:
        owner = Owner.OUT_COMMITTEE if view.from_committee_path else Owner.IN_COMMITTEE
    path = queries.place_of(view, owner)
    if not actor.may(queries.RIGHTS[owner], path or view.from_path or view.to_path):
        raise Refused(f"这一步由{WHOSE[owner]}办，您看得到办到哪一步")
    if rules.follows(kind, state, move) is None:
        raise AlreadyMoved(view)
    return path


def _turn(actor: Actor, transfer_id: int, move: Move, version: int, at: datetime) -> _Turn:
    """Lock the row and ask for the right of the step's owner. Raises NotFound, Refused, AlreadyMoved, Stale."""
    row = Transfer.objects.within(actor.sees()).select_for_update(of=("self",)).filter(pk=transfer_id).first()
    if row is None:
        raise NotFound("没有找到这件组织关系转接")
    view = queries.views([row])[0]
    path = ask(actor, view, move)
    if row.version != version:
        raise Stale
    return _Turn(row, view, path, actor, at, move)


def _both(view: TransferView) -> Scope:
    return Scope(tuple(sorted({p for p in (view.from_path, view.to_path, view.to_committee_path) if p})))


@transaction.atomic
def check(actor: Actor, transfer_id: int, *, paid_to: date | None, note: str = "", version: int, at: datetime) -> None:
    """The outgoing branch checks: dues paid to a month, nothing left open. What is open is no hindrance here; the letter asks for an approval."""
    turn = _turn(actor, transfer_id, Move.CHECK, version, at)
    ensure(rules.check_paid_to(paid_to, turn.today), "paid_to")
    if turn.row.kind == Kind.DIRECT and paid_to is None:
        raise PeopleError("E008", "请写党费交到哪个月，接收的支部接着收", "paid_to")
    turn.row.paid_to = paid_to
    turn.done(turn.today, "；".join(t for t in (f"党费交到{paid_to.year}年{paid_to.month}月" if paid_to else "", plain(note, 100)) if t))


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter to be issued. reach: rule, in_city, outside, or days (typed)."""

    issued_on: date
    reach: str = "rule"
    days: int | None = None
    paid_to: date | None = None
    approval: str = ""
    number: str = ""


REACHES = {"rule": "按规定", "in_city": "市内", "outside": "市外", "days": "另定天数"}


def last_day(org_id: int, letter: Letter) -> tuple[date, date]:
    """Give the last day of a letter and the latest that the rules of the organisation allow."""
    held = standards(org_id, letter.issued_on)
    wanted = {"in_city": held.in_city, "outside": held.outside, "days": Validity(None, letter.days)}.get(letter.reach, held.validity)
    if letter.reach == "days" and letter.days is None:
        raise PeopleError("", "请写有效期是多少天", "days")
    return wanted.until(letter.issued_on), held.validity.until(letter.issued_on)


@transaction.atomic
def issue(actor: Actor, transfer_id: int, letter: Letter, *, version: int, at: datetime) -> None:
    """Issue the letter: from now on the member is under way and still counts at the old branch."""
    turn = _turn(actor, transfer_id, Move.ISSUE, version, at)
    _write_letter(turn, letter)
    turn.done(letter.issued_on, _said(turn.row))


@transaction.atomic
def reissue(actor: Actor, transfer_id: int, letter: Letter, *, reason: str, version: int, at: datetime) -> None:
    """Issue a new letter instead of one that expired, was lost or came back; for a letter from outside enter the new one."""
    turn = _turn(actor, transfer_id, Move.REISSUE, version, at)
    ensure(rules.needs_reason(reason, "重开"), "reason")
    if turn.row.kind == Kind.PAPER_IN:
        raise PeopleError("E008", "系统外的新介绍信请按信上的日期登记", "valid_until")
    _write_letter(turn, letter)
    turn.row.returned_on = None
    turn.done(letter.issued_on, f"{plain(reason, 100)}；{_said(turn.row)}")


@transaction.atomic
def bring_again(actor: Actor, transfer_id: int, *, letter_no: str, issued_on: date, valid_until: date, reason: str, version: int, at: datetime) -> None:
    """Enter the new letter that the committee outside issued after the first one expired or was returned."""
    turn = _turn(actor, transfer_id, Move.REISSUE, version, at)
    ensure(rules.needs_reason(reason, "重开"), "reason")
    if not letter_no.strip():
        raise PeopleError("E008", "请写新介绍信的编号", "letter_no")
    if issued_on > turn.today:
        raise PeopleError("E001", f"开信日期{show(issued_on)}晚于今天，请核对介绍信", "issued_on")
    ensure(rules.check_days(issued_on, valid_until), "valid_until")
    turn.row.letter_no, turn.row.issued_on, turn.row.valid_until, turn.row.returned_on = plain(letter_no, 40), issued_on, valid_until, None
    turn.done(issued_on, f"{plain(reason, 100)}；第{turn.row.letter_no}号，有效到{show(valid_until)}")


def _said(row: Transfer) -> str:
    return f"第{row.letter_no}号，有效到{show(row.valid_until)}，党费交到{row.paid_to.year}年{row.paid_to.month}月" if row.paid_to else f"第{row.letter_no}号"


def _write_letter(turn: _Turn, letter: Letter) -> None:
    row = turn.row
    until, longest = last_day(row.org_id, letter)
    paid_to = letter.paid_to or row.paid_to
    cases = queries.open_cases(Scope((turn.view.from_path,)), row.person_id or 0)
    approval = plain(letter.approval, 100) or row.approval
    decision = rules.may_issue(
        paid_to=paid_to, applied_on=row.applied_on, issued_on=letter.issued_on, valid_until=until, longest=longest, open_cases=cases, approval=approval, today=turn.today,
    )
    field = "approval" if decision.code == "E049" else "paid_to" if decision.code == "E008" else "days" if until > longest or until < letter.issued_on else "issued_on"
    ensure(decision, field)
    if not people.is_member(Scope((turn.view.from_path,)), row.person_id or 0):
        raise PeopleError("E045", f"{row.name}的组织关系已经不在“{turn.view.from_name}”，不能开介绍信。请撤销这件转接")
    row.paid_to, row.approval, row.issued_on, row.valid_until = paid_to, approval, letter.issued_on, until
    row.letter_year, row.letter_seq = letter.issued_on.year, None
    row.letter_no = plain(letter.number, 40) or _number(turn)


def _number(turn: _Turn) -> str:
    """Take the next number of the committee's year. The row of the committee is locked, so two letters at once do not get one number."""
    row = turn.row
    Organisation.objects.select_for_update().get(pk=row.out_committee_id or 0)
    known = Transfer.objects.within(Scope((turn.view.from_committee_path,))).filter(out_committee_id=row.out_committee_id, letter_year=row.letter_year)
    row.letter_seq = (known.aggregate(most=Max("letter_seq"))["most"] or 0) + 1
    return f"{row.letter_seq:04d}"


@transaction.atomic
def receive(actor: Actor, transfer_id: int, *, to_org_id: int | None, group_id: int | None, received_on: date, version: int, at: datetime) -> None:
    """Accept the member into a branch (and a group): from this day the membership is there. E025 after the letter's last day, E002, E001, E045."""
    turn = _turn(actor, transfer_id, Move.RECEIVE, version, at)
    row, view = turn.row, turn.view
    if received_on > turn.today:
        raise PeopleError("E001", f"接收日期{show(received_on)}晚于今天，请改成今天或以前的日期", "received_on")
    if row.issued_on is not None and row.valid_until is not None:
        ensure(rules.may_receive(row.issued_on, row.valid_until, received_on), "received_on")
    elif received_on < row.applied_on:
        raise PeopleError("E002", f"接收日期{show(received_on)}早于申请日期{show(row.applied_on)}，请核对", "received_on")
    branch = _branch(turn, to_org_id)
    document = f"组织关系介绍信第{row.letter_no}号" if row.letter_no else f"党委内转接，{show(row.applied_on)}申请"
    permission = queries.RIGHTS[rules.owner(Kind(row.kind), State(row.state), Move.RECEIVE)]
    if row.kind == Kind.PAPER_IN:
        _register(turn, branch, group_id, received_on, f"{row.outside}{document}", permission)
        row.org_id = branch.id
    else:
        moving.move(
            actor, row.person_id or 0, from_org_id=row.org_id, to_org_id=branch.id, on=received_on, document=document, permission=permission, at=at, group_id=group_id,
        )
        row.other_org_id = branch.id
        access.end_held_by(actor, row.person_id or 0, org_id=row.org_id, on=received_on, at=at)
        _end_floating(turn, received_on)
    row.received_on, row.group_id = received_on, group_id
    turn.done(received_on, f"编入{branch.name}" if branch.name != view.to_name else "")


def _branch(turn: _Turn, to_org_id: int | None) -> OrgView:
    """Give the branch that gets the member: the one the committee chose, else the one the letter names; always below the accepting committee."""
    chosen = to_org_id or turn.view.to_id
    org = tree.views([chosen]).get(chosen) if chosen else None
    above = turn.view.to_committee_path if turn.row.kind != Kind.DIRECT else turn.view.to_path
    if org is None or not org.path_now.startswith(above) or not org.is_branch:
        raise PeopleError("E045", "请选本党委下面的一个党支部，党员编入那里", "to_org")
    return org


def _register(turn: _Turn, branch: OrgView, group_id: int | None, on: date, document: str, permission: Permission) -> None:
    row, actor = turn.row, turn.actor
    id_no = row.id_no.reveal() if row.id_no else ""  # type: ignore[attr-defined]
    phone = row.phone.reveal() if row.phone else ""  # type: ignore[attr-defined]
    known = people.known_by_id_no([id_no] if id_no else [])
    if known:
        person_id = next(iter(known.values()))[0]
        moving.take_back(
            actor, person_id, to_org_id=branch.id, standing=row.standing, on=on, document=document, permission=permission, at=turn.at, group_id=group_id,
        )
    else:
        person_id = people_actions.register(
            actor,
            NewMember(
                branch.id, row.name, row.standing, on, gender=row.gender, id_no=id_no, phone=phone, joined_on=row.joined_on, joined_precision=row.joined_precision,
                history=(NewSpell(branch.id, row.standing, on, began_as=moving.MOVED_IN, document=document[:200]),),
            ),
            at=turn.at,
        )
        if group_id is not None:
            people_actions.place(actor, [people_actions.NewPlace(branch.id, person_id, group_id, on)], at=turn.at)
    row.person_id, row.id_no, row.phone, row.id_no_index = person_id, "", "", ""  # from now on they stand on the member's sheet


def _end_floating(turn: _Turn, on: date) -> None:
    """Close the floating record of somebody whose relation has gone: S30 knows no floating member of another branch."""
    for open_one in Floating.objects.within(_both(turn.view)).filter(person_id=turn.row.person_id, ended_on__isnull=True).order_by("id"):
        open_one.ended_on, open_one.ended_why, open_one.version = max(on, open_one.from_on), "组织关系已转出", open_one.version + 1
        open_one.save()


@transaction.atomic
def give_back(actor: Actor, transfer_id: int, *, reason: str, on: date, version: int, at: datetime) -> None:
    """Return the letter with the reason (not without: nobody is refused without cause). E054, E001, E002."""
    turn = _turn(actor, transfer_id, Move.RETURN, version, at)
    ensure(rules.needs_reason(reason, "退回"), "reason")
    _not_later(on, turn.row.issued_on or turn.row.applied_on, "退回日期", turn.today)
    turn.row.returned_on = on
    turn.done(on, plain(reason, 100))


@transaction.atomic
def receipt(actor: Actor, transfer_id: int, *, on: date, version: int, at: datetime) -> None:
    """Send the receipt to the committee that issued the letter: one tap."""
    turn = _turn(actor, transfer_id, Move.RECEIPT, version, at)
    _not_later(on, turn.row.received_on or on, "回执日期", turn.today)
    turn.done(on)


@transaction.atomic
def close(actor: Actor, transfer_id: int, *, on: date, received_on: date | None = None, version: int, at: datetime) -> None:
    """Close with the receipt pasted on the stub. For somebody who went outside the receipt says when he was received there: then the membership here ends."""
    turn = _turn(actor, transfer_id, Move.CLOSE, version, at)
    row = turn.row
    _not_later(on, row.received_on or row.issued_on or row.applied_on, "办结日期", turn.today)
    text = ""
    if row.kind == Kind.PAPER_OUT:
        there = received_on or on
        _not_later(there, row.issued_on or there, "对方接收日期", turn.today)
        ensure(rules.may_receive(row.issued_on or there, row.valid_until or there, there), "received_on")
        if not people.is_member(Scope((turn.view.from_path,)), row.person_id or 0):
            raise PeopleError("E045", f"{row.name}的组织关系已经不在“{turn.view.from_name}”，不用办结。请撤销这件转接", "received_on")
        people_actions.end_membership(
            actor, row.person_id or 0, on=there, ended_as="transferred", document=f"组织关系介绍信第{row.letter_no}号回执", at=at, permission=Permission.TRANSFER_DECIDE,
        )
        access.end_held_by(actor, row.person_id or 0, org_id=row.org_id, on=there, at=at)
        _end_floating(turn, there)
        row.received_on, text = there, f"{row.outside}{show(there)}接收"
    turn.done(on, text)


@transaction.atomic
def file(actor: Actor, transfer_id: int, *, version: int, at: datetime) -> None:
    """The committee above both branches takes note (备案) of a transfer inside it."""
    turn = _turn(actor, transfer_id, Move.FILE, version, at)
    turn.done(turn.today)


@transaction.atomic
def cancel(actor: Actor, transfer_id: int, *, reason: str, version: int, at: datetime) -> None:
    """Give a transfer up; the letter, where there is one, is void. The membership never moved. E054 without a reason."""
    turn = _turn(actor, transfer_id, Move.CANCEL, version, at)
    ensure(rules.needs_reason(reason, "撤销"), "reason")
    turn.row.id_no, turn.row.phone, turn.row.id_no_index = "", "", ""
    turn.done(turn.today, plain(reason, 100))


def _not_later(on: date, first: date, what: str, today: date) -> None:
    if on > today:
        raise PeopleError("E001", f"{what}{show(on)}晚于今天，请改成今天或以前的日期", "on")
    if on < first:
        raise PeopleError("E002", f"{what}{show(on)}早于{show(first)}，请核对", "on")


@transaction.atomic
def send(actor: Actor, new: Application, *, paid_to: date | None, note: str = "", letter: Letter | None = None, at: datetime) -> int:
    """Apply and check in one go, and with `letter` issue it too, where one office holds the rights of these steps (the member stands at the counter)."""
    made = apply(actor, new, at=at)
    check(actor, made, paid_to=paid_to, note=note, version=1, at=at)
    if letter is not None and queries.transfer(actor.sees(), made).kind != Kind.DIRECT:
        issue(actor, made, letter, version=2, at=at)
    return made


NO_LETTER = "介绍信由开信的党委打印"


def note_paper(actor: Actor, transfer_id: int, *, made_as: str, at: datetime) -> tuple[str, str]:
    """Leave a line for a letter that is printed or taken away, and give ID number and phone for it: a look with a purpose (trust.md G4)."""
    view = queries.transfer(actor.scope(Permission.TRANSFER_DECIDE), transfer_id)
    if not actor.may(Permission.TRANSFER_DECIDE, view.from_committee_path or "~"):
        raise Refused(NO_LETTER)
    numbers = people_actions.reveal_branch(
        actor, view.from_id or 0, [view.person_id or 0], purpose=f"打印组织关系介绍信第{view.letter_no}号", at=at, permission=Permission.TRANSFER_DECIDE,
    ) if people.is_member(Scope((view.from_path,)), view.person_id or 0) else {}
    with transaction.atomic():
        journal.write(
            actor, "transfers.paper", at=at, org_id=view.from_id, org_path=view.from_path, subject=("transfer", transfer_id), changes={"as": made_as, "no": view.letter_no},
        )
    return numbers.get(view.person_id or 0, ("", ""))

