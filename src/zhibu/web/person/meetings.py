"""我的会议: the coming meetings of the own branch and the own requests for leave."""
from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from zhibu.areas.meetings import leave, plans
from zhibu.areas.meetings.leave import LeaveRefused
from zhibu.areas.meetings.planning import LEAVE_ZH, notice_text, said_day, said_kinds
from zhibu.ground.guard.actor import Actor
from zhibu.ground.tree import queries as tree
from zhibu.ground.tree.queries import NotFound
from zhibu.web.meetings.plan_context import MyMeeting, MyMeetingsPage
from zhibu.web.meetings.plan_pages import LEAVE_TONE
from zhibu.web.shell.context import ErrorLine, State

SAID = {"asked": "已经请假，等书记批。", "approved": "已准假，开会点人时记“假”。", "declined": "没有准", "withdrawn": "请假已收回。"}


@require_http_methods(["GET", "POST"])
def mine(request: HttpRequest) -> HttpResponse:
    """Show the own meetings; take a request for leave, or its end."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    wanted, reason, error = request.POST.get("plan", ""), request.POST.get("reason", "").replace("\0", "")[:100], ""
    if request.method == "POST":
        plan_id = int(wanted) if wanted.isascii() and wanted.isdecimal() and len(wanted) < 19 else 0
        try:
            if request.POST.get("do") == "withdraw":
                leave.withdraw(actor, plan_id, at=request.now)  # type: ignore[attr-defined]
                messages.success(request, "不请假了，记得到会")
            else:
                leave.ask(actor, plan_id, reason=reason, at=request.now)  # type: ignore[attr-defined]
                messages.success(request, "请假交给书记了，批了这里看得到")
            return HttpResponseRedirect(reverse("person:meetings"))
        except NotFound:
            messages.error(request, "没有找到这次会，可能已经取消。下面是现在要您参加的会")
            return HttpResponseRedirect(reverse("person:meetings"))
        except LeaveRefused as refused:
            error = refused.reason
    page = _page(actor, request, wanted, reason, error)
    return render(request, "person/meetings.html", {"page": page}, status=422 if error else 200)


def _page(actor: Actor, request: HttpRequest, wanted: str, reason: str, error: str) -> MyMeetingsPage:
    own, coming = plans.mine(actor.person_id, request.today) if actor.person_id is not None else (None, [])  # type: ignore[attr-defined]
    here = reverse("person:meetings")
    if own is None or actor.person_id is None:
        return MyMeetingsPage("我的会议", "这个账号没有对应到党员，没有自己的会", (), here)
    asked = leave.own(actor.person_id)
    groups = {g.id: g.name for g in tree.groups(own.scope, org_ids=[own.org.id])}
    hosts = {o.id: o.name for o in tree.views(p.host_org_id for p in coming if p.host_org_id).values()}
    found = []
    for p in coming:
        one = asked.get(p.id)
        bad = wanted == str(p.id) and error
        state = State(LEAVE_TONE[one.state], LEAVE_ZH[one.state]) if one else None
        said = SAID[one.state] + (f"：{one.decided_why}。有事请和书记联系。" if one.state == "declined" else "") if one else ""
        live = one is not None and one.state in ("asked", "approved")
        found.append(MyMeeting(
            p.id, f"{said_day(p.day)} {said_kinds(p.plan.kinds, groups)}", notice_text(own.org.name, p.plan, groups, hosts.get(p.host_org_id or 0, "")), state, said, not live, live,
            reason if bad else "", error if bad else "", reverse("channels:my-event", args=[p.id]),
        ))
    return MyMeetingsPage("我的会议", f"{own.org.name} · 请假由书记批；到没到会，以支部点名为准", tuple(found), here, (ErrorLine(error, f"f-reason-{wanted}"),) if error else ())
