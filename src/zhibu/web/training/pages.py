"""Build the pages of study hours: a branch, the branches below, a member, courses."""
from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from urllib.parse import urlencode

from django.urls import reverse

from zhibu.areas.training import rules
from zhibu.areas.training.committees import DOING_ZH, Asked, DoingView
from zhibu.areas.training.courses import CourseView, SessionView
from zhibu.areas.training.queries import MemberYear, OrgYear, PersonYear, Source
from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.tree.queries import OrgView
from zhibu.kernel.numbers import percent
from zhibu.web.shell.context import Button, Callout, Choice, Link, Pair, State, Tone

from .context import (
    BranchPage,
    CommitteeCard,
    CourseCard,
    CoursesPage,
    HourLine,
    NoteLine,
    OrgLine,
    OrgsPage,
    PersonPage,
    SessionPage,
    SourceLine,
    TimeLine,
)

MOST = 120  # branches on one page; the table for Excel has all of them
SHOWS = (("all", "全部"), ("pace", "进度不够"), ("short", "全年不够"), ("central", "书记没培训"))
HOW = "学时由会议点人结果和培训登记算出，不看上网时间，不排名"


def to(name: str, *args: object, **query: object) -> str:
    """Write an address of this room."""
    found = reverse(f"training:{name}", args=list(args))
    return found + (f"?{urlencode({k: v for k, v in query.items() if v != ''})}" if query else "")


def day(on: date) -> str:
    """Write a day."""
    return f"{on.year}年{on.month}月{on.day}日"


def crumbs(org: OrgView, *more: str) -> tuple[Link, ...]:
    """Give the way to a page of an organisation."""
    return (Link("党员"), Link("教育学时", to("list", org=org.id) if more else ""), *(Link(m) for m in more))


def years(address: str, wanted: int, today: date, **query: object) -> tuple[Choice, ...]:
    """Give the choice of the year: this one and the two before."""
    return tuple(Choice(f"{y}年", str(y), f"{address}?{urlencode({**query, 'year': y})}", y == wanted) for y in range(today.year, today.year - 3, -1))


def state(m: MemberYear) -> State:
    """Say how a member's hours stand."""
    if m.pace.reached:
        return State(Tone.OK, "已达标")
    if m.pace.short:
        return State(Tone.BAD, f"全年差 {rules.said(m.pace.missing)} 学时")
    if m.pace.behind:
        return State(Tone.WARN, f"进度不够，还差 {rules.said(m.pace.missing)} 学时")
    return State(Tone.WAIT, f"还差 {rules.said(m.pace.missing)} 学时")


def central(m: MemberYear) -> State | None:
    """Say how the central training of a secretary stands."""
    c = m.central
    if c is None or not c.clause:
        return None
    if c.done:
        return State(Tone.OK, "参加过集中培训")
    return State(Tone.BAD if c.overdue else Tone.WAIT, f"{day(c.due_on)}前要参加集中培训")


def parts(m: MemberYear) -> str:
    """Say where the hours come from."""
    said = f"会议 {rules.said(m.meetings)}，培训 {rules.said(m.courses)}"
    said += f"，转入前 {rules.said(m.before)}" if m.before else ""
    return said + (f"；自学 {rules.said(m.uncounted)} 不计" if m.uncounted else "")


def branch(actor: Actor, found: OrgYear | None, org: OrgView, wanted: int, today: date) -> BranchPage:
    """Build the list of a branch in the order of names."""
    members = found.members if found else ()
    path, buttons = org.path_now, []
    if actor.may(P.TRAINING_WRITE, path):
        buttons += [Button("登记培训", to("record-new", org=org.id), style="pri"), Button("登记心得", to("note-new", org=org.id))]
    buttons += [Button("课程", to("courses", org=org.id)), _file(org, wanted)]
    return BranchPage(
        "教育学时", f"{org.name} · {wanted}年 · {HOW}", years(to("list"), wanted, today, org=org.id), _stats(list(members), found.rate if found else "-"),
        tuple(
            HourLine(m.name + ("（书记）" if m.secretary else "（班子）" if m.officer else ""), to("person", m.person_id, year=wanted), rules.said(m.total),
                     rules.said(m.target.tenths), parts(m), state(m), central(m))
            for m in members
        ),
        tuple(buttons), crumbs(org), _foot(found), "这一年没有要算学时的党员。" if found else f"{wanted}年没有规则集定学时。",
    )


def _file(org: OrgView, wanted: int) -> Button:
    return Button("导出 Excel", to("file", org=org.id, year=wanted), "post")


def _stats(members: Sequence[MemberYear], rate: str) -> tuple[Pair, ...]:
    behind, short = sum(m.pace.behind for m in members), sum(m.pace.short for m in members)
    reached = sum(m.pace.reached for m in members)
    found = [Pair("党员", f"{len(members)} 人"), Pair("已达标", f"{reached} 人，{rate}")]
    if behind:
        found.append(Pair("进度不够", f"{behind} 人", tone=Tone.WARN))
    if short:
        found.append(Pair("全年不够", f"{short} 人", tone=Tone.BAD))
    return tuple(found)


def _foot(found: OrgYear | None) -> str:
    if found is None or not found.members:
        return ""
    plain = next((m.target for m in found.members if not m.officer), found.members[0].target)
    officers = next((m.target for m in found.members if m.officer), None)
    said = f"党员{plain.said}" + (f"；书记和班子成员 {officers.hours} 学时" if officers else "")
    return f"{said}（{plain.clause}）。规则集：{'、'.join(found.rule_sets)}"


def orgs(
    actor: Actor, found: Sequence[OrgYear], org: OrgView, wanted: int, show: str, today: date, owed: Sequence[Asked] = (), done: Sequence[DoingView] = (),
) -> OrgsPage:
    """Build the list of the branches below an organisation."""
    chosen = [o for o in found if _shown(o, show)]
    members = [m for o in found for m in o.members]
    query = {"org": org.id, "year": wanted}
    buttons = (*((Button("登记培训班", to("courses", **query), style="pri"),) if actor.may(P.TRAINING_WRITE, org.path_now) else (Button("课程", to("courses", **query)),)), _file(org, wanted))
    return OrgsPage(
        "教育学时", f"{org.name} · {wanted}年 · {HOW}", years(to("list"), wanted, today, org=org.id),
        tuple(Choice(title, code, to("list", **query, show="" if code == "all" else code), code == show) for code, title in SHOWS),
        _stats(members, percent(sum(m.pace.reached for m in members), len(members))), tuple(_org(o, wanted) for o in chosen[:MOST]), buttons, crumbs(org),
        "各支部按自己的规则集算；点支部看每名党员。", "没有这样的支部。", f"先列 {MOST} 个，共 {len(chosen)} 个；全部的在导出的表里。" if len(chosen) > MOST else "",
        _own(owed, done, to("committee-new", org=org.id) if actor.may(P.TRAINING_WRITE, org.path_now) else "", today),
    )


def _own(owed: Sequence[Asked], done: Sequence[DoingView], url: str, today: date) -> CommitteeCard | None:
    if not owed and not done:
        return None
    said = tuple(
        Pair(f"{a.window.label}{DOING_ZH[a.doing]}", "还没有" if a.missing else "办了", a.clause, tone=(Tone.BAD if a.window.last < today else Tone.WARN) if a.missing else Tone.OK)
        for a in owed
    )
    lines = tuple(NoteLine(day(d.day), DOING_ZH[d.doing], f"{d.what}（{d.who}）", Button("去掉", to("committee-end", d.id), "post", small=True) if url else None) for d in done)
    return CommitteeCard(said, lines, url)


def _shown(o: OrgYear, show: str) -> bool:
    late = any(m.central is not None and not m.central.done for m in o.members)
    return {"pace": bool(o.behind), "short": bool(o.short), "central": late}.get(show, True)


def _org(o: OrgYear, wanted: int) -> OrgLine:
    late = o.behind or o.short
    said = State(Tone.BAD, f"{o.short} 人全年不够") if o.short else State(Tone.WARN, f"{o.behind} 人进度不够") if late else State(Tone.OK if o.members else Tone.WAIT, "正常" if o.members else "没有党员")
    secretary = next((central(m) for m in o.members if m.secretary), None)
    return OrgLine(o.org.name, to("list", org=o.org.id, year=wanted), len(o.members), f"{o.reached} / {len(o.members)}", o.rate, said, secretary)


# ---------------------------------------------------------------- one member


def person(actor: Actor, found: PersonYear, wanted: int, today: date) -> PersonPage:
    """Build a member's year."""
    m, org = found.member, found.org
    writes = actor.may(P.TRAINING_WRITE, org.path_now)
    here = {"org": org.id, "person": m.person_id}
    facts = [
        Pair("学时", f"{rules.said(m.total)} / {rules.said(m.target.tenths)}", f"{parts(m)}。{m.target.said}", tone=state(m).tone), Pair("情况", state(m).word),
    ]
    if (c := central(m)) is not None and m.central is not None:
        facts.append(Pair("集中培训", c.word, f"{m.central.said}（{m.central.clause}）", tone=c.tone))
    head = f"{len(found.notes)} 篇" + (f"，每年不少于 {found.essays_wanted} 篇心得" if found.essays_wanted else "，有就登记，不作要求")
    return PersonPage(
        f"{m.name}的学时", f"{org.name} · {wanted}年", years(to("person", m.person_id), wanted, today), tuple(facts), tuple(_source(s, actor, org, writes) for s in found.sources),
        tuple(NoteLine(day(n.day), rules.NOTE_ZH[n.kind], n.title, Button("去掉", to("note-end", n.id), "post", small=True) if writes else None) for n in found.notes), head,
        (Button("登记培训", to("record-new", **here), style="pri"), Button("登记心得", to("note-new", **here))) if writes else (), crumbs(org, m.name),
        f"规则集：{'、'.join(found.rule_sets)}。会议记错了请更正会议记录，学时跟着变。", "这一年还没有学时。",
    )


def _source(s: Source, actor: Actor, org: OrgView, writes: bool) -> SourceLine:
    when = day(s.on) + (f"至{s.until.month}月{s.until.day}日" if s.until != s.on else "")
    url = reverse("meetings:activity", args=[s.activity_id]) if s.activity_id and actor.may(P.ACTIVITY_READ, org.path_now) else ""
    told = State(Tone.PLAIN, f"已去掉：{s.ended_why}") if s.ended_why else None if s.counts else State(Tone.PLAIN, "不计入集中学习")
    return SourceLine(
        when, rules.KIND_ZH[s.kind], s.title, url, rules.said(s.tenths), s.proof + (f"，{s.by}登记" if s.by else "") + (f"（{s.clause}）" if s.clause else ""), told,
        to("record-end", s.record_id) if s.record_id and writes and not s.ended_why else "",
    )


# ---------------------------------------------------------------- courses


def course_list(actor: Actor, found: Sequence[CourseView], org: OrgView, wanted: int, today: date) -> CoursesPage:
    """Build the list of courses."""
    writes = actor.may(P.TRAINING_WRITE, org.path_now)
    return CoursesPage(
        "课程", f"{org.name} · {wanted}年 · 办班的一级登记，参加的人自动有学时", years(to("courses"), wanted, today, org=org.id),
        tuple(
            CourseCard(c.title, rules.KIND_ZH[c.kind], tuple(_time(s) for s in c.sessions), to("session-new", c.id) if writes else "") for c in found
        ),
        (Button("开一门课", to("course-new", org=org.id, year=wanted), style="pri"),) if writes else (), crumbs(org, "课程"), "这一年还没有课程。",
    )


def _span(s: SessionView) -> str:
    return day(s.first_on) + (f"至{s.last_on.month}月{s.last_on.day}日" if s.last_on != s.first_on else "")


def _time(s: SessionView) -> TimeLine:
    return TimeLine(_span(s), to("session", s.id), f"{rules.said(s.tenths)} 学时", f"{s.came} / {len(s.expected)}", State(Tone.PLAIN, f"已去掉：{s.ended_why}") if s.ended_by else None)


def session(actor: Actor, s: SessionView, names: dict[int, str], org: OrgView) -> SessionPage:
    """Build the page of one time of a course."""
    away = set(s.absent)
    facts = (
        Pair("时间", _span(s)), Pair("学时", f"{rules.said(s.tenths)} 学时", f"{rules.UNIT_ZH[s.unit]} × {s.amount}"), Pair("参加", f"{s.came} / {len(s.expected)} 人"),
        *((Pair("地点", s.place),) if s.place else ()), *((Pair("签到表", s.proof),) if s.proof else ()), Pair("登记", s.made_by),
    )
    ends = actor.may(P.TRAINING_WRITE, org.path_now) and not s.ended_by
    return SessionPage(
        s.course, f"{org.name} · {rules.KIND_ZH[s.kind]} · {_span(s)}", facts, tuple(names.get(p, "（已转出）") for p in s.expected if p not in away),
        tuple(names.get(p, "（已转出）") for p in s.absent), (Callout(f"{s.ended_by}已去掉：{s.ended_why}。不再算学时", Tone.WARN),) if s.ended_by else (),
        (Button("整次记错了", to("session-end", s.id)),) if ends else (), (*crumbs(org, "课程")[:2], Link("课程", to("courses", org=org.id, year=s.first_on.year)), Link(s.course)),
    )
