"""Put right what was entered wrongly about who somebody is or whether somebody lives: always with the reason, the earlier value kept."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction

from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission
from zhibu.ground.guard.scope import Scope
from zhibu.ground.journal import journal
from zhibu.ground.tree.models import Organisation, OrgStatus

from .models import Correction, EndedAs, Membership, Person

WHAT = {"name": "姓名", "id_no": "公民身份证号", "ended": "去世"}
BY_IMPORT = "按导入的表格改"


@dataclass(frozen=True, slots=True)
class CorrectionView:
    """A correction as the member's page shows it: never the ID number."""

    what: str
    title: str
    before: str
    reason: str
    by: str
    at: datetime


def identity_of(person: Person) -> dict[str, Any]:
    """Give what may only be changed with a reason, as it stands: a name, and an ID number that is known."""
    return {"name": person.name, "id_no": person.id_no or ""}


def needs_reason(before: Mapping[str, Any], changed: Mapping[str, Any]) -> bool:
    """Tell whether a change puts a name or a known ID number right; a number entered for the first time does not."""
    return "name" in changed or ("id_no" in changed and bool(before["id_no"]))


def rows(actor: Actor, person: Person, before: Mapping[str, Any], changed: Mapping[str, Any], *, reason: str, at: datetime) -> list[Correction]:
    """Say what stood there before an edit, the ID number sealed; not yet written."""
    return [
        Correction(
            org_id=person.org_id, person_id=person.pk, what=what, before=before["name"] if what == "name" else "",
            before_id_no=before["id_no"].reveal() if what == "id_no" else "", reason=reason.strip()[:200] or BY_IMPORT,
            account_id=actor.account_id, account_name=actor.name, at=at,
        )
        for what in ("name", "id_no") if what in changed and before[what]
    ]


def keep(scope: Scope, kept: Sequence[Correction]) -> None:
    """Write what stood there before. Part of the transaction of the edit."""
    if kept:
        Correction.objects.within(scope).bulk_create(kept)


def corrections(scope: Scope, person_id: int) -> list[CorrectionView]:
    """List the corrections of a person's name, ID number or end, newest first."""
    rows = Correction.objects.within(scope).filter(person_id=person_id).order_by("-at", "-id")
    return [CorrectionView(c.what, WHAT[c.what], c.before, c.reason, c.account_name, c.at) for c in rows]


@transaction.atomic
def revive(actor: Actor, person_id: int, *, reason: str, at: datetime) -> None:
    """Take back a death that was entered by mistake: a new spell begins on the day on which the last one ended, so no day is missing.

    Posts, group place and account do not come back by themselves. Raises PeopleError E054 without a reason, E045 where there is no such end or the
    branch is dissolved; NotFound, Refused as every change of a member."""
    from .actions import PeopleError, _writable

    person = _writable(actor, person_id)
    if len(reason.strip()) < 2:
        raise PeopleError("E054", "请写明为什么更正，例如“同名的另一人去世，登记错了”", "reason")
    org = Organisation.objects.get(pk=person.org_id)
    scope = Scope((org.path,))
    list(Person.objects.within(scope).select_for_update(of=("self",)).filter(pk=person_id))
    last = Membership.objects.within(scope).filter(person_id=person_id).order_by("-from_on", "-id").first()
    if last is None or last.to_on is None or last.ended_as != EndedAs.DECEASED:
        raise PeopleError("E045", f"“{person.name}”没有登记去世，不用更正", "reason")
    if org.status == OrgStatus.DISSOLVED:
        raise PeopleError("E045", f"“{org.name}”已经撤销，不能恢复在这里，请由上级办理", "reason")
    Membership.objects.within(scope).create(
        org_id=org.pk, person_id=person_id, name=person.name, name_sort=person.name_sort, standing=last.standing, rights=last.rights, from_on=last.to_on,
        began_as="restored", document=reason.strip()[:200],
    )
    Correction.objects.within(scope).create(
        org_id=org.pk, person_id=person_id, what="ended", before=str(last.to_on), reason=reason.strip()[:200], account_id=actor.account_id,
        account_name=actor.name, at=at,
    )
    journal.write(
        actor, "people.revive", at=at, org_id=org.pk, org_path=org.path, subject=("person", person_id),
        changes={"on": str(last.to_on), "reason": reason.strip()[:200]},
    )


def may_revive(actor: Actor, org_path: str, ended_as: str, to_on: date | None) -> bool:
    """Tell whether this reader may take back the end of a membership."""
    return ended_as == EndedAs.DECEASED and to_on is not None and actor.may(Permission.MEMBER_WRITE, org_path)
