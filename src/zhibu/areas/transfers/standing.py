"""停止党籍 and restoration: by a case that a superior decides, never by hand and never by itself."""
from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.utils.timezone import localdate

from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission
from zhibu.ground.guard.scope import Scope
from zhibu.ground.people import actions as people_actions
from zhibu.ground.people import queries as people
from zhibu.ground.people.actions import PeopleError
from zhibu.ground.process import actions as process
from zhibu.ground.process.spec import Effect, Ruling
from zhibu.ground.tree import queries as tree
from zhibu.kernel.dates import show

from . import away, procedures
from .away import Ground
from .floating_actions import _home
from .standards import standards
from .turns import ensure, plain


@transaction.atomic
def ask_suspension(actor: Actor, person_id: int, *, ground: str, since: date, search: str, at: datetime) -> int:
    """Hand in that a membership be suspended; returns the case. Refused before the time of the rule is over, without what was done to find the member (E054)."""
    file, org = _home(actor, person_id, at)
    if ground not in away.GROUND_ZH:
        raise PeopleError("", "请选停止党籍的情形", "ground")
    if file.spells[-1].standing == "suspended":
        raise PeopleError("E044", f"{file.name}已经停止党籍，不用再报", "ground")
    terms, today = standards(org.id, localdate(at)).terms, localdate(at)
    decision = away.may_ask_suspension(Ground(ground), since, search, terms, today)
    ensure(decision, "search" if decision.code == "E054" else "since")
    wish = {"person_id": person_id, "ground": ground, "first": since.isoformat(), "reason": f"{away.GROUND_ZH[Ground(ground)]}，{show(since)}起。{plain(search, 300)}"}
    return process.submit(
        actor, kind=procedures.SUSPEND.code, org_id=org.id, submitted_from=org.id, subject_type="person", subject_id=person_id, title=f"停止{file.name}的党籍", wish=wish, at=at,
    )


@transaction.atomic
def ask_restoration(actor: Actor, person_id: int, *, reason: str, at: datetime) -> int:
    """Hand in that a suspended membership be restored; returns the case."""
    file, org = _home(actor, person_id, at)
    if file.spells[-1].standing != "suspended":
        raise PeopleError("E044", f"{file.name}现在没有停止党籍，不用报恢复", "reason")
    if len(reason.strip()) < 2:
        raise PeopleError("E054", "请写明恢复的理由和核实的情况", "reason")
    return process.submit(
        actor, kind=procedures.RESTORE.code, org_id=org.id, submitted_from=org.id, subject_type="person", subject_id=person_id, title=f"恢复{file.name}的党籍",
        wish={"person_id": person_id, "reason": plain(reason, 300)}, at=at,
    )


def _suspend(ruling: Ruling, actor: Actor, at: datetime) -> None:
    people_actions.change_standing(
        actor, ruling.subject_id, on=ruling.answered_on or localdate(at), at=at, standing="suspended", document=ruling.document, permission=Permission.TRANSFER_DECIDE,
    )


def _restore(ruling: Ruling, actor: Actor, at: datetime) -> None:
    file = people.member_file(Scope((tree.path_of(ruling.org_id),)), ruling.subject_id, localdate(at))
    before = next((s.standing for s in reversed(file.spells) if s.standing != "suspended"), "full")
    on = ruling.answered_on or localdate(at)
    people_actions.change_standing(actor, ruling.subject_id, on=on, at=at, standing=before, document=ruling.document, permission=Permission.TRANSFER_DECIDE)
    if file.lost_contact_on is not None and actor.may(Permission.MEMBER_WRITE, tree.path_of(ruling.org_id)):
        people_actions.edit(actor, ruling.subject_id, values={"lost_contact_on": None}, version=file.version, at=at)


EFFECTS: dict[str, Effect] = {procedures.SUSPEND.code: _suspend, procedures.RESTORE.code: _restore}
