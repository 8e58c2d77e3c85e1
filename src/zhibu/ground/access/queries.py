"""Who somebody is: builds Actors from grants that are valid today."""
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Prefetch, Q, QuerySet

from zhibu.ground.guard.actor import Actor, Held, Refused
from zhibu.ground.guard.permission import Permission
from zhibu.ground.guard.scope import Scope, collapse
from zhibu.ground.people import queries as people
from zhibu.ground.tree.models import Organisation
from zhibu.ground.tree.queries import NotFound

from .models import Account, Factor, Grant
from .reach import helped
from .roles import roles


def valid_on(today: date) -> Q:
    """Give the condition of grants in force on a day."""
    return Q(valid_from__lte=today) & (Q(valid_to__isnull=True) | Q(valid_to__gt=today))


def actor_for(account: Account, today: date) -> Actor:
    """Load the actor with everything held today; an inactive account holds nothing."""
    held: list[Held] = []
    if account.is_active:
        grants = list(Grant.objects.filter(valid_on(today), account=account).select_related("org").order_by("org__path", "id"))
        running = serving(grants, today)
        for grant in grants:
            role = roles().get(grant.role)
            if role is None or (grant.post_id is not None and (grant.post_id, grant.org_id) not in running):
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


def serving(grants: Iterable[Grant], today: date) -> set[tuple[int, int]]:
    """Give (post, organisation) of grants whose post is held today: whoever ends a post, and how, ends the grant with it (trust.md A8)."""
    tied = {g.post_id: g.org.path for g in grants if g.post_id is not None and g.org is not None}
    return people.posts_held(Scope(collapse(tied.values())), tied, today) if tied else set()


def usernames(account_ids: Iterable[int]) -> dict[int, str]:
    """Give the usernames of accounts (journal)."""
    return dict(Account.objects.filter(pk__in=list(account_ids)).values_list("pk", "username"))


def account_by_id(account_id: int) -> Account | None:
    """Give an account whose password was just checked."""
    return Account.objects.filter(pk=account_id).first()


def actor_by_username(username: str, today: date) -> Actor | None:
    """Load the actor of a username (command line, tests)."""
    account = Account.objects.filter(username=username).first()
    return actor_for(account, today) if account else None


def actor_of_person(person_id: int, today: date) -> Actor | None:
    """Load the actor of the account that belongs to a person and works (calendars, which ask nobody to sign in)."""
    account = Account.objects.filter(person_id=person_id, is_active=True).order_by("id").first()
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
    running = serving(grants, today)
    return [
        Colleague(g.account_id, g.account.username, g.account.name, g.role, roles()[g.role].title, org_id)
        for g in grants if g.post_id is None or (g.post_id, org_id) in running
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
    with_post: bool = False   # it ends with a post (党内职务)
    post_over: bool = False   # … which is over

    def ended(self, today: date) -> bool:
        """Tell whether it is over."""
        return self.post_over or (self.valid_to is not None and self.valid_to <= today)


@dataclass(frozen=True, slots=True)
class AccountLine:
    """An account as the administrators see it: who, whether it works, and its grants. Nothing of the person's file."""

    account_id: int
    username: str
    name: str
    is_active: bool
    one_time: bool
    grants: tuple[GrantLine, ...]
    person_linked: bool = False
    factors: bool = False


def _found(actor: Actor, today: date) -> QuerySet[Account]:
    """Give the accounts that the actor looks after: the administrators' all, an office's those strictly below it."""
    if actor.holds(Permission.ACCOUNT_MANAGE) or actor.holds(Permission.GRANT_MANAGE):
        return Account.objects.all()
    if actor.holds(Permission.ACCOUNT_HELP):
        return helped(actor, today)
    raise Refused("账号由系统管理员开，职责由安全管理员授")


def _lines(rows: QuerySet[Account], today: date) -> list[AccountLine]:
    accounts = list(rows.prefetch_related(Prefetch("grants", Grant.objects.select_related("org").order_by("id"))))
    running = serving([g for a in accounts for g in a.grants.all()], today)
    secured = set(Factor.objects.filter(account__in=[a.pk for a in accounts]).values_list("account_id", flat=True))
    return [_line(a, running, a.pk in secured) for a in accounts]


def _line(account: Account, running: set[tuple[int, int]], secured: bool) -> AccountLine:
    grants = tuple(
        GrantLine(
            g.pk, g.role, roles()[g.role].title if g.role in roles() else g.role, g.org.name if g.org else "", g.valid_from, g.valid_to,
            g.post_id is not None, g.post_id is not None and (g.post_id, g.org_id) not in running,
        )
        for g in account.grants.all()
    )
    return AccountLine(account.pk, account.username, account.name, account.is_active, account.one_time, grants, account.person_id is not None, secured)


def accounts(actor: Actor, today: date, text: str = "", *, offset: int = 0, limit: int = 50) -> tuple[list[AccountLine], int]:
    """List the accounts with their grants, by username; `text` is a part of name or username. Returns (lines, how many in all)."""
    found = _found(actor, today)
    if text:
        found = found.filter(Q(name__icontains=text) | Q(username__icontains=text))
    return _lines(found.order_by("username")[offset : offset + limit], today), found.count()


def account(actor: Actor, username: str, today: date) -> AccountLine:
    """Give one account with its grants; raises NotFound."""
    found = _lines(_found(actor, today).filter(username=username), today)
    if not found:
        raise NotFound("没有找到这个账号")
    return found[0]


@dataclass(frozen=True, slots=True)
class PostLine:
    """A post of somebody with an account, and the role that goes with it. `granted`: the account holds it with the post; `loose_id`: the grant by
    which it holds the role without the post."""

    account_id: int
    username: str
    name: str
    post_id: int
    org_id: int
    org_name: str
    role: str
    role_title: str
    granted: bool
    loose_id: int | None = None


def role_of_post(kind: str, org_kind: str) -> str:
    """Give the role that goes with a post at an organisation, "" when none does."""
    return next((r.code for r in roles().values() if kind in r.posts and (not r.kinds or org_kind in r.kinds)), "")


def posts_with_roles(actor: Actor, today: date) -> list[PostLine]:
    """List the posts of everybody who has an account, with the roles that go with them (security administrator)."""
    if not actor.holds(Permission.GRANT_MANAGE):
        raise Refused("只有安全管理员能授权")
    linked = {a.person_id: a for a in Account.objects.filter(person_id__isnull=False, is_active=True).order_by("username")}
    posts = people.posts_of([p for p in linked if p is not None], today)
    orgs = {o.pk: o for o in Organisation.objects.filter(pk__in={org_id for _, org_id, _, _ in posts})}
    grants = list(Grant.objects.filter(valid_on(today), account__in=[a.pk for a in linked.values()], org__isnull=False).order_by("id"))
    held = {(g.account_id, g.post_id, g.org_id) for g in grants if g.post_id is not None}
    loose = {(g.account_id, g.role, g.org_id): g.pk for g in grants if g.post_id is None}
    found = []
    for post_id, org_id, person_id, kind in posts:
        account, org = linked[person_id], orgs[org_id]
        role = role_of_post(kind, org.kind)
        if role:
            done = (account.pk, post_id, org_id) in held
            found.append(PostLine(account.pk, account.username, account.name, post_id, org_id, org.name, role, roles()[role].title, done, None if done else loose.get((account.pk, role, org_id))))
    return found


@dataclass(frozen=True, slots=True)
class Administrators:
    """How the three administrators stand: offices nobody holds, people with two of them, and accounts that still lack a second factor (usernames)."""

    missing: tuple[str, ...]
    doubled: tuple[str, ...]
    without_factor: tuple[str, ...]


def administrators(today: date) -> Administrators:
    """Look at the three administrators (command line; no actor)."""
    held: dict[str, set[str]] = {}
    rows = Grant.objects.filter(valid_on(today), account__is_active=True, org__isnull=True).select_related("account").order_by("account__username")
    for grant in rows:
        held.setdefault(grant.account.username, set()).add(grant.role)
    missing = [r.title for r in roles().values() if r.system and not any(r.code in codes for codes in held.values())]
    secured = set(Factor.objects.filter(account__username__in=list(held)).values_list("account__username", flat=True))
    return Administrators(tuple(missing), tuple(u for u, codes in held.items() if len(codes) > 1), tuple(u for u in held if u not in secured))
