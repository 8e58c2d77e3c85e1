"""Who looked at a member's file: written when an office opens it, read by the member alone (product.md, principle 8)."""
from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.timezone import localtime

from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission
from zhibu.ground.guard.scope import Scope, collapse
from zhibu.ground.journal import journal
from zhibu.ground.tree import queries as tree

from .models import Membership, Person
from .queries import member_file

LOOK = "people.look"
COPY_FOR = "people.copy_for"
#: lines of the journal that are a look at the file of one person
LOOKS = (LOOK, COPY_FOR, "people.reveal_id_no", "people.reveal_phone", "people.reveal_file", "roster.paper")


@dataclass(frozen=True, slots=True)
class Look:
    """One look: when, who, and what kind (a code of LOOKS)."""

    at: datetime
    name: str
    action: str


@transaction.atomic
def looked(actor: Actor, person_id: int, *, at: datetime) -> None:
    """Note that the actor opened a member's whole file; once a day for each account. One's own file is no look."""
    if actor.person_id == person_id:
        return
    file = member_file(actor.scope(Permission.MEMBER_READ), person_id, localtime(at).date())
    path = tree.path_of(file.org_id)
    since = localtime(at).replace(hour=0, minute=0, second=0, microsecond=0)
    if not journal.written(Scope((path,)), LOOK, ("person", person_id), actor.account_id, since):
        journal.write(actor, LOOK, at=at, org_id=file.org_id, org_path=path, subject=("person", person_id))


def looks_at(person_id: int, limit: int = 50) -> list[Look]:
    """List the looks at one's own file, newest first; the caller is the person himself."""
    orgs = Membership.objects.within(Scope(person_id=person_id)).filter(person_id=person_id).order_by("id").values_list("org_id", flat=True)
    scope = Scope(collapse(tree.path_of(pk) for pk in set(orgs)))
    return [Look(e.at, e.account_name, e.action) for e in journal.about(scope, "person", person_id, limit, LOOKS)]


@transaction.atomic
def copy_for(actor: Actor, person_id: int, *, at: datetime) -> None:
    """Note that the branch took a copy of a member's page for him, on his behalf (代办). Needs MEMBER_WRITE at his organisation."""
    file = member_file(actor.scope(Permission.MEMBER_READ), person_id, localtime(at).date())
    path = tree.path_of(file.org_id)
    actor.require(Permission.MEMBER_WRITE, path)
    journal.write(actor, COPY_FOR, at=at, org_id=file.org_id, org_path=path, subject=("person", person_id))


@transaction.atomic
def own_copy(actor: Actor, *, at: datetime) -> dict[str, str]:
    """Give one's own numbers in full, by the title of their item, and note that they were taken along. Raises NotFound for an account without a member."""
    if actor.person_id is None:
        raise tree.NotFound("这个账号没有对应到党员")
    own = Scope(person_id=actor.person_id)
    file = member_file(own, actor.person_id, localtime(at).date())
    row = Person.objects.within(own).get(pk=actor.person_id)
    journal.write(actor, "people.own_copy", at=at, org_id=file.org_id, org_path=tree.path_of(file.org_id), subject=("person", actor.person_id))
    return {"公民身份证号": row.id_no.reveal() if row.id_no else "", "联系电话": row.phone.reveal() if row.phone else ""}
