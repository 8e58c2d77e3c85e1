"""Whose account somebody may help: the system administrator every other one, an office above those that lie strictly below it."""
from __future__ import annotations

from datetime import date

from django.db.models import Q, QuerySet

from zhibu.ground.guard.actor import Actor, Refused
from zhibu.ground.guard.permission import Permission

from .models import Account, Grant
from .refusals import AccountError


def helped(actor: Actor, today: date) -> QuerySet[Account]:
    """Give the accounts that the actor's offices may help: every grant, now or later, lies strictly below an office, and none is an administrator's."""
    below = Q(pk__in=())
    for held in actor.grants:
        if Permission.ACCOUNT_HELP in held.permissions:
            below |= Q(org__path__gt=held.org_path, org__path__lt=f"{held.org_path}~")
    running = Grant.objects.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=today))
    elsewhere = running.filter(Q(org__isnull=True) | ~below)
    within = Account.objects.filter(pk__in=running.filter(below).values("account_id")).exclude(pk__in=elsewhere.values("account_id"))
    return within if actor.account_id is None else within.exclude(pk=actor.account_id)


def may_help(actor: Actor, account_id: int, today: date, what: str) -> Account:
    """Give the account, locked, to who may help it; Refused otherwise (hidden from offices it does not lie below)."""
    manages = actor.holds(Permission.ACCOUNT_MANAGE)
    if not manages and not actor.holds(Permission.ACCOUNT_HELP):
        raise Refused(f"只有系统管理员和上级党组织能{what}")
    if not manages and not helped(actor, today).filter(pk=account_id).exists():
        raise Refused("没有找到这个账号", hidden=True)
    account = Account.objects.select_for_update().get(pk=account_id)
    if not account.is_active:
        raise AccountError("", f"这个账号已停用，不能{what}")
    if actor.account_id == account_id:
        raise AccountError("", f"自己的账号不能自己{what}，请到“我的”里改，或请另一位办")
    return account
