"""Hostile forms, addresses and file names (trust.md §8, 58, 59, 63, 64)."""
from __future__ import annotations

import unicodedata
from datetime import datetime
from email.message import Message

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from tests import world
from tests.everywhere.pages import send
from tests.everywhere.test_bad_input import complaint, filled, meeting_form, nothing_written, visitor
from tests.hostile import attachments
from tests.world import AT, World

from zhibu.ground.files.models import Attachment

pytestmark = pytest.mark.django_db
UPLOADED = {"r-shown": ["dues_ledger", "activity_photos"], "r-dues_ledger": "upload", "r-dues_ledger-att": ""}


@pytest.fixture
def w(monkeypatch: pytest.MonkeyPatch) -> World:
    now: datetime = AT
    monkeypatch.setattr(timezone, "now", lambda: now)
    return world.build()


def upload(client: Client, name: str, body: bytes) -> object:
    """Send the form of a theme day with a file."""
    page = meeting_form(client, "theme_day")
    return send(client, page, page.form("held_on"), filled(**UPLOADED, **{"r-dues_ledger-file": SimpleUploadedFile(name, body)}), "save")


@pytest.mark.parametrize("case", [c for c in attachments.CASES if c.code and c.id.isdecimal() and c.id != "01"], ids=lambda c: c.id)
def test_a_refused_attachment_is_said_at_its_field(case: attachments.Case, w: World) -> None:
    with nothing_written():
        said = complaint(upload(visitor("secretary"), case.name, case.make()))  # type: ignore[arg-type]
    assert case.code in said and all(word in said for word in case.words)


def parts_of(header: str) -> list[tuple[str, str]]:
    """Read a header as a browser does: the kind, then its parameters."""
    message = Message()
    message["Content-Disposition"] = header
    return message.get_params(header="Content-Disposition") or []


NAMES = ("../../x.pdf", "con.pdf", "a\0b.pdf", "长" * 300 + ".pdf", "x.php.pdf", "甲\u202efdp.exe", 'a"; filename="b.html', "a\r\nSet-Cookie: x=1.pdf", "<img src=x onerror=1>.pdf", "😀.pdf", "…", "%2e%2e%2fx.pdf")


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_file_names_break_no_path_and_no_header(name: str, w: World) -> None:
    from zhibu.ground.files.actions import store
    from zhibu.ground.tree.queries import path_of

    made = store(w.actor("secretary"), org_id=w.orgs["T1-B1"], org_path=path_of(w.orgs["T1-B1"]), chunks=[b"%PDF-1.4"], name=name, at=AT)
    response = visitor("secretary").get(reverse("files:download", args=[made]))
    header = response.headers["Content-Disposition"]
    assert response.status_code == 200 and header.startswith("attachment; filename") and len(parts_of(header)) == 2 and "\n" not in header and "\r" not in header
    assert "Set-Cookie" not in response.headers and set(response.cookies) <= {settings.SESSION_COOKIE_NAME}
    kept = Attachment.objects.within(w.actor("secretary").sees()).get(pk=made)
    assert len(kept.name) <= 80 and not set(kept.name) & set('/\\<>:"|?*') and not any(unicodedata.category(c)[0] == "C" for c in kept.name)
    b"".join(response.streaming_content)


def test_what_is_kept_is_only_ever_downloaded(w: World) -> None:
    """Also a PDF with JavaScript: never shown inside a page, no sniffing, no script, no cookie's reach."""
    client, case = visitor("secretary"), next(c for c in attachments.CASES if c.id == "59d")
    assert upload(client, case.name, case.make()).status_code == 302  # type: ignore[attr-defined]
    made = Attachment.objects.within(w.actor("secretary").sees()).latest("pk").pk
    response = client.get(reverse("files:download", args=[made]))
    h = response.headers
    assert h["Content-Disposition"].startswith("attachment") and h["X-Content-Type-Options"] == "nosniff" and h["Content-Type"] == "application/pdf"
    assert "sandbox" in h["Content-Security-Policy"] and "default-src 'none'" in h["Content-Security-Policy"] and "no-store" in h["Cache-Control"]
    b"".join(response.streaming_content)


# ---------------------------------------------------------------- 63: forms


BEYOND = {
    "5,000 fields": {f"f{n}": "x" for n in range(5_000)},
    "3 MB of text": {"t-0-text": "长" * 1_000_000},
}


@pytest.mark.parametrize("what", BEYOND)
def test_a_form_beyond_the_limits_is_answered_in_words(what: str, w: World) -> None:
    client = visitor("secretary")
    client.raise_request_exception = False
    with nothing_written():
        response = client.post(reverse("meetings:record"), BEYOND[what])
    page = response.content.decode()
    assert response.status_code == 400 and "提交的内容太多" in page and "请返回上一页" in page and "Bad Request" not in page and "Traceback" not in page
    assert client.get("/").status_code == 200


def test_doubled_and_foreign_fields_are_read_once_or_not_at_all(w: World) -> None:
    """Lists for single values, single values for lists, names of the language: read as one value, or ignored."""
    client = visitor("secretary")
    page = meeting_form(client, "general_meeting")
    wild = filled(
        held_on=["2026-11-18", "2026-11-17"], place=["甲", "乙"], **{"__proto__": "x", "constructor": "x", "_connector": "OR", "org__path__startswith": "/", "kind[]": "lecture",
        "t-0-title": ["学习", "别的"], "t--1-title": "x", "t-99999999999999999999-title": "x", "m-": "absent", "m-x": "absent", "held_on[]": "x"},
    )
    response = send(client, page, page.form("held_on"), wild, "save")
    assert response.status_code in (302, 422) and client.get("/").status_code == 200


WILD = {
    "_connector": "OR", "_negated": "1", "ordering": "password", "order_by": "-person__id_no", "sort": "id_no_index", "member__id_no__startswith": "9", "id_no_index__gt": "",
    "org__path__startswith": "/", "pk__in": "1,2,3", "page": "1", "limit": "1000000", "fields": "password", "format": "json", "__proto__": "x",
}


@pytest.mark.parametrize("name", ["desk", "org:tree", "roster:list", "meetings:ledger", "meetings:absences", "overview:county", "accounts:list", "intake:upload"])
def test_names_of_columns_in_an_address_ask_nothing(name: str, w: World) -> None:
    """What a page shows does not depend on names that only the tables have (never filter(**request.GET): CVE-2025-64459)."""
    client = visitor({"accounts:list": "sysadmin", "overview:county": "county", "intake:upload": "clerk1"}.get(name, "secretary"))

    def main(query: dict[str, str]) -> str:
        response = client.get(reverse(name), query, follow=True)
        assert response.status_code == 200
        text = response.content.decode()
        return text[text.index("<main") : text.index("</main>")].split("<form", 1)[0]

    plain = main({})
    assert main(WILD) == plain
