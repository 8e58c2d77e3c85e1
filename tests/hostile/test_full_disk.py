"""A full disk is a page in plain words, nothing is half-written, reading goes on (trust.md E4)."""
from __future__ import annotations

import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile, TemporaryUploadedFile
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from tests import world
from tests.everywhere.pages import Page, send
from tests.everywhere.test_bad_input import filled, meeting_form, rows, visitor
from tests.world import AT, World

from zhibu.ground.files import actions as files
from zhibu.web.intake import waiting
from zhibu.web.shell import errors, storage

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def w(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> World:
    monkeypatch.setattr(timezone, "now", lambda: AT)
    monkeypatch.setattr(settings, "FILES_ROOT", tmp_path / "files")
    (tmp_path / "files").mkdir()
    return world.build()


def patient(username: str) -> Client:
    client = visitor(username)
    client.raise_request_exception = False
    client.get(reverse("healthz"))  # the visit that notes where somebody is signed in
    return client


@contextmanager
def no_room(table: str = "record_activity") -> Iterator[None]:
    """Fill the disk: SQLite may not grow by a page; PostgreSQL says what it says when it cannot extend a file, from the server."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("VACUUM")
            pages = cursor.execute("PRAGMA page_count").fetchone()[0]
            cursor.execute(f"PRAGMA max_page_count = {pages}")
        else:
            cursor.execute("CREATE FUNCTION no_room() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$ LANGUAGE plpgsql")
            cursor.execute(f"CREATE TRIGGER no_room BEFORE INSERT OR UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION no_room()")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            if connection.vendor == "sqlite":
                cursor.execute("PRAGMA max_page_count = 1073741823")
            else:
                cursor.execute(f"DROP TRIGGER no_room ON {table}")
                cursor.execute("DROP FUNCTION no_room()")


def long_meeting() -> dict[str, Any]:
    """A record of several pages of the database."""
    return filled(**{f"t-{n}-{part}": text for n in range(8) for part, text in (("kind", "general_meeting"), ("title", f"议题{n}"), ("text", "大家发了言。" * 700))})


def save(client: Client, page: Page) -> HttpResponse:
    return send(client, page, page.form("held_on"), long_meeting(), "save")


def said(response: HttpResponse) -> str:
    assert response.status_code == 507, (response.status_code, response.headers.get("Location"))
    page = response.content.decode()
    assert "存储空间满了" in page and "没有保存" in page and "请返回上一页" in page and "Traceback" not in page
    return page


def test_a_record_is_whole_or_not_there_and_reading_goes_on(w: World) -> None:
    client = patient("secretary")
    page = meeting_form(client, "general_meeting")
    before = rows()
    with no_room():
        said(save(client, page))
        assert rows() == before
        for url in ("/", reverse("meetings:ledger"), reverse("roster:list"), reverse("org:page", args=[w.orgs["T1-B1"]]), reverse("meetings:record")):
            assert client.get(url).status_code == 200, url
    assert save(client, page).status_code == 302, "with room again, the same page is saved"
    assert rows()["record_activity"] == before["record_activity"] + 1


def test_reading_goes_on_when_the_visit_cannot_be_noted(w: World, monkeypatch: pytest.MonkeyPatch) -> None:
    client = patient("secretary")
    assert client.get("/").status_code == 200
    forbid = {
        "sqlite": "CREATE TRIGGER full BEFORE UPDATE ON django_session BEGIN SELECT RAISE(FAIL, 'database or disk is full'); END",
        "postgresql": None,
    }[connection.vendor]
    monkeypatch.setattr(timezone, "now", lambda: AT + timedelta(minutes=5))
    if forbid is None:
        with no_room("django_session"):
            assert client.get(reverse("roster:list")).status_code == 200
        return
    with connection.cursor() as cursor:
        cursor.execute(forbid)
    try:
        assert client.get(reverse("roster:list")).status_code == 200
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TRIGGER full")


@contextmanager
def small_files(limit: int) -> Iterator[None]:
    """Let no file grow beyond some bytes, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def limited(patch: pytest.MonkeyPatch, owner: Any, name: str, limit: int = 4096) -> None:
    """Put the limit around one function that writes files (SQLite writes files too, and is not meant here)."""
    plain: Callable[..., Any] = getattr(owner, name)

    def under(*args: Any, **kwargs: Any) -> Any:
        with small_files(limit):
            return plain(*args, **kwargs)

    patch.setattr(owner, name, under)


def leftovers() -> list[Path]:
    return [p for p in Path(settings.FILES_ROOT).rglob("*") if p.is_file()]


def upload(client: Client) -> HttpResponse:
    page = meeting_form(client, "theme_day")
    more = {"r-shown": ["dues_ledger", "activity_photos"], "r-dues_ledger": "upload", "r-dues_ledger-att": ""}
    body = b"%PDF-1.4" + b"x" * 200_000
    return send(client, page, page.form("held_on"), filled(**more, **{"r-dues_ledger-file": SimpleUploadedFile("签到.pdf", body)}), "save")


def test_an_attachment_that_finds_no_room_leaves_neither_row_nor_file(w: World, monkeypatch: pytest.MonkeyPatch) -> None:
    client, before = patient("secretary"), rows()
    with monkeypatch.context() as patch:
        limited(patch, files, "_keep")
        said(upload(client))
        assert rows() == before and leftovers() == [] and client.get("/").status_code == 200
    assert upload(client).status_code == 302 and len(leftovers()) == 1


def test_an_upload_that_finds_no_room_on_its_way_in_is_said(w: World, monkeypatch: pytest.MonkeyPatch) -> None:
    client, before = patient("secretary"), rows()
    plain = TemporaryUploadedFile.__init__

    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        plain(self, *args, **kwargs)
        real = self.file.write

        def write(data: bytes) -> int:
            with small_files(4096):
                done: int = real(data)
                self.file.flush()
                return done

        self.file.write = write

    monkeypatch.setattr(TemporaryUploadedFile, "__init__", init)
    said(upload(client))
    assert rows() == before and leftovers() == []


def test_a_table_that_finds_no_room_waits_nowhere(w: World, monkeypatch: pytest.MonkeyPatch) -> None:
    client, before = patient("clerk1"), rows()
    limited(monkeypatch, waiting, "_write", 64)
    table = SimpleUploadedFile("名册.csv", "姓名,性别,入党时间,党员类别\n王一,男,1998.07,正式党员\n".encode())
    said(client.post(reverse("intake:upload"), {"org": w.orgs["T1"], "files": table}))
    assert rows() == before and leftovers() == []


def test_a_busy_database_asks_to_come_back(w: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.db import OperationalError

    from zhibu.web.desk import desk_page

    def locked(*args: Any, **kwargs: Any) -> Any:
        raise OperationalError("database is locked")

    monkeypatch.setattr(desk_page, "build", locked)
    response = patient("secretary").get("/")
    assert response.status_code == 503 and response.headers["Retry-After"] and "请过一会儿再试" in response.content.decode()


def test_sabotage_without_the_page_a_full_disk_is_a_fault_of_the_program(w: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin: what these tests see comes from status_of."""
    monkeypatch.setattr(errors, "status_of", lambda error: None)
    client = patient("secretary")
    page = meeting_form(client, "general_meeting")
    with no_room():
        assert save(client, page).status_code == 500


def test_other_faults_are_not_taken_for_a_full_disk() -> None:
    from django.db import IntegrityError, OperationalError

    assert storage.status_of(None) is None and storage.status_of(ValueError("disk full")) is None
    assert storage.status_of(OperationalError("no such table: x")) is None and storage.status_of(IntegrityError("UNIQUE constraint failed")) is None
    assert storage.status_of(OSError(28, "No space left on device")) == 507 and storage.status_of(FileNotFoundError(2, "x")) is None
