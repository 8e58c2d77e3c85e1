"""Two people have the same transfer open: who comes second is told what was done meanwhile, by whom, and what to do now (trust.md E6, E7)."""
from __future__ import annotations

from collections.abc import Sequence

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from zhibu.areas.transfers.floating import FloatingView
from zhibu.areas.transfers.queries import StepView, TransferView
from zhibu.areas.transfers.rules import Move, State
from zhibu.areas.transfers.turns import AlreadyMoved
from zhibu.kernel.dates import show
from zhibu.web.shell.context import Button, Callout, ErrorPage, Pair, Tone
from zhibu.web.shell.stale import by_whom

WAITS = {
    State.APPLIED: "等转出的支部核对。", State.CHECKED: "等转出的党委开介绍信。", State.IN_TRANSIT: "等接收的党委接收；接收以前仍算原支部的党员。", State.RETURNED: "等转出的党委重开或撤销。",
    State.RECEIVED: "等接收的党委发回执。", State.RECEIPTED: "等转出的党委办结。",
}
#: journal entries that move a transfer on, and those that change a record of somebody away
STEPS = tuple(f"transfers.{m.value}" for m in Move)
AWAY = ("transfers.float_change", "transfers.float_end", "transfers.float")


def since(view: TransferView, version: int) -> Sequence[StepView]:
    """Give the steps taken after a version; each step raises it by one. For a version that nobody knows, the last step."""
    return view.steps[version:] if 0 < version < len(view.steps) else view.steps[-1:]


def steps_since(request: HttpRequest, view: TransferView, version: int) -> tuple[Pair, ...]:
    """Say beside a stale form what was done meanwhile, by whom and when."""
    done = tuple(Pair(s.title, show(s.on), "；".join(t for t in (s.by, s.text) if t)) for s in since(view, version))
    return (*done, *by_whom(request.actor.sees(), "transfer", view.id, STEPS))  # type: ignore[attr-defined]


def stale_callout(view: TransferView, version: int) -> Callout:
    """Warn above a form whose transfer was moved on meanwhile."""
    return Callout(f"您打开这一页以后，{_done(view, version)}，您填的还没有存。请看“现在的情况”；仍要按您填的办，再按一次；不办了，点“不办了”。", Tone.WARN)


def _done(view: TransferView, version: int) -> str:
    return "，".join(f"{show(s.on)}{s.by}办了“{s.title}”" + (f"（{s.text}）" if s.text else "") for s in since(view, version)) or "别人先办了一步"


def changed_since(request: HttpRequest, view: FloatingView) -> tuple[Pair, ...]:
    """Say beside a stale form about somebody away what is registered now, and who changed it."""
    now = (Pair("去了哪里", view.place), Pair("联系人", view.contact or "没有指定"), Pair("预计返回", show(view.until_on) if view.until_on else "没有写"))
    fixed = Pair("地点", "固定在一个地方" if view.fixed else "四处流动，没有固定地点")
    return (*now, fixed, *by_whom(request.actor.sees(), "floating", view.id, AWAY))  # type: ignore[attr-defined]


def already(request: HttpRequest, error: AlreadyMoved, version: int = 0) -> HttpResponse:
    """Say that the step cannot be taken any more: what was done meanwhile, how it stands, what comes next."""
    view = error.view
    text = f"{_done(view, version)}，{view.name}的转接现在是“{view.state_title}”。" + ("您填的没有存。" if request.method == "POST" else "")
    return _told(request, view, text, f"这一步不用再办，现在{WAITS[State(view.state)]}" if view.is_open else "这件转接已经结束，不用再办。")


def stale_tap(request: HttpRequest, view: TransferView, version: int) -> HttpResponse:
    """Say that something was done since the page with the button was opened; nothing was noted."""
    return _told(request, view, f"您打开那一页以后，{_done(view, version)}。刚才按的没有记。", "请看过现在的情况，还要办的再按一次。")


def _told(request: HttpRequest, view: TransferView, text: str, cure: str) -> HttpResponse:
    look = Button(f"看{view.name}的转接", reverse("transfers:transfer", args=[view.id]), style="pri")
    return render(request, "shell/409.html", {"page": ErrorPage("已经办过了", text, cure, (look,))}, status=409)
