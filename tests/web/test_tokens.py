"""程序令牌 on the pages: made by the holder, shown once, ended by the holder or the security administrator."""
from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import reverse
from tests.everywhere.lasting import Clock
from tests.world import AT, World, build

from zhibu.ground.access.models import Account, ApiToken

pytestmark = pytest.mark.django_db


@pytest.fixture
def w(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    Clock(monkeypatch, AT)
    yield build(branches=2, members=4)


def client_of(username: str) -> Client:
    client = Client()
    client.force_login(Account.objects.get(username=username), backend="django.contrib.auth.backends.ModelBackend")
    return client


def filled(client: Client, **more: object) -> dict[str, object]:
    page = client.get(reverse("person:new-token")).content.decode()
    grant, key = re.search(r'name="grant"[^>]*value="(\d+)"|value="(\d+)"[^>]*name="grant"', page), re.search(r'name="key" value="([^"]+)"', page)
    assert grant and key
    return {"label": "村务平台", "days": "90", "grant": grant[1] or grant[2], "rights": ["policy.read", "activity.read"], "key": key[1], **more}


def token_on(page: str) -> str:
    found = re.search(r"zb_[\w-]{40,}", page)
    return found[0] if found else ""


def test_a_token_is_made_shown_once_used_and_ended(w: World) -> None:
    client = client_of("secretary")
    form = filled(client)
    answer = client.post(reverse("person:new-token"), form)
    token = token_on(answer.content.decode())
    assert answer.status_code == 200 and token and answer.headers["Cache-Control"] == "no-store"
    again = client.post(reverse("person:new-token"), form).content.decode()
    assert token not in again and "只做了一个" in again and ApiToken.objects.count() == 1
    page = client.get(reverse("person:tokens")).content.decode()
    assert "村务平台" in page and token not in page and token[:10] in page and "看规则" in page
    program = Client(headers={"Authorization": f"Bearer {token}"})
    assert program.get("/api/v1/me").status_code == 200
    row = ApiToken.objects.get()
    assert client.post(reverse("person:end-token", args=[row.pk])).status_code == 302 and program.get("/api/v1/me").status_code == 401
    assert "已失效" in client.get(reverse("person:tokens")).content.decode()


def test_what_is_wrong_stands_at_its_field_and_what_was_typed_stays(w: World) -> None:
    client = client_of("secretary")
    for change, said in (({"label": ""}, "给哪个程序用"), ({"rights": []}, "请至少选一项"), ({"days": "9999"}, "到期日"), ({"grant": "999999"}, "职责"), ({"grant": "一"}, "职责")):
        answer = client.post(reverse("person:new-token"), filled(client, **change))
        assert answer.status_code == 422 and said in answer.content.decode(), change
    assert not ApiToken.objects.exists()


def test_the_same_form_with_another_content_is_refused(w: World) -> None:
    client = client_of("secretary")
    form = filled(client)
    client.post(reverse("person:new-token"), form)
    assert client.post(reverse("person:new-token"), {**form, "label": "别的"}).status_code == 409 and ApiToken.objects.count() == 1


def test_nobody_ends_somebody_elses_but_the_security_administrator(w: World) -> None:
    client = client_of("secretary")
    token = token_on(client.post(reverse("person:new-token"), filled(client)).content.decode())
    row = ApiToken.objects.get()
    for name in ("foreign", "clerk1", "secadmin"):
        assert client_of(name).post(reverse("person:end-token", args=[row.pk])).status_code == 404
    page = reverse("accounts:tokens") + "?account=secretary"
    assert client_of("sysadmin").get(page).status_code == 403
    admin = client_of("secadmin")
    shown = admin.get(page).content.decode()
    assert "村务平台" in shown and token not in shown
    assert admin.post(reverse("accounts:tokens"), {"account": "secretary", "token": "0"}).status_code == 422
    assert admin.post(reverse("accounts:tokens"), {"account": "secretary", "token": row.pk}).status_code == 302
    assert Client(headers={"Authorization": f"Bearer {token}"}).get("/api/v1/me").status_code == 401
    assert "没有在用的程序令牌" in admin.get(page, follow=True).content.decode()


def test_administrators_have_no_token_to_make(w: World) -> None:
    client = client_of("secadmin")
    assert client.get(reverse("person:new-token")).status_code == 302 and "做一个令牌" not in client.get(reverse("person:tokens")).content.decode()
