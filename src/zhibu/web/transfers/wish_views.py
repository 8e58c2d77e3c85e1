"""A branch declines what a member asked for himself; taking it over is the form that begins a transfer."""
from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from zhibu.areas.transfers import wish_actions, wishes
from zhibu.areas.transfers.wishes import WishView
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.guard.scope import Scope
from zhibu.ground.tree import queries as tree
from zhibu.ground.tree.queries import OrgView
from zhibu.kernel.dates import show
from zhibu.web.org.forms import Given
from zhibu.web.shell.context import Callout, FieldGroup, FormPage, Link, Pair, Tone
from zhibu.web.shell.sent import sent_once

from . import forms


@require_http_methods(["GET", "POST"])
@sent_once
def decline(request: HttpRequest, wish_id: int) -> HttpResponse:
    """Answer an application with no and the reason."""
    actor = request.actor  # type: ignore[attr-defined]
    found = wishes.wish(Scope(actor.sees().paths), wish_id)
    home = tree.views([found.org_id])[found.org_id]
    actor.require(P.TRANSFER_REQUEST, home.path_now)
    given = Given(request.POST if request.method == "POST" else None, {})
    reason = given.text("reason", "不同意的理由", most=100)
    if request.method == "POST":

        def do() -> tuple[str, str]:
            wish_actions.decline(actor, wish_id, reason=reason, at=request.now)  # type: ignore[attr-defined]
            return reverse("transfers:list"), f"已经答复{found.name}，本人看得到理由"

        if (answer := forms.answer(request, given, do)) is not None:
            return answer
    return forms.shown(request, _page(found, home, given))


def _page(found: WishView, home: OrgView, given: Given) -> FormPage:
    facts = (Pair("转到", found.target), Pair("原因", found.reason or "没有写"), Pair("哪天申请", show(found.asked_on)), Pair("情况", found.state_title, found.answered_by))
    if not found.waits:
        return FormPage(
            f"{found.name}的转接申请", "", (FieldGroup("", (), facts=facts),), "", forms.crumbs("转接申请"), home.name,
            (Callout(f"这件申请现在是“{found.state_title}”，不用再答复。", Tone.WARN),), tuple(given.lines), reverse("transfers:list"),
        )
    fields = (given.field("reason", "不同意的理由", maxlength=100, required=True, help="本人看得到，例如：党费还没有交清、接收单位不对"),)
    return FormPage(
        f"不同意转接：{found.name}", reverse("transfers:decline", args=[found.id]), (FieldGroup("", fields),), "答复本人", forms.crumbs("不同意转接"), home.name,
        (Callout("没有正当理由，不能不给党员转组织关系。", Tone.WARN, Link("还是接办", reverse("transfers:start", args=[found.person_id]))),), tuple(given.lines),
        reverse("transfers:list"), aside=facts, aside_title="本人的申请",
    )
