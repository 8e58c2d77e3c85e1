"""全县一张图 and reminders: the same page for a county, a township and a branch."""
from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from zhibu.areas.meetings import actions, queries, reminders
from zhibu.areas.meetings.queries import Compliance
from zhibu.areas.meetings.reminders import Item, Outcome
from zhibu.exchange import excel
from zhibu.exchange.sheets.county import county as county_table
from zhibu.ground.duties.derive import OVERDUE, Matter, matters
from zhibu.ground.guard.actor import Actor, Refused
from zhibu.ground.guard.once import KeyReused, once
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.notice import actions as notice
from zhibu.ground.notice import queries as notices
from zhibu.kernel.judge import Slot
from zhibu.web.paper.answer import attached
from zhibu.web.shell.context import Callout, ErrorLine, Link, State, Tone

from . import forms, picture
from .context import RemindItem, RemindPage
from .forms import Wish


def _top(actor: Actor, right: P) -> int:
    """Give the highest organisation at which the actor holds the right (the first by path where there are several)."""
    held = [g for g in actor.grants if right in g.permissions]
    if not held:
        raise Refused("看一张图要有“查看完成情况”的权限，您的账号没有。需要的话请找上级党组织开通")
    return min(held, key=lambda g: (len(g.org_path), g.org_path)).org_id


def _answer(actor: Actor, wish: Wish) -> Compliance:
    org_id = wish.org_id if wish.org_id is not None else _top(actor, P.COMPLIANCE_READ)
    return queries.compliance(actor.scope(P.COMPLIANCE_READ), org_id, wish.year, wish.on)


@require_safe
def county(request: HttpRequest) -> HttpResponse:
    """Show the year of an organisation and all below it: rows, months, the panel of a cell, the answer to "why"."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    _top(actor, P.COMPLIANCE_READ)
    wish = forms.read(request.GET, request.today)  # type: ignore[attr-defined]
    answer = _answer(actor, wish)
    page = picture.page(picture.Reader(actor, request.now), wish, answer)  # type: ignore[attr-defined]
    return render(request, "overview/county.html", {"page": page})


@require_POST
@csrf_protect
def county_file(request: HttpRequest) -> FileResponse:
    """Send the table behind the picture as Excel."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    _top(actor, P.COMPLIANCE_READ)
    wish = forms.read(request.GET, request.today)  # type: ignore[attr-defined]
    answer = _answer(actor, wish)
    actions.note_picture(actor, org_id=answer.root.id, year=answer.year, at=request.now)  # type: ignore[attr-defined]
    name = excel.file_name(answer.root.name, f"{answer.year}年完成情况", wish.on)
    return attached(excel.write([county_table(answer)]), name, excel.MEDIA_TYPE)


class _Nothing(Exception):
    """No reminder went out: the key of the form stays unused, so that it may be sent later."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__()
        self.outcome = outcome


@require_http_methods(["GET", "HEAD", "POST"])
@csrf_protect
def remind(request: HttpRequest) -> HttpResponse:
    """List the overdue matters with the limits beforehand (GET); put the chosen ones on the branches' desks (POST)."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    now: datetime = request.now  # type: ignore[attr-defined]
    if not actor.holds(P.REMIND):
        raise Refused("提醒由上级党组织发。您的账号没有这项权限，需要的话请找上级党组织办理")
    wish = forms.read(request.GET, request.today)  # type: ignore[attr-defined]
    if not wish.live:
        raise Refused("过去某一天的情况只能看，不能提醒。请回到今天再点")
    answer = _answer(actor, wish)
    if request.method != "POST":
        return _confirm(request, actor, wish, answer, now)
    try:
        chosen = forms.items(request.POST)
    except ValueError:
        return _confirm(request, actor, wish, answer, now, errors=("勾选的事项里有一项认不出来。请重新打开这一页再勾",))
    key = request.POST.get("key", "")
    if not chosen or not 16 <= len(key) <= 64:
        return _confirm(request, actor, wish, answer, now, errors=("没有勾选要提醒的事项。请至少勾一项" if key else "这张表单不完整。请重新打开这一页再点",))
    outcomes: list[Outcome] = []
    back = wish.url()

    def send() -> str:
        outcome = reminders.remind(actor, chosen, now)
        if not outcome.sent:
            raise _Nothing(outcome)
        outcomes.append(outcome)
        return back

    try:
        target, fresh = once(actor.account_id, key, {"remind": sorted(i.code for i in chosen)}, now, send)
    except KeyReused as error:
        return _confirm(request, actor, wish, answer, now, errors=(error.reason,), status=409)
    except _Nothing as nothing:
        reasons = dict.fromkeys(reason for _, reason in nothing.outcome.held_back)
        return _confirm(request, actor, wish, answer, now, errors=tuple(reasons), chosen=chosen)
    if fresh:
        more = f"名单交给本级的 {outcomes[0].channels} 个通知渠道去发了。" if outcomes[0].channels else ""
        messages.success(request, f"已提醒 {len(outcomes[0].sent)} 项，放在支部的工作台上。{more}")
        if outcomes[0].held_back:
            reasons = dict.fromkeys(reason for _, reason in outcomes[0].held_back)
            messages.warning(request, f"{len(outcomes[0].held_back)} 项没有发：{'；'.join(reasons)}。")
    else:
        messages.success(request, "刚才已经提醒过了，没有重复发。")
    return HttpResponseRedirect(target)


def _confirm(
    request: HttpRequest, actor: Actor, wish: Wish, answer: Compliance, now: datetime, *, errors: tuple[str, ...] = (), chosen: tuple[Item, ...] = (), status: int = 0,
) -> HttpResponse:
    overdue = picture.may_remind(actor, wish, answer, matters(answer.of(answer.in_order()), OVERDUE, wish.kind or None))
    asked = set(request.GET.getlist("item"))
    if asked:
        overdue = [m for m in overdue if reminders.item_of(m).code in asked]
    more = len(overdue) - reminders.MOST
    overdue = overdue[: reminders.MOST]
    items = [reminders.item_of(m) for m in overdue]
    blocked_all, told = reminders.prospects(actor.scope(P.REMIND), items, now)
    secretaries = reminders.contacts(actor.scope(P.MEMBER_READ), dict.fromkeys(i.org_id for i in items), wish.today) if actor.holds(P.MEMBER_READ) else {}
    wide = any(len(row.units) > 1 for row in answer.rows())  # several townships have a 卫生院党支部 each
    names = {u.id: u.name if wide else u.short_name for u in answer.units}
    rows = tuple(
        RemindItem(
            prospect.item.code, names[m.org_id], reminders.what(m.line, m.cell) + ("（记录不全）" if m.cell.slot is Slot.INCOMPLETE else ""), _since(m, wish),
            f"书记{secretaries[m.org_id].name}的工作台" if m.org_id in secretaries else "支部的工作台",
            chosen=prospect.item in chosen if chosen else True, blocked=prospect.blocked if prospect.sent_on and prospect.blocked != blocked_all else "",
        )
        for m, prospect in zip(overdue, told, strict=True)
    )
    free = [m for m, row in zip(overdue, rows, strict=True) if not row.blocked]
    limits = reminders.limits(queries.convention(answer.root.id, wish.on))
    if rows and not free and not blocked_all:
        blocked_all = "这些事项都在间隔期内，现在没有可以再提醒的。"
    page = RemindPage(
        title="提醒未开的事项",
        action_url=request.get_full_path(),
        items=rows,
        limits=reminders.limits_sentence(limits),
        text=reminders.group_text(free or overdue, names, wish.on),
        submit_label=f"提醒这 {len(free)} 项",
        cancel_url=wish.url(),
        key=secrets.token_hex(16),
        note=_note(actor, [u.path for u in answer.units if u.id in names and u.id in {m.org_id for m in overdue}]),
        crumbs=(Link("督查公开"), Link(answer.root.short_name, wish.url()), Link("提醒")),
        blocked_all=blocked_all if rows else "现在没有过期未开的事项，不用提醒。",
        callouts=(Callout(f"一次最多提醒 {reminders.MOST} 项，另有 {more} 项请办完再点。", Tone.WARN),) if more > 0 else (),
        errors=tuple(ErrorLine(text) for text in errors),
    )
    return render(request, "overview/remind.html", {"page": page}, status=status or (422 if errors else 200))


def _note(actor: Actor, paths: Sequence[str]) -> str:
    """Say where a reminder goes: to the desks, and as a list to the channels that the sender's own organisations have for it."""
    senders = {g.org_id for path in paths if (g := notice.sends_for(actor, path)) is not None}
    own = notices.take_lists(actor.scope(P.REMIND), sorted(senders)) if senders else []
    if not own:
        return "点“提醒”会放到支部的工作台上；群里要您自己发。"
    return f"点“提醒”会放到支部的工作台上，同样的名单发到{'、'.join(f'“{c.label}”' for c in own)}，那边不用您再发；别的群要您自己发。"


def _since(m: Matter, wish: Wish) -> State:
    return State(Tone.BAD, f"{(wish.on - m.cell.window.last) // timedelta(days=1)} 天")


