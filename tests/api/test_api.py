"""The API: the same data and the same rights as the pages, strict about what is sent (trust.md A7, A10, §8 cases 63-65)."""
from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from tests.everywhere.lasting import Clock
from tests.world import AT, TODAY, World, build

from zhibu.api import door
from zhibu.ground.access import tokens
from zhibu.ground.access.models import Account
from zhibu.ground.record.models import Activity

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture
def w(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    Clock(monkeypatch, AT)
    cache.clear()  # the clock stands still: every test is in the same minute
    yield build(branches=2, members=4)


def browser(username: str, **more: Any) -> Client:
    client = Client(raise_request_exception=False, **more)
    client.force_login(Account.objects.get(username=username), backend=BACKEND)
    return client


def program(w: World, username: str = "secretary", rights: tuple[str, ...] = ("activity.read", "activity.write", "member.read", "compliance.read")) -> Client:
    actor = w.actor(username)
    token = tokens.make(
        actor, grant_id=tokens.offers(actor, TODAY)[0].grant_id, label="平台", rights=rights, expires_on=TODAY + timedelta(days=30), key=f"{username}-key", at=AT
    )
    return Client(raise_request_exception=False, headers={"Authorization": f"Bearer {token}"})


def meeting(w: World, **more: Any) -> dict[str, Any]:
    return {
        "org_id": w.orgs["T1-B1"], "kinds": ["lecture"], "held_on": "2026-11-05", "start": "09:00", "end": "10:30", "place": "村部", "chair": "王一11", "recorder": "李二11",
        "missed": [{"person_id": w.persons["T1-B1"][2], "status": "leave"}], "absence_note": "住院",
        "topics": [{"kind": "lecture", "title": "乡村振兴", "lecturer": "王一11", "hours": "1.5"}], "records": [{"record_type": "lecture_script", "how": "paper", "place": "档案柜"}],
        **more,
    }


def post(client: Client, body: Any, key: str = "program-1-2026-0001", **more: Any) -> Any:
    text = body if isinstance(body, (bytes, str)) else json.dumps(body)
    return client.generic("POST", "/api/v1/activities", text, **{"content_type": "application/json", "headers": {"Idempotency-Key": key}, **more})


# --- recording ------------------------------------------------------------------------------------------------------------------------------


def test_a_meeting_is_recorded_once(w: World) -> None:
    client = program(w)
    first, again, other = post(client, meeting(w)), post(client, meeting(w)), post(client, meeting(w, place="别处"))
    assert first.status_code == 201, first.content.decode()
    assert again.status_code == 200 and again.json() == first.json() and first.headers["Location"] == f"/api/v1/activities/{first.json()['id']}"
    assert other.status_code == 409 and other.json()["code"] == "key_reused"
    assert Activity.objects.unscoped("test").count() == 1
    assert client.get(first.headers["Location"]).json() == first.json()
    assert {p["status"] for p in first.json()["people"]} == {"present", "leave"} and first.json()["present_count"] == 3


def test_the_page_shows_what_the_program_recorded(w: World) -> None:
    made = post(program(w), meeting(w)).json()
    page = browser("secretary").get(f"/meetings/{made['id']}/").content.decode()
    assert "乡村振兴" in page and "村部" in page and "档案柜" in page


def test_all_faults_come_at_once_with_their_fields(w: World) -> None:
    answer = post(program(w), meeting(w, topics=[], records=[], held_on="2026-12-24"))
    assert answer.status_code == 422 and not Activity.objects.unscoped("test").exists()
    body = answer.json()
    assert len(body["faults"]) >= 3 and {"held_on", "records"} <= {f["field"] for f in body["faults"]} and all(f["code"].startswith("E") for f in body["faults"])
    assert post(program(w, "committee"), meeting(w)).status_code == 201


def test_the_same_meeting_by_another_key_is_refused(w: World) -> None:
    client = program(w)
    assert post(client, meeting(w)).status_code == 201
    assert post(client, meeting(w), "another-key").json()["code"] == "E044"


def test_a_key_belongs_to_its_account(w: World) -> None:
    assert post(program(w), meeting(w)).status_code == 201
    answer = post(program(w, "committee"), meeting(w))
    assert answer.status_code == 422 and answer.json()["code"] == "E044"


@pytest.mark.parametrize("key", ["", "short", "x" * 61, "有汉字有汉字有汉字", "a b c d e f g", None])
def test_a_key_is_asked_for(key: str | None, w: World) -> None:
    headers = {} if key is None else {"Idempotency-Key": key.encode().decode("latin-1")}
    answer = post(program(w), meeting(w), headers=headers)
    assert answer.status_code == 422 and not Activity.objects.unscoped("test").exists()


def test_who_only_reads_does_not_write(w: World) -> None:
    for client in (program(w, rights=("activity.read",)), browser("reader"), browser("organiser"), browser("county")):
        assert post(client, meeting(w)).status_code == 403
    for client in (browser("foreign"), browser("sysadmin")):
        assert post(client, meeting(w)).status_code == 404
    assert not Activity.objects.unscoped("test").exists()


def test_a_session_needs_the_token_against_forgery(w: World) -> None:
    strict = browser("secretary", enforce_csrf_checks=True)
    refused = post(strict, meeting(w))
    assert refused.status_code == 403 and "X-CSRFToken" in refused.json()["message"] and not Activity.objects.unscoped("test").exists()
    page = strict.get("/api/v1/docs").content.decode()
    token = page.split('data-token="')[1].split('"')[0]
    assert post(strict, meeting(w), headers={"Idempotency-Key": "with-the-token", "X-CSRFToken": token}).status_code == 201


def test_a_token_needs_none(w: World) -> None:
    client = program(w)
    client.handler.enforce_csrf_checks = True
    assert post(client, meeting(w)).status_code == 201


def test_strangers_and_one_time_codes_are_told_so(w: World) -> None:
    assert Client().get("/api/v1/members").status_code == 401 and post(Client(enforce_csrf_checks=True), meeting(w)).status_code == 401
    client = browser("secretary")
    Account.objects.filter(username="secretary").update(one_time=True, one_time_until=AT + timedelta(hours=1))
    assert client.get("/api/v1/members").status_code == 403


def test_a_token_is_counted_per_minute(w: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "PER_MINUTE", 3)
    client = program(w)
    answers = [client.get("/api/v1/me") for _ in range(5)]
    assert [a.status_code for a in answers] == [200, 200, 200, 429, 429] and answers[-1].headers["Retry-After"] == "60"
    assert answers[-1].json()["code"] == "too_many"


# --- hostile hands (cases 63-65) ------------------------------------------------------------------------------------------------------------

BODIES: dict[str, tuple[bytes, int]] = {
    "nothing": (b"", 422), "no JSON": (b"{", 400), "a list": (b"[]", 422), "a word": (b'"x"', 422), "null": (b"null", 422), "a number": (b"1", 422),
    "deep list": (b"[" * 10_000 + b"]" * 10_000, 400), "deep object": (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, 400),
    "infinite": (b'{"org_id": 1e400}', 400), "minus infinite": (b'{"org_id": -1e400}', 400), "NaN": (b'{"org_id": NaN}', 400), "Infinity": (b'{"org_id": Infinity}', 400),
    "long number": (b'{"org_id": ' + b"9" * 5000 + b"}", 400), "large number": (b'{"org_id": 99999999999999999999}', 422),
    "key twice": (b'{"org_id": 1, "org_id": 2}', 400), "key twice below": (b'{"org_id": 1, "topics": [{"title": "a", "title": "b"}]}', 400),
    "UTF-16": ('{"org_id": 1}'.encode("utf-16"), 400), "UTF-16 without mark": ('{"org_id": 1}'.encode("utf-16-le"), 400), "GB18030": ('{"place": "村部"}'.encode("gb18030"), 400),
    "mark of UTF-8": (b'\xef\xbb\xbf{"org_id": 1}', 400), "half a character": (b'{"place": "\\ud800"}', 400), "zero character": (b'{"place": "\\u0000"}', 400),
    "prototype": (b'{"__proto__": {"admin": true}}', 422), "connector": (b'{"_connector": "OR"}', 422), "list for a text": (b'{"org_id": 1, "place": ["a"]}', 422),
    "text for a list": (b'{"org_id": 1, "kinds": "lecture"}', 422), "truth for a number": (b'{"org_id": true}', 422), "part of a number": (b'{"org_id": 1.5}', 422),
    "control characters": (b'{"place": "\x01"}', 400), "many keys": (("{" + ",".join(f'"k{i}": 1' for i in range(5000)) + "}").encode(), 422),
}


@pytest.mark.parametrize("name", BODIES)
def test_a_hostile_body_is_refused_in_order(name: str, w: World) -> None:
    body, status = BODIES[name]
    answer = post(program(w), body)
    assert answer.status_code == status, answer.content.decode()
    assert set(answer.json()) == {"code", "message", "field", "faults"} and answer.json()["message"]
    assert not Activity.objects.unscoped("test").exists()


def test_a_large_body_is_refused(w: World) -> None:
    assert post(program(w), b'{"place": "' + b"x" * 3_000_000 + b'"}').status_code == 413


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/xml", "", "application/jsonp"])
@pytest.mark.parametrize("who", ["program", "browser"])
def test_only_json_is_taken(kind: str, who: str, w: World) -> None:
    client = program(w) if who == "program" else browser("secretary", enforce_csrf_checks=True)
    answer = post(client, meeting(w), content_type=kind)
    assert answer.status_code == (415 if who == "program" else 403), answer.content.decode()


#: whatever somebody would like to set beside what is asked for
UNASKED = [
    *(f.name for f in Activity._meta.get_fields()), "id", "pk", "is_superuser", "state", "created_by", "recorded_by", "recorded_at", "present_count", "expected_count",
    "batch_id", "written_in", "corrects", "corrects_id", "correction_reason", "held_as", "account_id", "actor", "at", "shown",
]
ASKED = {"org_id", "kinds", "held_on", "start", "end", "place", "chair", "recorder", "contents", "group_ids", "missed", "absence_note", "topics", "records"}


@pytest.mark.parametrize("name", sorted(set(UNASKED) - ASKED))
def test_nothing_else_can_be_set(name: str, w: World) -> None:
    answer = post(program(w), meeting(w, **{name: 1}))
    assert answer.status_code == 422 and answer.json()["field"] == name and not Activity.objects.unscoped("test").exists()


ORDERS = ["password", "member__id_no", "-pk", "id_no", "?", "held_on;drop", "org__path"]
QUERIES: list[tuple[str, int]] = [
    ("organisations?page=1000000000", 422), ("organisations?page=-1", 422), ("organisations?limit=1000000000", 422), ("organisations?limit=0", 422),
    ("organisations?offset=-1", 422), ("organisations?offset=1e9", 422), ("organisations?limit=1&limit=2", 422), ("organisations?under=9007199254740993", 422),
    ("organisations?under=abc", 422), ("organisations?on=2026-02-30", 422), ("organisations?on=0001-01-01", 422), ("organisations?on=9999-12-31", 422),
    ("members?text=" + "x" * 10_000, 422), ("members?text=%00", 422), ("members?id_no__startswith=43", 422), ("members?_connector=OR", 422),
    ("members?standing=dead", 422), ("members?born_by=0001-01-01", 422), ("members?floating=perhaps", 422), ("members?text=430102199001011234", 400),
    *((f"organisations?ordering={o}", 422) for o in ORDERS), ("organisations?__proto__=x", 422),
]


@pytest.mark.parametrize(("query", "status"), QUERIES)
def test_a_hostile_question_is_refused(query: str, status: int, w: World) -> None:
    answer = browser("county").get(f"/api/v1/{query}")
    assert answer.status_code == status and answer.json()["message"], answer.content.decode()


@pytest.mark.parametrize("order", ORDERS)
def test_records_are_ordered_by_what_is_listed_only(order: str, w: World) -> None:
    assert browser("secretary").get("/api/v1/activities", {"org": w.orgs["T1-B1"], "ordering": order}).status_code == 422


@pytest.mark.parametrize("number", ["0", "-1", "1.5", "abc", "9223372036854775808", "1e3", "%00", "１"])
def test_a_number_that_nothing_can_have_is_not_found(number: str, w: World) -> None:
    assert browser("county").get(f"/api/v1/organisations/{number}").status_code == 404


def test_far_days_are_answered(w: World) -> None:
    client, org = browser("county"), w.orgs["QH"]
    for day in ("1900-01-01", "2200-12-31"):
        for url in (f"organisations?on={day}", f"members?on={day}", f"compliance?org={org}&on={day}", f"rules?org={org}&on={day}", f"figures?org={org}&on={day}"):
            assert client.get(f"/api/v1/{url}").status_code in (200, 404), url


# --- lists ----------------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["organisations", "organisations?ordering=code", "members", "organisations/keeping-members"])
def test_the_parts_make_the_whole(path: str, w: World) -> None:
    client = browser("county")
    whole = client.get(f"/api/v1/{path}{'&' if '?' in path else '?'}limit=200").json()
    found, url = [], f"/api/v1/{path}{'&' if '?' in path else '?'}limit=3"
    while url:
        part = client.get(url).json()
        assert part["total"] == whole["total"] and len(part["items"]) <= 3
        found += part["items"]
        url = part["next"]
    assert found == whole["items"] and len(found) == whole["total"] > 3 and whole["next"] is None


def test_numbers_of_persons_are_masked(w: World) -> None:
    client, person = program(w), w.persons["T1-B1"][0]
    said = client.get("/api/v1/members").content.decode() + client.get(f"/api/v1/members/{person}").content.decode()
    from tests.world import id_number

    assert "*" in said and "154000" not in said and not any(id_number(n) in said for n in range(1, 40))


def test_a_page_of_an_unknown_address_is_an_ordinary_404(w: World) -> None:
    assert browser("county").get("/api/v1/nothing").status_code == 404


def test_methods_that_are_not_offered(w: World) -> None:
    assert browser("county").delete(f"/api/v1/organisations/{w.orgs['QH']}").status_code == 405


def test_faults_of_the_program_tell_nothing(w: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: Any) -> Any:
        raise RuntimeError("id number 990201196001010018")

    monkeypatch.setattr(door.tree, "organisation", broken)
    answer = browser("county").get(f"/api/v1/rules?org={w.orgs['QH']}")
    assert answer.status_code == 500 and "990201" not in answer.content.decode()


def test_the_document_is_there_for_everybody_and_says_nothing_of_anybody(w: World) -> None:
    answer = Client().get("/api/v1/openapi.json")
    assert answer.status_code == 200 and answer.json()["openapi"].startswith("3.1") and "青禾" not in answer.content.decode()
