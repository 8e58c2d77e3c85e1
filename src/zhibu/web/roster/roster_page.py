"""Build the roster: list, chips, pager, and the drawer of one member."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from urllib.parse import urlencode

from django.urls import reverse

from zhibu.areas.roster import rules
from zhibu.areas.roster.queries import PAGE, Member, Roster
from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.people import correcting
from zhibu.ground.people.queries import MemberLine, Search, is_number
from zhibu.kernel.dates import NotADate, age, parse_day, show
from zhibu.web.shell.context import Button, Callout, Choice, Link, Pager, Pair, State, Tone

from .context import Drawer, DrawerPart, RosterPage, RosterRow

TONES = {"full": Tone.OK, "probationary": Tone.WAIT, "suspended": Tone.WARN}
WORDS = {"full": "正式", "probationary": "预备", "suspended": "停止党籍"}
NUMBERS = {"id_no": "身份证号", "phone": "电话"}
FILTERS = (("", "全部"), ("probationary", "预备"), ("floating", "流动"), ("senior", f"{rules.SENIOR_AGE}岁以上"), ("unplaced", "未编组"), ("suspended", "停止党籍"))


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for. `problem` says what could not be understood; then the day is today."""

    on: date
    today: date
    text: str = ""
    chip: str = ""
    org_id: int | None = None
    person_id: int | None = None
    page: int = 1
    problem: str = ""

    @property
    def search(self) -> Search:
        """Give the filter of the list."""
        return Search(
            self.text, standing=self.chip if self.chip in WORDS else "", floating=self.chip == "floating", unplaced=self.chip == "unplaced",
            born_by=rules.senior_by(self.on) if self.chip == "senior" else None,
        )

    def url(self, **change: object) -> str:
        """Give the address of the list with something changed. Numbers of persons never go into it."""
        other = replace(self, **change)  # type: ignore[arg-type]
        wanted = {
            "q": "" if is_number(other.text) else other.text, "filter": other.chip, "on": other.on.isoformat() if other.on != other.today else "",
            "org": other.org_id or "", "page": other.page if other.page > 1 else "", "person": other.person_id or "",
        }
        query = urlencode({k: v for k, v in wanted.items() if v})
        return reverse("roster:list") + (f"?{query}" if query else "")


def asked(given: Mapping[str, str], today: date) -> Asked:
    """Read the parameters q, filter, on, org, page, person; what cannot be read is left out and said."""
    on, problem = today, ""
    try:
        on = parse_day(given.get("on", "")) or today
    except NotADate as error:
        problem = f"哪一天没有看懂：{error}。下面是今天的名册。"
    if on > today:
        on, problem = today, "还没有到这一天，下面是今天的名册。"
    chip = given.get("filter", "")
    text = "".join(c for c in given.get("q", "")[:50] if c.isprintable()).strip()
    return Asked(
        on, today, text, chip if chip in dict(FILTERS) else "", _number(given, "org"), _number(given, "person"), _number(given, "page") or 1, problem
    )


def _number(given: Mapping[str, str], name: str) -> int | None:
    text = given.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and 0 < len(text) < 10 and int(text) else None


def build(found: Roster, ask: Asked, actor: Actor, drawer: Drawer | None = None) -> RosterPage:
    """Build the page of a day."""
    title = found.org.name if found.org else actor.grants[0].org_name if len(actor.scope(P.MEMBER_READ).paths) == 1 else "您管的支部"
    may_add = actor.may(P.MEMBER_WRITE, found.org.path_now) if found.org else actor.holds(P.MEMBER_WRITE)
    add = reverse("roster:add") + (f"?org={found.org.id}" if found.org and found.org.is_branch else "")
    counted = "，".join(f"{word} {n}" for word, n in (("正式", found.count.full), ("预备", found.count.probationary), ("停止党籍", found.count.suspended)) if n)
    return RosterPage(
        "花名册", f"{title} · {counted or '没有党员'}", tuple(_row(m, found, ask) for m in found.rows), f"{found.total} 人", reverse("roster:list"),
        ask.text, tuple(Choice(label, url=ask.url(chip=chip, page=1, person_id=None), chosen=chip == ask.chip) for chip, label in FILTERS),
        tuple((k, str(v)) for k, v in (("filter", ask.chip), ("org", ask.org_id)) if v), ask.on.isoformat() if ask.on != ask.today else "",
        found.spans, add=Link("加党员", add) if may_add and ask.on == ask.today else None, pager=_pager(found, ask), drawer=drawer,
        buttons=_tools(actor, ask), callouts=_said(ask), sums=found.count.arithmetic, papers=_papers(found, ask, actor),
    )


def _tools(actor: Actor, ask: Asked) -> tuple[Button, ...]:
    may = actor.holds(P.MEMBER_WRITE) or actor.holds(P.ORG_APPROVE)
    return (Button("疑似重复登记", reverse("roster:duplicates")),) if may and ask.on == ask.today else ()


def _papers(found: Roster, ask: Asked, actor: Actor) -> tuple[Button, ...]:
    held = actor.scope(P.MEMBER_READ).paths
    org_id = found.org.id if found.org else next((g.org_id for g in actor.grants if g.org_id and g.org_path in held), None)
    return (Button("花名册 Excel", f"{reverse('paper:roster')}?org={org_id}"),) if org_id and ask.on == ask.today else ()


def _said(ask: Asked) -> tuple[Callout, ...]:
    if ask.problem:
        return (Callout(ask.problem, Tone.WARN),)
    if ask.on != ask.today:
        return (Callout(f"这是{show(ask.on)}的名册。", link=Link("看今天的", ask.url(on=ask.today, page=1, person_id=None))),)
    return ()


def _row(m: MemberLine, found: Roster, ask: Asked) -> RosterRow:
    tags = (("流动",) if m.floating_to else ()) + (("失联",) if m.lost_contact_on else ()) + (("留党察看",) if m.rights == "on_probation" else ())
    return RosterRow(
        m.name, ask.url(person_id=m.person_id), m.gender, f"{age(m.birth_on, ask.on)} 岁" if m.birth_on else "",
        State(TONES[m.standing], WORDS[m.standing]), show(m.joined_on, m.joined_precision), found.branches.get(m.org_id, ""),
        found.groups.get(m.person_id, ""), found.posts.get(m.person_id, ""), m.phone_masked, tags, m.person_id == ask.person_id,
    )


def _pager(found: Roster, ask: Asked) -> Pager | None:
    pages = max(1, -(-found.total // PAGE))
    if pages == 1 or is_number(ask.text):
        return None
    before = ask.url(page=min(ask.page - 1, pages), person_id=None) if ask.page > 1 else ""
    return Pager(f"第 {ask.page} 页，共 {pages} 页", before, ask.url(page=ask.page + 1, person_id=None) if ask.page < pages else "")


def drawer(member: Member, ask: Asked, actor: Actor) -> Drawer:
    """Build the drawer: the 16 items, the place in the branch, what may be done, the history."""
    file, spell = member.file, member.spell
    state = State(TONES[spell.standing], spell.standing_title) if spell else State(Tone.PLAIN, "不在册")
    posts = "、".join(p.title for p in file.posts)
    inside = (
        Pair("党小组", f"{file.group_name}（组长）" if file.is_leader else file.group_name or "未编组"), Pair("党内职务", posts or "无"),
        Pair("党员领导干部", "是" if file.is_leading_cadre else "否"), *((Pair("备注", file.remark),) if file.remark else ()),
    )
    return Drawer(
        file.name, member.org.name, state, (DrawerPart("党员基本信息（16 项）", items(member)), DrawerPart("在支部", inside)),
        _buttons(member, actor) if ask.on == ask.today else (), ask.url(person_id=None),
        (Callout(f"还缺：{'、'.join(member.missing)}。", Tone.WARN),) if member.missing else (),
        tuple(Pair(show(e.on), e.text) for e in member.history),
    )


def items(member: Member) -> tuple[Pair, ...]:
    """Give the 16 items as terms and values."""
    return tuple(Pair(i.title, i.value or ("未填" if i.missing else "—"), tone=Tone.WARN if i.missing else Tone.PLAIN) for i in member.items)


def _buttons(member: Member, actor: Actor) -> tuple[Button, ...]:
    file, path, running = member.file, member.org.path, bool(member.file.spells and member.file.spells[-1].to_on is None)
    found: list[Button] = [Button("看全页", reverse("roster:member", args=[file.person_id])), Button("采集表", reverse("paper:member", args=[file.person_id]))]
    if actor.may(P.MEMBER_WRITE, path):
        found.append(Button("改资料", reverse("roster:edit", args=[file.person_id])))
        if running:
            found.append(Button("改类别或党籍状态", reverse("roster:standing", args=[file.person_id])))
            found.append(Button("结束组织关系", reverse("roster:end", args=[file.person_id])))
        elif file.spells and correcting.may_revive(actor, path, file.spells[-1].ended_as, file.spells[-1].to_on):
            found.append(Button("去世登记错了", reverse("roster:revive", args=[file.person_id])))
    if actor.may(P.MEMBER_REVEAL, path):
        look = reverse("roster:reveal", args=[file.person_id])
        held = {"id_no": file.has_id_no, "phone": file.has_phone}
        found += [Button(f"看完整{title}", f"{look}?what={what}") for what, title in NUMBERS.items() if held[what]]
    return tuple(found)
