"""A system of the organisation's own that wants to be told (ux.md §4): one JSON by POST, signed, with a key that is the same in every attempt. Pure: no network, no Django.

    X-Zhibu-Signature: sha256=<hex of HMAC-SHA256(secret, timestamp + "." + body)>, the timestamp being X-Zhibu-Timestamp (seconds)

What the other side does with it stands in docs/api.md. An event says what happened to which thing by number; its content is asked for with a token.
"""
from __future__ import annotations

import hashlib
import hmac
import json
from datetime import datetime

from zhibu.ground.notice.outbox import Answer, Parcel, Result, Sort


def request(parcel: Parcel, at: datetime) -> tuple[bytes, dict[str, str]]:
    """Give the body and the headers, signed for this moment."""
    said = json.loads(parcel.text) if parcel.sort == Sort.EVENT else {"event": "notice", "sort": str(parcel.sort), "title": parcel.title, "text": parcel.text}
    body = json.dumps({**said, "key": parcel.key, "sent_at": at.isoformat(timespec="seconds")}, ensure_ascii=False).encode()
    stamp = str(int(at.timestamp()))
    sign = hmac.new(parcel.secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    return body, {
        "Content-Type": "application/json; charset=utf-8", "Idempotency-Key": parcel.key, "X-Zhibu-Timestamp": stamp, "X-Zhibu-Signature": f"sha256={sign}",
    }


def answer(status: int) -> Answer:
    """Say what an answer means; only its number is looked at."""
    if 200 <= status < 300:
        return Answer(Result.SENT)
    if status == 429:
        return Answer(Result.LIMITED, "对方说发得太密，过十分钟自动再发")
    if status >= 500:
        return Answer(Result.BROKEN, f"对方那边出了故障（{status}），过一会儿自动再发")
    if 300 <= status < 400:
        return Answer(Result.REFUSED, "这个地址转到了别处，不能用。请向对方系统的管理员要最后的地址")
    return Answer(Result.REFUSED, f"对方不收（{status}）。请和对方系统的管理员核对地址和签名密钥")
