"""Build the pages on which members are added, edited, ended, changed in standing, and a full number is looked at."""
from __future__ import annotations

from collections.abc import Sequence

from django.urls import reverse

from zhibu.areas.roster.queries import Member
from zhibu.ground.people.actions import TITLES
from zhibu.ground.tree.queries import OrgView
from zhibu.web.shell.context import Callout, FieldGroup, FormPage, Link, Pair, Tone

from . import forms
from .forms import Filled
from .roster_page import NUMBERS, items


def drawer_url(person_id: int) -> str:
    """Give the address of the roster with a member's drawer open."""
    return f"{reverse('roster:list')}?person={person_id}"


def _crumbs(last: str, member: Member | None = None) -> tuple[Link, ...]:
    middle = (Link(member.file.name, drawer_url(member.file.person_id)),) if member else ()
    return (Link("花名册", reverse("roster:list")), *middle, Link(last))


def add(filled: Filled, branches: Sequence[OrgView], key: str) -> FormPage:
    """Build the form for a new member."""
    return FormPage(
        "加党员", reverse("roster:add"), forms.member_groups(filled, branches=branches), "保存", _crumbs("加党员"),
        "只有姓名、支部、类别和起始日期必填，其余知道多少填多少，以后可以补。", errors=filled.errors, cancel_url=reverse("roster:list"), hidden=(("key", key),),
    )


def edit(member: Member, filled: Filled, stale: Filled | None = None, by: tuple[Pair, ...] = ()) -> FormPage:
    """Build the form of a member. With `stale` (what this form was opened with is gone) both versions stand side by side."""
    file = member.file
    page = dict(
        title=f"改资料：{file.name}", action_url=reverse("roster:edit", args=[file.person_id]), groups=forms.member_groups(filled, file=file),
        submit_label="保存", crumbs=_crumbs("改资料", member), sub=member.org.name, errors=filled.errors, cancel_url=drawer_url(file.person_id),
        hidden=(("version", str(file.version)),),
    )
    if stale is not None:
        page |= dict(
            title=f"别人刚改过：{file.name}", submit_label="按我填的保存", aside=(*_both(filled, stale), *by), aside_title="现在登记的，和您填的不一样的地方",
            callouts=(Callout("您打开这一页以后，别人先保存了一次，您填的还没有存。左边是您填的，旁边是现在登记的。改好以后再保存，或者点“不办了”用现在登记的。", Tone.WARN),),
        )
    return FormPage(**page)  # type: ignore[arg-type]


def _both(mine: Filled, saved: Filled) -> tuple[Pair, ...]:
    """Name each field that differs, with the saved value and the typed one. Numbers are told apart without being shown."""
    pairs = []
    for name, title in TITLES.items():
        now, wanted = saved.texts.get(name, ""), mine.texts.get(name, "")
        if name in ("id_no", "phone"):
            if wanted:
                pairs.append(Pair(title, "另有登记", "您填了新的"))
        elif now != wanted:
            shown = {"1": "是", "": "否"} if name == "is_leading_cadre" else {"": "（空）"}
            pairs.append(Pair(title, shown.get(now, now), f"您填的：{shown.get(wanted, wanted)}"))
    return tuple(pairs)


def end(member: Member, filled: Filled, key: str, *, transfers: bool) -> FormPage:
    """Build the form that ends a membership. transfers: the reader may begin a transfer there."""
    return FormPage(
        f"结束组织关系：{member.file.name}", reverse("roster:end", args=[member.file.person_id]), forms.ending_groups(filled), "结束组织关系",
        _crumbs("结束组织关系", member), member.org.name, errors=filled.errors, cancel_url=drawer_url(member.file.person_id), hidden=(("key", key),),
        callouts=(Callout("办了以后，党内职务、党小组和“不计算在应到会”一起结束。以前的记录都留着，按日期还查得到。"), _by_letter(member, transfers)), aside=_facts(member), aside_title="现在",
    )


def revive(member: Member, filled: Filled, key: str) -> FormPage:
    """Build the form that takes back a death entered by mistake."""
    return FormPage(
        f"更正去世登记：{member.file.name}", reverse("roster:revive", args=[member.file.person_id]), forms.reviving_groups(filled), "恢复登记",
        _crumbs("更正去世登记", member), member.org.name, errors=filled.errors, cancel_url=drawer_url(member.file.person_id), hidden=(("key", key),),
        callouts=(Callout("从登记去世的那天起接着算本支部党员。党内职务、党小组和账号不会自己恢复，要另外办。"),), aside=_facts(member), aside_title="现在",
    )


def standing(member: Member, filled: Filled, key: str, moves: Sequence[str]) -> FormPage:
    """Build the form that changes a standing."""
    return FormPage(
        f"改类别或党籍状态：{member.file.name}", reverse("roster:standing", args=[member.file.person_id]), forms.standing_groups(filled, moves), "保存",
        _crumbs("改类别或党籍状态", member), member.org.name, errors=filled.errors, cancel_url=drawer_url(member.file.person_id), hidden=(("key", key),),
        callouts=(Callout("从写的那天起按新的状态算应到会和表决权，以前的日子不变。"), _by_case(member)), aside=_facts(member), aside_title="现在",
    )


def _by_case(member: Member) -> Callout:
    """Say where 停止党籍 and its restoration are asked for: they are decided above."""
    stopped = bool(member.file.spells) and member.file.spells[-1].standing == "suspended"
    what = "恢复党籍" if stopped else "停止党籍"
    address = reverse("transfers:restore" if stopped else "transfers:suspend", args=[member.file.person_id])
    return Callout(f"{what}由支部报、上级党组织批。", link=Link(f"报{what}", address))


def _by_letter(member: Member, transfers: bool) -> Callout:
    """Say where somebody who goes to another organisation is transferred: his membership ends with the receipt of the letter."""
    says = "转到别的党组织的，不在这里结束：凭介绍信转出，对方接收以前仍是本支部党员。系统外的也一样。"
    return Callout(says, link=Link("转出组织关系", reverse("transfers:start", args=[member.file.person_id]))) if transfers else Callout(f"{says}请找支部书记或党委办。")


def _facts(member: Member) -> tuple[Pair, ...]:
    wanted = {"人员类别", "加入党组织日期", "转为正式党员日期", "党籍状态"}
    return tuple(pair for pair in items(member) if pair.label in wanted)


def reveal(member: Member, what: str, filled: Filled, number: str | None = None) -> FormPage:
    """Build the page that asks for the purpose of a look, or, with `number`, shows it."""
    title, file = NUMBERS[what], member.file
    shown = () if number is None else (FieldGroup(f"{file.name}的{title}", (), facts=(Pair(title, number or "没有登记"),), hint="看完请关掉这一页"),)
    return FormPage(
        f"看完整{title}：{file.name}", f"{reverse('roster:reveal', args=[file.person_id])}?what={what}", shown + forms.purpose_groups(filled),
        "再看一次" if number is not None else "看号码", _crumbs(f"看完整{title}", member), member.org.name, errors=filled.errors,
        cancel_url=drawer_url(file.person_id), callouts=(Callout("谁在什么时候为什么看的，都记入日志。平时办事不用看完整号码。"),),
    )
