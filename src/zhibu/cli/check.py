"""`zhibu check`: what keeps this installation from being safe or right, and what is only a demo setting. Exit 1 when something is wrong."""
from __future__ import annotations

import stat
import sys
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path

from django.conf import settings
from django.core.checks import WARNING, run_checks
from django.db import connection
from django.utils import timezone

import zhibu
from zhibu.cli.serve import pending
from zhibu.ground.access import setup
from zhibu.ground.access.queries import administrators
from zhibu.ground.guard.sealing import KeyMissing, key_path, keys
from zhibu.ground.guard.startup import marked_key
from zhibu.ground.jobs import queue
from zhibu.ground.policy.catalogue import KEYS
from zhibu.ground.policy.library import LibraryError, shipped
from zhibu.ground.workdays.queries import missing_year

#: read through Effective.life(), which hands out whole rules
WHOLE = ("life.", "conventions.records.")


def unread_keys() -> list[str]:
    """List the policy keys that no code outside the policy room names yet (they wait for their area)."""
    package = Path(zhibu.__path__[0])
    text = "\n".join(p.read_text(encoding="utf-8") for p in sorted(package.rglob("*.py")) if "policy" not in p.parts)
    return [key for key in KEYS if f'"{key}"' not in text and not key.startswith(WHOLE)]


def main(argv: Sequence[str]) -> int:
    """Run every check and print one line each."""
    if argv:
        print("zhibu check 没有参数", file=sys.stderr)
        return 2
    wrong = 0

    def say(ok: bool, what: str) -> None:
        nonlocal wrong
        wrong += not ok
        print(("  好  " if ok else "  不对 ") + what)

    print("数据库和密钥")
    say(not pending(), "数据库结构是最新的" if not pending() else "数据库结构不是最新的，请运行 zhibu serve 或先备份再升级")
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            found = {name: cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous", "foreign_keys")}
        say(found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}, f"SQLite 设置：{found}")
    say(*_key())
    print("\n规则集")
    try:
        library = shipped()
        say(True, f"{len(library.all())} 个规则集读得通")
        open_ = [s.code for s in library.all() if s.kind == "national" and not s.verified_on]
        print(f"  注意 {len(open_)} 个国家规则集还没有填核对人和核对日期：{'、'.join(open_)}")
    except LibraryError as error:
        say(False, str(error))
    unread = unread_keys()
    print(f"  注意 还没有代码用到的规则值 {len(unread)} 个（等对应的业务建好）：{'、'.join(unread)}")
    if not pending():
        say_workdays(timezone.localdate())
        say_jobs(timezone.now())
    print("\n安全设置")
    if settings.DEMO:
        print("  演示设置：下面这些需要 https 的开关没有打开，其余与正式一样")
        for name, value in settings.HTTPS_SWITCHES.items():
            print(f"    {name}（正式：{value}）")
        print("    会话和表单 cookie 不带 __Host- 前缀（正式带）")
        print(f"    ZHIBU_SECOND_FACTOR={settings.SECOND_FACTOR}（正式：required，管理员和上级办公账号必须有第二道验证）")
    else:
        issues = [i for i in run_checks(include_deployment_checks=True) if i.level >= WARNING and not i.is_silenced()]
        say(not issues, "Django 的部署检查没有警告" if not issues else "；".join(f"{i.id} {i.msg}" for i in issues))
    _administrators()
    say(settings.DEBUG is False, "没有打开调试")
    print("\n" + ("都好" if not wrong else f"有 {wrong} 处不对"))
    return 1 if wrong else 0


def say_workdays(today: date) -> None:
    """Print whether the arrangement of working days is known; a missing year is a warning, not an error."""
    missing = missing_year(today)
    print("\n放假安排")
    print(f"  注意 {missing}年的放假安排还没有录入，请系统管理员到“放假安排”里照国务院办公厅的通知录入" if missing else "  好  该有的年份都有，每年12月起看下一年的")


def say_jobs(now: datetime) -> None:
    """Print how the background work stands; none of it is wrong by itself, because the web service may be stopped right now."""
    alive, late, given_up = queue.state(now)
    print("\n后台工作")
    print(f"  {'好  ' if alive else '注意'} {f'有 {alive} 个在做' if alive else '现在没有人在做：网页服务没有开，或者设了 ZHIBU_JOBS=apart 而没有开 zhibu worker'}" + (f"，积压 {late} 件" if late else ""))
    for title, error, at in given_up[:5]:
        print(f"  注意 做不成：{title}（{error}，{timezone.localtime(at):%Y-%m-%d %H:%M}）" if at else f"  注意 做不成：{title}（{error}）")


def _administrators() -> None:
    """Say how the three administrators stand; nothing of it is wrong by itself."""
    print(f"  密码规则 ZHIBU_PASSWORDS={settings.PASSWORD_PROFILE}，第二道验证 ZHIBU_SECOND_FACTOR={settings.SECOND_FACTOR}")
    if pending() or setup.needed():
        print("  注意 还没有账号，请运行 zhibu init")
        return
    found = administrators(timezone.localdate())
    for words, names in (("没有人担任", found.missing), ("一个人兼两个管理员，人手够了请分开", found.doubled), ("管理员还没有第二道验证", found.without_factor)):
        if names:
            print(f"  注意 {words}：{'、'.join(names)}")


def _key() -> tuple[bool, str]:
    path, marked = key_path(), marked_key()
    if not path.exists():
        return marked is None, f"密钥文件 {path} 还没有，第一次启动会做一个" if marked is None else f"密钥文件 {path} 不见了，身份证号和电话解不开，请放回编号 {marked} 的密钥文件"
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        return False, f"密钥文件 {path} 别人也能读（{mode:o}），请运行 chmod 600 {path}"
    try:
        held = keys().key_id
    except KeyMissing as missing:
        return False, str(missing)
    if marked not in (None, held):
        return False, f"密钥文件 {path} 的编号是 {held}，数据用的是 {marked}"
    inside = settings.DATA_FOLDER in path.resolve().parents
    return True, f"密钥文件在 {path}，编号 {held}" + ("；请另存一份到别处，不要和数据库备份放在一起" if inside else "")
