"""Markup in every text that anybody can have typed comes out as text, on every page and in every file (trust.md F5; §8, 53).

The world of the access matrix is filled by the product's own actions; then every column that holds text is overwritten, past every guard, with
markup that names the column. What a reader of HTML finds afterwards must come from the templates: no element and no attribute of ours.
"""
from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterator
from contextlib import closing
from functools import cache
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection, models
from django.http import HttpResponse
from django.template import engines
from django.urls import reverse
from tests.everywhere import crawl, matrix
from tests.everywhere.lasting import Clock, lasting
from tests.everywhere.matrix import CANARIES, World, bad_headers, policy
from tests.everywhere.test_canary import WORDLESS
from tests.world import AT

from zhibu.ground.guard.fields import SealedField
from zhibu.ground.guard.tripwire import paused

pytestmark = [pytest.mark.django_db, pytest.mark.once]

#: columns that hold codes of the program, never what somebody typed; a new text column that is not named here is taken for text
CODED = {
    "training.Course": ("kind",), "training.Session": ("unit",), "training.TrainingRecord": ("kind",), "training.StudyNote": ("kind",), "training.CommitteeDoing": ("doing",),
    "resources.FundPlan": ("fund",), "resources.Place": ("kind", "address_key"),
    "guard.KeyMark": ("key_id",), "guard.AnsweredPost": ("key", "content_hash", "target"), "journal.Entry": ("action", "subject_type", "result"),
    "journal.ImportBatch": ("counts", "made", "changed", "removed"), "journal.ColumnMatch": ("table", "field"), "files.Attachment": ("sha256", "media_type", "compartment"),
    "tree.Organisation": ("code", "path", "established_precision", "theme_day"), "tree.OrganisationSpell": ("path", "event"), "tree.HostUnit": ("credit_code",),
    "tree.Committee": ("elected_precision",),
    "people.Person": ("name_sort", "name_initials", "gender", "birth_precision", "id_no_index", "phone_index", "joined_precision", "full_precision"),
    "people.Membership": ("name_sort", "began_as"), "people.Exclusion": ("reason",), "people.Correction": ("what",), "access.Account": ("password", "username"), "access.Grant": ("role",), "access.SetupCode": ("code_hash",),
    "policy.Assignment": ("family", "rule_set"), "record.Activity": ("held_as", "contents", "expected", "written_in"), "record.ActivityKind": ("kind",), "record.Absence": ("status",),
    "record.Topic": ("kind",), "record.Evidence": ("record_type", "how"), "record.Excuse": ("kind", "window"), "notice.Notice": ("matter",), "notice.Channel": ("kind",), "notice.Message": ("key", "sort", "state"), "notice.Told": ("matter",), "notice.Feed": ("nonce",), "jobs.Worker": ("name",), "jobs.Recurring": ("name",),
    "process.Case": ("kind", "subject_type"), "meetings.Draft": ("key",), "meetings.Plan": ("state",), "meetings.PlanChange": ("what",), "meetings.Leave": ("state",),
    "meetings.JointGuest": ("state",), "meetings.Elsewhere": ("kind", "how"), "policy.LocalSet": ("code", "supersedes", "based_on"), "workdays.DayEdit": ("kind",),
    "talks.Talk": ("relation",), "talks.TalkText": ("trigger",), "talks.TalkEvent": ("kind",), "talks.ContactPerson": ("purpose",), "care.CareEvent": ("kind",),
    "care.CareMember": ("flag",), "care.CareRequest": ("kind", "source", "state"),
    "dues.IncomeBase": ("category", "parts"), "dues.Exemption": ("state",), "dues.Consent": ("kind",), "dues.Payment": ("kind", "months", "method"),
    "dues.Assessment": ("category", "rule_set", "rule_version"), "dues.Review": ("state",), "dues.Remittance": ("kind",), "dues.Posting": ("account", "source_type"),
    "dues.Publication": ("figures",), "bank.BankFile": ("digest",), "bank.BankLine": ("print", "state"),
    "transfers.Transfer": ("standing", "gender", "id_no_index", "joined_precision"),
    "access.Factor": ("handle",), "access.Sitting": ("machine",), "access.ApiToken": ("prefix", "token_hash"),
}
FORMS = ("甲\"'><img src=zq{n} onerror=zq{n}>{{{{7*7}}}}", "\"><zq{n} onx>{{{{7*7}}}}", "<zq{n}>")


@cache
def columns() -> tuple[tuple[type[models.Model], models.Field], ...]:
    """Give every column that holds text somebody typed."""
    found = []
    for model in apps.get_models():
        coded = CODED.get(model._meta.label, ())
        for field in model._meta.concrete_fields if model.__module__.startswith("zhibu.") else ():
            text = isinstance(field, (models.CharField, models.TextField, models.JSONField)) and not isinstance(field, SealedField)
            if text and not field.choices and field.name not in coded:
                found.append((model, field))
    return tuple(found)


def markup(n: int, longest: int | None) -> str:
    """Give the longest markup of a column that fits."""
    return next(f for form in FORMS if len(f := form.format(n=n)) <= (longest or 1000))


def overwrite() -> None:
    """Put the markup into every text column; a text that says nothing stays empty. In JSON the canaries are replaced."""
    with paused("a test writes hostile texts past every guard"), closing(connection.cursor()) as cursor:
        for n, (model, field) in enumerate(columns()):
            table, column = model._meta.db_table, field.column
            if not isinstance(field, models.JSONField):
                cursor.execute(f"UPDATE \"{table}\" SET \"{column}\" = %s WHERE \"{column}\" <> ''", [markup(n, field.max_length)])
                continue
            cursor.execute(f'SELECT id, "{column}" FROM "{table}"')
            for pk, value in cursor.fetchall():
                text = value if isinstance(value, str) else json.dumps(value)
                plain = json.dumps(json.loads(text), ensure_ascii=False)
                for word in CANARIES.values():
                    plain = plain.replace(word, json.dumps(markup(n, None))[1:-1])
                cursor.execute(f'UPDATE "{table}" SET "{column}" = %s WHERE id = %s', [plain, pk])


@pytest.fixture(scope="module")
def w(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    with pytest.MonkeyPatch.context() as patch, lasting(django_db_blocker):
        Clock(patch, AT)
        matrix.visitor.cache_clear()
        built = matrix.build()
        overwrite()
        yield built
        matrix.visitor.cache_clear()


class Dom(HTMLParser):
    """Reads a page as a browser does, and notes elements and attributes that no template has."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self.shown: set[int] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag.startswith("zq"):
            self.found.append(f"<{tag}>")
        for name, value in attrs:
            text = value or ""
            if name.startswith("on") or "zq" in name or '"' in name or "<" in name or (name == "src" and "zq" in text):
                self.found.append(f"<{tag} {name}={text[:40]}>")
            if name in ("href", "src", "action", "formaction") and re.match(r"\s*(?:javascript|data|vbscript):", text, re.I):
                self.found.append(f"<{tag} {name}={text[:40]}>")
            self._note(text)

    def handle_data(self, data: str) -> None:
        if re.search(r"<zq\d|onerror=zq|onx>", data):
            self._note(data)

    def _note(self, text: str) -> None:
        self.shown |= {int(n) for n in re.findall(r"zq(\d+)", text)}


def read(response: HttpResponse) -> tuple[list[str], set[int]]:
    """Say what of a response came from data that should not, and which columns it shows."""
    if response.streaming and not hasattr(response, "body"):
        response.body = b"".join(response.streaming_content)
    body: bytes = response.body if response.streaming else response.content
    if body.startswith(b"PK\x03\x04"):
        return _office(body)
    if not response.headers.get("Content-Type", "").startswith("text/html"):
        return [], set()
    dom, text = Dom(), body.decode()
    dom.feed(text)
    dom.close()
    computed = ["{{7*7}} was computed"] if re.search(r"(?:onerror=zq\d+>|onerror=zq\d+&gt;|onx>|onx&gt;)49", text) else []
    return dom.found + computed + [line for line in bad_headers(response) if line.startswith("Content-Security-Policy")], dom.shown


def _office(body: bytes) -> tuple[list[str], set[int]]:
    found, shown = [], set()
    with zipfile.ZipFile(io.BytesIO(body)) as packed:
        for name in packed.namelist():
            if name.endswith((".xml", ".rels")):
                for element in ElementTree.fromstring(packed.read(name)).iter():
                    if "zq" in element.tag or any("zq" in a for a in element.attrib):
                        found.append(f"{name}: {element.tag}")
                    shown |= {int(n) for n in re.findall(r"zq(\d+)", element.text or "")}
    return found, shown


WALKERS = ("secretary", "office", "secadmin")
Met = tuple[list[str], set[int], int]


@pytest.fixture(scope="module")
def met(w: World) -> Met:
    """Walk as three roles, and open every address of the matrix as its first persona with the right."""
    faults, shown, pages = list[str](), set[int](), 0

    def note(persona: str, url: str, response: HttpResponse) -> None:
        nonlocal pages
        found, columns_shown = read(response)
        faults.extend(f"{persona} {url}: {one}" for one in found)
        shown.update(columns_shown)
        pages += 1

    plain = crawl.opened
    with pytest.MonkeyPatch.context() as patch:
        for persona in WALKERS:
            def opened(client: Any, url: str, persona: str = persona) -> HttpResponse:
                response = plain(client, url)
                if response.status_code >= 500:
                    faults.append(f"{persona} {url}: {response.status_code}")
                note(persona, url, response)
                return response

            patch.setattr(crawl, "opened", opened)
            crawl.walk(w, persona)
    for row in policy().values():
        asked = row.methods.get("GET")
        if asked in (None, "open", "gone"):
            continue
        persona = next((p for p in ("office", "secretary", "county", "sysadmin", "secadmin", "auditor") if asked == "signed" or matrix.holds(p, row, "GET")), None)
        if persona is None:
            continue
        own = "T1-B1" if persona == "secretary" or row.only or row.target.lstrip("?") not in ("", "org", "batch", "key") else matrix.AT_ORG[persona] or "T1"
        if row.target and not getattr(w.things[own], row.target.lstrip("?")):
            own = "T1-B1"
        url = matrix.address(row, w, own, **row.query)
        response = matrix.ask(w, persona, "GET", url).response
        if response.status_code >= 500:
            faults.append(f"{persona} {url}: {response.status_code}")
        note(persona, url, response)
    return faults, shown, pages


def test_no_element_or_attribute_of_a_page_comes_from_data(met: Met) -> None:
    faults, _, pages = met
    assert faults == [] and pages > 100


def test_the_texts_were_there_to_be_seen(met: Met, w: World) -> None:
    """A test that shows nothing proves nothing: of most columns the markup stands on some page, as text."""
    names = [f"{m._meta.label}.{f.name}" for m, f in columns()]
    seen = {names[n] for n in met[1]}
    assert {
        "tree.Organisation.name", "tree.Organisation.short_name", "tree.Organisation.address", "tree.HostUnit.name", "tree.PartyGroup.name", "people.Person.name", "people.Person.job",
        "people.Person.remark", "people.Person.address", "record.Activity.title", "record.Activity.place", "record.Activity.chair", "record.Topic.title", "record.Topic.content", "record.Absence.name",
        "files.Attachment.name", "process.Case.title", "process.Case.wish", "notice.Notice.text", "meetings.Draft.title", "access.Account.name", "journal.ImportBatch.file_names",
        "meetings.Plan.place", "meetings.Plan.bring", "meetings.PlanChange.reason", "meetings.Leave.reason", "meetings.Elsewhere.at_org", "transfers.Transfer.outside", "transfers.Transfer.steps", "transfers.Floating.place", "transfers.FloatingNote.text", "transfers.Stay.place", "policy.LocalSet.title", "policy.LocalSet.changed_by",
    } <= seen, sorted(set(names) - seen)


def test_every_column_is_text_or_a_code() -> None:
    """Every name in the list of codes is a column; a new text column is overwritten without being named."""
    for label, names in CODED.items():
        model = apps.get_model(label)
        assert set(names) <= {f.name for f in model._meta.concrete_fields}, label
    assert len(columns()) > 60 and {m._meta.label for m, _ in columns()} & WORDLESS == set()


def test_sabotage_without_escaping_the_markup_is_found(w: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin: with autoescape off, pages carry our elements and attributes."""
    monkeypatch.setattr(engines["django"].engine, "autoescape", False)
    for name in ("roster:list", "org:tree", "desk"):
        found, _ = read(matrix.ask(w, "office", "GET", reverse(name)).response)
        assert any("zq" in one for one in found), name


def test_sabotage_a_policy_that_allows_inline_code_is_found(w: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(settings.CONTENT_SECURITY_POLICY["DIRECTIVES"], "script-src", ["'self'", "'unsafe-inline'"])
    matrix.visitor.cache_clear()
    found, _ = read(matrix.ask(w, "office", "GET", reverse("desk")).response)
    matrix.visitor.cache_clear()
    assert any(one.startswith("Content-Security-Policy") for one in found)
