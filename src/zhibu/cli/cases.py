"""``zhibu cases PATH...``: run decision tables against the installed rules. No database, no network.

Exit code 0 = all hold, 1 = one fails, 2 = a table cannot be read (the message names file, case and key).
"""
from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any, TextIO

from zhibu.exchange.decisions import Malformed, answer, differences, load, read_case
from zhibu.ground.policy.library import Library, shipped


def _tables(paths: Sequence[str | Path]) -> Iterator[Path]:
    for path in map(Path, paths):
        if path.is_dir():
            yield from sorted(path.rglob("*.toml"))
        else:
            yield path


def _load(path: Path) -> tuple[str, list[Any]]:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise Malformed("-", f"打不开文件：{error.strerror or error}", file=str(path)) from None
    return load(data, str(path))


def run(
    paths: Sequence[str | Path],
    out: TextIO | None = None,
    err: TextIO | None = None,
    today: date | None = None,
    library: Library | None = None,
) -> int:
    """Run tables; ``paths`` are files and folders (searched for ``*.toml``). Returns the exit code.

    One line per case that fails goes to ``out``, the sum comes last; tables that cannot be read are named on ``err``. A malformed case does not
    keep the others from running, but decides the exit code.
    """
    out, err = out or sys.stdout, err or sys.stderr
    on = today or datetime.now(timezone(timedelta(hours=8))).date()
    rules = library or shipped()
    passed = failed = unread = 0
    for path in _tables(paths):
        try:
            family, raw_cases = _load(path)
        except Malformed as error:
            print(error.at(str(path), "-"), file=err)
            unread += 1
            continue
        for number, raw in enumerate(raw_cases, 1):
            try:
                case = read_case(str(path), number, family, raw)
                found = differences(case.expect, answer(case, rules, on))
            except Malformed as error:
                print(error, file=err)
                unread += 1
                continue
            if found:
                failed += 1
                print(f"{path}: {case.name}: {'; '.join(found)}", file=out)
            else:
                passed += 1
    print(f"{passed} passed, {failed} failed", file=out)
    return 2 if unread else 1 if failed else 0


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``zhibu cases PATH...``. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="zhibu cases", description="用决策表核对已安装的规则，不读写数据库。")
    parser.add_argument("paths", nargs="+", metavar="PATH", help="决策表文件（.toml）或文件夹")
    return run(parser.parse_args(argv).paths)
