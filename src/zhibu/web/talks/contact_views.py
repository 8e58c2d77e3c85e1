"""联系对象: whom members keep in contact with, a tap when they talked; and a member's own talks and contacts."""
from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from zhibu.areas.talks import actions, queries, rules
from zhibu.areas.talks.queries import ContactView
from zhibu.areas.talks.refused import Fault, TalkRefused
from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.guard.scope import Scope
from zhibu.ground.tree import queries as tree
from zhibu.kernel.dates import show
from zhibu.kernel.periods import window_of
from zhibu.web.meetings.forms import day, number
from zhibu.web.shell.context import Button, Callout, ErrorLine, FieldGroup, FormPage, Link, State, Tone
from zhibu.web.shell.sent import sent_once

from . import asked
from .asked import members, pick, text
from .context import Block, Line, RoomPage
from .pages import crumbs
from .views import reading

GET_POST = require_http_methods(["GET", "POST"])
ONLY_A_NAME = "对不是党员的人，只记姓名和为什么联系，别的什么都不记。"


def _line(c: ContactView, first: date | None, today: date, *, may_end: bool) -> Line:
    talked = c.last_on is not None and first is not None and c.last_on >= first
    state = None if first is None else State(Tone.OK, "本期谈了") if talked else State(Tone.WAIT, "本期还没谈")
    here = reverse("talks:contact-talked", args=[c.id])
    buttons = [Button("今天谈过了", here, "post", small=True, fields=(("day", str(today)),)), Button("别的日子", here, small=True, style="txt")]
    if c.last_on is not None:
        buttons.append(Button("点错了", reverse("talks:contact-undo", args=[c.id]), "post", "txt", small=True, fields=(("day", str(c.last_on)),)))
    if may_end:
        buttons.append(Button("不再联系", reverse("talks:contact-end", args=[c.id]), "post", "txt", small=True))
    last = f"最近谈话 {show(c.last_on)}" if c.last_on else "还没有谈过"
    return Line(c.name, when=show(c.from_on), what=rules.PURPOSE_ZH[rules.Purpose(c.purpose)], small=f"{c.member_name}联系，{last}", state=state, buttons=tuple(buttons))


def _first(org_id: int, today: date) -> tuple[date | None, queries.ContactRule | None]:
    rule = queries.contact_rule(org_id, today)
    return (window_of(rule.window, today).first if rule else None), rule


@require_GET
def listed(request: HttpRequest) -> HttpResponse:
    """List the contacts of a branch's members with the coverage of the running window."""
    org, today = asked.branch(request, P.TALK_WRITE), request.today  # type: ignore[attr-defined]
    scope = request.actor.scope(P.TALK_WRITE)  # type: ignore[attr-defined]
    first, rule = _first(org.id, today)
    found = queries.contacts(scope, org.id)
    callout = Callout("本支部执行的规则集没有规定和联系对象谈话的次数，不催；谈了点一下就行。")
    if rule is not None:
        w = queries.contact_window(Scope((org.path_now,)), org.id, window_of(rule.window, today), rule.least)
        callout = Callout(f"{window_of(rule.window, today).label}应谈 {w.due} 名，谈了 {w.done} 名，{w.rate}（{rule.source.clause}）。", Tone.OK if w.due == w.done else Tone.PLAIN)
    block = Block("联系对象", tuple(_line(c, first, today, may_end=True) for c in found), ("谁", "从哪天起", "为什么联系"), f"{len(found)} 人", ONLY_A_NAME, "还没有登记联系对象。")
    add = (Button("登记联系对象", f"{reverse('talks:contact-new')}?org={org.id}", style="pri"),)
    return render(request, "talks/room.html", {"page": RoomPage("联系对象", org.name, crumbs(org, Link("联系对象")), add, (callout,), blocks=(block,))})


def _form(org: tree.OrgView, values: Mapping[str, str], faults: tuple[Fault, ...], today: date) -> FormPage:
    errors = {f.field: f.reason for f in faults}
    fields = (
        pick("member", "哪名党员联系", [("请选", ""), *members(org, today)], values, errors, required=True, width="half"),
        text("name", "联系对象的姓名", values, errors, required=True, maxlength=30, width="half", help="只写姓名"),
        pick("purpose", "为什么联系", [(name, code.value) for code, name in rules.PURPOSE_ZH.items()], values, errors, kind="radio", required=True),
        text("from_on", "从哪天起", values, errors, kind="date", required=True, width="half"),
    )
    back = f"{reverse('talks:contacts')}?org={org.id}"
    return FormPage(
        "登记联系对象", f"{reverse('talks:contact-new')}?org={org.id}", (FieldGroup("", fields),), "登记", crumbs(org, Link("联系对象", back), Link("登记")), ONLY_A_NAME,
        cancel_url=back, errors=tuple(ErrorLine(f.reason, f"f-{f.field}", f.code) for f in faults),
    )


@GET_POST
@sent_once
def new(request: HttpRequest) -> HttpResponse:
    """Enter whom a member keeps in contact with."""
    org, today = asked.branch(request, P.TALK_WRITE), request.today  # type: ignore[attr-defined]
    if request.method == "GET":
        return render(request, "shell/form.html", {"page": _form(org, {"from_on": str(today)}, (), today)})
    values = asked.typed(request, ("member", "name", "purpose", "from_on"), 200)
    from_on = day(values["from_on"])
    try:
        if from_on is None:
            raise TalkRefused(Fault("from_on", "E054", "日期没有填对，请选开始联系那一天"))
        wish = {"member_id": number(values["member"]) or 0, "name": values["name"], "purpose": values["purpose"], "from_on": from_on}
        actions.add_contact(request.actor, org.id, **wish, at=request.now)  # type: ignore[attr-defined, arg-type]
    except TalkRefused as refused:
        return render(request, "shell/form.html", {"page": _form(org, values, refused.faults, today)}, status=422)
    messages.success(request, "登记了")
    return HttpResponseRedirect(f"{reverse('talks:contacts')}?org={org.id}")


def _after(request: HttpRequest, org_id: int) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    keeps = actor.may(P.TALK_WRITE, tree.path_of(org_id))
    return HttpResponseRedirect(f"{reverse('talks:contacts')}?org={org_id}" if keeps else reverse("talks:mine"))


@GET_POST
def talked(request: HttpRequest, contact_id: int) -> HttpResponse:
    """Note that a member talked with a contact: today by one tap, another day by the form."""
    actor, today = request.actor, request.today  # type: ignore[attr-defined]
    found = queries.contact(reading(actor, P.TALK_WRITE), contact_id)
    faults: tuple[Fault, ...] = ()
    if request.method == "POST":
        on = day(request.POST.get("day", ""))
        try:
            if on is None:
                raise TalkRefused(Fault("day", "E054", "日期没有填对，请选谈话那一天"))
            org_id = actions.talk_with_contact(actor, contact_id, day=on, at=request.now)  # type: ignore[attr-defined]
            messages.success(request, f"记好了：和{found.name}谈过了")
            return _after(request, org_id)
        except TalkRefused as refused:
            faults = refused.faults
    fields = (text("day", "哪天谈的", {"day": request.POST.get("day", str(today))[:20]}, {f.field: f.reason for f in faults}, kind="date", required=True),)
    page = FormPage(
        f"和{found.name}谈过了", reverse("talks:contact-talked", args=[contact_id]), (FieldGroup("", fields),), "记下", (Link("联系对象"), Link("谈过了")), "只记哪天谈的，不用写内容",
        cancel_url=reverse("talks:mine"), errors=tuple(ErrorLine(f.reason, f"f-{f.field}", f.code) for f in faults),
    )
    return render(request, "shell/form.html", {"page": page}, status=422 if faults else 200)


@require_POST
def undo(request: HttpRequest, contact_id: int) -> HttpResponse:
    """Take a noted talk with a contact back."""
    on = day(request.POST.get("day", "")) or date.min
    org_id = actions.undo_contact_talk(request.actor, contact_id, day=on, at=request.now)  # type: ignore[attr-defined]
    messages.success(request, "去掉了这一次")
    return _after(request, org_id)


@require_POST
def end(request: HttpRequest, contact_id: int) -> HttpResponse:
    """End a contact."""
    org_id = actions.end_contact(request.actor, contact_id, at=request.now)  # type: ignore[attr-defined]
    messages.success(request, "不再联系了，以前的谈话都保留")
    return _after(request, org_id)


@require_GET
def mine(request: HttpRequest) -> HttpResponse:
    """Show one's own talks, with what was said, and the own contacts."""
    actor, today = request.actor, request.today  # type: ignore[attr-defined]
    scope = queries.own(actor)
    if scope.person_id is None:
        return render(request, "talks/room.html", {"page": RoomPage("我的谈话", "这个账号没有对应到党员，没有自己的谈话", (Link("我的", reverse("person:me")), Link("我的谈话")))})
    held, kept = queries.talks_of(scope, scope.person_id), queries.contacts_of(scope, scope.person_id)
    lines = tuple(Line(t.pair, reverse("talks:talk", args=[t.id]), show(t.day), rules.RELATION_ZH[rules.Relation(t.relation)]) for t in held)
    firsts = {org_id: _first(org_id, today)[0] for org_id in {c.org_id for c in kept}}
    contacts = tuple(_line(c, firsts[c.org_id], today, may_end=False) for c in kept)
    blocks = (
        Block("和我有关的谈话", lines, ("谁和谁", "日期", "关系"), f"{len(held)} 次", "点开看内容。别人看不到，书记看得到。", "还没有记过。"),
        *((Block("我的联系对象", contacts, ("谁", "从哪天起", "为什么联系"), f"{len(kept)} 人"),) if kept else ()),
    )
    return render(request, "talks/room.html", {"page": RoomPage("我的谈话", "", (Link("我的", reverse("person:me")), Link("我的谈话")), blocks=blocks)})
