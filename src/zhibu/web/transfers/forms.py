"""The forms of transfers: what was typed, read into what the actions take, and the pages that ask for it."""
from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from zhibu.areas.transfers import queries, rules
from zhibu.areas.transfers.applying import Application
from zhibu.areas.transfers.arriving import Arrival
from zhibu.areas.transfers.letters import REACHES, Letter
from zhibu.areas.transfers.queries import TransferView
from zhibu.areas.transfers.standards import Standards
from zhibu.areas.transfers.turns import AlreadyMoved
from zhibu.areas.transfers.wishes import WishView
from zhibu.ground.people.queries import MemberFile
from zhibu.ground.tree.actions import Stale
from zhibu.ground.tree.queries import OrgView
from zhibu.kernel import dates
from zhibu.kernel.dates import show
from zhibu.web.meetings.forms import number
from zhibu.web.org.forms import REFUSALS, Given
from zhibu.web.shell.context import Callout, Field, FieldGroup, FormPage, Link, Pair, Tone

from .meanwhile import already

REASONS = ("工作调动", "居住地变动", "就业", "升学", "毕业", "退休", "退役")
MONTH = re.compile(r"(\d{4})\s*[-年./]?\s*(\d{1,2})月?$")
STANDINGS = {"full": "正式党员", "probationary": "预备党员"}


def month(given: Given, name: str, label: str) -> date | None:
    """Read a month written as 2026-11 or 2026年11月; gives its first day."""
    given.labels[name] = label
    text = given.raw(name)
    if not text:
        return None
    found = MONTH.match(text)
    if found is None or not 1921 <= int(found[1]) <= 2100 or not 1 <= int(found[2]) <= 12:
        given.fault(name, f"{label}要写成 2026-11 的样子")
        return None
    return date(int(found[1]), int(found[2]), 1)


def crumbs(*last: str, view: TransferView | None = None) -> tuple[Link, ...]:
    """Give the way to a page."""
    middle = (Link(f"{view.name}的转接", reverse("transfers:transfer", args=[view.id])),) if view else ()
    return (Link("组织关系", reverse("transfers:list")), *middle, *(Link(text) for text in last))


def answer(request: HttpRequest, given: Given, do: Callable[[], tuple[str, str]]) -> HttpResponse | None:
    """Carry out what a sound form asks; None when it was refused or is stale (the form comes back and says so), a page of its own when somebody took the step."""
    if not given.ok:
        return None
    try:
        address, said = do()
    except REFUSALS as error:
        given.refuse(error)
        return None
    except Stale:
        return None
    except AlreadyMoved as error:
        return already(request, error, number(given.raw("version")) or 0)
    messages.success(request, said)
    return HttpResponseRedirect(address)


def is_stale(given: Given, version: int) -> bool:
    """Tell whether a form was opened before somebody else saved."""
    return given.post is not None and given.raw("version") != str(version)


def shown(request: HttpRequest, page: FormPage, *, stale: bool = False) -> HttpResponse:
    """Show a form; a POST that comes back was refused, or somebody saved since it was opened."""
    return render(request, "shell/form.html", {"page": page}, status=409 if stale else 422 if request.method == "POST" else 200)


# ---------------------------------------------------------------- to begin


def target(given: Given) -> tuple[int | None, str, str]:
    """Read where to: an organisation here (its id), or the names of one outside."""
    where = given.choice("where", "转到哪里", {"here": "", "outside": ""}, required=True)
    text, outside, branch = given.text("to", "系统里的党组织", most=100), given.text("outside", "接收党委全称", most=100), given.text("outside_branch", "接收支部", most=100)
    if where != "here":
        return None, outside, branch
    found = queries.named(text) if text else []
    if not text:
        given.fault("to", "请写转去哪个党组织，可以从提示里选", "E054")
    elif len(found) > 1:
        given.fault("to", f"“{text}”有好几个，请写全称：{'、'.join(o.name for o in found[:5])}")
    elif not found:
        given.fault("to", f"系统里没有找到“{text}”。请从提示里选；转到系统外的，上面选“系统外”")
    return (found[0].id if len(found) == 1 else None), "", ""


def read_application(given: Given, person_id: int, today: date) -> tuple[Application, date | None]:
    """Read the form that begins a transfer: the application and the month paid to."""
    to, outside, branch = target(given)
    applied = given.day("applied_on", "申请日期") or today
    return Application(person_id, to, applied, outside, branch, given.text("reason", "转接原因", most=100)), month(given, "paid_to", "党费交到")


def read_letter(given: Given, today: date, paid_to: date | None = None) -> Letter:
    """Read what the committee writes on a letter."""
    reach = given.choice("reach", "有效期", REACHES) or "rule"
    days, issued = given.number("days", "天数", most=400), given.day("issued_on", "开信日期") or today
    return Letter(
        issued, reach, days, paid_to or month(given, "paid_to", "党费交到"), given.text("approval", "上级同意转接的文件", most=100), given.text("number", "介绍信编号", most=40),
    )


def paid_field(given: Given) -> Field:
    """Ask for the month paid to."""
    return given.field("paid_to", "党费交到", "month", width="half", help="写到几月，例如 2026-11；介绍信上用大写")


def letter_fields(given: Given, held: Standards) -> tuple[Field, ...]:
    """Ask for what stands on the letter beside the names."""
    options = (("rule", f"按规定（{held.validity.words}）"), ("in_city", f"市内（{held.in_city.words}）"), ("outside", f"市外（{held.outside.words}）"), ("days", "另定天数"))
    return (
        given.field("reach", "有效期", "select", choices=options, width="half"), given.field("days", "天数", "number", width="half", help="选“另定天数”才填"),
        given.field("issued_on", "开信日期", "date", width="half"), given.field("number", "介绍信编号", width="half", maxlength=40, help="不填就按本年顺序编号"),
        given.field("approval", "上级同意转接的文件", maxlength=100, help="有没办结的处置等事项时必填，写文件名称和文号"),
    )


def start(given: Given, file: MemberFile, home: OrgView, cases: Sequence[str], decides: Standards | None, asked: Sequence[WishView] = ()) -> FormPage:
    """Build the form that begins a transfer. decides: what holds for letters, where this office issues them as well; asked: what the member applied for."""
    known = tuple(o.name for o in queries.targets(home))
    fields = (
        given.field("where", "转到哪里", "radio", choices=(("here", "系统里的党组织"), ("outside", "系统外")), required=True),
        given.field("to", "系统里的党组织", maxlength=100, list_id="l-to", suggestions=known, help="同一党委的支部直接转，不开介绍信，报党委备案"),
        given.field("outside", "接收党委全称", maxlength=100, width="half", help="转到系统外才填"), given.field("outside_branch", "接收支部", maxlength=100, width="half"),
        paid_field(given), given.field("applied_on", "申请日期", "date", width="half"),
        given.field("reason", "转接原因", maxlength=100, list_id="l-reason", suggestions=REASONS),
    )
    groups = (FieldGroup("转接", fields), *((FieldGroup("介绍信", letter_fields(given, decides)),) if decides else ()))
    own = tuple(
        Callout(
            f"本人{show(w.asked_on)}申请转到“{w.target}”" + (f"，因为{w.reason}" if w.reason else "") + "。下面已经填好，请核对党组织的全称。", Tone.PLAIN,
            Link("不同意", reverse("transfers:decline", args=[w.id])),
        )
        for w in asked
    )
    callouts = own + tuple(Callout(f"有没办结的事项：{c}。开介绍信要有上级同意的文件。", Tone.WARN) for c in cases)
    return FormPage(
        f"转出：{file.name}", reverse("transfers:start", args=[file.person_id]), groups, "开介绍信" if decides else "核对无误，报党委开介绍信", crumbs(f"转出{file.name}"), home.name,
        (*callouts, Callout("对方接收以前，仍算本支部的党员，党费和组织生活都在本支部。")), tuple(given.lines), reverse("transfers:list"), submit_name="do",
        submit_value="letter" if decides else "send", other_buttons=(("do", "apply", "只登记申请，以后再核对"),),
    )


def read_arrival(given: Given, branches: Mapping[str, str], today: date) -> Arrival:
    """Read the letter that somebody brought."""
    joined = dates.parse(given.raw("joined_on")) if _readable(given, "joined_on", "加入党组织日期") else None
    org = given.choice("org", "转入的党支部", branches, required=True)
    return Arrival(
        int(org or 0), given.text("name", "姓名", required=True, most=50), given.choice("standing", "人员类别", STANDINGS, required=True),
        given.text("outside", "开信的党委", required=True, most=100), given.text("letter_no", "介绍信编号", most=40), given.day("issued_on", "开信日期", required=True) or today,
        given.day("valid_until", "有效期到", required=True) or today, month(given, "paid_to", "党费交到"), given.choice("gender", "性别", {"男": "男", "女": "女"}),
        given.text("id_no", "公民身份证号", most=30), given.text("phone", "联系电话", most=30), joined.day if joined else None, joined.precision if joined else "day",
        given.text("outside_branch", "原支部", most=100), given.text("reason", "转接原因", most=100),
    )


def _readable(given: Given, name: str, label: str) -> bool:
    given.labels[name] = label
    try:
        dates.parse(given.raw(name))
    except dates.NotADate as error:
        given.fault(name, str(error))
        return False
    return True


def arrival(given: Given, branches: Mapping[str, str]) -> FormPage:
    """Build the form for somebody who comes with a letter from outside."""
    options = ((("", "请选"),) if len(branches) > 1 else ()) + tuple(branches.items())
    letter = (
        given.field("outside", "开信的党委", maxlength=100, required=True, width="half"), given.field("outside_branch", "原支部", maxlength=100, width="half"),
        given.field("letter_no", "介绍信编号", maxlength=40, required=True, width="half"), paid_field(given),
        given.field("issued_on", "开信日期", "date", required=True, width="half"), given.field("valid_until", "有效期到", "date", required=True, width="half"),
        given.field("reason", "转接原因", maxlength=100, list_id="l-reason", suggestions=REASONS),
    )
    person = (
        given.field("org", "转入的党支部", "select", choices=options, required=True), given.field("name", "姓名", maxlength=50, required=True, width="half"),
        given.field("standing", "人员类别", "select", choices=tuple(STANDINGS.items()), required=True, width="half"),
        given.field("gender", "性别", "select", choices=(("", "未填"), ("男", "男"), ("女", "女")), width="half"),
        given.field("id_no", "公民身份证号", maxlength=30, width="half", help="加密保存，接收后转到党员资料里"),
        given.field("joined_on", "加入党组织日期", maxlength=20, width="half", help="可写 1998-07-01、1998年7月 或 1998"),
        given.field("phone", "联系电话", maxlength=30, width="half", inputmode="tel"),
    )
    return FormPage(
        "持介绍信转入", reverse("transfers:arrival"), (FieldGroup("介绍信", letter), FieldGroup("党员", person)), "登记，等党委接收", crumbs("持介绍信转入"),
        "从系统外来的才在这里登记；系统里的由原支部办转出，不用再填。", errors=tuple(given.lines), cancel_url=reverse("transfers:list"),
    )


# ---------------------------------------------------------------- the steps


def step(given: Given, view: TransferView, move: str, title: str, fields: tuple[Field, ...], label: str, says: str = "", tone: Tone = Tone.PLAIN) -> FormPage:
    """Build the form of one step of a transfer; it carries the version that is shown."""
    facts = [Pair("从", view.from_name, view.from_committee if view.from_committee != view.from_name else ""), Pair("到", view.to_name, view.to_committee if view.to_committee != view.to_name else "")]
    if view.letter_no:
        facts.append(Pair("介绍信", f"第{view.letter_no}号", f"{show(view.issued_on)}开，有效到{show(view.valid_until)}"))
    if view.paid_to:
        facts.append(Pair("党费交到", f"{view.paid_to.year}年{view.paid_to.month}月"))
    return FormPage(
        f"{title}：{view.name}", reverse(f"transfers:{move}", args=[view.id]), (FieldGroup("", fields),), label, crumbs(title, view=view),
        f"{view.kind_title} · {rules.STATE_ZH[rules.State(view.state)]}", (Callout(says, tone),) if says else (), tuple(given.lines), reverse("transfers:transfer", args=[view.id]),
        hidden=(("version", str(view.version)),), aside=tuple(facts), aside_title="这件转接",
    )
