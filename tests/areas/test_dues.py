"""Dues through the actions: AT-03 to the fen, what is refused, reversal, reviews, and who sees what."""
from __future__ import annotations

from datetime import date, datetime

import pytest
from tests.world import AT, SHANGHAI, World, build

from zhibu.areas.dues import arrears, assessing, bases, books, duties, paying, publishing, queries, relief, reviews
from zhibu.areas.dues.bases import NewBase
from zhibu.areas.dues.models import Assessment, IncomeBase, Payment, Posting
from zhibu.areas.dues.reach import DuesRefused, opened
from zhibu.areas.dues.rules import Step, fen, month_from
from zhibu.areas.dues.totals import totals
from zhibu.ground.access.queries import system_actor
from zhibu.ground.guard.permission import Permission
from zhibu.ground.guard.scope import Scope
from zhibu.ground.people import actions as people
from zhibu.ground.people.models import Membership
from zhibu.ground.process import actions as process

pytestmark = pytest.mark.django_db

CLERK = datetime(2025, 1, 5, 10, 0, tzinfo=SHANGHAI)


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}T10:00:00+08:00")


def month(code: str) -> int:
    return month_from(code)


#: member -> category, base, month's dues (rules.md AT-03); K's base is the agreed sum
STORY = {
    "A": ("wage", "3000.00", "15.00"), "B": ("wage", "3000.01", "30.00"), "C": ("wage", "5000.00", "50.00"), "D": ("wage", "5000.01", "75.00"),
    "E": ("wage", "8200", "123.00"), "F": ("wage", "10000", "150.00"), "G": ("wage", "12500", "250.00"), "H": ("pension", "4980", "24.90"),
    "I": ("pension", "5000", "25.00"), "J": ("pension", "5600", "56.00"), "K": ("farmer", "0.50", "0.50"), "L": ("student", "0", "0.20"),
    "M": ("wage", "4200", "42.00"), "N": ("self_employed", "9000", "135.00"), "O": ("wage", "4000", "0.00"),
}


class Story:
    """The branch of AT-03 with its fifteen members, as of January 2025."""

    def __init__(self) -> None:
        self.w: World = build(branches=2, members=4)
        self.org = self.w.orgs["T2-B1"]
        self.path = self.w.paths["T2-B1"]
        self.keeper = self.w.actor("foreign")
        self.scope = opened(self.path)
        ids = people.register_many(
            system_actor(),
            [
                people.NewMember(self.org, f"党员{k}同志", "probationary" if k == "M" else "full", date(2025, 3, 18) if k == "M" else date(2015, 1, 1), gender="男")
                for k in STORY
            ],
            at=AT,
        )
        self.p = dict(zip(STORY, ids, strict=True))
        bases.declare_many(
            self.keeper, self.org, [NewBase(self.p[k], c, fen(b), month("2025-01") if k != "M" else month("2025-03")) for k, (c, b, _) in STORY.items()], at=AT,
        )

    def exempt(self) -> None:
        relief.register(
            self.keeper, self.org, self.p["O"], amount=0, from_month=month("2025-01"), to_month=month("2026-01"), reason="患重病", meeting_on=date(2024, 12, 20),
            document="镇党〔2024〕50号", at=AT,
        )

    def assess_year(self) -> None:
        for m in range(month("2025-01"), month("2026-01")):
            assessing.assess(self.keeper, self.org, m, at=AT)

    def pay(self, who: str, *codes: str, on: str, **more: object) -> paying.Paid:
        return paying.pay(self.keeper, self.org, self.p[who], [month(c) for c in codes], paid_on=date.fromisoformat(on), method="cash", at=AT, **more)  # type: ignore[arg-type]

    def late(self, who: str, on: str) -> arrears.Late | None:
        return next(iter(arrears.late(self.scope, date.fromisoformat(on), org_id=self.org, person_id=self.p[who])), None)


def codes(first: int, last: int, year: int = 2025) -> list[str]:
    return [f"{year}-{m:02d}" for m in range(first, last + 1)]


def test_at_03_the_year_to_the_fen() -> None:
    story = Story()
    story.exempt()
    story.assess_year()
    march = {r.person_id: r for r in Assessment.objects.within(story.scope).filter(month=month("2025-03"))}
    for k, (_, _, amount) in STORY.items():
        assert march[story.p[k]].amount_fen == fen(amount), k
        assert march[story.p[k]].rule_set == "cn-dues-2008" and march[story.p[k]].rule_version
    assert [march[story.p[k]].rate for k in "ABDFGHJKLO"] == [5000, 10000, 15000, 15000, 20000, 5000, 10000, None, None, None]
    assert sum(r.amount_fen for r in march.values()) == fen("976.60")
    first, last = month("2025-01"), month("2025-12")
    sums = totals(Scope((story.path,)), first, last)[story.org]
    assert (sums.due, sums.due_months) == (fen("11635.20"), 166)
    assert Assessment.objects.within(story.scope).filter(person_id=story.p["M"]).count() == 10
    for code in codes(1, 12):
        people_ids = [story.p[k] for k in STORY if not (k == "E" and code in ("2025-11", "2025-12"))]
        paying.pay_all(story.keeper, story.org, month(code), people_ids, paid_on=date(2026, 1, 5), method="theme_day", at=AT)
    sums = totals(Scope((story.path,)), first, last)[story.org]
    assert (sums.paid, sums.paid_months) == (fen("11389.20"), 164)
    found = publishing.report(Scope((story.path,)), story.org, 2026)
    assert found.collected == found.balance == fen("11389.20")
    year = publishing.report(Scope((story.path,)), story.org, 2025)
    assert (year.rate_amount, year.rate_months) == ("97.89%", "98.80%")


def test_at_03_the_ladder_and_the_review() -> None:
    story = Story()
    story.assess_year()
    first = story.late("F", "2025-02-01")
    assert first is not None and (first.found.months, first.found.step, first.owed) == (1, Step.REMINDER, fen("150.00"))
    third = story.late("F", "2025-04-01")
    assert third is not None and third.found.step is Step.CRITICISM and not third.needs_review
    with pytest.raises(DuesRefused) as early:
        reviews.open_review(story.keeper, story.org, story.p["F"], at=at("2025-06-30"))
    assert early.value.code == "E055"
    sixth = story.late("F", "2025-07-01")
    assert sixth is not None and (sixth.found.step, sixth.owed, sixth.needs_review) == (Step.LAPSE_REVIEW, fen("900.00"), True)
    review = reviews.open_review(story.keeper, story.org, story.p["F"], at=at("2025-07-01"))
    with pytest.raises(DuesRefused) as twice:
        reviews.open_review(story.keeper, story.org, story.p["F"], at=at("2025-07-02"))
    assert twice.value.code == "E053"
    open_one = story.late("F", "2025-07-01")
    assert open_one is not None and open_one.review == "open" and not open_one.needs_review
    reviews.close_review(story.keeper, review, reason="住院", meeting_on=date(2025, 7, 3), accepted=True, at=at("2025-07-04"))
    spells = list(Membership.objects.within(Scope((story.path,))).filter(person_id=story.p["F"]).values_list("standing", "to_on"))
    assert spells == [("full", None)]  # no step of this changes a membership
    after = story.late("F", "2025-07-05")
    assert after is not None and after.review == "accepted" and not after.needs_review
    paid = paying.pay(story.keeper, story.org, story.p["F"], [month(c) for c in codes(1, 6)], paid_on=date(2025, 7, 10), method="cash", at=at("2025-07-10"))
    assert paid.amount == fen("900.00") and paid.warning == ""
    assert story.late("F", "2025-07-10") is None


def test_at_03_seven_months_are_warned_about_and_taken() -> None:
    story = Story()
    paid = story.pay("F", *codes(1, 7), on="2025-08-05")
    assert paid.amount == fen("1050.00") and "7个月" in paid.warning and "6个月" in paid.warning


def test_at_03_a_quarter_with_consent_is_no_arrears() -> None:
    story = Story()
    story.assess_year()
    assert story.late("G", "2025-02-01") is not None  # without consent: one month late
    relief.consent(story.keeper, story.org, story.p["G"], kind="quarterly", from_month=month("2025-01"), meeting_on=date(2025, 1, 3), reason="在外务工", at=AT)
    assert story.late("G", "2025-02-01") is None and story.late("G", "2025-03-31") is None
    assert story.late("G", "2025-04-01") is not None
    story.pay("G", "2025-01", "2025-02", "2025-03", on="2025-03-28")
    assert story.late("G", "2025-04-01") is None
    with pytest.raises(DuesRefused) as ahead:
        story.pay("A", "2025-04", on="2025-03-28")
    assert ahead.value.code == "E001"
    with pytest.raises(DuesRefused) as beyond:
        story.pay("G", "2025-07", on="2025-06-28")
    assert beyond.value.code == "E001"
    assert story.pay("G", "2025-04", "2025-05", "2025-06", on="2025-04-02").amount == fen("750.00")


def test_the_month_of_the_admitting_meeting_is_the_first_and_the_tables_hold_in_their_time() -> None:
    story = Story()
    with pytest.raises(DuesRefused) as before:
        story.pay("M", "2025-02", on="2025-04-01")
    assert before.value.code == "E045" and "2025年3月" in before.value.reason
    assert story.pay("M", "2025-03", on="2025-03-31").amount == fen("42.00")
    w = story.w
    member = people.register_many(system_actor(), [people.NewMember(story.org, "老党员甲", "full", date(2000, 1, 1), gender="男")], at=AT)[0]
    Membership.objects.within(Scope((story.path,))).filter(person_id=member).update(from_on=date(2000, 1, 1))
    bases.declare(story.keeper, w.orgs["T2-B1"], NewBase(member, "wage", fen("1200"), month("2007-01")), at=AT)
    for code, amount, rules in (("2007-12", "24.00", "cn-dues-1998"), ("2008-04", "6.00", "cn-dues-2008")):
        assessing.assess(story.keeper, story.org, month(code), at=AT)
        row = Assessment.objects.within(story.scope).get(person_id=member, month=month(code))
        assert (row.amount_fen, row.rule_set) == (fen(amount), rules)


@pytest.mark.parametrize(
    ("code", "attempt"),
    [
        ("E028", lambda s: s.pay("A", "2025-01", on="2025-04-01")),
        ("E028", lambda s: s.pay("A", "2025-02", "2025-02", on="2025-04-01")),
        ("E001", lambda s: s.pay("A", "2025-02", on="2026-11-21")),
        ("E001", lambda s: s.pay("A", "2025-05", on="2025-04-01")),
        ("E026", lambda s: s.pay("A", "2025-02", on="2025-04-01", expected=1400)),
        ("E027", lambda s: bases.declare(s.keeper, s.org, NewBase(s.p["K"], "farmer", 120, month("2025-02")), at=AT)),
        ("E026", lambda s: bases.declare(s.keeper, s.org, NewBase(s.p["A"], "wage", -100, month("2025-02")), at=AT)),
        ("E026", lambda s: bases.declare(s.keeper, s.org, NewBase(s.p["A"], "wage", 100_000_000, month("2025-02")), at=AT)),
        ("E008", lambda s: bases.declare(s.keeper, s.org, NewBase(s.p["A"], "", 100, month("2025-02")), at=AT)),
        ("E041", lambda s: bases.declare(s.keeper, s.org, NewBase(s.p["A"], "wage", 100, month("2025-01")), at=AT)),
        ("E045", lambda s: bases.declare(s.keeper, s.org, NewBase(s.w.persons["T1-B1"][0], "wage", 100, month("2025-02")), at=AT)),
        ("E045", lambda s: paying.pay(s.keeper, s.org, s.w.persons["T1-B1"][0], [month("2025-02")], paid_on=date(2025, 3, 1), method="cash", at=AT)),
        ("E008", lambda s: paying.pay(s.keeper, s.org, s.w.persons["T2-B1"][0], [month("2025-02")], paid_on=date(2025, 3, 1), method="cash", at=AT)),
        ("E049", lambda s: paying.pay(s.keeper, s.org, s.p["B"], [month("2025-02")], paid_on=date(2025, 3, 1), method="relative", payer="王某某", at=AT)),
        ("E049", lambda s: relief.register(s.keeper, s.org, s.p["B"], amount=0, from_month=month("2025-02"), to_month=month("2025-05"), reason="患病", meeting_on=date(2025, 1, 2), document=" ", at=AT)),
        ("E041", lambda s: (s.exempt(), s.exempt())),
        ("E029", lambda s: books.ask_expense(s.keeper, s.org, purpose=0, amount=100, what="宴请", at=AT)),
        ("E029", lambda s: books.ask_expense(s.keeper, s.org, purpose=1, amount=1501, what="买学习资料", at=AT)),
        ("E029", lambda s: books.remit(s.keeper, s.org, 1501, on=date(2025, 4, 1), at=AT)),
        ("E026", lambda s: paying.give(s.keeper, s.org, s.p["A"], 100_000_000, on=date(2025, 4, 1), at=AT)),
        ("E026", lambda s: paying.give(s.keeper, s.org, s.p["A"], 0, on=date(2025, 4, 1), at=AT)),
    ],
)
def test_what_is_refused_leaves_everything_as_it_was(code: str, attempt: object) -> None:
    story = Story()
    story.pay("A", "2025-01", on="2025-01-20")
    before = (Payment.objects.within(story.scope).count(), Posting.objects.within(story.scope).count())
    with pytest.raises(DuesRefused) as refused:
        attempt(story)  # type: ignore[operator]
    assert refused.value.code == code and len(refused.value.reason) > 8
    assert before == (Payment.objects.within(story.scope).count(), Posting.objects.within(story.scope).count())


def test_a_month_after_the_end_of_membership_is_refused() -> None:
    story = Story()
    people.end_membership(system_actor(), story.p["C"], on=date(2025, 3, 10), ended_as="deceased", document="死亡证明", at=AT)
    with pytest.raises(DuesRefused) as refused:
        story.pay("C", "2025-04", on="2025-04-30")
    assert refused.value.code == "E045"


def test_a_reversal_makes_the_month_due_again_and_happens_once() -> None:
    story = Story()
    paid = story.pay("B", "2025-01", "2025-02", on="2025-02-10")
    paying.reverse(story.keeper, paid.payment_id, reason="记错了人", at=AT)
    assert story.late("B", "2025-03-01") is not None
    with pytest.raises(DuesRefused) as twice:
        paying.reverse(story.keeper, paid.payment_id, reason="记错了人", at=AT)
    assert twice.value.code == "E028"
    assert books.balance(story.org, story.path) == 0
    assert story.pay("B", "2025-01", on="2025-03-01").amount == fen("30.00")


def test_a_changed_base_counts_from_its_month_and_paid_months_stay() -> None:
    story = Story()
    story.pay("A", "2025-02", on="2025-02-10")
    assessing.assess(story.keeper, story.org, month("2025-03"), at=AT)
    new = bases.declare(story.keeper, story.org, NewBase(story.p["A"], "wage", fen("6000"), month("2025-02")), at=AT)
    rows = Assessment.objects.within(story.scope).filter(person_id=story.p["A"], ended_at__isnull=True)
    assert dict(rows.values_list("month", "amount_fen")) == {month("2025-02"): 1500, month("2025-03"): 9000}
    bases.withdraw(story.keeper, story.org, new, why="看错行", at=AT)
    assert dict(rows.values_list("month", "amount_fen")) == {month("2025-02"): 1500, month("2025-03"): 1500}
    assert IncomeBase.objects.within(story.scope).get(person_id=story.p["A"], ended_at__isnull=True).to_month is None


def test_nobody_verifies_the_own_base_or_answers_the_own_request() -> None:
    w = build(branches=2, members=4)
    keeper = w.actor("secretary")
    org, path = w.orgs["T1-B1"], w.paths["T1-B1"]
    from dataclasses import replace

    himself = replace(keeper, person_id=w.persons["T1-B1"][0])
    own, other = bases.declare_many(himself, org, [NewBase(p, "wage", 300000, month("2026-01")) for p in w.persons["T1-B1"][:2]], verified=True, at=AT)
    assert [b.verified_by for b in IncomeBase.objects.within(opened(path)).order_by("id")] == ["", keeper.name]
    with pytest.raises(DuesRefused) as refused:
        bases.verify(himself, org, [own], at=AT)
    assert refused.value.code == "E037"
    assert bases.verify(keeper, org, [own, other], at=AT) == 1
    case = relief.ask(keeper, org, w.persons["T1-B1"][0], amount=0, from_month=month("2026-01"), to_month=month("2026-07"), reason="患病", meeting_on=date(2026, 1, 5), at=AT)
    both = replace(w.actor("clerk1"), account_id=keeper.account_id)
    with pytest.raises(process.CaseError) as same:
        process.approve(both, case, document="镇党〔2026〕3号", at=AT)
    assert same.value.code == "E037"
    process.approve(w.actor("clerk1"), case, document="镇党〔2026〕3号", at=AT)
    assessing.assess(keeper, org, month("2026-02"), at=AT)
    assert Assessment.objects.within(opened(path)).get(person_id=w.persons["T1-B1"][0], month=month("2026-02")).amount_fen == 0


def test_rank_never_opens_a_single_sum() -> None:
    story = Story()
    story.pay("A", "2025-01", on="2025-01-20")
    for who, right in (("clerk2", Permission.DUES_TOTAL), ("county", Permission.DUES_TOTAL), ("clerk2", Permission.MEMBER_READ)):
        scope = story.w.actor(who).scope(right)
        assert scope.covers(story.path)
        assert not arrears.late(scope, date(2025, 12, 1))
        for model in (Assessment, Payment, IncomeBase):
            assert not model.objects.within(scope).exists()
        assert totals(scope, month("2025-01"), month("2025-01"))[story.org].paid == 1500
    assert Payment.objects.within(Scope(person_id=story.p["A"])).count() == 1
    assert not Payment.objects.within(Scope(person_id=story.p["B"])).exists()


def test_a_refused_reduction_stands_in_nobodys_way() -> None:
    w = build(branches=2, members=4)
    keeper, org, person = w.actor("secretary"), w.orgs["T1-B1"], w.persons["T1-B1"][1]
    wish = {"amount": 0, "from_month": month("2026-01"), "to_month": month("2026-07"), "reason": "患病", "meeting_on": date(2026, 1, 5), "at": AT}
    case = relief.ask(keeper, org, person, **wish)
    with pytest.raises(DuesRefused) as twice:
        relief.ask(keeper, org, person, **wish)
    assert twice.value.code == "E041"
    process.refuse(w.actor("clerk1"), case, reason="材料不全", at=AT)
    (seen,) = queries.exemptions(opened(w.paths["T1-B1"]), org)
    assert seen.state == "refused"
    relief.ask(keeper, org, person, **wish)


def test_above_one_counts_those_beyond_a_reminder() -> None:
    story = Story()
    story.assess_year()
    for who in "ABCDEGHIJKLN":
        paying.pay(story.keeper, story.org, story.p[who], [month(c) for c in codes(1, 3)], paid_on=date(2025, 4, 20), method="cash", at=AT)
    tally = arrears.counts(story.w.actor("clerk2").scope(Permission.DUES_TOTAL), date(2025, 5, 1))
    assert tally == {story.org: {Step.CRITICISM: 2}}  # F and O for four months; M owes since March, the others one month
    assert arrears.counts(story.w.actor("clerk2").scope(Permission.DUES_TOTAL), date(2025, 7, 1))[story.org]["needs_review"] == 2


def test_the_command_assesses_every_branch_once(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    from zhibu.cli import assessing as command

    story = Story()
    monkeypatch.setattr("django.utils.timezone.now", lambda: at("2025-04-10"))
    assert command.main([]) == 0 and command.main([]) == 0
    assert capsys.readouterr().out.split("\n")[:2] == ["应交清单添了 30 人次", "应交清单添了 0 人次"]
    assert command.main(["--month", "2025-02"]) == 0 and command.main(["--month", "2025-05"]) == 2 and command.main(["2025-02"]) == 2
    assert Assessment.objects.within(story.scope).filter(month=month("2025-02")).count() == 14


def test_the_daily_job_adds_what_is_missing() -> None:
    """The schedule that config/wiring.py connects, run as the worker does."""
    from zhibu.ground.jobs import registry

    story, kind = Story(), registry.kind("dues.assess")
    run = registry.Run("job", 1, at("2025-04-10"), lambda: at("2025-04-10"))
    kind.do(run, {})
    kind.do(run, {})
    rows = Assessment.objects.within(story.scope).order_by("month")
    assert set(rows.values_list("month", flat=True)) == {month("2025-03"), month("2025-04")} and rows.count() == 30


def test_dues_are_paid_to_the_last_month_before_a_gap() -> None:
    story = Story()
    story.assess_year()
    keeper = story.keeper.scope(Permission.DUES_READ)
    assert queries.paid_to(keeper, story.org, story.p["A"]) is None
    for code in ("2025-01", "2025-02", "2025-04"):
        paying.pay(story.keeper, story.org, story.p["A"], [month(code)], paid_on=date(2025, 4, 20), method="cash", at=AT)
    assert queries.paid_to(keeper, story.org, story.p["A"]) == date(2025, 2, 1)
    assert queries.paid_to(story.w.actor("clerk2").scope(Permission.DUES_TOTAL), story.org, story.p["A"]) is None, "rank opens nothing"


def test_the_desk_says_what_is_due_and_names_nobody_above() -> None:
    story = Story()
    story.assess_year()
    story.pay("A", *codes(1, 12), on="2025-12-20")

    def said(who: str, day: str) -> dict[str, str]:
        actor = story.w.actor(who)
        return {d.key.split(":")[1]: d.title for d in duties.due(actor, actor.sees(), date.fromisoformat(day))}

    july = said("foreign", "2025-07-21")
    assert "连续 6 个月没交党费" in july["lapse"] and "没交" in july["month"] and "没有核定" in july["no_base"] and "verify" not in july
    assert "党员F同志" in " ".join(d.title for d in duties.due(story.keeper, story.keeper.sees(), date(2025, 7, 1)))
    january = said("foreign", "2026-01-10")
    assert "2025年党费收缴使用情况还没有公布" in january["publish"] and "没有核实" in january["verify"]
    publishing.publish(story.keeper, story.org, 2025, on=date(2026, 1, 12), how="党员大会", at=AT)
    assert "publish" not in said("foreign", "2026-01-13")
    above = duties.due(story.w.actor("clerk2"), story.w.actor("clerk2").sees(), date(2025, 7, 1))
    assert [d.title for d in above if "核查" in d.title] == ["1 个支部有党员连续没交党费达到核查的月数，还没有启动核查"]
    assert "同志" not in str(above)
