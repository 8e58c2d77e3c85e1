"""What person/me.html needs (我的)."""

from __future__ import annotations

from dataclasses import dataclass

from zhibu.web.shell.context import Link, Pair


@dataclass(frozen=True, slots=True)
class FilePart:
    """A titled list of facts from the own file."""

    title: str
    facts: tuple[Pair, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class MePage:
    """我的: who I am here, the own file, the other menu entries for the phone, large print, sign out."""

    title: str
    facts: tuple[Pair, ...]
    parts: tuple[FilePart, ...] = ()
    links: tuple[Link, ...] = ()  # every menu entry that has no phone tab
    password_url: str = ""
    safety_url: str = ""  # 登录安全
    sessions_url: str = ""  # POST: end the sessions on other devices
