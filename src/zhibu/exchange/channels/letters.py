"""Mail and SMS: what a deployment has a server or a gateway for. Receivers are the organisation's own, kept sealed."""
from __future__ import annotations

import json
import os
import sys
from email.utils import formatdate
from pathlib import Path
from smtplib import SMTPException, SMTPRecipientsRefused, SMTPResponseException

from django.conf import settings
from django.core.mail import EmailMessage

from zhibu.ground.notice.outbox import Answer, Parcel, Result

from . import wire

NO_MAIL = "这套系统还没有配发信的邮箱。请系统管理员按运行手册设 ZHIBU_MAIL"
NO_SMS = "这套系统还没有接短信网关。请系统管理员按运行手册设 ZHIBU_SMS"


def mail(parcel: Parcel) -> Answer:
    """Send a mail; its Message-ID is the key of the notice, so that a mail sent twice is known as one. Receivers do not see each other."""
    if not settings.EMAIL_HOST and "smtp" in settings.EMAIL_BACKEND:
        return Answer(Result.REFUSED, NO_MAIL)
    sender = settings.DEFAULT_FROM_EMAIL or settings.EMAIL_HOST_USER
    letter = EmailMessage(
        "".join(c for c in parcel.title if c.isprintable()), parcel.text, sender, bcc=parcel.address.split(","),
        headers={"Message-ID": f"<{parcel.key}@zhibu>", "Date": formatdate(), "Auto-Submitted": "auto-generated"},
    )
    try:
        letter.send()
    except SMTPRecipientsRefused:
        return Answer(Result.REFUSED, "对方没有这个邮箱。请核对邮箱地址")
    except SMTPResponseException as error:
        if error.smtp_code < 500:
            return Answer(Result.BROKEN, "发信的邮箱一时不收，过一会儿自动再发")
        return Answer(Result.REFUSED, f"发信的邮箱不收（{error.smtp_code}）。请系统管理员核对 ZHIBU_MAIL 的账号和密码")
    except (SMTPException, OSError):
        return Answer(Result.BROKEN, "连不上发信的邮箱，过一会儿自动再发")
    return Answer(Result.SENT)


def sms(parcel: Parcel) -> Answer:
    """Send an SMS to each number, by the gateway's template, or to a file or the console where a deployment only tries it."""
    numbers = parcel.address.split(",")
    if settings.SMS_BACKEND == "off":
        return Answer(Result.REFUSED, NO_SMS)
    if settings.SMS_BACKEND == "console":
        print(f"短信（{len(numbers)} 个号码）：{parcel.text}", file=sys.stderr, flush=True)
        return Answer(Result.SENT)
    if settings.SMS_BACKEND == "file":
        return _to_file(parcel, numbers)
    for number in numbers:
        said = _by_gateway(parcel, number)
        if said.result is not Result.SENT:
            return said
    return Answer(Result.SENT)


def _to_file(parcel: Parcel, numbers: list[str]) -> Answer:
    path = Path(settings.DATA_FOLDER) / "sms.jsonl"
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(handle, "a", encoding="utf-8") as out:
        out.writelines(json.dumps({"phone": n, "text": parcel.text, "key": f"{parcel.key}-{n[-4:]}"}, ensure_ascii=False) + "\n" for n in numbers)
    return Answer(Result.SENT)


def _by_gateway(parcel: Parcel, number: str) -> Answer:
    values = {"phone": number, "text": parcel.text, "key": f"{parcel.key}-{number[-4:]}"}
    try:
        body = filled(settings.SMS_BODY, values)
        headers = {**wire.JSON, "Idempotency-Key": values["key"], **(json.loads(settings.SMS_HEADERS) if settings.SMS_HEADERS else {})}
    except (ValueError, TypeError):
        return Answer(Result.REFUSED, "短信网关的模板写得不对。请系统管理员核对 ZHIBU_SMS_BODY 和 ZHIBU_SMS_HEADERS")
    try:
        status, _ = wire.post(settings.SMS_URL, body, headers)
    except wire.Forbidden:
        return Answer(Result.REFUSED, "短信网关的地址不能用。请系统管理员核对 ZHIBU_SMS_URL，并把主机加进 ZHIBU_CHANNEL_HOSTS")
    except wire.Unreachable:
        return Answer(Result.BROKEN, "连不上短信网关，过一会儿自动再发")
    if status == 429:
        return Answer(Result.LIMITED, "短信网关说发得太密，过十分钟自动再发")
    if status >= 500:
        return Answer(Result.BROKEN, f"短信网关出了故障（{status}），过一会儿自动再发")
    return Answer(Result.SENT) if status in (200, 201, 202) else Answer(Result.REFUSED, f"短信网关不收（{status}）。请系统管理员核对网关的账号和模板")


def filled(template: str, values: dict[str, str]) -> bytes:
    """Put the values into a JSON template; as values of JSON, never as text, so that no text can change its shape. ValueError for no JSON."""
    def put(node: object) -> object:
        if isinstance(node, str):
            for name, value in values.items():
                node = node.replace("{" + name + "}", value)
            return node
        if isinstance(node, dict):
            return {key: put(value) for key, value in node.items()}
        return [put(one) for one in node] if isinstance(node, list) else node

    return json.dumps(put(json.loads(template)), ensure_ascii=False).encode()
