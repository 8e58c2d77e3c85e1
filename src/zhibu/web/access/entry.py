"""The steps of getting in: password, second factor, a new session; and the proof asked again before factors change."""
from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from axes.handlers.proxy import AxesProxyHandler
from django.contrib.auth import authenticate, login, update_session_auth_hash
from django.contrib.auth.signals import user_login_failed
from django.http import HttpRequest, QueryDict

from zhibu.ground.access import factors, sittings
from zhibu.ground.access.passkeys import PasskeyRefused
from zhibu.ground.access.queries import account_by_id

BACKEND = "django.contrib.auth.backends.ModelBackend"
MARKS = ("began", "last", "offices", "sitting", "second", "proved", "half", "asked", "totp")  # what is noted of a session
HALF = timedelta(minutes=5)    # from the password to the second factor
PROVED = timedelta(minutes=5)  # from a full proof to a change of the factors


def enter(request: HttpRequest, account: Any, *, second: bool) -> None:
    """Begin a new session, also within one that was still open."""
    leave(request)
    login(request, account, backend=BACKEND)
    for mark in MARKS:
        request.session.pop(mark, None)
    prove(request, second=second)


def prove(request: HttpRequest, *, second: bool) -> None:
    """Note that everything was just asked."""
    request.session["proved"] = _now(request).timestamp()
    if second:
        request.session["second"] = True


def proved(request: HttpRequest) -> bool:
    """Tell whether everything was asked within the last minutes."""
    return _now(request).timestamp() - request.session.get("proved", 0) <= PROVED.total_seconds()


def half_way(request: HttpRequest, account: Any, target: str) -> None:
    """Note that the password was right and the second factor is still to come."""
    until = (_now(request) + HALF).timestamp()
    request.session["half"] = {"account": account.pk, "hash": account.get_session_auth_hash(), "until": until, "next": target}


def waiting(request: HttpRequest) -> tuple[Any, str] | None:
    """Give the account whose password was right and where it wanted to go; None without one, or too late, or when the password changed meanwhile."""
    half = request.session.get("half")
    if not half or half["until"] < _now(request).timestamp():
        return None
    account = account_by_id(half["account"])
    if account is None or not account.is_active or account.get_session_auth_hash() != half["hash"]:
        return None
    return account, half["next"]


def locked(request: HttpRequest, username: str) -> bool:
    """Tell whether an account is stopped by wrong passwords or codes."""
    return not AxesProxyHandler.is_allowed(request, {"username": username})


def knows_password(request: HttpRequest, field: str) -> bool:
    """Check the present password of whoever is signed in; wrong ones count towards the lock-out as at sign-in."""
    posted, request.POST = request.POST, QueryDict()  # the lock-out keeps what was posted with a wrong password: nothing of it may stay
    try:
        return authenticate(request, username=request.user.get_username(), password=posted.get(field, "")[:256]) is not None
    finally:
        request.POST = posted


def second_is_right(request: HttpRequest, account: Any) -> bool:
    """Check the code or the passkey that was sent, and use it up; wrong ones count towards the lock-out of the account."""
    if locked(request, account.username):
        return False
    asked, answer = request.session.pop("asked", None), request.POST.get("answer", "")[:20_000]
    right = False
    if answer:
        try:
            right = bool(asked) and factors.check_passkey(account, host=host_of(request), state=asked, answer=as_object(answer))
        except PasskeyRefused:
            right = False
    else:
        right = factors.check_code(account, request.POST.get("code", "")[:40], _now(request))
    if not right:
        posted, request.POST = request.POST, QueryDict()
        user_login_failed.send(sender=__name__, credentials={"username": account.username}, request=request)
        request.POST = posted
    return right


def ask_passkey(request: HttpRequest, account_id: int) -> str:
    """Give the question for the browser as JSON, "" when the account has no passkey; what belongs to it stays in the session until it is answered."""
    question = factors.question(account_id, host_of(request))
    if question is None:
        return ""
    request.session["asked"] = dict(question.state)
    return json.dumps(dict(question.options))


def host_of(request: HttpRequest) -> str:
    """Give the host that passkeys belong to."""
    return request.get_host().rsplit(":", 1)[0]


def stay(request: HttpRequest) -> None:
    """Keep this session when all sessions of the account have just been ended."""
    update_session_auth_hash(request, request.user)  # type: ignore[arg-type]
    began = datetime.fromtimestamp(request.session["began"], UTC) if "began" in request.session else _now(request)
    request.session["sitting"] = sittings.begin(request.user.pk, request.headers.get("User-Agent", "")[:300], began)  # type: ignore[arg-type]


def leave(request: HttpRequest) -> None:
    """Forget the session that ends."""
    if "sitting" in request.session:
        sittings.close(request.session["sitting"])


def as_object(text: str) -> dict[str, Any]:
    """Read what the script sent; {} when it is no JSON object."""
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _now(request: HttpRequest) -> datetime:
    return request.now  # type: ignore[attr-defined, no-any-return]
