"""Keep the channels of an organisation: add, change, try, switch off, end. What an address or a secret says is never given back."""
from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import urlsplit

from django.db import transaction
from django.utils import timezone

from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission
from zhibu.ground.guard.scope import Scope
from zhibu.ground.journal import journal
from zhibu.ground.tree import queries as tree
from zhibu.ground.tree.actions import Stale
from zhibu.ground.tree.queries import NotFound

from . import limits as hours
from . import outbox
from .models import Channel, Message
from .outbox import ADDRESSED, KIND_ZH, Kind, Post, Sort, State

MOST = 10          # channels of one organisation
LEAST_SECRET = 16  # characters of a secret that two systems agree on
MOST_NUMBERS = 5   # receivers of one channel
MAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
BETWEEN_TRIALS = timedelta(minutes=1)
TRIAL_TEXT = "这是一条测试消息：{name}的通知渠道“{label}”能收到。不用回复。"


class ChannelRefused(Exception):
    """The channel cannot be so; `field` of the form, `reason` says how to cure."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field, self.reason = field, reason


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody typed about a channel. `address` and `secret` empty: as they are (of a new one: missing)."""

    kind: str
    label: str
    address: str = ""
    secret: str = ""
    reminders: bool = False
    daily: bool = False
    is_on: bool = True
    lists: bool = False
    events: bool = False


def allowed_host(address: str, allowed: frozenset[str]) -> str:
    """Give the host of a robot's address. Raises ChannelRefused unless it is https, to a host (with its port) that this deployment allows, without a name and password in it."""
    try:
        parts = urlsplit(address.strip())
        host = (parts.hostname or "").lower() + (f":{parts.port}" if parts.port not in (None, 443) else "")
    except ValueError:
        raise ChannelRefused("address", "地址读不懂，请整行复制") from None
    if parts.scheme != "https" or parts.username or parts.password or not re.fullmatch(r"[\x21-\x7e]{1,500}", address.strip()):
        raise ChannelRefused("address", "地址要以 https:// 开头，请整行复制")
    if host not in allowed:
        raise ChannelRefused("address", f"这套系统不往“{host[:60]}”发。能发的有：{'、'.join(sorted(allowed))}。单位自建的，请系统管理员按运行手册加上（ZHIBU_CHANNEL_HOSTS）")
    return host


def _address(kind: Kind, text: str, allowed: frozenset[str]) -> tuple[str, str]:
    """Give (address as kept, what may be seen of it)."""
    if kind in ADDRESSED:
        host = allowed_host(text, allowed)
        return text.strip(), host[:60]
    parts = list(dict.fromkeys(p for p in re.split(r"[\s,，;；、]+", text.strip()) if p))
    if not parts or len(parts) > MOST_NUMBERS:
        raise ChannelRefused("address", f"请填 1 到 {MOST_NUMBERS} 个，用逗号隔开")
    if kind is Kind.MAIL:
        bad = next((p for p in parts if not MAIL.fullmatch(p)), "")
        if bad:
            raise ChannelRefused("address", f"“{bad[:40]}”不像邮箱地址，应当像 name@example.cn")
        return ",".join(parts), f"{len(parts)} 个邮箱"
    if not all(re.fullmatch(r"1[3-9]\d{9}", p, re.ASCII) for p in parts):
        raise ChannelRefused("address", "手机号应当是 1 开头的 11 位数字，几个用逗号隔开")
    return ",".join(parts), f"{len(parts)} 个手机号"


def _checked(wish: Wish, allowed: frozenset[str], *, new: bool) -> tuple[Kind, str, str, str]:
    if wish.kind not in tuple(Kind):
        raise ChannelRefused("kind", "请选一种渠道")
    kind = Kind(wish.kind)
    label = wish.label.strip()
    if not 1 <= len(label) <= 40:
        raise ChannelRefused("label", "请起个名字，最多 40 个字，例如：支部工作群")
    if new and not wish.address.strip():
        raise ChannelRefused("address", "请填地址")
    address, shown = _address(kind, wish.address, allowed) if wish.address.strip() else ("", "")
    secret = wish.secret.strip()
    if len(secret) > 200 or (secret and not re.fullmatch(r"[\x21-\x7e]+", secret)):
        raise ChannelRefused("secret", "加签密钥只有字母、数字和符号，请整行复制")
    if kind is Kind.WEBHOOK and (secret or new) and len(secret) < LEAST_SECRET:
        raise ChannelRefused("secret", f"请和对方系统的管理员约定一个签名密钥，至少 {LEAST_SECRET} 个字母、数字，填在这里；对方凭它知道是这套系统发的")
    return kind, label, address, shown


@transaction.atomic
def add(actor: Actor, org_id: int, wish: Wish, allowed: frozenset[str], *, at: datetime) -> int:
    """Add a channel. Raises Refused without the right, ChannelRefused for what cannot be."""
    path = tree.path_of(org_id)
    actor.require(Permission.CHANNEL_MANAGE, path)
    kind, label, address, shown = _checked(wish, allowed, new=True)
    if kind in (Kind.DINGTALK, Kind.FEISHU) and not wish.secret.strip():
        raise ChannelRefused("secret", "这种机器人请在群里选“加签”，把密钥填在这里；没有加签的，别人知道地址就能冒名发消息")
    scope = Scope((path,))
    if Channel.objects.within(scope).filter(org_id=org_id, ended_at__isnull=True).count() >= MOST:
        raise ChannelRefused("", f"一个组织最多 {MOST} 个渠道，请先删去不用的")
    row = Channel.objects.within(scope).create(
        org_id=org_id, kind=kind, label=label, address=address, secret=wish.secret.strip() if kind in ADDRESSED else "", shown=shown, reminders=wish.reminders, daily=wish.daily,
        lists=wish.lists, events=wish.events and kind is Kind.WEBHOOK, is_on=wish.is_on, made_by=actor.name, made_at=at,
    )
    _note(actor, "notice.add_channel", row, path, at, {"kind": kind, "reminders": wish.reminders, "daily": wish.daily, "lists": wish.lists, "events": wish.events})
    return row.pk


@transaction.atomic
def change(actor: Actor, channel_id: int, wish: Wish, allowed: frozenset[str], *, version: int, at: datetime) -> None:
    """Change a channel; an empty address or secret stays as it is. Raises NotFound, Refused, Stale, ChannelRefused."""
    row, path = _own(actor, channel_id)
    if row.version != version:
        raise Stale
    _, label, address, shown = _checked(Wish(row.kind, wish.label, wish.address, wish.secret), allowed, new=False)
    row.label, row.reminders, row.daily, row.lists, row.events, row.is_on, row.version = label, wish.reminders, wish.daily, wish.lists, wish.events and row.kind == Kind.WEBHOOK, wish.is_on, row.version + 1
    if address:
        row.address, row.shown = address, shown
    if wish.secret.strip() and row.kind in ADDRESSED:
        row.secret = wish.secret.strip()
    row.fault, row.fault_at, row.next_at = "", None, None
    row.save()
    _note(actor, "notice.change_channel", row, path, at, {"address": bool(address), "secret": bool(wish.secret.strip()), "on": wish.is_on, "reminders": wish.reminders, "daily": wish.daily, "lists": wish.lists, "events": wish.events})


@transaction.atomic
def end(actor: Actor, channel_id: int, *, at: datetime) -> str:
    """End a channel: its address and secret are wiped, what waits for it goes nowhere. Returns its name."""
    row, path = _own(actor, channel_id)
    _wipe(row, path, at)
    _note(actor, "notice.end_channel", row, path, at, {})
    return row.label


def _wipe(row: Channel, path: str, at: datetime) -> None:
    row.address, row.secret, row.is_on, row.ended_at = "", "", False, at
    row.save()
    Message.objects.within(Scope((path,))).filter(channel_id=row.pk, state=State.WAITING).update(state=State.DROPPED, ended_at=at, fault="渠道已经停用")


def open_at(org_ids: Sequence[int], on: date) -> list[str]:
    """Name the channels of organisations that end: they end with them."""
    found = []
    for org in tree.views(org_ids).values():
        rows = Channel.objects.within(Scope((org.path_now,))).filter(org_id=org.id, ended_at__isnull=True).order_by("id")
        found += [f"{org.short_name}：{row.label}（{KIND_ZH[Kind(row.kind)]}）" for row in rows]
    return found


def end_with(actor: Actor, org_ids: Sequence[int], *, on: date, reason: str, at: datetime, batch_id: int) -> int:
    """End the channels of organisations that end. Asks for ORG_APPROVE, as whatever hangs on an organisation does. Returns how many."""
    ended = 0
    for org_id in org_ids:
        path = tree.path_of(org_id)
        actor.require(Permission.ORG_APPROVE, path)
        for row in Channel.objects.within(Scope((path,))).select_for_update().filter(org_id=org_id, ended_at__isnull=True).order_by("id"):
            _wipe(row, path, at)
            journal.write(actor, "notice.end_channel", at=at, org_id=org_id, org_path=path, subject=("channel", row.pk), batch_id=batch_id, changes={"label": row.label, "reason": reason[:200]})
            ended += 1
    return ended


@transaction.atomic
def trial(actor: Actor, channel_id: int, *, at: datetime) -> None:
    """Send a trial message, at once; one a minute at most. Raises ChannelRefused."""
    row, path = _own(actor, channel_id)
    scope = Scope((path,))
    last = Message.objects.within(scope).filter(channel_id=row.pk, sort=Sort.TRIAL).order_by("-written_at", "-id").first()
    if last is not None and at < last.written_at + BETWEEN_TRIALS:
        raise ChannelRefused("", "刚刚发过一条测试，请过一分钟再发")
    text = TRIAL_TEXT.format(name=tree.name_of(row.org_id), label=row.label)
    brief = "这是一条测试短信，不用回复。"
    outbox.put(Post(row.org_id, path, (), text, brief, actor.name), Sort.TRIAL, hours.of(row.org_id, timezone.localtime(at).date()), at, to=[row.pk])
    _note(actor, "notice.trial", row, path, at, {})


def _own(actor: Actor, channel_id: int) -> tuple[Channel, str]:
    row = Channel.objects.within(actor.sees()).select_for_update().filter(pk=channel_id, ended_at__isnull=True).first()
    if row is None:
        raise NotFound("没有找到这个通知渠道")
    path = tree.path_of(row.org_id)
    actor.require(Permission.CHANNEL_MANAGE, path)
    return row, path


def _note(actor: Actor, action: str, row: Channel, path: str, at: datetime, changes: dict[str, object]) -> None:
    journal.write(actor, action, at=at, org_id=row.org_id, org_path=path, subject=("channel", row.pk), changes={"label": row.label, **changes})


@transaction.atomic
def announce(actor: Actor, org_id: int, matter: str, text: str, *, until: datetime, at: datetime) -> int:
    """Send what the organisation itself announces (a planned meeting) to its channels; returns for how many.

    Raises Refused without ACTIVITY_WRITE there; TooSoon when this very announcement went out within the days of the limit; NotForOutside.
    """
    path = tree.path_of(org_id)
    actor.require(Permission.ACTIVITY_WRITE, path)
    limit = hours.of(org_id, timezone.localtime(at).date())
    if outbox.told(Scope((path,)), org_id, [matter], limit, at):
        raise hours.TooSoon(f"这份通知已经发过，同一份 {limit.days_between} 天内只发一次；改了时间或地点，可以再发")
    count = outbox.put(Post(org_id, path, (matter,), text, "您支部有一次会议通知，请登录支部工作台看，或者问书记。", actor.name, until), Sort.NOTICE, limit, at)
    if count:
        journal.write(actor, "notice.announce", at=at, org_id=org_id, org_path=path, changes={"matter": matter, "channels": count})
    return count
