"""`zhibu init` in a folder of its own: from nothing to a desk that works; and `zhibu unlock`, the way back in."""
from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.utils import timezone
from tests.cli.places import Installation
from tests.world import PASSWORD, build

from zhibu.cli import init, main, unlock
from zhibu.ground.access import factors, setup, totp
from zhibu.ground.access.models import Account
from zhibu.ground.journal.models import Entry

CODE = re.compile(r"[2-9a-z]{4}-[2-9a-z]{4}-[2-9a-z]{4}")
FIRST = """
import django; django.setup()
from django.test import Client
from django.conf import settings; settings.ALLOWED_HOSTS = ["testserver"]
import sys
form = {f"{who}_{part}": value for who, username in (("system_admin", "xitong"), ("security_admin", "anquan"), ("auditor", "shenji"), ("office", "shen"))
        for part, value in (("name", "某" + username), ("username", username))}
page = Client().post("/setup/", form | {"code": sys.argv[1], "password": "liu-shu-wan-2026", "role": "party_building_office"})
print(page.status_code, page.content.decode().count("把这张纸交给本人"))
"""


def test_from_nothing_to_a_working_desk(tmp_path: Path) -> None:
    place = Installation(tmp_path / "new")
    done = place.zhibu("init", "--name", "中共石桥镇委员会", "--short", "石桥镇", "--kind", "党委", "--code", "SQ")
    assert done.returncode == 0, done.stderr
    assert "中共石桥镇委员会" in done.stdout and "/setup/" in done.stdout and len(CODE.findall(done.stdout)) == 1
    assert (place.folder / "keys" / "field.key").stat().st_mode & 0o077 == 0
    again = place.zhibu("init", "--name", "中共另一镇委员会", "--kind", "党委")
    assert again.returncode == 0 and "中共石桥镇委员会" in again.stdout and "另一镇" not in again.stdout, "a second run only prints a new code"
    old, new = CODE.findall(done.stdout)[0], CODE.findall(again.stdout)[0]
    told = place.zhibu("check").stdout
    assert "还没有账号，请运行 zhibu init" in told and "ZHIBU_SECOND_FACTOR=chosen（正式：required" in told
    assert place.python("-c", FIRST, old).stdout.split() == ["422", "0"], "the earlier code is void"
    assert place.python("-c", FIRST, new).stdout.split() == ["200", "3"]
    told = place.zhibu("check").stdout
    assert "管理员还没有第二道验证：anquan、shenji、xitong" in told and "兼两个管理员" not in told
    late = place.zhibu("init")
    assert late.returncode == 1 and "已经有账号了" in late.stderr and not CODE.search(late.stdout)


def test_what_is_missing_is_said_and_nothing_is_founded(tmp_path: Path) -> None:
    place = Installation(tmp_path / "new")
    for arguments, words in (
        (["--nonsense"], "--nonsense"), ([], "请写党组织全称"), (["--name", "中共石桥镇委员会"], "类别只能是"), (["--name", "x", "--kind", "公司"], "类别只能是"),
    ):
        done = place.zhibu("init", *arguments)
        assert done.returncode == 2 and words in done.stderr and not CODE.search(done.stdout), arguments


@pytest.mark.django_db
def test_at_a_terminal_it_asks(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    answers = iter(["中共石桥镇委员会", "党委", ""])
    monkeypatch.setattr(init.serve, "ready", lambda: True)
    monkeypatch.setattr(init.sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda question: next(answers))
    assert init.main([]) == 0 and setup.founded() == "中共石桥镇委员会" and CODE.search(capsys.readouterr().out)


def test_both_commands_are_listed() -> None:
    assert {"init", "unlock"} <= set(main.COMMANDS)


@pytest.mark.django_db
def test_unlock_is_the_way_back_in(capsys: pytest.CaptureFixture[str]) -> None:
    w = build(branches=2, members=4)
    account, secret, now = Account.objects.get(username="sysadmin"), totp.new_secret(), timezone.now()
    factors.add_totp(account, secret=secret, code=totp.code_at(secret, int(now.timestamp()) // totp.STEP), at=now)
    assert unlock.main(["nobody"]) == 1 and unlock.main([]) == 2
    assert unlock.main(["sysadmin"]) == 0
    (code,) = CODE.findall(capsys.readouterr().out)
    account.refresh_from_db()
    assert account.check_password(code) and not account.check_password(PASSWORD) and account.one_time and not factors.has_any(account.pk)
    lines = Entry.objects.unscoped("a test reads the journal").filter(subject_id=w.accounts["sysadmin"], account_name="服务器命令行")
    assert sorted(lines.values_list("action", flat=True)) == ["access.renew_code", "access.reset_factors"]
