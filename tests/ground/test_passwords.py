"""Thirty passwords by both profiles (trust.md B5): 等保 wants classes and change, ASVS wants length and neither."""
from __future__ import annotations

from datetime import timedelta

import pytest
from tests.world import AT, World, build

from zhibu.ground.access import actions, passwords
from zhibu.ground.access.models import Account
from zhibu.ground.access.passwords import PROFILES, judge

NAMES = ["王秀兰", "wangxiulan", "中共青禾县委员会", "青禾县委", "青禾", "qinghe", "qinghexianwei"]

#: password -> good by mlps3, good by asvs
TABLE = {
    "": (False, False),
    "Ab3": (False, False),
    "Ab3$xyq": (False, False),                        # seven
    "Ab3$xyqz": (True, False),                        # eight, four classes
    "liushuwan2026": (False, True),                   # two classes; long
    "Liushuwan2026": (True, True),
    "liu-shu-wan-2026": (True, True),
    "liushuwancunbianhehua": (False, True),           # one class; long
    "correct horse battery": (False, True),           # small letters and others
    "Correct Horse Battery": (True, True),
    "柳树湾的荷花开了很多很多": (False, True),
    "柳树湾荷花Abc": (True, False),                      # characters count as others; nine
    "柳树湾的荷花开了2026a": (True, True),
    "12345678": (False, False),
    "202611201234": (False, False),
    "2026-11-20-1234": (False, False),
    "password": (False, False),
    "Password2026!": (False, False),                  # a common word with ornaments
    "P@ssw0rd": (False, False),                       # common with its ornaments
    "Qwertyuiop12": (False, False),
    "iloveyou2026!": (False, False),
    "aaaaaaaaaaaa": (False, False),
    "Aa1!Aa1!Aa1!": (False, False),                   # four different characters
    "Wangxiulan2026": (False, False),                 # the person
    "wangxiulan-1975": (False, False),
    "王秀兰2026abcd": (True, False),                    # a name and four letters of one's own; eleven
    "Qinghe@20261120": (False, False),                # the organisation
    "Zhibu@20261120": (False, False),                 # the product
    "Dangjian#2026ab": (False, False),
    "Qinghe-de-hehua-kaile": (True, True),            # names it and goes on
}


def test_there_are_thirty() -> None:
    assert len(TABLE) == 30


@pytest.mark.parametrize("password", TABLE)
@pytest.mark.parametrize("code", PROFILES)
def test_a_password_by_a_profile(code: str, password: str) -> None:
    good = TABLE[password][list(PROFILES).index(code)]
    found = judge(password, NAMES, PROFILES[code])
    assert (not found) is good, found
    assert all("请" in sentence or "要" in sentence or "用" in sentence for sentence in found)


@pytest.fixture
def w() -> World:
    return build(branches=2, members=4)


@pytest.mark.django_db
def test_the_names_of_person_and_organisations_are_known(w: World, settings: object) -> None:
    account = Account.objects.get(username="secretary")
    for guess in ("Qinghe-2026-11", "青禾县-2026-Ab1", "Secretary-2026"):
        with pytest.raises(actions.WeakPassword):
            actions.set_password(account, password=guess, at=AT)
    actions.set_password(account, password="Hua-kai-2026-Q", at=AT)
    with pytest.raises(actions.WeakPassword, match="一样"):
        actions.set_password(account, password="Hua-kai-2026-Q", at=AT)


@pytest.mark.django_db
@pytest.mark.parametrize(("code", "days", "asked"), [("mlps3", 89, False), ("mlps3", 90, True), ("asvs", 900, False)])
def test_a_password_grows_old_by_one_profile_only(code: str, days: int, asked: bool, w: World, settings, client) -> None:  # type: ignore[no-untyped-def]
    from django.utils import timezone

    settings.PASSWORD_PROFILE = code
    account = Account.objects.get(username="secretary")
    Account.objects.filter(pk=account.pk).update(password_set_at=timezone.now() - timedelta(days=days, minutes=1))
    client.force_login(account, backend="django.contrib.auth.backends.ModelBackend")
    answer = client.get("/")
    assert (answer.status_code, answer.headers.get("Location")) == ((302, "/password/") if asked else (200, None))
    page = client.get("/password/").content.decode()
    assert ("用满 90 天" in page) is asked and f"至少 {PROFILES[code].least} 个字" in page


def test_common_passwords_would_pass_without_the_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_common", lambda: frozenset())
    with pytest.raises(AssertionError):
        test_a_password_by_a_profile("asvs", "Password2026!")


def test_names_would_pass_without_the_check(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_only_names", lambda letters, names: False)
    with pytest.raises(AssertionError):
        test_a_password_by_a_profile("mlps3", "Qinghe@20261120")
