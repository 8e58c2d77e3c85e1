"""What goes wrong before or beside a view: a page to people, a problem in JSON to programs (below /api/)."""
from __future__ import annotations

import sys

from django.http import HttpRequest, HttpResponse

from zhibu.api.problems import problem
from zhibu.web.shell import errors
from zhibu.web.shell.storage import status_of


def _of_a_program(request: HttpRequest) -> bool:
    return request.path_info.startswith("/api/")


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer 404."""
    return problem(404) if _of_a_program(request) else errors.not_found(request, exception)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer 400."""
    return problem(400) if _of_a_program(request) else errors.bad_request(request, exception)


def broken(request: HttpRequest) -> HttpResponse:
    """Answer 500 without details; 507 and 503 where there is no room, or the database cannot be reached."""
    if not _of_a_program(request):
        return errors.broken(request)
    status = status_of(sys.exc_info()[1]) or 500
    response = problem(status)
    if status == 503:
        response.headers["Retry-After"] = "30"
    return response
