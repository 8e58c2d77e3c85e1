"""What is sent is read strictly: JSON as the standard has it, no key twice, no parameter that nobody asked for."""
from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, QueryDict
from ninja import Router
from ninja.errors import ValidationError
from ninja.operation import Operation
from ninja.parser import Parser
from ninja.utils import contribute_operation_callback

from .shape import Problem

DEEPEST = 20
#: what an operation may answer beside its success; who writes may meet a conflict as well
REFUSALS = frozenset({400, 401, 403, 404, 422, 429})
WRITE_REFUSALS = REFUSALS | {409, 413, 415}


class Unreadable(Exception):
    """The body is no JSON that can be taken; `status` is 400 or 415."""

    def __init__(self, reason: str, status: int = 400) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status


class StrictParser(Parser):
    """JSON in UTF-8 and nothing else."""

    def parse_body(self, request: HttpRequest) -> Any:
        """Read the body of a request. Raises Unreadable."""
        if request.content_type != "application/json":
            raise Unreadable("内容要用 JSON 写，Content-Type 是 application/json", 415)
        return read(request.body)


def read(body: bytes) -> Any:
    """Read JSON. Raises Unreadable for other encodings, keys that come twice, numbers that are none, and what is nested too deep."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise Unreadable("内容不是 UTF-8 编码") from None
    depth = 0
    quoted = escaped = False
    for c in text:
        if quoted:
            if escaped:
                escaped = False
            elif c == "\\":
                escaped = True
            elif c == '"':
                quoted = False
        elif c == '"':
            quoted = True
        elif c in "[{":
            depth += 1
            if depth > DEEPEST:
                raise Unreadable(f"内容套得太深，最多 {DEEPEST} 层")
        elif c in "]}":
            depth -= 1
    try:
        found = json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant, parse_float=_number)
    except (ValueError, RecursionError):
        raise Unreadable("内容不是正确的 JSON") from None
    _writable(found)
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Unreadable("同一项写了两次")
    return found


def _no_constant(word: str) -> Any:
    raise Unreadable(f"{word} 不是数")


def _number(text: str) -> float:
    found = float(text)
    if found in (float("inf"), float("-inf")):
        raise Unreadable("有一个数太大")
    return found


def _writable(found: Any) -> None:
    """Refuse texts that no database keeps: half characters and the zero character."""
    if isinstance(found, str):
        if "\0" in found or any("\ud800" <= c <= "\udfff" for c in found):
            raise Unreadable("文字里有不能保存的字符")
    elif isinstance(found, dict):
        for name, value in found.items():
            _writable(name)
            _writable(value)
    elif isinstance(found, list):
        for value in found:
            _writable(value)


# ---------------------------------------------------------------- the query


def _fault(name: str, kind: str) -> ValidationError:
    return ValidationError([{"type": kind, "loc": ("query", name), "msg": ""}])


def _asked(request: HttpRequest, known: frozenset[str]) -> None:
    query: QueryDict = request.GET
    for name, values in query.lists():
        if name not in known:
            raise _fault(name[:40], "extra_forbidden")
        if len(values) > 1:
            raise _fault(name, "twice")
        if "\0" in values[0] or len(values[0]) > 500:
            raise _fault(name, "text")


def strictly(operation: Operation) -> None:
    """Let an operation refuse parameters that it does not have, that come twice or that no text can be."""
    known = frozenset(
        name for model in operation.models if getattr(model, "__ninja_param_source__", "") == "query" for name in model.__ninja_flatten_map__  # type: ignore[attr-defined]
    )
    plain = operation.view_func

    @wraps(plain)
    def asked(request: HttpRequest, **values: Any) -> Any:
        _asked(request, known)
        return plain(request, **values)

    operation.view_func = asked
    operation.description = ""  # docstrings speak to programmers of this product, the summary to everybody


def reads(router: Router, path: str, answer: Any, summary: str, **more: Any) -> Callable[[Callable], Callable]:
    """Enter a reading operation."""

    def enter(view: Callable) -> Callable:
        contribute_operation_callback(view, strictly)
        return router.get(path, response={200: answer, REFUSALS: Problem}, summary=summary, operation_id=view.__name__, url_name=more.pop("url_name", view.__name__), **more)(view)

    return enter


def writes(router: Router, path: str, answer: Any, summary: str, **more: Any) -> Callable[[Callable], Callable]:
    """Enter a writing operation: 201 made now, 200 made before by the same key."""

    def enter(view: Callable) -> Callable:
        contribute_operation_callback(view, strictly)
        return router.post(path, response={frozenset({200, 201}): answer, WRITE_REFUSALS: Problem}, summary=summary, operation_id=view.__name__, **more)(view)

    return enter
