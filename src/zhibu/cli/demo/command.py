"""`zhibu demo [--no-serve]`: rebuild the demo county, print where it stands and one account per role, and serve."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from zhibu.cli import serve
from zhibu.cli.compliance import print_overview
from zhibu.ground.access.roles import roles
from zhibu.ground.tree.queries import root

from . import plan
from .fill import Filler

SEED = 20250918
MARK = "demo"  # a file in the data folder: this database was made by `zhibu demo`


def main(argv: Sequence[str]) -> int:
    """Run the command. Refuses a database that it did not make (exit 1)."""
    unknown = [a for a in argv if a != "--no-serve"]
    if unknown:
        print(f"不认识的参数：{' '.join(unknown)}。用法：zhibu demo [--no-serve]", file=sys.stderr)
        return 2
    mark = settings.DATA_FOLDER / MARK
    mark.parent.mkdir(parents=True, exist_ok=True)
    if not _mine(mark):
        print(
            f"这个数据库里已经有别的数据，演示不会动它。请另指定一个空的数据文件夹：ZHIBU_DATA=演示文件夹 zhibu demo（现在是 {mark.parent}）",
            file=sys.stderr,
        )
        return 1
    began = time.monotonic()
    _empty()
    if not serve.ready():
        return 1
    mark.write_text(_identity() + "\n")
    print("正在建演示县：青禾县（人物、号码都是虚构的）", flush=True)
    county_plan = plan.build(SEED, timezone.localdate())
    made = Filler(county_plan, lambda line: print(f"  {line}", flush=True)).run()
    places = {o.code: o.short for o in county_plan.orgs}
    print(f"用时 {time.monotonic() - began:.0f} 秒\n", flush=True)
    county = root()
    assert county is not None
    print_overview(county.id, timezone.localdate())
    print("\n账号（一次性密码，24 小时内有效，第一次登录后设自己的密码）：")
    for account, code in made:
        print(f"  {roles()[account.role].title}\t{account.username}\t{code}\t{account.name}\t{places[account.org]}")
    sys.stdout.flush()
    return 0 if "--no-serve" in argv else serve.serve()


def _identity() -> str:
    """Name the database that the mark stands for."""
    found = settings.DATABASES["default"]
    return f"{found['ENGINE']} {found.get('HOST', '')}:{found.get('PORT', '')}/{found['NAME']}"


def _mine(mark) -> bool:  # type: ignore[no-untyped-def]
    """Tell whether the database is empty, or was made by this command."""
    if mark.exists() and mark.read_text().strip() == _identity():
        return True
    tables = set(connection.introspection.table_names())
    if "tree_organisation" not in tables:
        return True
    return root() is None


def _empty() -> None:
    """Drop every table of this database (it holds a demo or nothing)."""
    if connection.vendor == "sqlite":
        name = connection.settings_dict["NAME"]
        connection.close()
        for ending in ("", "-wal", "-shm"):
            path = Path(f"{name}{ending}")
            path.unlink(missing_ok=True)
        Path(str(name)).parent.mkdir(parents=True, exist_ok=True)
        return
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA public CASCADE")
        cursor.execute("CREATE SCHEMA public")
    call_command("migrate", interactive=False, verbosity=0)
