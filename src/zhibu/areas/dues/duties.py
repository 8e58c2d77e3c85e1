"""What is due about dues today: arrears by step, months to collect, bases to confirm, money to hand up, the year to publish. Derived, never stored."""
from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from django.db.models import Count, Exists, Q
from django.utils import timezone

from zhibu.ground.duties.duty import Duty, DutyAction, DutyState
from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.guard.scope import Scope
from zhibu.ground.policy.resolve import Effective
from zhibu.ground.tree import queries as tree
from zhibu.ground.tree.queries import OrgView
from zhibu.kernel.periods import month_index

from . import arrears, queries
from .arrears import Late
from .models import Assessment, Expense, IncomeBase, Posting, Publication
from .reach import rules_at
from .rules import Step, month_zh, months_zh, yuan
from .twins import Twins, twins

CLAUSE = "党费收缴使用和管理规定"
EDUCATION = "党员教育管理工作条例第二十九条"
NAMED = 3
TELL_FROM_DAY = 20  # a running month's open payments are said from this day on


def due(actor: Actor, scope: Scope, today: date) -> list[Duty]:
    """List the duties of the actor's own organisations inside the scope, and one line per kind about those below."""
    found: list[Duty] = []
    held = {g.org_id: g for g in actor.grants if scope.covers(g.org_path) and g.permissions & {P.DUES_WRITE, P.DUES_TOTAL, P.DUES_DECIDE}}
    orgs = tree.views(held) if held else {}
    for org_id, grant in held.items():
        org = orgs[org_id]
        if P.DUES_WRITE in grant.permissions:
            own = actor.scope(P.DUES_WRITE).narrowed(org.path)
            rules = rules_at(org_id, today)
            found += _branch(own, org, today, rules) if org.is_branch else []
            found += _money(own, org, today, rules)
        if not org.is_branch and P.DUES_TOTAL in grant.permissions:
            found += _above(actor.scope(P.DUES_TOTAL).narrowed(org.path), org, today)
        if P.DUES_DECIDE in grant.permissions:
            waiting = queries.to_receive(actor.scope(P.DUES_DECIDE), [org_id])
            if waiting:
                found.append(_duty(org, "receive", f"{len(waiting)} 笔下级上缴的党费等您确认收到", f"{waiting[0].other} {yuan(waiting[0].amount)}元" + ("等" if len(waiting) > 1 else ""), DutyState.SOON, None, CLAUSE, "去确认", "dues.money"))
    return found


def _duty(org: OrgView, what: str, title: str, why: str, state: DutyState, on: date | None, clause: str, label: str, page: str, *more: tuple[str, str]) -> Duty:
    return Duty(f"dues:{what}:{org.id}", org.id, org.name, on, state, title, why, clause, (DutyAction(label, page, (("org_id", str(org.id)), *more)),))


def _branch(scope: Scope, org: OrgView, today: date, rules: Effective) -> list[Duty]:
    people = queries.members_in(scope, org.id, today)
    found = _late(org, arrears.late(scope, today, org_id=org.id, known=rules), people)
    month = month_index(today)
    both = twins(scope)
    rows = Assessment.objects.within(scope).filter(org_id=org.id, month=month, ended_at__isnull=True, amount_fen__gt=0).exclude(pk__in=both.surplus)
    tally = rows.aggregate(n=Count("id"), open=Count("id", filter=Q(payment__isnull=True)))
    if today.day >= TELL_FROM_DAY and tally["open"]:
        found.append(_duty(org, "month", f"{month_zh(month)}党费还有 {tally['open']} 人没交", "党费按月交，月底前收齐，不用催的可以等主题党日一起收", DutyState.SOON, None, CLAUSE, "去收", "dues.month"))
    return found + _bases(scope, org, today, people, both)


def _late(org: OrgView, late: list[Late], called: Mapping[int, str]) -> list[Duty]:
    found, reminders = [], []
    for one in late:
        name, months = called.get(one.person_id, "一名党员"), months_zh(one.found.unpaid)
        here = (("person_id", str(one.person_id)),)
        if one.needs_review:
            found.append(Duty(
                f"dues:lapse:{org.id}:{one.person_id}", org.id, org.name, None, DutyState.OVERDUE, f"{name}连续 {one.found.months} 个月没交党费，请核查原因",
                f"{months}，共{yuan(one.owed)}元。查清原因、支委会研究；有正当理由的补交，不影响党籍", CLAUSE, (DutyAction("启动核查", "dues.person", here),),
            ))
        elif one.review == "open":
            found.append(Duty(f"dues:review:{org.id}:{one.person_id}", org.id, org.name, None, DutyState.SOON, f"{name}的欠交核查还没有结论", "请核实原因，支委会研究后登记", CLAUSE, (DutyAction("登记结论", "dues.person", here),)))
        elif one.review == "no_reason":
            found.append(Duty(f"dues:no_reason:{org.id}:{one.person_id}", org.id, org.name, None, DutyState.SOON, f"{name}欠交党费没有正当理由，请按不合格党员处置的程序办理", "党籍要经支部党员大会讨论、上级批准才能改变", CLAUSE, (DutyAction("看情况", "dues.person", here),)))
        elif one.found.step is Step.CRITICISM and not one.review:
            found.append(Duty(f"dues:criticism:{org.id}:{one.person_id}", org.id, org.name, None, DutyState.SOON, f"{name}已 {one.found.months} 个月没交党费，请批评教育、限期改正", f"{months}，共{yuan(one.owed)}元", EDUCATION, (DutyAction("看情况", "dues.person", here),)))
        else:
            reminders.append(f"{name}（{months}）")
    if reminders:
        text = "、".join(reminders[:NAMED]) + ("等" if len(reminders) > NAMED else "")
        found.append(_duty(org, "reminder", f"{len(reminders)} 人有党费没交，请提醒", text, DutyState.SOON, None, CLAUSE, "看名单", "dues.arrears"))
    return found


def _bases(scope: Scope, org: OrgView, today: date, people: Mapping[int, str], both: Twins) -> list[Duty]:
    rows = {both.of(p): (verified, first) for p, verified, first in IncomeBase.objects.within(scope).filter(org_id=org.id, to_month__isnull=True, ended_at__isnull=True).order_by("id").values_list("person_id", "verified_at", "from_month")}
    missing = [name for p, name in people.items() if p not in rows]
    found = []
    if missing:
        text = "、".join(missing[:NAMED]) + ("等" if len(missing) > NAMED else "")
        found.append(_duty(org, "no_base", f"{len(missing)} 名党员还没有核定党费基数", text, DutyState.SOON, None, CLAUSE, "去核定", "dues.bases"))
    old = [p for p, (verified, _) in rows.items() if p in people and (verified is None or timezone.localtime(verified).year < today.year)]
    if old and today.month <= 3:
        late = today.month > 1
        found.append(_duty(org, "verify", f"{len(old)} 名党员今年的党费基数还没有核实", "每年年初核定一次，工资有变化的从变化的那个月起改", DutyState.OVERDUE if late else DutyState.SOON, date(today.year, 1, 31), CLAUSE, "去核实", "dues.bases"))
    return found


def _money(scope: Scope, org: OrgView, today: date, rules: Effective) -> list[Duty]:
    found = []
    approved = Expense.objects.within(scope).filter(org_id=org.id, spent_on__isnull=True, undone_at__isnull=True).count()
    if approved:
        found.append(_duty(org, "spend", f"{approved} 项同意使用的党费还没有登记支出", "支出后登记日期和凭证，结存才对得上", DutyState.LATER, None, CLAUSE, "去登记", "dues.money"))
    remit = queries.remit_due(scope, org.id, today, rules)
    if remit is not None and remit[0] > 0:
        found.append(_duty(org, "remit", f"到上季度末应上缴党费{yuan(remit[0])}元", f"已收党费的{remit[1].num}/{remit[1].den}", DutyState.SOON, None, CLAUSE, "登记上缴", "dues.money"))
    year = today.year - 1
    known = Publication.objects.within(scope).filter(org_id=org.id, year=year)
    if Posting.objects.within(scope).filter(~Exists(known), org_id=org.id, on__gte=date(year, 1, 1), on__lte=date(year, 12, 31)).exists():
        late = today.month > 3
        found.append(_duty(org, "publish", f"{year}年党费收缴使用情况还没有公布", "每年至少向党员公布一次（V14）", DutyState.OVERDUE if late else DutyState.SOON, date(today.year, 3, 31), CLAUSE, "去公布", "dues.money"))
    return found


def _above(scope: Scope, org: OrgView, today: date) -> list[Duty]:
    tallies = arrears.counts(scope, today)
    wanted = (("needs_review", "有党员连续没交党费达到核查的月数，还没有启动核查", DutyState.SOON), (Step.CRITICISM, "有党员3个月以上没交党费", DutyState.LATER))
    found = []
    for key, said, state in wanted:
        hit = [org_id for org_id, tally in tallies.items() if tally.get(key)]
        if hit:
            found.append(_duty(org, f"many_{key}", f"{len(hit)} 个支部{said}", _named(hit), state, None, CLAUSE, "看各支部", "dues.totals"))
    return found


def _named(org_ids: Iterable[int]) -> str:
    ids = sorted(org_ids)
    orgs = tree.views(ids[:NAMED])
    return "、".join(orgs[i].short_name for i in ids[:NAMED]) + ("等" if len(ids) > NAMED else "")
