"""How each form of the product is filled in so that it is saved: who, where, what is typed, and which table gets the one new row.

The tests of double sending, of stale versions and of fields that a form does not have all send these forms.
"""
from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.apps import apps
from django.urls import reverse
from tests.everywhere.test_bad_input import FOUND, MOVE, elected, filled
from tests.world import AT, World, id_number

from zhibu.areas.bank import actions as bank
from zhibu.areas.care import actions as care
from zhibu.areas.care import proposals
from zhibu.areas.dues import assessing, bases, books
from zhibu.areas.meetings import actions as meetings
from zhibu.areas.meetings import elsewhere, joint, plan_actions
from zhibu.areas.meetings.elsewhere import NewElsewhere
from zhibu.areas.meetings.planning import Planned
from zhibu.areas.resources import actions as resources
from zhibu.areas.resources.actions import NewPlace, NewPlan
from zhibu.areas.resources.models import FundPlan, Place
from zhibu.areas.resources.rules import Counts
from zhibu.areas.structure import mergers, splits, transfers
from zhibu.areas.structure.rearranging import Newcomer
from zhibu.areas.talks import actions as talks
from zhibu.areas.training import actions as training
from zhibu.areas.training.actions import NewRecord, NewSession
from zhibu.areas.training.models import Course, TrainingRecord
from zhibu.areas.transfers import floating_actions
from zhibu.areas.transfers.floating_actions import Going
from zhibu.ground.access import tokens
from zhibu.ground.access.models import Account
from zhibu.ground.access.queries import office, system_actor
from zhibu.ground.guard.scope import Scope
from zhibu.ground.notice import channels
from zhibu.ground.people import actions as people
from zhibu.ground.policy import sets
from zhibu.ground.record import actions as record
from zhibu.kernel.periods import month_index

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


def planned(w: World) -> None:
    """Plan a meeting, each a day after the last one."""
    rows = apps.get_model("meetings.Plan").objects.unscoped("a test looks for a free day")
    day = AT.date() + timedelta(days=7 + rows.count())
    plan_actions.make(w.actor("secretary"), w.orgs["T1-B1"], Planned((("theme_day", None),), day, time(9), None, "村会议室", ("学习全会精神",)), at=AT)


def invited(w: World) -> None:
    """Let T1-B1 ask T1-B2 to a planned meeting; the newest plan is the guest's."""
    planned(w)
    joint.invite(w.actor("secretary"), int(newest("meetings.Plan", org_id=w.orgs["T1-B1"])), [w.orgs["T1-B2"]], at=AT)


def of_plan(name: str, code: str = "T1-B1") -> Callable[[World], str]:
    return lambda w: reverse(f"meetings:{name}", args=[newest("meetings.Plan", org_id=w.orgs[code], state="invited" if name == "plan-answer" else "planned")])


def attended(w: World) -> None:
    elsewhere.enter(w.actor("secretary"), w.orgs["T1-B1"], NewElsewhere(w.persons["T1-B1"][6], AT.date() - timedelta(days=9), "lecture", "长安镇流动党员党支部", "paper", "柜"), at=AT)


def drafted(w: World) -> None:
    """Copy a set for the county and give it a header; nothing is missing then."""
    made = sets.copy(w.actor("county"), org_id=w.orgs["QH"], code="cn-branch-2018", title="", at=AT)
    sets.edit_header(w.actor("county"), made, sets.Header("青禾县组织生活规定", "青组〔2026〕5号", "县委常委会审定", date(2026, 4, 1)), version=1, at=AT)


def activated(w: World) -> None:
    drafted(w)
    sets.activate(w.actor("county"), int(newest("policy.LocalSet")), version=2, at=AT, on=AT.date())


def of_set(name: str, *more: str, status: str = "draft") -> Callable[[World], str]:
    return lambda w: reverse(f"rules:{name}", args=[newest("policy.LocalSet", status=status), *more])


def with_table(w: World) -> None:
    drafted(w)
    sets.keep_table(w.actor("county"), int(newest("policy.LocalSet")), "判例.toml", "", at=AT)


def named(w: World) -> None:
    """Let an account have the name of a member, as accounts do outside of tests."""
    Account.objects.filter(username="leader").update(name="黄八11")


def with_token(w: World) -> None:
    holder = w.actor("secretary")
    (offer,) = tokens.offers(holder, AT.date())
    tokens.make(holder, grant_id=offer.grant_id, label="村务平台", rights=["policy.read"], expires_on=AT.date() + timedelta(days=30), key="a-token", at=AT)


def gone(w: World) -> None:
    """Register a member of T1-B1 as away, each time another one."""
    rows = apps.get_model("transfers.Floating").objects.unscoped("a test looks for somebody who is at home")
    floating_actions.go(w.actor("secretary"), Going(w.persons["T1-B1"][rows.count()], "work", date(2026, 3, 2), "广东省东莞市", contact="王一11"), at=AT)


def lost(w: World) -> None:
    """Note that contact with a member was lost in spring."""
    people.edit(w.actor("secretary"), w.persons["T1-B1"][5], values={"lost_contact_on": date(2026, 4, 1)}, version=1, at=AT)
def there(model: Any) -> int:
    """Count the rows of a table: what is made beforehand is about something of its own each time."""
    return model.objects.within(Scope(("",))).count()


def with_course(w: World) -> None:
    training.open_course(w.actor("secretary"), w.orgs["T1-B1"], year=2026, title=f"党课班{there(Course)}", kind="central", at=AT)


def with_session(w: World) -> None:
    with_course(w)
    day = AT.date() - timedelta(days=5)
    wish = NewSession(int(newest("training.Course")), day, day, "half_day", Decimal(1), tuple(w.persons["T1-B1"]), proof="存村档案柜")
    training.hold_session(w.actor("secretary"), wish, at=AT)


def with_certificate(w: World) -> None:
    day = AT.date() - timedelta(days=25 + there(TrainingRecord))
    training.add_record(w.actor("secretary"), w.orgs["T1-B1"], NewRecord(w.persons["T1-B1"][3], "县委党校轮训", "central", day, day, "full_day", Decimal(1), "存村档案柜"), at=AT)


def with_fund(w: World) -> None:
    kind, year = (("activity", 2026), ("service", 2026), ("activity", 2025), ("office", 2025))[there(FundPlan) % 4]
    resources.plan(w.actor("clerk1"), w.orgs["T1"], NewPlan(year, kind, Counts(1, 1, 2, 30), 10_000_000), version=0, at=AT)


def with_payment(w: World) -> None:
    with_fund(w)
    resources.pay(w.actor("clerk1"), int(newest("resources.FundPlan")), day=AT.date(), amount=100, note="", at=AT)


def with_place(w: World) -> None:
    resources.register_place(w.actor("secretary"), w.orgs["T1-B1"], NewPlace("村党群服务中心", "village", f"青禾县第1镇第1村上街{there(Place)}号", Decimal("96.5")), at=AT)


def of_newest(name: str, model: str) -> Callable[[World], str]:
    return lambda w: reverse(name, args=[newest(model)])


def asked(name: str, code: str, **more: str) -> Callable[[World], str]:
    return lambda w: f"{reverse(name)}?{urlencode({'org': w.orgs[code], **more})}"


VENUE = {"name": "村党群服务中心", "area": "96.5", "address": "青禾县第1镇第1村18号", "kind": "village"}


def twin(w: World) -> None:
    people.register(w.actor("clerk1"), people.NewMember(w.orgs["T1-B2"], "王一11", "full", date(2018, 5, 1), gender="男", job="村医"), at=AT)


def of_twins(w: World) -> str:
    return f"{reverse('roster:merge', args=[w.persons['T1-B1'][0]])}?with={newest('people.Person', name='王一11')}"


def died(w: World) -> None:
    people.end_membership(w.actor("secretary2"), w.persons["T1-B2"][6], on=AT.date() - timedelta(days=8), ended_as="deceased", document="", at=AT)


def merging(w: World) -> Typed:
    wish = mergers.Merger((w.orgs["T2-B1"],), w.orgs["T2"], w.orgs["T2-B2"], date(2026, 11, 10), "青组〔2026〕31号", date(2026, 11, 6), "合村并居")
    seen = mergers.preview(w.actor("clerk2"), wish, today=AT.date()).digest
    return {**PAPER, "source": str(w.orgs["T2-B1"]), "into": str(w.orgs["T2-B2"]), "step": "do", "seen": seen}


def splitting(w: World) -> Typed:
    who = tuple(w.persons["T2-B2"][1:5])
    wish = splits.Split(w.orgs["T2-B2"], Newcomer("T2-B9", "第2镇新村党支部", "新村党支部", "branch", ("第2镇新村村民委员会",)), date(2026, 11, 10), "青组〔2026〕31号", date(2026, 11, 6), "合村并居", who)
    seen = splits.preview(w.actor("clerk2"), wish, today=AT.date()).digest
    named = {"code": "T2-B9", "name": "第2镇新村党支部", "short_name": "新村党支部", "units": "第2镇新村村民委员会"}
    return {**PAPER, **named, "person": [str(p) for p in who], "step": "do", "seen": seen}


def transferring(w: World) -> Typed:
    wish = transfers.Transfer((w.orgs["T2-B2"],), w.orgs["T1"], date(2026, 11, 10), "青组〔2026〕31号", date(2026, 11, 6), "合村并居")
    seen = transfers.preview(w.actor("county"), wish, today=AT.date()).digest
    return {**PAPER, "org": str(w.orgs["T2-B2"]), "into": str(w.orgs["T1"]), "step": "do", "seen": seen}


def talked(w: World) -> None:
    p = w.persons["T1-B1"]
    talks.record(w.actor("secretary"), w.orgs["T1-B1"], talks.NewTalk(p[4], AT.date() - timedelta(days=9), p[0], summary="话"), at=AT)


def called(w: World) -> None:
    p = w.persons["T1-B1"]
    care.record_call(w.actor("secretary"), w.orgs["T1-B1"], care.NewCall(p[4], AT.date() - timedelta(days=9), p[0]), at=AT)


def proposed(w: World) -> None:
    wish = proposals.NewProposal(w.persons["T1-B1"][5 + there(apps.get_model("care.CareRequest")) % 3], w.orgs["T1"], "illness", "800", "own_funds", "住院两个月")
    proposals.propose(w.actor("secretary"), w.orgs["T1-B1"], wish, at=AT)


def granted(w: World) -> None:
    proposed(w)
    made = int(newest("care.CareRequest"))
    proposals.audit(w.actor("clerk1"), made, passed=True, note="", at=AT)
    proposals.decide(office("何同志", "party_building_office", w.orgs["T1"]), made, passed=True, document="纪要12号", decided_on=AT.date(), note="", at=AT)


def of_row(name: str, label: str) -> Callable[[World], str]:
    return lambda w: reverse(name, args=[newest(label)])


PAPER = {"document": "青组〔2026〕31号", "decided_on": "2026-11-06", "on": "2026-11-10", "reason": "合村并居"}
SAME_PERSON = {f"v-{key}": "b" if key == "job" else "a" for key in people.TITLES} | {"keep": "a", "spells": "a", "reason": "两次录入，已对照身份证"}
AWAY = {"day": "2026-11-18", "kind": "lecture", "at_org": "东莞市长安镇流动党员党支部", "how": "paper", "kept_at": "村档案柜"}
RECORD = "meetings:record"
NEW_MEMBER = {"standing": "full", "since": "2026-01-05", "name": "覃小六", "joined_on": "2005-07-01", "full_on": "2006-07-01"}
ARRIVED = {
    "outside": "中共东湾乡委员会", "letter_no": "0037", "paid_to": "2026-11", "issued_on": "2026-11-10", "valid_until": "2026-12-10", "name": "陈示例", "gender": "男",
}
EXCUSE = {"reason": "9月防汛，全体上堤"}

ROBOT = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=0f7a"


def with_robot(w: World) -> None:
    """Give the branch a group robot."""
    channels.add(w.actor("secretary"), w.orgs["T1-B1"], channels.Wish("wecom", "支部群", ROBOT), frozenset({"qyapi.weixin.qq.com"}), at=AT)


def planned_with_robot(w: World) -> None:
    """Plan a meeting, and give the branch a group robot."""
    planned(w)
    with_robot(w)

def with_bases(w: World) -> None:
    """Give three members of the branch a base of this month."""
    bases.declare_many(w.actor("secretary"), w.orgs["T1-B1"], [bases.NewBase(p, "wage", 400_000, month_index(AT.date())) for p in w.persons["T1-B1"][:3]], at=AT)


def with_receipt(w: World) -> None:
    """Give the branch a receipt of the bank that is one member's dues of this month."""
    secretary, org_id = w.actor("secretary"), w.orgs["T1-B1"]
    bases.declare_many(secretary, org_id, [bases.NewBase(w.persons["T1-B1"][3], "wage", 400_000, month_index(AT.date()))], at=AT)
    assessing.assess(secretary, org_id, month_index(AT.date()), at=AT)
    bank.take_in(secretary, org_id, name="流水.csv", digest="1", lines=[bank.NewLine(2, AT.date(), 4000, "某公司", "", "", "1")], at=AT)


def with_money(w: World) -> None:
    """Give the township something to return."""
    books.begin(system_actor(), w.orgs["T1"], 50_000, on=AT.date(), at=AT)


CREATES: tuple[Filling, ...] = (
    # before the tree is rearranged: they name branches that end
    Filling("transfers:start", "secretary", lambda w: reverse("transfers:start", args=[w.persons["T1-B1"][6]]), "paid_to", lambda w: {"to": "第2镇第1村党支部", "paid_to": "2026-11"}, "send", "transfers_transfer"),
    Filling("person:transfer", "member", lambda w: reverse("person:transfer"), "target", lambda w: {"target": "县城东街社区"}, "", "transfers_transferwish"),
    Filling("transfers:arrival", "secretary", lambda w: reverse("transfers:arrival"), "letter_no", lambda w: ARRIVED, "", "transfers_transfer"),
    Filling("transfers:float-out", "secretary", lambda w: reverse("transfers:float-out", args=[w.persons["T1-B1"][4]]), "place", lambda w: {"place": "广东省东莞市", "contact": "王一11"}, "", "transfers_floating"),
    Filling("transfers:float-in", "secretary", lambda w: reverse("transfers:float-in"), "home", lambda w: {"name": "林外来", "home": "中共东湾乡双桥村支部", "place": "砖厂"}, "", "transfers_floating"),
    Filling("transfers:float", "secretary", lambda w: reverse("transfers:float", args=[newest("transfers.Floating")]), "what", lambda w: {}, "", "transfers_floatingnote", before=gone),
    Filling("transfers:certify", "secretary", lambda w: reverse("transfers:certify", args=[w.persons["T1-B1"][4]]), "to_on", lambda w: {"place": "长沙市", "to_on": "2027-01-20"}, "", "transfers_stay"),
    Filling("transfers:suspend", "secretary", lambda w: reverse("transfers:suspend", args=[w.persons["T1-B1"][5]]), "search", lambda w: {"search": "上门三次，问过家人"}, "", "process_case", before=lost),
    Filling(RECORD, "secretary", lambda w: f"{reverse(RECORD)}?kind=general_meeting", "held_on", lambda w: filled(), "save", "record_activity"),
    Filling(RECORD, "secretary", lambda w: f"{reverse(RECORD)}?kind=general_meeting", "held_on", lambda w: filled(), "draft", "meetings_draft"),
    Filling("meetings:correct", "secretary", of_meeting("correct"), "held_on", lambda w: {"t-0-text": "大家都同意", "reason": "补一句", "correction_reason": "补一句"}, "save", "record_activity", before=held),
    Filling("meetings:void", "secretary", of_meeting("void"), "reason", lambda w: {"reason": "没有开过这次会，记错了"}, "", "record_activity", before=held),
    Filling("meetings:catch-up", "secretary", lambda w: reverse("meetings:absences"), "done_on", lambda w: {}, "", "record_catchup", before=held),
    Filling("meetings:excuse", "secretary", lambda w: f"{reverse('meetings:excuse')}?org={w.orgs['T1-B1']}&kind=committee_meeting&window=2026-09", "reason", lambda w: EXCUSE, "", "process_case"),
    Filling("roster:add", "secretary", lambda w: reverse("roster:add"), "name", lambda w: NEW_MEMBER | {"org_id": str(w.orgs["T1-B1"])}, "", "people_person"),
    Filling("roster:standing", "secretary", person("standing"), "standing", lambda w: {"rights": "rights_suspended", "document": "镇党〔2026〕8号"}, "", "people_membership"),
    Filling("roster:end", "secretary", person("end", 5), "on", lambda w: {"ended_as": "withdrew", "document": "镇党〔2026〕3号"}, "", "people_membership", 0),
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
    Filling("meetings:plan-new", "secretary", lambda w: f"{reverse('meetings:plan-new')}?kind=lecture&date=2026-11-26", "day", lambda w: {"place": "村会议室", "topics": "学习全会精神"}, "", "meetings_plan"),
    Filling("meetings:leave", "secretary", of_plan("leave"), "person", lambda w: {"person": str(w.persons["T1-B1"][6]), "reason": "在县医院住院"}, "", "meetings_leave", before=planned),
    Filling("meetings:plan-guests", "secretary", of_plan("plan-guests"), "once", lambda w: {"guest": str(w.orgs["T1-B2"])}, "", "meetings_jointguest", before=planned),
    Filling("meetings:plan-answer", "secretary2", of_plan("plan-answer", "T1-B2"), "reason", lambda w: {}, "yes", "meetings_planchange", before=invited),
    Filling("meetings:plan-cancel", "secretary", of_plan("plan-cancel"), "reason", lambda w: {"reason": "书记下村防汛"}, "", "meetings_planchange", before=planned),
    Filling("meetings:elsewhere-new", "secretary", lambda w: reverse("meetings:elsewhere-new"), "at_org", lambda w: {**AWAY, "person": str(w.persons["T1-B1"][6])}, "", "meetings_elsewhere"),
    Filling("dues:month", "secretary", lambda w: reverse("dues:month", args=[w.orgs["T1-B1"]]), "who", lambda w: {}, "all", "dues_payment", 3, before=with_bases),
    Filling("dues:form", "secretary", lambda w: f"{reverse('dues:form', args=[w.orgs['T1-B1'], 'gift'])}?person={w.persons['T1-B1'][2]}", "amount", lambda w: {"amount": "100", "method": "cash"}, "", "dues_payment"),
    Filling("bank:line", "secretary", lambda w: reverse("bank:line", args=[newest("bank.BankLine")]), "why", lambda w: {"person": str(w.persons["T1-B1"][3])}, "book", "dues_payment", before=with_receipt),
    Filling("dues:above", "clerk1", lambda w: reverse("dues:above", args=[w.orgs["T1"], "restitute"]), "document", lambda w: {"to": str(w.orgs["T1-B1"]), "amount": "1", "document": "会议纪要"}, "", "dues_restitution", before=with_money),
    Filling("roster:merge", "clerk1", of_twins, "version_a", lambda w: SAME_PERSON, "", "people_personmerge", before=twin),
    Filling("roster:revive", "secretary2", lambda w: reverse("roster:revive", args=[w.persons["T1-B2"][6]]), "reason", lambda w: {"reason": "同名的另一人去世"}, "", "people_correction", before=died),
    Filling("rules:copy", "county", lambda w: reverse("rules:copy"), "title", lambda w: {"from": "cn-branch-2018", "title": "青禾县规定"}, "", "policy_localset"),
    Filling("workdays:enter", "sysadmin", lambda w: reverse("workdays:enter"), "first", lambda w: {"first": "2027-01-01", "name": "元旦", "reason": "国办通知"}, "", "workdays_dayedit"),
    Filling("person:new-token", "secretary", lambda w: reverse("person:new-token"), "label", lambda w: {"label": "县平台", "rights": ["policy.read"]}, "", "access_apitoken", pages=True),
    Filling("channels:new", "secretary", lambda w: f"{reverse('channels:new')}?kind=wecom", "label", lambda w: {"label": "工作群", "address": ROBOT}, "", "notice_channel"),
    Filling("channels:announce", "secretary", of_plan("plan"), "once", lambda w: {}, "", "notice_told", before=planned_with_robot),
    Filling("channels:trial", "secretary", lambda w: reverse("channels:list"), "once", lambda w: {}, "", "notice_message", before=with_robot),
    Filling("channels:member-calendar", "secretary", lambda w: reverse("channels:member-calendar", args=[w.persons["T1-B1"][4]]), "once", lambda w: {}, "on", "notice_feed"),
    Filling("channels:calendar", "member", lambda w: reverse("channels:calendar"), "once", lambda w: {}, "on", "notice_feed"),
    Filling("talks:new", "secretary", lambda w: reverse("talks:new"), "talkee", lambda w: {"talker": str(w.persons["T1-B1"][0]), "talkee": str(w.persons["T1-B1"][4])}, "", "talks_talk"),
    Filling("talks:event", "secretary", lambda w: reverse("talks:event"), "person", lambda w: {"person": str(w.persons["T1-B1"][4]), "kind": "conflict"}, "", "talks_talkevent"),
    Filling("talks:contact-new", "secretary", lambda w: reverse("talks:contact-new"), "member", lambda w: {"member": str(w.persons["T1-B1"][4]), "name": "周小兰", "purpose": "activist"}, "", "talks_contactperson"),
    Filling("care:call-new", "secretary", lambda w: reverse("care:call-new"), "caller", lambda w: {"person": str(w.persons["T1-B1"][4]), "caller": str(w.persons["T1-B1"][0])}, "", "care_carecall"),
    Filling("care:event", "secretary", lambda w: reverse("care:event"), "person", lambda w: {"person": str(w.persons["T1-B1"][4]), "kind": "illness"}, "", "care_careevent"),
    Filling("care:member", "secretary", lambda w: reverse("care:member"), "contact", lambda w: {"person": str(w.persons["T1-B1"][4]), "flag": "in_hardship"}, "", "care_caremember"),
    Filling("care:request-new", "secretary", lambda w: reverse("care:request-new"), "amount", lambda w: {
        "person": str(w.persons["T1-B1"][4]), "kind": "illness", "amount": "800.00", "source": "own_funds", "ground": "住院两个月",
    }, "", "care_carerequest"),
    Filling("org:merge", "clerk2", org("merge", "T2"), "into", merging, "", "people_membership", 8),
    Filling("org:split", "clerk2", lambda w: f"{reverse('org:split', args=[w.orgs['T2']])}?from={w.orgs['T2-B2']}", "code", splitting, "", "tree_organisation"),
    Filling("training:course-new", "clerk1", asked("training:course-new", "T1"), "title", lambda w: {"title": "书记轮训班"}, "", "training_course"),
    Filling("training:session-new", "secretary", of_newest("training:session-new", "training.Course"), "list", lambda w: {"day": "2026-11-10", "absent": [str(w.persons["T1-B1"][3])]}, "", "training_session",
            before=with_course),
    Filling("training:record-new", "secretary", asked("training:record-new", "T1-B1"), "proof",
            lambda w: {"person": str(w.persons["T1-B1"][3]), "title": "县委党校轮训", "day": "2026-11-10", "proof": "存村档案柜"}, "", "training_trainingrecord"),
    Filling("training:committee-new", "clerk1", asked("training:committee-new", "T1"), "what", lambda w: {"who": "检查组", "what": "查了两个支部"}, "", "training_committeedoing"),
    Filling("training:note-new", "secretary", asked("training:note-new", "T1-B1"), "title", lambda w: {"person": str(w.persons["T1-B1"][3]), "title": "读后心得"}, "", "training_studynote"),
    Filling("resources:plan", "clerk1", asked("resources:plan", "T1", fund="office"), "appropriated", lambda w: {"appropriated": "240000", "document": "镇财〔2026〕1号"}, "", "resources_fundplan"),
    Filling("resources:pay", "clerk1", of_newest("resources:pay", "resources.FundPlan"), "amount", lambda w: {"amount": "100.50"}, "", "resources_fundpayment", before=with_fund),
    Filling("resources:reverse", "clerk1", of_newest("resources:reverse", "resources.FundPayment"), "reason", lambda w: {"reason": "金额登记错了"}, "", "resources_fundpayment", before=with_payment),
    Filling("resources:place-new", "secretary", asked("resources:place-new", "T1-B1"), "address", lambda w: VENUE, "", "resources_place"),
    Filling("resources:place-check", "secretary", of_newest("resources:place-check", "resources.Place"), "present", lambda w: {}, "", "resources_placecheck", before=with_place),
    Filling("resources:book", "secretary", asked("resources:book", "T1-B1"), "purpose", lambda w: {"place": newest("resources.Place"), "day": "2026-11-25", "purpose": "主题党日"}, "", "resources_booking",
            before=with_place),
    Filling("org:transfer", "county", org("transfer", "QH"), "into", transferring, "", "tree_organisationspell"),
)
#: forms that change what is there
EDITS: tuple[Filling, ...] = (
    Filling("resources:place-edit", "secretary", of_newest("resources:place-edit", "resources.Place"), "address", lambda w: {"area": "120"}, before=with_place),
    Filling("resources:place-close", "secretary", of_newest("resources:place-close", "resources.Place"), "reason", lambda w: {"reason": "搬到新楼"}, before=with_place),
    Filling("training:record-end", "secretary", of_newest("training:record-end", "training.TrainingRecord"), "reason", lambda w: {"reason": "登记错了人"}, before=with_certificate),
    Filling("training:session-end", "secretary", of_newest("training:session-end", "training.Session"), "reason", lambda w: {"reason": "登记错了"}, before=with_session),
    Filling("org:contacts", "secretary", org("contacts", "T1-B1"), "theme_day", lambda w: {"address": "村口 1 号"}),
    Filling("org:groups", "secretary", org("groups", "T1-B1"), "on", lambda w: {f"g{w.persons['T1-B1'][3]}": str(w.groups["T1-B1"][1])}),
    Filling("org:leave", "clerk1", org("leave", "T1-B1"), "post", lambda w: {"post": newest("people.Post", person_id=w.persons["T1-B1"][2])}),
    Filling("org:end-assignment", "county", org("end-assignment", "T1"), "id", lambda w: {"id": newest("policy.Assignment"), "on": "2026-12-31"}, before=assigned),
    Filling("roster:edit", "secretary", person("edit"), "name", lambda w: {"job": "会计"}),
    Filling("accounts:end", "secadmin", account("end"), "on", lambda w: {"grant": newest("access.Grant", account_id=w.accounts["committee"]), "on": "2026-11-21"}),
    Filling("accounts:disable", "sysadmin", account("disable"), "once"),
    Filling("accounts:renew", "sysadmin", account("renew"), "once", pages=True),
    Filling("accounts:link", "sysadmin", account("link", "leader"), "id_no", lambda w: {"id_no": id_number(8)}, before=named),
    Filling("accounts:tokens", "secadmin", account("tokens", "secretary"), "account", lambda w: {"token": newest("access.ApiToken")}, before=with_token),
    Filling("meetings:plan-change", "secretary", of_plan("plan-change"), "day", lambda w: {"place": "晒谷场", "reason": "停电"}, before=planned),
    Filling("meetings:elsewhere-end", "secretary", lambda w: reverse("meetings:elsewhere-end", args=[newest("meetings.Elsewhere")]), "reason", lambda w: {"reason": "登记错了人"}, before=attended),
    Filling("channels:edit", "secretary", lambda w: reverse("channels:edit", args=[newest("notice.Channel")]), "label", lambda w: {"label": "第一个人起的名字"}, before=with_robot),
    Filling("channels:end", "secretary", lambda w: reverse("channels:end", args=[newest("notice.Channel")]), "once", before=with_robot),
    Filling("talks:void", "secretary", of_row("talks:void", "talks.Talk"), "reason", lambda w: {"reason": "记错了人"}, before=talked),
    Filling("talks:correct", "secretary", of_row("talks:correct", "talks.Talk"), "summary", lambda w: {"summary": "第一个人写的"}, makes="talks_talktext", before=talked),
    Filling("care:call-void", "secretary", of_row("care:call-void", "care.CareCall"), "reason", lambda w: {"reason": "记错了人"}, before=called),
    Filling("care:request-pay", "secretary", of_row("care:request-pay", "care.CareRequest"), "amount", lambda w: {"document": "凭证7号"}, before=granted),
    Filling("care:answer", "clerk1", of_row("care:answer", "care.CareRequest"), "note", lambda w: {"note": "情况属实"}, "pass", before=proposed),
    Filling("rules:header", "county", of_set("header"), "title", lambda w: {"title": "第一个人的名称"}, before=drafted),
    Filling("rules:values", "county", of_set("values", "org"), "org.committee_min", lambda w: {"org.committee_min": "120"}, before=drafted),
    Filling("rules:tables", "county", of_set("tables"), "drop", lambda w: {"drop": "判例.toml"}, before=with_table),
    Filling("rules:discard", "county", of_set("discard"), "version", before=drafted),
    Filling("rules:check", "county", of_set("check"), "version", before=drafted),
    Filling("rules:retire", "county", of_set("retire", status="active"), "last_day", before=activated),
)
