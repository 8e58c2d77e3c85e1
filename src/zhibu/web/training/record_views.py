"""Register what one member attended, essays and notes; take away what was a mistake."""
from __future__ import annotations

from datetime import date

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_POST

from zhibu.areas.training import actions, queries, rules
from zhibu.areas.training.actions import NewNote, NewRecord
from zhibu.areas.training.refused import TrainingRefused
from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.tree.queries import OrgView
from zhibu.web.shell.context import FieldGroup, FormPage
from zhibu.web.shell.sent import sent_once

from .pages import crumbs, to
from .typed import Typed, asked_org, number

GET_POST = require_http_methods(["GET", "POST"])


def _people(actor: Actor, org: OrgView, today: date) -> list[tuple[str, str]]:
    members = queries.on_list(actor.scope(P.TRAINING_WRITE), org.id, today)
    return [("请选", ""), *((name, str(person_id)) for person_id, name in members)]


@GET_POST
@sent_once
def new_record(request: HttpRequest) -> HttpResponse:
    """Register what one member attended by a certificate."""
    org, actor, today = asked_org(request, P.TRAINING_WRITE), request.actor, request.today  # type: ignore[attr-defined]
    typed = Typed(request.POST if request.method == "POST" else None, {"kind": "central", "unit": "full_day", "amount": "1", "person": request.GET.get("person", "")})
    if request.method == "POST":
        first = typed.day("day", "开始日期")
        wish = NewRecord(
            number(typed.raw("person")) or 0, typed.raw("title"), typed.raw("kind"), first, typed.day("last", "结束日期") if typed.raw("last") else first, typed.raw("unit"),
            typed.amount("amount"), typed.raw("proof"), typed.ticked("elsewhere"),
        )
        try:
            if not typed.faults:
                actions.add_record(actor, org.id, wish, at=request.now)  # type: ignore[attr-defined]
                messages.success(request, "登记了，已经算进学时")
                return HttpResponseRedirect(to("person", wish.person_id, year=first.year))
        except TrainingRefused as refused:
            typed.refused(refused.faults)
    fields = (
        typed.pick("person", "谁", _people(actor, org, today), required=True, width="half"), typed.field("title", "培训名称", required=True, maxlength=100, width="half"),
        typed.pick("kind", "怎么学的", [(title, code) for code, title in rules.KIND_ZH.items()], "radio", help="自学记下来，不算集中学习培训学时"),
        typed.field("day", "哪天", "date", required=True, width="half"), typed.field("last", "到哪天（一天的不填）", "date", width="half"),
        typed.field("amount", "多少", inputmode="decimal", required=True, maxlength=6, width="half"),
        typed.pick("unit", "按什么算", [(title, code) for code, title in rules.UNIT_ZH.items()], width="half", help="全天、半天按规则集折成学时"),
        typed.field("proof", "证明存在哪里", required=True, maxlength=100, help="例如：结业证存村档案柜。不用上传"),
        typed.tick("elsewhere", "在外单位参加的", help="本支部那天也开了党课、主题党日，他在别处参加的，勾上"),
    )
    for wrong, shown in (("hours", "amount"), ("expected", "person")):
        if wrong in typed.faults:
            typed.fault(shown, *typed.faults[wrong])
    return form(request, typed, "登记培训", to("record-new", org=org.id), fields, "登记", org, sub=f"{org.name} · 支部开的党课、主题党日自动算，不用在这里登记")


def form(
    request: HttpRequest, typed: Typed, title: str, url: str, fields: tuple, label: str, org: OrgView, *, sub: str = "", back: str = "", hidden: tuple = ()  # type: ignore[type-arg]
) -> HttpResponse:
    names = {f.name for f in fields}
    page = FormPage(
        title=title, action_url=url, groups=(FieldGroup("", fields),), submit_label=label, crumbs=crumbs(org, title), sub=sub or org.name, cancel_url=back or to("list", org=org.id),
        errors=tuple(e for e in typed.errors if e.anchor.removeprefix("f-") in names), hidden=hidden,
    )
    return render(request, "shell/form.html", {"page": page}, status=422 if typed.faults else 200)


@GET_POST
@sent_once
def end_record(request: HttpRequest, record_id: int) -> HttpResponse:
    """Say that a record was a mistake."""
    actor = request.actor  # type: ignore[attr-defined]
    org, person_id, said, year = queries.record(actor.scope(P.TRAINING_READ), record_id)
    actor.require(P.TRAINING_WRITE, org.path_now)
    typed, back = Typed(request.POST if request.method == "POST" else None), to("person", person_id, year=year)
    if request.method == "POST":
        try:
            actions.end_record(actor, record_id, reason=typed.raw("reason"), at=request.now)  # type: ignore[attr-defined]
            messages.success(request, "去掉了，不再算学时；登记和原因都保留")
            return HttpResponseRedirect(back)
        except TrainingRefused as refused:
            typed.refused(refused.faults)
    fields = (typed.field("reason", "为什么去掉", "textarea", required=True, maxlength=200),)
    return form(request, typed, "去掉这条登记", to("record-end", record_id), fields, "去掉", org, sub=said, back=back)


@GET_POST
@sent_once
def new_note(request: HttpRequest) -> HttpResponse:
    """Note that an essay or a note was handed in."""
    org, actor, today = asked_org(request, P.TRAINING_WRITE), request.actor, request.today  # type: ignore[attr-defined]
    typed = Typed(request.POST if request.method == "POST" else None, {"kind": "essay", "day": str(today), "person": request.GET.get("person", "")})
    if request.method == "POST":
        wish = NewNote(number(typed.raw("person")) or 0, typed.raw("kind"), typed.day("day", "日期"), typed.raw("title"))
        try:
            if not typed.faults:
                actions.add_note(actor, org.id, wish, at=request.now)  # type: ignore[attr-defined]
                messages.success(request, "登记了")
                return HttpResponseRedirect(to("person", wish.person_id, year=wish.day.year))
        except TrainingRefused as refused:
            typed.refused(refused.faults)
    fields = (
        typed.pick("person", "谁", _people(actor, org, today), required=True, width="half"), typed.field("day", "交来那天", "date", required=True, width="half"),
        typed.pick("kind", "是什么", [(title, code) for code, title in rules.NOTE_ZH.items()], "radio"), typed.field("title", "题目", required=True, maxlength=100),
    )
    return form(request, typed, "登记心得", to("note-new", org=org.id), fields, "登记", org, sub=f"{org.name} · 只记日期和题目，不看篇幅，不折学时")


@require_POST
@sent_once
def end_note(request: HttpRequest, note_id: int) -> HttpResponse:
    """Take an essay or a note off the list."""
    person_id = actions.end_note(request.actor, note_id, at=request.now)  # type: ignore[attr-defined]
    messages.success(request, "去掉了")
    return HttpResponseRedirect(to("person", person_id))
