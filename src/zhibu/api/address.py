"""Every address of the API below /api/v1/."""
from __future__ import annotations

from functools import cache

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.views.decorators.http import require_GET
from ninja import NinjaAPI
from ninja.responses import Response

from . import (
    attendance,
    compliance,
    desk,
    members,
    organisations,
    plans,
    problems,
    recording,
    resources,
    rules,
    rulesets,
    talks,
    training,
    transfers,
)
from .door import Pace, Session, Token
from .reading import StrictParser

ROOT = "/api/v1/"
ROUTERS = (
    desk.router, organisations.router, members.router, recording.router, plans.router, attendance.router, compliance.router, rules.router, rulesets.router,
    resources.router, talks.router, training.router, transfers.router,
)

api = NinjaAPI(
    title="支部工作台接口", version="1", description="数据和页面相同，权限也和页面相同。说明见 docs/api.md", urls_namespace="api", auth=[Token(), Session()], throttle=[Pace()],
    openapi_url=None, docs_url=None, parser=StrictParser(),
)
for router in ROUTERS:
    api.add_router("", router)
problems.connect(api)


@cache
def _document() -> bytes:
    """Write the document, once in a process: it does not depend on who asks."""
    return bytes(Response(api.get_openapi_schema(path_prefix=ROOT)).content)


@require_GET
def document(request: HttpRequest) -> HttpResponse:
    """Give the OpenAPI document: what can be asked, nothing of anybody's data."""
    return HttpResponse(_document(), content_type="application/json; charset=utf-8")


@require_GET
def docs(request: HttpRequest) -> HttpResponse:
    """Show the document; script and style come from this server."""
    return render(request, "api/docs.html")


app_name = "api"
urlpatterns = [
    path("openapi.json", problems.told(document), name="openapi-json"),
    path("docs", problems.told(docs), name="docs"),
    *(path(str(p.pattern), problems.told(p.callback), name=p.name) for p in api.urls[0] if isinstance(p, URLPattern) and p.name != "api-root"),
]
