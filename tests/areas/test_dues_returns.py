"""返还 and 上缴比例: what a rule set lets a committee give back, proposed with its clause; where nobody has set the share to hand up, that is said."""
from __future__ import annotations

from datetime import date

import pytest
from django.urls import reverse
from tests.web.test_dues_pages import form, send, visitor
from tests.world import AT, TODAY, World, build

from zhibu.areas.dues import books, returning, rules
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.guard.scope import Scope
from zhibu.ground.policy import actions as policy
from zhibu.ground.policy.spec import Share
from zhibu.ground.tree.models import Organisation


def test_what_is_left_to_give_back() -> None:
    assert rules.to_return(20_000, 0, Share(1, 1)) == 20_000
    assert rules.to_return(20_000, 5_000, Share(1, 1)) == 15_000
    assert rules.to_return(20_000, 25_000, Share(1, 1)) == 0
    assert rules.to_return(333, 0, Share(1, 2)) == 167  # half up to the fen


def handed_up(w: World, amount: int, on: date) -> None:
    books.receive(w.actor("clerk1"), books.remit(w.actor("secretary"), w.orgs["T1-B1"], amount, on=on, at=AT), on=on, at=AT)


@pytest.fixture
def w(monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr("django.utils.timezone.now", lambda: AT)
    w = build(branches=2, members=4)
    books.begin(w.actor("secretary"), w.orgs["T1-B1"], 90_000, on=date(2025, 1, 2), at=AT)
    handed_up(w, 10_000, date(2025, 12, 20))
    handed_up(w, 20_000, date(2026, 3, 10))
    return w


@pytest.mark.django_db
def test_the_share_of_the_rule_set_is_proposed_and_may_be_changed(w: World) -> None:
    county, t1, b1 = w.actor("county"), w.orgs["T1"], w.orgs["T1-B1"]
    scope = w.actor("clerk1").scope(P.DUES_DECIDE)
    assert returning.returns_due(scope, t1, 2026, TODAY) == []  # no rule names a share
    policy.assign(county, org_id=t1, family="dues", rule_set="seed-001", valid_from=date(2026, 1, 1), valid_to=None, at=AT)
    (due,) = returning.returns_due(scope, t1, 2026, TODAY)
    assert (due.org_id, due.received, due.returned, due.amount) == (b1, 20_000, 0, 20_000) and "三制一卡" in due.clause
    clerk = visitor("clerk1")
    page = clerk.get(reverse("dues:money", args=[t1])).content.decode()
    assert "可以返还的村、社区" in page and form(w, "restitute", "above", "T1", id=b1) in page.replace("&amp;", "&")
    shown = clerk.get(form(w, "restitute", "above", "T1", id=b1)).content.decode()
    assert 'value="200.00"' in shown and f'value="{b1}" selected' in shown and "今年收到上缴200.00元，按全额返还" in shown and "三制一卡" in shown
    send(clerk, form(w, "restitute", "above", "T1", id=b1), to=b1, amount="150", on="2026-11-20", document="镇党委会议纪要", note="")
    (due,) = returning.returns_due(scope, t1, 2026, TODAY)
    assert (due.returned, due.amount) == (15_000, 5_000)
    assert 'value="50.00"' in clerk.get(form(w, "restitute", "above", "T1", id=b1)).content.decode()
    books.undo(w.actor("clerk1"), "restitution", _restitution(w), why="转错了账户", at=AT)
    assert returning.returns_due(scope, t1, 2026, TODAY)[0].amount == 20_000
    Organisation.objects.filter(pk=b1).update(village_or_community=False)  # the rule is about villages and communities
    assert returning.returns_due(scope, t1, 2026, TODAY) == []


def _restitution(w: World) -> int:
    from zhibu.areas.dues.models import Restitution

    return Restitution.objects.within(Scope((w.paths["T1"],))).get().pk


@pytest.mark.django_db
def test_a_share_that_nobody_set_is_said_with_the_way_to_set_it(w: World) -> None:
    rules_page = reverse("rules:list")
    for username, code, link in (("secretary", "T1-B1", False), ("county", "T1", True)):
        page = visitor(username).get(reverse("dues:money", args=[w.orgs[code]])).content.decode()
        assert "党费上缴比例还没有定" in page and ("去定上缴比例" in page) == link, username
    shown = visitor("secretary").get(form(w, "remit")).content.decode()
    assert "上缴比例" in shown and "还没有定" in shown
    assert rules_page in visitor("county").get(reverse("dues:money", args=[w.orgs["T1"]])).content.decode()
    reader = visitor("reader").get(reverse("dues:money", args=[w.orgs["T1"]])).content.decode()
    assert "党费上缴比例还没有定" not in reader  # neither hands up nor sets rules
