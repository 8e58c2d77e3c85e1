"""The small forms before numbers leave in full."""
from __future__ import annotations

from django.urls import reverse

from zhibu.ground.tree.queries import OrgView
from zhibu.web.roster import forms
from zhibu.web.roster.forms import Filled
from zhibu.web.shell.context import Callout, FieldGroup, FormPage, Link, Pair

from .offers import address

JOURNALLED = Callout("谁在什么时候为什么要的完整号码，都记入日志。平时办事不用完整号码。")


def roster_form(org: OrgView, people: int, may_reveal: bool, filled: Filled) -> FormPage:
    """Build the form before the roster leaves: with masked numbers, or in full for a purpose."""
    facts = (Pair("党组织", org.name), Pair("人数", f"{people} 人"), Pair("身份证号和电话", "默认不写全；写全的一份可以原样再导入"))
    groups: tuple[FieldGroup, ...] = (FieldGroup("", (), facts=facts),)
    full = may_reveal and org.is_branch
    if full:
        groups += forms.purpose_groups(filled, asked=False)
    return FormPage(
        "导出花名册", address("paper:roster", org=org.id), groups, "导出，号码不写全",
        (Link("花名册", address("roster:list", org=org.id)), Link("导出花名册")), "按今天的名册导出 Excel。" + ("要写全号码的，先填用途。" if full else ""),
        callouts=(JOURNALLED,) if full else (), errors=filled.errors, cancel_url=address("roster:list", org=org.id), submit_name="full", submit_value="0",
        other_buttons=(("full", "1", "按上面的用途导出完整号码"),) if full else (),
    )


def member_form(name: str, person_id: int, org_name: str, filled: Filled) -> FormPage:
    """Build the form before the sheet of one member is made with numbers in full."""
    here = reverse("paper:member", args=[person_id])
    return FormPage(
        f"采集表写全号码：{name}", f"{here}?full=1", forms.purpose_groups(filled), "打印", (Link("党员基本信息采集表", here), Link("写全号码")), org_name,
        callouts=(JOURNALLED,), errors=filled.errors, cancel_url=here, submit_name="as", submit_value="page", other_buttons=(("as", "docx", "下载 Word"),),
    )
