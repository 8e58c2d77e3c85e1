"""Who asks: a program with a token, or a browser with a session (then a writing request needs the token against forgery as well)."""
from __future__ import annotations

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from ninja.errors import AuthenticationError
from ninja.security import APIKeyCookie, HttpBearer
from ninja.throttling import BaseThrottle
from ninja.utils import check_csrf

from zhibu.ground.access import passwords
from zhibu.ground.access.tokens import bearer
from zhibu.ground.guard.actor import Actor, Refused
from zhibu.ground.guard.permission import Permission
from zhibu.ground.tree import queries as tree

PER_MINUTE = 600


class Token(HttpBearer):
    """`Authorization: Bearer zb_…`."""

    openapi_description = "程序令牌：在“我的”里做，只显示一次"

    def authenticate(self, request: HttpRequest, token: str) -> Actor:
        """Give the actor of the token. A bad token is refused even when a session comes along."""
        found = bearer(token, request.today)  # type: ignore[attr-defined]
        if found is None:
            raise AuthenticationError
        request.token_id, request.actor = found  # type: ignore[attr-defined]
        return request.actor  # type: ignore[attr-defined]


class Session(APIKeyCookie):
    """The session of somebody who signed in."""

    param_name = settings.SESSION_COOKIE_NAME
    openapi_description = "登录后的会话；写入时另要 X-CSRFToken"

    def __call__(self, request: HttpRequest) -> Actor | None:
        """Give the actor of the session; the check against forged requests comes after, so that strangers are told to sign in."""
        if not request.user.is_authenticated:
            return None
        if request.user.one_time:  # type: ignore[union-attr]
            raise Refused("请先在网页上把一次性代码换成自己的密码")
        if request.method in ("GET", "HEAD") and passwords.expired(request.user, request.now):  # type: ignore[arg-type, attr-defined]
            raise Refused("密码用得太久了，请先在网页上换一个")  # what is written is still taken, as on the pages
        if request.unfinished:  # type: ignore[attr-defined]
            raise Refused("您的职责要有第二道验证，请先在网页上加上")
        _ = request.body  # read once here: the check looks for a form in it
        if check_csrf(request) is not None:
            raise Refused("这个请求没有带页面的防伪码（X-CSRFToken），没有办理")
        return request.actor  # type: ignore[attr-defined]

    def authenticate(self, request: HttpRequest, key: str | None) -> Actor | None:
        """Not asked: a session is known by Django, not by its cookie."""
        return None


class Pace(BaseThrottle):
    """At most so many requests of one token a minute, per server process."""

    def allow_request(self, request: HttpRequest) -> bool:
        """Count a request of a token."""
        token_id = getattr(request, "token_id", None)
        if token_id is None:
            return True
        key = f"api-pace-{token_id}-{int(request.now.timestamp()) // 60}"  # type: ignore[attr-defined]
        cache.add(key, 0, 120)
        return cache.incr(key) <= PER_MINUTE

    def wait(self) -> float:
        """Say how long to wait."""
        return 60


def seen(request: HttpRequest, org_id: int, right: Permission) -> tree.OrgView:
    """Give an organisation as it is now; NotFound (404) outside the scope, Refused (403) without the right."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    org = tree.organisation(actor.sees(), org_id)
    actor.require(right, org.path_now)
    return org
