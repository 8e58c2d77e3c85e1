"""Sign in, sign out, set the own password, large print."""
from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import authenticate, logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from zhibu.ground.access import actions, factors, passwords, setup
from zhibu.web.shell.context import Callout, ErrorLine, Tone

from . import entry
from .context import SetPasswordPage, SignInPage

WRONG = "账号或密码不对。请核对后再输；忘了密码请找上级重发一次性代码"
LOCKED = "连续输错 5 次，这个账号先停 15 分钟再试。着急请找上级重发一次性代码"


def inside_target(request: HttpRequest) -> str:
    """Give the page to go to, "" where the address given leads out of this site."""
    target = request.POST.get("next") or request.GET.get("next") or ""
    inside = url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    return target if inside else ""


def _signin_page(request: HttpRequest, status: int, error: str = "", locked: str = "") -> HttpResponse:
    came_back = "/meetings/record" in inside_target(request)
    page = SignInPage(
        resolve_url("signin"), request.POST.get("username", "")[:40], inside_target(request), (ErrorLine(error),) if error else (),
        (Callout("登录已过期。写了一半的记录还在这台设备上，登录后接着写。", Tone.WARN),) if came_back else (), None, locked,
    )
    return render(request, "access/signin.html", {"page": page}, status=status)


@require_http_methods(["GET", "POST"])
@csrf_protect
def signin(request: HttpRequest) -> HttpResponse:
    """Sign in with account and password or one-time code."""
    if request.method == "GET":
        return HttpResponseRedirect(resolve_url("setup")) if setup.needed() else _signin_page(request, 200)
    username = request.POST.get("username", "")[:40].replace("\0", "")  # PostgreSQL takes no NUL
    account = authenticate(request, username=username, password=request.POST.get("password", "")[:256])
    if getattr(request, "axes_locked_out", False):
        return locked_out(request)
    if account is None or (account.one_time and (account.one_time_until is None or account.one_time_until < request.now)):  # type: ignore[attr-defined]
        return _signin_page(request, 422, WRONG)
    if factors.has_any(account.pk):
        entry.half_way(request, account, inside_target(request))
        return HttpResponseRedirect(resolve_url("second"))
    entry.enter(request, account, second=False)
    return HttpResponseRedirect(inside_target(request) or resolve_url("desk"))


def locked_out(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
    """Answer a locked account; the same whether the account exists or not."""
    return _signin_page(request, 429, locked=LOCKED)


@require_POST
def signout(request: HttpRequest) -> HttpResponse:
    """End the session and clear what the browser kept of it."""
    entry.leave(request)
    logout(request)
    response = HttpResponseRedirect(resolve_url("signin"))
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


@require_http_methods(["GET", "POST"])
def set_password(request: HttpRequest) -> HttpResponse:
    """Set the own password: after a one-time code, or to change it (the old one is asked)."""
    account, old = request.user, passwords.expired(request.user, request.now)  # type: ignore[arg-type, attr-defined]
    errors: list[str] = []
    if request.method == "POST":
        new = request.POST.get("new1", "")[:256]
        if not account.one_time and not entry.knows_password(request, "old"):  # type: ignore[union-attr]
            errors.append(LOCKED if getattr(request, "axes_locked_out", False) else "现在的密码不对，请重新输入")
            request.axes_locked_out = False  # type: ignore[attr-defined]  # said here, in the form
        elif new != request.POST.get("new2", "")[:256]:
            errors.append("两次输入的新密码不一样，请重新输入")
        else:
            try:
                actions.set_password(account, password=new, at=request.now)  # type: ignore[arg-type, attr-defined]
            except actions.WeakPassword as weak:
                errors.extend(weak.reasons)
            else:
                entry.stay(request)
                return HttpResponseRedirect(resolve_url("desk"))
    page = SetPasswordPage(
        resolve_url("set-password"), False, not account.one_time, account.username,  # type: ignore[union-attr]
        rules=(*passwords.says(), "设好后，别的电脑和手机上要重新登录"), errors=tuple(ErrorLine(e) for e in errors),
        callouts=(Callout("密码用满 90 天了，请换一个再继续。", Tone.WARN),) if old and not errors else (),
        title="设置自己的密码" if account.one_time else "修改密码",  # type: ignore[union-attr]
        cancel_url="" if account.one_time or old else resolve_url("person:me"),  # type: ignore[union-attr]
    )
    return render(request, "access/set_password.html", {"page": page}, status=422 if errors else 200)


@require_POST
def end_sessions(request: HttpRequest) -> HttpResponse:
    """End the own sessions on all other computers and phones."""
    actions.end_other_sessions(request.user, at=request.now)  # type: ignore[arg-type, attr-defined]
    entry.stay(request)
    messages.success(request, "别的电脑和手机上都已退出，这里还登录着")
    return HttpResponseRedirect(resolve_url("person:me"))


@require_POST
def large_print(request: HttpRequest) -> HttpResponse:
    """Switch large print, remembered by the account, before sign-in by a cookie."""
    on = request.POST.get("large") == "1"
    response = HttpResponseRedirect(inside_target(request) or resolve_url("signin"))
    if request.user.is_authenticated:
        actions.set_large_print(request.user.pk, on=on)
    response.set_cookie("large", "1" if on else "0", max_age=365 * 86400, httponly=True, samesite="Lax")
    return response


@require_GET
def healthz(request: HttpRequest) -> HttpResponse:
    """Say that the process answers (reverse proxies, the browser's offline check)."""
    return HttpResponse("ok", content_type="text/plain; charset=utf-8")
