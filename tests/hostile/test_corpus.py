"""The corpus of hostile files: the exact code and text of each, in the pure pipeline and through the page; the worker stays, nothing is written."""
from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from tests.everywhere.lasting import lasting
from tests.exchange import importers
from tests.exchange.dirty import known
from tests.hostile import attachments, containers, sheets
from tests.hostile.cases import Case
from tests.hostile.elsewhere import ELSEWHERE, OF_THE_API
from tests.world import AT, World

from zhibu.exchange.intake import container
from zhibu.exchange.intake.findings import FileRead, FileRefused, Upload
from zhibu.exchange.intake.pipeline import read_files
from zhibu.ground.access.models import Account
from zhibu.ground.files.inspection import FileRefused as AttachmentRefused
from zhibu.ground.files.inspection import inspect

ROOT = Path(__file__).parents[2]
TABLES = containers.CASES + sheets.CASES
FIRST = [c for c in TABLES if c.id.isdecimal()]  # one of each number goes through the page, the others too in the drill


def id_of(case: Case) -> str:
    return case.id


# ---------------------------------------------------------------- the list


def test_every_case_of_the_list_is_met() -> None:
    met = {c.number for c in TABLES + attachments.CASES} | set(ELSEWHERE) | set(OF_THE_API)
    assert met == set(range(1, 67))
    for cases in (TABLES, attachments.CASES):
        assert len({c.id for c in cases}) == len(cases)


def test_every_code_of_a_refusal_has_a_case() -> None:
    """The codes of the list that a product may answer with as a whole; those of rows are words (expected.json)."""
    codes = {c.code for c in TABLES + attachments.CASES if c.code}
    assert codes == {f"E{n}" for n in (*range(101, 117), 128, 129, 130, 131, 132, 133)}


def test_the_tests_named_elsewhere_exist() -> None:
    for name in (name for names in ELSEWHERE.values() for name in names):
        path, _, test = name.partition("::")
        tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
        assert test in {n.name for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)}, name


# ---------------------------------------------------------------- tables, in the pure pipeline


def check(case: Case, found: FileRead | FileRefused) -> None:
    """Compare what was read or refused with what the case says."""
    if case.code:
        assert isinstance(found, FileRefused), found
        assert found.code == case.code and all(w in found.message for w in case.words), (found.code, found.message)
        assert found.message and not any(sign in found.message for sign in "!?;") and "root:" not in found.message
        return
    assert isinstance(found, FileRead), found
    said = {r.code for r in found.rows} | {i.code for r in found.rows for i in r.issues}
    for sheet in found.sheets:
        said |= {sheet.code, *(n.code for n in sheet.notices), *(q.code for q in sheet.questions)}
    assert set(case.says) <= said, said
    if case.names is not None:
        assert tuple(r.values["name"] for r in found.rows if r.values) == case.names
    if case.rows is not None:
        assert len(found.rows) == case.rows


@pytest.mark.parametrize("case", TABLES, ids=id_of)
def test_a_hostile_table(case: Case) -> None:
    (found,) = read_files([Upload(case.name, case.make())], known(), parse=container.read)
    check(case, found)


def test_what_the_cases_expect_is_not_what_any_file_gives() -> None:
    """The twin: a sound table passes no check of a refusal, and a refused one none of a reading."""
    (sound,) = read_files([Upload("a.csv", containers.csv_text().encode())], known(), parse=container.read)
    (refused,) = read_files([Upload("a.xlsx", b"")], known(), parse=container.read)
    for case, found in ((TABLES[0], sound), (next(c for c in TABLES if c.id == "24"), refused), (next(c for c in TABLES if c.id == "38"), sound), (TABLES[2], refused)):
        with pytest.raises(AssertionError):
            check(case, found)


# ---------------------------------------------------------------- tables, through the page


@pytest.fixture(scope="module")
def built(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with pytest.MonkeyPatch.context() as patch, lasting(django_db_blocker):
        patch.setattr(timezone, "now", lambda: AT)
        patch.setattr(settings, "FILES_ROOT", tmp_path_factory.mktemp("files"))
        yield importers.county()


@pytest.fixture
def clerk(built: World, monkeypatch: pytest.MonkeyPatch) -> Client:
    client = Client()
    client.force_login(Account.objects.get(username="sq"))
    return client


def through_the_page(client: Client, case: Case, body: bytes) -> None:
    """Send a case as a clerk would, to the end of the second step: refused with code and text, or shown; the next page works, nothing is written."""
    before = importers.dump()
    start = reverse("intake:upload")
    response = client.post(start, {"org": importers.place().id, "files": SimpleUploadedFile(case.name, body)})
    if case.code:
        if response.status_code == 302:  # what only a known column tells is said on the next page
            response = client.get(response.url)
            assert response.status_code == 200 and "没有读进来" in response.content.decode()
        page = response.content.decode()
        assert response.status_code in (200, 422) and case.code in page and all(w in page for w in case.words), page[-3000:]
    else:
        assert response.status_code == 302 and client.get(response.url).status_code == 200
        assert client.post(response.url, {}).status_code in (302, 422)
    assert client.get(start).status_code == 200 and importers.dump() == before


@pytest.mark.django_db
@pytest.mark.parametrize("case", FIRST, ids=id_of)
def test_a_hostile_table_through_the_page(case: Case, clerk: Client) -> None:
    """The parser runs in its own process here, under its limits of memory and time."""
    through_the_page(clerk, case, case.make())


# ---------------------------------------------------------------- attachments


@pytest.mark.parametrize("case", attachments.CASES, ids=id_of)
def test_a_hostile_attachment(case: Case) -> None:
    body = case.make()
    if not case.code:
        kept, media = inspect(body, case.name)
        assert media and attachments.POLYGLOT not in kept
        return
    with pytest.raises(AttachmentRefused) as caught:
        inspect(body, case.name)
    assert caught.value.code == case.code and all(w in caught.value.reason for w in case.words) and f"“{case.name}”" in caught.value.reason
