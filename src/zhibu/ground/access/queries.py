"""Who somebody is: builds Actors from grants that are valid today."""
from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Q

from zhibu.ground.guard.actor import Actor, Held
from zhibu.ground.guard.permission import Permission
from zhibu.ground.tree.models import Organisation

from .models import Account, Grant
from .roles import roles


def valid_on(today: date) -> Q:
    """Give the condition of grants in force on a day."""
    return Q(valid_from__lte=today) & (Q(valid_to__isnull=True) | Q(valid_to__gt=today))


def actor_for(account: Account, today: date) -> Actor:
    """Load the actor with everything held today; an inactive account holds nothing."""
    held: list[Held] = []
    if account.is_active:
        for grant in Grant.objects.filter(valid_on(today), account=account).select_related("org").order_by("org__path", "id"):
            role = roles().get(grant.role)
            if role is None:
                continue
            org = grant.org
            held.append(
                Held(
                    role=role.code,
                    role_title=role.title,
                    org_id=org.pk if org else 0,
                    org_path=org.path if org else "!system",  # no organisation's path begins so: a system role sees no business data
                    org_name=org.short_name if org else "",
                    permissions=role.permissions,
                    compartments=role.compartments,
                )
            )
    return Actor(account.pk, account.name, account.person_id, tuple(held))


def actor_by_username(username: str, today: date) -> Actor | None:
    """Load the actor of a username (command line, tests)."""
    account = Account.objects.filter(username=username).first()
    return actor_for(account, today) if account else None


def system_actor(name: str = "系统") -> Actor:
    """Give the actor of the installation itself (demo, first start): everything, everywhere. Never handed to a request."""
    roots = Organisation.objects.filter(parent__isnull=True).order_by("path")
    permissions = frozenset(Permission)
    return Actor(None, name, None, tuple(Held("system", "系统", o.pk, o.path, o.short_name, permissions) for o in roots))


def first_start_actor() -> Actor:
    """Give the actor that may found the first organisation: an empty tree has no path to hold a grant at."""
    return Actor(None, "系统", None, (Held("system", "系统", 0, "", "", frozenset(Permission)),))


def office(name: str, role: str, org_id: int) -> Actor:
    """Give an actor who holds one role at one organisation without an account (demo data written in somebody's name)."""
    org, found = Organisation.objects.get(pk=org_id), roles()[role]
    return Actor(None, name, None, (Held(role, found.title, org.pk, org.path, org.short_name, found.permissions, found.compartments),))


@dataclass(frozen=True, slots=True)
class Colleague:
    """An account with its role at an organisation."""

    account_id: int
    username: str
    name: str
    role: str
    role_title: str
    org_id: int


def holders(org_id: int, role_codes: tuple[str, ...], today: date) -> list[Colleague]:
    """List the accounts that hold one of the roles exactly at an organisation."""
    grants = Grant.objects.filter(valid_on(today), org_id=org_id, role__in=role_codes, account__is_active=True).select_related("account").order_by("id")
    return [Colleague(g.account_id, g.account.username, g.account.name, g.role, roles()[g.role].title, org_id) for g in grants]
