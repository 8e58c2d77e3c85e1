"""The calendar of a person: off until the person or the secretary switches it on; its address is signed with the key of the data and works until it is switched off."""
from __future__ import annotations

import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission
from zhibu.ground.guard.scope import Scope
from zhibu.ground.guard.sealing import blind_index
from zhibu.ground.journal import journal
from zhibu.ground.people import queries as people
from zhibu.ground.people.models import Membership
from zhibu.ground.tree import queries as tree
from zhibu.ground.tree.queries import NotFound

from .models import Feed

MARK = re.compile(r"([1-9]\d{0,17})-([0-9a-f]{40})", re.ASCII)
PURPOSE = "notice.feed"


@dataclass(frozen=True, slots=True)
class FeedView:
    """A calendar that is on: the mark that stands in its address, who switched it on and when."""

    person_id: int
    mark: str
    made_by: str
    on_behalf: bool
    made_at: datetime


def _sign(feed_id: int, nonce: str) -> str:
    return blind_index(f"{feed_id}:{nonce}", PURPOSE)


def of_person(scope: Scope, person_id: int) -> FeedView | None:
    """Give the calendar of a person, for the person (a scope of the own rows) or the secretary; None while it is off."""
    row = Feed.objects.within(scope).filter(person_id=person_id, ended_at__isnull=True).first()
    return FeedView(row.person_id, f"{row.pk}-{_sign(row.pk, row.nonce)}", row.made_by, row.on_behalf, row.made_at) if row else None


def holder(mark: str) -> int | None:
    """Give the person whose calendar an address belongs to; None when it is no address of ours, or was switched off."""
    parts = MARK.fullmatch(mark)
    if parts is None:
        return None
    row = Feed.objects.unscoped("the address of a calendar is asked for without signing in; its mark is the proof").filter(pk=int(parts[1]), ended_at__isnull=True).first()
    expected = _sign(row.pk, row.nonce) if row else _sign(0, "")
    return row.person_id if hmac.compare_digest(expected, parts[2]) and row else None


def _allowed(actor: Actor, person_id: int, at: datetime) -> tuple[Scope, int, str, bool]:
    """Give (scope to write in, the branch, its path, on behalf?). Only oneself, or who writes the members of the branch in which the person is."""
    today = timezone.localtime(at).date()
    own = actor.person_id == person_id and actor.holds(Permission.OWN_FILE)
    scope = actor.scope(Permission.OWN_FILE) if own else actor.scope(Permission.MEMBER_WRITE)
    org_id = Membership.objects.within(scope).filter(tree.in_span(today), person_id=person_id).order_by("-from_on", "-id").values_list("org_id", flat=True).first()
    if org_id is None:
        raise NotFound("没有找到这名党员")
    path = tree.path_of(org_id)
    if not own:
        actor.require(Permission.MEMBER_WRITE, path)
    return Scope((path,), person_id=person_id), org_id, path, not own  # the row may still belong to a former branch


@transaction.atomic
def switch_on(actor: Actor, person_id: int, *, at: datetime) -> FeedView:
    """Switch the calendar of a person on: one's own, or a member's on his or her behalf. Switched on already, it stays as it is. Raises NotFound, Refused."""
    scope, org_id, path, behalf = _allowed(actor, person_id, at)
    found = of_person(scope, person_id)
    if found is not None:
        return found
    row = Feed.objects.into(Scope((path,))).create(org_id=org_id, person_id=person_id, nonce=secrets.token_hex(16), made_by=actor.name, on_behalf=behalf, made_at=at)
    journal.write(actor, "notice.feed_on", at=at, org_id=org_id, org_path=path, subject=("person", person_id), changes={"on_behalf": behalf})
    return FeedView(person_id, f"{row.pk}-{_sign(row.pk, row.nonce)}", row.made_by, behalf, at)


@transaction.atomic
def switch_off(actor: Actor, person_id: int, *, at: datetime) -> None:
    """Switch the calendar of a person off; its address is dead at once, and a new one will be another. Raises NotFound, Refused."""
    scope, org_id, path, behalf = _allowed(actor, person_id, at)
    row = Feed.objects.within(scope).select_for_update().filter(person_id=person_id, ended_at__isnull=True).first()
    if row is None:
        return
    wide = Feed.objects.within(Scope((tree.path_of(row.org_id),)))
    wide.filter(pk=row.pk).update(ended_at=at)
    journal.write(actor, "notice.feed_off", at=at, org_id=org_id, org_path=path, subject=("person", person_id), changes={"on_behalf": behalf})


def name_of(scope: Scope, person_id: int) -> str:
    """Give a member's name (MEMBER_READ scope); NotFound outside."""
    found = people.names_of(scope, [person_id]).get(person_id) if person_id < 2**63 else None
    if found is None:
        raise NotFound("没有找到这名党员")
    return found
