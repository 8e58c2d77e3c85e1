"""`zhibu init`: the first start without the demo. Prepares database and key, founds the first organisation, prints the one-time setup code."""
from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from django.conf import settings
from django.utils import timezone

from zhibu.cli import serve
from zhibu.ground.access import setup

KINDS = {"党委": "party_committee", "党工委": "work_committee", "党总支": "general_branch", "党支部": "branch"}
DONE = "已经有账号了，不用再准备。忘了密码请系统管理员重发一次性代码；系统管理员自己也进不去时，在这台机器上运行 zhibu unlock 账号"


def main(argv: Sequence[str]) -> int:
    """Run the command: 0 ready, 1 refused, 2 wrong usage."""
    parser = argparse.ArgumentParser(prog="zhibu init", description="第一次启动：建数据库和密钥，建最上面的党组织，打印设置代码", add_help=True)
    parser.add_argument("--name", default="", help="党组织全称（与印章一致）")
    parser.add_argument("--short", default="", help="简称，不写就用全称")
    parser.add_argument("--kind", default="", help="类别：" + "、".join(KINDS))
    parser.add_argument("--code", default="", help="组织代码，不写就是 ROOT")
    try:
        asked = parser.parse_args(argv)
    except SystemExit as stop:
        return int(stop.code or 0)
    if not serve.ready():
        return 1
    if not setup.needed():
        print(DONE, file=sys.stderr)
        return 1
    if not setup.founded():
        name, kind = asked.name or _ask("党组织全称（与印章一致）"), asked.kind or _ask(f"类别（{'、'.join(KINDS)}）")
        if not name or kind not in KINDS:
            print(f"没有办：{'请写党组织全称（--name）' if not name else '类别只能是' + '、'.join(KINDS) + '（--kind）'}", file=sys.stderr)
            return 2
        try:
            setup.found(name, asked.short or _ask("简称（直接回车就用全称）"), KINDS[kind], timezone.now(), code=asked.code)
        except setup.SetupRefused as refused:
            print(f"没有办：{refused.reason}", file=sys.stderr)
            return 1
    print(f"数据文件夹：{settings.DATA_FOLDER}\n最上面的党组织：{setup.founded()}")
    serve.announce()
    print("接着运行 zhibu serve，在浏览器里打开上面的地址，一次建好三个管理员和一个办公账号。")
    return 0


def _ask(question: str) -> str:
    """Ask at the terminal; "" where there is none."""
    if not sys.stdin.isatty():
        return ""
    try:
        return input(f"{question}：").strip()
    except EOFError:
        return ""
