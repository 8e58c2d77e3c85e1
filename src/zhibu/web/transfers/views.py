"""The list of transfers, how one begins, and the page of one."""
from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from zhibu.areas.dues import queries as dues
from zhibu.areas.transfers import applying, arriving, queries, turns, wishes
from zhibu.areas.transfers.queries import PAGE, TABS, TransferView
from zhibu.areas.transfers.standards import standards
from zhibu.areas.transfers.wishes import WishView
from zhibu.ground.guard.actor import Actor, Refused
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.guard.scope import Scope
from zhibu.ground.people import queries as people
from zhibu.ground.people.queries import MemberFile
from zhibu.ground.tree import queries as tree
from zhibu.ground.tree.queries import OrgView
from zhibu.web.meetings.forms import number
from zhibu.web.org.forms import Given
from zhibu.web.shell.context import Link
from zhibu.web.shell.sent import sent_once

from . import forms, pages

GET_POST = require_http_methods(["GET", "POST"])
NO_RIGHT = "组织关系由支部书记和党委组织部门办，您要转请找支部书记"


def reach(actor: Actor) -> Scope:
    """Give where the actor has to do with transfers; Refused for nowhere."""
    scope = queries.reach(actor)
    if scope.empty:
        raise Refused(NO_RIGHT)
    return scope


@require_GET
def listing(request: HttpRequest) -> HttpResponse:
    """List the transfers of a tab."""
    actor, today = request.actor, request.today  # type: ignore[attr-defined]
    scope, asked, page = reach(actor), request.GET.get("tab", ""), number(request.GET.get("page")) or 1
    counted = queries.counts(scope, today)
    tab = asked if asked in dict(TABS) else next((code for code, _ in TABS if counted[code]), "out")
    rows, total = queries.transfers(scope, tab, today, offset=(min(page, 100_000) - 1) * PAGE)
    return render(request, "transfers/list.html", {"page": pages.listing(actor, tab, rows, total, counted, page, today)})


#: what a chosen member is chosen for: code -> (title, sentence, address)
PICKS = {
    "out": ("转出一名党员", "点姓名，下一页写转到哪里。", "transfers:start"), "float": ("登记流出党员", "点姓名，下一页写去了哪里、谁联系。", "transfers:float-out"),
    "certify": ("开党员证明信", "点姓名，下一页写去哪里、多久。", "transfers:certify"),
}


@require_GET
def pick(request: HttpRequest) -> HttpResponse:
    """Choose a member of a branch."""
    actor, today = request.actor, request.today  # type: ignore[attr-defined]
    if not actor.holds(P.TRANSFER_REQUEST):
        raise Refused(NO_RIGHT)
    title, doing, name = PICKS[asked if (asked := request.GET.get("what", "")) in PICKS else "out"]
    scope = actor.scope(P.TRANSFER_REQUEST)
    branches = [o for o in tree.organisations(scope) if o.is_branch]
    wanted = number(request.GET.get("org"))
    org = next((o for o in branches if o.id == wanted), branches[0] if len(branches) == 1 else None)
    members = [(e.name, reverse(name, args=[e.person_id])) for e in people.roll(scope, org.id, today)] if org else []
    back = Link("组织关系", reverse("transfers:list")) if name == "transfers:start" else Link("流动党员", reverse("transfers:floating"))
    chooser = [(o.id, o.name) for o in branches] if len(branches) > 1 else []
    page = pages.pick(title, doing, org.name if org else "", members, chooser, org.id if org else None, back)
    return render(request, "transfers/pick.html", {"page": page, "what": request.GET.get("what", "out")})


def member(request: HttpRequest, person_id: int) -> tuple[MemberFile, OrgView]:
    """Give a member for a form of his branch: NotFound out of sight, Refused without the right."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    file = people.member_file(Scope(actor.sees().paths), person_id, request.today)  # type: ignore[attr-defined]
    home = tree.views([file.org_id])[file.org_id]
    actor.require(P.TRANSFER_REQUEST, home.path_now)
    return file, home


@GET_POST
@sent_once
def start(request: HttpRequest, person_id: int) -> HttpResponse:
    """Begin a transfer: apply, check, and where this office issues letters write it at once."""
    actor, today = request.actor, request.today  # type: ignore[attr-defined]
    file, home = member(request, person_id)
    decides = actor.may(P.TRANSFER_DECIDE, queries.committee_of(home).path_now)
    asked = wishes.waiting(Scope((home.path_now,)), [home.id], person_id=person_id)
    given = Given(request.POST if request.method == "POST" else None, {"where": "here", "applied_on": str(today), "issued_on": str(today), "reach": "rule", **_paid_to(actor, home, person_id), **_asked_for(asked)})
    if request.method == "POST":
        do = request.POST.get("do", "send")
        new, paid_to = forms.read_application(given, person_id, today)
        letter = forms.read_letter(given, today, paid_to) if decides and do == "letter" else None

        def begin() -> tuple[str, str]:
            made = applying.apply(actor, new, at=request.now) if do == "apply" else applying.send(actor, new, paid_to=paid_to, letter=letter, at=request.now)  # type: ignore[attr-defined]
            written = letter is not None and queries.transfer(actor.sees(), made).letter_no
            return reverse("transfers:letter" if written else "transfers:transfer", args=[made]), f"{file.name}的介绍信已开好" if written else f"{file.name}的转接已登记"

        if (answer := forms.answer(request, given, begin)) is not None:
            return answer
    return forms.shown(request, forms.start(given, file, home, queries.open_cases(Scope((home.path_now,)), person_id), standards(home.id, today) if decides else None, asked))


def _asked_for(asked: list[WishView]) -> dict[str, str]:
    """Fill in what the member wrote into the own application: an organisation here where the text names exactly one, else one outside."""
    if not asked:
        return {}
    known = queries.named(asked[0].target)
    where = {"where": "here", "to": known[0].name} if len(known) == 1 else {"where": "outside", "outside_branch" if asked[0].target.endswith("支部") else "outside": asked[0].target}
    return {**where, "reason": asked[0].reason, "applied_on": str(asked[0].asked_on)}


def _paid_to(actor: Actor, home: OrgView, person_id: int) -> dict[str, str]:
    """Propose the month to which the dues are paid, to those who may see it; everybody else writes it from the member's booklet."""
    known = dues.paid_to(actor.scope(P.DUES_READ), home.id, person_id)
    return {"paid_to": f"{known:%Y-%m}"} if known else {}


@GET_POST
@sent_once
def arrival(request: HttpRequest) -> HttpResponse:
    """Enter a letter that somebody brought from outside."""
    actor, today = request.actor, request.today  # type: ignore[attr-defined]
    if not actor.holds(P.TRANSFER_REQUEST):
        raise Refused(NO_RIGHT)
    branches = {str(o.id): o.name for o in tree.organisations(actor.scope(P.TRANSFER_REQUEST)) if o.is_branch}
    given = Given(request.POST if request.method == "POST" else None, {"standing": "full"})
    if request.method == "POST":
        new = forms.read_arrival(given, branches, today)

        def do() -> tuple[str, str]:
            made = arriving.arrive(actor, new, at=request.now)  # type: ignore[attr-defined]
            return reverse("transfers:transfer", args=[made]), f"{new.name}的介绍信已登记，等党委接收"

        if (answer := forms.answer(request, given, do)) is not None:
            return answer
    return forms.shown(request, forms.arrival(given, branches))


def seen(request: HttpRequest, transfer_id: int) -> TransferView:
    """Give a transfer to whoever has to do with it on either side: NotFound out of sight, Refused without a right there."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    view = queries.transfer(Scope(actor.sees().paths), transfer_id)
    sides = [p for p in (view.from_path, view.to_path) if p]
    if not any(actor.may(right, path) for right in turns.BOTH for path in sides):
        raise Refused(NO_RIGHT)
    return view


@require_GET
def transfer(request: HttpRequest, transfer_id: int) -> HttpResponse:
    """Show one transfer."""
    view, actor = seen(request, transfer_id), request.actor  # type: ignore[attr-defined]
    ours = view.person_id is not None and view.from_path and actor.sees().covers(view.from_path)
    cases = queries.open_cases(Scope((view.from_path,)), view.person_id or 0) if ours and view.is_open else ()
    return render(request, "transfers/transfer.html", {"page": pages.transfer(view, actor, cases, request.today)})  # type: ignore[attr-defined]


def back_to(transfer_id: int, said: str) -> tuple[str, str]:
    """Give the page of a transfer and what is said there."""
    return reverse("transfers:transfer", args=[transfer_id]), said


def redirect(request: HttpRequest, transfer_id: int, said: str) -> HttpResponse:
    """Go back to a transfer with a sentence."""
    messages.success(request, said)
    return HttpResponseRedirect(reverse("transfers:transfer", args=[transfer_id]))
