"""How each form of the product is filled in so that it is saved: who, where, what is typed, and which table gets the one new row.

The tests of double sending, of stale versions and of fields that a form does not have all send these forms.
"""
from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.apps import apps
from django.urls import reverse
from tests.everywhere.test_bad_input import FOUND, MOVE, elected, filled
from tests.world import AT, World

from zhibu.areas.meetings import actions as meetings
from zhibu.ground.record import actions as record

Typed = Mapping[str, Any]


@dataclass(frozen=True)
class Filling:
    """One form. holds: a field by which the form is found on its page; press: the button; makes: the table with one row more (or its rows, for a form with several)."""

    view: str
    user: str
    url: Callable[[World], str]
    holds: str
    typed: Callable[[World], Typed] = lambda w: {}
    press: str = ""
    makes: str = ""
    rows: int = 1
    before: Callable[[World], None] = lambda w: None
    pages: bool = False  # done is a page of its own (a code shown once), no redirect

    @property
    def id(self) -> str:
        """Give the name of the case."""
        return f"{self.view}{'-' + self.press if self.press else ''}"


def org(name: str, code: str) -> Callable[[World], str]:
    return lambda w: reverse(f"org:{name}", args=[w.orgs[code]])


def person(name: str, index: int = 4) -> Callable[[World], str]:
    return lambda w: reverse(f"roster:{name}", args=[w.persons["T1-B1"][index]])


def account(name: str, username: str = "committee") -> Callable[[World], str]:
    return lambda w: f"{reverse(f'accounts:{name}')}?account={username}"


def meeting(w: World) -> int:
    """Record a meeting at which one was absent; gives its id."""
    p = w.persons["T1-B1"]
    return record.write_many(w.actor("secretary"), [record.NewActivity(
        org_id=w.orgs["T1-B1"], kinds=(("general_meeting", None),), title="换届", held_on=AT.date() - timedelta(days=40), place="会议室", expected=tuple(p), expected_count=8, present_count=7,
        absences=(record.NewAbsence(p[4], "陈五11", "leave", "外出"),), topics=(record.NewTopic("general_meeting", "换届", "大家同意"),),
    )], at=AT)[0]


def of_meeting(name: str) -> Callable[[World], str]:
    def url(w: World) -> str:
        from zhibu.ground.record.models import Activity

        newest = Activity.objects.within(w.actor("secretary").sees()).latest("pk")
        return reverse(f"meetings:{name}", args=[newest.pk])

    return url


def newest(label: str, **which: Any) -> str:
    """Give the id of the newest row of a table."""
    model = apps.get_model(label)
    rows = model.objects.unscoped("a test looks for what it just made") if hasattr(model.objects, "unscoped") else model.objects
    return str(rows.filter(**which).latest("pk").pk)


def held(w: World) -> None:
    meeting(w)


def handed_in(w: World) -> None:
    meetings.request_excuse(w.actor("secretary"), org_id=w.orgs["T1-B1"], kind="committee_meeting", group_id=None, window_code="2026-06", reason="防汛抢险，全体上堤", at=AT)


def the_case(w: World) -> str:
    from zhibu.ground.process.models import Case

    return reverse("org:case", args=[Case.objects.within(w.actor("clerk1").sees()).latest("pk").pk])


def assigned(w: World) -> None:
    from datetime import date

    from zhibu.ground.policy import actions as policy

    policy.assign(w.actor("county"), org_id=w.orgs["T1"], family="dues", rule_set="cn-dues-2008", valid_from=date(2026, 1, 1), valid_to=None, at=AT)


def vacant(w: World) -> None:
    from zhibu.areas.structure import committees
    from zhibu.ground.people import queries as people

    post = next(p for p in people.posts(w.actor("secretary").sees(), AT.date(), org_ids=[w.orgs["T1-B1"]]) if p.kind == "organization")
    committees.end_post(w.actor("clerk1"), w.orgs["T1-B1"], post.id, on=AT.date() - timedelta(days=1), at=AT)


RECORD = "meetings:record"
NEW_MEMBER = {"standing": "full", "since": "2026-01-05", "name": "覃小六", "joined_on": "2005-07-01", "full_on": "2006-07-01"}
EXCUSE = {"reason": "9月防汛，全体上堤"}

CREATES: tuple[Filling, ...] = (
    Filling(RECORD, "secretary", lambda w: f"{reverse(RECORD)}?kind=general_meeting", "held_on", lambda w: filled(), "save", "record_activity"),
    Filling(RECORD, "secretary", lambda w: f"{reverse(RECORD)}?kind=general_meeting", "held_on", lambda w: filled(), "draft", "meetings_draft"),
    Filling("meetings:correct", "secretary", of_meeting("correct"), "held_on", lambda w: {"t-0-text": "大家都同意", "reason": "补一句", "correction_reason": "补一句"}, "save", "record_activity", before=held),
    Filling("meetings:void", "secretary", of_meeting("void"), "reason", lambda w: {"reason": "没有开过这次会，记错了"}, "", "record_activity", before=held),
    Filling("meetings:catch-up", "secretary", lambda w: reverse("meetings:absences"), "done_on", lambda w: {}, "", "record_catchup", before=held),
    Filling("meetings:excuse", "secretary", lambda w: f"{reverse('meetings:excuse')}?org={w.orgs['T1-B1']}&kind=committee_meeting&window=2026-09", "reason", lambda w: EXCUSE, "", "process_case"),
    Filling("roster:add", "secretary", lambda w: reverse("roster:add"), "name", lambda w: NEW_MEMBER | {"org_id": str(w.orgs["T1-B1"])}, "", "people_person"),
    Filling("roster:standing", "secretary", person("standing"), "standing", lambda w: {"standing": "suspended", "document": "镇党〔2026〕8号"}, "", "people_membership"),
    Filling("roster:end", "secretary", person("end", 5), "on", lambda w: {"ended_as": "transferred", "document": "介绍信2026-3"}, "", "people_membership", 0),
    Filling("org:establish", "clerk1", org("establish", "T1"), "full", lambda w: FOUND, "", "tree_organisation"),
    Filling("org:adjust", "secretary", org("adjust", "T1-B1"), "reason", lambda w: {**MOVE, "name": "第1镇新村党支部"}, "", "process_case"),
    Filling("org:dissolve", "secretary", org("dissolve", "T1-B1"), "reason", lambda w: {"reason": "两村合并", "successor": str(w.orgs["T1-B2"])}, "", "process_case"),
    Filling("org:extend", "secretary", org("extend", "T1-B1"), "reason", lambda w: {"until": "2029-01-01", "reason": "村里换届推迟"}, "", "process_case"),
    Filling("org:committee", "secretary2", org("committee", "T1-B2"), "elected_on",
            lambda w: elected((w.persons["T1-B2"][0], "secretary"), (w.persons["T1-B2"][1], "organization"), (w.persons["T1-B2"][2], "discipline")), "", "tree_committee"),
    Filling("org:vacancy", "clerk1", org("vacancy", "T1-B1"), "post", lambda w: {"post": "organization", "person": str(w.persons["T1-B1"][6])}, "", "people_post", before=vacant),
    Filling("org:new-group", "secretary2", org("new-group", "T1-B2"), "name",
            lambda w: {"name": "第一党小组", "from_on": "2026-11-20", "member": [str(p) for p in w.persons["T1-B2"][1:4]], "leader": str(w.persons["T1-B2"][1])}, "", "tree_partygroup"),
    Filling("org:assign", "county", org("assign", "T1"), "rule_set", lambda w: {"rule_set": "seed-000", "valid_from": "2026-01-01", "decision_doc": "青组〔2026〕1号", "reason": "按市里要求"}, "", "policy_assignment"),
    Filling("org:case", "clerk1", the_case, "document", lambda w: {"document": "镇党〔2026〕9号", "answered_on": "2026-11-20"}, "approve", "record_excuse", before=handed_in),
    Filling("accounts:open", "sysadmin", lambda w: reverse("accounts:open"), "username", lambda w: {"username": "xinren", "name": "新人"}, "", "access_account", pages=True),
    Filling("accounts:grant", "secadmin", account("grant"), "role", lambda w: {"role": "organiser", "org": "中共青禾县第1镇委员会", "valid_from": "2026-11-20"}, "", "access_grant"),
)
#: forms that change what is there
EDITS: tuple[Filling, ...] = (
    Filling("org:contacts", "secretary", org("contacts", "T1-B1"), "theme_day", lambda w: {"address": "村口 1 号"}),
    Filling("org:groups", "secretary", org("groups", "T1-B1"), "on", lambda w: {f"g{w.persons['T1-B1'][3]}": str(w.groups["T1-B1"][1])}),
    Filling("org:leave", "clerk1", org("leave", "T1-B1"), "post", lambda w: {"post": newest("people.Post", person_id=w.persons["T1-B1"][2])}),
    Filling("org:end-assignment", "county", org("end-assignment", "T1"), "id", lambda w: {"id": newest("policy.Assignment"), "on": "2026-12-31"}, before=assigned),
    Filling("roster:edit", "secretary", person("edit"), "name", lambda w: {"job": "会计"}),
    Filling("accounts:end", "secadmin", account("end"), "on", lambda w: {"grant": newest("access.Grant", account_id=w.accounts["committee"]), "on": "2026-11-21"}),
    Filling("accounts:disable", "sysadmin", account("disable"), "once"),
    Filling("accounts:renew", "sysadmin", account("renew"), "once", pages=True),
)
