"""Funds and places end to end: AT-14 through plans and payments, reversals, refusals, two at once, checks, bookings, duties."""
from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal as D

import pytest
from tests.everywhere.test_queries_flat import statements
from tests.world import AT, SHANGHAI, TODAY, World, build

from zhibu.areas.resources import actions, bookings, duties, queries
from zhibu.areas.resources.actions import NewPlace, NewPlan, ResourceStale
from zhibu.areas.resources.bookings import NewBooking
from zhibu.areas.resources.refused import ResourceRefused
from zhibu.areas.resources.rules import Counts, Fund
from zhibu.ground.facts import catalogue
from zhibu.ground.guard.actor import Refused
from zhibu.ground.guard.guarded import AppendOnly
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.guard.scope import Scope
from zhibu.ground.policy.models import Assignment
from zhibu.ground.tree.queries import NotFound, organisation

pytestmark = pytest.mark.django_db
COUNTY = Counts(30, 94, 212, 8650)


def world(*families: str, rule_set: str = "seed-000", members: int = 4) -> World:
    w = build(branches=2, members=members)
    for family in families or ("funds", "places"):
        Assignment.objects.create(org_id=w.orgs["QH"], family=family, rule_set=rule_set, valid_from=date(2020, 1, 1), decided_by="张三", made_at=AT)
    return w


def codes(refused: pytest.ExceptionInfo[ResourceRefused]) -> list[str]:
    return [f.code for f in refused.value.faults]


def fund(w: World, kind: str = "service", *, yuan: int = 7_700_000, org: str = "QH", who: str = "county", counts: Counts = COUNTY, year: int = 2026, version: int = 0) -> int:
    return actions.plan(w.actor(who), w.orgs[org], NewPlan(year, kind, counts, yuan * 100, "县财〔2026〕1号"), version=version, at=AT)


def place(w: World, org: str = "T1-B1", who: str = "secretary", **change: object) -> int:
    given: dict[str, object] = {"name": "党群服务中心", "kind": "village", "address": f"青禾县第1镇{org}村18号", "area": D("96.5")}
    return actions.register_place(w.actor(who), w.orgs[org], NewPlace(**{**given, **change}), at=AT)  # type: ignore[arg-type]


def test_at_14_through_plans_and_payments() -> None:
    w = world()
    county, scope = w.actor("county"), w.actor("county").scope(P.RESOURCE_READ)
    for kind, planned, paid in ((Fund.SERVICE, 7_700_000, (3_000_000, 4_230_000)), (Fund.ACTIVITY, 1_730_000, (1_730_000,)), (Fund.OFFICE, 25_440_000, (24_168_000,))):
        made = fund(w, kind, yuan=planned)
        for part in paid:
            actions.pay(county, made, day=date(2026, 6, 1), amount=part * 100, note="", at=AT)
    found = queries.funds(scope, 2026, TODAY)
    assert [(f.fund, f.required // 100, f.paid // 100, f.gap // 100) for f in found] == [
        ("service", 7_700_000, 7_230_000, 470_000), ("activity", 1_730_000, 1_730_000, 0), ("office", 25_440_000, 24_168_000, 1_272_000),
    ]
    assert [catalogue.total(f"funds.{k}", scope, TODAY) for k in ("required", "paid", "gap")] == [34_870_000, 33_128_000, 1_742_000]
    assert {d.key.split(":")[3] for d in duties.due(county, county.sees(), TODAY) if ":fund:" in d.key} == {"service", "office"}
    assert not duties.due(county, county.sees(), date(2026, 9, 30)) and not duties.due(county, county.sees(), date(2027, 4, 1))
    assert {d.state for d in duties.due(county, county.sees(), date(2027, 1, 2))} == {"overdue"}


def test_a_payment_is_never_changed_and_reversed_once() -> None:
    w = world()
    county, scope = w.actor("county"), w.actor("county").scope(P.RESOURCE_READ)
    made = fund(w)
    paid = actions.pay(county, made, day=date(2026, 6, 1), amount=12345, note="", at=AT)
    from zhibu.areas.resources.models import FundPayment

    with pytest.raises(AppendOnly):
        FundPayment.objects.within(scope).filter(pk=paid).update(amount=1)
    actions.reverse(county, paid, reason="金额登记错了", at=AT)
    assert queries.fund(scope, made, TODAY).paid == 0 and [(p.amount, p.reversed) for p in queries.payments(scope, made)] == [(-12345, False), (12345, True)]
    for again in (paid, queries.payments(scope, made)[0].id):
        with pytest.raises(ResourceRefused) as found:
            actions.reverse(county, again, reason="金额登记错了", at=AT)
        assert codes(found) == ["E044"]
    with pytest.raises(ResourceRefused) as found:
        actions.reverse(county, paid, reason="", at=AT)
    assert codes(found) == ["E054"]


def test_money_that_cannot_be_is_refused_and_nothing_is_written() -> None:
    w = world()
    county, scope = w.actor("county"), w.actor("county").scope(P.RESOURCE_READ)
    made = fund(w, yuan=100)

    def refused(**change: object) -> list[str]:
        given: dict[str, object] = {"day": date(2026, 6, 1), "amount": 100, "note": ""}
        with pytest.raises(ResourceRefused) as found:
            actions.pay(county, made, **{**given, **change}, at=AT)  # type: ignore[arg-type]
        return codes(found)

    assert refused(amount=-1) == refused(amount=None) == refused(amount=0) == ["E026"]
    assert refused(day=date(2026, 12, 1)) == ["E001"] and refused(day=date(2025, 12, 31)) == ["E032"]
    assert refused(amount=10001) == ["E029"] and queries.fund(scope, made, TODAY).paid == 0
    actions.pay(county, made, day=date(2026, 6, 1), amount=10001, note="年底追加一分", at=AT)
    for bad, code in (
        (NewPlan(2026, "activity", COUNTY, -1), "E026"), (NewPlan(2026, "other", COUNTY, 1), "E054"), (NewPlan(2026, "office", Counts(villages=-1), 1), "E032"),
        (NewPlan(1990, "office", COUNTY, 1), "E032"),
    ):
        with pytest.raises(ResourceRefused) as found:
            actions.plan(county, w.orgs["QH"], bad, version=0, at=AT)
        assert codes(found) == [code]
    assert len(queries.funds(scope, 2026, TODAY)) == 1


def test_one_fund_is_planned_on_one_level_and_a_stale_form_is_refused() -> None:
    w = world()
    fund(w, org="T1", who="clerk1")
    with pytest.raises(ResourceRefused) as found:
        fund(w)
    assert codes(found) == ["E044"]
    fund(w, org="T2", who="clerk2", yuan=1)
    fund(w, org="T2", who="clerk2", yuan=2, version=1)
    with pytest.raises(ResourceStale):
        fund(w, org="T2", who="clerk2", yuan=3, version=1)
    with pytest.raises(ResourceStale):
        fund(w, org="T2", who="clerk2", yuan=3)
    with pytest.raises(Refused):
        fund(w, org="QH", who="clerk1", year=2025)
    with pytest.raises(Refused):
        fund(w, "office", org="T1-B1", who="committee")
    county = w.actor("county").scope(P.RESOURCE_READ)
    assert [(f.org.code, f.appropriated) for f in queries.funds(county, 2026, TODAY)] == [("T1", 770_000_000), ("T2", 200)]
    with pytest.raises(NotFound):
        actions.pay(w.actor("clerk1"), queries.funds(county, 2026, TODAY)[1].id, day=TODAY, amount=1, note="", at=AT)


def test_a_plan_is_prefilled_from_the_tree() -> None:
    w = world(members=5)
    scope = w.actor("clerk1").scope(P.RESOURCE_WRITE)
    assert queries.counted(scope, organisation(scope, w.orgs["T1"]), TODAY) == Counts(0, 0, 2, 10)


def test_without_a_set_that_names_a_standard_nothing_is_required() -> None:
    w = build(branches=2, members=4)
    made = fund(w)
    found = queries.fund(w.actor("county").scope(P.RESOURCE_READ), made, TODAY)
    assert found.need is None and found.gap == 0


def test_places_stand_to_the_standard_and_one_place_counts_once() -> None:
    w = world()
    place(w)
    place(w, "T1-B2", "secretary2", area=D("89.9"))
    county = w.actor("county")
    scope = county.scope(P.RESOURCE_READ)
    found = queries.places(scope, TODAY)
    assert [(p.standing.standard, p.standing.meets) for p in found] == [(90, True), (90, False)]
    village, community = queries.shares(scope, found)
    assert (village.owed, village.places, village.meeting, village.without, village.rate, community.rate) == (4, 2, 1, 2, "25.00%", "-")
    assert [o.code for o in queries.without_place(scope, found)] == ["T2-B1", "T2-B2"]
    assert (catalogue.total("places.all", scope, TODAY), catalogue.total("places.meeting", scope, TODAY)) == (2, 1)
    assert [d.key for d in duties.due(county, county.sees(), TODAY)] == ["resources:many:places"]
    second = w.actor("secretary2")
    assert [d.key for d in duties.due(second, second.sees(), TODAY)] == [f"resources:place:{found[1].id}"]
    small = statements(lambda: queries.places(w.actor("clerk1").scope(P.RESOURCE_READ), TODAY))
    assert len(statements(lambda: queries.places(scope, TODAY))) <= len(small) <= 8


def test_one_place_for_two_villages_only_when_both_share_it() -> None:
    w = world()
    address = "青禾县第1镇中心路1号"
    first = place(w, address=address)

    def refused(**change: object) -> list[str]:
        with pytest.raises(ResourceRefused) as found:
            place(w, "T1-B2", "secretary2", **change)
        return codes(found)

    assert refused(address="青禾县第１镇 中心路1号") == refused(address=address, shared=True) == ["E044"]
    view = queries.place(w.actor("secretary").scope(P.RESOURCE_READ), first, TODAY)
    actions.change_place(w.actor("secretary"), first, NewPlace(view.name, view.kind, address, D(120), shared=True), version=1, at=AT)
    assert refused(address=address) == ["E044"]
    place(w, "T1-B2", "secretary2", address=address, shared=True)
    with pytest.raises(ResourceStale):
        actions.change_place(w.actor("secretary"), first, NewPlace(view.name, view.kind, address, D(10), shared=True), version=1, at=AT)
    assert refused(area=D(0)) == refused(area=D(-3)) == refused(area=None) == ["E032"] and refused(name="", kind="x", address="村部") == ["E054"] * 3
    actions.close_place(w.actor("secretary"), first, reason="搬到新楼", at=AT)
    with pytest.raises(ResourceRefused) as found:
        actions.close_place(w.actor("secretary"), first, reason="搬到新楼", at=AT)
    assert codes(found) == ["E044"]
    with pytest.raises(NotFound):
        actions.close_place(w.actor("foreign"), first, reason="搬到新楼", at=AT)


@pytest.mark.parametrize(("rule_set", "number"), [("seed-001", 5), ("seed-002h", 8)])
def test_a_check_by_the_list_of_the_rule_set(rule_set: str, number: int) -> None:
    w = world("places", rule_set=rule_set)
    made = place(w)
    secretary = w.actor("secretary")
    scope = secretary.scope(P.RESOURCE_READ)
    listed = queries.place(scope, made, TODAY).items
    assert len(listed) == number
    actions.check_place(secretary, made, day=date(2026, 11, 1), present=listed[:-1], note="", at=AT)
    view = queries.place(scope, made, TODAY)
    assert view.standing.missing == listed[-1:] and view.check is not None and view.check.listed == listed
    actions.check_place(secretary, made, day=TODAY, present=listed, note="补齐了", at=AT)
    assert queries.place(scope, made, TODAY).standing.equipped and len(queries.checks(scope, made)) == 2
    for change, code in (({"day": date(2026, 12, 1)}, "E001"), ({"present": ["tv"]}, "E032")):
        given: dict[str, object] = {"day": TODAY, "present": [], "note": ""}
        with pytest.raises(ResourceRefused) as found:
            actions.check_place(secretary, made, **{**given, **change}, at=AT)  # type: ignore[arg-type]
        assert codes(found) == [code]


def test_a_venue_is_booked_once_for_a_time_and_by_those_to_whom_it_is_open() -> None:
    w = world()
    hall = place(w, "T1", "clerk1", kind="other", open_below=True, name="镇会议室")
    room = place(w)
    day, secretary = date(2026, 11, 25), w.actor("secretary")

    def wish(**change: object) -> NewBooking:
        given: dict[str, object] = {"place_id": hall, "for_org_id": w.orgs["T1-B1"], "day": day, "start": time(9), "end": time(11), "purpose": "主题党日"}
        return NewBooking(**{**given, **change})  # type: ignore[arg-type]

    made = bookings.book(secretary, wish(), at=AT)
    second = {"for_org_id": w.orgs["T1-B2"]}
    for change, code in (
        ({"start": time(10), "end": time(12)}, "E044"), ({"day": date(2026, 11, 1)}, "E002"), ({"end": time(9)}, "E002"), ({"start": None}, "E054"), ({"purpose": ""}, "E054"),
        ({"day": date(2028, 1, 1)}, "E032"),
    ):
        with pytest.raises(ResourceRefused) as found:
            bookings.book(w.actor("secretary2"), wish(**{**second, **change}), at=AT)
        assert codes(found) == [code]
    bookings.book(w.actor("secretary2"), wish(**second, start=time(11), end=time(12)), at=AT)
    with pytest.raises(NotFound):
        bookings.book(w.actor("secretary2"), wish(**second, place_id=room), at=AT)  # another branch's room
    with pytest.raises(NotFound):
        bookings.book(w.actor("foreign"), wish(for_org_id=w.orgs["T2-B1"]), at=AT)
    scope = secretary.scope(P.RESOURCE_READ)
    assert {v.id for v in bookings.venues(scope, w.orgs["T1-B1"])} == {hall, room}
    assert [b.id for b in bookings.bookings(scope, day, day, place_id=hall)] == [made]   # the other branch's booking is not shown …
    assert [(s, e) for _, s, e in bookings.taken(scope, w.orgs["T1-B1"], day, day)[hall]] == [(time(9), time(11)), (time(11), time(12))]  # … only that it is taken
    assert len(bookings.bookings(w.actor("clerk1").scope(P.RESOURCE_READ), day, day, place_id=hall)) == 2
    with pytest.raises(NotFound):
        bookings.cancel(w.actor("secretary2"), made, at=AT)
    bookings.cancel(secretary, made, at=AT)
    bookings.book(w.actor("secretary2"), wish(**second), at=datetime(2026, 11, 20, 11, tzinfo=SHANGHAI))


def test_rows_of_others_are_not_read() -> None:
    w = world()
    made, there = fund(w, org="T1", who="clerk1"), place(w)
    foreign = w.actor("foreign").scope(P.RESOURCE_READ)
    assert not queries.funds(foreign, 2026, TODAY) and not queries.places(foreign, TODAY) and not queries.payments(foreign, made)
    for ask in (lambda: queries.fund(foreign, made, TODAY), lambda: queries.place(foreign, there, TODAY), lambda: queries.fund(Scope(), made, TODAY)):
        with pytest.raises(NotFound):
            ask()


@pytest.mark.parametrize(("name", "off"), [
    ("areas.resources.rules.overlaps", lambda *a: False), ("areas.resources.actions._counted_twice", lambda *a: []), ("areas.resources.rules.check_paid", lambda *a: None),
])
def test_sabotage_without_the_guard_it_is_written(name: str, off: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """The twins: what the tests above see refused goes through once its guard is off."""
    w = world()
    module, _, function = f"zhibu.{name}".rpartition(".")
    monkeypatch.setattr(f"{module}.{function}", off)
    if function == "overlaps":
        wish = NewBooking(place(w), w.orgs["T1-B1"], date(2026, 11, 25), time(9), time(11), "主题党日")
        assert bookings.book(w.actor("secretary"), wish, at=AT) != bookings.book(w.actor("secretary"), wish, at=AT)
    elif function == "check_paid":
        assert actions.pay(w.actor("county"), fund(w, yuan=1), day=TODAY, amount=101, note="", at=AT)
    else:
        assert fund(w, org="T1", who="clerk1") != fund(w)
