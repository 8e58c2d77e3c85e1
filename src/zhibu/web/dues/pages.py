"""Build the pages about the dues of a branch's members."""
from __future__ import annotations

from datetime import date

from django.urls import reverse

from zhibu.areas.dues import arrears, queries
from zhibu.areas.dues.arrears import Late
from zhibu.areas.dues.paper import by_quarter
from zhibu.areas.dues.queries import MonthLine, PaymentView, PersonAccount
from zhibu.areas.dues.rules import (
    CONSENT_ZH,
    EXEMPTION_ZH,
    METHOD_ZH,
    REVIEW_ZH,
    STEP_ZH,
    Step,
    month_code,
    month_zh,
    months_zh,
    rate_zh,
    yuan,
)
from zhibu.exchange.sheets.dues_forms import ASSESSMENT
from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.policy import queries as policy
from zhibu.ground.tree.queries import OrgView
from zhibu.kernel.dates import show
from zhibu.kernel.numbers import percent
from zhibu.kernel.periods import month_of_index
from zhibu.web.paper.offers import of_dues
from zhibu.web.shell.context import Button, Callout, Choice, Link, Pair, Stat, State, Tone

from .context import Debtor, DuesPage, MonthPage, Part, Row
from .words import crumbs, how, said, tabs

STEP_TONE = {Step.REMINDER: Tone.WARN, Step.CRITICISM: Tone.BAD, Step.LAPSE_REVIEW: Tone.BAD}


def link(name: str, org_id: int, what: str, **query: object) -> str:
    """Give the address of a form."""
    return reverse(name, args=[org_id, what]) + ("?" + "&".join(f"{k}={v}" for k, v in query.items()) if query else "")


def build_month(actor: Actor, org: OrgView, month: int, today: date, paid_on: str, fault: str = "") -> MonthPage:
    """Build 收缴 of a month."""
    sheet = queries.month_sheet(actor.scope(P.DUES_READ), org.id, month)
    unpaid, paid = sheet.of("unpaid"), sheet.of("paid")
    here, now = reverse("dues:month", args=[org.id]), queries.this_month(today)
    year, _ = month_of_index(month)
    last = min(now, year * 12 + 11)
    shown = [m for m in range(year * 12, last + 1)]
    due = [one for one in sheet.lines if one.state in ("paid", "unpaid")]
    stats = (
        Stat("应交", yuan(sheet.due), "元"), Stat("已交", yuan(sheet.paid), "元", Tone.OK), Stat("还没交", str(len(unpaid)), "人", Tone.WARN if unpaid else Tone.PLAIN),
        Stat("已交人数占比", percent(len(paid), len(due))),
    )
    missing = sheet.of("no_base")
    callouts = [Callout(f"{'、'.join(one.name for one in missing[:8])}还没有核定党费基数，核定以后才能收。", Tone.WARN, Link("去核定", reverse("dues:bases", args=[org.id])))] if missing else []
    callouts[:0] = [Callout(fault, Tone.BAD)] if fault else []
    callouts += [Callout(f"{one.name}：{one.why}", Tone.WARN, Link("去改", reverse("dues:person", args=[one.person_id]))) for one in sheet.of("refused")]
    writes = actor.may(P.DUES_WRITE, org.path_now)
    return MonthPage(
        f"{month_zh(month)}党费", org.name, crumbs(org, Link("收缴")), tabs(actor, org, "dues:month"),
        (Choice(f"{year - 1}年", "", f"{here}?month={year - 1}-12"), *(Choice(f"{month_of_index(m)[1]}月", "", f"{here}?month={month_code(m)}", m == month) for m in shown))
        + ((Choice(f"{year + 1}年", "", f"{here}?month={year + 1}-01"),) if now > last else ()),
        stats, tuple(callouts), f"{here}?month={month_code(month)}" if writes else "",
        tuple(Debtor(one.person_id, one.name, yuan(one.amount or 0), how(one.category, one.base, one.rate), reverse("dues:person", args=[one.person_id])) for one in unpaid),
        ",".join(str(one.person_id) for one in unpaid), yuan(sum(one.amount or 0 for one in unpaid)), paid_on or str(today), str(today),
        tuple(Choice(label, code, chosen=code == "theme_day") for code, label in METHOD_ZH.items() if code != "relative"),
        Part("已交", ("姓名", "金额（元）", "怎么算的", "哪天交的", ""), tuple(_paid(one, org.id, writes) for one in paid), empty="还没有人交。", numbers=(1,)),
        Part("不用交", ("姓名", "原因"), tuple(Row((one.name, "已批准免交"), reverse("dues:person", args=[one.person_id])) for one in sheet.of("exempt"))),
    )


def _paid(one: MonthLine, org_id: int, writes: bool) -> Row:
    receipt = (Button("收据", reverse("paper:receipt", args=[one.payment_id]), small=True, style="txt"),) if one.payment_id else ()
    buttons = (*receipt, *((Button("冲正", link("dues:form", org_id, "reverse", id=one.payment_id), small=True, style="txt"),) if writes else ()))
    return Row(
        (one.name, yuan(one.amount or 0), how(one.category, one.base, one.rate), f"{show(one.paid_on)} {METHOD_ZH.get(one.method, '')}" if one.paid_on else ""),
        reverse("dues:person", args=[one.person_id]), buttons=buttons,
    )


def late_state(one: Late) -> State:
    """Give shape and word of somebody's arrears."""
    if one.review:
        return State(Tone.WAIT if one.review != "no_reason" else Tone.BAD, REVIEW_ZH[one.review])
    return State(STEP_TONE[one.found.step], STEP_ZH[one.found.step])


def build_arrears(actor: Actor, org: OrgView, today: date) -> DuesPage:
    """Build 欠交: who is behind, since when, and what follows."""
    scope = actor.scope(P.DUES_READ)
    late = arrears.late(scope, today, org_id=org.id)
    called = queries.members_in(scope, org.id, today)
    rows = tuple(
        Row((called.get(one.person_id, ""), months_zh(one.found.unpaid), f"{one.found.months} 个月", yuan(one.owed)), reverse("dues:person", args=[one.person_id]), late_state(one)) for one in late
    )
    return DuesPage(
        "欠交党费", f"{org.name} · 到{said(today)}", crumbs(org, Link("欠交")), tabs(actor, org, "dues:arrears"),
        (Stat("欠交", str(len(late)), "人"), Stat("合计", yuan(sum(one.owed for one in late)), "元")),
        parts=(Part("名单", ("姓名", "没交的月份", "连续", "欠交（元）", "该怎么办"), rows, note="当月不算欠交。欠1个月提醒，3个月批评教育、限期改正，连续6个月核查原因；月数以本支部适用的规则为准。欠交不会自动改变党籍。", empty="没有人欠交。", numbers=(3,)),),
    )


def build_bases(actor: Actor, org: OrgView, today: date) -> DuesPage:
    """Build 核定: the base of each member, and who has none."""
    scope, month = actor.scope(P.DUES_READ), queries.this_month(today)
    people, found = queries.members_in(scope, org.id, today), queries.bases(scope, org.id, month)
    writes = actor.may(P.DUES_WRITE, org.path_now)
    rows, waiting = [], 0
    for person, name in people.items():
        base = found.get(person)
        edit = (Button("填基数" if base is None else "改", link("dues:form", org.id, "base", person=person), small=True),) if writes else ()
        if base is None:
            rows.append(Row((name, "", "", ""), reverse("dues:person", args=[person]), State(Tone.BAD, "没有核定"), edit))
            continue
        fresh = base.verified_year == today.year
        waiting += not fresh
        state = State(Tone.OK, f"{today.year}年已核实") if fresh else State(Tone.WARN, "今年还没核实" if base.verified_at else "还没核实")
        rows.append(Row((name, base.category_title, yuan(base.base) if base.base else "", f"{month_zh(base.from_month)}起"), reverse("dues:person", args=[person]), state, edit))
    ids = ",".join(str(b.id) for p, b in found.items() if p in people and p != actor.person_id and b.verified_year != today.year)
    buttons = (Button("这些都核实过了", reverse("dues:bases", args=[org.id]), "post", "pri", fields=(("ids", ids),)),) if writes and ids else ()
    buttons += (Button("导入核定表", reverse("intake:upload")),) if writes else ()
    buttons += tuple(b for b in of_dues(actor, org, today.year) if ASSESSMENT in b.url)
    return DuesPage(
        "党费基数核定", org.name, crumbs(org, Link("核定")), tabs(actor, org, "dues:bases"), (Stat("党员", str(len(people)), "人"), Stat("没有核定", str(len(people) - sum(p in people for p in found)), "人"), Stat("今年待核实", str(waiting), "人")),
        buttons=buttons,
        parts=(
            Part("名单", ("姓名", "类别", "基数（元）", "从哪月起", "核实"), tuple(rows), note="基数只有本人和支部管党费的同志看得到。工资有变化的，从变化的那个月起改。自己的基数由另一位同志核实。", numbers=(2,)),
            Part("减免", ("姓名", "时间", "减免后", "文件", ""), tuple(
                Row((people.get(e.person_id, "已离开的党员"), months_zh(range(e.from_month, e.to_month)), "免交" if not e.amount else f"每月交{yuan(e.amount)}元", e.document),
                    reverse("dues:person", args=[e.person_id]), State(Tone.OK if e.state == "approved" else Tone.WAIT, EXEMPTION_ZH[e.state]))
                for e in queries.exemptions(scope, org.id)
            ), empty="没有减免的。"),
        ),
    )


def build_person(actor: Actor, org: OrgView, found: PersonAccount, today: date) -> DuesPage:
    """Build one member's account: bases, months, payments, exceptions, and what may be done."""
    writes, p = actor.may(P.DUES_WRITE, org.path_now), found.person_id
    titles = rule_titles([m.rule_set for m in found.months])
    unpaid = [m for m in found.months if m.payment_id is None and m.amount]
    parts = [_bases_part(found, org.id, writes), _months_part(found, titles), _payments_part(found, org.id, writes)]
    if found.exemptions or found.consents:
        parts.append(_exceptions_part(found))
    if found.review is not None:
        r = found.review
        facts = [Pair("核查的月份", months_zh(range(r.first_month, r.last_month + 1)), f"{yuan(r.owed_fen)}元"), Pair("结论", REVIEW_ZH[r.state])]
        if r.reason:
            facts.append(Pair("情况", r.reason, f"{said(r.meeting_on)}支委会" if r.meeting_on else ""))
        parts.insert(0, Part("欠交核查", facts=tuple(facts), note="核查只查清原因，不改变党籍。"))
    buttons: list[Button] = []
    if writes:
        if found.late and found.late.needs_review:
            buttons.append(Button("启动核查", reverse("dues:person", args=[p]), "post", "sec", fields=(("do", "review"),)))
        if found.review is not None and found.review.state == "open":
            buttons.append(Button("登记核查结论", link("dues:form", org.id, "review", id=found.review.pk), style="sec"))
        buttons += [
            Button("收党费", link("dues:form", org.id, "pay", person=p), style="pri"), Button("自愿多交", link("dues:form", org.id, "gift", person=p)),
            Button("报减免", link("dues:form", org.id, "exempt", person=p)), Button("登记支部同意", link("dues:form", org.id, "consent", person=p)),
        ]
    callouts = [Callout(f"欠交{months_zh(found.late.found.unpaid)}，共{yuan(found.late.owed)}元：{late_state(found.late).word}。", Tone.WARN)] if found.late else []
    if found.paid_twice:
        callouts.append(Callout(f"{months_zh(found.paid_twice)}交了两次：这名同志登记过两次，合并前各交了一次。请冲正一笔，把钱退给本人。", Tone.WARN))
    return DuesPage(
        f"{found.name}的党费", org.name, crumbs(org, Link("收缴", reverse("dues:month", args=[org.id])), Link(found.name)), (),
        (Stat("今年已交", yuan(sum(m.amount for m in found.months if m.payment_id and m.month >= today.year * 12)), "元"), Stat("没交的月份", str(len(unpaid)), "个")),
        tuple(callouts), tuple(buttons), tuple(parts),
    )


def rule_titles(codes: list[str]) -> dict[str, str]:
    """Give the titles of rule sets."""
    library = policy.library_for(codes)
    return {code: library.get(code).title for code in set(codes)}


def _bases_part(found: PersonAccount, org_id: int, writes: bool) -> Part:
    rows = []
    for b in found.bases:
        span = f"{month_zh(b.from_month)}起" + (f"，到{month_zh(b.to_month - 1)}" if b.to_month else "")
        state = State(Tone.OK, f"{b.verified_by}核实") if b.verified_at else State(Tone.WARN, "还没核实")
        buttons = (Button("撤销", link("dues:form", org_id, "withdraw", id=b.id), small=True, style="txt"),) if writes and b.to_month is None else ()
        rows.append(Row((span, b.category_title, yuan(b.base) if b.base else "", b.declared_by), "", state, buttons))
    return Part("基数", ("时间", "类别", "基数（元）", "谁填的", "核实"), tuple(rows), empty="还没有核定。", numbers=(2,))


def _months_part(found: PersonAccount, titles: dict[str, str]) -> Part:
    rows = tuple(
        Row(
            (month_zh(m.month), yuan(m.amount), "已批准减免" if m.exempt else f"{how(m.category, m.base, m.rate)}（{titles.get(m.rule_set, m.rule_set)}）"), "",
            State(Tone.OK, f"{show(m.paid_on)}交" if m.paid_on else "已交") if m.payment_id else State(Tone.PLAIN, "不用交") if not m.amount else State(Tone.WAIT, "没交"),
        )
        for m in found.months
    )
    return Part("每月应交", ("月份", "应交（元）", "怎么算的", "交没交"), rows, empty="还没有生成应交清单。", numbers=(1,))


def _payments_part(found: PersonAccount, org_id: int, writes: bool) -> Part:
    rows = []
    for one in found.payments:
        what = "冲正" if one.reverses_id else "自愿多交" if one.kind == "gift" else months_zh(m for m, _ in one.months)
        state = State(Tone.PLAIN, "已冲正") if one.reversed_by else State(Tone.PLAIN, one.reason) if one.reverses_id else State(Tone.OK, METHOD_ZH.get(one.method, "") + (f"（{one.payer}）" if one.payer else ""))
        buttons = _papers(one) if not one.reversed_by and not one.reverses_id else ()
        buttons += (Button("冲正", link("dues:form", org_id, "reverse", id=one.id), small=True, style="txt"),) if writes and not one.reversed_by and not one.reverses_id else ()
        rows.append(Row((show(one.paid_on), what, yuan(one.amount), one.made_by), "", state, buttons))
    return Part("交费记录", ("日期", "哪几个月", "金额（元）", "谁收的", "方式"), tuple(rows), empty="还没有交费记录。", numbers=(2,))


def _papers(one: PaymentView) -> tuple[Button, ...]:
    """Offer the receipt of a payment, and the slip where it settled a quarter together."""
    found, months = [Button("收据", reverse("paper:receipt", args=[one.id]), small=True, style="txt")], [m for m, _ in one.months]
    first = months[0] // 3 * 3 if months else 0
    if by_quarter(months, first):
        found.append(Button("季度单", f"{reverse('paper:quarter')}?org={one.org_id}&quarter={first // 12}-{first % 12 // 3 + 1}&person={one.person_id}", small=True, style="txt"))
    return tuple(found)


def _exceptions_part(found: PersonAccount) -> Part:
    rows = [
        Row((months_zh(range(e.from_month, e.to_month)), "免交" if not e.amount else f"每月交{yuan(e.amount)}元", e.reason, e.document), "", State(Tone.OK if e.state == "approved" else Tone.WAIT, EXEMPTION_ZH[e.state]))
        for e in found.exemptions
    ]
    rows += [Row((f"{month_zh(c.from_month)}起" + (f"，到{month_zh(c.to_month - 1)}" if c.to_month else ""), CONSENT_ZH[c.kind], f"{said(c.meeting_on)}支部同意", ""), "", State(Tone.OK, "已登记")) for c in found.consents]
    return Part("减免和支部同意", ("时间", "内容", "原因", "文件", ""), tuple(rows))


def _quarters(org: OrgView, year: int, today: date) -> tuple[Button, ...]:
    """Offer the slips of the quarters that have begun."""
    last = 4 if year < today.year else (today.month + 2) // 3
    return tuple(Button(f"第{q}季度交纳单", f"{reverse('paper:quarter')}?org={org.id}&quarter={year}-{q}") for q in range(1, last + 1))


def build_ledger(actor: Actor, org: OrgView, year: int, today: date) -> DuesPage:
    """Build 台账 of a year: base, rate, monthly and yearly sums of each member."""
    lines = queries.year_ledger(actor.scope(P.DUES_READ), org.id, year)
    rows = tuple(
        Row((one.name, yuan(one.base) if one.base is not None else "", rate_zh(one.rate) if one.rate is not None else "", yuan(one.monthly) if one.monthly is not None else "", yuan(one.due), yuan(one.paid)),
            reverse("dues:person", args=[one.person_id]))
        for one in lines
    )
    here = reverse("dues:ledger", args=[org.id])
    return DuesPage(
        f"{year}年党费台账", org.name, crumbs(org, Link("台账")), tabs(actor, org, "dues:ledger"),
        (Stat("全年应交", yuan(sum(one.due for one in lines)), "元"), Stat("全年实交", yuan(sum(one.paid for one in lines)), "元")),
        buttons=(*of_dues(actor, org, year), *_quarters(org, year, today), *(Button(f"{y}年", f"{here}?year={y}") for y in (today.year - 1, today.year) if y != year)),
        parts=(Part("名单", ("姓名", "月收入基数（元）", "比例", "月应交（元）", "全年应交（元）", "全年实交（元）"), rows, numbers=(1, 2, 3, 4, 5), note="应交只算已经生成应交清单的月份。"),),
    )


