"""操作日志: the auditor and nobody else reads it; no member's data is in it; the file is what the page shows, and leaves a line."""
from __future__ import annotations

import ast
import io
import re
from pathlib import Path

import openpyxl
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from tests.world import AT, NAMES, TODAY, World, build

from zhibu.ground.access import actions, factors, totp
from zhibu.ground.access.models import Account
from zhibu.ground.guard.actor import Refused
from zhibu.ground.journal import journal, reading
from zhibu.ground.journal.models import Entry
from zhibu.ground.people import actions as people
from zhibu.web.journal.pages import SUBJECTS

pytestmark = pytest.mark.django_db
SRC = Path(__file__).parents[2] / "src" / "zhibu"
LIST, FILE = reverse("journal:list"), reverse("journal:file")
OTHERS = ("county", "clerk1", "secretary", "leader", "committee", "reader", "member", "organiser", "sysadmin", "secadmin")


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: AT)


@pytest.fixture
def w() -> World:
    w = build(branches=2, members=4)
    actions.renew_code(w.actor("sysadmin"), account_id=w.accounts["foreign"], at=AT)
    actions.grant(w.actor("secadmin"), account_id=w.accounts["clerk2"], role="organiser", org_id=w.orgs["T2"], valid_from=TODAY, valid_to=None, at=AT)
    people.reveal(w.actor("secretary"), w.persons["T1-B1"][0], what="phone", purpose="核对转正材料", at=AT)
    return w


def visitor(username: str) -> Client:
    client = Client()
    client.force_login(Account.objects.get(username=username))
    return client


def page(**asked: str) -> str:
    answer = visitor("auditor").get(LIST, asked)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize("username", OTHERS)
def test_nobody_else_reads_it(username: str, w: World) -> None:
    client = visitor(username)
    assert client.get(LIST).status_code == client.post(FILE).status_code == 403
    assert LIST not in client.get("/me/").content.decode()
    with pytest.raises(Refused):
        reading.search(w.actor(username), reading.Wanted())
    assert not Entry.objects.unscoped("a test reads the journal").filter(action="journal.export").exists()


def test_it_says_who_when_what_where(w: World) -> None:
    shown = page()
    assert "操作日志" in shown and "重发一次性代码" in shown and "账号 foreign" in shown and "sysadmin" in shown
    assert "授权" in shown and "账号 clerk2（组织员）" in shown and "中共青禾县第2镇委员会" in shown and "10:00:00" in shown
    assert "看完整电话" in shown and f"党员 {w.persons['T1-B1'][0]}号" in shown


def test_no_members_data_is_in_it(w: World) -> None:
    people.edit(w.actor("secretary"), w.persons["T1-B1"][1], values={"job": "看果园"}, version=1, at=AT)
    written = Entry.objects.unscoped("a test reads the journal").get(action="people.edit")
    assert "看果园" in str(written.changes), "else this proves nothing"
    everything = page() + str([e.changes for e in reading.search(w.actor("auditor"), reading.Wanted(), limit=500)[0]])
    assert not any(word in everything for word in ("看果园", "核对转正材料", "154000", "990201", *(f"{n}11" for n in NAMES)))


@pytest.mark.parametrize(("asked", "there", "not_there"), [
    ({"q": "sysadmin"}, "重发一次性代码", "看完整电话"), ({"family": "people"}, "看完整电话", "账号 foreign"), ({"org": "T2"}, "账号 clerk2", "账号 foreign"),
    ({"from": "2026-11-21"}, "没有找到", "看完整电话"), ({"to": "2026-11-19"}, "没有找到", "看完整电话"), ({"from": "2026-11-20", "to": "2026-11-20"}, "看完整电话", "没有找到"),
    ({"family": "emperor"}, "看完整电话", "没有找到"), ({"from": "明天", "q": "x"}, "明天", "看完整电话"), ({"org": "没有这个"}, "没有找到“没有这个”这个党组织", "xyz"),
    ({"q": "\0"}, "看完整电话", "xyz"), ({"page": "999999", "q": "sysadmin"}, "没有找到", "xyz"), ({"q": "'\"><script>"}, "没有找到", "<script>"),
])
def test_it_is_searched(asked: dict[str, str], there: str, not_there: str, w: World) -> None:
    shown = page(**asked)
    assert there in shown and not_there not in shown


def test_the_file_is_the_page_and_leaves_a_line(w: World) -> None:
    answer = visitor("auditor").post(FILE, {"family": "access"})
    body = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    sheet = openpyxl.load_workbook(io.BytesIO(body)).active
    rows = [[c.value for c in row] for row in sheet.iter_rows()]
    assert rows[3][:3] == ["时间", "办理人", "办了什么"] and {r[2] for r in rows[4:]} == {"账号和授权 · 授权", "账号和授权 · 重发一次性代码"}
    (line,) = Entry.objects.unscoped("a test reads the journal").filter(action="journal.export")
    assert line.account_id == w.accounts["auditor"] and line.changes == {"lines": 2}


def test_pages_and_statements_do_not_grow(w: World, django_assert_max_num_queries) -> None:  # type: ignore[no-untyped-def]
    for i in range(120):
        journal.write(w.actor("sysadmin"), "access.disable", at=AT, subject=("account", w.accounts["clerk1"]), changes={"username": str(i)})
    client = visitor("auditor")
    client.get(LIST)
    with django_assert_max_num_queries(12):
        shown = client.get(LIST, {"q": "sysadmin", "page": "2"}).content.decode()
    assert shown.count("停用账号") == 50 and "第 2 页，共 3 页" in shown


def written() -> set[str]:
    """Find the actions that code writes into the journal: the second argument of write, where it stands there as text."""
    found: set[str] = {"process.approve", "process.refuse", "process.withdraw", "people.reveal_id_no", "people.reveal_phone"}
    for path in SRC.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "write" and len(node.args) > 1:
                second = node.args[1]
                if isinstance(second, ast.Constant) and isinstance(second.value, str) and "." in second.value:
                    found.add(second.value)
    return found


def test_every_action_has_a_title() -> None:
    known = {f"{family}.{action}" for family, actions_ in reading.titles().items() for action in actions_ if action != "title"}
    assert len(written()) > 40
    assert written() <= known, f"add to ground/journal/titles.toml: {sorted(written() - known)}"


def test_every_subject_has_a_name() -> None:
    """What an entry is about is written where it is written, as subject=("type", …)."""
    found = {kind for path in SRC.rglob("*.py") for kind in re.findall(r'subject=\("([a-z_]+)"', path.read_text(encoding="utf-8"))}
    assert len(found) > 8 and found <= set(SUBJECTS), sorted(found - set(SUBJECTS))


def test_everybody_would_read_it_without_the_question(w: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "_asked", lambda actor: None)
    with pytest.raises(AssertionError):
        test_nobody_else_reads_it("member", w)


def test_members_data_would_show_without_the_narrowing(w: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "OWN_DOINGS", "people")
    with pytest.raises(AssertionError):
        test_no_members_data_is_in_it(w)


def test_factors_are_in_it_without_their_secrets(w: World) -> None:
    secret = totp.new_secret()
    factors.add_totp(Account.objects.get(username="secretary"), secret=secret, code=totp.code_at(secret, int(AT.timestamp()) // totp.STEP), at=AT)
    shown = page(family="access")
    assert "加上第二道验证" in shown and "动态码" in shown and secret not in shown
