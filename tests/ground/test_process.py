"""Cases: one open at a time, answered only from above and never by the submitter; the effect and the answer are one transaction."""
from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from tests import world
from tests.world import AT, World

from zhibu.ground.guard.actor import Actor, Refused
from zhibu.ground.guard.permission import Permission
from zhibu.ground.guard.scope import Scope
from zhibu.ground.journal import journal
from zhibu.ground.process import actions, queries, spec
from zhibu.ground.process.actions import AlreadyAnswered, CaseError
from zhibu.ground.process.models import Case
from zhibu.ground.process.spec import CaseKind, Owner, Ruling, Step
from zhibu.ground.tree.queries import NotFound

pytestmark = pytest.mark.django_db

KIND = CaseKind(
    "test.wish", "试报", Permission.ORG_REQUEST, Permission.ORG_APPROVE, (Step("报", Owner.APPLICANT), Step("批", Owner.SUPERIOR, "批复")),
)
LIGHT = CaseKind("test.light", "试免", Permission.EXCUSE_REQUEST, Permission.EXCUSE_DECIDE, KIND.steps, document_required=False)


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[Ruling]:
    """Register two kinds for the test; the effects note what they were given."""
    carried_out: list[Ruling] = []
    monkeypatch.setattr(spec, "_KINDS", dict(spec._KINDS))
    monkeypatch.setattr(spec, "_EFFECTS", dict(spec._EFFECTS))
    for kind in (KIND, LIGHT):
        spec.register(kind, lambda ruling, actor, at: carried_out.append(ruling))
    return carried_out


@pytest.fixture
def w() -> World:
    return world.build()


def hand_in(w: World, *, username: str = "secretary", kind: str = "test.wish", org: str = "T1-B1", sender: str | None = None, at: datetime = AT, **more) -> int:
    org_id = w.orgs[org]
    return actions.submit(
        w.actor(username), kind=kind, org_id=org_id, submitted_from=w.orgs[sender or org], subject_type="organisation", subject_id=org_id, title="试一试",
        wish=more, at=at,
    )


def refused(code: str, call) -> CaseError:
    with pytest.raises(CaseError) as error:
        call()
    assert error.value.code == code
    return error.value


def test_a_case_goes_up_and_comes_back_approved(w: World, done: list[Ruling]) -> None:
    case_id = hand_in(w, on="2026-11-01")
    clerk = w.actor("clerk1")
    assert [c.id for c in queries.inbox(clerk.sees(), clerk)] == [case_id]
    actions.approve(clerk, case_id, document="镇党〔2026〕9号", answer="同意", at=AT)
    view = queries.case(clerk.sees(), case_id)
    assert (view.state, view.decided_by, view.decider_org, view.document) == ("approved", "clerk1", "中共青禾县第1镇委员会", "镇党〔2026〕9号")
    assert done == [Ruling(case_id, "test.wish", w.orgs["T1-B1"], "organisation", w.orgs["T1-B1"], w.orgs["T1-B1"], {"on": "2026-11-01"}, view.document, "同意", AT.date(), "secretary")]
    assert [e.action for e in journal.about(clerk.sees(), "case", case_id)] == ["process.approve", "process.submit"]
    assert not queries.inbox(clerk.sees(), clerk)


def test_e053_a_second_case_about_the_same_subject_waits_for_the_answer(w: World, done: list[Ruling]) -> None:
    hand_in(w)
    error = refused("E053", lambda: hand_in(w))
    assert "11月20日" in error.reason and "secretary" in error.reason
    assert len(queries.open_cases(w.actor("secretary").sees(), subject=("organisation", w.orgs["T1-B1"]))) == 1
    hand_in(w, kind="test.light")  # another kind about the same subject is another matter


def test_e053_is_kept_by_the_database_too(w: World, done: list[Ruling]) -> None:
    """Two people press the button at once: the look before found nothing for either of them."""
    hand_in(w)
    rows = Case.objects.within(Scope((w.actor("secretary").grants[0].org_path,)))
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.create(
            org_id=w.orgs["T1-B1"], kind="test.wish", title="再报", subject_type="organisation", subject_id=w.orgs["T1-B1"], submitted_by="甲",
            submitted_from=w.orgs["T1-B1"], submitted_at=AT,
        )


def test_the_loser_of_a_race_reads_e053(w: World, done: list[Ruling], monkeypatch: pytest.MonkeyPatch) -> None:
    hand_in(w)
    monkeypatch.setattr(actions, "_refuse_twins", lambda *_: None)
    refused("E053", lambda: hand_in(w))
    assert Case.objects.within(w.actor("secretary").sees()).count() == 1


def test_after_the_answer_the_same_may_be_asked_again(w: World, done: list[Ruling]) -> None:
    actions.refuse(w.actor("clerk1"), hand_in(w), reason="材料不全", at=AT)
    hand_in(w)


def test_e023_only_an_organisation_above_answers(w: World, done: list[Ruling]) -> None:
    """The township hands in for itself: its own office may not answer, the county may."""
    case_id = hand_in(w, username="clerk1", org="T1")
    other = Actor(999, "同一办公室的另一位", None, w.actor("clerk1").grants)
    refused("E023", lambda: actions.approve(other, case_id, document="镇党〔2026〕9号", at=AT))
    refused("E023", lambda: actions.refuse(other, case_id, reason="不行", at=AT))
    assert not queries.inbox(other.sees(), other)
    actions.approve(w.actor("county"), case_id, document="青组〔2026〕9号", at=AT)
    assert len(done) == 1


def test_e023_a_township_that_hands_in_for_its_branch_does_not_answer_itself(w: World, done: list[Ruling]) -> None:
    case_id = hand_in(w, username="clerk1", org="T1-B1", sender="T1")
    colleague = Actor(999, "另一位", None, w.actor("clerk1").grants)
    refused("E023", lambda: actions.approve(colleague, case_id, document="镇党〔2026〕9号", at=AT))


def test_e023_above_the_root_there_is_nobody(w: World, done: list[Ruling]) -> None:
    refused("E023", lambda: hand_in(w, username="county", org="QH"))


def test_e037_nobody_answers_what_he_handed_in(w: World, done: list[Ruling]) -> None:
    """One person holds both offices: secretary of the branch and clerk of the township."""
    both = Actor(w.accounts["secretary"], "secretary", None, w.actor("secretary").grants + w.actor("clerk1").grants)
    case_id = hand_in(w)
    refused("E037", lambda: actions.approve(both, case_id, document="镇党〔2026〕9号", at=AT))
    refused("E037", lambda: actions.refuse(both, case_id, reason="不行", at=AT))
    assert not queries.inbox(both.sees(), both)
    assert queries.case(both.sees(), case_id).is_open and not done


def test_e049_an_approval_needs_the_paper_where_the_kind_says_so(w: World, done: list[Ruling]) -> None:
    case_id, light = hand_in(w), hand_in(w, kind="test.light")
    assert refused("E049", lambda: actions.approve(w.actor("clerk1"), case_id, document="  ", at=AT)).field == "document"
    assert queries.case(w.actor("clerk1").sees(), case_id).is_open and not done
    actions.approve(w.actor("clerk1"), light, at=AT)


def test_a_refusal_needs_a_reason(w: World, done: list[Ruling]) -> None:
    case_id = hand_in(w)
    assert refused("E049", lambda: actions.refuse(w.actor("clerk1"), case_id, reason=" ", at=AT)).field == "answer"
    actions.refuse(w.actor("clerk1"), case_id, reason="人数没有核对", at=AT)
    view = queries.case(w.actor("secretary").sees(), case_id)
    assert (view.state, view.answer) == ("refused", "人数没有核对") and not done


def test_the_paper_is_dated_between_application_and_today(w: World, done: list[Ruling]) -> None:
    case_id = hand_in(w, applied_on="2026-11-10")
    clerk = w.actor("clerk1")
    refused("E001", lambda: actions.approve(clerk, case_id, document="镇党〔2026〕9号", answered_on=date(2026, 11, 21), at=AT))
    refused("E002", lambda: actions.approve(clerk, case_id, document="镇党〔2026〕9号", answered_on=date(2026, 11, 9), at=AT))
    actions.approve(clerk, case_id, document="镇党〔2026〕9号", answered_on=date(2026, 11, 12), at=AT)
    assert queries.case(clerk.sees(), case_id).document == "镇党〔2026〕9号，2026年11月12日"
    assert done[0].answered_on == date(2026, 11, 12)


def test_an_effect_that_fails_leaves_the_case_open(w: World, done: list[Ruling]) -> None:
    def fails(ruling: Ruling, actor: Actor, at: datetime) -> None:
        raise CaseError("E003", "中途不行")

    case_id = hand_in(w)
    spec.register(KIND, fails)
    refused("E003", lambda: actions.approve(w.actor("clerk1"), case_id, document="镇党〔2026〕9号", at=AT))
    assert queries.case(w.actor("clerk1").sees(), case_id).is_open
    assert [e.action for e in journal.about(w.actor("clerk1").sees(), "case", case_id)] == ["process.submit"]


def test_a_second_answer_shows_the_first(w: World, done: list[Ruling]) -> None:
    case_id = hand_in(w)
    actions.approve(w.actor("clerk1"), case_id, document="镇党〔2026〕9号", at=AT)
    with pytest.raises(AlreadyAnswered, match="clerk1") as error:
        actions.refuse(w.actor("county"), case_id, reason="不同意", at=AT)
    assert error.value.case.state == "approved" and len(done) == 1


def test_the_sender_takes_it_back_while_it_is_open(w: World, done: list[Ruling]) -> None:
    case_id = hand_in(w)
    with pytest.raises(Refused):
        actions.withdraw(w.actor("member"), case_id, at=AT)
    actions.withdraw(w.actor("secretary"), case_id, at=AT)
    assert queries.case(w.actor("secretary").sees(), case_id).state == "withdrawn"
    with pytest.raises(AlreadyAnswered):
        actions.approve(w.actor("clerk1"), case_id, document="镇党〔2026〕9号", at=AT)


@pytest.mark.parametrize("username", ["foreign", "clerk2", "sysadmin"])
def test_out_of_scope_there_is_no_case(w: World, done: list[Ruling], username: str) -> None:
    case_id = hand_in(w)
    stranger = w.actor(username)
    with pytest.raises(NotFound):
        queries.case(stranger.sees(), case_id)
    for call in (
        lambda: actions.approve(stranger, case_id, document="x", at=AT), lambda: actions.refuse(stranger, case_id, reason="不行", at=AT),
        lambda: actions.withdraw(stranger, case_id, at=AT),
    ):
        with pytest.raises(NotFound):
            call()
    assert not queries.inbox(stranger.sees(), stranger)


@pytest.mark.parametrize("username", ["member", "committee", "organiser", "reader"])
def test_in_scope_without_the_right_is_refused_with_the_reason(w: World, done: list[Ruling], username: str) -> None:
    case_id = hand_in(w)
    with pytest.raises(Refused) as error:
        actions.approve(w.actor(username), case_id, document="x", at=AT)
    assert not error.value.hidden


def test_nobody_hands_in_for_another_branch(w: World, done: list[Ruling]) -> None:
    with pytest.raises(Refused) as error:
        hand_in(w, username="foreign", org="T1-B1")
    assert error.value.hidden
    with pytest.raises(Refused):
        hand_in(w, username="secretary", org="T1-B2", sender="T1-B1")  # not below the sender


def test_answers_since_a_day(w: World, done: list[Ruling]) -> None:
    case_id = hand_in(w)
    actions.approve(w.actor("clerk1"), case_id, document="镇党〔2026〕9号", at=AT)
    scope, own = w.actor("secretary").sees(), [w.orgs["T1-B1"]]
    assert [c.id for c in queries.answered(scope, own, AT - timedelta(days=1))] == [case_id]
    assert not queries.answered(scope, own, AT + timedelta(days=1))
    assert [c.id for c in queries.cases_of(scope, own)] == [case_id]


def test_listing_cases_takes_the_same_statements_for_one_and_for_many(w: World, done: list[Ruling], django_assert_num_queries) -> None:
    for org in ("T1-B1", "T1-B2", "T2-B1", "T2-B2"):
        hand_in(w, username="clerk1" if org.startswith("T1") else "clerk2", org=org)
    county = w.actor("county")
    with django_assert_num_queries(2):
        assert len(queries.inbox(county.sees(), county)) == 4
    clerk = w.actor("clerk1")
    with django_assert_num_queries(2):
        queries.inbox(clerk.sees(), clerk)


def test_an_unknown_kind_is_a_fault_of_the_program(w: World) -> None:
    with pytest.raises(spec.UnknownKind):
        hand_in(w, kind="no.such")
