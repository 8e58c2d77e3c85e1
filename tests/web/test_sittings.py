"""The list of open sessions: what it shows, that one of them can be ended, and that nothing stays when it is over (trust.md B4)."""
from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse
from tests.everywhere.lasting import Clock
from tests.world import AT, PASSWORD, World, build

from zhibu.ground.access import sittings
from zhibu.ground.access.models import Account, Sitting
from zhibu.ground.journal.models import Entry

pytestmark = pytest.mark.django_db
HOME, END = reverse("safety:home"), reverse("safety:end-session")
PHONE = "Mozilla/5.0 (Linux; Android 12; BRAND-X1 Build/Q) AppleWebKit/537.36 Chrome/90.0.4430.91 Mobile Safari/537.36"
DESK = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/120 Safari/537.36"


@pytest.fixture
def w() -> World:
    return build(branches=2, members=4)


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch, AT)


def signed_in(username: str, machine: str) -> Client:
    client = Client(HTTP_USER_AGENT=machine, REMOTE_ADDR="203.0.113.7")
    assert client.post(reverse("signin"), {"username": username, "password": PASSWORD}).status_code == 302
    assert client.get("/").status_code == 200
    return client


def test_one_session_is_ended_and_the_others_go_on(w: World) -> None:
    desk, phone, other = signed_in("secretary", DESK), signed_in("secretary", PHONE), signed_in("clerk1", DESK)
    page = desk.get(HOME).content.decode()
    assert "Windows 电脑" in page and "安卓手机" in page and page.count("就是这里") == 1
    (number,) = re.findall(r'name="session" value="(\d+)"', page)
    assert other.post(END, {"session": number}).status_code == 302 and phone.get("/").status_code == 200, "not somebody else's"
    assert "那一处已经退出" in desk.post(END, {"session": number}, follow=True).content.decode()
    assert phone.get("/").headers["Location"].startswith("/signin/") and desk.get("/").status_code == other.get("/").status_code == 200
    assert "安卓手机" not in desk.get(HOME).content.decode()
    assert Entry.objects.unscoped("a test reads the journal").filter(action="access.end_session").count() == 1


def test_only_the_sort_of_machine_is_kept(w: World) -> None:
    signed_in("secretary", PHONE)
    assert list(Sitting.objects.values_list("machine", flat=True)) == ["安卓手机"]
    kept = str(list(Sitting.objects.values()))
    assert not any(word in kept for word in ("BRAND", "Chrome", "203.0.113.7", "Android"))


@pytest.mark.parametrize(("description", "machine"), [("", "别的设备"), ("curl/8", "别的设备"), ("x (iPad; CPU)", "苹果平板"), ("x" * 5000, "别的设备"), (DESK, "Windows 电脑"), (PHONE, "安卓手机")])
def test_the_sorts(description: str, machine: str) -> None:
    assert sittings.machine_of(description) == machine


def test_nothing_stays_after_signing_out_or_running_out(w: World, clock: Clock) -> None:
    signed_in("secretary", DESK).post(reverse("signout"))
    assert not Sitting.objects.exists()
    idle = signed_in("clerk1", DESK)
    clock.forward(minutes=31)
    idle.get("/")
    assert not Sitting.objects.exists()
    left = signed_in("secretary", DESK)
    clock.forward(hours=13)
    assert left and not sittings.listing(w.accounts["secretary"], clock.now)
    signed_in("secretary", DESK)
    assert Sitting.objects.count() == 1


def test_somebody_else_at_the_same_desk_ends_the_session_before(w: World) -> None:
    client = signed_in("secretary", DESK)
    client.post(reverse("signin"), {"username": "clerk1", "password": PASSWORD})
    assert client.get("/").status_code == 200
    assert list(Sitting.objects.values_list("account__username", flat=True)) == ["clerk1"]


def test_ending_all_others_keeps_this_one(w: World) -> None:
    here, there = signed_in("secretary", DESK), signed_in("secretary", PHONE)
    here.post(reverse("end-sessions"))
    assert here.get("/").status_code == 200 and there.get("/").status_code == 302 and Sitting.objects.count() == 1


@pytest.mark.parametrize("number", ["", "0", "x", "9" * 30, "-1", "１"])
def test_odd_numbers_end_nothing(number: str, w: World) -> None:
    client = signed_in("secretary", DESK)
    assert client.post(END, {"session": number}).status_code == 302 and client.get("/").status_code == 200


def test_one_cannot_end_the_session_one_sits_in_by_this_form(w: World) -> None:
    client = signed_in("secretary", DESK)
    client.post(END, {"session": str(Sitting.objects.get().pk)})
    assert client.get("/").status_code == 200 and Account.objects.filter(sittings__isnull=False).count() == 1


def test_an_ended_session_would_go_on_without_the_check(w: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sittings, "is_open", lambda account_id, sitting_id: True)
    with pytest.raises((AssertionError, KeyError)):
        test_one_session_is_ended_and_the_others_go_on(w)
