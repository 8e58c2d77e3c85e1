"""What a committee itself did for the education below it: checks, and lectures or reports by its leader."""
from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_http_methods, require_POST

from zhibu.areas.training import committees
from zhibu.areas.training.committees import NewDoing
from zhibu.areas.training.refused import TrainingRefused
from zhibu.ground.guard.permission import Permission as P
from zhibu.web.shell.sent import sent_once

from .pages import to
from .record_views import form
from .typed import Typed, asked_org

GET_POST = require_http_methods(["GET", "POST"])


@GET_POST
@sent_once
def new(request: HttpRequest) -> HttpResponse:
    """Enter a check, a lecture or a report."""
    org, actor, today = asked_org(request, P.TRAINING_WRITE), request.actor, request.today  # type: ignore[attr-defined]
    typed = Typed(request.POST if request.method == "POST" else None, {"doing": request.GET.get("doing", "check"), "day": str(today)})
    if request.method == "POST":
        wish = NewDoing(typed.raw("doing"), typed.day("day", "日期"), typed.raw("who"), typed.raw("what"))
        try:
            if not typed.faults:
                committees.enter(actor, org.id, wish, at=request.now)  # type: ignore[attr-defined]
                messages.success(request, "登记了")
                return HttpResponseRedirect(to("list", org=org.id))
        except TrainingRefused as refused:
            typed.refused(refused.faults)
    fields = (
        typed.pick("doing", "办了什么", [(title, code) for code, title in committees.DOING_ZH.items()], "radio"),
        typed.field("day", "哪天", "date", required=True, width="half"), typed.field("who", "谁", required=True, maxlength=50, width="half", help="讲课的领导，或检查组"),
        typed.field("what", "题目，或检查情况", required=True, maxlength=200),
    )
    return form(request, typed, "登记检查和领导讲课", to("committee-new", org=org.id), fields, "登记", org, sub=f"{org.name} · 党委自己办的；支部的党课在开会记录里记")


@require_POST
@sent_once
def end(request: HttpRequest, doing_id: int) -> HttpResponse:
    """Take an entry away."""
    org_id = committees.take_back(request.actor, doing_id, at=request.now)  # type: ignore[attr-defined]
    messages.success(request, "去掉了")
    return HttpResponseRedirect(to("list", org=org_id))
