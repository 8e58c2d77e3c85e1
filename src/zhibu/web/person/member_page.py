"""党员全页: one person, everything the reader may see, in one place; and the copy that the person takes along."""
from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.urls import reverse

from zhibu.areas.roster.queries import Member
from zhibu.exchange.excel import Column, Table
from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission as P
from zhibu.kernel.dates import show
from zhibu.web.roster.roster_page import TONES, items
from zhibu.web.shell.context import Button, Link, Pair, State, Tone

from .context import FilePart
from .sections import Section, sections


@dataclass(frozen=True, slots=True)
class MemberPage:
    """What person/member.html needs."""

    title: str
    sub: str
    state: State
    parts: tuple[FilePart, ...]
    sections: tuple[Section, ...]
    crumbs: tuple[Link, ...]
    buttons: tuple[Button, ...] = ()
    note: str = ""


def build(member: Member, actor: Actor, today: date, *, own: bool) -> MemberPage:
    """Build the page of one member, for himself or for an office."""
    file, spell = member.file, member.spell
    state = State(TONES[spell.standing], spell.standing_title) if spell else State(Tone.PLAIN, "不在册")
    parts = (FilePart("党员基本信息（16 项）", items(member), "有不对的地方，请告诉支部书记改。" if own else ""), FilePart("在支部", inside(member)), FilePart("经过", history(member)))
    crumbs = (Link("我的", reverse("person:me")),) if own else (Link("花名册", reverse("roster:list")), Link(member.org.short_name, f"{reverse('roster:list')}?org={member.org.id}"))
    buttons = (Button("取走我的资料（Excel）", reverse("person:copy"), "post"),) if own else (
        Button("在花名册里看", f"{reverse('roster:list')}?person={file.person_id}#drawer"),
        *((Button("替本人取一份（Excel）", reverse("roster:copy-for", args=[file.person_id]), "post"),) if actor.may(P.MEMBER_WRITE, member.org.path) else ()),
    )
    note = "" if own else "打开这一页会记一笔，本人在“谁看过我的资料”里看得到。"
    return MemberPage(
        file.name, member.org.name, state, tuple(p for p in parts if p.facts), sections(actor, file.person_id, today), (*crumbs, Link(file.name)), buttons, note,
    )


def inside(member: Member) -> tuple[Pair, ...]:
    """Give the place in the branch: group and posts."""
    file = member.file
    return (
        Pair("党小组", f"{file.group_name}（组长）" if file.is_leader else file.group_name or "未编组"),
        Pair("党内职务", "、".join(p.title for p in file.posts) or "无"),
    )


def history(member: Member) -> tuple[Pair, ...]:
    """Give the spells and corrections, newest first."""
    return tuple(Pair(show(e.on), e.text) for e in member.history)


def may_open(actor: Actor) -> bool:
    """Tell whether the reader may open the pages of others."""
    return actor.holds(P.MEMBER_READ)


def tables(page: MemberPage, numbers: dict[str, str], taken: str) -> list[Table]:
    """Give the copy of a member's data as worksheets. numbers: his own in full, by the title of their item; taken: by whom and when."""
    notes = (page.sub, taken)
    facts = [(p.title, f.label, numbers.get(f.label, f.value)) for p in page.parts for f in p.facts]
    first = Table("基本情况", f"{page.title}的资料", notes, (Column("部分", 20), Column("项目", 20), Column("内容", 48)), tuple(facts))
    others = [
        Table(
            s.title, s.title, (*notes, *s.lines), tuple(Column(c, 20) for c in s.columns) or (Column("说明", 60),), s.rows if s.columns else tuple((line,) for line in s.lines)
        )
        for s in page.sections
    ]
    return [first, *others]
