"""``zhibu compliance --org ORG --year Y [--as-of D] [--json OUT]``: the year of an organisation and all below it, and who is behind.

Exit code 0 = answered, 2 = the question cannot be answered (unknown organisation, wrong year or day, file not writable); the message says how to cure it.
"""
from __future__ import annotations

import argparse
import json
import sys
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any, NoReturn, TextIO

from zhibu.areas.meetings import queries
from zhibu.areas.meetings.queries import Compliance, Row, Unit
from zhibu.ground.access.queries import system_actor
from zhibu.ground.duties.derive import OVERDUE, OrgYear, Totals, matters, missing, totals
from zhibu.ground.guard.permission import Permission
from zhibu.ground.tree import queries as tree
from zhibu.kernel.activities import ACTIVITY_ZH, ActivityKind
from zhibu.kernel.judge import Slot

FIRST_YEAR = 2000


class Unanswerable(Exception):
    """The question makes no sense; the message says what, where and how to cure."""


def today() -> date:
    """Give the day in China, where the windows are."""
    return datetime.now(timezone(timedelta(hours=8))).date()


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        lacking = message.rpartition(":")[2].strip() if "required" in message else ""
        what = f"还缺 {lacking}" if lacking else f"有认不出来的参数（{message.rpartition(':')[2].strip()}）"
        raise Unanswerable(f"{what}。请写成：zhibu compliance --org 代码或全称 --year 年份 [--as-of 日期] [--json 文件]")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments (the dispatcher and `run` share them)."""
    parser.add_argument("--org", required=True, metavar="ORG", help="党组织代码或全称")
    parser.add_argument("--year", required=True, metavar="Y", help="年份，如 2025")
    parser.add_argument("--as-of", metavar="D", help="按哪一天判定，如 2026-01-31；不写就是今天")
    parser.add_argument("--json", metavar="OUT", help="把结果另存为 JSON 文件；写 - 就输出到屏幕，不打印表格")


def run(argv: Sequence[str] | argparse.Namespace, out: TextIO | None = None, err: TextIO | None = None, on: date | None = None) -> int:
    """Answer one question; `on` stands for today. Returns the exit code."""
    out, err = out or sys.stdout, err or sys.stderr
    try:
        if isinstance(argv, argparse.Namespace):
            wanted = argv
        else:
            parser = _Parser(prog="zhibu compliance", description="一个党组织及其下级一年的组织生活完成情况。")
            add_arguments(parser)
            wanted = parser.parse_args(list(argv))
        answer = ask(wanted.org, str(wanted.year), wanted.as_of, on or today())
        if wanted.json == "-":
            json.dump(as_json(answer), out, ensure_ascii=False, indent=1)
            out.write("\n")
            return 0
        if wanted.json:
            _save(Path(wanted.json), answer)
        print_table(answer, out)
        if wanted.json:
            print(f"已写入 {wanted.json}", file=out)
        return 0
    except Unanswerable as error:
        print(error, file=err)
        return 2


def main(argv: Sequence[str]) -> int:
    """Run ``zhibu compliance …``. Returns the exit code."""
    return run(argv)


def print_overview(org_id: int, day: date, out: TextIO | None = None, limit: int | None = 30) -> None:
    """Print the table of an organisation for the year of a day (``zhibu demo``)."""
    print_table(queries.compliance(system_actor().scope(Permission.COMPLIANCE_READ), org_id, day.year, day), out, limit)


def ask(org: str, year: str, as_of: str | None, on: date) -> Compliance:
    """Read the arguments and judge. Raises Unanswerable."""
    if not (year.isascii() and year.isdigit() and len(year) == 4 and FIRST_YEAR <= int(year) <= on.year):
        raise Unanswerable(f"年份“{year}”不对。请写 {FIRST_YEAR} 到 {on.year} 之间的四位数，如 --year {on.year}")
    day = _day(as_of, on)
    if day.year < int(year):
        raise Unanswerable(f"{day} 还没有到 {year} 年，没有可判的期限。请把 --as-of 写在 {year}-01-01 以后")
    found = tree.find(org.strip())
    if found is None:
        raise Unanswerable(f"没有代码或全称为“{org}”的党组织。请核对代码（如 QH-SQ-001）或写全称；组织树页面上可以查到")
    return queries.compliance(system_actor().scope(Permission.COMPLIANCE_READ), found.id, int(year), day)


def _day(text: str | None, on: date) -> date:
    if text is None:
        return on
    try:
        found = date.fromisoformat(text)
    except ValueError as error:
        raise Unanswerable(f"日期“{text}”看不懂。请写成 2026-01-31 这样") from error
    if found.year < FIRST_YEAR:
        raise Unanswerable(f"日期 {found} 太早。请写 {FIRST_YEAR} 年以后的日期")
    return found


def _save(path: Path, answer: Compliance) -> None:
    try:
        path.write_text(json.dumps(as_json(answer), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise Unanswerable(f"写不了文件 {path}：{error.strerror}。请换一个能写的位置") from error


# ---------------------------------------------------------------- JSON


def as_json(answer: Compliance) -> dict[str, Any]:
    """Give the answer as plain data: sums over all, and one entry per organisation that has duties, in administrative order."""
    units = [u for u in answer.in_order() if u.id in answer.years]
    years = answer.of(units)
    summed = totals(years)
    return {
        "organisation": answer.root.code,
        "year": answer.year,
        "as_of": answer.as_of.isoformat(),
        "rules": rules_of(years),
        "due": summed.due,
        "fulfilled": summed.fulfilled,
        "rate": summed.shown(answer.rate_by),
        "organisations": [_organisation(unit, answer.years[unit.id]) for unit in units],
    }


def rules_of(years: Sequence[OrgYear]) -> list[str]:
    """List the codes of the rule sets that were applied, sorted."""
    return sorted({cell.rule.rule_set.code for year in years for line in year.lines for cell in line.cells})


def _organisation(unit: Unit, year: OrgYear) -> dict[str, Any]:
    own, behind = totals([year]), missing(year)
    kinds = {k.value: own.kinds[k.value] for k in ActivityKind if k.value in own.kinds}
    return {
        "code": unit.code,
        "name": unit.name,
        "due": own.due,
        "fulfilled": own.fulfilled,
        "kinds": {kind: {"due": due, "fulfilled": done, "missing": behind.get(kind, [])} for kind, (due, done) in kinds.items()},
    }


# ---------------------------------------------------------------- the table


def print_table(answer: Compliance, out: TextIO | None = None, limit: int | None = None) -> None:
    """Print the compliance of units, of kinds and pooled, and who is behind, in administrative order; at most `limit` of the latter."""
    out = out or sys.stdout
    rows = answer.rows()
    years = answer.of(answer.in_order())
    summed = totals(years)
    print(f"{answer.root.name} {answer.year} 年组织生活完成情况（截至 {answer.as_of}）", file=out)
    if not years:
        print("这一年没有应开的会：这个组织当时还没有成立，或者下面没有支部。", file=out)
        return
    if len(rows) > 1:
        lines = [_unit_line(answer, row) for row in rows]
        lines.append(("合计", str(sum(r.branches for r in rows)), *_sums(answer, summed), str(len(matters(years, OVERDUE)))))
        print(file=out)
        _print(out, ("单位", "支部", "应完成", "已完成", "完成率", "未开"), lines)
    kinds = [(ACTIVITY_ZH[k], *map(str, summed.kinds[k.value]), Totals(*summed.kinds[k.value], {k.value: summed.kinds[k.value]}).rate) for k in ActivityKind if k.value in summed.kinds]
    kinds.append(("合计", *_sums(answer, summed)))
    print(file=out)
    _print(out, ("组织生活", "应完成", "已完成", "完成率"), kinds)
    behind = [(unit, matters([answer.years[unit.id]], OVERDUE)) for unit in answer.in_order() if unit.id in answer.years]
    behind = [(unit, found) for unit, found in behind if found]
    print(file=out)
    print(f"还有 {len(behind)} 个组织有过期未开或记录不全的（按组织顺序，不排名）：" if behind else "没有过期未开的。", file=out)
    for unit, found in behind[:limit]:
        by_kind: dict[str, dict[str, None]] = {}
        for m in sorted(found, key=lambda m: (queries.ORDER.index(m.line.kind), m.cell.window.last)):
            note = "（记录不全）" if m.cell.slot is Slot.INCOMPLETE else ""
            by_kind.setdefault(ACTIVITY_ZH[ActivityKind(m.line.kind)], {})[m.cell.window.short + note] = None
        print(f"  {unit.name}（{unit.code}）：{_listed(by_kind)}", file=out)
    if limit is not None and len(behind) > limit:
        print(f"  另有 {len(behind) - limit} 个没有列出，全部见：zhibu compliance --org {answer.root.code} --year {answer.year}", file=out)


def _listed(by_kind: Mapping[str, Mapping[str, None]]) -> str:
    return "；".join(f"{kind} {'、'.join(windows)}" for kind, windows in by_kind.items())


def _sums(answer: Compliance, summed: Totals) -> tuple[str, str, str]:
    return str(summed.due), str(summed.fulfilled), summed.shown(answer.rate_by)


def _unit_line(answer: Compliance, row: Row) -> tuple[str, ...]:
    years = answer.of(row.units)
    name = row.unit.short_name + ("" if row.unit.alive else "（已撤销）")
    if row.unit.id == answer.root.id:
        name += "本级"
    return name, str(row.branches), *_sums(answer, totals(years)), str(len(matters(years, OVERDUE)))


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _print(out: TextIO, head: Sequence[str], lines: Sequence[Sequence[str]]) -> None:
    widths = [max(_width(line[i]) for line in (head, *lines)) for i in range(len(head))]
    for line in (head, *lines):
        first, *others = line
        cells = [first + " " * (widths[0] - _width(first)), *(" " * (width - _width(text)) + text for text, width in zip(others, widths[1:], strict=True))]
        print("  ".join(cells).rstrip(), file=out)
