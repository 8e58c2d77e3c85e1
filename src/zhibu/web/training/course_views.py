"""Courses and their times: open a course, register who came by exception, take a time away."""
from __future__ import annotations

from datetime import date

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_safe

from zhibu.areas.training import actions, rules
from zhibu.areas.training import courses as held
from zhibu.areas.training.actions import NewSession
from zhibu.areas.training.courses import AUDIENCES, CourseView
from zhibu.areas.training.refused import TrainingRefused
from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.tree import queries as tree
from zhibu.ground.tree.queries import OrgView
from zhibu.web.shell.context import Callout, FieldGroup, FormPage, Link, Pair, Tone
from zhibu.web.shell.sent import sent_once

from . import pages
from .pages import crumbs, to
from .record_views import form
from .typed import Typed, asked_org, asked_year, number

GET_POST = require_http_methods(["GET", "POST"])
MOST = 250  # names on one form


@require_safe
def courses(request: HttpRequest) -> HttpResponse:
    """List the courses of an organisation in a year."""
    org, wanted, actor = asked_org(request, P.TRAINING_READ), asked_year(request), request.actor  # type: ignore[attr-defined]
    found = held.courses(actor.scope(P.TRAINING_READ), org.id, wanted)
    return render(request, "training/courses.html", {"page": pages.course_list(actor, found, org, wanted, request.today)})  # type: ignore[attr-defined]


@GET_POST
@sent_once
def new_course(request: HttpRequest) -> HttpResponse:
    """Open a course."""
    org, actor = asked_org(request, P.TRAINING_WRITE), request.actor  # type: ignore[attr-defined]
    typed = Typed(request.POST if request.method == "POST" else None, {"kind": "central", "year": str(asked_year(request))})
    if request.method == "POST":
        try:
            year = number(typed.raw("year")) or 0
            actions.open_course(actor, org.id, year=min(year, 9999), title=typed.raw("title"), kind=typed.raw("kind"), at=request.now)  # type: ignore[attr-defined]
            messages.success(request, "开好了，办完一次就登记一次")
            return HttpResponseRedirect(to("courses", org=org.id, year=year))
        except TrainingRefused as refused:
            typed.refused(refused.faults)
    fields = (
        typed.field("title", "课程名称", required=True, maxlength=100, help="例如：村党支部书记集中培训"), typed.field("year", "哪一年", "number", required=True, width="half"),
        typed.pick("kind", "怎么学的", [(title, code) for code, title in rules.KIND_ZH.items() if code != rules.Kind.SELF_STUDY], "radio"),
    )
    return form(request, typed, "开一门课", to("course-new", org=org.id), fields, "开课", org, back=to("courses", org=org.id))


def _audience(actor: Actor, org: OrgView, course: CourseView, who: str, today: date) -> list[tuple[str, str]]:
    found = held.audience(actor.scope(P.TRAINING_WRITE), org.path_now, who, today)
    if len(found) > MOST:
        return []
    names = {i: o.short_name for i, o in tree.views({m.org_id for m in found}).items()} if not org.is_branch else {}
    return [(f"{m.name}（{names[m.org_id]}）" if names else m.name, str(m.person_id)) for m in found]


@GET_POST
@sent_once
def new_session(request: HttpRequest, course_id: int) -> HttpResponse:
    """Register one time of a course: everybody on the list came, tick who did not."""
    actor, today = request.actor, request.today  # type: ignore[attr-defined]
    course = held.course(actor.scope(P.TRAINING_READ), course_id)
    org = tree.organisation(actor.sees(), course.org_id)
    actor.require(P.TRAINING_WRITE, org.path_now)
    who = (request.POST.get("who") or request.GET.get("who") or "")
    who = who if who in AUDIENCES else "all" if org.is_branch else "secretaries"
    roll = _audience(actor, org, course, who, today)
    typed = Typed(request.POST if request.method == "POST" else None, {"unit": "full_day", "amount": "1", "list": "-".join(p for _, p in roll)})
    if request.method == "POST":
        first = typed.day("day", "日期")
        wish = NewSession(
            course_id, first, typed.day("last", "结束日期") if typed.raw("last") else first, typed.raw("unit"), typed.amount("amount"),
            tuple(number(p) or 0 for p in typed.raw("list", 6000).split("-") if p)[:MOST], tuple(number(p) or 0 for p in typed.chosen("absent"))[:MOST], typed.raw("place"), typed.raw("proof"),
        )
        try:
            if not typed.faults:
                made = actions.hold_session(actor, wish, at=request.now)  # type: ignore[attr-defined]
                messages.success(request, "登记了，到的人都有了学时")
                return HttpResponseRedirect(to("session", made))
        except TrainingRefused as refused:
            typed.refused(refused.faults)
        for wrong, shown in (("hours", "amount"), ("expected", "absent")):
            if wrong in typed.faults:
                typed.fault(shown, *typed.faults.pop(wrong))
    return render(request, "shell/form.html", {"page": _session_form(typed, course, org, who, roll)}, status=422 if typed.faults else 200)


def _whos(course_id: int, who: str, n: int) -> tuple[Pair, ...]:
    """Say who is on the list, and lead to the other lists."""
    here = Pair("名单", f"{AUDIENCES[who]}，{n} 人")
    return (here, *(Pair("换成", title, url=to("session-new", course_id, who=code)) for code, title in AUDIENCES.items() if code != who))


def _session_form(typed: Typed, course: CourseView, org: OrgView, who: str, roll: list[tuple[str, str]]) -> FormPage:
    when = FieldGroup("什么时候", (
        typed.field("day", "哪天", "date", required=True, width="half"), typed.field("last", "到哪天（一天的不填）", "date", width="half"),
        typed.field("amount", "多少", inputmode="decimal", required=True, maxlength=6, width="half"),
        typed.pick("unit", "按什么算", [(title, code) for code, title in rules.UNIT_ZH.items()], width="half", help="全天、半天按规则集折成学时"),
        typed.field("place", "地点", maxlength=100, width="half"), typed.field("proof", "签到表存在哪里", maxlength=100, width="half"),
    ))
    there = FieldGroup("谁没到", (typed.boxes("absent", "默认都到了，点没到的", roll),) if roll else (), facts=_whos(course.id, who, len(roll)))
    callouts = () if roll else (Callout(f"这个范围没有人，或超过 {MOST} 人，一页列不下。请换一个范围，或由下级组织登记", Tone.WARN),)
    return FormPage(
        title="登记一次", action_url=to("session-new", course.id), groups=(when, there) if roll else (there,), submit_label="登记" if roll else "",
        crumbs=(*crumbs(org, "课程")[:2], Link("课程", to("courses", org=org.id, year=course.year)), Link(course.title)),
        sub=f"{course.title} · {rules.KIND_ZH[course.kind]} · {course.year}年", cancel_url=to("courses", org=org.id, year=course.year), errors=typed.errors,
        hidden=(("who", who), ("list", typed.raw("list", 6000))), callouts=callouts,
    )


@require_safe
def session(request: HttpRequest, session_id: int) -> HttpResponse:
    """Show one time of a course."""
    actor = request.actor  # type: ignore[attr-defined]
    found, names = held.session(actor.scope(P.TRAINING_READ), session_id)
    return render(request, "training/session.html", {"page": pages.session(actor, found, names, tree.organisation(actor.sees(), found.org_id))})


@GET_POST
@sent_once
def end_session(request: HttpRequest, session_id: int) -> HttpResponse:
    """Say that a time of a course was a mistake."""
    actor = request.actor  # type: ignore[attr-defined]
    found, _ = held.session(actor.scope(P.TRAINING_READ), session_id)
    org = tree.organisation(actor.sees(), found.org_id)
    actor.require(P.TRAINING_WRITE, org.path_now)
    typed, back = Typed(request.POST if request.method == "POST" else None), to("session", session_id)
    if request.method == "POST":
        try:
            actions.end_session(actor, session_id, reason=typed.raw("reason"), at=request.now)  # type: ignore[attr-defined]
            messages.success(request, "去掉了，这一次的学时都不再算；登记和原因都保留")
            return HttpResponseRedirect(back)
        except TrainingRefused as refused:
            typed.refused(refused.faults)
    fields = (typed.field("reason", "为什么去掉", "textarea", required=True, maxlength=200),)
    return form(request, typed, "去掉这一次", to("session-end", session_id), fields, "去掉", org, sub=f"{found.course}，{found.came} 人的学时", back=back)
