"""Group robots of WeCom, DingTalk and Feishu: how a text is put, signed and answered. Pure: no network, no Django.

Limits and signatures as their makers' manuals give them (ux.md §4, I1–I3): 20 messages a minute; DingTalk signs with milliseconds in the address,
Feishu with seconds in the body, WeCom has the key in the address only.
"""
from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from zhibu.ground.notice.outbox import Answer, Kind, Result

#: codes by which a robot says "too many at the moment"
LIMITED = {Kind.WECOM: {45009}, Kind.DINGTALK: {130101, 410100}, Kind.FEISHU: {11232}}
BUSY = -1  # the other side is busy, says WeCom and DingTalk
GONE = "机器人的地址不对，或者机器人已经从群里删掉。请到群里重新复制地址"
#: what a person must do, by the code of the answer
CURES: Mapping[Kind, Mapping[int, str]] = {
    Kind.WECOM: {93000: GONE, 40008: "机器人不收这种消息。请换一个群机器人"},
    Kind.DINGTALK: {
        310000: "钉钉没有认可：加签密钥不对，或者机器人设了关键词、限制了来源地址。请在群里选“加签”，重新复制密钥",
        300001: GONE, 300005: GONE, 400101: GONE, 400106: GONE, 400102: "机器人在群里停用了。请到群里重新启用", 400013: "这个群已经解散。请换一个群",
    },
    Kind.FEISHU: {
        19001: GONE, 19021: "飞书没有认可签名：密钥不对，或者这套系统的时间差了一小时以上。请重新复制密钥，并请系统管理员核对时间",
        19022: "飞书限制了来源地址。请在机器人的安全设置里去掉地址限制，只留“签名校验”", 19024: "机器人设了关键词。请在机器人的安全设置里去掉关键词，只留“签名校验”",
    },
}


def _hmac(key: str, message: str) -> str:
    return base64.b64encode(hmac.new(key.encode(), message.encode(), hashlib.sha256).digest()).decode()


def request(kind: Kind, address: str, secret: str, text: str, at: datetime) -> tuple[str, bytes]:
    """Give the address to post to and the body, signed for this moment."""
    body: dict[str, Any]
    if kind is Kind.WECOM:
        body = {"msgtype": "text", "text": {"content": text}}
    elif kind is Kind.DINGTALK:
        body = {"msgtype": "text", "text": {"content": text}}
        if secret:
            stamp = str(int(at.timestamp() * 1000))
            address += ("&" if "?" in address else "?") + urlencode({"timestamp": stamp, "sign": _hmac(secret, f"{stamp}\n{secret}")})
    elif kind is Kind.FEISHU:
        body = {"msg_type": "text", "content": {"text": text}}
        if secret:
            stamp = str(int(at.timestamp()))
            body = {"timestamp": stamp, "sign": _hmac(f"{stamp}\n{secret}", ""), **body}
    else:
        raise ValueError(f"{kind} is no robot")
    return address, json.dumps(body, ensure_ascii=False).encode()


def answer(kind: Kind, status: int, body: bytes) -> Answer:
    """Say what a robot's answer means. Its own words are not kept: they may quote what was sent."""
    if status == 429:
        return Answer(Result.LIMITED, "发得太密，机器人要歇十分钟，过后自动再发")
    if status >= 500:
        return Answer(Result.BROKEN, f"对方那边出了故障（{status}），过一会儿自动再发")
    if 300 <= status < 400:
        return Answer(Result.REFUSED, "这个地址转到了别处，不能用。请到群里重新复制地址")
    if status != 200:
        return Answer(Result.REFUSED, f"对方不收（{status}）。请到群里重新复制机器人的地址")
    try:
        said = json.loads(body)
        code = said.get("errcode", said.get("code", said.get("StatusCode")))
        code = int(code) if isinstance(code, (int, str)) and not isinstance(code, bool) else None
    except (ValueError, AttributeError, RecursionError):
        code = None
    if code == 0:
        return Answer(Result.SENT)
    if code is None:
        return Answer(Result.REFUSED, "对方的答复看不懂，这多半不是群机器人的地址。请到群里重新复制")
    if code == BUSY:
        return Answer(Result.BROKEN, "对方一时忙不过来，过一会儿自动再发")
    if code in LIMITED[kind]:
        return Answer(Result.LIMITED, "发得太密，机器人要歇十分钟，过后自动再发")
    return Answer(Result.REFUSED, CURES[kind].get(code, f"对方不收（代号 {code}）。请核对机器人的地址和密钥，再发一条测试"))
