"""转组织关系: a member asks the own branch for a transfer, reads how it stands, takes the application back."""
from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from zhibu.areas.transfers import queries, rules, wish_actions, wishes
from zhibu.areas.transfers.queries import TransferView
from zhibu.areas.transfers.rules import State as Stage
from zhibu.areas.transfers.rules import Wish
from zhibu.areas.transfers.wishes import WishView
from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.guard.scope import Scope
from zhibu.ground.people.actions import PeopleError
from zhibu.ground.tree.queries import NotFound, OrgView
from zhibu.kernel.dates import show
from zhibu.web.org.forms import Given
from zhibu.web.shell.context import Callout, ErrorLine, Field, Link, Pair, State, Tone
from zhibu.web.shell.sent import sent_once
from zhibu.web.transfers import forms
from zhibu.web.transfers.meanwhile import WAITS
from zhibu.web.transfers.pages import state_of

NOBODY = "这个账号没有对应到党员，不能申请转组织关系。"


@dataclass(frozen=True, slots=True)
class Asked:
    """An application or a transfer of one's own: how it stands, and the application that may be taken back."""

    title: str
    state: State
    facts: tuple[Pair, ...]
    said: str = ""
    wish_id: int = 0  # 0: nothing to take back


@dataclass(frozen=True, slots=True)
class MyTransferPage:
    """What person/transfer.html needs."""

    title: str
    sub: str
    action_url: str
    crumbs: tuple[Link, ...]
    open: tuple[Asked, ...] = ()
    past: tuple[Asked, ...] = ()
    fields: tuple[Field, ...] = ()
    callouts: tuple[Callout, ...] = ()
    errors: tuple[ErrorLine, ...] = ()


@require_http_methods(["GET", "POST"])
@sent_once
def mine(request: HttpRequest) -> HttpResponse:
    """Show how the own transfer stands; take an application, or take it back."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    given = Given(request.POST if request.method == "POST" else None, {})
    if request.method == "POST" and (said := _post(actor, request, given)):
        messages.success(request, said)
        return HttpResponseRedirect(reverse("person:transfer"))
    return render(request, "person/transfer.html", {"page": _page(actor, request, given)}, status=422 if request.method == "POST" else 200)


def _post(actor: Actor, request: HttpRequest, given: Given) -> str:
    """Do what is asked; gives what to say, nothing where it was refused (the refusal stands in the form)."""
    target, reason = given.text("target", "转到哪个党组织", most=100), given.text("reason", "原因", most=100)
    asked = request.POST.get("wish", "")
    if not given.ok:
        return ""
    try:
        if request.POST.get("do") == "withdraw":
            wish_actions.withdraw(actor, int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 19 else 0, at=request.now)  # type: ignore[attr-defined]
            return "申请已收回，组织关系没有变"
        wish_actions.ask_for(actor, target=target, reason=reason, at=request.now)  # type: ignore[attr-defined]
        return "申请交给支部了，办到哪一步这里看得到"
    except PeopleError as error:
        given.refuse(error)
    except NotFound as error:
        given.lines.append(ErrorLine(str(error)))
    return ""


def _page(actor: Actor, request: HttpRequest, given: Given) -> MyTransferPage:
    here, crumbs, today = reverse("person:transfer"), (Link("我的", reverse("person:me")), Link("转组织关系")), request.today  # type: ignore[attr-defined]
    if actor.person_id is None or not actor.holds(P.OWN_FILE):
        return MyTransferPage("转组织关系", "", here, crumbs, callouts=(Callout(NOBODY),), errors=tuple(given.lines))
    own, found = Scope(person_id=actor.person_id), wishes.home_of(actor.person_id, today)
    asked, moves = wishes.of_person(own, actor.person_id), queries.of_person(own, actor.person_id)
    waiting = [_asked(w) for w in asked if w.waits] + [_move(t, today) for t in moves if t.is_open]
    past = [_asked(w) for w in asked if not w.waits and w.transfer_id is None] + [_move(t, today) for t in moves if not t.is_open]
    running = any(w.waits for w in asked) or any(t.state in rules.OPEN for t in moves)
    if not running and asked and asked[0].state == Wish.DECLINED:  # a no is read before the form
        waiting, past = [*waiting, past[0]], past[1:]
    fields = _fields(given, found[1]) if found is not None and not running else ()
    said = (Callout("交上去以后由支部接办：核对党费、报党委开介绍信。对方接收以前，您仍是本支部党员，党费和组织生活都在本支部。"),) if fields else ()
    nowhere = (Callout("您的组织关系现在不在本系统的党支部。", Tone.WARN),) if found is None else ()
    return MyTransferPage("转组织关系", found[1].name if found else "", here, crumbs, tuple(waiting), tuple(past), fields, (*said, *nowhere), tuple(given.lines))


def _fields(given: Given, home: OrgView) -> tuple[Field, ...]:
    known = tuple(o.name for o in queries.targets(home))
    return (
        given.field("target", "转到哪个党组织", maxlength=100, required=True, list_id="l-target", suggestions=known, help="不知道全称的，写单位、村或社区的名称，支部帮您核对"),
        given.field("reason", "原因", maxlength=100, list_id="l-reason", suggestions=forms.REASONS),
    )


def _asked(w: WishView) -> Asked:
    tone = {"asked": Tone.WAIT, "declined": Tone.BAD}.get(w.state, Tone.PLAIN)
    facts = [Pair("转到", w.target), Pair("哪天申请", show(w.asked_on))]
    if w.reason:
        facts.append(Pair("原因", w.reason))
    if w.answer:
        facts.append(Pair("支部的答复", w.answer, f"{w.answered_by}，{show(w.answered_on)}" if w.answered_on else ""))
    said = "支部书记的工作台上有这件申请，接办以后这里写办到哪一步。不想转了，可以收回。" if w.waits else "有不同意见请找支部书记，也可以重新申请。" if w.state == "declined" else ""
    return Asked("我的申请", State(tone, w.state_title), tuple(facts), said, w.id if w.waits else 0)


def _move(t: TransferView, today: date) -> Asked:
    facts = [Pair("从", t.from_name), Pair("到", t.to_name, t.to_committee if t.to_committee != t.to_name else ""), Pair("哪天申请", show(t.applied_on))]
    if t.letter_no:
        facts.append(Pair("介绍信", f"第{t.letter_no}号", f"有效到{show(t.valid_until)}" if t.valid_until else ""))
    last = t.steps[-1] if t.steps else None
    if last is not None:
        facts.append(Pair("最近一步", last.title, "；".join(x for x in (show(last.on), last.text) if x)))
    said = WAITS.get(Stage(t.state), "")
    if t.state == Stage.IN_TRANSIT and t.valid_until is not None and not t.expired(today):
        said = f"请在{show(t.valid_until)}以前到{t.to_committee}报到。{said}"
    elif t.state == Stage.IN_TRANSIT:
        said = "介绍信已经过期，请找原来的党委重开一封。"
    return Asked("办理中的转接" if t.is_open else "办过的转接", state_of(t, today), tuple(facts), said)
