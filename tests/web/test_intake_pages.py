"""导入 through HTTP: three steps without JavaScript, what is refused and how it is said, where the bytes wait, the batch and its undo."""
from __future__ import annotations

import gzip
import io
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import openpyxl
import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from tests.everywhere.lasting import lasting
from tests.exchange import importers
from tests.exchange.dirty import TOWN, VILLAGE
from tests.exchange.importers import LEDGER, ROSTER, dirty, dump, id_no, member, place
from tests.world import AT, World

from zhibu.exchange.intake.findings import Upload
from zhibu.exchange.intake.grid import MAX_FILE_BYTES
from zhibu.ground.access.models import Account
from zhibu.ground.journal import batches
from zhibu.ground.people import queries as people
from zhibu.web.intake import waiting

pytestmark = pytest.mark.django_db
START = reverse("intake:upload")


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> dict[str, datetime]:
    hands = {"now": AT}
    monkeypatch.setattr(timezone, "now", lambda: hands["now"])
    return hands


@pytest.fixture(scope="module")
def built(django_db_setup: None, django_db_blocker) -> Iterator[World]:
    with lasting(django_db_blocker):
        yield importers.county()


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(settings, "FILES_ROOT", tmp_path)
    return tmp_path


def visitor(username: str) -> Client:
    client = Client()
    client.force_login(Account.objects.get(username=username))
    return client


@pytest.fixture
def clerk(built: World) -> Client:
    return visitor("sq")


def text_of(response) -> str:
    return response.content.decode()


def send(client: Client, *files: Upload | SimpleUploadedFile, org: str = TOWN):
    bodies = [SimpleUploadedFile(f.name, f.data) if isinstance(f, Upload) else f for f in files]
    return client.post(START, {"org": place(org).id, "files": bodies})


def begin(client: Client, *files: Upload, org: str = TOWN) -> str:
    """Send files; gives the address of step 2."""
    response = send(client, *files, org=org)
    assert response.status_code == 302, text_of(response)
    return response.url


def selects(page: str) -> dict[str, str]:
    """Give what each select of a page would send."""
    found = {}
    for name, inside in re.findall(r'<select class="inp" name="([^"]+)"[^>]*>(.*?)</select>', page, re.S):
        chosen = re.search(r'<option value="([^"]*)" selected', inside) or re.search(r'<option value="([^"]*)"', inside)
        found[name] = chosen[1] if chosen else ""
    for name, value in re.findall(r'<input class="inp" id="[^"]+" name="(o-[^"]+)" value="([^"]*)"', page):
        found[name] = value
    return found


def step2(client: Client, url: str, **changes: str) -> str:
    """Send step 2 as it stands, with changes; gives the address of step 3."""
    response = client.post(url, selects(text_of(client.get(url))) | changes)
    assert response.status_code == 302, text_of(response)
    return response.url


def seen(page: str) -> str:
    return re.search(r'name="seen" value="([^"]+)"', page)[1]  # type: ignore[index]


def stats(page: str) -> list[str]:
    return re.findall(r"<dd[^>]*>(\d+)<small>行</small>", page)


def confirm(client: Client, url: str, **answers: str):
    return client.post(url, {"do": "confirm", "seen": seen(text_of(client.get(url)))} | answers)


def village(*lines: str) -> Upload:
    return importers.table(VILLAGE + ROSTER + "".join(lines), "名册.csv")


# ---------------------------------------------------------------- the way through


def test_three_steps_write_nothing_before_the_last(clerk: Client, folder: Path) -> None:
    before = dump()
    first = text_of(clerk.get(START))
    assert "单个文件不超过 10 MB" in first and TOWN in first and 'accept=".xlsx,.xls,.csv"' in first and "空表：党员花名册" in first
    url = begin(clerk, *dirty("01", "02", "03", "04", "05"))
    second = text_of(clerk.get(url))
    assert "公民身份" in second or "身份证号码" in second
    assert "表头在第 3、4 行" in second and "990123******" in second and "990123196807120318" not in second and "L 列" not in second
    assert "工作表“2019旧名册”是隐藏的，默认不导入。" in second and "由支部书记或党费管理员导入" in second
    url = step2(clerk, url)
    third = text_of(clerk.get(url))
    assert stats(third) == ["34", "15", "27", "15"], "12+3+8+11, 5+4+3+3, 7+2+10+8, 5+3+4+3"
    assert third.count('class="q1"') == 15 and "15 处，已定 0 处" in third and "下载退回表" in third
    assert dump() == before and batches.listing(visitor_scope(), AT) == []
    response = confirm(clerk, url)
    assert response.status_code == 302 and response.url.startswith("/import/batches/")
    page = text_of(clerk.get(response.url))
    assert "已导入" in page and "12 人" in page and "整批撤销" in page and "下载退回表" in page
    assert not list(folder.rglob("*.book")), "the uploaded tables are gone"
    assert text_of(clerk.get(START)).count("可撤销到11月27日") == 1
    assert clerk.get(url).status_code == 404 and "这次导入已经结束" in text_of(clerk.get(url))


def visitor_scope():
    from zhibu.ground.guard.scope import Scope

    return Scope((place().path,))


def test_answers_are_kept_and_what_was_decided_is_imported(clerk: Client) -> None:
    url = step2(clerk, begin(clerk, *dirty("01")))
    page = text_of(clerk.get(url))
    names = sorted(set(re.findall(r'name="(q-[^"]+)"', page)))
    assert len(names) == 5
    response = clerk.post(url, {"do": "check", "q-0-0-8-join_date-DATE_AMBIGUOUS": "1", "q-0-0-24-remark-STATUS_HINT": "1", "q-0-0-17-gender-GENDER_MISMATCH": "0"})
    page = text_of(response)
    assert stats(page)[0] == "14" and "5 处，已定 3 处" in page and "您选了不导入" in page
    assert len(re.findall(r'<input type="radio" name="q-0-0-8-join_date-DATE_AMBIGUOUS" value="1" checked>', page)) == 1
    page = text_of(clerk.get(url))
    assert "5 处，已定 3 处" in page, "kept on the server"
    page = text_of(clerk.post(url, {"do": "check", "q-0-0-24-remark-STATUS_HINT": "0"}))
    assert stats(page)[0] == "15", "another answer replaces the first"
    response = confirm(clerk, url, **{"q-0-0-20-full_date-DATE_ORDER": "0"})
    assert "16 人" in text_of(clerk.get(response.url))
    assert people.known_by_id_no(["990123198506300285"])


def test_an_answer_that_still_fails_is_shown_not_imported(clerk: Client) -> None:
    before = dump()
    file = importers.table(VILLAGE + LEDGER + f"{VILLAGE},07/12/2026,支委会,题,王,3,3,会议记录\n{VILLAGE},2026.1.8,支委会,题,王,3,3,会议记录\n", "台账.csv")
    url = step2(clerk, begin(clerk, file))
    page = text_of(clerk.get(url))
    (name,) = set(re.findall(r'name="(q-[^"]+)"', page))
    later = re.findall(rf'name="{name}" value="(\d)"[^>]*><span>2026-12-07', page)[0]
    response = confirm(clerk, url, **{name: later})
    assert response.status_code == 422 and "有 1 行按您定的还是不能导入" in text_of(response) and "在将来" in text_of(response)
    assert dump() == before
    response = confirm(clerk, url, **{name: "0" if later == "1" else "1"})
    assert response.status_code == 302 and "2 次" in text_of(clerk.get(response.url))


def test_a_double_click_imports_once(clerk: Client) -> None:
    url = step2(clerk, begin(clerk, village(member("王甲", id_no()))))
    sent = {"do": "confirm", "seen": seen(text_of(clerk.get(url)))}
    first, second = clerk.post(url, sent), clerk.post(url, sent)
    assert first.status_code == second.status_code == 302 and first.url == second.url
    assert len(batches.listing(visitor_scope(), AT)) == 1


def test_the_same_file_twice_has_nothing_new(clerk: Client) -> None:
    confirm(clerk, step2(clerk, begin(clerk, village(member("王甲", id_no())))))
    url = step2(clerk, begin(clerk, village(member("王甲", id_no()))))
    page = text_of(clerk.get(url))
    assert "没有要写进去的" in page and "1 行系统里已有，不变" in page and 'value="confirm"' not in page
    assert clerk.post(url, {"do": "confirm", "seen": seen(page)}).status_code == 422


def test_what_somebody_else_changed_meanwhile_is_shown_first(clerk: Client, built: World) -> None:
    url = step2(clerk, begin(clerk, village(member("王甲", id_no()))))
    sent = {"do": "confirm", "seen": seen(text_of(clerk.get(url)))}
    importers.do(built.actor("sq"), village(member("王甲", id_no())))
    response = clerk.post(url, sent)
    assert response.status_code == 409 and "系统里的数据有了变化" in text_of(response)


# ---------------------------------------------------------------- columns, branches, tables that were not found


def test_a_corrected_column_is_remembered_by_the_office(clerk: Client, built: World) -> None:
    file = importers.table((VILLAGE + ROSTER).replace("联系电话", "小灵通") + member("王甲", id_no(), phone="15400009001"), "名册.csv")
    url = begin(clerk, file)
    page = text_of(clerk.get(url))
    (name,) = [n for n, header in re.findall(r'name="(c-[^"]+)"[^>]*aria-label="([^"]*) 对应"', page) if header == "小灵通"]
    assert selects(page)[name] == ""
    response = clerk.post(url, selects(page) | {name: "name"})
    assert response.status_code == 422 and "选了 A 和 I 两列" in text_of(response), "one field, one column"
    url3 = step2(clerk, url, **{name: "phone"})
    assert selects(text_of(clerk.get(url)))[name] == "phone", "the correction stands when one comes back"
    confirm(clerk, url3)
    assert people.members(visitor_scope(), AT.date(), people.Search("王甲"))[0][0].phone_masked == "154****9001"
    again = text_of(clerk.get(begin(clerk, file)))
    assert selects(again)[name] == "phone" and "上次这样对" in again
    other = visitor("clerk1")
    assert selects(text_of(other.get(begin(other, file, org="T1"))))[name] == "", "another office has its own habits"


def test_the_branch_of_a_title_is_asked_once(clerk: Client) -> None:
    file = importers.table("柳树湾支部" + ROSTER + member("王甲", id_no()) + member("李乙", id_no("19800202", 21)), "名册.csv")
    url = begin(clerk, file)
    page = text_of(clerk.get(url))
    assert "没有叫“柳树湾支部”的党组织" in page and "（2 行）" in page and f'<option value="{VILLAGE}">' in page and "先去建" in page
    assert clerk.post(url, selects(page) | {"o-0-0-0": "第1镇第1村党支部"}).status_code == 422, "a foreign branch is as unknown as none"
    assert "没有叫“第1镇第1村党支部”的党支部" in text_of(clerk.post(url, selects(page) | {"o-0-0-0": "第1镇第1村党支部"}))
    left = text_of(clerk.get(step2(clerk, url)))
    assert "2 行现在不能导入" in left and "没有要写进去的" in left
    answered = step2(clerk, url, **{"o-0-0-0": VILLAGE})
    assert "新增党员 2 人" in text_of(clerk.get(answered))
    assert selects(text_of(clerk.get(url)))["o-0-0-0"] == VILLAGE, "the answer can be changed"


def test_a_table_that_was_not_found_is_pointed_out(clerk: Client) -> None:
    file = importers.table("a\n谁,哪天出生证,何时\n王样一," + id_no("19680712") + ",1998.07\n", "怪表.csv")
    url = begin(clerk, file)
    page = text_of(clerk.get(url))
    assert "里没有表头" in page and 'name="k-0-0"' in page
    assert "表头在第几行" in text_of(clerk.post(url, {"k-0-0": "member_roster", "h-0-0": "三"}))
    assert clerk.post(url, {"k-0-0": "member_roster", "h-0-0": "2"}).url == url
    url3 = step2(clerk, url, **{"c-0-0-A": "name", "c-0-0-B": "id_no", "c-0-0-C": "join_date", "o-0-0-0": VILLAGE})
    assert "待确认" in text_of(clerk.get(url3)) and "请选一个" in text_of(clerk.get(url3))


# ---------------------------------------------------------------- the table to send back


def test_the_returned_table_goes_out_and_comes_back(clerk: Client, folder: Path) -> None:
    url = step2(clerk, begin(clerk, *dirty("01")))
    (link,) = re.findall(r'href="(/import/\w+/returned/0/)"', text_of(clerk.get(url)))
    response = clerk.get(link)
    assert response.headers["Content-Type"].endswith("spreadsheetml.sheet") and "attachment" in response.headers["Content-Disposition"]
    book = openpyxl.load_workbook(io.BytesIO(response.content))
    assert book["柳树湾村"]["O3"].value == "退回原因"
    done = confirm(clerk, url)
    after = re.findall(r'href="(/import/batches/\d+/returned/0/)"', text_of(clerk.get(done.url)))
    back = clerk.get(after[0]).content
    assert openpyxl.load_workbook(io.BytesIO(back))["柳树湾村"]["O7"].value.startswith("拒收：")
    again = text_of(clerk.get(step2(clerk, begin(clerk, Upload("退回.xlsx", back)))))
    assert stats(again) == ["12", "5", "7", "5"] and "12 行系统里已有，不变" in again and "没有要写进去的" in again
    assert visitor("clerk1").get(after[0]).status_code == 404 and visitor("county").get(after[0]).status_code == 404


@pytest.mark.parametrize("kind", ["member_roster", "organisation_list", "meeting_ledger"])
def test_empty_tables(clerk: Client, kind: str) -> None:
    assert openpyxl.load_workbook(io.BytesIO(clerk.get(reverse("intake:blank", args=[kind])).content))
    assert clerk.get(reverse("intake:blank", args=["x"])).status_code == 404


# ---------------------------------------------------------------- undo


def test_a_batch_is_undone_from_its_page(clerk: Client, clock: dict[str, datetime]) -> None:
    before = dump()
    batch = confirm(clerk, step2(clerk, begin(clerk, *dirty("01", "04")))).url
    undo = batch + "undo/"
    assert undo in text_of(clerk.get(batch)) and "别的数据不动" in text_of(clerk.get(undo)) and dump() != before
    assert clerk.post(undo).url == batch and dump() == before
    page = text_of(clerk.get(batch))
    assert "数据回到导入以前" in page and "整批撤销" not in page.replace("已整批撤销", "") and "已撤销" in text_of(clerk.get(START))
    assert clerk.post(undo).status_code == 409


def test_an_undo_that_is_refused_says_what_is_in_use(clerk: Client, built: World, clock: dict[str, datetime]) -> None:
    from zhibu.ground.people import actions

    batch = confirm(clerk, step2(clerk, begin(clerk, village(member("王甲", id_no()))))).url
    ((pk, _, _),) = people.known_by_id_no([id_no()]).values()
    actions.edit(built.actor("sq"), pk, values={"job": "会计"}, version=1, at=AT)
    response = clerk.post(batch + "undo/")
    assert response.status_code == 409 and "“王甲”的资料导入以后改过" in text_of(response)
    clock["now"] = AT + timedelta(days=8)
    fresh = visitor("sq")
    assert "已过撤销期" in text_of(fresh.get(START)) and "整批撤销" not in text_of(fresh.get(batch))
    assert "超过 7 天" in text_of(fresh.post(batch + "undo/"))


# ---------------------------------------------------------------- rights and strangers


def test_only_who_may_import_gets_in(clerk: Client) -> None:
    url = begin(clerk, village(member("王甲", id_no())))
    batch = confirm(clerk, step2(clerk, begin(clerk, village(member("李乙", id_no("19800202", 21)))))).url
    for username in ("leader", "reader", "member"):
        client = visitor(username)
        assert client.get(START).status_code == 403 and "镇党建办" in text_of(client.get(START))
        assert client.get(url).status_code == 403 and client.get(batch).status_code == 403
        assert START not in text_of(client.get("/"))
    stranger = visitor("clerk1")
    assert stranger.get(url).status_code == 404 and stranger.get(batch).status_code == 404 and stranger.post(batch + "undo/").status_code == 404
    assert send(stranger, village(member("王甲", id_no()))).status_code == 404, "another township's committee"
    assert TOWN not in text_of(stranger.get(START))
    assert START in text_of(clerk.get("/"))


def test_the_county_chooses_among_its_committees(built: World) -> None:
    page = text_of(visitor("county").get(START))
    assert "中共青禾县委员会" in page and TOWN in page


# ---------------------------------------------------------------- where the bytes wait


def test_waiting_tables_are_sealed_and_swept(clerk: Client, folder: Path, clock: dict[str, datetime]) -> None:
    url = begin(clerk, *dirty("01", "04"))
    files = [p for p in folder.rglob("*") if p.is_file()]
    assert len(files) == 3 and all(p.stat().st_mode & 0o077 == 0 for p in files)
    assert all("王样一" not in p.read_text() and "990123" not in p.read_text() for p in files), "sealed"
    session = clerk.session
    assert not [v for v in map(str, session.values()) if "王样一" in v]
    waiting.sweep(timezone.now())
    assert clerk.get(url).status_code == 200
    clock["now"] = datetime.now(tz=AT.tzinfo) + timedelta(hours=25)
    waiting.sweep(clock["now"])
    assert not [p for p in folder.rglob("*") if p.is_file()]


@pytest.mark.parametrize("key", ["0" * 32, "x", "..", "batch-1", "0" * 31 + "/"])
def test_a_guessed_key_is_nothing(clerk: Client, key: str) -> None:
    assert clerk.get(f"/import/{key}/").status_code == 404 and clerk.get(f"/import/{key}/columns/").status_code == 404


# ---------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("name", "body", "said"),
    [
        ("空.xlsx", b"", "E101"),
        ("空.csv", b"\n", "文件是空的"),
        ("假.xlsx", b"hello", "E103"),
        ("程序.exe", b"MZ\x90\x00\x00", "E103"),
        ("图.png", b"\x89PNG\r\n\x1a\n", "E103"),
    ],
)
def test_files_that_are_no_tables(clerk: Client, name: str, body: bytes, said: str, folder: Path) -> None:
    response = send(clerk, SimpleUploadedFile(name, body))
    assert response.status_code == 422 and said in text_of(response)
    assert not [p for p in folder.rglob("*") if p.is_file()]


def test_a_file_that_is_too_large_is_not_taken_in(clerk: Client, folder: Path) -> None:
    response = send(clerk, SimpleUploadedFile("大.csv", b"a" * (MAX_FILE_BYTES + 100_000)))
    assert response.status_code == 422 and "“大.csv”超过 10 MB，请拆分后上传（E102）" in text_of(response)


def test_one_refused_file_among_others_is_said_and_the_rest_goes_on(clerk: Client) -> None:
    url = begin(clerk, village(member("王甲", id_no())), Upload("假.xlsx", b"hello"))
    assert "“假.xlsx”没有读进来" in text_of(clerk.get(url))
    third = text_of(clerk.get(step2(clerk, url)))
    assert "没有读进来" in third and "新增党员 1 人" in third


def test_nothing_chosen_and_two_of_one_name(clerk: Client) -> None:
    response = clerk.post(START, {"org": place().id})
    assert response.status_code == 422 and "没有选文件" in text_of(response)
    for org in ("", "x", "99999999999999999999", "-1"):
        assert clerk.post(START, {"org": org}).status_code == 404
    url = begin(clerk, village(member("王甲", id_no())), village(member("李乙", id_no("19800202", 21))))
    assert "名册(2).csv" in text_of(clerk.get(url))


def test_a_post_without_its_token_is_refused(built: World) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(Account.objects.get(username="sq"))
    response = client.post(START, {"org": place().id, "files": SimpleUploadedFile("a.csv", b"a")})
    assert response.status_code == 403


def test_names_of_files_and_cells_are_only_text(clerk: Client) -> None:
    file = SimpleUploadedFile('"><img onerror=x>.csv', (VILLAGE + ROSTER + member("<script>alert(1)</script>", id_no())).encode())
    page = text_of(clerk.get(step2(clerk, begin(clerk, file))))  # type: ignore[arg-type]
    assert "<script>alert" not in page and "<img" not in page and "&lt;script&gt;" in page


# ---------------------------------------------------------------- size


def test_long_results_stay_small(clerk: Client) -> None:
    lines = [member(f"人{i}", id_no(f"19{60 + i % 30}0101", i % 900), joined="1988.1" if i % 2 else "1998.07.01", phone=f"154{i:08d}") for i in range(600)]
    bad = [member("", id_no("19590101", i)) for i in range(300)]
    url = begin(clerk, village(*lines, *bad))
    assert len(gzip.compress(clerk.get(url).content)) < 60_000
    url = step2(clerk, url)
    page = clerk.get(url)
    assert len(gzip.compress(page.content)) < 60_000 and text_of(page).count('class="q1"') == 20 and "还有 288 行" in text_of(page)
    (first,) = re.findall(r'name="(q-0-0-4-[^"]+)" value="0"', text_of(page))
    second = text_of(clerk.post(url, {"do": "page-2", first: "0"}))
    assert second.count('class="q1"') == 20 and "已定 1 处" in second and 'value="page-2" aria-current="page"' in second


def test_statements_do_not_grow_with_the_rows(clerk: Client, django_assert_max_num_queries) -> None:
    def count(n: int) -> int:
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        url = step2(clerk, begin(clerk, village(*(member(f"人{i}", id_no(f"19{60 + i % 30}0101", i)) for i in range(n)))))
        with CaptureQueriesContext(connection, ) as found:
            clerk.get(url)
        return len(found)

    assert count(5) == count(300)


def test_a_ledger_through_the_pages(clerk: Client) -> None:
    url = step2(clerk, begin(clerk, importers.table(VILLAGE + LEDGER + f"{VILLAGE},2026.1.8,支委会,题,王,3,3,会议记录\n", "台账.csv")))
    assert "记入会议 1 次" in text_of(clerk.get(url))
    assert "1 次" in text_of(clerk.get(confirm(clerk, url).url))
