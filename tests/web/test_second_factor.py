"""The second step of signing in, who must have one, and what is asked before factors change (trust.md B3, ASVS 7.5.1)."""
from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from tests.everywhere.lasting import Clock, lasting
from tests.world import AT, PASSWORD, World, build

from zhibu.ground.access import factors, totp
from zhibu.ground.access.models import Account, Factor
from zhibu.ground.access.roles import roles
from zhibu.ground.journal.models import Entry
from zhibu.web.access import entry
from zhibu.web.shell import middleware

pytestmark = pytest.mark.django_db
SIGNIN, SECOND, HOME, PROVE, TOTP, PASSKEY, RECOVERY, REMOVE = (
    reverse(n) for n in ("signin", "second", "safety:home", "safety:prove", "safety:totp", "safety:passkey", "safety:recovery", "safety:remove")
)
RECOVERY_CODE = re.compile(r"<li>([2-9a-z]{4}-[2-9a-z]{4}-[2-9a-z]{4})</li>")
MUST = ("sysadmin", "secadmin", "auditor", "clerk1", "county")
NEED_NOT = ("secretary", "committee", "leader", "member", "reader", "organiser")


@pytest.fixture(scope="module")
def w(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    with lasting(django_db_blocker):
        yield build(branches=2, members=4)


@pytest.fixture(autouse=True)
def clock(w: World, db: None, monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch, AT)


def account(username: str) -> Account:
    return Account.objects.get(username=username)


def now_code(secret: str, at: datetime) -> str:
    return totp.code_at(secret, int(at.timestamp()) // totp.STEP)


def enrol(username: str, at: datetime) -> tuple[str, list[str]]:
    """Give an account a factor, an hour ago; returns the secret and the recovery codes."""
    secret, before = totp.new_secret(), datetime.fromtimestamp(at.timestamp() - 3600, at.tzinfo)
    return secret, factors.add_totp(account(username), secret=secret, code=now_code(secret, before), at=before)


def password(client: Client, username: str, **more: str) -> HttpResponse:
    return client.post(SIGNIN, {"username": username, "password": PASSWORD, **more})


def inside(client: Client) -> bool:
    return client.get(reverse("set-password")).status_code == 200


def signed_in(username: str, secret: str, clock: Clock) -> Client:
    client = Client()
    assert password(client, username)["Location"] == SECOND
    assert client.post(SECOND, {"code": now_code(secret, clock.now)}).status_code == 302
    return client


# --- signing in -----------------------------------------------------------------------------------------------------------------------------


def test_the_password_alone_opens_nothing(clock: Clock) -> None:
    secret, _ = enrol("secretary", clock.now)
    client = Client()
    assert password(client, "secretary", next="/me/")["Location"] == SECOND
    assert not inside(client) and client.get("/me/")["Location"].startswith(SIGNIN)
    assert client.get(SECOND).status_code == 200
    answer = client.post(SECOND, {"code": now_code(secret, clock.now)})
    assert (answer.status_code, answer["Location"]) == (302, "/me/") and inside(client)


def test_a_code_seen_over_the_shoulder_opens_no_second_session(clock: Clock) -> None:
    secret, _ = enrol("secretary", clock.now)
    signed_in("secretary", secret, clock)
    other = Client()
    password(other, "secretary")
    answer = other.post(SECOND, {"code": now_code(secret, clock.now)})
    assert answer.status_code == 422 and "只能用一次" in answer.content.decode() and not inside(other)


def test_a_recovery_code_does_once(clock: Clock) -> None:
    _, codes = enrol("secretary", clock.now)
    for client, works in ((Client(), True), (Client(), False)):
        password(client, "secretary")
        client.post(SECOND, {"code": codes[0]})
        assert inside(client) is works


def test_five_wrong_codes_stop_the_account(clock: Clock) -> None:
    secret, _ = enrol("secretary", clock.now)
    client = Client()
    password(client, "secretary")
    answers = [client.post(SECOND, {"code": "000000"}).status_code for _ in range(7)]
    assert answers[:4] == [422] * 4 and set(answers[4:]) == {429}
    assert client.post(SECOND, {"code": now_code(secret, clock.now)}).status_code == 429 and not inside(client)
    assert password(Client(), "secretary").status_code == 429


def test_the_right_password_does_not_clear_the_count_of_wrong_codes(clock: Clock) -> None:
    enrol("secretary", clock.now)
    answers = []
    for _ in range(6):
        client = Client()
        if password(client, "secretary").status_code == 302:
            answers.append(client.post(SECOND, {"code": "000000"}).status_code)
    assert answers == [422] * 4 + [429]


def test_the_second_step_waits_five_minutes(clock: Clock) -> None:
    secret, _ = enrol("secretary", clock.now)
    client = Client()
    password(client, "secretary")
    clock.forward(minutes=5, seconds=1)
    assert client.get(SECOND)["Location"] == SIGNIN
    assert client.post(SECOND, {"code": now_code(secret, clock.now)})["Location"] == SIGNIN and not inside(client)


def test_without_a_password_there_is_no_second_step() -> None:
    for answer in (Client().get(SECOND), Client().post(SECOND, {"code": "123456"})):
        assert answer["Location"] == SIGNIN


def test_a_password_changed_meanwhile_ends_the_second_step(clock: Clock) -> None:
    secret, _ = enrol("secretary", clock.now)
    client = Client()
    password(client, "secretary")
    changed = account("secretary")
    changed.set_password("ling-yi-ge-2026-M")
    changed.save()
    assert client.post(SECOND, {"code": now_code(secret, clock.now)})["Location"] == SIGNIN and not inside(client)


def test_no_code_stays_with_the_wrong_ones(clock: Clock) -> None:
    from axes.models import AccessAttempt

    enrol("secretary", clock.now)
    client = Client()
    password(client, "secretary")
    client.post(SECOND, {"code": "half-a-recovery"})
    kept = str(list(AccessAttempt.objects.values()))
    assert "secretary" in kept and "half-a-recovery" not in kept


# --- who must -------------------------------------------------------------------------------------------------------------------------------


def test_administrators_and_offices_that_export_for_many_must() -> None:
    assert {code for code, role in roles().items() if role.two_factors} == {
        "system_admin", "security_admin", "auditor", "party_building_office", "county_org_dept", "city_org_dept",
    }


@pytest.mark.parametrize("username", MUST)
def test_who_must_have_one_is_led_there_and_nowhere_else(username: str, settings: Any) -> None:
    settings.SECOND_FACTOR = "required"
    client = Client()
    assert password(client, username).status_code == 302
    for name in ("desk", "org:tree", "accounts:list", "journal:list", "intake:upload", "overview:county"):
        for answer in (client.get(reverse(name)), client.post(reverse(name))):
            assert (answer.status_code, answer.get("Location")) == (302, HOME), name
    page = client.get(HOME).content.decode()
    assert "您的职责要有第二道验证" in page and "主菜单" not in page


@pytest.mark.parametrize("username", NEED_NOT)
def test_others_may_do_without(username: str, settings: Any) -> None:
    settings.SECOND_FACTOR = "required"
    client = Client()
    password(client, username)
    assert client.get("/").status_code == 200


def test_after_adding_one_the_desk_opens(settings: Any, clock: Clock) -> None:
    settings.SECOND_FACTOR = "required"
    client = Client()
    password(client, "sysadmin")
    codes = add(client, clock)
    assert len(codes) == 10 and client.get("/").status_code == 200
    clock.forward(minutes=1)
    factor = str(factors.listing(account("sysadmin").pk)[0].factor_id)
    assert "请先加上新的" in client.post(REMOVE, {"factor": factor}, follow=True).content.decode() and factors.has_any(account("sysadmin").pk)


def test_a_session_that_never_saw_the_factor_is_not_enough(settings: Any, clock: Clock) -> None:
    """However it came about: a session of an account that must have one, without the mark of the second step, opens nothing."""
    enrol("sysadmin", clock.now)
    settings.SECOND_FACTOR = "required"
    client = Client()
    client.force_login(account("sysadmin"), backend=entry.BACKEND)
    assert client.get(reverse("accounts:list"))["Location"] == HOME


# --- adding and changing --------------------------------------------------------------------------------------------------------------------


def add(client: Client, clock: Clock) -> list[str]:
    page = client.get(TOTP).content.decode()
    secret = re.search(r'<p class="small">([A-Z2-7 ]+)</p>', page)
    assert secret and 'src="data:image/svg+xml;base64,' in page
    answer = client.post(TOTP, {"code": now_code(secret[1].replace(" ", ""), clock.now)})
    return RECOVERY_CODE.findall(answer.content.decode())


def test_adding_one_shows_a_picture_and_recovery_codes_once_and_ends_other_sessions(clock: Clock) -> None:
    client, other = Client(), Client()
    for c in (client, other):
        password(c, "secretary")
    codes = add(client, clock)
    assert len(codes) == 10 and inside(client) and not inside(other)
    assert not any(code in client.get(HOME).content.decode() for code in codes)
    fresh = RECOVERY_CODE.findall(client.post(RECOVERY).content.decode())
    assert len(fresh) == 10 and not set(fresh) & set(codes)
    actions = Entry.objects.unscoped("a test reads the journal").filter(subject_id=account("secretary").pk).values_list("action", flat=True)
    assert {"access.add_factor", "access.recovery_codes"} <= set(actions)


def test_a_wrong_first_code_keeps_the_same_picture() -> None:
    client = Client()
    password(client, "secretary")
    first = re.search(r'<p class="small">([A-Z2-7 ]+)</p>', client.get(TOTP).content.decode())
    wrong = client.post(TOTP, {"code": "000000"})
    assert wrong.status_code == 422 and first and first[1] in wrong.content.decode() and not Factor.objects.exists()


@pytest.mark.parametrize("url", [TOTP, PASSKEY])
def test_after_five_minutes_everything_is_asked_again(url: str, clock: Clock) -> None:
    secret, _ = enrol("secretary", clock.now)
    client = signed_in("secretary", secret, clock)
    assert client.get(url).status_code == 200
    clock.forward(minutes=6)
    assert client.get(url)["Location"].startswith(PROVE)
    for sent in ({"password": PASSWORD}, {"password": "wrong", "code": now_code(secret, clock.now)}, {"password": PASSWORD, "code": "000000"}):
        assert client.post(PROVE, sent).status_code == 422
        assert client.get(url)["Location"].startswith(PROVE)
    clock.forward(minutes=1)
    answer = client.post(PROVE, {"password": PASSWORD, "code": now_code(secret, clock.now), "next": url})
    assert answer["Location"] == url and client.get(url).status_code == 200


def test_an_open_session_alone_changes_nothing(clock: Clock) -> None:
    secret, codes = enrol("secretary", clock.now)
    client = signed_in("secretary", secret, clock)
    clock.forward(minutes=6)
    factor = str(factors.listing(account("secretary").pk)[0].factor_id)
    for url, sent in ((REMOVE, {"factor": factor}), (RECOVERY, {}), (TOTP, {"code": "123456"}), (PASSKEY, {"answer": "{}"})):
        assert client.post(url, sent)["Location"].startswith(PROVE)
    assert factors.has_any(account("secretary").pk) and factors.recovery_left(account("secretary").pk) == len(codes)


def test_nobody_is_led_out_of_the_site_by_the_proof(clock: Clock) -> None:
    client = Client()
    password(client, "secretary")
    assert client.post(PROVE, {"password": PASSWORD, "next": "https://evil.example/"})["Location"] == HOME


def test_somebody_elses_factor_cannot_be_removed(clock: Clock) -> None:
    enrol("clerk1", clock.now)
    client = Client()
    password(client, "secretary")
    client.post(REMOVE, {"factor": str(factors.listing(account("clerk1").pk)[0].factor_id)})
    assert factors.has_any(account("clerk1").pk)


def test_a_superior_resets_on_a_page(clock: Clock) -> None:
    enrol("secretary", clock.now)
    client = Client()
    password(client, "clerk1")
    url = reverse("accounts:second")
    assert "重设第二道验证" in client.get(reverse("accounts:list")).content.decode()
    assert client.get(f"{url}?account=foreign").status_code == client.post(url, {"account": "foreign"}).status_code == 404
    assert client.post(url, {"account": "secretary"}).status_code == 302 and not factors.has_any(account("secretary").pk)
    assert client.post(url, {"account": "secretary"}).status_code == 422


@pytest.mark.parametrize("url", [HOME, PROVE, TOTP, PASSKEY])
def test_the_pages_run_no_script_inside_the_page(url: str, clock: Clock) -> None:
    client = Client()
    password(client, "secretary")
    answer = client.get(url)
    assert answer.status_code == 200 and "unsafe" not in answer.headers["Content-Security-Policy"]
    assert not re.search(r"<script(?![^>]*\bsrc=)|\son\w+=|\sstyle=", answer.content.decode()) and len(answer.content) < 60_000


# --- sabotage twins ---------------------------------------------------------------------------------------------------------------------------


def test_a_code_would_open_twice_without_the_step_kept(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(factors, "_use_step", lambda row, code, at: totp.matching(factors._clear(row), code, at, -1) is not None)
    with pytest.raises(AssertionError):
        test_a_code_seen_over_the_shoulder_opens_no_second_session(clock)


def test_the_password_alone_would_open_without_the_question(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(factors, "has_any", lambda account_id: False)
    with pytest.raises(AssertionError):
        test_the_password_alone_opens_nothing(clock)


def test_codes_would_be_guessed_without_the_count(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entry.user_login_failed, "send", lambda **kwargs: [])
    with pytest.raises(AssertionError):
        test_five_wrong_codes_stop_the_account(clock)


def test_administrators_would_pass_without_the_rule(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(middleware.Visitor, "_lacks_factor", lambda self, request: False)
    with pytest.raises(AssertionError):
        test_who_must_have_one_is_led_there_and_nowhere_else("sysadmin", settings)


def test_an_open_session_would_change_factors_without_the_proof(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entry, "proved", lambda request: True)
    with pytest.raises((AssertionError, KeyError)):
        test_an_open_session_alone_changes_nothing(clock)
