"""Error pages: what happened and what to do, with the frame of the product."""
from __future__ import annotations

import sys

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from .context import ErrorPage
from .storage import status_of


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Say that the page had been open too long; what was typed stays on the device."""
    page = ErrorPage("页面打开得太久", "页面打开得太久，已经失效，这一次没有保存。", "请返回上一页，重新打开后再保存；写过的开会记录还在这台设备上。")
    return render(request, "shell/403.html", {"page": page}, status=403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer 404: not there, or not yours."""
    return render(request, "shell/404.html", status=404)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer 400: more, or something else, than any form of the product sends."""
    page = ErrorPage("这次提交读不了", "提交的内容太多，或格式不对，没有保存。", "请返回上一页，减少内容后再试；文件请用页面上的上传。")
    return _bare(page, 400)


def _bare(page: ErrorPage, status: int) -> HttpResponse:
    """Answer without asking the database or the session anything: they may be what is broken."""
    return HttpResponse(render_to_string("shell/error.html", {"page": page}), status=status)


FULL = ErrorPage("存储空间满了", "这一次没有保存，以前的数据都在，可以照常查看。", "请返回上一页，写的内容还在那里；告诉系统管理员腾出空间，再保存一次。")
BUSY = ErrorPage("系统正忙", "现在存不进去，也可能查不出来。这一次没有保存，以前的数据都在。", "请过一会儿再试；一直这样，请告诉系统管理员。")


def broken(request: HttpRequest) -> HttpResponse:
    """Answer 500 without details; 507 and 503 where there is no room, or the database cannot be reached."""
    status = status_of(sys.exc_info()[1])
    if status is None:
        return render(request, "shell/500.html", status=500)
    page = FULL if status == 507 else BUSY
    response = _bare(page, status)
    if status == 503:
        response.headers["Retry-After"] = "30"
    return response
