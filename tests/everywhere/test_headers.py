"""Security headers on every answer, cookies and settings as an installation ships them (trust.md H1, H2)."""
from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import OperationalError
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from tests.everywhere.matrix import bad_headers
from tests.world import AT

from zhibu.ground.access.models import Account
from zhibu.web.person import views as person

ROOT = Path(__file__).parents[2]


@pytest.fixture
def client(db: None) -> Client:
    account = Account.objects.create(username="somebody", name="某人", made_at=AT, password="!")
    client = Client(raise_request_exception=False)
    client.force_login(account, backend="django.contrib.auth.backends.ModelBackend")
    return client


ANSWERS: dict[str, tuple[int, Any]] = {
    "page": (200, lambda c: c.get(reverse("person:me"))),
    "sign-in page": (200, lambda c: Client().get(reverse("signin"))),
    "to sign-in": (302, lambda c: Client().get(reverse("person:me"))),
    "part to sign-in": (204, lambda c: Client().get(reverse("person:me"), headers={"HX-Request": "true"})),
    "not found": (404, lambda c: c.get("/nowhere/")),
    "not found by a stranger": (404, lambda c: Client().get("/nowhere/")),
    "slash added": (301, lambda c: c.get("/me")),
    "method": (405, lambda c: c.put(reverse("person:me"))),
    "wrong host": (400, lambda c: c.get(reverse("person:me"), headers={"Host": "evil.example"})),
    "form from elsewhere": (403, lambda c: _without_token(c)),
    "too many fields": (400, lambda c: c.post(reverse("set-password"), {f"f{i}": "x" for i in range(2100)})),
    "redirect after a post": (302, lambda c: c.post(reverse("large-print"), {"large": "1"})),
}


def _without_token(client: Client) -> HttpResponse:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = client.cookies
    return strict.post(reverse("set-password"), {})


@pytest.mark.parametrize("name", ANSWERS)
def test_every_answer_has_the_headers(name: str, client: Client) -> None:
    status, ask = ANSWERS[name]
    response = ask(client)
    assert response.status_code == status
    outside = {"slash added", "wrong host"}  # answered before anybody is known: nothing of anybody in them
    assert [line for line in bad_headers(response) if not (name in outside and line.startswith(("Cache-Control", "Content-Type")))] == []


def test_a_fault_of_the_program_has_the_headers_and_tells_nothing(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(actor: Any) -> Any:
        raise RuntimeError("id number 990201196001010018")

    monkeypatch.setattr(person, "_links", broken)
    response = client.get(reverse("person:me"))
    assert response.status_code == 500 and bad_headers(response) == []
    assert "990201" not in response.content.decode() and "Traceback" not in response.content.decode() and "出了点问题" in response.content.decode()


def test_static_files_may_be_kept(client: Client) -> None:
    response = client.get("/static/base.css")
    assert response.status_code == 200 and "no-store" not in response.headers.get("Cache-Control", "")
    assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_a_file_that_has_not_changed_has_the_headers(client: Client) -> None:
    """304: the browser keeps the headers that come with it."""
    first = client.get("/static/base.css")
    again = client.get("/static/base.css", headers={"If-Modified-Since": first.headers["Last-Modified"]})
    assert again.status_code == 304
    for response in (first, again):
        wrong = [line for line in bad_headers(response) if not line.startswith(("Cache-Control", "Content-Type"))]
        assert wrong == []
        b"".join(response.streaming_content) if response.streaming else None


def test_a_full_disk_and_a_busy_database_have_the_headers(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    for words, status in (("database or disk is full", 507), ("database is locked", 503)):
        def broken(actor: Any, words: str = words) -> Any:
            raise OperationalError(words)

        monkeypatch.setattr(person, "_links", broken)
        response = client.get(reverse("person:me"))
        assert response.status_code == status and bad_headers(response) == []


def test_pages_carry_no_inline_code(client: Client) -> None:
    for response in (client.get(reverse("person:me")), client.get(reverse("desk")), Client().get(reverse("signin"))):
        text = response.content.decode()
        assert "<style" not in text and " style=" not in text and " onclick=" not in text and "<script>" not in text


# --- the settings that are shipped ------------------------------------------------------------------------------------------------------------

ASK = """
import json, django
from django.conf import settings
from django.db import OperationalError
from django.core import checks
django.setup()
names = ("SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SESSION_COOKIE_HTTPONLY", "CSRF_COOKIE_HTTPONLY",
         "SESSION_COOKIE_SAMESITE", "SESSION_COOKIE_PATH", "SESSION_COOKIE_DOMAIN", "SECURE_SSL_REDIRECT", "SECURE_HSTS_SECONDS",
         "SECURE_HSTS_INCLUDE_SUBDOMAINS", "DEBUG", "SECURE_PROXY_SSL_HEADER")
found = checks.run_checks(include_deployment_checks=True)
print(json.dumps({"settings": {n: getattr(settings, n) for n in names}, "warnings": [f"{m.id} {m.msg}" for m in found if not m.is_silenced()]}))
"""


def installed(folder: Path, **environment: str) -> dict[str, Any]:
    """Start Python with the settings of an installation in an empty data folder; give its settings and what Django's check says."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("ZHIBU_", "DJANGO_")) and k != "DATABASE_URL"}
    env = {**kept, "ZHIBU_DATA": str(folder), "DJANGO_SETTINGS_MODULE": "zhibu.config.settings", "PYTHONPATH": str(ROOT / "src"), **environment}
    done = subprocess.run([sys.executable, "-c", ASK], env=env, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def production(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Both profiles that are shipped; the checks ask the settings, no database."""
    url = {"sqlite": {}, "postgresql": {"DATABASE_URL": "postgresql://zhibu:geheim@127.0.0.1:1/zhibu?sslmode=verify-full"}}[request.param]
    return installed(tmp_path_factory.mktemp("production"), **url)


def test_django_finds_nothing_to_warn_of(production: dict[str, Any]) -> None:
    assert production["warnings"] == []


def test_django_warns_of_the_demo(tmp_path: Path) -> None:
    """The twin: the check does look at these settings."""
    warned = " ".join(installed(tmp_path, ZHIBU_DEMO="1")["warnings"])
    assert all(code in warned for code in ("security.W004", "security.W008", "security.W010", "security.W016"))


def test_cookies_are_bound_to_this_host_and_to_https(production: dict[str, Any]) -> None:
    s = production["settings"]
    for kind in ("SESSION", "CSRF"):
        assert s[f"{kind}_COOKIE_NAME"].startswith("__Host-") and s[f"{kind}_COOKIE_SECURE"] and s[f"{kind}_COOKIE_HTTPONLY"]
    assert s["SESSION_COOKIE_SAMESITE"] == "Lax" and s["SESSION_COOKIE_PATH"] == "/" and s["SESSION_COOKIE_DOMAIN"] is None
    assert s["SECURE_SSL_REDIRECT"] and s["SECURE_HSTS_SECONDS"] >= 31_536_000 and s["SECURE_HSTS_INCLUDE_SUBDOMAINS"] and s["DEBUG"] is False
    assert s["SECURE_PROXY_SSL_HEADER"] is None, "a header is believed only behind a declared proxy"


def test_a_proxys_word_is_taken_only_when_declared(tmp_path: Path) -> None:
    assert installed(tmp_path, ZHIBU_BEHIND_PROXY="1")["settings"]["SECURE_PROXY_SSL_HEADER"] == ["HTTP_X_FORWARDED_PROTO", "https"]


@pytest.mark.django_db
def test_an_installation_sends_plain_http_to_https(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in settings.HTTPS_SWITCHES.items():
        monkeypatch.setattr(settings, name, value)
    plain = Client().get(reverse("signin"))
    assert plain.status_code == 301 and plain["Location"].startswith("https://")
    secure = Client().get(reverse("signin"), secure=True)
    assert secure["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains; preload"
