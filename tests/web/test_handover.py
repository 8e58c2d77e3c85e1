"""A secretary changes: the role ends with the post at the next request, drafts stay with the branch, the successor gets the role in one press, the sheet says it all."""
from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from docx import Document
from tests.everywhere.lasting import Clock
from tests.world import AT, TODAY, World, build, id_number

from zhibu.areas.meetings import actions as meetings
from zhibu.ground.access import actions, queries
from zhibu.ground.access.models import Account, Grant
from zhibu.ground.access.queries import system_actor
from zhibu.ground.access.refusals import AccountError
from zhibu.ground.guard.actor import Refused
from zhibu.ground.guard.scope import Scope
from zhibu.ground.journal.models import Entry
from zhibu.ground.people import actions as people
from zhibu.ground.people.models import Post
from zhibu.ground.record import actions as record
from zhibu.ground.tree import queries as tree

pytestmark = pytest.mark.django_db
POSTS, LINK = reverse("accounts:posts"), reverse("accounts:link")
OLD, NEW = 0, 1  # persons of T1-B1: the secretary, and who follows


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch, AT)


@pytest.fixture
def w(clock: Clock) -> World:
    """The secretary's account belongs to the person in office; its role goes with the post. The successor has an account without any role."""
    w = build(branches=2, members=4)
    Account.objects.filter(pk=w.accounts["secretary"]).update(person_id=w.persons["T1-B1"][OLD])
    Grant.objects.filter(account__username="secretary").update(post_id=post_of(w, OLD).pk)
    successor = Account.objects.create(username="successor", name="李二11", made_at=AT, person_id=w.persons["T1-B1"][NEW], password="!")
    w.accounts["successor"] = successor.pk
    return w


def post_of(w: World, person: int) -> Post:
    path = tree.path_of(w.orgs["T1-B1"])
    return Post.objects.within(Scope((path,))).filter(person_id=w.persons["T1-B1"][person]).latest("id")


def visitor(username: str) -> Client:
    client = Client()
    client.force_login(Account.objects.get(username=username))
    return client


def leave(w: World) -> None:
    people.end_post(system_actor(), post_of(w, OLD).pk, on=TODAY, at=AT)


def die(w: World) -> None:
    people.end_membership(system_actor(), w.persons["T1-B1"][OLD], on=TODAY, ended_as="deceased", document="", at=AT)


def vanish(w: World) -> None:
    """The row itself goes, as when an import is undone."""
    Grant.objects.filter(account__username="secretary").update(post_id=10**9)


EVENTS: dict[str, Callable[[World], None]] = {"leaves the post": leave, "dies": die, "post undone": vanish}


def follow(w: World) -> None:
    people.fill_posts(system_actor(), [people.NewPost(w.orgs["T1-B1"], w.persons["T1-B1"][NEW], "secretary", TODAY)], at=AT)


@pytest.mark.parametrize("event", EVENTS)
def test_the_next_request_after_the_post_is_refused(event: str, w: World) -> None:
    client = visitor("secretary")
    assert client.get("/").status_code == 200 and client.get(reverse("meetings:record")).status_code == 200
    EVENTS[event](w)
    assert client.get(reverse("meetings:record")).headers["Location"].startswith("/signin/")
    assert not w.actor("secretary").grants and not [c for c in queries.holders(w.orgs["T1-B1"], ("branch_secretary",), TODAY) if c.username == "secretary"]


def test_a_post_that_ends_later_ends_the_role_that_day(w: World, clock: Clock) -> None:
    people.end_post(system_actor(), post_of(w, OLD).pk, on=TODAY + timedelta(days=10), at=AT)
    assert w.actor("secretary").grants and not w.actor("secretary", TODAY + timedelta(days=10)).grants


def test_one_press_gives_the_successor_the_role_of_the_post(w: World) -> None:
    leave(w)
    follow(w)
    client = visitor("secadmin")
    page = client.get(POSTS).content.decode()
    assert "支部书记 · 第1镇第1村党支部" in page and "还没授权" in page
    sent = {"post": f"{w.accounts['successor']}-{post_of(w, NEW).pk}"}
    assert "已给李二11授权：支部书记" in client.post(POSTS, sent, follow=True).content.decode()
    assert [(g.role, g.org_id) for g in w.actor("successor").grants] == [("branch_secretary", w.orgs["T1-B1"])]
    assert "已授权" in client.get(POSTS).content.decode() and "随职务走" in client.get(reverse("accounts:list")).content.decode()
    assert "不用再授" in client.post(POSTS, sent, follow=True).content.decode() and Grant.objects.filter(account_id=w.accounts["successor"]).count() == 1
    assert visitor("successor").get(reverse("meetings:record")).status_code == 200


def test_a_role_granted_without_the_post_is_tied_to_it_by_one_press(w: World) -> None:
    Grant.objects.filter(account__username="secretary").update(post_id=None)
    client = visitor("secadmin")
    assert "改成随职务走" in client.get(POSTS).content.decode()
    client.post(POSTS, {"post": f"{w.accounts['secretary']}-{post_of(w, OLD).pk}"})
    assert Grant.objects.get(account__username="secretary").post_id == post_of(w, OLD).pk and w.actor("secretary").grants
    leave(w)
    assert not w.actor("secretary").grants


def test_who_is_elected_again_gets_the_role_again(w: World) -> None:
    leave(w)
    people.fill_posts(system_actor(), [people.NewPost(w.orgs["T1-B1"], w.persons["T1-B1"][OLD], "secretary", TODAY)], at=AT)
    assert not w.actor("secretary").grants
    actions.grant_with_post(w.actor("secadmin"), account_id=w.accounts["secretary"], post_id=post_of(w, OLD).pk, at=AT)
    assert w.actor("secretary").grants


def test_a_role_goes_only_with_a_post_held_now_by_the_accounts_own_person(w: World) -> None:
    leave(w)
    for account, post in (("successor", post_of(w, OLD).pk), ("secretary", post_of(w, OLD).pk), ("clerk1", post_of(w, OLD).pk), ("successor", 10**9)):
        with pytest.raises(AccountError):
            actions.grant_with_post(w.actor("secadmin"), account_id=w.accounts[account], post_id=post, at=AT)
    for username in ("sysadmin", "county", "clerk1", "successor"):
        with pytest.raises(Refused):
            queries.posts_with_roles(w.actor(username), TODAY)
        assert visitor(username).get(POSTS).status_code == 403


# --- account and member ---------------------------------------------------------------------------------------------------------------------


def test_an_account_is_linked_by_name_and_number_and_shows_nothing(w: World) -> None:
    client = visitor("sysadmin")
    account = Account.objects.create(username="lianjie", name="张三11", made_at=AT, password="!")
    numbers = {i: id_number(i + 1) for i in range(4)}  # the persons of T1-B1 in order
    for wrong in ("", "x", numbers[1], "990201196001011"):
        answer = client.post(LINK, {"account": "lianjie", "id_no": wrong})
        assert answer.status_code == 422 and "没有叫“张三11”" in answer.content.decode() and "李二" not in answer.content.decode()
    assert client.post(LINK, {"account": "lianjie", "id_no": numbers[2].lower()}).status_code == 302
    account.refresh_from_db()
    assert account.person_id == w.persons["T1-B1"][2]
    Account.objects.create(username="zwei", name="张三11", made_at=AT, password="!")
    assert "已经有账号了" in client.post(LINK, {"account": "zwei", "id_no": numbers[2]}).content.decode()
    kept = str(list(Entry.objects.unscoped("a test reads the journal").values()))
    assert "access.link_person" in kept and not any(n in kept for n in numbers.values())
    for username in ("clerk1", "secadmin", "secretary"):
        assert visitor(username).post(LINK, {"account": "lianjie", "id_no": numbers[2]}).status_code == 403


def test_a_disabled_account_comes_back_with_a_new_code(w: World) -> None:
    client, url = visitor("sysadmin"), reverse("accounts:enable")
    assert client.post(url, {"account": "clerk2"}).status_code == 422, "it works"
    actions.disable(w.actor("sysadmin"), account_id=w.accounts["clerk2"], at=AT)
    answer = client.post(url, {"account": "clerk2"})
    assert answer.status_code == 200 and "把这张纸交给本人" in answer.content.decode()
    back = Account.objects.get(username="clerk2")
    assert back.is_active and back.one_time and w.actor("clerk2").grants
    assert visitor("clerk1").post(url, {"account": "secretary"}).status_code == 403


def test_an_office_prints_a_new_code_below_and_nowhere_else(w: World) -> None:
    client, url = visitor("clerk1"), reverse("accounts:renew")
    page = client.get(reverse("accounts:list")).content.decode()
    assert "secretary2" in page and not any(name in page for name in ("foreign", "clerk2", "sysadmin", "secadmin", ">county<", "开账号</a>"))
    answer = client.post(url, {"account": "secretary2"})
    assert answer.status_code == 200 and "把这张纸交给本人" in answer.content.decode()
    for username in ("foreign", "clerk2", "organiser", "county", "sysadmin", "auditor"):
        assert client.post(url, {"account": username}).status_code == 404, username
    assert not Account.objects.exclude(username="secretary2").filter(one_time=True).exists()


# --- the sheet ------------------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def filled(w: World) -> World:
    org = w.orgs["T1-B1"]
    meetings.put_aside(w.actor("secretary"), org_id=org, key="k", fields={"place": ["会议室"]}, title="九月支委会", why="", at=AT)
    record.write_many(system_actor(), [record.NewActivity(
        org_id=org, kinds=(("lecture", None),), title="党课", held_on=date(2026, 9, 5), start_at=None, place="会议室", chair="王一11", recorder="李二11",
        expected=tuple(w.persons["T1-B1"]), expected_count=4, present_count=4, absences=(), topics=(), recorded_by="王一11", recorded_at=AT,
        evidence=(record.NewEvidence("minutes", "entry"), record.NewEvidence("lecture_script", "paper", place="村部三号柜")),
    )], at=AT)
    return w


def texts(body: bytes) -> str:
    document = Document(io.BytesIO(body))
    return "\n".join(p.text for p in document.paragraphs) + "\n".join(c.text for t in document.tables for row in t.rows for c in row.cells)


def test_the_sheet_and_its_file_say_what_passes_on(filled: World) -> None:
    client, url = visitor("secretary"), reverse("org:handover", args=[filled.orgs["T1-B1"]])
    page = client.get(url).content.decode()
    answer = client.post(url, {"as": "docx"})
    file = texts(b"".join(answer.streaming_content))  # type: ignore[attr-defined]
    for said in ("交接清单", "第1镇第1村党支部", "王一11", "党员总数 4", "第一党小组，组长", "九月支委会", "党课 1 次", "村部三号柜", "secretary", "监交人"):
        assert said in page and said in file, said
    assert "待办" in page and "支部" in page and "规则集" in file
    assert Entry.objects.unscoped("a test reads the journal").filter(action="meetings.paper").count() == 1


def test_the_draft_passes_on_to_the_successor(filled: World) -> None:
    leave(filled)
    follow(filled)
    actions.grant_with_post(filled.actor("secadmin"), account_id=filled.accounts["successor"], post_id=post_of(filled, NEW).pk, at=AT)
    assert "九月支委会" in visitor("successor").get("/").content.decode()


@pytest.mark.parametrize(("username", "status"), [("clerk1", 200), ("county", 200), ("member", 403), ("committee", 403), ("reader", 403), ("clerk2", 404), ("foreign", 404), ("sysadmin", 404)])
def test_who_sees_the_sheet(username: str, status: int, filled: World) -> None:
    url = reverse("org:handover", args=[filled.orgs["T1-B1"]])
    assert visitor(username).get(url).status_code == visitor(username).post(url).status_code == status


# --- sabotage twins ---------------------------------------------------------------------------------------------------------------------------


def test_the_role_would_outlive_the_post_without_the_question(w: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "serving", lambda grants, today: {(g.post_id, g.org_id) for g in grants})
    with pytest.raises((AssertionError, KeyError)):
        test_the_next_request_after_the_post_is_refused("leaves the post", w)


def test_any_name_would_do_without_the_comparison(w: World, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = actions.people.known_by_id_no
    monkeypatch.setattr(actions.people, "known_by_id_no", lambda numbers: {n: (pk, "张三11", org) for n, (pk, _, org) in plain(numbers).items()})
    with pytest.raises(AssertionError):
        test_an_account_is_linked_by_name_and_number_and_shows_nothing(w)
