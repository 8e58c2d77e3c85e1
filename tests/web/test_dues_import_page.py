"""The three steps with a 党费核定表: a keeper without the right to import, a clerk without the right to incomes."""
from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest
from django.conf import settings
from django.utils import timezone
from tests.everywhere.lasting import lasting
from tests.exchange import importers, test_dues_import
from tests.exchange.dirty import TOWN, VILLAGE
from tests.exchange.importers import dirty, member, place, table
from tests.exchange.test_dues_import import THREE, WANG, held, rows
from tests.web.test_intake_pages import START, begin, confirm, send, stats, step2, text_of, visitor
from tests.world import AT, FOUNDED, World

from zhibu.ground.access.models import Account, Grant

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> dict[str, datetime]:
    hands = {"now": AT}
    monkeypatch.setattr(timezone, "now", lambda: hands["now"])
    return hands


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(settings, "FILES_ROOT", tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def built(django_db_setup: None, django_db_blocker) -> Iterator[World]:
    with lasting(django_db_blocker):
        w = importers.county()
        account = Account.objects.create(username="keeper", name="李管费", made_at=AT, password="!")
        Grant.objects.create(account=account, org_id=place(VILLAGE).id, role="dues_keeper", valid_from=FOUNDED, granted_by="系统", granted_at=AT)
        importers.do(w.actor("sq"), table(VILLAGE + importers.ROSTER + member("王甲", WANG) + member("李乙", test_dues_import.LI) + member("赵丙", test_dues_import.ZHAO), "b.csv"))
        yield w


def test_a_keeper_imports_undoes_and_gets_the_table_back(built: World) -> None:
    keeper = visitor("keeper")
    first = text_of(keeper.get(START))
    assert "党费核定表，.xlsx" in first and "空表：党费核定表" in first and "空表：党员花名册" not in first and TOWN not in first and VILLAGE in first
    url = begin(keeper, rows(*THREE, f"周庚,{importers.id_no('19660606', 61)},在职,4850,1%,48.50,", f"吴辛,{importers.id_no('19770707', 71)},在职,-5,1%,0,"), org=VILLAGE)
    second = text_of(keeper.get(url))
    assert "党费核定表，表头在第 2 行" in second and WANG not in second and "核定基数" in second
    url = step2(keeper, url)
    third = text_of(keeper.get(url))
    assert stats(third) == ["3", "1", "1", "0"] and "核定基数是负数" in third and "核定党费 3 人" in third and "先导入党员再核定党费" in third
    done = confirm(keeper, url)
    assert done.status_code == 302
    page = text_of(keeper.get(done.url))
    assert "核定党费" in page and "3 人" in page and "整批撤销" in page and "看党费核定" in page and "4850" not in page
    assert set(held()) == {"王甲", "李乙", "赵丙"}
    back = keeper.get(f"{done.url}returned/0/")
    sheet = openpyxl.load_workbook(io.BytesIO(b"".join(back.streaming_content) if back.streaming else back.content)).worksheets[0]
    assert "核定基数不能是负数" in str([c.value for r in sheet.rows for c in r])
    clerk = visitor("sq")
    assert "核定党费 3 人" in text_of(clerk.get(START)) and f'{done.url}undo/' not in text_of(clerk.get(START)) + text_of(clerk.get(done.url))
    assert clerk.post(f"{done.url}undo/").status_code == 403 and set(held()) == {"王甲", "李乙", "赵丙"}
    assert keeper.post(f"{done.url}undo/").status_code == 302 and held() == {}


def test_each_is_told_what_the_account_may_import(built: World) -> None:
    keeper, clerk = visitor("keeper"), visitor("sq")
    said = text_of(keeper.get(begin(keeper, *dirty("01"), org=VILLAGE)))
    assert "您的账号只能导入党费核定表" in said and "王样一" not in said
    said = text_of(clerk.get(begin(clerk, rows(*THREE), org=TOWN)))
    assert "由支部书记或党费管理员导入" in said and "4850" not in said
    assert send(keeper, rows(*THREE), org=TOWN).status_code == 404


def test_step_two_cannot_be_talked_into_another_table(built: World) -> None:
    keeper = visitor("keeper")
    url = begin(keeper, table("甲,乙\n1,2\n", "x.csv"), org=VILLAGE)
    page = text_of(keeper.get(url))
    assert '<option value="dues_assessment">' in page and '<option value="member_roster">' not in page
    keeper.post(url, {"k-0-0": "member_roster", "h-0-0": "1", "do": "next"})
    assert "您的账号只能导入党费核定表" in text_of(keeper.get(url))
