"""The forms of 党费: what each asks for, what it does, and where it leads."""
from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.urls import reverse

from zhibu.areas.dues import bases, books, paying, publishing, queries, relief, returning, reviews
from zhibu.areas.dues.bases import NewBase
from zhibu.areas.dues.reach import DuesRefused
from zhibu.areas.dues.returning import ReturnDue
from zhibu.areas.dues.rules import (
    BY_BASE,
    CATEGORY_ZH,
    CONSENT_ZH,
    METHOD_ZH,
    PURPOSE_ZH,
    Category,
    MoneyFault,
    fen,
    month_code,
    month_from,
    month_zh,
    quarter_average,
    yuan,
)
from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.guard.scope import Scope
from zhibu.ground.process.actions import CaseError
from zhibu.ground.tree import queries as tree
from zhibu.ground.tree.queries import NotFound, OrgView
from zhibu.web.org.forms import Given
from zhibu.web.shell.context import Field, Pair

REFUSALS = (DuesRefused, CaseError)


@dataclass(frozen=True, slots=True)
class Asked:
    """Who fills in a form, where, about whom or what, and when."""

    actor: Actor
    org: OrgView
    person_id: int
    row_id: int
    today: date
    at: datetime

    @property
    def home(self) -> Scope:
        """Give the rows that the actor may read about persons here."""
        return self.actor.scope(P.DUES_READ)

    def name(self) -> str:
        """Give the person's name; NotFound when no person of this branch was asked for."""
        name = queries.members_in(self.home, self.org.id, self.today).get(self.person_id)
        if name is None:
            raise NotFound("没有找到这名党员")
        return name


Fields = Callable[[Asked, Given], tuple[Field, ...]]
Do = Callable[[Asked, Given], str]  # reads, acts, says what was done


@dataclass(frozen=True, slots=True)
class Form:
    """One form. `about`: "person", "row" or "" (the organisation); `facts`: what stands above the fields."""

    title: str
    submit: str
    about: str
    fields: Fields
    do: Do
    back: str = "dues:money"
    hint: str = ""
    facts: Callable[[Asked], tuple[Pair, ...]] = lambda asked: ()
    initial: Callable[[Asked], Mapping[str, str]] = lambda asked: {}

    def back_url(self, asked: Asked) -> str:
        """Give the page to go back to."""
        return reverse(self.back, args=[asked.person_id if self.back == "dues:person" else asked.org.id])


# ---------------------------------------------------------------- reading


def money(given: Given, name: str, label: str, *, required: bool = True) -> int | None:
    """Read a sum in yuan as fen."""
    text = given.text(name, label, required=required, most=20)
    if not text:
        return None
    try:
        return fen(text, label)
    except MoneyFault as fault:
        given.fault(name, fault.reason, fault.code)
        return None


def month(given: Given, name: str, label: str, *, required: bool = True) -> int | None:
    """Read a month."""
    text = given.text(name, label, required=required, most=7)
    if not text:
        return None
    try:
        return month_from(text)
    except ValueError:
        given.fault(name, f"{label}要写成 2026-03 的样子")
        return None


def need(*values: object) -> bool:
    """Tell whether everything was read."""
    return all(v is not None for v in values)


class Incomplete(Exception):
    """Something was missing or wrong; the faults stand in the form."""


def _ready(given: Given, *values: object) -> None:
    if not given.ok or not need(*values):
        raise Incomplete


def _method(given: Given, *, relative: bool = True) -> Field:
    return given.field("method", "方式", "select", choices=[(c, t) for c, t in METHOD_ZH.items() if relative or c != "relative"], width="half")


def _today(asked: Asked) -> Mapping[str, str]:
    return {"on": str(asked.today), "month": month_code(queries.this_month(asked.today))}


# ---------------------------------------------------------------- about a member


def _base_fields(asked: Asked, given: Given) -> tuple[Field, ...]:
    return (
        given.field("category", "类别", "select", choices=[("", "请选"), *CATEGORY_ZH.items()], required=True, width="half"),
        given.field("from_month", "从哪月起", "month", required=True, width="half", help="工资有变化的，从变化的那个月起"),
        given.field("base", "基数（元）", inputmode="decimal", width="half", help="税后经常性工资或离退休费的月数；农民填商定的每月党费；学生、失业、抚恤救济、低保不用填"),
        given.field("quarter", "上季度净收入合计（元）", inputmode="decimal", width="half", help="不按月取得收入的填这一格，系统按3个月平均"),
    )


def _base(asked: Asked, given: Given) -> str:
    category = given.choice("category", "类别", CATEGORY_ZH, required=True)
    first = month(given, "from_month", "从哪月起")
    value = money(given, "base", "基数", required=category in (Category.WAGE, Category.PENSION, Category.FARMER))
    if category == Category.SELF_EMPLOYED and value is None:
        total = money(given, "quarter", "上季度净收入合计")
        value = quarter_average(total) if total is not None else None
        _ready(given, value)
    _ready(given, first)
    bases.declare(asked.actor, asked.org.id, NewBase(asked.person_id, category, value or 0, first or 0), at=asked.at)
    return f"{asked.name()}从{month_zh(first or 0)}起的基数已填，请核实"


def _base_initial(asked: Asked) -> Mapping[str, str]:
    now = queries.this_month(asked.today)
    found = queries.bases(asked.home, asked.org.id, now).get(asked.person_id)
    return {"from_month": month_code(now), "category": found.category if found else "", "base": yuan(found.base) if found and found.category in (*BY_BASE, Category.FARMER) else ""}


def _open_months(asked: Asked) -> list[tuple[int, int]]:
    """Give the months that somebody may pay now with their sums: assessed ones, this month, and the rest of an agreed quarter."""
    now = queries.this_month(asked.today)
    return queries.payable(asked.home, asked.org.id, asked.person_id, now)


def _pay_fields(asked: Asked, given: Given) -> tuple[Field, ...]:
    months = [(str(m), f"{month_zh(m)}　{yuan(amount)}元") for m, amount in _open_months(asked)]
    return (
        given.field("months", "交哪几个月", "checks", choices=months, required=True),
        given.field("earlier", "更早的月份从", "month", width="half", help="补交更早的月份时填，一直补到上面最早的一个月之前"),
        given.field("on", "哪天交的", "date", required=True, width="half"), _method(given),
        given.field("payer", "代交人", maxlength=50, width="half", help="由家属或其他党员代交时填"),
    )


def _pay(asked: Asked, given: Given) -> str:
    months, day = given.ids("months"), given.day("on", "哪天交的", required=True)
    method, first = given.choice("method", "方式", METHOD_ZH, required=True), month(given, "earlier", "更早的月份", required=False)
    offered = [m for m, _ in _open_months(asked)]
    if first is not None:
        months = sorted({*months, *range(first, min(offered, default=queries.this_month(asked.today) + 1))})
    if not months:
        given.fault("months", "请选交哪几个月")
    if len(months) > 120:
        given.fault("earlier", "一次最多补交120个月，请核对开始的月份")
    _ready(given, day)
    done = paying.pay(asked.actor, asked.org.id, asked.person_id, months, paid_on=day or asked.today, method=method, payer=given.text("payer", "代交人", most=50), at=asked.at)
    return f"已收{yuan(done.amount)}元" + (f"。{done.warning}" if done.warning else "")


def _gift_fields(asked: Asked, given: Given) -> tuple[Field, ...]:
    return (
        given.field("amount", "金额（元）", required=True, inputmode="decimal", width="half"), given.field("on", "哪天交的", "date", required=True, width="half"),
        _method(given, relative=False), given.field("note", "说明", maxlength=200),
    )


def _gift(asked: Asked, given: Given) -> str:
    amount, day = money(given, "amount", "金额"), given.day("on", "哪天交的", required=True)
    method, note = given.choice("method", "方式", METHOD_ZH), given.text("note", "说明")
    _ready(given, amount, day)
    done = paying.give(asked.actor, asked.org.id, asked.person_id, amount or 0, on=day or asked.today, method=method, note=note, at=asked.at)
    return f"已记自愿多交{yuan(done.amount)}元" + (f"。{done.warning}" if done.warning else "")


def _exempt_fields(asked: Asked, given: Given) -> tuple[Field, ...]:
    return (
        given.field("from_month", "从哪月起", "month", required=True, width="half"), given.field("last_month", "到哪月止", "month", required=True, width="half"),
        given.field("amount", "减免后每月交（元）", inputmode="decimal", width="half", help="免交填0"), given.field("on", "支部同意的日期", "date", required=True, width="half"),
        given.field("reason", "原因", "textarea", required=True, maxlength=200, help="只有支部和本人看得到，报上级时不带"),
        given.field("document", "上级已经批了的，填批复文件和文号", maxlength=100, help="不填就报上级审批"),
    )


def _exempt(asked: Asked, given: Given) -> str:
    first, last = month(given, "from_month", "从哪月起"), month(given, "last_month", "到哪月止")
    amount, day = money(given, "amount", "减免后每月交", required=False), given.day("on", "支部同意的日期", required=True)
    reason, document = given.text("reason", "原因", required=True), given.text("document", "批复文件", most=100)
    _ready(given, first, last, day)
    more = {"amount": amount or 0, "from_month": first or 0, "to_month": (last or 0) + 1, "reason": reason, "meeting_on": day or asked.today, "at": asked.at}
    if document:
        relief.register(asked.actor, asked.org.id, asked.person_id, document=document, **more)  # type: ignore[arg-type]
        return "减免已登记"
    relief.ask(asked.actor, asked.org.id, asked.person_id, **more)  # type: ignore[arg-type]
    return "减免已报上级，答复以后自动按新的金额算"


def _consent_fields(asked: Asked, given: Given) -> tuple[Field, ...]:
    return (
        given.field("kind", "同意什么", "radio", choices=list(CONSENT_ZH.items()), required=True), given.field("from_month", "从哪月起", "month", required=True, width="half"),
        given.field("last_month", "到哪月止", "month", width="half", help="不填就一直有效"), given.field("on", "支部同意的日期", "date", required=True, width="half"),
        given.field("reason", "原因", maxlength=200, help="例如：在外务工"),
    )


def _consent(asked: Asked, given: Given) -> str:
    kind, first = given.choice("kind", "同意什么", CONSENT_ZH, required=True), month(given, "from_month", "从哪月起")
    last, day, reason = month(given, "last_month", "到哪月止", required=False), given.day("on", "支部同意的日期", required=True), given.text("reason", "原因")
    _ready(given, first, day)
    relief.consent(
        asked.actor, asked.org.id, asked.person_id, kind=kind, from_month=first or 0, to_month=last + 1 if last is not None else None, meeting_on=day or asked.today,
        reason=reason, at=asked.at,
    )
    return "支部同意已登记"


# ---------------------------------------------------------------- about a row


def _why(label: str) -> Fields:
    return lambda asked, given: (given.field("why", label, required=True, maxlength=200),)


def _reverse(asked: Asked, given: Given) -> str:
    why = given.text("why", "冲正的原因", required=True)
    _ready(given)
    paying.reverse(asked.actor, asked.row_id, reason=why, at=asked.at)
    return "已冲正，那几个月重新列入没交"


def _withdraw(asked: Asked, given: Given) -> str:
    why = given.text("why", "撤销的原因", required=True)
    _ready(given)
    bases.withdraw(asked.actor, asked.org.id, asked.row_id, why=why, at=asked.at)
    return "基数已撤销，没交的月份重新计算"


def _review_fields(asked: Asked, given: Given) -> tuple[Field, ...]:
    return (
        given.field("reason", "核查到的情况", "textarea", required=True, maxlength=200, help="例如：住院；在外务工联系不上，已联系到家属"),
        given.field("on", "支委会的日期", "date", required=True, width="half"),
        given.field("accepted", "支委会的意见", "radio", choices=[("yes", "有正当理由，安排补交"), ("no", "没有正当理由，按不合格党员处置的程序办理")], required=True),
    )


def _review(asked: Asked, given: Given) -> str:
    reason, day = given.text("reason", "核查到的情况", required=True), given.day("on", "支委会的日期", required=True)
    accepted = given.choice("accepted", "支委会的意见", {"yes": "", "no": ""}, required=True)
    _ready(given, day)
    reviews.close_review(asked.actor, asked.row_id, reason=reason, meeting_on=day or asked.today, accepted=accepted == "yes", at=asked.at)
    return "结论已登记，党籍没有变化" + ("，请安排补交" if accepted == "yes" else "")


def _undo(what: str) -> Do:
    def do(asked: Asked, given: Given) -> str:
        why = given.text("why", "撤销的原因", required=True)
        _ready(given)
        books.undo(asked.actor, what, asked.row_id, why=why, at=asked.at)
        return "已撤销，结存已经改回"

    return do


def _spend_fields(asked: Asked, given: Given) -> tuple[Field, ...]:
    return (given.field("on", "哪天支出的", "date", required=True, width="half"), given.field("voucher", "凭证", required=True, maxlength=100, width="half", help="发票号，或领款签字单放在哪里"))


def _spend(asked: Asked, given: Given) -> str:
    day, voucher = given.day("on", "哪天支出的", required=True), given.text("voucher", "凭证", required=True, most=100)
    _ready(given, day)
    books.spend(asked.actor, asked.row_id, on=day or asked.today, voucher=voucher, at=asked.at)
    return "支出已登记"


def _receive(asked: Asked, given: Given) -> str:
    day = given.day("on", "哪天收到的", required=True)
    _ready(given, day)
    books.receive(asked.actor, asked.row_id, on=day or asked.today, at=asked.at)
    return "已确认收到，计入结存"


# ---------------------------------------------------------------- about the organisation


def _balance(asked: Asked) -> tuple[Pair, ...]:
    free, promised = books.balance(asked.org.id, asked.org.path_now), books.promised(asked.org.id, asked.org.path_now)
    return (Pair("结存", f"{yuan(free)}元"), *((Pair("已同意还没支出", f"{yuan(promised)}元"),) if promised else ()))


def _remit_facts(asked: Asked) -> tuple[Pair, ...]:
    """Say how much is to be handed up by the rules, or that nobody has set the share yet."""
    due = queries.remit_due(asked.actor.scope(P.DUES_TOTAL), asked.org.id, asked.today)
    if due is None:
        return (*_balance(asked), Pair("上缴比例", "还没有定", "由县级党委组织部在规则集里定；没定以前，按上级通知的金额填", reverse("rules:list") if asked.actor.holds(P.POLICY_WRITE) else ""))
    return (*_balance(asked), Pair("到上季度末应上缴", f"{yuan(due[0])}元", f"已收党费的{due[1].num}/{due[1].den}"))


def _remit_fields(asked: Asked, given: Given) -> tuple[Field, ...]:
    return (
        given.field("amount", "金额（元）", required=True, inputmode="decimal", width="half"), given.field("on", "哪天上缴的", "date", required=True, width="half"),
        given.field("until", "交到哪月的党费", "month", width="half"), given.field("note", "说明", maxlength=200),
    )


def _remit_initial(asked: Asked) -> Mapping[str, str]:
    due = queries.remit_due(asked.actor.scope(P.DUES_TOTAL), asked.org.id, asked.today)
    return {"on": str(asked.today), "amount": yuan(due[0]) if due and due[0] else "", "until": month_code(queries.this_month(asked.today) // 3 * 3 - 1)}


def _remit(asked: Asked, given: Given) -> str:
    amount, day, until = money(given, "amount", "金额"), given.day("on", "哪天上缴的", required=True), month(given, "until", "交到哪月", required=False)
    note = given.text("note", "说明")
    _ready(given, amount, day)
    books.remit(asked.actor, asked.org.id, amount or 0, on=day or asked.today, until_month=until, note=note, at=asked.at)
    return "上缴已登记，等上级确认收到"


def _remit_gift(asked: Asked, given: Given) -> str:
    day = given.day("on", "哪天上缴的", required=True)
    _ready(given, day)
    books.remit(asked.actor, asked.org.id, books.held_for_centre(asked.org.id, asked.org.path_now), on=day or asked.today, gift=True, at=asked.at)
    return "大额党费已全额上缴，等上级确认收到"


def _held(asked: Asked) -> tuple[Pair, ...]:
    return (Pair("代收的大额党费", f"{yuan(books.held_for_centre(asked.org.id, asked.org.path_now))}元", "全额上缴"),)


def _on(label: str) -> Fields:
    return lambda asked, given: (given.field("on", label, "date", required=True, width="half"),)


def _expense_fields(asked: Asked, given: Given) -> tuple[Field, ...]:
    return (
        given.field("purpose", "用途（只能是这5项）", "radio", choices=[(str(n), t) for n, t in PURPOSE_ZH.items()], required=True),
        given.field("amount", "金额（元）", required=True, inputmode="decimal", width="half"), given.field("what", "用在哪里", required=True, maxlength=200, help="例如：七一慰问困难党员3人"),
    )


def _expense(asked: Asked, given: Given) -> str:
    purpose = given.choice("purpose", "用途", {str(n): t for n, t in PURPOSE_ZH.items()}, required=True)
    amount, what = money(given, "amount", "金额"), given.text("what", "用在哪里", required=True)
    _ready(given, amount)
    books.ask_expense(asked.actor, asked.org.id, purpose=int(purpose), amount=amount or 0, what=what, at=asked.at)
    return "已报上级，同意以后再支出"


def _opening_fields(asked: Asked, given: Given) -> tuple[Field, ...]:
    return (
        given.field("amount", "结存（元）", required=True, inputmode="decimal", width="half"), given.field("on", "哪天的", "date", required=True, width="half"),
        given.field("document", "依据", maxlength=100, help="例如：纸质党费台账2025年末结存"),
    )


def _opening(asked: Asked, given: Given) -> str:
    amount, day, document = money(given, "amount", "结存"), given.day("on", "哪天的", required=True), given.text("document", "依据", most=100)
    _ready(given, amount, day)
    books.begin(asked.actor, asked.org.id, amount or 0, on=day or asked.today, document=document, at=asked.at)
    return "期初结存已登记"


def _publish_fields(asked: Asked, given: Given) -> tuple[Field, ...]:
    return (
        given.field("year", "哪一年的", "select", choices=[(str(y), f"{y}年") for y in (asked.today.year, asked.today.year - 1)], required=True, width="half"),
        given.field("on", "哪天公布的", "date", required=True, width="half"), given.field("how", "怎样公布的", required=True, maxlength=100, help="例如：党员大会通报、党务公开栏"),
    )


def _publish(asked: Asked, given: Given) -> str:
    year = given.choice("year", "哪一年的", {str(y): "" for y in (asked.today.year, asked.today.year - 1)}, required=True)
    day, how = given.day("on", "哪天公布的", required=True), given.text("how", "怎样公布的", required=True, most=100)
    _ready(given, day)
    publishing.publish(asked.actor, asked.org.id, int(year), on=day or asked.today, how=how, at=asked.at)
    return f"{year}年的公布已登记，当时的数字已经留底"


def _restitute_fields(asked: Asked, given: Given) -> tuple[Field, ...]:
    below = [(str(o.id), o.short_name) for o in tree.organisations(asked.actor.scope(P.DUES_DECIDE).narrowed(asked.org.path_now)) if o.id != asked.org.id][:400]
    return (
        given.field("to", "返还给", "select", choices=[("", "请选"), *below], required=True, width="half"), given.field("amount", "金额（元）", required=True, inputmode="decimal", width="half"),
        given.field("on", "哪天返还的", "date", required=True, width="half"), given.field("document", "依据的文件或会议", required=True, maxlength=100, width="half"),
        given.field("note", "说明", maxlength=200, help="例如：困难村党费全额返还"),
    )


def _return_due(asked: Asked) -> ReturnDue | None:
    """Give the proposal for the organisation that the form was opened for; None where it was opened for none, or no rule names a share."""
    found = returning.returns_due(asked.actor.scope(P.DUES_DECIDE), asked.org.id, asked.today.year, asked.today, below=[asked.row_id]) if asked.row_id else []
    return next(iter(found), None)


def _restitute_facts(asked: Asked) -> tuple[Pair, ...]:
    due = _return_due(asked)
    if due is None:
        return _balance(asked)
    share = "全额" if due.share.fraction == 1 else f"{due.share.num}/{due.share.den}"
    said = f"今年收到上缴{yuan(due.received)}元，按{share}返还" + (f"，已返还{yuan(due.returned)}元" if due.returned else "")
    return (*_balance(asked), Pair("按规则可返还", f"{yuan(due.amount)}元", f"{said}。{due.clause}；是不是困难村、社区，由上级认定，金额可以改"))


def _restitute_initial(asked: Asked) -> Mapping[str, str]:
    due = _return_due(asked)
    if due is None:
        return _today(asked)
    return {"on": str(asked.today), "to": str(due.org_id), "amount": yuan(due.amount) if due.amount else "", "note": "困难村、社区党费返还"}


def _restitute(asked: Asked, given: Given) -> str:
    below = {str(o.id): o.short_name for o in tree.organisations(asked.actor.scope(P.DUES_DECIDE).narrowed(asked.org.path_now))}
    to, amount = given.choice("to", "返还给", below, required=True), money(given, "amount", "金额")
    day, document, note = given.day("on", "哪天返还的", required=True), given.text("document", "依据", required=True, most=100), given.text("note", "说明")
    _ready(given, amount, day)
    books.restitute(asked.actor, asked.org.id, int(to), amount or 0, on=day or asked.today, document=document, note=note, at=asked.at)
    return f"已返还{below[to]}{yuan(amount or 0)}元，双方结存都已改"


#: forms of the organisation's own dues
FORMS: Mapping[str, Form] = {
    "base": Form("填党费基数", "保存", "person", _base_fields, _base, "dues:bases", "只有本人和支部管党费的同志看得到", initial=_base_initial),
    "pay": Form("收党费", "记成已交", "person", _pay_fields, _pay, "dues:person", initial=_today),
    "gift": Form("自愿多交", "保存", "person", _gift_fields, _gift, "dues:person", "一次自愿交1000元以上的，全额上缴中央（数额以适用的规则为准）", initial=_today),
    "exempt": Form("减免党费", "保存", "person", _exempt_fields, _exempt, "dues:person", "支部同意后，由上一级党委批准", initial=_today),
    "consent": Form("登记支部同意", "保存", "person", _consent_fields, _consent, "dues:person", "党费按月交；按季交、由别人代交要经支部同意", initial=_today),
    "reverse": Form("冲正一笔交费", "冲正", "row", _why("冲正的原因"), _reverse, "dues:month", "原来的记录保留，另记一笔冲正"),
    "withdraw": Form("撤销基数", "撤销", "row", _why("撤销的原因"), _withdraw, "dues:bases"),
    "review": Form("登记核查结论", "保存", "row", _review_fields, _review, "dues:arrears", "这里只记原因和支委会的意见，不改变党籍", initial=_today),
    "remit": Form("登记上缴", "保存", "", _remit_fields, _remit, facts=_remit_facts, initial=_remit_initial),
    "remit-gift": Form("上缴大额党费", "全额上缴", "", _on("哪天上缴的"), _remit_gift, facts=_held, initial=_today),
    "expense": Form("申请使用党费", "报上级", "", _expense_fields, _expense, hint="先经集体讨论，再报上级审批", facts=_balance),
    "spend": Form("登记支出", "保存", "row", _spend_fields, _spend, initial=_today),
    "opening": Form("登记期初结存", "保存", "", _opening_fields, _opening, hint="开始用系统记党费时，手上有多少", initial=_today),
    "publish": Form("登记公布", "保存", "", _publish_fields, _publish, hint="每年至少向党员公布一次", initial=_today),
    "undo-opening": Form("撤销期初结存", "撤销", "row", _why("撤销的原因"), _undo("opening")),
    "undo-remittance": Form("撤回上缴", "撤回", "row", _why("撤销的原因"), _undo("remittance")),
    "undo-expense": Form("撤销支出", "撤销", "row", _why("撤销的原因"), _undo("expense")),
}
#: what an organisation does for those below
ABOVE: Mapping[str, Form] = {
    "receive": Form("确认收到上缴", "确认收到", "row", _on("哪天收到的"), _receive, initial=_today),
    "restitute": Form("返还党费", "保存", "", _restitute_fields, _restitute, hint="困难村、社区的党费可以返还；从本级结存中支出", facts=_restitute_facts, initial=_restitute_initial),
    "undo-restitution": Form("撤销返还", "撤销", "row", _why("撤销的原因"), _undo("restitution")),
}
