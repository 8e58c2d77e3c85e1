"""Error pages: what happened and what to do, with the frame of the product."""
from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from .context import ErrorPage


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Say that the page had been open too long; what was typed stays on the device."""
    page = ErrorPage("页面打开得太久", "页面打开得太久，已经失效，这一次没有保存。", "请返回上一页，重新打开后再保存；写过的开会记录还在这台设备上。")
    return render(request, "shell/403.html", {"page": page}, status=403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer 404: not there, or not yours."""
    return render(request, "shell/404.html", status=404)


def broken(request: HttpRequest) -> HttpResponse:
    """Answer 500 without details."""
    return render(request, "shell/500.html", status=500)
