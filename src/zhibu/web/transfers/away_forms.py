"""The forms about members away: floating out and in, coming back, certificates, 停止党籍 and its restoration."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from django.urls import reverse

from zhibu.areas.transfers import away, queries
from zhibu.areas.transfers.floating import FloatingView
from zhibu.areas.transfers.floating_actions import Going, Guest
from zhibu.ground.people.queries import MemberFile, RollEntry
from zhibu.ground.tree.queries import OrgView
from zhibu.kernel.dates import show
from zhibu.web.org.forms import Given
from zhibu.web.shell.context import Callout, FieldGroup, FormPage, Link, Pair

PURPOSES = tuple((p.value, t) for p, t in away.PURPOSE_ZH.items())
GROUNDS = tuple((g.value, t) for g, t in away.GROUND_ZH.items())
NOTES = tuple((n.value, t) for n, t in away.NOTE_ZH.items())


def crumbs(last: str, view: FloatingView | None = None) -> tuple[Link, ...]:
    """Give the way to a page."""
    middle = (Link(view.name, reverse("transfers:float", args=[view.id])),) if view else ()
    return (Link("流动党员", reverse("transfers:floating")), *middle, Link(last))


def read_going(given: Given, person_id: int, home: OrgView, today: date) -> Going:
    """Read the form that registers a member away; a host is one of this installation where its name is found, else a text."""
    text = given.text("host", "流入地党支部", most=100)
    found = [o for o in queries.named(text) if o.name == text and o.is_branch and o.id != home.id] if text else []
    return Going(
        person_id, given.choice("purpose", "外出原因", dict(PURPOSES), required=True), given.day("from_on", "从哪天起", required=True) or today,
        given.text("place", "去了哪里", most=60), given.day("until_on", "预计返回"), given.raw("moving") != "1", found[0].id if found else None, "" if found else text,
        given.text("contact", "联系人", most=50),
    )


def going(given: Given, file: MemberFile, home: OrgView, roll: Sequence[RollEntry]) -> FormPage:
    """Build the form that registers a member away."""
    names = tuple(e.name for e in roll if e.person_id != file.person_id)
    fields = (
        given.field("place", "去了哪里", maxlength=60, required=True, help="写到省、市、县，例如：广东省东莞市长安镇"),
        given.field("purpose", "外出原因", "select", choices=PURPOSES, required=True, width="half"), given.field("from_on", "从哪天起", "date", required=True, width="half"),
        given.field("until_on", "预计返回", "date", width="half", help="不知道就不填；不满 6 个月的算临时外出"),
        given.field("contact", "联系人", maxlength=50, required=True, width="half", list_id="l-contact", suggestions=names, help="本支部由谁定期联系"),
        given.field("host", "流入地党支部", maxlength=100, list_id="l-host", suggestions=tuple(o.name for o in queries.targets(home) if o.is_branch), help="知道就填；系统里的支部也看得到这条登记，可以记评议和党费证明"),
        given.tick("moving", "四处流动，没有固定地点", help="固定在一个地方的，满 6 个月要转组织关系"),
    )
    return FormPage(
        f"登记流出党员：{file.name}", reverse("transfers:float-out", args=[file.person_id]), (FieldGroup("", fields),), "保存", crumbs(f"登记{file.name}"), home.name,
        (Callout("登记以后仍是本支部的党员，选举在本支部参加。"),), tuple(given.lines), reverse("transfers:floating"),
    )


def read_guest(given: Given, branches: Mapping[str, str], today: date) -> Guest:
    """Read the form that registers a guest."""
    org = given.choice("org", "流入的党支部", branches, required=True)
    return Guest(
        int(org or 0), given.text("name", "姓名", required=True, most=50), given.choice("purpose", "来的原因", dict(PURPOSES), required=True),
        given.day("from_on", "从哪天起", required=True) or today, given.text("home", "组织关系所在党组织", most=100), given.text("place", "在这里的住处或单位", most=60),
        given.day("until_on", "预计离开"), given.text("contact", "联系人", most=50), given.raw("another") == "1",
    )


def guest(given: Given, branches: Mapping[str, str]) -> FormPage:
    """Build the form that registers a guest."""
    options = ((("", "请选"),) if len(branches) > 1 else ()) + tuple(branches.items())
    fields = (
        given.field("org", "流入的党支部", "select", choices=options, required=True), given.field("name", "姓名", maxlength=50, required=True, width="half"),
        given.field("home", "组织关系所在党组织", maxlength=100, required=True, width="half"), given.field("place", "在这里的住处或单位", maxlength=60, required=True, width="half"),
        given.field("purpose", "来的原因", "select", choices=PURPOSES, required=True, width="half"), given.field("from_on", "从哪天起", "date", required=True, width="half"),
        given.field("until_on", "预计离开", "date", width="half"), given.field("contact", "联系人", maxlength=50, width="half", help="本支部由谁联系"),
        given.tick("another", "是同名的另一个人", help="和本支部党员同名时才勾"),
    )
    return FormPage(
        "登记流入党员", reverse("transfers:float-in"), (FieldGroup("", fields),), "保存", crumbs("登记流入党员"), "组织关系在别处、在本地生活或工作的党员，参加本支部的组织生活，没有表决权。",
        errors=tuple(given.lines), cancel_url=reverse("transfers:floating"),
    )


def changing(given: Given, view: FloatingView) -> FormPage:
    """Build the form that corrects a record."""
    fields = (
        given.field("place", "去了哪里", maxlength=60, required=True), given.field("contact", "联系人", maxlength=50, width="half"),
        given.field("until_on", "预计返回", "date", width="half"), given.tick("moving", "四处流动，没有固定地点", help="固定在一个地方的，满 6 个月要转组织关系"),
    )
    return FormPage(
        f"改流动登记：{view.name}", reverse("transfers:float-edit", args=[view.id]), (FieldGroup("", fields),), "保存", crumbs("改登记", view), view.home_name or view.host_name,
        errors=tuple(given.lines), cancel_url=reverse("transfers:float", args=[view.id]), hidden=(("version", str(view.version)),),
    )


def ending(given: Given, view: FloatingView) -> FormPage:
    """Build the form that ends a record."""
    fields = (given.field("on", "哪天", "date", required=True, width="half"), given.field("why", "说明", maxlength=100, width="half", help="不填就是“已返回”"))
    return FormPage(
        f"结束流动登记：{view.name}", reverse("transfers:float-end", args=[view.id]), (FieldGroup("", fields),), "结束", crumbs("结束", view), view.place, errors=tuple(given.lines),
        cancel_url=reverse("transfers:float", args=[view.id]), hidden=(("version", str(view.version)),), aside=(Pair("从哪天起", show(view.from_on)), Pair("去了哪里", view.place)), aside_title="这条登记",
    )


def certificate(given: Given, file: MemberFile, home: OrgView, months: int) -> FormPage:
    """Build the form of a temporary certificate."""
    fields = (
        given.field("place", "去哪里", maxlength=60, required=True, width="half"), given.field("reason", "原因", maxlength=100, width="half"),
        given.field("from_on", "从哪天起", "date", required=True, width="half"), given.field("to_on", "到哪天", "date", required=True, width="half", help=f"最长 {months} 个月"),
    )
    return FormPage(
        f"开党员证明信：{file.name}", reverse("transfers:certify", args=[file.person_id]), (FieldGroup("", fields),), "开证明信", crumbs(f"{file.name}的证明信"), home.name,
        (Callout("组织关系不转，凭证明信在那边临时参加组织生活，党费仍在本支部交。"),), tuple(given.lines), reverse("transfers:floating"),
    )


def suspension(given: Given, file: MemberFile, home: OrgView, cancel: str) -> FormPage:
    """Build the form that asks for 停止党籍."""
    fields = (
        given.field("ground", "情形", "select", choices=GROUNDS, required=True, width="half"),
        given.field("since", "从哪天起", "date", required=True, width="half", help="失去联系、出国（境）的那天"),
        given.field("search", "查找、联系的经过", "textarea", maxlength=300, required=True, help="什么时候、找过谁、怎么找的"),
    )
    return FormPage(
        f"报停止党籍：{file.name}", reverse("transfers:suspend", args=[file.person_id]), (FieldGroup("", fields),), "报上级", crumbs("报停止党籍"), home.name,
        (Callout("报上去不改党籍，上级批复以后才停止；以后联系上了可以报恢复。"),), tuple(given.lines), cancel,
    )


def restoration(given: Given, file: MemberFile, home: OrgView, cancel: str) -> FormPage:
    """Build the form that asks for the restoration of a membership."""
    fields = (given.field("reason", "理由和核实的情况", "textarea", maxlength=300, required=True, help="本人怎么说明的，支部核实了什么"),)
    return FormPage(
        f"报恢复党籍：{file.name}", reverse("transfers:restore", args=[file.person_id]), (FieldGroup("", fields),), "报上级", crumbs("报恢复党籍"), home.name,
        (Callout("上级批复以后恢复原来的党员身份。"),), tuple(given.lines), cancel,
    )
