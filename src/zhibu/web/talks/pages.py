"""Build the pages of talks: the year of a branch with who is missing, one talk, and the forms."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise

from django.urls import reverse
from django.utils.timezone import localdate

from zhibu.areas.talks import queries, rules
from zhibu.areas.talks.queries import EventView, TalkLine, TalkView, YearOfTalks
from zhibu.areas.talks.refused import Fault
from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.tree import queries as tree
from zhibu.kernel.dates import show
from zhibu.web.shell.context import Button, Callout, Choice, ErrorLine, Field, FieldGroup, FormPage, Link, Pair, Stat, State, Tone

from .asked import members, pick, text
from .context import Block, Line, RoomPage

SECRET = "只有谈话的两位和书记看得到，上级看不到，也不进台账。可以不写，纸质记录自己留好就行。"
MOST = 100  # talks of one list
EVENTS_BACK = timedelta(days=365)


def crumbs(org: tree.OrgView, *more: Link) -> tuple[Link, ...]:
    """Give the way to a page about talks."""
    here = f"{reverse('talks:list')}?org={org.id}"
    return (Link("组织生活", f"{reverse('meetings:ledger')}?org={org.id}"), Link("谈心谈话", here if more else ""), *more)


def build_list(actor: Actor, org: tree.OrgView, year: int, today: date) -> RoomPage:
    """Build the page of a branch and a year: coverage, who is missing (inside the branch), events (for who keeps them), the list."""
    inside, keeps = actor.may(P.TALK_WRITE, org.path_now), actor.may(P.TALK_READ, org.path_now)
    scope = actor.scope(P.ACTIVITY_READ)
    found = queries.year_of_talks(scope, org.id, year, today)
    held = queries.talks(scope, org.id, date(year, 1, 1), date(year, 12, 31))
    here = f"{reverse('talks:list')}?org={org.id}"
    blocks = []
    if keeps:
        blocks.append(_events(queries.events(actor.scope(P.TALK_READ), org.id, since=today - EVENTS_BACK), org, today))
    lines = tuple(_talk(t) for t in held[:MOST])
    blocks.append(Block("今年的谈话" if year == today.year else f"{year}年的谈话", lines, ("谁和谁", "日期", "关系"), f"{len(held)} 次", "", "还没有记过谈话。"))
    add = (Button("记一次谈话", f"{reverse('talks:new')}?org={org.id}", style="pri"), Button("登记要谈的事", f"{reverse('talks:event')}?org={org.id}")) if inside else ()
    contacts = (Button("联系对象", f"{reverse('talks:contacts')}?org={org.id}"),) if inside else ()
    return RoomPage(
        "谈心谈话", f"{org.name} · 台账只记谁和谁、哪天；谈了什么只有两位和书记看得到", crumbs(org), (*add, *contacts), _missing(found, inside, today), _stats(found),
        tuple(Choice(f"{y}年", str(y), f"{here}&year={y}", y == year) for y in (today.year, today.year - 1)), note=_rule(found), blocks=tuple(blocks),
    )


def _stats(y: YearOfTalks) -> tuple[Stat, ...]:
    c, shown = y.found.counts, y.coverage
    parts = (("班子成员之间", shown.committee_pairs, c.pairs_done, c.pairs, "对"), ("班子谈到的党员", shown.ordinary_rate, c.reached, c.ordinary, "人"), ("互相谈过的党员", shown.member_rate, c.mutual, c.members, "人"))
    return tuple(Stat(name, rate, f"{done}/{whole} {unit}", Tone.OK if done == whole and whole else Tone.PLAIN) for name, rate, done, whole, unit in parts)


def _rule(y: YearOfTalks) -> str:
    if y.rule is None:
        return "本支部执行的规则集没有规定谈心谈话的次数，上面的数只供自己看。"
    asked = "每年至少 1 次" if y.relations else "经常谈，没有规定次数"
    return f"按{y.rule.clause}：{asked}。按{show(y.as_of)}的班子和党员算，来回都算一次；上级同志来谈的不算在内。"


def _missing(y: YearOfTalks, inside: bool, today: date) -> tuple[Callout, ...]:
    if not inside:
        return ()
    tone = Tone.BAD if y.violation and y.year < today.year else Tone.WARN
    said = []
    if y.found.pairs:
        said.append("班子成员之间还没谈的：" + "；".join(f"{y.names[a]}和{y.names[b]}" for a, b in y.found.pairs[:10]) + ("等" if len(y.found.pairs) > 10 else ""))
    for who, people in (("班子还没谈到的", y.found.ordinary), ("还没和别的党员谈过的", y.found.members)):
        if people:
            said.append(f"{who}（{len(people)} 名）：" + "、".join(y.names[p] for p in people[:30]) + ("等" if len(people) > 30 else ""))
    return tuple(Callout(f"{one}。", tone) for one in said)


def _events(found: list[EventView], org: tree.OrgView, today: date) -> Block:
    lines = []
    for e in sorted(found, key=lambda e: (e.talked_on is not None, e.due_on)):
        if e.talked_on is not None:
            state, buttons = State(Tone.OK, f"{e.talked_on.month}月{e.talked_on.day}日谈了"), ()
        else:
            late = e.due_on < today
            state = State(Tone.BAD if late else Tone.WARN, f"{'过期，' if late else ''}{e.due_on.month}月{e.due_on.day}日前")
            talk_url = f"{reverse('talks:new')}?org={org.id}&with={e.person_id}&event={e.id}"
            buttons = (Button("记谈话", talk_url, small=True), Button("登记错了", reverse("talks:event-end", args=[e.id]), "post", "txt", small=True))
        lines.append(Line(e.name, when=show(e.day), what=rules.TRIGGER_ZH[rules.Trigger(e.kind)], small=f"{e.made_by}登记", state=state, buttons=buttons))
    waiting = sum(e.talked_on is None for e in found)
    return Block("五必谈", tuple(lines), ("谁", "哪天的事", "什么事"), f"{waiting} 件要谈" if waiting else "", "只有书记看得到这一栏。", "没有要谈的事。")


def _talk(t: TalkLine) -> Line:
    relation = rules.RELATION_ZH[rules.Relation(t.relation)]
    return Line(t.pair, reverse("talks:talk", args=[t.id]), show(t.day), relation + (f"，{t.made_by}代记" if t.on_behalf else ""))


def build_talk(actor: Actor, t: TalkLine, texts: Sequence[TalkView], org: tree.OrgView) -> RoomPage:
    """Build the page of one talk; what was said, and what stood there before it was corrected, only for who may read it."""
    view = texts[0] if texts else None
    facts = [Pair("谈话人", t.talker_name), Pair("谈话对象", t.talkee_name), Pair("时间", show(t.day)), Pair("关系", rules.RELATION_ZH[rules.Relation(t.relation)])]
    if view is not None:
        facts += [
            Pair("为什么谈", rules.TRIGGER_ZH[rules.Trigger(view.trigger)]), Pair("地点", view.place or "没写"), Pair("主题", view.topic or "没写"),
            Pair("要点", view.summary or "没写，看纸质记录"), Pair("后续", view.follow_up or "没写"),
        ]
    facts.append(Pair("谁记的", f"{t.made_by}{'，代记' if t.on_behalf else ''}"))
    if t.ended_by:
        facts.append(Pair("已去掉", f"{t.ended_by}：{t.ended_why}", "不再算，记录和原因都保留", tone=Tone.BAD))
    buttons = []
    if view is not None:
        buttons.append(Button("谈心谈话记录", reverse("talks:sheet", args=[t.id])))
        if not t.ended_by and actor.may(P.TALK_WRITE, org.path_now) and queries.wrote(actor, t, texts[-1]):
            buttons.append(Button("更正内容", reverse("talks:correct", args=[t.id])))
    mine = actor.person_id is not None and actor.person_id in (t.talker_id, t.talkee_id)
    if not t.ended_by and actor.may(P.TALK_WRITE, org.path_now) and (mine or actor.may(P.TALK_READ, org.path_now)):
        buttons.append(Button("记错了", reverse("talks:void", args=[t.id])))
    reader = actor.holds(P.ACTIVITY_READ) and actor.may(P.ACTIVITY_READ, org.path_now)
    way = crumbs(org, Link(t.pair)) if reader else (Link("我的", reverse("person:me")), Link("我的谈话", reverse("talks:mine")), Link(t.pair))
    note = "这一页只有谈话的两位和书记看得到内容。" if view is not None else "谈了什么只有谈话的两位和书记看得到。"
    return RoomPage(t.pair, show(t.day), way, tuple(buttons), facts_title="谈心谈话", facts=tuple(facts), note=note, blocks=_earlier(texts))


def _earlier(texts: Sequence[TalkView]) -> tuple[Block, ...]:
    if len(texts) < 2:
        return ()
    lines = []
    for new, old in pairwise(texts):
        on = show(localdate(new.made_at)) if new.made_at else ""
        small = "；".join(f"{name}：{said}" for name, said in (("地点", old.place), ("主题", old.topic), ("后续", old.follow_up)) if said)
        lines.append(Line(old.summary or "要点没写", when=on, what=rules.TRIGGER_ZH[rules.Trigger(old.trigger)], small=small))
    return (Block("更正前写的", tuple(lines), ("要点", "哪天更正", "为什么谈"), f"{len(lines)} 次", "更正了也保留，同样只有谈话的两位和书记看得到。"),)


def talk_form(org: tree.OrgView, values: Mapping[str, str], faults: tuple[Fault, ...], today: date) -> FormPage:
    """Build the form of a talk: two names and a day are enough."""
    errors = {f.field: f.reason for f in faults}
    people = [("请选", ""), *members(org, today)]
    who = FieldGroup("谁和谁，哪天", (
        pick("talker", "谁谈的", [*people, ("上级同志（在下面写姓名）", "above")], values, errors, width="third"), pick("talkee", "和谁谈", people, values, errors, required=True, width="third"),
        text("day", "哪天", values, errors, kind="date", required=True, width="third"),
        text("superior", "上级同志的姓名", values, errors, maxlength=50, help="支部的人谈的不用填", width="third"),
        pick("trigger", "为什么谈", [(name, code.value) for code, name in rules.TRIGGER_ZH.items()], values, errors, width="third"),
        text("place", "地点", values, errors, maxlength=60, width="third"),
    ), "填这几项就够了")
    said = FieldGroup("谈了什么", _said(values, errors), SECRET)
    return FormPage(
        "记一次谈话", f"{reverse('talks:new')}?org={org.id}", (who, said), "保存", crumbs(org, Link("记一次谈话")), org.name, cancel_url=f"{reverse('talks:list')}?org={org.id}",
        errors=tuple(ErrorLine(f.reason, f"f-{f.field}", f.code) for f in faults),
    )


def correct_form(t: TalkLine, org: tree.OrgView, values: Mapping[str, str], faults: tuple[Fault, ...], theirs: tuple[Pair, ...] = ()) -> FormPage:
    """Build the form that corrects what was said; who and when stay, a wrong pair or day is taken back instead. theirs: how it stands, when the form is stale."""
    errors, back = {f.field: f.reason for f in faults}, reverse("talks:talk", args=[t.id])
    who = (
        pick("trigger", "为什么谈", [(name, code.value) for code, name in rules.TRIGGER_ZH.items()], values, errors, width="half"), text("place", "地点", values, errors, maxlength=60, width="half"),
    )
    return FormPage(
        "更正谈话内容", reverse("talks:correct", args=[t.id]), (FieldGroup(f"{t.pair}，{show(t.day)}", (*who, *_said(values, errors)), SECRET),), "保存",
        crumbs(org, Link(t.pair, back), Link("更正")), "更正前写的会保留；谁和谁、哪天记错了，请用“记错了”去掉重记", cancel_url=back,
        errors=tuple(ErrorLine(f.reason, f"f-{f.field}", f.code) for f in faults), hidden=(("version", values.get("version", "")),), aside=theirs, aside_title="现在的内容" if theirs else "",
    )


def _said(values: Mapping[str, str], errors: Mapping[str, str]) -> tuple[Field, ...]:
    return (
        text("topic", "主题", values, errors, maxlength=60), text("summary", "要点", values, errors, kind="textarea", maxlength=1000, rows=4),
        text("follow_up", "后续要办的", values, errors, kind="textarea", maxlength=500, rows=2),
    )


def event_form(org: tree.OrgView, values: Mapping[str, str], faults: tuple[Fault, ...], today: date) -> FormPage:
    """Build the form of an event after which somebody must be talked with: who, which kind, when; no text about the person."""
    errors = {f.field: f.reason for f in faults}
    fields = (
        pick("person", "谁", [("请选", ""), *members(org, today)], values, errors, required=True, width="half"), text("day", "哪天的事", values, errors, kind="date", required=True, width="half"),
        pick("kind", "什么事", [(rules.TRIGGER_ZH[k], k.value) for k in rules.MUST], values, errors, kind="radio", required=True, help="只选一种就行，不用写情况；要说的当面说"),
    )
    return FormPage(
        "登记要谈的事", f"{reverse('talks:event')}?org={org.id}", (FieldGroup("", fields),), "登记", crumbs(org, Link("登记要谈的事")), f"{org.name} · 登记后书记的待办里提醒到期前谈一次，谈了就消掉",
        cancel_url=f"{reverse('talks:list')}?org={org.id}", errors=tuple(ErrorLine(f.reason, f"f-{f.field}", f.code) for f in faults),
    )


def reason_form(t: TalkLine, org: tree.OrgView, reason: str, faults: tuple[Fault, ...]) -> FormPage:
    """Build the form that takes a talk back."""
    errors, back = {f.field: f.reason for f in faults}, reverse("talks:talk", args=[t.id])
    return FormPage(
        "去掉这次谈话", reverse("talks:void", args=[t.id]), (FieldGroup("", (text("reason", "为什么去掉", {"reason": reason}, errors, kind="textarea", required=True, maxlength=200),)),),
        "去掉", crumbs(org, Link(t.pair, back), Link("去掉")), "去掉后不再算，记录和原因都保留", cancel_url=back, errors=tuple(ErrorLine(f.reason, f"f-{f.field}", f.code) for f in faults),
    )
