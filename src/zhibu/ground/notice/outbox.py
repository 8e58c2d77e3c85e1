"""The outbox: notices on their way to channels. Rows are written in the transaction of the business, jobs in the same send them.

At least once: an attempt whose worker died is made again with the same key. One attempt at a time: a channel says until when one is in flight.
Robots are spaced and muted as their makers ask; what waits for the same channel goes out together.
"""
from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.db import transaction
from django.utils import timezone

from zhibu.ground.guard.scope import Scope
from zhibu.ground.jobs import queue
from zhibu.ground.jobs.registry import wait_after
from zhibu.ground.policy import queries as policy
from zhibu.ground.tree import queries as tree
from zhibu.ground.workdays import queries as workdays

from . import limits as hours
from .limits import Limits
from .models import Channel, Message, Notice, Told
from .wording import checked, together

JOB = "notice.send"
ATTEMPTS = 6
FLIGHT = timedelta(seconds=60)        # longer than any attempt takes: after it the attempt counts as dead
STALE = timedelta(days=2)             # what could not go out by then is no news any more
MUTED = timedelta(minutes=10)         # DingTalk mutes a robot so long that sent more than 20 in a minute [ux.md I2]
SPACING = timedelta(seconds=3)        # 20 a minute [ux.md I1, I2]
MOST_BYTES = 2000                     # a text of WeCom has at most 2048 bytes [ux.md I1]; the smallest of the limits holds for all
TOGETHER = 20                         # notices in one message at most


class Kind(StrEnum):
    """Kinds of channels (渠道)."""

    WECOM = "wecom"
    DINGTALK = "dingtalk"
    FEISHU = "feishu"
    MAIL = "mail"
    SMS = "sms"
    WEBHOOK = "webhook"


ROBOTS = frozenset({Kind.WECOM, Kind.DINGTALK, Kind.FEISHU})
ADDRESSED = ROBOTS | {Kind.WEBHOOK}  # what is reached by an address with a secret
KIND_ZH = {Kind.WECOM: "企业微信群机器人", Kind.DINGTALK: "钉钉群机器人", Kind.FEISHU: "飞书群机器人", Kind.MAIL: "邮件", Kind.SMS: "短信", Kind.WEBHOOK: "本单位的其他系统"}


class Sort(StrEnum):
    """Why a notice goes out; reminders, and the list of them for the group of who sent them, keep the limits, what a branch announces itself keeps the hours; a trial
    and what another system is told of go at once."""

    REMINDER = "reminder"
    LIST = "list"
    NOTICE = "notice"
    TRIAL = "trial"
    EVENT = "event"


class State(StrEnum):
    """Where a notice stands."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    DROPPED = "dropped"


STATE_ZH = {State.WAITING: "等着发", State.SENDING: "正在发", State.SENT: "已发", State.FAILED: "没有发成", State.DROPPED: "没有发"}
SORT_ZH = {Sort.REMINDER: "上级提醒和待办", Sort.LIST: "提醒下级的名单", Sort.NOTICE: "本级通知", Sort.TRIAL: "测试消息", Sort.EVENT: "存好的记录"}
ALONE = frozenset({Sort.TRIAL, Sort.EVENT})  # what goes at any hour, one by one
LIMITED = frozenset({Sort.REMINDER, Sort.LIST})  # what goes out on working days only, and about the same matter once in the days of the limit


@dataclass(frozen=True, slots=True)
class Post:
    """A notice to be told: the text for groups and mail, a short one from our own templates for SMS. `until`: after it, it is no news."""

    org_id: int
    org_path: str
    matters: tuple[str, ...]
    text: str
    brief: str
    written_by: str
    until: datetime | None = None


# ---------------------------------------------------------------- in


def put(post: Post, sort: Sort, limit: Limits, at: datetime, *, to: Sequence[int] | None = None, daily: bool = False) -> int:
    """Write a notice for the channels of an organisation, within the transaction of the business; returns for how many.

    Reminders go to the channels that take them (with `daily`: to those that take what is due), lists to those that take lists, and not when one of the matters was told within
    the days of the limit. They wait for the next open hour, what a branch announces itself for the next morning. `to`: these channels only.
    Raises NotForOutside when the text may not leave the platform and there is a channel that it would go to.
    """
    scope = Scope((post.org_path,))
    found = Channel.objects.within(scope).filter(org_id=post.org_id, ended_at__isnull=True)
    if sort is not Sort.TRIAL:
        found = found.filter(is_on=True)
    if sort is Sort.REMINDER:
        found = found.filter(daily=True) if daily else found.filter(reminders=True)
    if sort is Sort.LIST:
        found = found.filter(lists=True)
    channels = list((found.filter(pk__in=to) if to is not None else found).order_by("id"))
    if not channels or (sort is not Sort.TRIAL and told(scope, post.org_id, post.matters, limit, at)):
        return 0
    if sort is Sort.TRIAL:
        begin = at
    else:
        kept = limit if sort in LIMITED else Limits(limit.days_between, limit.earliest, limit.latest, working_days_only=False)
        begin = hours.opening(kept, at, workdays.around(timezone.localtime(at).date()))
    end = max(post.until, begin + timedelta(minutes=1)) if post.until else begin + STALE
    for channel in channels:
        sms = channel.kind == Kind.SMS
        row = Message.objects.into(scope).create(
            org_id=post.org_id, channel_id=channel.pk, key=str(uuid.uuid4()), sort=sort, text=checked(post.brief if sms else post.text, sms=sms), state=State.WAITING,
            written_by=post.written_by, written_at=at, not_before=begin, not_after=end,
        )
        queue.enqueue(JOB, {"org": post.org_id, "message": row.pk}, after=begin)
    if sort is not Sort.TRIAL:
        Told.objects.into(scope).bulk_create([Told(org_id=post.org_id, matter=matter, at=at) for matter in post.matters])
    return len(channels)


def told(scope: Scope, org_id: int, matters: Sequence[str], limit: Limits, at: datetime) -> set[str]:
    """Give which of the matters were told outside within the days of the limit."""
    since = at - timedelta(days=limit.days_between + 1)
    rows = Told.objects.within(scope).filter(org_id=org_id, matter__in=list(matters), at__gte=since).order_by("at", "id").values_list("matter", "at")
    return {matter for matter, when in rows if timezone.localtime(at).date() < hours.next_day(limit, when)}


def reminded(scope: Scope, org_id: int, matters: Sequence[str], limit: Limits, at: datetime) -> set[str]:
    """Give which of the matters a superior reminded of, or were told outside, within the days of the limit."""
    since = at - timedelta(days=limit.days_between + 1)
    rows = Notice.objects.within(scope).filter(org_id=org_id, matter__in=list(matters), at__gte=since).order_by("at", "id").values_list("matter", "at")
    return told(scope, org_id, matters, limit, at) | {matter for matter, when in rows if timezone.localtime(at).date() < hours.next_day(limit, when)}


def tell(org_id: int, org_path: str, event: str, about: int, at: datetime) -> int:
    """Say to the systems that an organisation and those above it named that something was saved there: only what and its number. Within the transaction of the business."""
    top = Scope((org_path[: tree.SEGMENT],))
    found = Channel.objects.within(top).filter(org_id__in=policy.ids_in(org_path), kind=Kind.WEBHOOK, events=True, is_on=True, ended_at__isnull=True).order_by("id")
    count = 0
    for channel in found:
        row = Message.objects.into(top).create(
            org_id=channel.org_id, channel_id=channel.pk, key=str(uuid.uuid4()), sort=Sort.EVENT, text=json.dumps({"event": event, "org_id": org_id, "id": about}), state=State.WAITING,
            written_by="系统", written_at=at, not_before=at, not_after=at + STALE,
        )
        queue.enqueue(JOB, {"org": channel.org_id, "message": row.pk}, after=at)
        count += 1
    return count


# ---------------------------------------------------------------- out


@dataclass(frozen=True, slots=True)
class Parcel:
    """What one attempt sends: where to, with what secret, which text, under which key."""

    org_path: str
    channel_id: int
    kind: Kind
    address: str
    secret: str
    title: str
    text: str
    key: str
    message_ids: tuple[int, ...]
    sort: str = Sort.NOTICE


class Result(StrEnum):
    """What became of an attempt: sent; too many at the moment; not reached, or the other side in trouble; refused, so that a person must act."""

    SENT = "sent"
    LIMITED = "limited"
    BROKEN = "broken"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the other side said, and in plain words what to do."""

    result: Result
    said: str = ""


@transaction.atomic
def take(org_id: int, message_id: int, now: datetime) -> Parcel | None:
    """Take a notice for an attempt, with those that wait for the same channel; None when there is nothing to send (any more).

    Raises queue.Later when it is too early: the hours, the spacing of a robot, an attempt in flight.
    """
    path = tree.path_of(org_id)
    scope = Scope((path,))
    message = Message.objects.within(scope).filter(pk=message_id).first()
    if message is None or message.state not in (State.WAITING, State.SENDING):
        return None
    channel = Channel.objects.within(scope).select_for_update().get(pk=message.channel_id)
    message.refresh_from_db()
    if message.state not in (State.WAITING, State.SENDING):
        return None
    if channel.ended_at is not None or (not channel.is_on and message.sort != Sort.TRIAL) or channel.address is None:
        _end([message], State.DROPPED, now, "渠道已经停用")
        return None
    if now > message.not_after:
        _end([message], State.FAILED, now, channel.fault or "到时候没有发成，已经过时，不再发")
        return None
    for moment in (channel.busy_until, channel.next_at, message.not_before):
        if moment is not None and now < moment:
            raise queue.Later(moment)
    if message.sort not in ALONE:
        limit, days = hours.of(org_id, timezone.localtime(now).date()), workdays.around(timezone.localtime(now).date())
        kept = limit if message.sort in LIMITED else Limits(limit.days_between, limit.earliest, limit.latest, working_days_only=False)
        begin = hours.opening(kept, now, days)
        if begin > now:
            raise queue.Later(begin)
    waiting = [message] if message.sort in ALONE else _beside(scope, channel, message, now)
    kind = Kind(channel.kind)
    if kind is Kind.SMS:
        text, count = (message.text, 1) if len(waiting) == 1 else (f"您支部有{len(waiting)}条新通知，请登录支部工作台看。", len(waiting))
    else:
        text, count = together([m.text for m in waiting], MOST_BYTES)
    for one in waiting[:count]:
        one.state, one.attempts = State.SENDING, one.attempts + 1
        one.save(update_fields=["state", "attempts"])
    channel.busy_until = now + FLIGHT
    channel.save(update_fields=["busy_until"])
    title = text.splitlines()[0][:60] if count == 1 else f"{count} 条通知"
    return Parcel(path, channel.pk, kind, channel.address.reveal(), channel.secret.reveal() if channel.secret else "", title, text, message.key, tuple(m.pk for m in waiting[:count]), message.sort)


def _beside(scope: Scope, channel: Channel, message: Message, now: datetime) -> list[Message]:
    """Give the notices that go with this one: those of the same limits that wait for the channel and are due, oldest first."""
    rows = Message.objects.within(scope).filter(channel_id=channel.pk, state__in=[State.WAITING, State.SENDING], not_before__lte=now, not_after__gte=now).exclude(sort__in=ALONE)
    if message.sort == Sort.NOTICE:
        rows = rows.filter(sort=Sort.NOTICE)
    others = [m for m in rows.order_by("id")[:TOGETHER] if m.pk != message.pk]
    return [message, *others][:TOGETHER]


@transaction.atomic
def settle(parcel: Parcel, answer: Answer, now: datetime) -> datetime | None:
    """Write what became of an attempt; returns when to try again, None when it is over."""
    scope = Scope((parcel.org_path,))
    channel = Channel.objects.within(scope).select_for_update().get(pk=parcel.channel_id)
    rows = list(Message.objects.within(scope).filter(pk__in=parcel.message_ids, state=State.SENDING).order_by("id"))
    channel.busy_until = None
    channel.next_at = now + (SPACING if parcel.kind in ROBOTS else timedelta(0))
    if answer.result is Result.SENT:
        _end(rows, State.SENT, now, "")
        channel.fault, channel.fault_at = "", None
        channel.save(update_fields=["busy_until", "next_at", "fault", "fault_at"])
        return None
    channel.fault, channel.fault_at = answer.said[:200], now
    if answer.result is Result.LIMITED:
        channel.next_at = now + MUTED
    channel.save(update_fields=["busy_until", "next_at", "fault", "fault_at"])
    tried = max((m.attempts for m in rows), default=ATTEMPTS)
    if answer.result is Result.REFUSED or tried >= ATTEMPTS:
        _end(rows, State.FAILED, now, answer.said)
        return None
    again = channel.next_at if answer.result is Result.LIMITED else max(channel.next_at, now + wait_after(tried))
    for one in rows:
        one.state, one.not_before, one.fault = State.WAITING, again, answer.said[:200]
        one.save(update_fields=["state", "not_before", "fault"])
    return again


def _end(rows: Sequence[Message], state: State, now: datetime, fault: str) -> None:
    for one in rows:
        one.state, one.ended_at, one.fault = state, now, fault[:200]
        one.save(update_fields=["state", "ended_at", "fault"])
