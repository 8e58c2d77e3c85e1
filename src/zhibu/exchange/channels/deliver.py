"""The work of sending: take a notice from the outbox, make one attempt, write what became of it."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zhibu.ground.jobs.queue import Later
from zhibu.ground.jobs.registry import Kind as Work
from zhibu.ground.jobs.registry import Run
from zhibu.ground.notice import outbox
from zhibu.ground.notice.outbox import Answer, Kind, Parcel, Result

from . import hooks, letters, robots, wire


def attempt(parcel: Parcel, run: Run) -> Answer:
    """Make one attempt."""
    if parcel.kind is Kind.MAIL:
        return letters.mail(parcel)
    if parcel.kind is Kind.SMS:
        return letters.sms(parcel)
    hook = parcel.kind is Kind.WEBHOOK
    if hook:
        address, (body, headers) = parcel.address, hooks.request(parcel, run.clock())
    else:
        address, body = robots.request(parcel.kind, parcel.address, parcel.secret, parcel.text, run.clock())
        headers = dict(wire.JSON)
    try:
        status, said = wire.post(address, body, headers)
    except wire.Forbidden:
        return Answer(Result.REFUSED, "这个地址不在允许的范围里。请重新复制地址，或请系统管理员按运行手册加上（ZHIBU_CHANNEL_HOSTS）")
    except wire.Unreachable:
        return Answer(Result.BROKEN, "连不上对方，过一会儿自动再发")
    return hooks.answer(status) if hook else robots.answer(parcel.kind, status, said)


def send(run: Run, arguments: Mapping[str, Any]) -> None:
    """Send one notice. Raises Later while it cannot go, and to try again."""
    parcel = outbox.take(int(arguments["org"]), int(arguments["message"]), run.clock())
    if parcel is None:
        return
    again = outbox.settle(parcel, attempt(parcel, run), run.clock())
    if again is not None:
        raise Later(again)


WORK = Work(outbox.JOB, "把通知发到渠道", send, attempts=8, whole=False)
