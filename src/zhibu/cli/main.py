"""The command `zhibu`: dispatches to one module per command; Django starts only for those that need the database."""
from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module

COMMANDS: dict[str, tuple[str, bool, str]] = {
    # name: (module with main(argv), needs Django, one line)
    "demo": ("zhibu.cli.demo.command", True, "建演示县并启动：zhibu demo [--no-serve]"),
    "init": ("zhibu.cli.init", True, "第一次启动：zhibu init [--name 全称 --kind 类别]"),
    "unlock": ("zhibu.cli.unlock", True, "谁也进不去时重发一次性代码：zhibu unlock 账号"),
    "serve": ("zhibu.cli.serve", True, "启动网页：zhibu serve"),
    "worker": ("zhibu.cli.worker", True, "后台工作另开一个进程：zhibu worker（网页服务要设 ZHIBU_JOBS=apart）"),
    "import": ("zhibu.cli.importing", True, "导入表格：zhibu import 文件… [--org 组织] [--as 账号] [--commit] [--json 文件]"),
    "compliance": ("zhibu.cli.compliance", True, "完成情况：zhibu compliance --org 组织 --year 年 [--as-of 日期] [--json 文件]"),
    "rules": ("zhibu.cli.rules", True, "现行规则：zhibu rules show 组织 [--on 日期]；全部规则集：zhibu rules list"),
    "check": ("zhibu.cli.check", True, "检查设置、密钥和规则集"),
    "backup": ("zhibu.cli.backup", True, "备份：zhibu backup 文件.zip"),
    "restore": ("zhibu.cli.restore", True, "恢复到空的地方：zhibu restore 文件.zip [--check]"),
    "sweep": ("zhibu.cli.sweeping", True, "清理没人用的附件：zhibu sweep（每天一次）"),
    "assess": ("zhibu.cli.assessing", True, "生成党费应交清单：zhibu assess [--month 2026-03]（每天一次）"),
    "cases": ("zhibu.cli.cases", False, "核对判例表：zhibu cases 路径…"),
}


def usage() -> str:
    """List the commands."""
    return "用法：zhibu 命令 [参数]\n\n" + "\n".join(f"  {name:<11} {line}" for name, (_, _, line) in COMMANDS.items())


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code (2: usage)."""
    args = list(sys.argv[1:] if argv is None else argv)
    if not args or args[0] in ("-h", "--help", "help"):
        print(usage())
        return 0 if args else 2
    if args[0] not in COMMANDS:
        print(f"没有“{args[0]}”这个命令。\n\n{usage()}", file=sys.stderr)
        return 2
    module, needs_django, _ = COMMANDS[args[0]]
    if needs_django:
        start_django(args[0])
    run: Callable[[Sequence[str]], int] = import_module(module).main
    try:
        return run(args[1:])
    except BrokenPipeError:  # `zhibu rules show … | head`: the reader has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def start_django(command: str) -> None:
    """Configure Django; the demo runs over plain http."""
    if command == "demo":
        os.environ["ZHIBU_DEMO"] = "1"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "zhibu.config.settings")
    import django

    django.setup()


if __name__ == "__main__":
    raise SystemExit(main())
