"""Build the auditor's list and its file."""
from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone

from zhibu.exchange.excel import Column, Table
from zhibu.ground.access.queries import usernames
from zhibu.ground.access.roles import roles
from zhibu.ground.journal.reading import EntryLine, titles
from zhibu.ground.tree import queries as tree
from zhibu.kernel.dates import show
from zhibu.web.shell.context import Choice, Pager

from .context import EntryRow, JournalPage

PER_PAGE = 50
SUBJECTS = {
    "account": "账号", "person": "党员", "organisation": "党组织", "case": "报批", "batch": "导入批次", "committee": "委员会", "excuse": "免开", "activity": "会议记录",
    "attachment": "附件", "notice": "提醒", "channel": "通知渠道", "group": "党小组", "draft": "没写完的记录", "plan": "计划", "leave": "请假", "rule_set": "规则集",
    "transfer": "组织关系转接", "transfer_wish": "转接申请", "stay": "党员证明信", "floating": "流动登记", "talk": "谈话", "talk_event": "要谈的事", "contact": "联系对象", "care_event": "要看望的事", "care_member": "常去看望的党员", "care_call": "走访", "care_request": "帮扶申请",
    "income_base": "党费基数", "payment": "交费", "exemption": "减免党费", "dues_consent": "支部同意", "dues_review": "欠交核查", "remittance": "上缴党费", "restitution": "返还党费",
    "expense": "党费支出", "dues_opening": "期初结存", "dues_publication": "党费公布", "bank_file": "银行文件",
    "bank_line": "银行到账",
    "course": "课程", "session": "培训", "fund": "三项经费", "place": "场所",
}
FACTORS = {"totp": "动态码", "passkey": "通行密钥", "recovery": "备用码"}


def rows(lines: Sequence[EntryLine]) -> tuple[EntryRow, ...]:
    """Write entries as people read them: names of organisations and accounts, numbers of everything else."""
    orgs = tree.views({n.org_id for n in lines if n.org_id is not None})
    accounts = usernames({n.subject_id for n in lines if n.subject_type == "account" and n.subject_id is not None})
    found = []
    for n in lines:
        here = timezone.localtime(n.at)
        about = SUBJECTS.get(n.subject_type, n.subject_type)
        if n.subject_id is not None:
            about += f" {accounts[n.subject_id]}" if n.subject_type == "account" and n.subject_id in accounts else f" {n.subject_id}号"
        details = "，".join(_details(n.changes))
        org = orgs.get(n.org_id) if n.org_id is not None else None
        found.append(
            EntryRow(f"{show(here.date())} {here:%H:%M:%S}", n.account_name or "系统", f"{n.family} · {n.title}", f"{about}（{details}）" if details else about, org.name if org else "")
        )
    return tuple(found)


def _details(changes: Mapping[str, object]) -> Iterable[str]:
    """Say what an administrator changed; only what is known to hold no member's data."""
    if role := roles().get(str(changes.get("role", ""))):
        yield role.title
    if "on" in changes:
        yield f"从{changes['on']}起"
    if kind := FACTORS.get(str(changes.get("kind", ""))):
        yield kind
    if "left" in changes:
        yield f"还剩 {changes['left']} 个"


def page(lines: Sequence[EntryLine], total: int, texts: Mapping[str, str], number: int, told: str) -> JournalPage:
    """Build the list."""
    pages = max(1, -(-total // PER_PAGE))

    def url(at: int) -> str:
        return f"{reverse('journal:list')}?{urlencode({**texts, 'page': at})}" if 1 <= at <= pages else ""

    families = (Choice("全部", "", chosen=not texts["family"]), *(Choice(t["title"], code, chosen=texts["family"] == code) for code, t in titles().items()))
    return JournalPage(
        "操作日志", "谁、什么时候、办了什么、在哪个党组织。只能看和导出，谁也改不了；党员资料不在这里", rows(lines), f"{total} 条", reverse("journal:list"), reverse("journal:file"), families,
        texts["q"], texts["from"], texts["to"], texts["org"], told, Pager(f"第 {number} 页，共 {pages} 页", url(number - 1), url(number + 1)) if pages > 1 else None,
    )


def table(lines: Sequence[EntryLine], said: str, on: date) -> Table:
    """Build the file."""
    columns = (Column("时间", 20), Column("办理人", 14), Column("办了什么", 30), Column("对象", 36), Column("党组织", 40), Column("结果", 8))
    body = tuple((r.when, r.who, r.what, r.about, r.where, "办成" if n.result == "ok" else n.result) for n, r in zip(lines, rows(lines), strict=True))
    return Table("操作日志", "操作日志", (said, f"制表日期：{show(on)}，共 {len(lines)} 条"), columns, body)
