"""The pages of care: a visit in one press from the desk, a proposal up and back, who finds what."""
from __future__ import annotations

from datetime import date

import pytest
from django.urls import reverse
from django.utils import timezone
from tests import world
from tests.areas.test_care import second_clerk, spent
from tests.everywhere.pages import read, send
from tests.web.test_meetings_pages import page_of, visitor
from tests.world import AT, World

from zhibu.areas.care import actions, proposals
from zhibu.areas.care.actions import NewCall
from zhibu.areas.care.models import CareCall, CareRequest
from zhibu.areas.care.proposals import NewProposal
from zhibu.ground.access.models import Account

pytestmark = pytest.mark.django_db
SECRET = "家里欠了钱，不愿让外人知道"


@pytest.fixture
def w(monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(timezone, "now", lambda: AT)
    w = world.build(members=6)
    for username, index in (("secretary", 0), ("member", 4)):
        Account.objects.filter(username=username).update(person_id=w.persons["T1-B1"][index])
    second_clerk(w)
    return w


def test_a_duty_opens_the_form_and_one_press_saves_the_visit(w: World) -> None:
    actions.note_event(w.actor("secretary"), w.orgs["T1-B1"], person_id=w.persons["T1-B1"][4], kind="illness", day=date(2026, 11, 19), at=AT)
    client = visitor("secretary")
    desk = read(client.get("/"), "/")
    url = next(u for u, label in desk.links if label == "记走访")
    page = read(client.get(url), url)
    assert send(client, page, page.form("caller"), {}).status_code == 302
    row = CareCall.objects.unscoped("test").get()
    assert (row.person_id, row.caller_id, row.day) == (w.persons["T1-B1"][4], w.persons["T1-B1"][0], AT.date())
    assert "记走访" not in page_of(client.get("/"))


def test_refusals_of_a_visit_stand_beside_their_fields(w: World) -> None:
    client, p, url = visitor("secretary"), w.persons["T1-B1"], reverse("care:call-new")
    page = read(client.get(url), url)
    for typed, code in (
        ({"person": str(p[1]), "caller": str(p[1])}, "E044"), ({"person": str(p[1]), "day": "2026-11-21"}, "E001"), ({"person": str(w.persons["T2-B1"][0])}, "E045"),
        ({"person": str(p[1]), "caller": ""}, "E054"),
    ):
        answer = send(client, page, page.form("caller"), {**typed, "feedback": SECRET})
        assert answer.status_code == 422 and code in answer.content.decode() and SECRET in page_of(answer, 422)
    assert not CareCall.objects.unscoped("test").exists()


def test_a_proposal_on_the_pages_of_branch_and_office(w: World) -> None:
    secretary, clerk, url = visitor("secretary"), visitor("clerk1"), reverse("care:request-new")
    page = read(secretary.get(url), url)
    typed = {"person": str(w.persons["T1-B1"][4]), "kind": "illness", "amount": "800", "source": "dues", "ground": "住院两个月，自付费用较多", "situation": SECRET}
    assert "E026" in send(secretary, page, page.form("amount"), {**typed, "amount": "0"}).content.decode()
    assert send(secretary, page, page.form("amount"), typed).status_code == 302
    made = CareRequest.objects.unscoped("test").get().pk
    answer_url, own_url = reverse("care:answer", args=[made]), reverse("care:request", args=[made])
    assert "陈五11" in page_of(clerk.get(reverse("care:requests"))) and SECRET not in page_of(clerk.get(answer_url))
    assert SECRET in page_of(secretary.get(own_url)) and visitor("county").get(answer_url).status_code == 404 and visitor("county").get(own_url).status_code == 404
    form = read(clerk.get(answer_url), answer_url)
    assert "E054" in send(clerk, form, form.form("note"), {}, "refuse").content.decode()
    assert send(clerk, form, form.form("note"), {"note": "情况属实"}, "pass").status_code == 302
    audited = page_of(clerk.get(answer_url))
    assert "研究决定要由另一位同志登记" in audited and 'name="document"' not in audited  # the auditor is offered no form
    assert "E037" in clerk.post(answer_url, {"do": "pass", "document": "纪要12号", "decided_on": "2026-11-20", "note": ""}).content.decode()
    clerk = visitor("clerk1b")
    form = read(clerk.get(answer_url), answer_url)
    assert "E049" in send(clerk, form, form.form("document"), {}, "pass").content.decode()  # no paper of the decision
    assert send(clerk, form, form.form("document"), {"document": "镇党委会议纪要〔2026〕12号"}, "pass").status_code == 302
    pay = reverse("care:request-pay", args=[made])
    form = read(secretary.get(pay), pay)
    assert "还没有批准过、没用过的党费支出" in page_of(secretary.get(pay))
    assert "E049" in send(secretary, form, form.form("amount"), {}).content.decode()  # dues without the expense
    money = spent(w)
    form = read(secretary.get(pay), pay)
    assert "2026年11月20日同意　800.00 元　慰问住院党员" in page_of(secretary.get(pay))
    assert send(secretary, form, form.form("amount"), {"expense": str(money)}).status_code == 302
    assert "党费支出：慰问住院党员" in page_of(secretary.get(own_url))
    assert "800.00 元" in page_of(secretary.get(own_url)) and "2026年党费开支" in page_of(secretary.get(reverse("care:list")))


def test_paying_from_dues_before_the_decision_is_refused_on_the_page(w: World) -> None:
    wish = NewProposal(w.persons["T1-B1"][4], w.orgs["T1"], "illness", "800", "dues", "住院两个月")
    pay = reverse("care:request-pay", args=[proposals.propose(w.actor("secretary"), w.orgs["T1-B1"], wish, at=AT)])
    client = visitor("secretary")
    form = read(client.get(pay), pay)
    answer = send(client, form, form.form("amount"), {})
    assert answer.status_code == 422 and "E049" in answer.content.decode() and "还没有批准" in page_of(answer, 422)
    assert CareRequest.objects.unscoped("test").get().paid_on is None


def test_the_member_and_the_secretary_find_the_visits_and_nobody_else(w: World) -> None:
    secretary = w.actor("secretary")
    made = actions.record_call(secretary, w.orgs["T1-B1"], NewCall(w.persons["T1-B1"][4], date(2026, 11, 10), w.persons["T1-B1"][0], goods="米一袋", feedback=SECRET), at=AT)
    actions.list_member(secretary, w.orgs["T1-B1"], person_id=w.persons["T1-B1"][4], flag="in_hardship", contact_id=None, at=AT)
    url, whole = reverse("care:call", args=[made]), reverse("roster:member", args=[w.persons["T1-B1"][4]])
    assert SECRET in page_of(visitor("secretary").get(url)) and SECRET in page_of(visitor("member").get(url))
    assert "米一袋" in page_of(visitor("member").get(reverse("person:file"))) and "困难党员" in page_of(visitor("secretary").get(whole))
    for username in ("committee", "clerk1", "county", "reader"):
        assert visitor(username).get(url).status_code == 404, username
        page = page_of(visitor(username).get(whole))
        assert "关怀帮扶" not in page.split("</nav>")[-1] and "困难党员" not in page and "米一袋" not in page, username
