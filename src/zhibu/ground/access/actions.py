"""Accounts and grants."""
from __future__ import annotations

import re
import secrets
from datetime import date, datetime, timedelta

from axes.utils import reset
from django.db import IntegrityError, transaction
from django.db.models import Q

from zhibu.ground.guard.actor import Actor, Refused
from zhibu.ground.guard.once import once
from zhibu.ground.guard.permission import Permission
from zhibu.ground.journal import journal
from zhibu.ground.people import queries as people
from zhibu.ground.tree.models import Organisation
from zhibu.kernel import identity

from . import passwords
from .models import Account, Grant
from .queries import posts_with_roles, serving
from .reach import may_help
from .refusals import AccountError, WeakPassword
from .roles import roles
from .sittings import end_all

__all__ = ["AccountError", "WeakPassword"]

ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"  # nothing that looks alike on paper
CODE_VALID = timedelta(hours=24)
USERNAME = re.compile(r"[a-z0-9][a-z0-9._-]{2,39}")

def one_time_code() -> str:
    """Make a code that can be read out and typed: three groups of four."""
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(4)) for _ in range(3))


@transaction.atomic
def open_account(actor: Actor, *, username: str, name: str, at: datetime, person_id: int | None = None) -> tuple[int, str]:
    """Open an account with a one-time code that is shown once and expires after 24 hours; returns (account id, code)."""
    if not actor.holds(Permission.ACCOUNT_MANAGE):
        raise Refused("只有系统管理员能开账号")
    code = one_time_code()
    account = Account(username=username, name=name, person_id=person_id, one_time=True, one_time_until=at + CODE_VALID, made_at=at)
    account.set_password(code)
    account.save()
    journal.write(actor, "access.open_account", at=at, subject=("account", account.pk), changes={"username": username})
    return account.pk, code


def open_once(actor: Actor, *, username: str, name: str, key: str, at: datetime) -> str:
    """Open an account from a form; the same form sent twice opens one. Returns the code, "" when this form was answered before: it is kept nowhere."""
    codes: list[str] = []

    def do() -> str:
        account_id, code = open_account(actor, username=username, name=name, at=at)
        codes.append(code)
        return str(account_id)

    if not actor.holds(Permission.ACCOUNT_MANAGE):
        raise Refused("只有系统管理员能开账号")
    try:
        once(actor.account_id, key, {"open_account": [username, name]}, at, do)
    except IntegrityError:
        raise AccountError("username", f"账号“{username}”已经有人用了，请换一个") from None
    return codes[0] if codes else ""


@transaction.atomic
def grant(
    actor: Actor, *, account_id: int, role: str, org_id: int | None, valid_from: date, valid_to: date | None, at: datetime, post_id: int | None = None
) -> int:
    """Grant a role at an organisation for a span of days; with `post_id` it ends with that post, whoever ends it."""
    if not actor.holds(Permission.GRANT_MANAGE):
        raise Refused("只有安全管理员能授权")
    if role not in roles():
        raise ValueError(f"没有这个角色：{role}")
    if roles()[role].system != (org_id is None):
        raise ValueError("系统角色不挂在组织上，其他角色必须指定组织")
    if valid_to is not None and valid_to <= valid_from:
        raise AccountError("valid_to", "到期日早于开始那天，请改其中一个")
    if actor.account_id is not None:
        _may_be_held(actor, account_id, role, org_id, valid_from, valid_to)
    row = Grant.objects.create(
        account_id=account_id, role=role, org_id=org_id, valid_from=valid_from, valid_to=valid_to, granted_by=actor.name, granted_at=at, post_id=post_id,
    )
    org = Organisation.objects.filter(pk=org_id).first() if org_id is not None else None
    journal.write(
        actor, "access.grant", at=at, org_id=org_id, org_path=org.path if org else "", subject=("account", account_id), changes={"role": role}
    )
    return row.pk


def _may_be_held(actor: Actor, account_id: int, role: str, org_id: int | None, valid_from: date, valid_to: date | None) -> None:
    """Refuse what would undo the separation of the administrators (S38), does not fit the organisation, or is held already."""
    wanted, account = roles()[role], Account.objects.select_for_update().get(pk=account_id)
    if account_id == actor.account_id:
        raise AccountError("", "不能给自己授权，请另一位安全管理员办")
    if not account.is_active:
        raise AccountError("", "这个账号已停用，不能授权")
    org = Organisation.objects.filter(pk=org_id).first() if org_id is not None else None
    if org is not None and org.status == "dissolved":
        raise AccountError("org", f"“{org.name}”已经撤销，请选现在的党组织")
    if org is not None and wanted.kinds and org.kind not in wanted.kinds:
        raise AccountError("org", f"{wanted.title}不能设在{org.get_kind_display()}，请换一个党组织或职责")
    held = Grant.objects.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=valid_from), account_id=account_id)
    if valid_to is not None:
        held = held.filter(valid_from__lt=valid_to)
    rows = list(held.select_related("org").order_by("id"))
    running = serving(rows, valid_from)
    for row in rows:
        if row.post_id is not None and (row.post_id, row.org_id) not in running:
            continue  # it ended with its post
        if (row.role, row.org_id) == (role, org_id):
            raise AccountError("role", f"这个账号在这段日子里已经是{wanted.title}，不用再授")
        if wanted.system or roles()[row.role].system:
            raise AccountError("role", f"这个账号已经是{roles()[row.role].title}。系统管理员、安全管理员、审计员不能兼别的职责，请另开一个账号")


@transaction.atomic
def grant_with_post(actor: Actor, *, account_id: int, post_id: int, at: datetime) -> str:
    """Give somebody the role that goes with a post held; it ends with the post. Returns the title of the role."""
    wanted = next((p for p in posts_with_roles(actor, at.date()) if (p.account_id, p.post_id) == (account_id, post_id)), None)
    if wanted is None:
        raise AccountError("", "这个职务已经结束，或者账号没有对上这位党员。请刷新后再看")
    if wanted.loose_id is not None and not wanted.granted:
        if account_id == actor.account_id:
            raise AccountError("", "不能给自己授权，请另一位安全管理员办")
        Grant.objects.filter(pk=wanted.loose_id).update(post_id=post_id)
        org = Organisation.objects.get(pk=wanted.org_id)
        journal.write(actor, "access.grant", at=at, org_id=org.pk, org_path=org.path, subject=("account", account_id), changes={"role": wanted.role, "post": post_id})
    else:
        grant(actor, account_id=account_id, role=wanted.role, org_id=wanted.org_id, valid_from=at.date(), valid_to=None, at=at, post_id=post_id)
    return wanted.role_title


@transaction.atomic
def grant_once(
    actor: Actor, *, account_id: int, role: str, org_id: int | None, valid_from: date, valid_to: date | None, key: str, at: datetime
) -> int:
    """Grant from a form; the same form sent twice grants once."""
    content = {"grant": [account_id, role, org_id, valid_from, valid_to]}
    target, _ = once(
        actor.account_id, key, content, at,
        lambda: str(grant(actor, account_id=account_id, role=role, org_id=org_id, valid_from=valid_from, valid_to=valid_to, at=at)),
    )
    return int(target)


@transaction.atomic
def end_grant(actor: Actor, grant_id: int, *, on: date, at: datetime) -> None:
    """End a grant; from `on` it is held no longer, and the sessions that began with it end with their next request."""
    if not actor.holds(Permission.GRANT_MANAGE):
        raise Refused("只有安全管理员能收回授权")
    row = Grant.objects.select_related("org").get(pk=grant_id)
    if on < row.valid_from:
        raise ValueError("收回日期早于授权日期，请改成授权当天或以后")
    if row.valid_to is not None and row.valid_to < on:
        raise ValueError("这项授权在那天以前已经到期，不用再收回")
    if actor.account_id is not None and row.account_id == actor.account_id:
        raise AccountError("", "不能收回自己的授权，请另一位安全管理员办")
    row.valid_to = on
    row.save(update_fields=["valid_to"])
    journal.write(
        actor, "access.end_grant", at=at, org_id=row.org_id, org_path=row.org.path if row.org else "", subject=("account", row.account_id),
        changes={"role": row.role, "on": on.isoformat()},
    )


def _new_code(account: Account, at: datetime) -> str:
    code = one_time_code()
    account.set_password(code)
    account.one_time, account.one_time_until = True, at + CODE_VALID
    end_all(account)
    return code


@transaction.atomic
def renew_code(actor: Actor, *, account_id: int, at: datetime) -> str:
    """Give an account a new one-time code (forgotten password, expired code, lock-out); its password and sessions end. Returns the code."""
    account = may_help(actor, account_id, at.date(), "重发一次性代码")
    code = _new_code(account, at)
    account.save()
    reset(username=account.username)
    journal.write(actor, "access.renew_code", at=at, subject=("account", account_id))
    return code


@transaction.atomic
def set_password(account: Account, *, password: str, at: datetime) -> None:
    """Set the account's own password, end the one-time code and every other session. Raises WeakPassword."""
    reasons = passwords.weaknesses(password, account)
    if reasons:
        raise WeakPassword(reasons)
    account.set_password(password)
    account.one_time, account.one_time_until, account.password_set_at = False, None, at
    end_all(account)
    account.save()
    journal.write(Actor(account.pk, account.name), "access.set_password", at=at, subject=("account", account.pk))


@transaction.atomic
def end_other_sessions(account: Account, *, at: datetime) -> None:
    """End every session of an account; the face keeps the one that asked."""
    end_all(account)
    account.save(update_fields=["session_epoch"])
    journal.write(Actor(account.pk, account.name), "access.end_other_sessions", at=at, subject=("account", account.pk))


def set_large_print(account_id: int, *, on: bool) -> None:
    """Remember the large-print switch."""
    Account.objects.filter(pk=account_id).update(large_print=on)


@transaction.atomic
def disable(actor: Actor, *, account_id: int, at: datetime) -> None:
    """Disable an account; its sessions end with the next request."""
    if not actor.holds(Permission.ACCOUNT_MANAGE):
        raise Refused("只有系统管理员能停用账号")
    account = Account.objects.select_for_update().get(pk=account_id)
    if actor.account_id == account_id:
        raise AccountError("", "不能停用自己的账号，请另一位系统管理员办")
    account.is_active = False
    end_all(account)
    account.save()
    journal.write(actor, "access.disable", at=at, subject=("account", account_id))


@transaction.atomic
def enable(actor: Actor, *, account_id: int, at: datetime) -> str:
    """Let a disabled account work again, with a new one-time code: the old password stays void. Its grants were never touched. Returns the code."""
    if not actor.holds(Permission.ACCOUNT_MANAGE):
        raise Refused("只有系统管理员能恢复账号")
    account = Account.objects.select_for_update().get(pk=account_id)
    if account.is_active:
        raise AccountError("", "这个账号没有停用，不用恢复")
    account.is_active = True
    code = _new_code(account, at)
    account.save()
    reset(username=account.username)
    journal.write(actor, "access.enable", at=at, subject=("account", account_id))
    return code


@transaction.atomic
def link_person(actor: Actor, *, account_id: int, id_no: str, at: datetime) -> None:
    """Say whose account it is: the member with this ID number and the account's name. Nothing about the member is shown, whether it fits or not."""
    if not actor.holds(Permission.ACCOUNT_MANAGE):
        raise Refused("只有系统管理员能把账号和党员对上")
    account = Account.objects.select_for_update().get(pk=account_id)
    number = identity.clean_id_no(id_no)[:20]
    found = people.known_by_id_no([number]).get(number)
    if found is None or found[1] != account.name:
        raise AccountError("id_no", f"没有叫“{account.name}”、身份证号是这个的党员。请核对号码，或请党支部先核对花名册")
    person_id = found[0]
    if Account.objects.filter(person_id=person_id, is_active=True).exclude(pk=account_id).exists():
        raise AccountError("id_no", "这位党员已经有账号了，请先停用原来的")
    account.person_id = person_id
    account.save(update_fields=["person_id"])
    journal.write(actor, "access.link_person", at=at, subject=("account", account_id), changes={"person": person_id})
