"""Who somebody is: builds Actors from grants that are valid today."""
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Prefetch, Q

from zhibu.ground.guard.actor import Actor, Held, Refused
from zhibu.ground.guard.permission import Permission
from zhibu.ground.guard.scope import Scope, collapse
from zhibu.ground.people import queries as people
from zhibu.ground.tree.models import Organisation
from zhibu.ground.tree.queries import NotFound

from .models import Account, Grant
from .roles import roles


def valid_on(today: date) -> Q:
    """Give the condition of grants in force on a day."""
    return Q(valid_from__lte=today) & (Q(valid_to__isnull=True) | Q(valid_to__gt=today))


def actor_for(account: Account, today: date) -> Actor:
    """Load the actor with everything held today; an inactive account holds nothing."""
    held: list[Held] = []
    if account.is_active:
        grants = list(Grant.objects.filter(valid_on(today), account=account).select_related("org").order_by("org__path", "id"))
        serving = _serving(grants, today)
        for grant in grants:
            role = roles().get(grant.role)
            if role is None or (grant.post_id is not None and (grant.post_id, grant.org_id) not in serving):
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


def _serving(grants: Iterable[Grant], today: date) -> set[tuple[int, int]]:
    """Give (post, organisation) of grants whose post is held today: whoever ends a post, and how, ends the grant with it (trust.md A8)."""
    tied = {g.post_id: g.org.path for g in grants if g.post_id is not None and g.org is not None}
    return people.posts_held(Scope(collapse(tied.values())), tied, today) if tied else set()


def account_by_id(account_id: int) -> Account | None:
    """Give an account whose password was just checked."""
    return Account.objects.filter(pk=account_id).first()


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
    rows = Grant.objects.filter(valid_on(today), org_id=org_id, role__in=role_codes, account__is_active=True).select_related("account", "org").order_by("id")
    grants = list(rows)
    serving = _serving(grants, today)
    return [
        Colleague(g.account_id, g.account.username, g.account.name, g.role, roles()[g.role].title, org_id)
        for g in grants if g.post_id is None or (g.post_id, org_id) in serving
    ]


@dataclass(frozen=True, slots=True)
class GrantLine:
    """A role of an account at an organisation ("" for a system role), and its days; `valid_to` is the first day on which it is held no longer."""

    grant_id: int
    role: str
    role_title: str
    org_name: str
    valid_from: date
    valid_to: date | None

    def ended(self, today: date) -> bool:
        """Tell whether it is over."""
        return self.valid_to is not None and self.valid_to <= today


@dataclass(frozen=True, slots=True)
class AccountLine:
    """An account as the administrators see it: who, whether it works, and its grants. Nothing of the person's file."""

    account_id: int
    username: str
    name: str
    is_active: bool
    one_time: bool
    grants: tuple[GrantLine, ...]


def _administers(actor: Actor) -> None:
    if not (actor.holds(Permission.ACCOUNT_MANAGE) or actor.holds(Permission.GRANT_MANAGE)):
        raise Refused("账号由系统管理员开，职责由安全管理员授")


def _line(account: Account) -> AccountLine:
    grants = tuple(
        GrantLine(g.pk, g.role, roles()[g.role].title if g.role in roles() else g.role, g.org.name if g.org else "", g.valid_from, g.valid_to)
        for g in account.grants.all()
    )
    return AccountLine(account.pk, account.username, account.name, account.is_active, account.one_time, grants)


def accounts(actor: Actor, text: str = "", *, offset: int = 0, limit: int = 50) -> tuple[list[AccountLine], int]:
    """List the accounts with their grants, by username; `text` is a part of name or username. Returns (lines, how many in all)."""
    _administers(actor)
    found = Account.objects.filter(Q(name__icontains=text) | Q(username__icontains=text)) if text else Account.objects.all()
    rows = found.order_by("username").prefetch_related(Prefetch("grants", Grant.objects.select_related("org").order_by("id")))
    return [_line(a) for a in rows[offset : offset + limit]], found.count()


def account(actor: Actor, username: str) -> AccountLine:
    """Give one account with its grants; raises NotFound."""
    _administers(actor)
    found = Account.objects.filter(username=username).prefetch_related(Prefetch("grants", Grant.objects.select_related("org").order_by("id"))).first()
    if found is None:
        raise NotFound("没有找到这个账号")
    return _line(found)
