"""登录安全: the second step of signing in, what is asked there, and the sessions that are open."""
from __future__ import annotations

import base64
import json
from collections.abc import Callable
from functools import wraps
from typing import Any

import qrcode
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render, resolve_url
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from qrcode.image.svg import SvgPathImage

from zhibu.ground.access import factors, sittings, totp
from zhibu.ground.access.passkeys import PasskeyRefused
from zhibu.ground.access.refusals import AccountError
from zhibu.ground.guard.sealing import Sealed, seal
from zhibu.web.shell.context import Button, Callout, ErrorLine, Link, Tone

from . import entry
from .context import FactorRow, PasskeyPage, RecoveryPage, SafetyPage, SecondPage, SittingRow, TotpPage
from .slips import moment
from .views import LOCKED, inside_target

GET_POST = require_http_methods(["GET", "POST"])
WRONG_CODE = "验证没有通过。动态码每 30 秒换一个、每个只能用一次，请等下一个再输；手机不在身边的，可以用备用码"
PENDING = "access.pending"
View = Callable[..., HttpResponse]


@GET_POST
def second(request: HttpRequest) -> HttpResponse:
    """Ask the second factor of an account whose password was right."""
    found = entry.waiting(request)
    if found is None:
        return HttpResponseRedirect(resolve_url("signin"))
    account, target = found
    error = ""
    if request.method == "POST":
        if entry.second_is_right(request, account):
            entry.enter(request, account, second=True)
            return HttpResponseRedirect(target or resolve_url("desk"))
        error = WRONG_CODE
    stopped = entry.locked(request, account.username)
    page = SecondPage(
        "第二道验证", resolve_url("second"), True, "" if stopped else entry.ask_passkey(request, account.pk), errors=(ErrorLine(error),) if error and not stopped else (),
        locked=LOCKED if stopped else "", back_url=resolve_url("signin"),
    )
    return render(request, "access/second.html", {"page": page}, status=429 if stopped else 422 if error else 200)


def fresh(view: View) -> View:
    """Ask password and second factor again before the factors change (ASVS 7.5.1), unless both were asked in the last minutes."""

    @wraps(view)
    def asked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if entry.proved(request):
            return view(request, *args, **kwargs)
        back = request.path if request.method == "GET" else resolve_url("safety:home")
        return HttpResponseRedirect(f"{resolve_url('safety:prove')}?{urlencode({'next': back})}")

    return asked


@GET_POST
def prove(request: HttpRequest) -> HttpResponse:
    """Ask password and second factor again."""
    account, more, errors = request.user, factors.has_any(request.user.pk), list[str]()  # type: ignore[arg-type]
    if request.method == "POST":
        if not entry.knows_password(request, "password"):
            errors.append(LOCKED if getattr(request, "axes_locked_out", False) else "现在的密码不对，请重新输入")
        elif more and not entry.second_is_right(request, account):
            errors.append(LOCKED if getattr(request, "axes_locked_out", False) else WRONG_CODE)
        else:
            entry.prove(request, second=more)
            return HttpResponseRedirect(inside_target(request) or resolve_url("safety:home"))
        request.axes_locked_out = False  # type: ignore[attr-defined]  # said here, in the form
    page = SecondPage(
        "先核对是您本人", resolve_url("safety:prove"), more, entry.ask_passkey(request, request.user.pk) if more else "", True, request.user.get_username(),  # type: ignore[arg-type]
        inside_target(request), tuple(ErrorLine(e) for e in errors), back_url=resolve_url("safety:home"),
    )
    return render(request, "access/second.html", {"page": page}, status=422 if errors else 200)


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """Show what sign-in asks and which sessions are open."""
    held, now = factors.listing(request.user.pk), request.now  # type: ignore[arg-type, attr-defined]
    required = wanted(request)
    rows = tuple(
        FactorRow(f.name or f.title, f"{f.title}，{moment(f.made_at)}加上", Button("去掉", resolve_url("safety:remove"), "post", fields=(("factor", str(f.factor_id)),), small=True))
        for f in held
    )
    here = request.session.get("sitting")
    open_ = tuple(
        SittingRow(
            f"{s.machine}，{moment(s.began_at)}登录", s.sitting_id == here,
            None if s.sitting_id == here else Button("退出这一处", resolve_url("safety:end-session"), "post", fields=(("session", str(s.sitting_id)),), small=True),
        )
        for s in sittings.listing(request.user.pk, now)  # type: ignore[arg-type]
    )
    left = factors.recovery_left(request.user.pk) if held else 0  # type: ignore[arg-type]
    buttons = [Button("换一部手机" if any(f.kind == "totp" for f in held) else "加上手机动态码", resolve_url("safety:totp"), style="" if held else "pri"), Button("加上通行密钥", resolve_url("safety:passkey"))]
    if held:
        buttons.append(Button("换一套备用码", resolve_url("safety:recovery"), "post"))
    told = (Callout("您的职责要有第二道验证，登录时除了密码再核对一样东西。请先加上一种，再办别的。", Tone.WARN),) if required and not held else ()
    others = Button("退出别的电脑和手机", resolve_url("end-sessions"), "post") if len(open_) > 1 else None
    page = SafetyPage("登录安全", rows, open_, tuple(buttons), f"备用码还剩 {left} 个，每个只能用一次" if held else "", told, required, others)
    return render(request, "access/safety.html", {"page": page})


def wanted(request: HttpRequest) -> bool:
    """Tell whether this account must have a second factor."""
    return settings.SECOND_FACTOR == "required" and factors.wanted_of(request.actor)  # type: ignore[attr-defined, misc]


@GET_POST
@fresh
def add_totp(request: HttpRequest) -> HttpResponse:
    """Show a new secret as a picture and take the first code made with it."""
    kept = request.session.get("totp")
    secret = Sealed(kept, PENDING).reveal() if kept and request.method == "POST" else totp.new_secret()
    errors: tuple[ErrorLine, ...] = ()
    if request.method == "POST":
        try:
            codes = factors.add_totp(request.user, secret=secret, code=request.POST.get("code", "")[:20], at=request.now)  # type: ignore[arg-type, attr-defined]
        except AccountError as error:
            errors = (ErrorLine(error.reason, "f-code"),)
        else:
            request.session.pop("totp", None)
            return _added(request, codes)
    request.session["totp"] = seal(secret, PENDING)
    picture = qrcode.make(totp.address(secret, request.user.get_username()), image_factory=SvgPathImage, border=2).to_string()
    page = TotpPage(
        "加上手机动态码", resolve_url("safety:totp"), "data:image/svg+xml;base64," + base64.b64encode(picture).decode(), totp.grouped(secret), errors, resolve_url("safety:home")
    )
    return render(request, "access/totp.html", {"page": page}, status=422 if errors else 200)


@GET_POST
@fresh
def add_passkey(request: HttpRequest) -> HttpResponse:
    """Ask the browser for a passkey and keep it."""
    error = ""
    if request.method == "POST":
        asked = request.session.pop("asked", None)
        try:
            answer = entry.as_object(request.POST.get("answer", "")[:20_000])
            codes = factors.add_passkey(request.user, host=entry.host_of(request), state=asked or {}, answer=answer, name=request.POST.get("name", "")[:40], at=request.now)  # type: ignore[arg-type, attr-defined]
        except PasskeyRefused:
            error = "通行密钥没有加上。请再按一次按钮，按电脑或手机的提示做完"
        except AccountError as refused:
            error = refused.reason
        else:
            return _added(request, codes)
    question = factors.question_for_new(request.user, entry.host_of(request))  # type: ignore[arg-type]
    request.session["asked"] = dict(question.state)
    page = PasskeyPage("加上通行密钥", resolve_url("safety:passkey"), json.dumps(dict(question.options)), (ErrorLine(error),) if error else (), resolve_url("safety:home"))
    return render(request, "access/passkey.html", {"page": page}, status=422 if error else 200)


def _added(request: HttpRequest, codes: list[str]) -> HttpResponse:
    entry.stay(request)
    entry.prove(request, second=True)
    if codes:
        return _codes(request, codes)
    messages.success(request, "加好了，下次登录时会问")
    return HttpResponseRedirect(resolve_url("safety:home"))


def _codes(request: HttpRequest, codes: list[str]) -> HttpResponse:
    page = RecoveryPage("备用码", tuple(codes), Link("抄好了，回登录安全", resolve_url("safety:home")))
    return render(request, "access/recovery.html", {"page": page})


@require_POST
@fresh
def recovery(request: HttpRequest) -> HttpResponse:
    """Make new recovery codes and show them once."""
    if not factors.has_any(request.user.pk):  # type: ignore[arg-type]
        return HttpResponseRedirect(resolve_url("safety:home"))
    return _codes(request, factors.new_recovery_codes(request.user, at=request.now))  # type: ignore[arg-type, attr-defined]


@require_POST
@fresh
def remove(request: HttpRequest) -> HttpResponse:
    """Take a factor away."""
    asked = request.POST.get("factor", "")
    try:
        factors.remove(request.user, int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 18 else 0, required=wanted(request), at=request.now)  # type: ignore[arg-type, attr-defined]
    except AccountError as error:
        messages.error(request, error.reason)
    else:
        entry.stay(request)
        messages.success(request, "去掉了")
    return HttpResponseRedirect(resolve_url("safety:home"))


@require_POST
def end_session(request: HttpRequest) -> HttpResponse:
    """End one of the own sessions elsewhere."""
    asked = request.POST.get("session", "")
    number = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 18 else 0
    if number and number != request.session.get("sitting") and sittings.end(request.user, number, request.now):  # type: ignore[arg-type, attr-defined]
        messages.success(request, "那一处已经退出")
    else:
        messages.warning(request, "那一处已经退出了，不用再办")
    return HttpResponseRedirect(resolve_url("safety:home"))
