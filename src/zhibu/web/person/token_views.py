"""程序令牌: the holder makes and ends tokens for programs."""
from __future__ import annotations

import secrets
from datetime import timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from zhibu.ground.access import tokens
from zhibu.ground.access.actions import AccountError
from zhibu.ground.guard.once import KeyReused
from zhibu.web.shell.context import ErrorPage

from . import tokens_page


@require_GET
def listing(request: HttpRequest) -> HttpResponse:
    """List the own tokens."""
    actor, today = request.actor, request.today  # type: ignore[attr-defined]
    page = tokens_page.listing(tokens.own(actor, today), bool(tokens.offers(actor, today)))
    return render(request, "person/tokens.html", {"page": page})


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Make a token; the answer to the form is the only page that ever shows it."""
    actor, today = request.actor, request.today  # type: ignore[attr-defined]
    offers = tokens.offers(actor, today)
    if not offers:
        return HttpResponseRedirect(reverse("person:tokens"))
    texts = {name: "".join(c for c in request.POST.get(name, "")[:200] if c.isprintable()).strip() for name in ("label", "days", "grant")}
    chosen, errors, key = request.POST.getlist("rights")[:20], dict[str, str](), request.POST.get("key", "")[:64] or secrets.token_urlsafe(16)
    if request.method != "POST":
        return render(request, "shell/form.html", {"page": tokens_page.form(offers, {"days": "90"}, tokens_page.usual(offers), errors, key)})
    until = today + timedelta(days=int(texts["days"]) if texts["days"] in tokens_page.SPANS else 0)
    grant_id = int(texts["grant"]) if texts["grant"].isascii() and texts["grant"].isdecimal() and len(texts["grant"]) < 16 else 0
    held = next((o for o in offers if o.grant_id == grant_id), None)
    rights = [c for c in chosen if held is None or c in {r.value for r in held.rights}]  # what only another office has, is not offered for this one
    try:
        made = tokens.make(actor, grant_id=grant_id, label=texts["label"], rights=rights, expires_on=until, key=key, at=request.now)  # type: ignore[attr-defined]
        return render(request, "shell/form.html", {"page": tokens_page.shown(made, texts["label"], until)})
    except AccountError as error:
        errors[error.field] = error.reason
    except KeyReused as error:
        page = ErrorPage("这张表单已经存过", f"{error}。", "请从程序令牌页重新打开再填。")
        return render(request, "shell/409.html", {"page": page}, status=409)
    return render(request, "shell/form.html", {"page": tokens_page.form(offers, texts, chosen, errors, key)}, status=422)


@require_POST
def end(request: HttpRequest, token_id: int) -> HttpResponse:
    """End an own token."""
    ended = tokens.end(request.actor, token_id, at=request.now, own_only=True)  # type: ignore[attr-defined]
    messages.success(request, f"“{ended.label}”的令牌已停用，当时就不能用了")
    return HttpResponseRedirect(reverse("person:tokens"))
