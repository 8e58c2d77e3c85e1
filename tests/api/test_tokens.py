"""Tokens: for one grant, shown once, kept as a hash, ended with the grant, the account or the day (trust.md A8)."""
from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from tests.everywhere.lasting import Clock
from tests.world import AT, TODAY, World, build

from zhibu.ground.access import actions, tokens
from zhibu.ground.access.actions import AccountError
from zhibu.ground.access.models import Account, ApiToken, Grant
from zhibu.ground.access.queries import system_actor
from zhibu.ground.guard.actor import Refused
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.journal.models import Entry
from zhibu.ground.people import actions as people
from zhibu.ground.people.models import Post
from zhibu.ground.tree.queries import NotFound

pytestmark = pytest.mark.django_db
READ = ["compliance.read", "activity.read", "member.read", "policy.read"]


@pytest.fixture
def w(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    Clock(monkeypatch, AT)
    yield build(branches=2, members=4)


def made(w: World, username: str = "secretary", rights: list[str] | None = None, *, until: date = TODAY + timedelta(days=90), key: str = "key-1") -> str:
    actor = w.actor(username)
    grant_id = tokens.offers(actor, TODAY)[0].grant_id
    return tokens.make(actor, grant_id=grant_id, label="村务平台", rights=READ if rights is None else rights, expires_on=until, key=key, at=AT)


def asked(token: str, url: str = "/api/v1/me", **more: Any) -> Any:
    return Client(raise_request_exception=False, **more).get(url, headers={"Authorization": f"Bearer {token}"})


def test_a_token_reads_in_the_scope_of_its_grant_and_nothing_else(w: World) -> None:
    token = made(w)
    assert asked(token).json()["offices"] == [
        {"role": "branch_secretary", "role_title": "支部书记", "org_id": w.orgs["T1-B1"], "org_name": "第1村党支部", "rights": sorted(READ)}
    ]
    assert asked(token, f"/api/v1/organisations/{w.orgs['T1-B1']}").status_code == 200
    assert asked(token, f"/api/v1/organisations/{w.orgs['T1-B2']}").status_code == 404
    assert asked(token, f"/api/v1/organisations/{w.orgs['T1']}").status_code == 404


def test_of_two_grants_a_token_holds_one(w: World) -> None:
    Grant.objects.create(
        account_id=w.accounts["secretary"], org_id=w.orgs["T2-B1"], role="branch_secretary", valid_from=TODAY - timedelta(days=9), granted_by="系统", granted_at=AT
    )
    token = made(w)
    assert len(w.actor("secretary").grants) == 2 and len(asked(token).json()["offices"]) == 1
    assert asked(token, f"/api/v1/organisations/{w.orgs['T2-B1']}").status_code == 404


def test_a_token_has_the_rights_that_were_chosen_and_never_more(w: World) -> None:
    token = made(w, rights=["policy.read"])
    assert asked(token, f"/api/v1/rules?org={w.orgs['T1-B1']}").status_code == 200
    assert asked(token, f"/api/v1/organisations/{w.orgs['T1-B1']}").status_code == 403
    assert asked(token, "/api/v1/members").status_code == 403
    reader = made(w, "reader", key="key-2")
    ApiToken.objects.filter(token_hash=tokens.digest(reader)).update(permissions=[*READ, "activity.write", "member.reveal", "grant.manage", "nonsense"])
    assert set(asked(reader).json()["offices"][0]["rights"]) == set(READ), "what the role lacks or no token may, is not held whatever the row says"


def test_a_token_opens_no_compartment(w: World) -> None:
    actor = tokens.bearer(made(w), TODAY)[1]  # type: ignore[index]
    assert w.actor("secretary").scope(P.ACTIVITY_READ).compartments and not actor.scope(P.ACTIVITY_READ).compartments


def test_only_the_hash_is_kept_and_the_token_is_shown_once(w: World) -> None:
    token = made(w)
    assert len(token) >= 43 and made(w) == "", "the same form again"
    assert ApiToken.objects.count() == 1
    with closing(connection.connection.cursor()) as cursor:  # past every guard
        cursor.execute('SELECT * FROM "access_apitoken"')
        assert token not in repr(cursor.fetchall())
        cursor.execute('SELECT * FROM "journal_entry"')
        said = repr(cursor.fetchall())
    assert token not in said and token[: tokens.SHOWN] in said
    assert set(Entry.objects.unscoped("test").filter(action="access.make_token").values_list("account_name", flat=True)) == {"secretary"}


ENDINGS = {
    "by its holder": lambda w: tokens.end(w.actor("secretary"), ApiToken.objects.get().pk, at=AT),
    "by the security administrator": lambda w: tokens.end(w.actor("secadmin"), ApiToken.objects.get().pk, at=AT),
    "grant ended": lambda w: actions.end_grant(w.actor("secadmin"), ApiToken.objects.get().grant_id, on=TODAY, at=AT),
    "account disabled": lambda w: actions.disable(w.actor("sysadmin"), account_id=w.accounts["secretary"], at=AT),
    "code renewed": lambda w: actions.renew_code(w.actor("sysadmin"), account_id=w.accounts["secretary"], at=AT),
    "expired": lambda w: ApiToken.objects.update(expires_on=TODAY),
    "grant not begun": lambda w: Grant.objects.filter(pk=ApiToken.objects.get().grant_id).update(valid_from=TODAY + timedelta(days=1)),
    "grant of another account": lambda w: Grant.objects.filter(pk=ApiToken.objects.get().grant_id).update(account_id=w.accounts["foreign"]),
}


def test_a_role_that_goes_with_a_post_takes_its_tokens_along(w: World) -> None:
    post = Post.objects.unscoped("test").get(person_id=w.persons["T1-B1"][0], kind="secretary")
    Grant.objects.filter(account_id=w.accounts["secretary"]).update(post_id=post.pk)
    token = made(w)
    assert asked(token).status_code == 200
    people.end_post(system_actor(), post.pk, on=TODAY, at=AT)
    assert asked(token).status_code == 401 and tokens.offers(w.actor("secretary"), TODAY) == []


@pytest.mark.parametrize("ending", ENDINGS)
def test_the_next_request_after_the_end_is_refused(ending: str, w: World) -> None:
    token = made(w)
    assert asked(token).status_code == 200
    ENDINGS[ending](w)
    refused, unknown = asked(token), asked("zb_" + "x" * 43)
    assert refused.status_code == 401 and refused.json() == unknown.json(), "nobody learns that there was such a token"
    assert refused.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("header", ["Bearer", "Bearer ", "Bearer x y", "bearer zb_", "Bearer \udcff", "Bearer " + "x" * 9000])
def test_a_bad_token_is_refused_even_beside_a_session(header: str, w: World) -> None:
    client = Client(raise_request_exception=False)
    client.force_login(Account.objects.get(username="secretary"), backend="django.contrib.auth.backends.ModelBackend")
    assert client.get("/api/v1/me").status_code == 200
    assert client.get("/api/v1/me", headers={"Authorization": header.encode("utf-8", "surrogateescape").decode("latin-1")}).status_code == 401


def test_another_scheme_is_no_token(w: World) -> None:
    assert Client().get("/api/v1/me", headers={"Authorization": "Basic c2VjcmV0YXJ5Og=="}).status_code == 401


def test_a_day_of_use_is_kept_not_an_hour(w: World) -> None:
    token = made(w)
    asked(token)
    assert ApiToken.objects.get().last_used_on == TODAY


@pytest.mark.parametrize(("change", "field"), [
    ({"label": " "}, "label"), ({"label": "长" * 41}, "label"), ({"rights": []}, "rights"), ({"rights": ["member.reveal"]}, "rights"),
    ({"rights": ["policy.read", "grant.manage"]}, "rights"), ({"expires_on": TODAY}, "expires_on"), ({"expires_on": TODAY + timedelta(days=400)}, "expires_on"),
    ({"grant_id": 10**9}, "grant"),
])
def test_what_cannot_be_a_token_is_said_by_the_field(change: dict[str, Any], field: str, w: World) -> None:
    actor = w.actor("secretary")
    right = {"grant_id": tokens.offers(actor, TODAY)[0].grant_id, "label": "平台", "rights": ["policy.read"], "expires_on": TODAY + timedelta(days=30), "key": "k", "at": AT}
    with pytest.raises(AccountError) as refusal:
        tokens.make(actor, **{**right, **change})
    assert refusal.value.field == field and not ApiToken.objects.exists()


def test_nobody_makes_a_token_for_somebody_elses_grant(w: World) -> None:
    foreign = tokens.offers(w.actor("foreign"), TODAY)[0].grant_id
    with pytest.raises(AccountError):
        tokens.make(w.actor("secretary"), grant_id=foreign, label="x", rights=["policy.read"], expires_on=TODAY + timedelta(days=9), key="k", at=AT)


def test_the_three_administrators_have_no_tokens(w: World) -> None:
    for name in ("sysadmin", "secadmin", "auditor"):
        assert tokens.offers(w.actor(name), TODAY) == []


def test_an_account_has_few_tokens(w: World) -> None:
    for n in range(tokens.MOST):
        made(w, key=f"key-{n}")
    with pytest.raises(AccountError):
        made(w, key="one-too-many")


def test_only_the_holder_and_the_security_administrator_see_and_end_tokens(w: World) -> None:
    made(w)
    row = ApiToken.objects.get()
    for name in ("foreign", "clerk1", "county", "sysadmin", "auditor"):
        with pytest.raises(NotFound):
            tokens.end(w.actor(name), row.pk, at=AT)
        with pytest.raises(Refused):
            tokens.of_account(w.actor(name), row.account_id, TODAY)
        assert tokens.own(w.actor(name), TODAY) == []
    assert [t.label for t in tokens.of_account(w.actor("secadmin"), row.account_id, TODAY)] == ["村务平台"]
    assert tokens.end(w.actor("secadmin"), row.pk, at=AT).works is False
    assert [t.works for t in tokens.own(w.actor("secretary"), TODAY)] == [False]
