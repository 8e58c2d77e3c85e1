"""Build the page of one saved record, with its corrections, its records and where it went."""
from __future__ import annotations

from django.urls import reverse
from django.utils import timezone

from zhibu.areas.meetings import form as meeting_form
from zhibu.areas.meetings import joint, plans, rules
from zhibu.areas.meetings.form import FormRules
from zhibu.ground.files.queries import openable
from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.guard.scope import Scope
from zhibu.ground.people import queries as people
from zhibu.ground.record import queries as recorded
from zhibu.ground.record.queries import ActivityView
from zhibu.ground.tree import queries as tree
from zhibu.kernel.activities import ACTIVITY_ZH, RECORD_ZH, ActivityKind, RecordType
from zhibu.web.paper.offers import of_record
from zhibu.web.shell.context import Button, ErrorLine, Field, FieldGroup, FormPage, Link, Pair, State, Tone

from .context import ActivityPage, Mark, ShownPerson, ShownRecord, ShownTopic
from .ledger_page import flow, kind_label, short

HOW = {"entry": "本页即是", "upload": "已上传", "paper": "纸质件", "nil": "无"}


def build(actor: Actor, v: ActivityView, saved: str) -> ActivityPage:
    """Build the page of one record. saved: what to say first after saving."""
    scope = actor.scope(P.ACTIVITY_READ)
    org = tree.organisation(scope, v.org_id)
    form = meeting_form.form_rules(v.org_id, v.held_on)
    groups = {g.id: g.name for g in tree.groups(scope, org_ids=[v.org_id])}
    ledger = Link("年度台账", f"{reverse('meetings:ledger')}?org={v.org_id}&year={v.held_on.year}&record={v.id}")
    late = rules.entered_late(v.held_on, v.recorded_on, form.late_entry_days)
    when = f"{v.held_on.year}年{short(v.held_on)} {_hours(v)}".strip()
    return ActivityPage(
        title="、".join(kind_label(k, groups.get(g or 0, "")) for k, g in v.kinds) or v.title, sub=f"{org.name} · {when}", state=_state(v, form, late),
        facts=(*_facts(v, when, late), *_planned(scope, v)), people=_people(scope, v), topics=tuple(_topic(t) for t in v.topics), records=_records(scope, v, form),
        flow=flow(v, opened=True), just_saved=f"{saved}台账记了 {len(v.kinds)} 项，{v.present_count} 人到会。" if saved else "", counts=_counts(v),
        quorum=f"有表决权 {v.voting_count} 人，到会 {v.voting_present} 人。" if v.voting_count is not None else "",
        crumbs=(Link("组织生活", f"{reverse('meetings:ledger')}?org={v.org_id}"), ledger, Link("会议记录")), buttons=_buttons(actor, v, org),
        papers=of_record(v),
        corrections=_corrections(scope, v), makeup=tuple(a.name for a in v.absences if not a.caught_up_on) if v.counts else (),
        absence_note=_reasons(v), next_link=Link("回到待办", reverse("desk")) if saved else None,
        readiness=_readiness(v), completeness="{} / {} 项".format(*rules.completeness(form.required(k for k, _ in v.kinds), {e.record_type for e in v.evidence})),
    )


def _reasons(v: recorded.ActivityView) -> str:
    """Say why people did not come: once where all have the same reason, else by name."""
    given = [a for a in v.absences if a.reason]
    if len({a.reason for a in given}) < 2:
        return given[0].reason if given else ""
    return "；".join(f"{a.name}：{a.reason}" for a in given)


def _hours(v: ActivityView) -> str:
    start, end = (f"{t:%H:%M}" if t else "" for t in (v.start_at, v.end_at))
    return f"{start}—{end}" if start and end else start


def _lacking(v: ActivityView, form: FormRules) -> list[str]:
    present = {e.record_type for e in v.evidence}
    return [r for r in form.required(k for k, _ in v.kinds) if r not in present]


def _state(v: ActivityView, form: FormRules, late: bool) -> State:
    if not v.counts:
        return State(Tone.PLAIN, "已作废" if v.voided else "已更正" if v.corrected_by_id else "已撤销")
    if _lacking(v, form):
        return State(Tone.BAD, "材料不全")
    return State(Tone.WARN, "补记") if late else State(Tone.OK, "已存")


def _facts(v: ActivityView, when: str, late: bool) -> tuple[Pair, ...]:
    names = {c.value: label for c, label in rules.CONTENT_ZH.items()}
    contents = "、".join(names.get(c, c) for c in v.contents)
    note = f"开会后 {(v.recorded_on - v.held_on).days} 天才记，两个日期都保留" if late else ""
    return (
        Pair("议题", v.title), Pair("时间", when), Pair("地点", v.place or "没有写"), Pair("主持", v.chair or "没有写"), Pair("记录", v.recorder or "没有写"),
        *((Pair("内容", contents),) if contents else ()),
        Pair("记录于", f"{timezone.localtime(v.recorded_at):%Y年%-m月%-d日 %H:%M}，{v.recorded_by}", note=note),
    )


def _planned(scope: Scope, v: ActivityView) -> tuple[Pair, ...]:
    """Name the plan, and with whom the activity was held together: organisations and headcounts, never a name."""
    plan = plans.of_record(scope, v.org_id, v.id, v.corrects_id, v.held_on) if v.counts else None
    if plan is None:
        return ()
    with_whom = [f"{g.name}（应到 {g.expected}，实到 {g.present}）" for g in joint.guests(scope, plan.id) if g.state == "recorded"]
    if plan.host_org_id:
        with_whom = [f"{tree.name_of(plan.host_org_id)}主办"]
    link = Pair("计划", "看计划和请假", url=reverse("meetings:plan", args=[plan.id]))
    return (*((Pair("联合开展", "；".join(with_whom), "各支部自己点名，各记各的台账"),) if with_whom else ()), link)


def _counts(v: ActivityView) -> tuple[Pair, ...]:
    leave = sum(a.status == "leave" for a in v.absences)
    return (
        Pair("应到", str(v.expected_count)), Pair("实到", str(v.present_count)), Pair("请假", str(leave), tone=Tone.WARN),
        Pair("缺席", str(len(v.absences) - leave), tone=Tone.BAD),
    )


def _people(scope: Scope, v: ActivityView) -> tuple[ShownPerson, ...]:
    names, marks = people.names_of(scope, v.expected), {a.person_id: a for a in v.absences}
    return tuple(
        ShownPerson(marks[i].name, Mark(marks[i].status)) if i in marks else ShownPerson(names.get(i, "（已转出）"), Mark.PRESENT) for i in v.expected
    )


def _topic(t: recorded.TopicView) -> ShownTopic:
    known = t.kind in {k.value for k in ActivityKind}
    vote = f"赞成 {t.ayes}，反对 {t.noes}，弃权 {t.abstain}" if t.ayes is not None else ""
    state = None if t.passed is None else State(Tone.OK, "通过") if t.passed else State(Tone.WARN, "未通过")
    facts = tuple(Pair(k, value) for k, value in (("授课人", t.lecturer), ("学时", str(t.hours or ""))) if value)
    return ShownTopic(ACTIVITY_ZH[ActivityKind(t.kind)] if known else "议题", t.title, t.content, t.resolution, vote, state, facts)


def _records(scope: Scope, v: ActivityView, form: FormRules) -> tuple[ShownRecord, ...]:
    uploads = openable(scope, [e.attachment_id for e in v.evidence if e.attachment_id])
    shown = [_shown(e, uploads) for e in v.evidence]
    return (*shown, *(ShownRecord(RECORD_ZH[RecordType(r)], State(Tone.BAD, "缺")) for r in _lacking(v, form)))


def _shown(e: recorded.EvidenceView, uploads: dict[int, str]) -> ShownRecord:
    label, state = RECORD_ZH[RecordType(e.record_type)], State(Tone.OK, HOW.get(e.how, e.how))
    if e.how == "upload":
        name = uploads.get(e.attachment_id or 0, "")
        return ShownRecord(label, state, name or "只给有权的同志看", reverse("files:download", args=[e.attachment_id]) if name else "")
    return ShownRecord(label, state, f"存{e.place.removeprefix('纸质件存')}" if e.how == "paper" else e.reason)


def _readiness(v: ActivityView) -> tuple[tuple[str, tuple[ShownRecord, ...]], ...]:
    """List the nine items of an organisational life meeting by phase (S06); empty for other kinds."""
    if ActivityKind.ORG_LIFE_MEETING not in {k for k, _ in v.kinds}:
        return ()
    how = {e.record_type: HOW.get(e.how, e.how) for e in v.evidence}
    phases: dict[str, list[ShownRecord]] = {}
    for phase, record, there in rules.readiness(how):
        state = State(Tone.OK, how[record.value]) if there else State(Tone.BAD, "缺")
        phases.setdefault(phase, []).append(ShownRecord(RECORD_ZH[record], state))
    return tuple((phase, tuple(items)) for phase, items in phases.items())


def _buttons(actor: Actor, v: ActivityView, org: tree.OrgView) -> tuple[Button, ...]:
    if v.corrected_by_id and not v.voided:
        return (Button("看最新的一条", reverse("meetings:activity", args=[v.corrected_by_id])),)
    if not v.counts or not actor.may(P.ACTIVITY_WRITE, org.path_now):
        return ()
    dues: tuple[Button, ...] = ()
    if org.is_branch and actor.may(P.DUES_WRITE, org.path_now) and any(kind == ActivityKind.THEME_DAY for kind, _ in v.kinds):
        dues = (Button("收当月党费", f"{reverse('dues:month', args=[org.id])}?month={v.held_on:%Y-%m}&paid_on={v.held_on}"),)
    return (*dues, Button("这次会没有开过", reverse("meetings:void", args=[v.id])), Button("更正", reverse("meetings:correct", args=[v.id])))


def _corrections(scope: Scope, v: ActivityView) -> tuple[Pair, ...]:
    def line(label: str, one: ActivityView, to: int) -> Pair:
        day = timezone.localtime(one.recorded_at).date()
        return Pair(label, f"{day.year}年{short(day)}，{one.recorded_by}", f"为什么改：{one.correction_reason}", reverse("meetings:activity", args=[to]))

    before = (line("改的是这一条", v, v.corrects_id),) if v.corrects_id else ()
    if v.corrected_by_id and v.voided:
        said = recorded.activity(scope, v.corrected_by_id)
        day = timezone.localtime(said.recorded_at).date()
        return (*before, Pair("作废", f"{day.year}年{short(day)}，{said.recorded_by}", f"为什么：{said.correction_reason}"))
    after = (line("后来改成", recorded.activity(scope, v.corrected_by_id), v.corrected_by_id),) if v.corrected_by_id else ()
    return before + after


def void_form(org: tree.OrgView, v: ActivityView, reason: str, error: str) -> FormPage:
    """Build the form that says a recorded meeting was never held."""
    here = reverse("meetings:activity", args=[v.id])
    return FormPage(
        title=f"{short(v.held_on)}这次会没有开过", action_url=reverse("meetings:void", args=[v.id]), submit_label="作废这条记录",
        groups=(FieldGroup("为什么作废", (Field("reason", "原因", "textarea", reason, required=True, error=error, maxlength=200, help="例如：记错了支部，这次会没有开"),)),),
        crumbs=(Link("会议记录", here), Link("作废")), sub=f"{org.name} · {v.title} · 台账不再计入这一条，记录和原因都保留，谁作废的也看得到",
        errors=(ErrorLine(error, "f-reason"),) if error else (), cancel_url=here,
    )
