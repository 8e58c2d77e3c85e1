"""The plain list of what each area offers to the seams (facts, duties, case effects)."""
from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zhibu.ground.jobs.registry import Kind, Schedule


def connect() -> None:
    """Connect every provider; called once when the last app is ready."""
    import zhibu.areas.care.duties as care_duties
    import zhibu.areas.care.endings as care_endings
    import zhibu.areas.care.facts as care_facts
    import zhibu.areas.care.money as care_money
    import zhibu.areas.dues.assessing as dues_assessing
    import zhibu.areas.dues.books as dues_books
    import zhibu.areas.dues.duties as dues_duties
    import zhibu.areas.dues.facts as dues_facts
    import zhibu.areas.dues.hardship as dues_hardship
    import zhibu.areas.dues.procedures as dues_procedures
    import zhibu.areas.dues.relief as dues_relief
    import zhibu.areas.meetings.actions as meetings_actions
    import zhibu.areas.meetings.duties as meetings_duties
    import zhibu.areas.meetings.elsewhere as meetings_elsewhere
    import zhibu.areas.meetings.form as meetings_form
    import zhibu.areas.meetings.plan_actions as meetings_plan_actions
    import zhibu.areas.meetings.plans as meetings_plans
    import zhibu.areas.meetings.procedures as meetings_procedures
    import zhibu.areas.resources.duties as resources_duties
    import zhibu.areas.resources.endings as resources_endings
    import zhibu.areas.resources.facts as resources_facts
    import zhibu.areas.roster.facts as roster_facts
    import zhibu.areas.structure.actions as structure_actions
    import zhibu.areas.structure.duties as structure_duties
    import zhibu.areas.structure.procedures as structure_procedures
    import zhibu.areas.talks.duties as talks_duties
    import zhibu.areas.talks.endings as talks_endings
    import zhibu.areas.talks.facts as talks_facts
    import zhibu.areas.training.duties as training_duties
    import zhibu.areas.training.endings as training_endings
    import zhibu.areas.training.facts as training_facts
    import zhibu.areas.transfers.duties as transfers_duties
    import zhibu.areas.transfers.endings as transfers_endings
    import zhibu.areas.transfers.facts as transfers_facts
    import zhibu.areas.transfers.procedures as transfers_procedures
    import zhibu.areas.transfers.standing as transfers_standing
    from zhibu.exchange.channels import daily, deliver
    from zhibu.ground.access import sittings
    from zhibu.ground.access.queries import system_actor
    from zhibu.ground.duties import duty
    from zhibu.ground.facts import catalogue
    from zhibu.ground.files import sweep
    from zhibu.ground.guard import once
    from zhibu.ground.jobs import queue, registry
    from zhibu.ground.notice import channels, keeping
    from zhibu.ground.process import spec
    from zhibu.ground.record import queries as recorded
    from zhibu.ground.record import study
    from zhibu.ground.tree import closing

    duty.register("structure", structure_duties.due)
    duty.register("meetings", meetings_duties.due)
    duty.register("talks", talks_duties.due)
    duty.register("care", care_duties.due)
    care_money.connect(lambda actor, org_id: [care_money.Voucher(e.id, e.fen, e.what, e.on, e.voucher) for e in dues_hardship.agreed(actor, org_id)])
    catalogue.register(roster_facts.FACTS)
    catalogue.register((*talks_facts.FACTS, *care_facts.FACTS))
    duty.register("transfers", transfers_duties.due)
    catalogue.register(transfers_facts.FACTS)
    duty.register("dues", dues_duties.due)
    catalogue.register(dues_facts.FACTS)
    duty.register("training", training_duties.due)
    duty.register("resources", resources_duties.due)
    catalogue.register(roster_facts.FACTS)
    catalogue.register(training_facts.FACTS)
    catalogue.register(resources_facts.FACTS)
    sweep.register(recorded.naming)
    sweep.register(meetings_form.naming)
    sweep.register(meetings_elsewhere.naming)
    study.offer(meetings_elsewhere.visited)
    closing.register(closing.Hanging(
        "计划的会", "次", "从那天起取消，写明原因；一起开的支部看得到", meetings_plans.open_at, meetings_plan_actions.end_with
    ))
    closing.register(closing.Hanging(
        "转接和流动登记", "件", "转出的撤销，转来的交上级党委另定支部，流动党员由接收的支部重新登记", transfers_endings.open_at, transfers_endings.end_with
    ))
    closing.register(closing.Hanging(
        "谈心谈话", "件", "跟着党员转到接收的支部，没有人接收的到此为止", talks_endings.open_at, talks_endings.end_with, talks_endings.carry, talks_endings.about
    ))
    closing.register(closing.Hanging(
        "关怀帮扶", "件", "跟着党员转到接收的支部接着办，没有人接收的到此为止", care_endings.open_at, care_endings.end_with, care_endings.carry, care_endings.about
    ))
    closing.register(closing.Hanging(
        "场所、预订和经费", "项", "场所和预订归接收的组织，经费到此为止、由接收的组织另编", resources_endings.open_at, resources_endings.end_with, resources_endings.carry
    ))
    closing.register(closing.Hanging("培训课程", "门", "由接收的组织接着办，学时跟着党员走", training_endings.open_at, training_endings.end_with, training_endings.carry))
    for kind in transfers_procedures.KINDS:
        spec.register(kind, transfers_standing.EFFECTS[kind.code])
    closing.register(closing.Hanging("通知渠道", "个", "不再发，地址和密钥清掉", channels.open_at, channels.end_with))
    for kind in structure_procedures.KINDS:
        spec.register(kind, structure_actions.EFFECTS[kind.code])
    spec.register(meetings_procedures.EXCUSE, meetings_actions.grant_excuse)
    registry.register(deliver.WORK)
    for work, schedule in daily.WORKS:
        registry.register(work, schedule)
    registry.register(
        registry.Kind("dues.assess", "生成党费应交清单", lambda run, arguments: void(dues_assessing.monthly(system_actor(), at=run.at))),
        registry.Schedule("dues.assess", daily=time(2, 30)),
    )
    registry.register(*pruning("jobs.prune", "清理做完的后台工作", time(3, 10), queue.prune))
    registry.register(*pruning("once.prune", "清理表单的防重编号", time(3, 30), once.prune))
    registry.register(*pruning("notice.prune", "清理发过的通知", time(3, 40), lambda at: keeping.prune(system_actor().sees(), at)))
    registry.register(*pruning("access.prune", "清理过期的登录", time(3, 50), sittings.prune))
    registry.register(
        registry.Kind("files.sweep", "清理没有用到的上传", lambda run, arguments: void(sweep.sweep(run.at)), whole=False), registry.Schedule("files.sweep", daily=time(3, 20))
    )
    spec.register(dues_procedures.EXEMPT, dues_relief.granted)
    spec.register(dues_procedures.EXPENSE, dues_books.approved)


def void(result: object) -> None:
    """Drop a result: what a job gives back is kept nowhere."""


def pruning(name: str, title: str, when: time, take_away: Callable[[datetime], int]) -> tuple[Kind, Schedule]:
    """Give the daily work that takes away what was kept long enough: short transactions of its own, so that nobody waits for the lock of SQLite."""
    from zhibu.ground.jobs.registry import Kind, Schedule

    return Kind(name, title, lambda run, arguments: void(take_away(run.at)), whole=False), Schedule(name, daily=when)
