"""The daily work: what is due at a branch, put together into ONE notice for the channels that asked for it. Opt-in, within the limits of reminders."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import time
from typing import Any

from django.utils import timezone

from zhibu.ground.access.queries import office
from zhibu.ground.duties.duty import Duty, DutyState, due
from zhibu.ground.guard.scope import Scope
from zhibu.ground.jobs import queue
from zhibu.ground.jobs.registry import Kind as Work
from zhibu.ground.jobs.registry import Run, Schedule
from zhibu.ground.notice import limits as hours
from zhibu.ground.notice import outbox, queries
from zhibu.ground.notice.outbox import Post, Sort
from zhibu.ground.notice.wording import private_in
from zhibu.ground.tree import queries as tree
from zhibu.ground.workdays import queries as workdays

ALL, ONE = "notice.daily", "notice.daily_one"
#: areas whose duties name no single person; of all others only the number leaves the platform
OPEN_AREAS = ("meetings:", "structure:term:", "structure:vacant:", "structure:under:")
MOST_LINES = 8


def every(run: Run, arguments: Mapping[str, Any]) -> None:
    """Ask for the notice of each organisation that wants one; one job each, so that a fault at one holds up nobody."""
    for org_id in sorted(queries.daily_orgs()):
        queue.enqueue(ONE, {"org": org_id})


def one(run: Run, arguments: Mapping[str, Any]) -> None:
    """Write the notice of one organisation, if there is anything that was not told within the days of the limit."""
    org_id, today = int(arguments["org"]), timezone.localtime(run.at).date()
    view = tree.views([org_id])[org_id]
    if view.status == "dissolved":
        return
    limit = hours.of(org_id, today)
    if not hours.hours_open(limit, run.at, workdays.around(today)).ok:
        return  # nothing piles up over a holiday: the next working day says what is due then
    actor = office("系统", "branch_secretary" if view.is_branch else "general_branch_secretary" if view.kind == "general_branch" else "party_building_office", org_id)
    scope = Scope((view.path_now,))
    found = [d for d in due(actor, scope, today) if d.state in (DutyState.OVERDUE, DutyState.SOON) and d.org_id == org_id]
    matters = {matter_of(d): d for d in found}
    told = outbox.reminded(scope, org_id, list(matters), limit, run.at)
    fresh = [d for m, d in matters.items() if m not in told]
    if not fresh:
        return
    outbox.put(Post(org_id, view.path_now, tuple(matter_of(d) for d in fresh), text(view.short_name, fresh), brief(fresh), "系统"), Sort.REMINDER, limit, run.at, daily=True)


def matter_of(duty: Duty) -> str:
    """Give the name under which it is kept that a duty was told; of a window of organisational life it is the one that reminders use."""
    parts = duty.key.split(":")
    if len(parts) == 5 and parts[0] == "meetings" and parts[1].isdecimal():
        return f"meetings:{parts[2]}:{'' if parts[3] == '0' else parts[3]}:{parts[4]}"
    return duty.key[-80:]


def said_outside(duty: Duty) -> str:
    """Give what may be said of a duty outside: its title, where it is about no single person; else nothing."""
    return "" if not duty.key.startswith(OPEN_AREAS) or private_in(duty.title) else duty.title


def text(name: str, duties: Sequence[Duty]) -> str:
    """Put the duties into one text: how many, the titles of those that concern nobody in person, and where the rest stands."""
    late = sum(d.state is DutyState.OVERDUE for d in duties)
    head = f"【待办提示】{name}\n" + "，".join(p for p in (f"过了时间的 {late} 件" if late else "", f"快到时间的 {len(duties) - late} 件" if late < len(duties) else "") if p) + "。"
    lines = [line for line in map(said_outside, duties) if line][:MOST_LINES]
    rest = len(duties) - len(lines)
    return "\n".join([head, *(f"{n}. {line}" for n, line in enumerate(lines, 1)), *((f"另有 {rest} 件，登录后看。" if lines else "登录支部工作台看。",) if rest else ())])


def brief(duties: Sequence[Duty]) -> str:
    """Put the duties into an SMS: numbers only."""
    late = sum(d.state is DutyState.OVERDUE for d in duties)
    return f"支部工作台：您支部有{len(duties)}件事快到或过了时间" + (f"，其中过了时间的{late}件" if late else "") + "，请登录看。"


WORKS = (
    (Work(ALL, "每天汇总到期的事", every), Schedule(ALL, daily=time(8, 30))),
    (Work(ONE, "汇总一个组织到期的事", one), None),
)
