"""在外参加: what members attended at other organisations, entered by the own branch."""
from __future__ import annotations

import secrets
from datetime import date, timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from zhibu.areas.meetings import elsewhere
from zhibu.areas.meetings import form as meeting_form
from zhibu.areas.meetings.elsewhere import ElsewhereView, NewElsewhere
from zhibu.areas.meetings.entry import EntryRefused, Fault
from zhibu.ground.files import actions as files
from zhibu.ground.files.queries import openable
from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.once import KeyReused, once
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.tree import queries as tree
from zhibu.kernel.activities import ACTIVITY_ZH, ActivityKind
from zhibu.kernel.periods import add_months
from zhibu.web.shell.context import Choice, ErrorLine, Field, FieldGroup, FormPage, Link, State, Tone
from zhibu.web.shell.sent import sent_once

from .forms import day, number
from .ledger_page import short
from .plan_context import ElsewhereLine, ElsewherePage
from .views import _org as asked_org

GET_POST = require_http_methods(["GET", "POST"])
KINDS = tuple(k for k in meeting_form.BRANCH_KINDS if k != ActivityKind.COMMITTEE_MEETING)
NAMES = ("person", "day", "kind", "at_org", "how", "kept_at", "file_id")


def _crumbs(org_id: int, *more: str) -> tuple[Link, ...]:
    here = f"{reverse('meetings:elsewhere')}?org={org_id}"
    return (Link("组织生活", f"{reverse('meetings:ledger')}?org={org_id}"), Link("在外参加", here if more else ""), *(Link(m) for m in more))


def _list(actor: Actor, org: tree.OrgView, today: date) -> ElsewherePage:
    scope, first = actor.scope(P.ACTIVITY_READ), add_months(today, -12) + timedelta(days=1)
    found = elsewhere.found(scope, org.id, first, today, ended=True)
    uploads = openable(scope, [one.attachment_id for one in found if one.attachment_id])
    writes = actor.may(P.ACTIVITY_WRITE, org.path_now)
    return ElsewherePage(
        "在外参加", f"{org.name} · 近 12 个月 · 算本人参加了组织生活，不算本支部的到会", tuple(_line(one, uploads, writes) for one in found), _crumbs(org.id),
        Link("登记一次", f"{reverse('meetings:elsewhere-new')}?org={org.id}") if writes else None,
    )


def _line(one: ElsewhereView, uploads: dict[int, str], writes: bool) -> ElsewhereLine:
    name = uploads.get(one.attachment_id or 0, "")
    evidence = (name or "已上传") if one.how == "upload" else f"纸质件存{one.kept_at}"
    ended = State(Tone.PLAIN, f"已去掉：{one.ended_why}") if one.ended_by else None
    return ElsewhereLine(
        one.name, f"{one.day.year}年{short(one.day)}", ACTIVITY_ZH[ActivityKind(one.kind)], one.at_org, evidence,
        reverse("files:download", args=[one.attachment_id]) if name else "", ended, reverse("meetings:elsewhere-end", args=[one.id]) if writes and not ended else "",
    )


@require_GET
def listed(request: HttpRequest) -> HttpResponse:
    """List what members attended elsewhere."""
    org = asked_org(request, P.ACTIVITY_READ)
    return render(request, "meetings/elsewhere.html", {"page": _list(request.actor, org, request.today)})  # type: ignore[attr-defined]


def _form(request: HttpRequest, org: tree.OrgView, values: dict[str, str], faults: tuple[Fault, ...]) -> HttpResponse:
    errors = {f.field: f.reason for f in faults}
    people = meeting_form.roll(request.actor.scope(P.ACTIVITY_WRITE), org.id, request.today).people  # type: ignore[attr-defined]

    def pick(name: str, label: str, choices: list[tuple[str, str]], kind: str = "select", **more: str) -> Field:
        listed = tuple(Choice(title, code, chosen=values.get(name) == code) for title, code in choices)
        return Field(name, label, kind, choices=listed, required=True, error=errors.get(name, ""), **more)  # type: ignore[arg-type]

    def text(name: str, label: str, **more: object) -> Field:
        return Field(name, label, value=values.get(name, ""), error=errors.get(name, ""), **more)  # type: ignore[arg-type]

    fields = (
        pick("person", "谁", [("请选", ""), *((p.name, str(p.id)) for p in people)], width="third"),
        Field("day", "哪天", "date", values.get("day", ""), required=True, error=errors.get("day", ""), width="third"),
        pick("kind", "什么会", [("请选", ""), *((ACTIVITY_ZH[k], k.value) for k in KINDS)], width="third"),
        text("at_org", "在哪个党组织参加", required=True, maxlength=100, help="写全称，例如：东莞市长安镇流动党员党支部"),
        pick("how", "用什么证明", [("纸质件", "paper"), ("上传", "upload")], "radio"),
        text("kept_at", "纸质件存哪里", maxlength=100, width="half"), Field("file", "上传的文件", "file", error=errors.get("file", ""), width="half"),
    )
    page = FormPage(
        title="登记在外参加", action_url=f"{reverse('meetings:elsewhere-new')}?org={org.id}", groups=(FieldGroup("", fields),), submit_label="登记", upload=True,
        crumbs=_crumbs(org.id, "登记"), sub=f"{org.name} · 本人拿来的证明，记在本人名下，标明是在外参加", cancel_url=f"{reverse('meetings:elsewhere')}?org={org.id}",
        errors=tuple(ErrorLine(f.reason, f"f-{f.field}", f.code) for f in faults), hidden=(("file_id", values.get("file_id", "")),),
    )
    return render(request, "shell/form.html", {"page": page}, status=422 if faults else 200)


@GET_POST
def new(request: HttpRequest) -> HttpResponse:
    """Enter one attendance elsewhere; a file that came with a faulty form is kept for the next try."""
    org, actor = asked_org(request, P.ACTIVITY_WRITE), request.actor  # type: ignore[attr-defined]
    if request.method == "GET":
        return _form(request, org, {"how": "paper"}, ())
    values = {n: request.POST.get(n, "").replace("\0", "")[:200] for n in NAMES}
    faults: list[Fault] = []
    if (upload := request.FILES.get("file")) is not None:
        try:
            kept = files.store(actor, org_id=org.id, org_path=org.path_now, chunks=upload.chunks(), name=upload.name or "", at=request.now)  # type: ignore[attr-defined]
            values |= {"file_id": str(kept), "how": "upload"}
        except files.FileRefused as refused:
            faults.append(Fault("file", "E008", refused.reason))
    on = day(values["day"])
    if on is None:
        faults.append(Fault("day", "E054", "日期没有填对，请选参加那一天"))
    wish = NewElsewhere(
        number(values["person"]) or 0, on or date.min, values["kind"], values["at_org"], values["how"], values["kept_at"] if values["how"] == "paper" else "",
        number(values["file_id"]) if values["how"] == "upload" else None,
    )
    try:
        if faults:
            raise EntryRefused(tuple(faults))
        key, content = request.POST.get("once", "")[:64] or secrets.token_urlsafe(18), {n: values[n] for n in NAMES if n != "file_id"}
        once(actor.account_id, key, {**content, "at": request.path}, request.now, lambda: str(elsewhere.enter(actor, org.id, wish, at=request.now)))  # type: ignore[attr-defined]
    except EntryRefused as refused:
        return _form(request, org, values, refused.faults)
    except KeyReused:
        messages.warning(request, "这张表单已经登记过，没有再登记。要登记另一次，请重新打开再填")
        return HttpResponseRedirect(f"{reverse('meetings:elsewhere')}?org={org.id}")
    messages.success(request, "登记了，考勤里看得到，标着在外")
    return HttpResponseRedirect(f"{reverse('meetings:elsewhere')}?org={org.id}")


@GET_POST
@sent_once
def end(request: HttpRequest, elsewhere_id: int) -> HttpResponse:
    """Say that an entry was a mistake."""
    actor = request.actor  # type: ignore[attr-defined]
    org_id, name = elsewhere.about(actor.scope(P.ACTIVITY_READ), elsewhere_id)
    actor.require(P.ACTIVITY_WRITE, tree.path_of(org_id))
    back, fault, reason = f"{reverse('meetings:elsewhere')}?org={org_id}", None, request.POST.get("reason", "").replace("\0", "")[:200]
    if request.method == "POST":
        try:
            elsewhere.end(actor, elsewhere_id, reason=reason, at=request.now)  # type: ignore[attr-defined]
            messages.success(request, "去掉了，不再算；登记和原因都保留")
            return HttpResponseRedirect(back)
        except EntryRefused as refused:
            fault = refused.faults[0]
    page = FormPage(
        title="去掉这条登记", action_url=reverse("meetings:elsewhere-end", args=[elsewhere_id]), submit_label="去掉", crumbs=_crumbs(org_id, "去掉"), sub=name, cancel_url=back,
        groups=(FieldGroup("", (Field("reason", "为什么去掉", "textarea", reason, required=True, maxlength=200, error=fault.reason if fault else ""),)),),
        errors=(ErrorLine(fault.reason, "f-reason", fault.code),) if fault else (),
    )
    return render(request, "shell/form.html", {"page": page}, status=422 if fault else 200)
