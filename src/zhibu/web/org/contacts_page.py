"""The form of what an organisation's own office keeps: contacts, fixed theme day, function label, host units."""
from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.urls import reverse

from zhibu.areas.structure.queries import OrgDetail
from zhibu.ground.tree.queries import OrgView
from zhibu.web.shell.context import Callout, FieldGroup, FormPage, Pair, Tone

from .forms import Given
from .words import crumbs

LABELS = {"address": "地址", "phone": "办公电话", "theme_day": "主题党日固定日", "function_label": "功能定位"}
PAPER = "成立批复文件和文号"
STALE = "您打开这一页以后，别人先保存了一次，您的改动还没有存。右边是现在保存的内容，左边是您填的；核对以后再按一次保存，就以您填的为准。"


def initial(detail: OrgDetail, units: Sequence[str]) -> Mapping[str, str]:
    """Give what stands there now."""
    return {
        "address": detail.address, "phone": detail.phone, "theme_day": detail.theme_day, "function_label": detail.function_label, "approval_doc": "",
        "units": "\n".join(units), "version": str(detail.version),
    }


def read(given: Given) -> tuple[dict[str, str], tuple[str, ...], int]:
    """Read the form: contacts, host units, version of the row it was made from."""
    values = {
        "address": given.text("address", LABELS["address"], most=200), "phone": given.text("phone", LABELS["phone"], most=40),
        "theme_day": given.text("theme_day", LABELS["theme_day"], most=20), "function_label": given.text("function_label", LABELS["function_label"], most=60),
    }
    if paper := given.text("approval_doc", PAPER, most=100):
        values["approval_doc"] = paper
    return values, given.lines_of("units", "所在单位"), given.number("version", "版本") or 0


def build(org: OrgView, detail: OrgDetail, units: Sequence[str], given: Given, *, stale: bool = False, by: tuple[Pair, ...] = ()) -> FormPage:
    """Build the page; a stale one shows what is stored beside what was typed, and may then be saved knowingly."""
    helps = {"theme_day": "每月几日，或第几个周几，例如 20，或第1个周五"}
    fields = [given.field(name, label, maxlength=200, width="half", help=helps.get(name, "")) for name, label in LABELS.items()]
    joint = org.kind == "joint_branch"
    fields.append(given.field("units", "所在单位", "textarea", help="一行一个单位" + ("；联合党支部至少 2 个" if joint else "")))
    if not detail.approval_doc:
        fields.append(given.field("approval_doc", PAPER, maxlength=100, help="成立时的批复还没有登记，找到以后补填；登记以后不能再改"))
    stored = tuple(Pair(label, getattr(detail, name) or "未登记") for name, label in LABELS.items()) + (Pair("所在单位", "、".join(units) or "未登记"),)
    return FormPage(
        "改联系方式和单位", reverse("org:contacts", args=[org.id]), (FieldGroup("", tuple(fields)),), "保存", crumbs(("组织树", reverse("org:tree")), (org.short_name, reverse("org:page", args=[org.id]))),
        org.name, (Callout(STALE, Tone.WARN),) if stale else (), tuple(given.lines), reverse("org:page", args=[org.id]),
        (("version", str(detail.version) if stale else given.raw("version")),), aside=(*stored, *by) if stale else (), aside_title="现在保存的内容",
    )
