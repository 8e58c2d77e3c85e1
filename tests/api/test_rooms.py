"""The API and the rooms that came after it: plans, leave, joint activities, attendance elsewhere, rule sets; refusals beside an operation."""
from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.db import OperationalError
from django.test import Client
from tests.api.test_api import browser, meeting, post, program
from tests.everywhere.lasting import Clock
from tests.world import AT, TODAY, World, build

from zhibu.api import door, recording
from zhibu.api.address import ROOT, api
from zhibu.areas.meetings import elsewhere, joint, leave, plan_actions
from zhibu.areas.meetings.planning import Planned
from zhibu.ground.access import passwords
from zhibu.ground.guard.scope import Scope
from zhibu.ground.policy import actions as policy
from zhibu.ground.policy import sets
from zhibu.ground.policy.models import LocalSet
from zhibu.ground.record.models import Activity

pytestmark = pytest.mark.django_db
EARLIER = AT - timedelta(days=20)
HELD = date(2026, 11, 5)


@pytest.fixture
def w(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    Clock(monkeypatch, AT)
    cache.clear()
    yield build(branches=2, members=4)


def planned(w: World, day: date = HELD, *, username: str = "secretary", org: str = "T1-B1", kind: str = "lecture") -> int:
    wish = Planned(((kind, None),), day, time(9), time(10, 30), "村部", ("乡村振兴",), "党员证")
    return plan_actions.make(w.actor(username), w.orgs[org], wish, at=EARLIER)


def plan_of(w: World, plan_id: int, client: Client | None = None) -> dict[str, Any]:
    answer = (client or program(w)).get(f"/api/v1/plans/{plan_id}")
    assert answer.status_code == 200, answer.content.decode()
    return dict(answer.json())


# --- a record and its plan ------------------------------------------------------------------------------------------------------------------


def test_a_record_holds_the_plan_named(w: World) -> None:
    """Two days later than planned: only the number leads from one to the other."""
    client, plan = program(w), planned(w, HELD - timedelta(days=2))
    made = post(client, meeting(w, plan_id=plan)).json()
    assert made["plan_id"] == plan and plan_of(w, plan, client)["plan"]["activity_id"] == made["id"] and not plan_of(w, plan, client)["plan"]["open"]


def test_without_the_action_of_the_page_no_plan_is_held(w: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording.plan_actions, "hold", lambda *args, **more: None)
    assert post(program(w), meeting(w, plan_id=planned(w, HELD - timedelta(days=2)))).json()["plan_id"] is None


def test_a_plan_of_the_day_is_held_without_being_named(w: World) -> None:
    plan = planned(w)
    assert post(program(w), meeting(w)).json()["plan_id"] == plan


def test_a_plan_that_cannot_be_held_is_refused_with_the_other_faults(w: World) -> None:
    client, gone, theirs = program(w), planned(w, HELD - timedelta(days=1)), planned(w, username="foreign", org="T2-B1")
    plan_actions.cancel(w.actor("secretary"), gone, reason="防汛", at=EARLIER)
    for number, code in ((gone, "E044"), (theirs, "E054"), (10**9, "E054")):
        answer = post(client, meeting(w, plan_id=number))
        assert answer.status_code == 422 and [(f["code"], f["field"]) for f in answer.json()["faults"]] == [(code, "plan_id")], number
        both = post(client, meeting(w, plan_id=number, records=[])).json()["faults"]
        assert {"records", "plan_id"} <= {f["field"] for f in both}
    assert not Activity.objects.unscoped("test").exists()


def test_each_absence_may_have_a_reason_of_its_own(w: World) -> None:
    people = w.persons["T1-B1"]
    sent = meeting(w, missed=[{"person_id": people[2], "status": "leave", "reason": "外出务工"}, {"person_id": people[3], "status": "leave"}], absence_note="防汛")
    told = {p["person_id"]: p["reason"] for p in post(program(w), sent).json()["people"]}
    assert (told[people[2]], told[people[3]], told[people[0]]) == ("外出务工", "防汛", "")


# --- plans ----------------------------------------------------------------------------------------------------------------------------------


def test_a_plan_shows_leave_guests_and_changes(w: World) -> None:
    client, plan, who = program(w), planned(w, TODAY + timedelta(days=7)), w.persons["T1-B1"][2]
    leave.enter(w.actor("secretary"), plan, who, reason="在县医院住院", at=AT)
    joint.invite(w.actor("secretary"), plan, [w.orgs["T1-B2"]], at=AT)
    wish = Planned((("lecture", None),), TODAY + timedelta(days=8), time(9), None, "文化广场", ("乡村振兴",))
    plan_actions.change(w.actor("secretary"), plan, wish, version=plan_of(w, plan, client)["plan"]["version"], reason="下雨", at=AT)
    shown = plan_of(w, plan, client)
    assert shown["plan"]["place"] == "文化广场" and shown["plan"]["end"] is None and shown["plan"]["open"]
    assert [(one["person_id"], one["state"], one["reason"]) for one in shown["leaves"]] == [(who, "approved", "在县医院住院")]
    assert [(g["org_id"], g["state"], g["expected"]) for g in shown["guests"]] == [(w.orgs["T1-B2"], "invited", None)]
    assert [(c["what"], c["reason"]) for c in shown["changes"]] == [("changed", "下雨")] and "村部" in shown["changes"][0]["before"]
    theirs = plan_of(w, shown["guests"][0]["plan_id"], browser("secretary2"))
    assert theirs["plan"]["state"] == "invited" and theirs["host"] == "第1镇第1村党支部" and theirs["leaves"] == []


def test_why_somebody_is_away_is_for_those_who_take_the_roll_call(w: World) -> None:
    plan = planned(w, TODAY + timedelta(days=7))
    leave.enter(w.actor("secretary"), plan, w.persons["T1-B1"][2], reason="在县医院住院", at=AT)
    for client in (browser("reader"), browser("county"), program(w, rights=("activity.read",))):
        assert plan_of(w, plan, client)["leaves"] == []


def test_plans_are_listed_between_two_days(w: World) -> None:
    first, second = planned(w), planned(w, TODAY + timedelta(days=7))
    client, org = program(w), w.orgs["T1-B1"]

    def ids(query: str = "") -> list[int]:
        return [p["id"] for p in client.get(f"/api/v1/plans?org={org}{query}").json()["items"]]

    assert ids() == [first, second] and ids("&first=2026-11-20") == [second] and ids("&last=2026-11-20") == [first]
    assert client.get(f"/api/v1/plans?org={w.orgs['T2-B1']}").status_code == 404


def test_the_next_theme_day(w: World) -> None:
    client = program(w)
    assert client.get(f"/api/v1/theme-day?org={w.orgs['T1-B1']}").json() == {"fixed": "2026-11-20", "day": "2026-11-20", "reason": ""}
    planned(w, TODAY, kind="theme_day")
    assert client.get(f"/api/v1/theme-day?org={w.orgs['T1-B1']}").json()["fixed"] == "2026-12-20"
    assert browser("county").get(f"/api/v1/theme-day?org={w.orgs['T1']}").json() is None


# --- attendance elsewhere -------------------------------------------------------------------------------------------------------------------


def test_attendance_elsewhere(w: World) -> None:
    actor, client, org = w.actor("secretary"), program(w), w.orgs["T1-B1"]
    new = elsewhere.NewElsewhere(w.persons["T1-B1"][2], HELD, "lecture", "东莞市长安镇流动党员党支部", "paper", "村档案柜")
    made = elsewhere.enter(actor, org, new, at=AT)
    (line,) = client.get(f"/api/v1/attendance/elsewhere?org={org}").json()["items"]
    assert (line["id"], line["at_org"], line["kept_at"], line["file_id"]) == (made, "东莞市长安镇流动党员党支部", "村档案柜", None)
    assert client.get(f"/api/v1/attendance/elsewhere?org={org}&first=2026-11-06").json()["total"] == 0
    elsewhere.end(actor, made, reason="登记错了人", at=AT)
    assert client.get(f"/api/v1/attendance/elsewhere?org={org}").json()["total"] == 0
    (line,) = client.get(f"/api/v1/attendance/elsewhere?org={org}&ended=true").json()["items"]
    assert line["ended_why"] == "登记错了人"


# --- rule sets ------------------------------------------------------------------------------------------------------------------------------


def drafted(w: World) -> int:
    return sets.copy(w.actor("county"), org_id=w.orgs["QH"], code="cn-branch-2018", title="青禾县支部规定", at=AT)


def test_a_draft_is_for_those_who_write_it(w: World) -> None:
    made = drafted(w)
    drafts = browser("county").get("/api/v1/rule-sets?status=draft").json()["items"]
    assert [(d["id"], d["title"], d["status"]) for d in drafts] == [(made, "青禾县支部规定", "draft")]
    assert browser("secretary").get("/api/v1/rule-sets?status=draft").json()["total"] == 0
    assert browser("county").get(f"/api/v1/rule-sets/{made}").status_code == 200
    for client in (browser("secretary"), program(w)):
        assert client.get(f"/api/v1/rule-sets/{made}").status_code == 404 == client.get(f"/api/v1/rule-sets/{made}/followers").status_code


def test_an_active_set_with_its_values_and_followers(w: World) -> None:
    made = drafted(w)
    LocalSet.objects.within(Scope(("",))).filter(pk=made).update(status="active", effective_from=date(2026, 1, 1))
    client = program(w)
    card = client.get(f"/api/v1/rule-sets/{made}").json()
    assert card["rule_set"]["id"] == made and card["based_on"] == "cn-branch-2018" and card["based_on_title"]
    by_key = {v["key"]: v for v in card["values"]}
    assert by_key["life.lecture"]["says"] and by_key["life.lecture"]["clause"] and by_key["life.lecture"]["beside_national"] == "与国家规定相同"
    assert client.get(f"/api/v1/rule-sets/{made}/followers").json()["total"] == 0
    policy.assign(
        w.actor("county"), org_id=w.orgs["T1"], family="life", rule_set=card["rule_set"]["code"], valid_from=TODAY, valid_to=None, at=AT,
    )
    (line,) = client.get(f"/api/v1/rule-sets/{made}/followers").json()["items"]
    assert (line["org_id"], line["family"]) == (w.orgs["T1"], "life")
    history = browser("secretary").get(f"/api/v1/rules/assignments?org={w.orgs['T1-B1']}").json()
    assert [(a["rule_set_title"], a["ended_by"]) for a in history] == [("青禾县支部规定", "")]


def test_a_kind_that_a_set_leaves_out_is_said(w: World) -> None:
    made = drafted(w)
    row = LocalSet.objects.unscoped("test").get(pk=made)
    LocalSet.objects.within(Scope(("",))).filter(pk=made).update(content={k: v for k, v in row.content.items() if k != "life.theme_day"})
    (gone,) = [v for v in browser("county").get(f"/api/v1/rule-sets/{made}").json()["values"] if not v["listed"]]
    assert gone["key"] == "life.theme_day" and gone["below_national"] and "低于现行国家规定" in gone["beside_national"]


def test_a_shipped_set_is_found_by_its_code(w: World) -> None:
    client = program(w)
    card = client.get("/api/v1/rule-sets/shipped/cn-branch-2018").json()
    assert card["rule_set"]["kind"] == "national" and card["values"] and not any(v["below_national"] for v in card["values"])
    assert client.get("/api/v1/rule-sets/shipped/no-such-set").status_code == 404
    codes = [s["code"] for s in client.get("/api/v1/rule-sets?limit=200").json()["items"]]
    assert "cn-branch-2018" in codes and len(codes) == len(set(codes))


# --- refusals beside an operation -----------------------------------------------------------------------------------------------------------


def problem(answer: Any, status: int) -> dict[str, Any]:
    assert answer.status_code == status and answer["Content-Type"].startswith("application/json"), answer.content[:200]
    body = json.loads(answer.content)
    assert set(body) == {"code", "message", "field", "faults"}
    return dict(body)


def test_an_address_that_does_not_exist_is_answered_in_json(w: World) -> None:
    for client in (program(w), browser("county"), Client()):
        for url in ("/api/v1/nothing", "/api/", "/api/v2/members", "/api/v1/members/"):
            assert problem(client.get(url), 404)["code"] == "not_found"
    assert "text/html" in browser("county").get("/nothing")["Content-Type"], "people get a page"


def test_a_method_that_is_not_offered_is_answered_in_json(w: World) -> None:
    for client in (program(w), Client()):
        for url in ("/api/v1/activities", "/api/v1/openapi.json", f"/api/v1/plans/{10**6}"):
            answer = client.delete(url)
            assert problem(answer, 405)["code"] == "method" and "GET" in answer["Allow"]
    assert "POST" in program(w).delete("/api/v1/activities")["Allow"]


@pytest.mark.parametrize(("error", "status"), [
    (RuntimeError("990201196001010018"), 500), (OperationalError("database is locked"), 503), (OSError(28, "no space left on device"), 507),
])
def test_a_fault_of_the_program_is_answered_in_json(error: Exception, status: int, w: World, monkeypatch: pytest.MonkeyPatch) -> None:
    client = program(w)

    def broken(*args: Any) -> Any:
        raise error

    monkeypatch.setattr(door.tree, "organisation", broken)
    answer = client.get(f"/api/v1/rules?org={w.orgs['QH']}")
    assert "990201" not in str(problem(answer, status)) and (answer.get("Retry-After") == "30") is (status == 503)


# --- a session counts in the API as it does on the pages ------------------------------------------------------------------------------------


def test_a_session_that_never_saw_the_second_factor_opens_no_operation(w: World, settings: Any) -> None:
    settings.SECOND_FACTOR = "required"
    for username in ("county", "clerk1", "sysadmin"):
        assert "第二道验证" in problem(browser(username).get("/api/v1/me"), 403)["message"]
    assert browser("secretary").get("/api/v1/me").status_code == 200, "whose roles call for none"
    assert browser("county").get("/api/v1/openapi.json").status_code == 200


def test_an_old_password_is_changed_before_anything_is_read(w: World, monkeypatch: pytest.MonkeyPatch) -> None:
    client = program(w)
    monkeypatch.setattr(passwords, "expired", lambda account, at: True)
    assert "密码" in problem(browser("secretary").get("/api/v1/me"), 403)["message"]
    assert post(browser("secretary"), meeting(w)).status_code == 201 and client.get("/api/v1/me").status_code == 200


# --- the guide ------------------------------------------------------------------------------------------------------------------------------


def test_the_guide_names_every_address() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
    paths = [path.removeprefix(ROOT.rstrip("/")) for path in api.get_openapi_schema(path_prefix=ROOT)["paths"]]
    assert len(paths) > 30 and not [path for path in paths if f"`{path}`" not in guide and f"`{path}?org=`" not in guide]
