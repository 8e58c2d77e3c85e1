"""Grants and accounts that end by themselves: with the organisation they are held at, with the membership of the person they belong to."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import F, Q

from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission
from zhibu.ground.journal import journal
from zhibu.ground.tree.models import Organisation

from .models import Account, Grant
from .roles import roles


@dataclass(frozen=True, slots=True)
class Held:
    """A grant that is held at an organisation: whose, and as what."""

    name: str
    role_title: str
    org_id: int


def held_at(org_ids: Sequence[int], on: date) -> list[Held]:
    """List the grants that still run on a day at exactly these organisations, by organisation and account."""
    rows = Grant.objects.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=on), org_id__in=list(org_ids)).select_related("account")
    return [Held(g.account.name, roles()[g.role].title if g.role in roles() else g.role, g.org_id or 0) for g in rows.order_by("org_id", "account_id", "id")]


@transaction.atomic
def end_at(actor: Actor, org_ids: Sequence[int], *, on: date, at: datetime, batch_id: int) -> int:
    """End every grant at organisations that end; from `on` it is held no longer. Returns how many.

    Nobody gets a right by this: who goes on working elsewhere gets a new grant from the security administrator."""
    ended = 0
    for org in Organisation.objects.filter(pk__in=list(org_ids)).order_by("id"):
        actor.require(Permission.ORG_APPROVE, org.path)
        rows = Grant.objects.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=on), org_id=org.pk)
        found = list(rows.order_by("id").values_list("account_id", "role"))
        if found:
            rows.filter(valid_from__gt=on).update(valid_to=F("valid_from"))
            rows.filter(valid_from__lte=on).update(valid_to=on)
            journal.write(
                actor, "access.end_grants", at=at, org_id=org.pk, org_path=org.path, subject=("organisation", org.pk), batch_id=batch_id,
                changes={"grants": [list(f) for f in found], "on": str(on)},
            )
        ended += len(found)
    return ended


@transaction.atomic
def close_of(actor: Actor, person_id: int, *, org_id: int, on: date, at: datetime) -> int:
    """Close the accounts of a person whose membership ended: grants end on the day, the account is disabled, its sessions end. Returns how many.

    Asks for MEMBER_WRITE at the branch: who enters the end of a membership ends what rests on it, and opens nothing."""
    org = Organisation.objects.get(pk=org_id)
    actor.require(Permission.MEMBER_WRITE, org.path)
    accounts = list(Account.objects.select_for_update().filter(person_id=person_id, is_active=True).order_by("id"))
    for account in accounts:
        rows = Grant.objects.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=on), account_id=account.pk)
        rows.filter(valid_from__gt=on).update(valid_to=F("valid_from"))
        rows.filter(valid_from__lte=on).update(valid_to=on)
        account.is_active, account.session_epoch = False, account.session_epoch + 1
        account.save(update_fields=["is_active", "session_epoch"])
        journal.write(
            actor, "access.close_with_membership", at=at, org_id=org.pk, org_path=org.path, subject=("account", account.pk),
            changes={"person": person_id, "on": str(on)},
        )
    return len(accounts)


@transaction.atomic
def hand_to(actor: Actor, *, from_person_id: int, to_person_id: int, org_id: int, at: datetime, batch_id: int) -> int:
    """Let the accounts of a person who was registered twice belong to the person who stays. Returns how many; no right changes by it."""
    org = Organisation.objects.get(pk=org_id)
    if not actor.may(Permission.MEMBER_WRITE, org.path):
        actor.require(Permission.ORG_APPROVE, org.path)
    changed = Account.objects.filter(person_id=from_person_id).update(person_id=to_person_id)
    if changed:
        journal.write(
            actor, "access.hand_to", at=at, org_id=org.pk, org_path=org.path, subject=("person", to_person_id), batch_id=batch_id,
            changes={"from": from_person_id, "accounts": changed},
        )
    return changed


@transaction.atomic
def end_held_by(actor: Actor, person_id: int, *, org_id: int, on: date, at: datetime) -> int:
    """End the offices that a person's accounts hold at a branch from which he was transferred; how many.

    The account stays, and with it the own file (普通党员 opens nothing of the branch). It only takes away, inside a transfer whose rights were asked."""
    org = Organisation.objects.get(pk=org_id)
    rows = Grant.objects.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=on), account__person_id=person_id, org_id=org_id).exclude(role="member")
    found = list(rows.order_by("id").values_list("account_id", "role"))
    if found:
        rows.filter(valid_from__gt=on).update(valid_to=F("valid_from"))
        rows.filter(valid_from__lte=on).update(valid_to=on)
        journal.write(
            actor, "access.end_grants", at=at, org_id=org_id, org_path=org.path, subject=("person", person_id), changes={"grants": [list(f) for f in found], "on": str(on)},
        )
    return len(found)
