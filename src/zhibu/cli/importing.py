"""`zhibu import FILE... [--org ORG] [--as USER] [--commit] [--json OUT]`: read clerks' tables, say what to mend, and with --commit write what is fine."""
from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from django.utils import timezone

from zhibu.cli.serve import pending
from zhibu.exchange.intake import confirm, cures, report, rights
from zhibu.exchange.intake.findings import FileRead, FileRefused, TableKind, Upload
from zhibu.exchange.intake.grid import MAX_FILE_BYTES
from zhibu.exchange.intake.installed import Installed, in_reach
from zhibu.exchange.intake.pipeline import read_files
from zhibu.ground.access.queries import actor_by_username
from zhibu.ground.guard.actor import Actor, Refused
from zhibu.ground.guard.scope import Scope
from zhibu.ground.journal import headings
from zhibu.ground.tree import queries as tree
from zhibu.ground.tree.queries import OrgView

READ, REFUSED, USAGE = 0, 1, 2
SHOWN = 8  # rows listed under one cure in the terminal
COUNTED = {
    "organisations_new": "新建党组织", "organisations_changed": "补充党组织", "members_new": "新增党员", "members_changed": "更新党员", "groups": "新建党小组",
    "terms": "登记班子", "posts": "登记职务", "meetings": "记入会议", "dues_new": "核定党费", "dues_changed": "改核定",
}


class Usage(Exception):
    """The call cannot be carried out as written."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> None:  # type: ignore[override]
        raise Usage(f"{message}\n{self.format_usage().strip()}")


def main(argv: Sequence[str]) -> int:
    """Run the command: 0 read (and written), 1 a file was refused, 2 wrong usage."""
    try:
        return _run(argv)
    except Usage as error:
        print(error, file=sys.stderr)
        return USAGE


def _run(argv: Sequence[str]) -> int:
    parser = _Parser(prog="zhibu import", description="导入花名册、党组织表、会议台账、党费核定表。不加 --commit 只看不写")
    parser.add_argument("files", nargs="+", metavar="文件")
    parser.add_argument("--org", metavar="组织", help="导入到哪个党组织：代码或全称；不写就在整棵树里找（只能看）")
    parser.add_argument("--as", dest="user", metavar="账号", help="以哪个账号导入")
    parser.add_argument("--commit", action="store_true", help="写进去；必须同时写 --org 和 --as")
    parser.add_argument("--json", metavar="文件", help="把结果写成 JSON；- 表示打印出来")
    args = parser.parse_args(list(argv))
    if args.commit and not (args.org and args.user):
        raise Usage("--commit 要同时写明 --org 组织 和 --as 账号")
    if pending():
        raise Usage("数据库还没有建好或不是最新的，请先运行 zhibu serve 或 zhibu demo")
    uploads = _uploads(args.files)
    now = timezone.now()
    today = timezone.localdate(now)
    actor, org = _who(args.user, today), _where(args.org)
    if actor is not None:
        _may(actor, args.user, org, args.org)
    office = _office(actor, org)
    tables = rights.tables(actor, org.path) if actor is not None and org is not None else frozenset(TableKind)
    installed = Installed(org, today, headings.learnt(Scope((office.path,)), office.id) if office else {}, tables)
    found = in_reach(read_files(uploads, installed.known, parse=installed.parse), installed)
    answer = report.to_json(found)
    refused = [f for f in found if isinstance(f, FileRefused)]
    read = [f for f in found if isinstance(f, FileRead)]
    quiet = args.json == "-"
    if not quiet:
        _tell(found)
    if args.commit and actor is not None and org is not None:
        if refused:
            print("有文件没有读进来，什么都没有写。请改好后再导入", file=sys.stderr)
        else:
            try:
                done = confirm.commit(actor, org, read, at=now)
            except Refused as error:
                raise Usage(error.reason) from error
            answer["batch"] = {"id": done.batch_id, "counts": dict(done.counts)}
            if not quiet:
                _tell_cures(cures.blocked(done.plan) + cures.kept(done.plan))
                _tell_done(done)
    elif not quiet and actor is not None and org is not None:
        plan = confirm.draw(actor, org, read, at=now)
        _tell_cures(cures.blocked(plan) + cures.kept(plan))
        print("\n只看没有写。要写进去，加上 --commit")
    _put(args.json, answer)
    return REFUSED if refused else READ


def _uploads(paths: Sequence[str]) -> list[Upload]:
    found: list[Upload] = []
    if again := [text for n, text in enumerate(paths) if Path(text).resolve() in {Path(t).resolve() for t in paths[:n]}]:
        raise Usage(f"文件“{again[0]}”写了两次")
    for text in paths:
        path = Path(text)
        try:
            with path.open("rb") as source:
                data = source.read(MAX_FILE_BYTES + 1)
        except OSError as error:
            raise Usage(f"打不开文件“{text}”：{'没有这个文件' if isinstance(error, FileNotFoundError) else error.strerror}") from error
        name = path.name if path.name not in {u.name for u in found} else text
        found.append(Upload(name, data))
    return found


def _who(user: str | None, today) -> Actor | None:  # type: ignore[no-untyped-def]
    if not user:
        return None
    actor = actor_by_username(user, today)
    if actor is None:
        raise Usage(f"没有账号“{user}”")
    return actor


def _where(text: str | None) -> OrgView | None:
    if not text:
        return None
    org = tree.find(text)
    if org is None:
        raise _unknown(text)
    return org


def _unknown(text: str) -> Usage:
    return Usage(f"没有代码或全称是“{text}”的党组织")


def _may(actor: Actor, user: str, org: OrgView | None, asked: str | None) -> None:
    if not rights.somewhere(actor):
        raise Usage(f"账号“{user}”没有导入的权限")
    if org is not None and not rights.tables(actor, org.path):
        raise _unknown(asked or "")


def _office(actor: Actor | None, org: OrgView | None) -> OrgView | None:
    """Give the office whose corrections of columns count: where the account holds the right to import."""
    if actor is None or org is None:
        return None
    held = rights.office(actor, org.path)
    return tree.views([held.org_id]).get(held.org_id) if held else None


def _tell(found: Sequence[FileRead | FileRefused]) -> None:
    for file in found:
        if isinstance(file, FileRefused):
            print(f"{file.name}\n  拒收 {file.code} {file.message}")
            continue
        totals = file.totals
        print(f"{file.name}\n  直接入库 {totals['ok']}，待确认 {totals['confirm']}，拒收 {totals['reject']}，不是数据行 {totals['skip']}")
        for sheet in file.sheets:
            if sheet.action == "skip":
                print(f"  {sheet.message}")
            elif sheet.note:
                print(f"  {sheet.note}")
            for said in (*sheet.notices, *sheet.questions):
                print(f"  {'' if sheet.name == '*' else f'工作表“{sheet.name}”：'}{said.message}")
    read = [f for f in found if isinstance(f, FileRead)]
    _tell_cures(cures.rejected(read) + cures.waiting(read) + cures.noted(read))


def _tell_cures(found: Sequence[cures.Cure]) -> None:
    words = {"reject": "拒收", "blocked": "不能导入", "confirm": "待确认", "note": "提示"}
    for cure in found:
        print(f"\n{words[cure.level]}：{cure.title}。{cure.cure}")
        for place in cure.rows[:SHOWN]:
            where = f"{place.file} {place.sheet + ' ' if place.sheet else ''}第 {place.row} 行"
            print("  " + " ".join(t for t in (where, place.name, place.text) if t))
        if len(cure.rows) > SHOWN:
            print(f"  还有 {len(cure.rows) - SHOWN} 行，全部见 --json 的结果")


def _tell_done(done: confirm.Done) -> None:
    if done.batch_id is None:
        print("\n没有要写的：这些内容系统里都有了，或还不能导入")
        return
    print(f"\n已写入，第 {done.batch_id} 批：" + "，".join(f"{title} {done.counts[key]}" for key, title in COUNTED.items() if done.counts.get(key)))
    print("7 天内可以在网页“导入”里整批撤销")


def _put(target: str | None, answer: dict) -> None:
    if not target:
        return
    text = json.dumps(answer, ensure_ascii=False, indent=1)
    if target == "-":
        print(text)
        return
    try:
        Path(target).write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise Usage(f"结果写不进“{target}”：{error.strerror}") from error


