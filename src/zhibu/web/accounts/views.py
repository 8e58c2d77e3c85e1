"""账号: the system administrator opens, renews and disables accounts, the security administrator grants and ends roles."""
from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from zhibu.ground.access import actions, factors, queries, tokens
from zhibu.ground.access.actions import AccountError
from zhibu.ground.access.queries import AccountLine
from zhibu.ground.access.roles import roles
from zhibu.ground.access.setup import Slip
from zhibu.ground.guard.actor import Refused
from zhibu.ground.guard.once import KeyReused
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.tree import queries as tree
from zhibu.kernel import dates
from zhibu.web.shell.context import ErrorPage, FormPage
from zhibu.web.shell.sent import sent_once

from . import pages

GET_POST = require_http_methods(["GET", "POST"])
RENEWS = "现在的密码马上作废，所有电脑和手机上都要用新的一次性代码重新登录。"
ENABLES = "以前的密码不能再用，恢复后凭新的一次性代码登录。停用前的职责照旧，不该有的请安全管理员收回。"
RESETS = "动态码、通行密钥和备用码都去掉，正开着的页面会退出。请先当面或打电话确认是本人。"
DISABLES = "停用以后马上不能登录，正开着的页面也会退出。以前办过的事都留着。"


def _form(request: HttpRequest, page: FormPage, errors: dict[str, str]) -> HttpResponse:
    return render(request, "shell/form.html", {"page": page}, status=422 if errors else 200)


def _texts(request: HttpRequest, *names: str) -> dict[str, str]:
    """Give what was typed, without what cannot be printed."""
    return {name: "".join(c for c in request.POST.get(name, "")[:200] if c.isprintable()).strip() for name in names}


def _account(request: HttpRequest, reason: str, *rights: P) -> AccountLine:
    """Give the account that the form is about, to who holds one of the rights."""
    if not any(request.actor.holds(right) for right in rights):  # type: ignore[attr-defined]
        raise Refused(reason)
    source = request.POST if request.method == "POST" else request.GET
    return queries.account(request.actor, source.get("account", "")[:40].replace("\0", ""), request.today)  # type: ignore[attr-defined]


def _slip(request: HttpRequest, line: AccountLine, code: str, title: str) -> HttpResponse:
    """Show a one-time code, once, as the slip that the person gets."""
    held = tuple(f"{g.role_title}（{g.org_name}）" if g.org_name else g.role_title for g in line.grants if not g.ended(request.today))  # type: ignore[attr-defined]
    slip = Slip(line.name, line.username, held, code, request.now + actions.CODE_VALID)  # type: ignore[attr-defined]
    return render(request, "access/slips.html", {"page": pages.slip(slip, title)})


def _reused(request: HttpRequest, error: KeyReused) -> HttpResponse:
    page = ErrorPage("这张表单已经存过", f"{error}。", "请从账号页重新打开再填。")
    return render(request, "shell/409.html", {"page": page}, status=409)


def _done(request: HttpRequest, said: str) -> HttpResponse:
    messages.success(request, said)
    return HttpResponseRedirect(reverse("accounts:list"))


@require_GET
def accounts(request: HttpRequest) -> HttpResponse:
    """List accounts and grants."""
    text = "".join(c for c in request.GET.get("q", "")[:50] if c.isprintable()).strip()
    asked = request.GET.get("page", "")
    number = max(1, int(asked)) if asked.isascii() and asked.isdecimal() and len(asked) < 7 else 1
    lines, total = queries.accounts(request.actor, request.today, text, offset=(number - 1) * pages.PER_PAGE, limit=pages.PER_PAGE)  # type: ignore[attr-defined]
    page = pages.listing(lines, total, text, number, request.actor, request.today)  # type: ignore[attr-defined]
    return render(request, "accounts/list.html", {"page": page})


@GET_POST
def open_account(request: HttpRequest) -> HttpResponse:
    """Open an account; the answer to the form is the only page that ever shows its code."""
    if not request.actor.holds(P.ACCOUNT_MANAGE):  # type: ignore[attr-defined]
        raise Refused("只有系统管理员能开账号")
    texts, errors, key = _texts(request, "name", "username"), dict[str, str](), pages.key_of(request.POST)
    if request.method == "POST":
        if not texts["name"] or len(texts["name"]) > 50:
            errors["name"] = "请填姓名，最多 50 个字"
        if not actions.USERNAME.fullmatch(texts["username"]):
            errors["username"] = "账号要 3 到 40 个小写字母、数字、点或横线，用字母或数字开头"
        try:
            if not errors:
                code = actions.open_once(request.actor, **texts, key=key, at=request.now)  # type: ignore[attr-defined]
                if not code:
                    return _form(request, pages.shown_already(**texts), {})
                return _slip(request, queries.account(request.actor, texts["username"], request.today), code, "账号开好了")  # type: ignore[attr-defined]
        except AccountError as error:
            errors[error.field] = error.reason
        except KeyReused as error:
            return _reused(request, error)
    return _form(request, pages.opening(texts, errors, key), errors)


def _granted(request: HttpRequest, line: AccountLine, texts: dict[str, str], errors: dict[str, str], key: str) -> list[str]:
    """Grant what the form asks, or note what is wrong with it; gives the names like the one typed."""
    role, org, alike = roles().get(texts["role"]), tree.find(texts["org"]) if texts["org"] else None, list[str]()
    days = {}
    for name in ("valid_from", "valid_to"):
        try:
            days[name] = dates.parse_day(texts[name])
        except dates.NotADate as error:
            errors[name] = str(error)
    if role is None:
        errors["role"] = "请选职责"
    elif role.system and texts["org"]:
        errors["org"] = f"{role.title}不挂在党组织上，这一格请空着"
    elif not role.system and not texts["org"]:
        errors["org"] = f"请写{role.title}在哪个党组织"
    elif texts["org"] and org is None:
        alike = [o.name for o in tree.named_like(texts["org"])]
        errors["org"] = f"没有找到“{texts['org']}”。" + (f"名字相近的有：{'、'.join(alike)}" if alike else "请照党组织的全称或代码写")
    if "valid_from" not in errors and days["valid_from"] is None:
        errors["valid_from"] = "请写从哪天起"
    if not errors and role is not None:
        last = days["valid_to"]
        actions.grant_once(
            request.actor, account_id=line.account_id, role=role.code, org_id=org.id if org else None, valid_from=days["valid_from"],  # type: ignore[attr-defined, arg-type]
            valid_to=last + timedelta(days=1) if last else None, key=key, at=request.now,  # type: ignore[attr-defined]
        )
    return alike


@GET_POST
def grant(request: HttpRequest) -> HttpResponse:
    """Grant a role at an organisation."""
    line = _account(request, "只有安全管理员能授权", P.GRANT_MANAGE)
    today, errors, key, alike = request.today, dict[str, str](), pages.key_of(request.POST), list[str]()  # type: ignore[attr-defined]
    texts = _texts(request, "role", "org", "valid_from", "valid_to") if request.method == "POST" else {"valid_from": today.isoformat()}
    if request.method == "POST":
        try:
            alike = _granted(request, line, texts, errors, key)
        except AccountError as error:
            errors[error.field] = error.reason
        except KeyReused as error:
            return _reused(request, error)
        if not errors:
            return _done(request, f"已给{line.name}授权")
    return _form(request, pages.granting(line, texts, errors, key, today, alike), errors)


@GET_POST
@sent_once
def end(request: HttpRequest) -> HttpResponse:
    """End a grant."""
    line = _account(request, "只有安全管理员能收回授权", P.GRANT_MANAGE)
    today, errors = request.today, dict[str, str]()  # type: ignore[attr-defined]
    texts = _texts(request, "grant", "on") if request.method == "POST" else {"on": today.isoformat()}
    if request.method == "POST":
        chosen = next((g for g in line.grants if str(g.grant_id) == texts["grant"] and not g.ended(today)), None)
        if chosen is None:
            errors["grant"] = "请选要收回的授权；刚收回过的不用再收"
        try:
            on = dates.parse_day(texts["on"])
            if on is None:
                errors["on"] = "请写从哪天起收回"
            if chosen is not None and on is not None:
                actions.end_grant(request.actor, chosen.grant_id, on=on, at=request.now)  # type: ignore[attr-defined]
                return _done(request, f"已收回{line.name}的{chosen.role_title}授权")
        except AccountError as error:
            errors[error.field] = error.reason
        except (dates.NotADate, ValueError) as error:
            errors["on"] = str(error)
    return _form(request, pages.ending(line, texts, errors, today), errors)


@GET_POST
def renew(request: HttpRequest) -> HttpResponse:
    """Give an account a new one-time code, shown once."""
    line, errors = _account(request, "只有系统管理员和上级党组织能重发一次性代码", P.ACCOUNT_MANAGE, P.ACCOUNT_HELP), dict[str, str]()
    if request.method == "POST":
        try:
            code = actions.renew_code(request.actor, account_id=line.account_id, at=request.now)  # type: ignore[attr-defined]
        except AccountError as error:
            errors[error.field] = error.reason
        else:
            return _slip(request, line, code, "新的一次性代码")
    return _form(request, pages.asking(line, "renew", "重发代码", "重发一次性代码", RENEWS, errors, request.today), errors)  # type: ignore[attr-defined]


@GET_POST
@sent_once
def disable(request: HttpRequest) -> HttpResponse:
    """Disable an account."""
    line, errors = _account(request, "只有系统管理员能停用账号", P.ACCOUNT_MANAGE), dict[str, str]()
    if request.method == "POST":
        try:
            actions.disable(request.actor, account_id=line.account_id, at=request.now)  # type: ignore[attr-defined]
        except AccountError as error:
            errors[error.field] = error.reason
        else:
            return _done(request, f"{line.name}的账号已停用")
    return _form(request, pages.asking(line, "disable", "停用账号", "停用", DISABLES, errors, request.today), errors)  # type: ignore[attr-defined]


@GET_POST
@sent_once
def tokens_of(request: HttpRequest) -> HttpResponse:
    """End a token of somebody."""
    line, errors = _account(request, "只有安全管理员能停用别人的程序令牌", P.GRANT_MANAGE), dict[str, str]()
    held = tokens.of_account(request.actor, line.account_id, request.today)  # type: ignore[attr-defined]
    if not held:
        return _done(request, f"{line.name}现在没有在用的程序令牌")
    if request.method == "POST":
        chosen = next((t for t in held if str(t.token_id) == request.POST.get("token")), None)
        if chosen is not None:
            tokens.end(request.actor, chosen.token_id, at=request.now)  # type: ignore[attr-defined]
            return _done(request, f"{line.name}的程序令牌“{chosen.label}”已停用")
        errors["token"] = "请选要停用的程序令牌；刚停用过的不用再停"
    return _form(request, pages.tokens_of(line, held, errors), errors)


@GET_POST
def enable(request: HttpRequest) -> HttpResponse:
    """Let a disabled account work again, with a new one-time code."""
    line, errors = _account(request, "只有系统管理员能恢复账号", P.ACCOUNT_MANAGE), dict[str, str]()
    if request.method == "POST":
        try:
            code = actions.enable(request.actor, account_id=line.account_id, at=request.now)  # type: ignore[attr-defined]
        except AccountError as error:
            errors[error.field] = error.reason
        else:
            return _slip(request, line, code, "账号恢复了")
    return _form(request, pages.asking(line, "enable", "恢复账号", "恢复，重发一次性代码", ENABLES, errors, request.today), errors)  # type: ignore[attr-defined]


@GET_POST
@sent_once
def second(request: HttpRequest) -> HttpResponse:
    """Take away the second factors of somebody who lost them."""
    line, errors = _account(request, "只有系统管理员和上级党组织能重设第二道验证", P.ACCOUNT_MANAGE, P.ACCOUNT_HELP), dict[str, str]()
    if request.method == "POST":
        try:
            factors.reset(request.actor, account_id=line.account_id, at=request.now)  # type: ignore[attr-defined]
        except AccountError as error:
            errors[error.field] = error.reason
        else:
            return _done(request, f"{line.name}的第二道验证已去掉，本人登录后再加")
    return _form(request, pages.asking(line, "second", "重设第二道验证", "重设", RESETS, errors, request.today), errors)  # type: ignore[attr-defined]


@GET_POST
@sent_once
def link(request: HttpRequest) -> HttpResponse:
    """Say which member an account belongs to."""
    line, errors = _account(request, "只有系统管理员能把账号和党员对上", P.ACCOUNT_MANAGE), dict[str, str]()
    if request.method == "POST":
        try:
            actions.link_person(request.actor, account_id=line.account_id, id_no=request.POST.get("id_no", "")[:40], at=request.now)  # type: ignore[attr-defined]
        except AccountError as error:
            errors[error.field] = error.reason
        else:
            return _done(request, f"{line.name}的账号和本人对上了，能看自己的材料；职责可以随党内职务走")
    return _form(request, pages.linking(line, errors, request.today), errors)  # type: ignore[attr-defined]


@GET_POST
def posts(request: HttpRequest) -> HttpResponse:
    """List the posts of everybody who has an account; one press gives the role that goes with a post and ends with it."""
    lines = queries.posts_with_roles(request.actor, request.today)  # type: ignore[attr-defined]
    if request.method == "POST":
        chosen = next((p for p in lines if request.POST.get("post") == f"{p.account_id}-{p.post_id}"), None)
        try:
            if chosen is None:
                raise AccountError("", "这个职务刚刚变了，请再看一遍")
            title = actions.grant_with_post(request.actor, account_id=chosen.account_id, post_id=chosen.post_id, at=request.now)  # type: ignore[attr-defined]
            messages.success(request, f"已给{chosen.name}授权：{title}，职务结束时自动收回")
        except AccountError as error:
            messages.error(request, error.reason)
        return HttpResponseRedirect(reverse("accounts:posts"))
    return render(request, "accounts/posts.html", {"page": pages.with_posts(lines)})
