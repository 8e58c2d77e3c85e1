"""Signing in: guessing is stopped, codes are used once, sessions end, nobody is led away (trust.md B1, B2, B4)."""
from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.http import HttpResponse, QueryDict
from django.test import Client
from django.urls import reverse
from tests.everywhere.lasting import Clock, lasting
from tests.world import AT, PASSWORD, World, build

from zhibu.ground.access import actions, sittings
from zhibu.ground.access.models import Account, Grant
from zhibu.ground.access.queries import system_actor
from zhibu.web.access import entry, views
from zhibu.web.shell import middleware

OWN = "yi-ge-xin-de-mima-2026"
pytestmark = pytest.mark.django_db
SHARED = ("clerk1", "county", "organiser", "reader", "sysadmin", "secadmin", "auditor")
PHONE = ("secretary", "committee", "leader", "member")


@pytest.fixture(scope="module")
def w(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    with lasting(django_db_blocker):
        yield build(branches=2, members=4)


@pytest.fixture(autouse=True)
def clock(w: World, db: None, monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch, AT)


def account(username: str) -> Account:
    return Account.objects.get(username=username)


def enter(client: Client, username: str, password: str = PASSWORD, **more: Any) -> HttpResponse:
    headers = more.pop("headers", {})
    return client.post(reverse("signin"), {"username": username, "password": password, **more}, headers=headers)


def signed_in(username: str, password: str = PASSWORD) -> Client:
    client = Client()
    assert enter(client, username, password).status_code == 302
    assert inside(client)
    return client


def inside(client: Client) -> bool:
    """Tell whether the session is alive, by a page that every account may open."""
    response = client.get(reverse("set-password"))
    if response.status_code == 302:
        assert urlsplit(response["Location"]).path == reverse("signin")
        return False
    assert response.status_code == 200
    return True


def text(response: HttpResponse) -> str:
    """Give a page without what differs by design: the form's token and the name typed."""
    page = re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"', "", response.content.decode())
    return re.sub(r'(name="username"[^>]*) value="[^"]*"', r"\1", page)


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note every check of a password against an account."""
    seen: list[str] = []
    plain = Account.check_password

    def check(self: Account, raw: str) -> bool:
        seen.append(self.username)
        return plain(self, raw)

    monkeypatch.setattr(Account, "check_password", check)
    return seen


# --- in and out -----------------------------------------------------------------------------------------------------------------------------


def test_the_right_password_opens_the_desk_with_a_new_session() -> None:
    client = Client()
    client.get(reverse("signin"))
    client.cookies[settings.SESSION_COOKIE_NAME] = "chosen-by-somebody-else-0000000000"
    response = enter(client, "secretary")
    assert (response.status_code, response["Location"]) == (302, reverse("desk"))
    assert client.cookies[settings.SESSION_COOKIE_NAME].value != "chosen-by-somebody-else-0000000000"
    assert inside(client)


def test_the_cookies_are_out_of_reach_of_scripts_and_other_sites() -> None:
    client = signed_in("secretary")
    for name in (settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME):
        assert client.cookies[name]["httponly"] and client.cookies[name]["samesite"] == "Lax", name


def test_signing_out_ends_the_session_and_deletes_its_row() -> None:
    client = signed_in("secretary")
    key = client.cookies[settings.SESSION_COOKIE_NAME].value
    response = client.post(reverse("signout"))
    assert response["Location"] == reverse("signin") and response["Clear-Site-Data"] == '"cache"'
    assert not Session.objects.filter(pk=key).exists()
    stolen = Client()
    stolen.cookies[settings.SESSION_COOKIE_NAME] = key
    assert not inside(stolen)


def test_signing_out_needs_a_post() -> None:
    client = signed_in("secretary")
    assert client.get(reverse("signout")).status_code == 405
    assert inside(client)


@pytest.mark.parametrize("name", ["signin", "signout", "set-password", "large-print"])
def test_a_form_from_elsewhere_is_refused_in_plain_words(name: str) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(account("secretary"), backend="django.contrib.auth.backends.ModelBackend")
    response = client.post(reverse(name), {"username": "secretary", "password": PASSWORD})
    assert response.status_code == 403 and "页面打开得太久" in response.content.decode()


# --- guessing -------------------------------------------------------------------------------------------------------------------------------


def guesses(username: str, n: int) -> list[tuple[int, str]]:
    """Guess from ever new addresses, real and claimed, with ever new browsers."""
    found = []
    for i in range(n):
        client = Client(REMOTE_ADDR=f"10.0.{i}.1", HTTP_X_FORWARDED_FOR=f"203.0.113.{i}, 10.0.0.1", HTTP_X_REAL_IP=f"203.0.113.{i}", HTTP_USER_AGENT=f"b{i}")
        response = enter(client, username, f"wrong-{i}")
        found.append((response.status_code, text(response)))
    return found


def test_five_wrong_passwords_stop_an_account_for_fifteen_minutes(checks: list[str], clock: Clock) -> None:
    answers = [status for status, _ in guesses("secretary", 40)]
    assert answers == [422] * 4 + [429] * 36
    assert len(checks) <= 10
    before = len(checks)
    assert enter(Client(), "secretary").status_code == 429, "the right password must not be tried either"
    assert len(checks) == before
    assert enter(Client(), "clerk1").status_code == 302, "others go on working"
    clock.forward(minutes=14, seconds=58)
    assert enter(Client(), "secretary").status_code == 429
    clock.forward(minutes=15, seconds=1)
    assert enter(Client(), "secretary").status_code == 302


def test_an_unknown_name_gets_the_same_answers() -> None:
    assert guesses("secretary", 7) == guesses("nobody-of-that-name", 7)


@pytest.mark.parametrize("username", ["secretary\0", "SECRETARY", " secretary", "secretary" * 20, "", "书记"])
def test_odd_names_are_wrong_names(username: str) -> None:
    response = enter(Client(), username, "wrong")
    assert response.status_code == 422


def test_other_spellings_of_a_name_give_no_further_guesses(checks: list[str]) -> None:
    for spelling in ("secretary", "secretary\0", "\0secretary"):
        for i in range(10):
            enter(Client(), spelling, f"wrong-{i}")
    assert len(checks) <= 10


def test_a_right_password_clears_the_count() -> None:
    for _ in range(2):
        guesses("secretary", 4)
        assert enter(Client(), "secretary").status_code == 302


def test_the_old_password_cannot_be_guessed_in_an_open_session(checks: list[str]) -> None:
    client = signed_in("secretary")
    del checks[:]
    answers = [client.post(reverse("set-password"), {"old": f"wrong-{i}", "new1": OWN, "new2": OWN}) for i in range(12)]
    assert {a.status_code for a in answers} == {422} and len(checks) <= 10
    assert "现在的密码不对" in answers[0].content.decode() and "15 分钟" in answers[-1].content.decode()
    assert account("secretary").check_password(PASSWORD)


def test_no_password_is_kept_with_the_guesses() -> None:
    from axes.models import AccessAttempt, AccessFailureLog

    client = signed_in("secretary")
    client.post(reverse("set-password"), {"old": "tail-of-old", "new1": OWN, "new2": OWN})
    enter(Client(), "secretary", "tail-of-guess")
    kept = str(list(AccessAttempt.objects.values())) + str(list(AccessFailureLog.objects.values()))
    assert "secretary" in kept
    assert not any(secret in kept for secret in (OWN, "tail-of-old", "tail-of-guess"))


# --- one-time codes -------------------------------------------------------------------------------------------------------------------------


def opened(clock: Clock, username: str = "newcomer") -> tuple[int, str]:
    return actions.open_account(system_actor(), username=username, name="新来的", at=clock.now)


def test_a_code_opens_nothing_but_the_page_for_an_own_password(clock: Clock) -> None:
    opened(clock)
    client = Client()
    code = actions.renew_code(system_actor(), account_id=account("newcomer").pk, at=clock.now)
    assert enter(client, "newcomer", code).status_code == 302
    for name in ("desk", "org:tree", "meetings:record", "overview:county"):
        for response in (client.get(reverse(name)), client.post(reverse(name))):
            assert (response.status_code, response.get("Location")) == (302, reverse("set-password")), name
    weak = client.post(reverse("set-password"), {"new1": "12345678", "new2": "12345678"})
    assert weak.status_code == 422 and account("newcomer").one_time
    unequal = client.post(reverse("set-password"), {"new1": OWN, "new2": OWN + "x"})
    assert unequal.status_code == 422 and account("newcomer").one_time
    assert client.post(reverse("set-password"), {"new1": OWN, "new2": OWN})["Location"] == reverse("desk")
    assert inside(client)
    assert enter(Client(), "newcomer", code).status_code == 422, "the code is used up"
    assert signed_in("newcomer", OWN)


def test_a_code_expires_after_24_hours(clock: Clock) -> None:
    _, code = opened(clock)
    clock.forward(hours=24, seconds=1)
    late = enter(Client(), "newcomer", code)
    assert late.status_code == 422 and text(late) == text(enter(Client(), "nobody", code)), "an expired code tells nothing"


def test_a_session_begun_with_a_code_ends_with_the_code(clock: Clock) -> None:
    _, code = opened(clock)
    clock.forward(hours=23, minutes=59)
    client = signed_in("newcomer", code)
    clock.forward(minutes=2)
    assert client.post(reverse("set-password"), {"new1": OWN, "new2": OWN})["Location"].startswith(reverse("signin"))
    assert account("newcomer").one_time


def test_a_code_that_two_people_know_serves_one(clock: Clock) -> None:
    _, code = opened(clock)
    first, second = signed_in("newcomer", code), signed_in("newcomer", code)
    assert first.post(reverse("set-password"), {"new1": OWN, "new2": OWN}).status_code == 302
    assert not inside(second) and inside(first)


def test_a_new_code_ends_the_old_password_the_sessions_and_a_lock_out(clock: Clock) -> None:
    client = signed_in("secretary")
    guesses("secretary", 6)
    code = actions.renew_code(system_actor(), account_id=account("secretary").pk, at=clock.now)
    assert not inside(client)
    assert enter(Client(), "secretary").status_code == 422
    assert signed_in("secretary", code)


# --- sessions end ---------------------------------------------------------------------------------------------------------------------------


def nothing(username: str, clock: Clock) -> None:
    clock.forward(minutes=10)


def idle(username: str, clock: Clock) -> None:
    clock.forward(minutes=32)


def idle_all_day(username: str, clock: Clock) -> None:
    clock.forward(hours=12, minutes=2)


def new_password(username: str, clock: Clock) -> None:
    assert signed_in(username).post(reverse("set-password"), {"old": PASSWORD, "new1": OWN, "new2": OWN}).status_code == 302


def disabled(username: str, clock: Clock) -> None:
    actions.disable(system_actor(), account_id=account(username).pk, at=clock.now)


def grant_added(username: str, clock: Clock) -> None:
    held = Grant.objects.get(account__username=username)
    role = "dues_keeper" if held.org_id else "auditor" if held.role != "auditor" else "system_admin"
    actions.grant(
        system_actor(), account_id=account(username).pk, role=role, org_id=held.org_id, valid_from=clock.now.date(), valid_to=None, at=clock.now
    )


def grant_ended(username: str, clock: Clock) -> None:
    actions.end_grant(system_actor(), Grant.objects.get(account__username=username).pk, on=clock.now.date(), at=clock.now)


def same_post_elsewhere(username: str, clock: Clock) -> None:
    grant = Grant.objects.get(account__username=username)
    grant_ended(username, clock)
    other = Grant.objects.exclude(org=None).exclude(org_id=grant.org_id).first()
    assert other is not None
    actions.grant(
        system_actor(), account_id=grant.account_id, role=grant.role, org_id=other.org_id if grant.org_id else None,
        valid_from=clock.now.date(), valid_to=None, at=clock.now,
    )


ENDS: dict[str, tuple[Callable[[str, Clock], None], tuple[str, ...]]] = {
    "idle for half an hour at a shared desk": (idle, SHARED),
    "idle for the whole day": (idle_all_day, SHARED + PHONE),
    "own password changed elsewhere": (new_password, ("secretary", "clerk1")),
    "account disabled": (disabled, ("secretary", "clerk1", "sysadmin")),
    "another grant": (grant_added, ("secretary", "clerk1", "sysadmin")),
    "grant taken back": (grant_ended, ("secretary", "clerk1", "sysadmin")),
    "same post at another organisation": (same_post_elsewhere, ("secretary", "clerk1")),
}


@pytest.mark.parametrize(("event", "username"), [(e, u) for e, (_, who) in ENDS.items() for u in who])
def test_a_session_ends(event: str, username: str, clock: Clock) -> None:
    client = signed_in(username)
    ENDS[event][0](username, clock)
    assert not inside(client)
    assert not inside(client), "and stays ended"


@pytest.mark.parametrize(("what", "username"), [(nothing, u) for u in SHARED + PHONE] + [(idle, u) for u in PHONE])
def test_a_session_goes_on(what: Callable[[str, Clock], None], username: str, clock: Clock) -> None:
    client = signed_in(username)
    what(username, clock)
    assert inside(client)


@pytest.mark.parametrize("username", ["clerk1", "secretary"])
def test_no_session_lasts_longer_than_twelve_hours(username: str, clock: Clock) -> None:
    client = signed_in(username)
    for _ in range(12 * 6):
        assert inside(client)
        clock.forward(minutes=10)
    clock.forward(seconds=1)
    assert not inside(client)


def test_signing_in_again_begins_anew(clock: Clock) -> None:
    client = signed_in("secretary")
    clock.forward(hours=11)
    assert enter(client, "secretary").status_code == 302
    clock.forward(hours=2)
    assert inside(client)


def test_who_changes_the_password_stays_signed_in(clock: Clock) -> None:
    client = signed_in("secretary")
    assert client.post(reverse("set-password"), {"old": PASSWORD, "new1": OWN, "new2": OWN}).status_code == 302
    assert inside(client)


def test_a_grant_that_runs_out_ends_the_session_that_day(clock: Clock) -> None:
    grant = Grant.objects.get(account__username="secretary")
    Grant.objects.filter(pk=grant.pk).update(valid_to=AT.date() + timedelta(days=1))
    client = signed_in("secretary")
    clock.forward(hours=11)
    assert inside(client)
    clock.forward(hours=4)  # past midnight
    assert not inside(client)


def test_a_disabled_account_cannot_sign_in(clock: Clock) -> None:
    disabled("secretary", clock)
    assert enter(Client(), "secretary").status_code == 422


# --- where one goes after signing in --------------------------------------------------------------------------------------------------------

AWAY = (
    "https://evil.example/", "//evil.example/", "///evil.example", "/\\evil.example", "\\\\evil.example", "http:evil.example", "javascript:alert(1)",
    "https:///evil.example", "/\t/evil.example", " //evil.example", "http://testserver@evil.example/", "http://testserver.evil.example/",
    "//testserver:80@evil.example", "ftp://testserver/", "\x01//evil.example",
)


@pytest.mark.parametrize("target", AWAY)
@pytest.mark.parametrize("where", ["query", "form"])
def test_nobody_is_led_out_of_the_site(target: str, where: str) -> None:
    client = Client()
    fields = {"username": "secretary", "password": PASSWORD} | ({"next": target} if where == "form" else {})
    response = client.post(reverse("signin"), fields, query_params={"next": target} if where == "query" else None)
    assert (response.status_code, response["Location"]) == (302, reverse("desk"))


def test_the_page_asked_for_opens_after_signing_in() -> None:
    client = Client()
    wanted = reverse("meetings:ledger") + "?year=2025&kind=lecture"
    to_signin = client.get(wanted)
    assert parse_qs(urlsplit(to_signin["Location"]).query)["next"] == [wanted]
    form = client.get(to_signin["Location"]).content.decode()
    assert 'name="next" value="' + wanted.replace("&", "&amp;") in form
    assert enter(client, "secretary", next=wanted)["Location"] == wanted


def test_a_session_that_ended_during_a_meeting_leads_back_to_its_form(w: World, clock: Clock) -> None:
    client = signed_in("clerk1")
    form = reverse("meetings:record") + f"?org={w.orgs['T1-B1']}&draft=k1"
    clock.forward(minutes=40)
    response = client.post(reverse("meetings:record"), {"org": w.orgs["T1-B1"], "do": "save"}, headers={"Referer": "http://testserver" + form})
    target = urlsplit(response["Location"])
    assert target.path == reverse("signin") and parse_qs(target.query)["next"] == [form]
    assert "写了一半的记录还在" in client.get(response["Location"]).content.decode()
    assert enter(client, "clerk1", next=form)["Location"] == form


def test_without_a_referrer_the_post_leads_back_to_its_own_address(w: World) -> None:
    address = reverse("meetings:record") + f"?org={w.orgs['T1-B1']}"
    response = Client().post(address, {"do": "save"}, headers={"Referer": "https://evil.example/phish"})
    assert parse_qs(urlsplit(response["Location"]).query)["next"] == [address]


def test_a_part_of_a_page_sends_the_whole_page_to_sign_in() -> None:
    response = Client().get(reverse("meetings:ledger"), headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/meetings/ledger/?year=2025"})
    assert response.status_code == 204
    assert parse_qs(urlsplit(response["HX-Redirect"]).query)["next"] == ["/meetings/ledger/?year=2025"]


# --- sabotage twins: without the guard the test of the same name above must fail --------------------------------------------------------------


def without(patch: pytest.MonkeyPatch, guard: str) -> None:
    """Switch one guard off."""
    if guard == "lock-out":
        patch.setattr(settings, "AXES_ENABLED", False)
    elif guard == "count of old passwords":
        patch.setattr(entry, "knows_password", lambda request, field: request.user.check_password(request.POST.get(field, "")))
    elif guard == "posted fields kept back":
        patch.setattr(entry, "QueryDict", lambda: QueryDict(f"new1={OWN}"))
    elif guard == "own password first":
        patch.setattr(middleware, "OPEN", middleware.OPEN | {"desk", "org:tree"})
    elif guard == "end of sessions":
        patch.setattr(middleware.Visitor, "_over", lambda *args: False)
    elif guard == "session epoch":
        patch.setattr(Account, "get_session_auth_hash", lambda self: "always-the-same")
        patch.setattr(sittings, "is_open", lambda *args: True)
    elif guard == "own site only":
        patch.setattr(views, "url_has_allowed_host_and_scheme", lambda *args, **kwargs: True)
    elif guard == "own referrer only":
        patch.setattr(middleware, "url_has_allowed_host_and_scheme", lambda *args, **kwargs: True)
    elif guard == "half an hour":
        patch.setattr(middleware, "SHARED_ROLES", set())
    elif guard == "twelve hours":
        patch.setattr(middleware, "ABSOLUTE", timedelta(days=30))
    else:
        raise AssertionError(guard)


SABOTAGE: dict[str, tuple[str, Callable[..., None]]] = {
    "lock-out": ("lock-out", lambda checks, clock, w: test_five_wrong_passwords_stop_an_account_for_fifteen_minutes(checks, clock)),
    "old password": ("count of old passwords", lambda checks, clock, w: test_the_old_password_cannot_be_guessed_in_an_open_session(checks)),
    "kept guesses": ("posted fields kept back", lambda checks, clock, w: test_no_password_is_kept_with_the_guesses()),
    "code": ("own password first", lambda checks, clock, w: test_a_code_opens_nothing_but_the_page_for_an_own_password(clock)),
    "code expires": ("end of sessions", lambda checks, clock, w: test_a_session_begun_with_a_code_ends_with_the_code(clock)),
    "idle": ("half an hour", lambda checks, clock, w: test_a_session_ends("idle for half an hour at a shared desk", "clerk1", clock)),
    "absolute": ("twelve hours", lambda checks, clock, w: test_no_session_lasts_longer_than_twelve_hours("secretary", clock)),
    "role change": ("end of sessions", lambda checks, clock, w: test_a_session_ends("another grant", "secretary", clock)),
    "role elsewhere": ("end of sessions", lambda checks, clock, w: test_a_session_ends("same post at another organisation", "secretary", clock)),
    "password change": ("session epoch", lambda checks, clock, w: test_a_session_ends("own password changed elsewhere", "secretary", clock)),
    "next": ("own site only", lambda checks, clock, w: test_nobody_is_led_out_of_the_site("https://evil.example/", "query")),
    "referrer": ("own referrer only", lambda checks, clock, w: test_without_a_referrer_the_post_leads_back_to_its_own_address(w)),
}


@pytest.mark.parametrize("name", SABOTAGE)
def test_the_check_fails_without_its_guard(name: str, w: World, clock: Clock, checks: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    guard, check = SABOTAGE[name]
    without(monkeypatch, guard)
    with pytest.raises(AssertionError):
        check(checks, clock, w)
