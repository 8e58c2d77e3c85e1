"""The connection breaks while a form is on its way: nothing is kept of it, at whatever byte (trust.md E5)."""
from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from tests import world
from tests.everywhere.test_bad_input import filled, rows, visitor
from tests.hostile.browser import Browser, browser
from tests.world import AT, World

from zhibu.web.shell import whole

pytestmark = pytest.mark.django_db(transaction=True)
BOUNDARY = "----cut7d1"
PDF = b"%PDF-1.4 " + b"x" * 300_000
MEETING = {"r-shown": ["dues_ledger", "activity_photos"], "r-dues_ledger": "upload", "r-dues_ledger-att": ""}


@pytest.fixture
def w(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, live_server: Any) -> Iterator[World]:
    monkeypatch.setattr(timezone, "now", lambda: AT)
    for name in ("files", "arriving"):
        (tmp_path / name).mkdir()
    monkeypatch.setattr(settings, "FILES_ROOT", tmp_path / "files")
    monkeypatch.setattr(settings, "FILE_UPLOAD_TEMP_DIR", str(tmp_path / "arriving"))
    yield world.build()


def multipart(values: dict[str, list[Any]], field: str, name: str, body: bytes) -> bytes:
    parts = [f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n'.encode() for k, vs in values.items() for v in vs]
    parts.append(f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\nContent-Type: application/pdf\r\n\r\n'.encode() + body + b"\r\n")
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()


def request_of(b: Browser, url: str, body: bytes, kind: str) -> bytes:
    cookies = "; ".join(f"{k}={v}" for k, v in b.cookies.items())
    head = f"POST {url} HTTP/1.1\r\nHost: {b.host}\r\nCookie: {cookies}\r\nReferer: http://{b.host}{url}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    return head.encode() + body


def send_part(host: str, data: bytes) -> bytes:
    """Send some bytes, then say no more; gives what is answered, if anything."""
    name, _, port = host.partition(":")
    with socket.create_connection((name, int(port)), timeout=20) as link:
        link.sendall(data)
        link.shutdown(socket.SHUT_WR)
        answer = b""
        try:
            while part := link.recv(65536):
                answer += part
        except OSError:
            pass
    return answer


def secretary(live_server: Any) -> Browser:
    client = visitor("secretary")
    client.get(reverse("healthz"))
    return browser(live_server.url, settings.SESSION_COOKIE_NAME, client.cookies[settings.SESSION_COOKIE_NAME].value)


def upload(b: Browser) -> bytes:
    """Give the whole request of a theme day with a file."""
    url = f"{reverse('meetings:record')}?kind=theme_day"
    page = b.open(url)
    form = page.form("held_on")
    action = urlsplit(form.action or url)
    return request_of(b, action.path + ("?" + action.query if action.query else ""), multipart(form.values(filled(**MEETING), "save"), "r-dues_ledger-file", "签到.pdf", PDF), f"multipart/form-data; boundary={BOUNDARY}")


def left(tmp_path: Path) -> list[Path]:
    return [p for p in tmp_path.rglob("*") if p.is_file()]


def test_an_upload_that_is_cut_leaves_nothing(w: World, live_server: Any, tmp_path: Path) -> None:
    b = secretary(live_server)
    data, before = upload(b), rows()
    head = data.index(b"\r\n\r\n") + 4
    file = data.index(PDF)
    points = (head // 2, head, head + 50, file - 30, file, file + 10, file + 100_000, file + len(PDF) - 1, file + len(PDF) + 2, len(data) - 3)
    assert len(points) == 10
    for point in points:
        answer = send_part(b.host, data[:point])
        assert answer[:12] in (b"", b"HTTP/1.1 400", b"HTTP/1.1 403"), (point, answer[:200])
    time.sleep(0.2)  # the last thread closes its file
    assert rows() == before and left(tmp_path) == []
    assert send_part(b.host, data).startswith(b"HTTP/1.1 302"), "the whole of it is saved"
    assert rows()["files_attachment"] == before["files_attachment"] + 1 and len(left(tmp_path)) == 1


def test_a_plain_form_that_is_cut_is_not_saved(w: World, live_server: Any) -> None:
    """Half a text would look like a whole one."""
    b = secretary(live_server)
    url = f"{reverse('meetings:record')}?kind=general_meeting"
    page = b.open(url)
    values = page.form("held_on").values(filled(), "save")
    values["t-0-text"] = values.pop("t-0-text")  # typed last, so that the end is missing
    where, body = url, urlencode({**{k: v for k, v in values.items() if k != "t-0-text"}, "t-0-text": "大家说了很多话，意见一致。"}, doseq=True).encode()
    data, before = request_of(b, where, body, "application/x-www-form-urlencoded"), rows()
    for missing in (1, 30, 100):
        assert send_part(b.host, data[:-missing]).startswith(b"HTTP/1.1 400")
    assert rows() == before
    assert send_part(b.host, data).startswith(b"HTTP/1.1 302")


def test_sabotage_without_the_check_a_cut_upload_is_taken_for_a_form_without_a_file(w: World, live_server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin: what came is then taken for all of it, here for a meeting whose paper is still to come."""
    b = secretary(live_server)
    data = upload(b)
    cut = data[: data.index(PDF) + 100_000]
    assert send_part(b.host, cut)[:12] in (b"HTTP/1.1 403", b"HTTP/1.1 400")
    monkeypatch.setattr(whole.WholeUpload, "upload_complete", lambda self: None)
    assert send_part(b.host, cut)[:12] in (b"HTTP/1.1 422", b"HTTP/1.1 302")
