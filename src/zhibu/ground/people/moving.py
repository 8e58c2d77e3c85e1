"""Let one member pass from one branch to another, and take back somebody whose relation had been transferred outside.

The right of the receiving side is enough here: that the giving side agreed stands in the transfer, which the area that calls this has locked and
checked. Nobody else calls it (tests/areas/test_transfers.py).
"""
from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.db.models import F
from django.utils.timezone import localdate

from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission
from zhibu.ground.guard.scope import Scope
from zhibu.ground.journal import journal
from zhibu.ground.tree.models import Organisation, OrgStatus, PartyGroup
from zhibu.ground.tree.queries import BRANCHES, NotFound
from zhibu.kernel.dates import show

from .actions import PeopleError, _leave
from .models import EndedAs, GroupPlace, Membership, Person

MOVED_IN = "transferred"  # began_as of a spell that a transfer begins


def _receiving(actor: Actor, org_id: int, permission: Permission, group_id: int | None) -> Organisation:
    org = Organisation.objects.filter(pk=org_id).first()
    if org is None:
        raise NotFound("没有找到这个党组织")
    actor.require(permission, org.path)
    if org.kind not in BRANCHES or org.status == OrgStatus.DISSOLVED:
        raise PeopleError("E045", f"“{org.name}”不能接收党员，请选一个正常的党支部", "to_org")
    if group_id is not None and not PartyGroup.objects.within(Scope((org.path,))).filter(pk=group_id, org_id=org_id, to_on__isnull=True).exists():
        raise PeopleError("E045", "所选党小组不在接收的支部，请重新选", "group")
    return org


@transaction.atomic
def move(
    actor: Actor, person_id: int, *, from_org_id: int, to_org_id: int, on: date, document: str, permission: Permission, at: datetime, group_id: int | None = None,
) -> None:
    """Close the member's spell at the old branch on a day and open one at the new branch; posts, group place and exclusions of the old branch end.

    Raises PeopleError E045 when the member is not (or no longer) of the old branch or the new one keeps no members, E002 and E001 for the day."""
    org = _receiving(actor, to_org_id, permission, group_id)
    old = Organisation.objects.get(pk=from_org_id)
    scope = Scope((old.path, org.path))
    rows = Membership.objects.within(scope).filter(person_id=person_id, org_id=from_org_id, to_on__isnull=True)
    row = rows.select_for_update(of=("self",)).first()
    if row is None:
        raise PeopleError("E045", "这名党员的组织关系已经不在转出的支部，不能接收。请和转出的党委核对")
    if on < row.from_on:
        raise PeopleError("E002", f"日期 {show(on)} 早于现在状态的开始日期 {show(row.from_on)}，请改晚", "on")
    if on > localdate(at):
        raise PeopleError("E001", f"日期 {show(on)} 晚于今天，请改成今天或以前的日期", "on")
    row.to_on, row.ended_as, row.ended_document = on, EndedAs.TRANSFERRED, document[:200]
    row.save()
    _begin(scope, row, to_org_id, row.standing, row.rights, on, document)
    _leave(scope, from_org_id, [person_id], on)
    _place(scope, person_id, to_org_id, group_id, on)
    Person.objects.within(scope).filter(pk=person_id).update(org_id=to_org_id, floating_to="", version=F("version") + 1)
    said = {"from": from_org_id, "to": to_org_id, "on": str(on), "document": document}
    journal.write_many(actor, "people.transfer", at=at, lines=[journal.Line(o.pk, o.path, ("person", person_id), said) for o in (old, org)])


@transaction.atomic
def take_back(
    actor: Actor, person_id: int, *, to_org_id: int, standing: str, on: date, document: str, permission: Permission, at: datetime, group_id: int | None = None,
) -> None:
    """Open a spell for somebody who is registered here but had been transferred outside. Raises PeopleError E044 for anybody else, E001, E002, E045."""
    org = _receiving(actor, to_org_id, permission, group_id)
    if on > localdate(at):
        raise PeopleError("E001", f"日期 {show(on)} 晚于今天，请改成今天或以前的日期", "on")
    last = Membership.objects.unscoped("somebody who comes back was last a member of another branch").filter(person_id=person_id).order_by("-from_on", "-id").first()
    if last is None or last.to_on is None:
        raise PeopleError("E044", "这个身份证号的党员组织关系还在本系统的别的支部。请让他现在的支部办“系统内转接”，不要再登记一次", "id_no")
    if last.ended_as != EndedAs.TRANSFERRED:
        raise PeopleError("E044", "这个身份证号的人以前的组织关系不是转出结束的，不能凭介绍信接收。请和上级党组织核对", "id_no")
    if on < last.to_on:
        raise PeopleError("E002", f"日期 {show(on)} 早于他转出的日期 {show(last.to_on)}，请改晚", "on")
    old = Organisation.objects.get(pk=last.org_id)
    scope = Scope((old.path, org.path))
    _begin(scope, last, to_org_id, standing, "normal", on, document)
    _place(scope, person_id, to_org_id, group_id, on)
    Person.objects.within(scope).filter(pk=person_id).update(org_id=to_org_id, floating_to="", lost_contact_on=None, version=F("version") + 1)
    journal.write(
        actor, "people.transfer", at=at, org_id=org.pk, org_path=org.path, subject=("person", person_id), changes={"to": to_org_id, "on": str(on), "document": document},
    )


def _begin(scope: Scope, row: Membership, org_id: int, standing: str, rights: str, on: date, document: str) -> None:
    Membership.objects.within(scope).create(
        org_id=org_id, person_id=row.person_id, name=row.name, name_sort=row.name_sort, standing=standing, rights=rights, from_on=on, began_as=MOVED_IN,
        document=document[:200],
    )


def _place(scope: Scope, person_id: int, org_id: int, group_id: int | None, on: date) -> None:
    if group_id is not None:
        GroupPlace.objects.within(scope).create(org_id=org_id, person_id=person_id, group_id=group_id, from_on=on)
