"""What may leave the platform in a notice: nothing about single persons. Pure.

Groups hold a whole branch, and a robot's maker reads along; SMS lie open on a screen. So no ID or phone numbers, no sums of money, no talks and no
hardship, in any channel; an SMS has at most 70 characters and comes from our own templates, in which no name has a place.
"""
from __future__ import annotations

import re

SMS_LONGEST = 70
TEXT_LONGEST = 2000
_FORBIDDEN: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(?<!\d)\d{17}[\dXx](?!\d)|(?<!\d)\d{15}(?!\d)"), "身份证号"),
    (re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)|(?<!\d)0\d{2,3}[-－ ]?\d{7,8}(?!\d)"), "电话号码"),
    (re.compile(r"(?<!\d)\d{16,19}(?!\d)"), "银行卡号"),
    (re.compile(r"\d[\d,，.]*\s*(?:元|万元)|[¥￥]\s*\d"), "金额"),
    (re.compile(r"谈话(?:记录|内容|情况)|谈心内容|函询|诫勉"), "谈话内容"),
    (re.compile(r"困难(?:党员|户|家庭|职工|群众)|慰问(?:金|对象)|救助金|低保"), "困难帮扶"),
)


class NotForOutside(Exception):
    """The text says something that must not leave the platform; `reason` says what, and how to cure."""

    def __init__(self, what: str) -> None:
        self.what = what
        self.reason = f"通知里写到了{what}，不能发到群机器人、邮件和短信。请在计划里改一下写法，或者用“复制群通知”，改好后自己发"
        super().__init__(self.reason)


def private_in(text: str) -> str:
    """Name what in the text must not leave the platform; "" when nothing does."""
    flat = text.translate({0x3000: " ", **{0xFF10 + n: str(n) for n in range(10)}})
    return next((what for pattern, what in _FORBIDDEN if pattern.search(flat)), "")


def checked(text: str, *, sms: bool = False) -> str:
    """Give the text if it may go out. Raises NotForOutside; ValueError for an SMS of more than 70 characters (a fault of the program)."""
    if what := private_in(text):
        raise NotForOutside(what)
    if sms and len(text) > SMS_LONGEST:
        raise ValueError("an SMS has at most 70 characters")
    return text if len(text) <= TEXT_LONGEST else text[: TEXT_LONGEST - 1] + "…"


def together(texts: list[str], most: int) -> tuple[str, int]:
    """Put notices that wait for the same channel into one text of at most `most` bytes; returns it with how many of them are in it (at least one)."""
    if len(texts) == 1:
        return _cut(texts[0], most), 1
    taken, text = 0, ""
    for number, one in enumerate(texts, 1):
        more = f"{text}\n\n{number}. {one}" if text else f"{number}. {one}"
        if taken and len(more.encode()) > most:
            break
        text, taken = more, number
    return (_cut(texts[0], most), 1) if taken == 1 else (text, taken)


def _cut(text: str, most: int) -> str:
    raw = text.encode()
    return text if len(raw) <= most else raw[: most - 3].decode(errors="ignore") + "…"
