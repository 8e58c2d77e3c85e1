"""The forms of planned meetings: planning, changing, calling off, answering, inviting, leave."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, time

from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone

from zhibu.areas.meetings import form as meeting_form
from zhibu.areas.meetings import joint, plans
from zhibu.areas.meetings.entry import Fault
from zhibu.areas.meetings.planning import Planned
from zhibu.areas.meetings.plans import PlanView
from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.record import queries as recorded
from zhibu.ground.tree import queries as tree
from zhibu.kernel.activities import ACTIVITY_ZH, ActivityKind
from zhibu.kernel.fixed_day import Proposed
from zhibu.web.shell.context import Callout, Choice, ErrorLine, Field, FieldGroup, FormPage, Link, Pair, Tone

from .forms import clock, day, number
from .ledger_page import short
from .plan_pages import crumbs, facts


@dataclass
class Given:
    """What the form of a plan holds: posted, or as it begins."""

    kinds: tuple[str, ...] = ()
    groups: tuple[int, ...] = ()
    values: dict[str, str] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()

    @staticmethod
    def posted(data: QueryDict) -> Given:
        """Read what came."""
        values = {n: data.get(n, "").replace("\0", "")[:4000] for n in ("day", "starts", "ends", "place", "topics", "bring", "moved_why", "reason", "version", "key")}
        groups = tuple(g for g in map(number, data.getlist("group")[:50]) if g is not None)
        return Given(tuple(dict.fromkeys(k[:20] for k in data.getlist("kind")[:10])), groups, values)

    def planned(self, faults: list[Fault]) -> Planned:
        """Give the plan; what cannot be read becomes a fault."""
        on = day(self.values["day"])
        if on is None:
            faults.append(Fault("day", "E054", "日期没有填对，请选开会那一天"))
        times: list[time | None] = []
        for name, title in (("starts", "开始"), ("ends", "结束")):
            found = clock(self.values[name])
            if self.values[name].strip() and found is None:
                faults.append(Fault(name, "E002", f"{title}时间没有填对，请填几点几分，例如 09:00"))
            times.append(found)
        kinds: list[tuple[str, int | None]] = []
        for kind in self.kinds:
            kinds += [(kind, g) for g in self.groups or (None,)] if kind == ActivityKind.GROUP_MEETING else [(kind, None)]
        topics = tuple(t.strip() for t in self.values["topics"].splitlines() if t.strip())
        return Planned(tuple(kinds), on or date.min, times[0], times[1], self.values["place"], topics, self.values["bring"], self.values["moved_why"])


def beginning(actor: Actor, org: tree.OrgView, today: date, kinds: Sequence[str], groups: Sequence[int], on: date | None) -> tuple[Given, Proposed | None]:
    """Begin a form with the branch's habit: the theme day on its (perhaps shifted) fixed day, hours and place as last time."""
    scope = actor.scope(P.ACTIVITY_WRITE)
    led = meeting_form.leads_only(actor, meeting_form.roll(scope, org.id, today)) if not kinds else None
    chosen = tuple(kinds) or (("group_meeting",) if led is not None else ("theme_day",) if org.is_branch else ())
    groups = tuple(groups) or led or ()
    proposed = plans.next_theme_day(scope, org, today) if "theme_day" in chosen and on is None and org.is_branch else None
    habit = recorded.last_activity(scope, org.id, chosen[0] if chosen else "") or recorded.last_activity(scope, org.id)
    when = on or (proposed.day if proposed else None)
    return Given(chosen, tuple(groups), {
        "day": str(when) if when else "", "starts": f"{habit.start_at:%H:%M}" if habit and habit.start_at else "09:00",
        "ends": f"{habit.end_at:%H:%M}" if habit and habit.end_at else "", "place": habit.place if habit else "", "topics": "", "bring": "",
        "moved_why": proposed.reason if proposed and proposed.shifted else "",
    }), proposed


def of_plan(p: PlanView) -> Given:
    """Fill the form with a plan as it stands."""
    groups = tuple(g for _, g in p.plan.kinds if g)
    return Given(tuple(dict.fromkeys(k for k, _ in p.plan.kinds)), groups, {
        "day": str(p.day), "starts": f"{p.plan.start:%H:%M}" if p.plan.start else "", "ends": f"{p.plan.end:%H:%M}" if p.plan.end else "", "place": p.plan.place,
        "topics": "\n".join(p.plan.topics), "bring": p.plan.bring, "moved_why": p.plan.moved_why, "version": str(p.version), "reason": "",
    })


def plan_form(actor: Actor, org: tree.OrgView, given: Given, today: date, p: PlanView | None = None, proposed: Proposed | None = None) -> FormPage:
    """Build the form of a new plan, or of one that is changed."""
    roll = meeting_form.roll(actor.scope(P.ACTIVITY_WRITE), org.id, today)
    only = meeting_form.leads_only(actor, roll)
    kinds = [k for k in roll.kinds if only is None or k == ActivityKind.GROUP_MEETING]
    errors: dict[str, str] = {}
    for f in given.faults:
        errors[f.field] = f"{errors[f.field]}；{f.reason}" if f.field in errors else f.reason

    def one(name: str, label: str, kind: str = "text", **more: object) -> Field:
        return Field(name, label, kind, given.values.get(name, ""), error=errors.get(name, ""), **more)  # type: ignore[arg-type]

    groups = tuple(Choice(g.name, str(g.id), chosen=g.id in given.groups) for g in roll.groups if only is None or g.id in only)
    fields = [
        Field("kind", "开什么会", "checks", choices=tuple(Choice(ACTIVITY_ZH[k], k.value, chosen=k in given.kinds) for k in kinds), error=errors.get("kind", ""), required=True, help="可多选，一次都算"),
        *((Field("group", "哪个党小组（党小组会才选，可多选）", "checks", choices=groups, error=errors.get("group", "")),) if groups else ()),
        one("day", "哪天", "date", required=True, width="third"), one("starts", "几点开始", "time", required=True, width="third"), one("ends", "几点结束（可不填）", "time", width="third"),
        one("place", "地点", required=True, maxlength=100), one("topics", "议题或主题", "textarea", required=True, help="一行一个；由支委会定，会前让大家知道"),
        one("bring", "请带什么（可不填）", maxlength=200, help="例如：党员证、笔记本"), one("moved_why", "改期的说明（可不填）", maxlength=200, help="写在通知里"),
    ]
    if p is not None:
        fields.append(one("reason", "为什么改（可不填）", maxlength=200))
    here = reverse("meetings:plan-change", args=[p.id]) if p else f"{reverse('meetings:plan-new')}?org={org.id}"
    back = reverse("meetings:plan", args=[p.id]) if p else f"{reverse('meetings:plans')}?org={org.id}"
    hidden = (("version", str(p.version)),) if p else (("key", given.values.get("key", "")),)
    stale = p is not None and given.values.get("version") != str(p.version)
    said = proposed and proposed.reason
    return FormPage(
        title="改计划" if p else "计划一次会", action_url=here, groups=(FieldGroup("", tuple(fields)),), submit_label="保存",
        crumbs=crumbs(org.id, Link("改计划" if p else "计划一次会")), sub=f"{org.name} · 保存后就有现成的通知，复制到群里",
        callouts=(Callout(said + "。下面已经照此填好，可以再改" if proposed and proposed.day else said, Tone.WARN),) if said else (),
        errors=tuple(ErrorLine(f.reason, f"f-{f.field}", f.code) for f in given.faults), cancel_url=back, hidden=hidden,
        aside=(*facts(p, {g.id: g.name for g in roll.groups}, ""), *_changed(actor, p)) if p and stale else (), aside_title="现在的计划",
    )


def _changed(actor: Actor, p: PlanView) -> tuple[Pair, ...]:
    """Say who changed a plan last, and when."""
    last = next(iter(plans.changes(actor.scope(P.ACTIVITY_READ), p.id)), None)
    if last is None:
        return ()
    at = timezone.localtime(last.at)
    return (Pair("谁改的", f"{last.by}，{at.month}月{at.day}日 {at:%H:%M}", last.reason),)


def reason_form(p: PlanView, *, title: str, name: str, label: str, submit: str, sub: str, reason: str, error: Fault | None, other: tuple[tuple[str, str, str], ...] = ()) -> FormPage:
    """Build a form that asks for one reason about a plan: calling it off, answering an invitation."""
    here, back = reverse(f"meetings:{name}", args=[p.id]), reverse("meetings:plan", args=[p.id])
    return FormPage(
        title=title, action_url=here, submit_label=submit, sub=sub, cancel_url=back, crumbs=crumbs(p.org_id, Link(short(p.day), back), Link(title)), other_buttons=other,
        submit_name="answer" if other else "", submit_value="yes" if other else "",
        groups=(FieldGroup("", (Field("reason", label, "textarea", reason, error=error.reason if error else "", maxlength=200, required=not other),)),),
        errors=(ErrorLine(error.reason, "f-reason", error.code),) if error else (),
    )


def guests_form(p: PlanView, chosen: Sequence[int], asked: Sequence[int], error: Fault | None) -> FormPage:
    """Build the form that asks other branches to hold the meeting together."""
    back = reverse("meetings:plan", args=[p.id])
    found = tuple(Choice(o.name, str(o.id), chosen=o.id in chosen) for o in joint.neighbours(p.org_id) if o.id not in asked)
    fields = (Field("guest", "请哪些支部", "checks", choices=found, error=error.reason if error else "", help="各支部在自己的待办里答复；参加的自己点名，各记各的台账"),) if found else ()
    return FormPage(
        title="邀请别的支部一起开", action_url=reverse("meetings:plan-guests", args=[p.id]), submit_label="邀请" if found else "", cancel_url=back,
        crumbs=crumbs(p.org_id, Link(short(p.day), back), Link("邀请")), sub="联合开展：同一次活动，每个支部有自己的点名和台账",
        groups=(FieldGroup("" if found else "同一个上级下没有别的支部可以邀请", fields),), errors=(ErrorLine(error.reason, "f-guest", error.code),) if error else (),
    )


def leave_form(actor: Actor, p: PlanView, today: date, person: str, reason: str, error: str, code: str) -> FormPage:
    """Build the form by which an officer enters leave that a member told of."""
    roll = meeting_form.roll(actor.scope(P.ACTIVITY_WRITE), p.org_id, today)
    only = meeting_form.leads_only(actor, roll)
    people = tuple(Choice(one.name, str(one.id), chosen=str(one.id) == person) for one in plans.expected(roll, p) if only is None or one.group_id in only)
    back = reverse("meetings:plan", args=[p.id])
    direct = actor.may(P.LEAVE_DECIDE, roll.org.path_now)
    return FormPage(
        title="登记请假", action_url=reverse("meetings:leave", args=[p.id]), submit_label="登记", cancel_url=back, crumbs=crumbs(p.org_id, Link(short(p.day), back), Link("登记请假")),
        sub="本人打电话、当面说的，由您代登记，会写明是代登记" + ("；登记即准假" if direct else "；书记批了才算"),
        groups=(FieldGroup("", (
            Field("person", "谁请假", "select", choices=(Choice("请选", ""), *people), required=True, width="half"),
            Field("reason", "为什么", value=reason, required=True, maxlength=100, width="half", help="写清楚就行，例如：在县医院住院", error=error),
        )),), errors=(ErrorLine(error, "f-reason", code),) if error else (),
    )
