"""Tokens (程序令牌) for programs: made by the holder of a grant for that grant alone, checked anew with every request.

A token is 256 random bits. Only its SHA-256 is kept: there is nothing to guess, so no slow hash is needed.
"""
from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from zhibu.ground.guard.actor import Actor, Held, Refused
from zhibu.ground.guard.once import once
from zhibu.ground.guard.permission import Permission
from zhibu.ground.journal import journal
from zhibu.ground.tree.queries import NotFound

from .actions import AccountError
from .models import Account, ApiToken, Grant
from .queries import serving, valid_on
from .roles import roles

MARK = "zb_"
SHOWN = 10  # characters of a token that stay visible
LONGEST = 366
MOST = 10  # tokens of one account that still work

#: what a token can be good for; never seeing a number in full, never a confidential compartment, never an office of the three administrators
RIGHTS: dict[Permission, str] = {
    Permission.COMPLIANCE_READ: "看组织、报批事项和完成情况",
    Permission.ACTIVITY_READ: "看会议记录、考勤和补课",
    Permission.MEMBER_READ: "看花名册（证件号、电话只给遮盖过的）",
    Permission.POLICY_READ: "看规则",
    Permission.EXCUSE_REQUEST: "看上级提醒",
    Permission.ORG_EDIT: "看组织的联系方式",
    Permission.OWN_FILE: "看本人的党员信息",
    Permission.ACTIVITY_WRITE: "记会（写入会议记录）",
}
WRITING = frozenset({Permission.ACTIVITY_WRITE})


@dataclass(frozen=True, slots=True)
class TokenLine:
    """A token as its holder and the security administrator see it; the token itself is kept nowhere."""

    token_id: int
    username: str
    name: str
    label: str
    prefix: str
    role_title: str
    org_name: str
    rights: tuple[str, ...]
    writes: bool
    made_on: date
    expires_on: date
    last_used_on: date | None
    works: bool


@dataclass(frozen=True, slots=True)
class Offer:
    """A grant for which its holder may make a token, with the rights that can be chosen."""

    grant_id: int
    role_title: str
    org_name: str
    rights: tuple[Permission, ...]


def digest(token: str) -> str:
    """Give the hash under which a token is kept."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def offers(actor: Actor, today: date) -> list[Offer]:
    """List the actor's own grants of today for which a token can be made: offices of the three administrators have none."""
    if actor.account_id is None:
        return []
    rows = Grant.objects.filter(valid_on(today), account_id=actor.account_id, org__isnull=False).select_related("org").order_by("id")
    found, running = [], serving(rows, today)
    for row in rows:
        role = roles().get(row.role)
        if row.post_id is not None and (row.post_id, row.org_id) not in running:
            continue
        if role is not None and not role.system and row.org is not None:
            found.append(Offer(row.pk, role.title, row.org.short_name, tuple(right for right in RIGHTS if right in role.permissions)))
    return [offer for offer in found if offer.rights]


@transaction.atomic
def make(
    actor: Actor, *, grant_id: int, label: str, rights: Collection[str], expires_on: date, key: str, at: datetime,
) -> str:
    """Make a token for one of the actor's own grants. Returns it, "" when this form was answered before: it is shown once and kept nowhere.

    Raises AccountError with the field of the form.
    """
    today = timezone.localtime(at).date()
    holder, offer = actor.account_id, next((o for o in offers(actor, today) if o.grant_id == grant_id), None)
    if offer is None or holder is None:
        raise AccountError("grant", "请选一项您现在的职责")
    chosen = [right.value for right in offer.rights if right.value in set(rights)]
    if not label.strip() or len(label.strip()) > 40:
        raise AccountError("label", "请写给哪个程序用，最多 40 个字")
    if not chosen or set(rights) - set(chosen):
        raise AccountError("rights", "请至少选一项，只能选这项职责有的")
    if not today < expires_on <= today + timedelta(days=LONGEST):
        raise AccountError("expires_on", "到期日请选明天以后、一年以内的一天")
    made: list[str] = []

    def do() -> str:
        Account.objects.select_for_update().get(pk=holder)
        if working(today).filter(account_id=holder).count() >= MOST:
            raise AccountError("", f"一个账号最多同时有 {MOST} 个程序令牌，请先停用不用的")
        token = MARK + secrets.token_urlsafe(32)
        row = ApiToken.objects.create(
            account_id=holder, grant_id=grant_id, label=label.strip(), prefix=token[:SHOWN], token_hash=digest(token), permissions=chosen,
            made_at=at, expires_on=expires_on,
        )
        _note(actor, "access.make_token", row, at, {"rights": chosen, "until": expires_on.isoformat()})
        made.append(token)
        return str(row.pk)

    once(holder, key, {"make_token": [grant_id, label.strip(), chosen, expires_on]}, at, do)
    return made[0] if made else ""


def _note(actor: Actor, action: str, row: ApiToken, at: datetime, changes: dict[str, object]) -> None:
    org = row.grant.org
    journal.write(
        actor, action, at=at, org_id=row.grant.org_id, org_path=org.path if org else "", subject=("account", row.account_id),
        changes={"token": row.prefix, **changes},
    )


def working(today: date) -> QuerySet[ApiToken]:
    """Give the tokens that work on a day: neither ended nor expired, of an account that works and a grant in force."""
    grant = Q(grant__valid_from__lte=today) & (Q(grant__valid_to__isnull=True) | Q(grant__valid_to__gt=today))
    return ApiToken.objects.filter(grant, ended_at__isnull=True, expires_on__gt=today, account__is_active=True, account__one_time=False)


def bearer(token: str, today: date) -> tuple[int, Actor] | None:
    """Give (token id, actor) of a token, None when it does not work. The actor holds the one grant, narrowed to the rights chosen."""
    row = working(today).filter(token_hash=digest(token)).select_related("account", "grant__org").first()
    role = roles().get(row.grant.role) if row is not None else None
    if row is None or role is None or role.system or row.grant.org is None or row.grant.account_id != row.account_id:
        return None
    if row.grant.post_id is not None and (row.grant.post_id, row.grant.org_id) not in serving([row.grant], today):
        return None  # the role went with the post
    if row.last_used_on != today:
        ApiToken.objects.filter(pk=row.pk).update(last_used_on=today)
    org, chosen = row.grant.org, {Permission(p) for p in row.permissions if p in tuple(Permission)}
    held = Held(role.code, role.title, org.pk, org.path, org.short_name, frozenset(chosen & role.permissions & RIGHTS.keys()))
    return row.pk, Actor(row.account_id, row.account.name, row.account.person_id, (held,))


def _lines(rows: Sequence[ApiToken], today: date) -> list[TokenLine]:
    alive = set(working(today).filter(pk__in=[t.pk for t in rows]).values_list("pk", flat=True))
    return [
        TokenLine(
            t.pk, t.account.username, t.account.name, t.label, t.prefix, roles()[t.grant.role].title if t.grant.role in roles() else t.grant.role,
            t.grant.org.short_name if t.grant.org else "", tuple(RIGHTS[Permission(p)] for p in t.permissions if p in RIGHTS),
            any(p in WRITING for p in t.permissions), timezone.localtime(t.made_at).date(), t.expires_on, t.last_used_on, t.pk in alive,
        )
        for t in rows
    ]


def own(actor: Actor, today: date) -> list[TokenLine]:
    """List the actor's own tokens, newest first; those that ended long ago stay listed as ended."""
    if actor.account_id is None:
        return []
    return _lines(list(ApiToken.objects.filter(account_id=actor.account_id).select_related("account", "grant__org").order_by("-id")[:50]), today)


def of_account(actor: Actor, account_id: int, today: date) -> list[TokenLine]:
    """List the tokens of an account that still work, for the security administrator."""
    if not actor.holds(Permission.GRANT_MANAGE):
        raise Refused("只有安全管理员能看别人的程序令牌")
    return _lines(list(working(today).filter(account_id=account_id).select_related("account", "grant__org").order_by("-id")), today)


@transaction.atomic
def end(actor: Actor, token_id: int, *, at: datetime, own_only: bool = False) -> TokenLine:
    """End a token: its holder, or (unless `own_only`) the security administrator. Ending it twice does nothing more. NotFound for somebody else's."""
    row = ApiToken.objects.select_for_update().filter(pk=token_id).first()
    if row is None or (row.account_id != actor.account_id and (own_only or not actor.holds(Permission.GRANT_MANAGE))):
        raise NotFound("没有找到这个程序令牌")
    if row.ended_at is None:
        row.ended_at, row.ended_by = at, actor.name
        row.save(update_fields=["ended_at", "ended_by"])
        _note(actor, "access.end_token", row, at, {})
    return _lines([row], timezone.localtime(at).date())[0]
