"""What a refusal looks like: the domain's own sentences with a status; nothing of the program."""
from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from zhibu.areas.meetings.entry import EntryRefused
from zhibu.ground.files.queries import FileMissing
from zhibu.ground.guard.actor import Refused
from zhibu.ground.guard.once import KeyReused
from zhibu.ground.tree.actions import Stale
from zhibu.ground.tree.queries import NotFound

from .reading import Unreadable

WORDS = {
    400: ("unreadable", "内容读不出来"), 401: ("unauthenticated", "请先登录，或者带上有效的程序令牌"), 403: ("forbidden", "您不能办这件事"),
    404: ("not_found", "没有找到"), 405: ("method", "这个地址不能这样用"), 409: ("conflict", "别人刚改过，请重新读取后再改"),
    413: ("too_large", "内容太大"), 415: ("unsupported", "内容要用 JSON 写，Content-Type 是 application/json"), 422: ("invalid", "有几项填得不对"),
    429: ("too_many", "问得太快，请过一分钟再来"), 500: ("broken", "系统出了问题，这一次没有办成。请稍后重发；一直这样，请告诉系统管理员"),
    503: ("busy", "系统正忙，这一次没有办成，请过一会儿重发"), 507: ("full", "存储空间满了，这一次没有保存，请告诉系统管理员"),
}
#: what is wrong with a field, by the reader's name for it
SAYS = {
    "missing": "要写", "extra_forbidden": "没有这一项", "twice": "只能写一次", "text": "太长，或有不能用的字符", "date": "要写成 2026-11-20 的样子",
    "int": "要写整数", "bool": "要写 true 或 false", "greater": "太小", "less": "太大", "string_too_long": "太长", "string_too_short": "太短",
    "string_pattern": "写法不对", "string": "要写文字", "list": "要写成列表", "tuple": "要写成列表", "too_long": "太多", "too_short": "太少", "model": "要写成一组名称和内容", "dict": "要写成一组名称和内容",
    "enum": "不在可选的范围里", "literal": "不在可选的范围里", "time": "要写成 09:00 的样子", "decimal": "要写数字",
}
PLACES = {"query", "path", "header", "body", "body_params"}


def problem(status: int, *, code: str = "", message: str = "", field: str = "", faults: Iterable[Any] = ()) -> HttpResponse:
    """Write a problem."""
    usual = WORDS[status]
    body = {
        "code": code or usual[0], "message": message or usual[1], "field": field,
        "faults": [{"code": f.code, "message": f.reason, "field": f.field} for f in faults],
    }
    return api_response(body, status)


def api_response(body: dict[str, Any], status: int) -> HttpResponse:
    """Write JSON."""
    from ninja.responses import Response

    return Response(body, status=status)


def told(view: Callable[..., Any]) -> Callable[..., Any]:
    """Let a view answer a method that it does not have with a problem; `Allow` names those that it has."""

    @wraps(view)
    def with_words(request: HttpRequest, *args: Any, **values: Any) -> Any:
        response = view(request, *args, **values)
        if response.status_code != 405:
            return response
        answer = problem(405)
        answer.headers["Allow"] = response.headers["Allow"]
        return answer

    return with_words


def where(loc: Iterable[Any]) -> str:
    """Name a field: topics.0.title."""
    parts = [str(p) for p in loc]
    while parts and parts[0] in PLACES:
        parts = parts[1:]
    return ".".join(parts[1:] if len(parts) > 1 and parts[0] in ("asked", "sent") else parts)[:80]


def _said(kind: str) -> str:
    return next((text for start, text in SAYS.items() if kind.startswith(start)), "填得不对")


def invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """Answer what does not fit the form: a thing that no number can name is not found, everything else is said field by field."""
    if any("path" in e["loc"][:1] for e in error.errors):
        return problem(404)
    found = [(where(e["loc"]), _said(str(e["type"]))) for e in error.errors][:50]
    body = {
        "code": "invalid", "message": f"“{found[0][0]}”{found[0][1]}", "field": found[0][0],
        "faults": [{"code": "invalid", "message": f"“{name}”{said}", "field": name} for name, said in found],
    }
    return api_response(body, 422)


def http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    """Answer what the framework refuses."""
    cause = error.__cause__
    if isinstance(cause, Unreadable):
        return problem(cause.status, message=cause.reason)
    return problem(error.status_code if error.status_code in WORDS else 400)


def unauthenticated(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    """Answer a stranger; a token that never was, has ended or has expired gets the same sentence."""
    response = problem(401)
    response.headers["WWW-Authenticate"] = "Bearer"
    return response


def connect(api: NinjaAPI) -> None:
    """Enter what each refusal of the domain is answered with."""

    def missing(request: HttpRequest, error: Exception) -> HttpResponse:
        return problem(404, message=str(error) if isinstance(error, NotFound) else "")

    def refused(request: HttpRequest, error: Refused) -> HttpResponse:
        return problem(404) if error.hidden else problem(403, message=error.reason)

    def entry(request: HttpRequest, error: EntryRefused) -> HttpResponse:
        first = error.faults[0]
        return problem(422, code=first.code, message=first.reason, field=first.field, faults=error.faults)

    def reused(request: HttpRequest, error: KeyReused) -> HttpResponse:
        return problem(409, code="key_reused", message="这个 Idempotency-Key 已经用过一次，内容不一样。请换一个再发", field="Idempotency-Key")

    api.add_exception_handler(AuthenticationError, unauthenticated)
    api.add_exception_handler(HttpError, http_error)
    api.add_exception_handler(ValidationError, invalid)
    for kind in (Http404, NotFound, FileMissing):
        api.add_exception_handler(kind, missing)
    api.add_exception_handler(Refused, refused)
    api.add_exception_handler(EntryRefused, entry)
    api.add_exception_handler(KeyReused, reused)
    api.add_exception_handler(Stale, lambda request, error: problem(409))
    api.add_exception_handler(Unreadable, lambda request, error: problem(error.status, message=error.reason))
    api.add_exception_handler(RequestDataTooBig, lambda request, error: problem(413))
    api.add_exception_handler(SuspiciousOperation, lambda request, error: problem(400))
