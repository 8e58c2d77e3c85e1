"""Nothing of an organisation is shown outside its scope, whatever an address or a form asks for (trust.md A3).

The matrix searches every answer to an honest question. Here the questions are dishonest: foreign ids in queries and forms, odd values everywhere.
"""
from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from contextlib import closing
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.http import HttpResponse
from django.urls import reverse
from tests.everywhere import matrix
from tests.everywhere.lasting import Clock, lasting
from tests.everywhere.matrix import CANARIES, KIND, World, canary, foreign_canaries, in_scope, policy
from tests.world import AT

from zhibu.ground.guard import tripwire
from zhibu.ground.guard.guarded import Guarded, GuardedQuerySet
from zhibu.ground.guard.scope import Scope
from zhibu.ground.people.models import Person

pytestmark = [pytest.mark.django_db, pytest.mark.once]
SRC = Path(__file__).parents[2] / "src" / "zhibu"
FOREIGN = "X1-B1"  # a branch of the other county
NEXT_DOOR = "T1-B2"


@pytest.fixture(scope="module")
def w(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    with pytest.MonkeyPatch.context() as patch, lasting(django_db_blocker):
        Clock(patch, AT)
        matrix.visitor.cache_clear()
        yield matrix.build()


def guarded() -> list[type[Any]]:
    """Give every table that belongs to organisations."""
    return [m for m in apps.get_models() if issubclass(m, Guarded)]


def rows_of(model: type[Any], org_id: int) -> list[tuple]:
    """Give an organisation's rows of a table, past every guard."""
    column = model._meta.get_field(model.scope_field).column
    with closing(connection.connection.cursor()) as cursor:
        cursor.execute(f'SELECT * FROM "{model._meta.db_table}" WHERE "{column}" = {int(org_id)} ORDER BY 1')
        return [tuple(row) for row in cursor.fetchall()]


# --- the canaries are there -----------------------------------------------------------------------------------------------------------------

#: tables whose rows hold no text that anybody wrote
WORDLESS = {"JointGuest", "Posting", "ActivityKind", "Post", "GroupPlace", "Entry"}


def test_no_two_organisations_share_a_character() -> None:
    characters = "".join(CANARIES.values())
    assert len(set(characters)) == len(characters) == 2 * len(KIND)
    shipped = "".join(p.read_text(encoding="utf-8") for p in SRC.rglob("*") if p.suffix in (".py", ".html", ".toml", ".js"))
    assert not set(characters) & set(shipped)


@pytest.mark.parametrize("model", guarded(), ids=lambda m: m.__name__)
def test_every_branch_has_rows_of_every_table(model: type[Any], w: World) -> None:
    """A new table needs a line in matrix.World.fill, or nothing would be searched for its texts."""
    for code in (c for c in KIND if KIND[c] == "branch"):
        rows = rows_of(model, w.things[code].org)
        assert rows, f"{model.__name__} of {code}"
        if model.__name__ not in WORDLESS:
            text = str(rows).encode("utf-8").decode("unicode_escape", "ignore") + str(rows)
            assert set(canary(code)) <= set(text) or canary(code).encode("unicode_escape").decode() in str(rows), f"no canary in {model.__name__} of {code}"


def test_the_own_canary_is_found(w: World) -> None:
    """What is searched for can be found: pages show the words to those who may see them."""
    shown = set()
    for name in ("meetings:activity", "roster:list", "org:groups", "files:download", "org:case", "meetings:absences"):
        answer = matrix.ask(w, "office", "GET", matrix.address(policy()[name], w, "T1-B1"))
        if any(set(canary("T1-B1")) <= set(text) for text in matrix.texts(answer.response)):
            shown.add(name)
    assert shown == {"meetings:activity", "roster:list", "org:groups", "files:download", "org:case", "meetings:absences"}


@pytest.mark.parametrize("body", [
    b"<p>%s</p>", b'{"name": "%u"}', b"<a href='/?q=%q'>", b"&#%d;", "zip", "header", "cookie",
])
def test_a_canary_is_found_however_it_is_wrapped(body: Any) -> None:
    import io
    import zipfile

    word = canary(FOREIGN)
    response = HttpResponse()
    if body == "zip":
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("xl/sharedStrings.xml", f"<t>{word}</t>")
        response.content = packed.getvalue()
    elif body == "header":
        from urllib.parse import quote

        response.headers["Content-Disposition"] = f"attachment; filename*=utf-8''{quote(word)}.pdf"
    elif body == "cookie":
        response.set_cookie("draft", word)
    else:
        from urllib.parse import quote

        forms = {b"%s": word.encode(), b"%u": word.encode("unicode_escape"), b"%q": quote(word).encode(), b"%d": str(ord(word[0])).encode()}
        for mark, form in forms.items():
            body = body.replace(mark, form)
        response.content = body
    assert foreign_canaries("county", response) == {FOREIGN}
    assert foreign_canaries("county", HttpResponse(canary("T1-B1"))) == set()


# --- dishonest addresses --------------------------------------------------------------------------------------------------------------------


READS = re.compile(r"""(?:(?:GET|asked|data|source|wanted|query|given)(?:\.get|\.getlist)?[(\[]|number\(given,)\s*["'](\w+)["']""")


@cache
def query_names(name: str) -> list[str]:
    """Collect the names that the pages of a room read from an address, from its sources."""
    room = {"": "desk", "person": "roster"}.get(name.rpartition(":")[0], name.rpartition(":")[0])
    found: set[str] = set()
    for path in (SRC / "web" / room).glob("*.py"):
        found |= set(READS.findall(path.read_text(encoding="utf-8")))
    return sorted(found)


def test_the_names_are_found() -> None:
    assert {"org", "on", "year", "kind", "why", "record", "draft"} <= set(query_names("meetings:ledger"))
    assert {"q", "org", "person"} <= set(query_names("roster:list")) and {"org", "cell", "why", "item"} <= set(query_names("overview:county"))


def foreign_values(w: World, code: str) -> dict[str, list[str]]:
    """Give foreign values for the names of a query."""
    t = w.things[code]
    month = "2026-10"
    return {
        "q": [canary(code)[0]],  # a page may repeat what was asked, so the other half is looked for
        "draft": [t.draft],
        "key": [t.draft],
        "why": [f"{t.org}|lecture|{month}", f"{t.org}|lecture||{month}", f"lecture|{t.group}|{month}", f"lecture:{t.group}:{month}"],
        "item": [f"{t.org}|lecture|{month}", f"{t.org}|lecture||{month}"],
        "cell": [f"{t.org}-10"],
        "person": [str(t.person)],
        "record": [str(t.activity)],
        "group": [str(t.group)],
        "id": [str(n) for n in (t.case, t.excuse, t.batch)],
    }


PROBED = sorted(name for name, row in policy().items() if row.methods.get("GET") not in (None, "open", "gone"))


def unwanted(name: str, writes: list[str]) -> list[str]:
    """Give what a GET wrote beyond the line that says who looked."""
    return [write for write in writes if not (policy()[name].notes_looks and write == "INSERT journal_entry")]


@pytest.mark.parametrize("name", PROBED)
def test_foreign_ids_in_an_address_show_nothing_foreign(name: str, w: World) -> None:
    row, found = policy()[name], []
    for persona, own, code in (("secretary", "T1-B1", NEXT_DOOR), ("office", "T1", FOREIGN)):
        if row.only == "branch" or (row.target.lstrip("?") and not getattr(w.things[own], row.target.lstrip("?"))):
            own = "T1-B1"
        values = foreign_values(w, code)
        for parameter in query_names(name):
            for value in values.get(parameter, [str(w.things[code].org)]):
                url = matrix.address(row, w, own, **{**row.query, parameter: value})
                answer = matrix.ask(w, persona, "GET", url)
                leaks = foreign_canaries(persona, answer.response, asked=value)
                if answer.response.status_code >= 500 or unwanted(name, answer.writes) or leaks:
                    found.append(f"{url} as {persona}: {answer.response.status_code} {answer.writes} {leaks}")
    assert not found, "\n".join(found)


ODD = ("", "-1", "0", "99999999999999999999999", "１２", "x", "\0", "' OR 1=1 --", "{{7*7}}", "2026-02-30", "0001-01-01", "9999-12-31", "é" * 5000, "1-13", "|", "a|b|c|d|e")


@pytest.mark.parametrize("name", PROBED)
def test_odd_values_in_an_address_are_no_fault_of_the_program(name: str, w: World) -> None:
    row, found = policy()[name], []
    own = "T1-B1" if row.target in ("person", "group") or row.only else "T1"
    for value in ODD:
        wild = {parameter: value for parameter in query_names(name) if parameter != "org"}
        for query in ({**row.query, **wild}, {**row.query, "org": value})[: 2 if "org" in query_names(name) else 1]:
            url = matrix.address(row, w, own, **query)
            answer = matrix.ask(w, "office", "GET", url)
            if answer.response.status_code >= 500 or unwanted(name, answer.writes):
                found.append(f"{value!r} in {sorted(query)[:3]}…: {answer.response.status_code} {answer.writes}")
    assert not found, "\n".join(found)


# --- dishonest forms ------------------------------------------------------------------------------------------------------------------------


class Forms(HTMLParser):
    """Reads the forms of a page: action, and for each field its value and choices."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[tuple[str, dict[str, list[str]]]] = []
        self.select = self.area = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        a = {k: v or "" for k, v in attrs}
        if tag == "form":
            self.forms.append((a.get("action", ""), {}) if a.get("method", "").lower() == "post" else ("", {}))
        fields = self.forms[-1][1] if self.forms else {}
        if tag == "input" and a.get("name"):
            fields.setdefault(a["name"], []).append(a.get("value", ""))
        elif tag == "select":
            self.select = a.get("name", "")
            fields.setdefault(self.select, [])
        elif tag == "option" and self.select:
            fields[self.select].append(a.get("value", ""))
        elif tag == "textarea" and a.get("name"):
            self.area = a["name"]
            fields.setdefault(self.area, [""])
        elif tag == "button" and a.get("name"):
            fields.setdefault(a["name"], []).append(a.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self.select = ""


def form_of(response: HttpResponse, path: str) -> dict[str, list[str]]:
    """Give the fields of the form on a page that is posted to the page's own address."""
    parser = Forms()
    parser.feed(response.content.decode())
    fields = next((f for action, f in parser.forms if action.split("?")[0] in (path, "") and f), {})
    return {k: v for k, v in fields.items() if k and k != "csrfmiddlewaretoken"}


def filled(fields: Mapping[str, list[str]]) -> dict[str, str]:
    """Fill a form in as somebody in a hurry would."""
    found = {}
    for name, values in fields.items():
        value = next((v for v in values if v), "")
        dated = name.endswith(("_on", "on", "date")) or name in ("until", "day")
        found[name] = value or ("2026-11-20" if dated else "测试用的内容")
    return found


def foreign_hash(w: World, persona: str) -> dict[str, str]:
    """Hash all rows of organisations outside a persona's scope, and the organisations themselves."""
    outside = [w.things[code].org for code in w.things if not in_scope(persona, code)]
    found = {}
    with closing(connection.connection.cursor()) as cursor:
        for model in [*guarded(), *(m for m in apps.get_models() if m.__name__ in ("Organisation", "OrganisationSpell", "Assignment"))]:
            column = "id" if model.__name__ == "Organisation" else model._meta.get_field(getattr(model, "scope_field", "org_id")).column
            cursor.execute(f'SELECT * FROM "{model._meta.db_table}" WHERE "{column}" IN ({",".join(map(str, outside))}) ORDER BY 1')
            found[model.__name__] = hashlib.sha256(repr(cursor.fetchall()).encode()).hexdigest()
    return found


EXTRA = ("org", "org_id", "parent", "parent_id", "person", "person_id", "activity", "corrects", "attachment", "batch_id", "account_id", "successor", "to", "group")


def mutations(fields: Mapping[str, list[str]], w: World, code: str) -> Iterator[dict[str, str]]:
    """Give the filled form with foreign ids: in each field that holds ids, and in fields that the form does not have."""
    t = w.things[code]
    honest = filled(fields)
    numbers = [str(n) for n in dict.fromkeys((t.org, t.person, t.group, t.attachment, t.activity, t.case, t.absence)) if n]
    yield honest
    ids = [name for name, values in fields.items() if any(v.isdigit() for v in values) and all(v.isdigit() or not v for v in values)]
    for name in ids[:6]:
        for number in numbers[:2]:
            yield {**honest, name: number}
    yield {**honest, **dict.fromkeys(ids, str(t.org))}
    yield {**honest, **dict.fromkeys(EXTRA, str(t.org))}
    yield {**honest, **dict.fromkeys(EXTRA, str(t.person)), f"m-{t.person}": "absent", f"g{t.person}": str(t.group), f"leader{t.group}": str(t.person)}
    yield {**honest, "photos-att": str(t.attachment), "r-shown": "sign_in", "r-sign_in": "upload", "r-sign_in-att": str(t.attachment), "key": t.draft, "do": "save"}


POSTED = sorted(name for name, row in policy().items() if row.target and {"GET", "POST"} <= set(row.methods))


def invitations_only(w: World, persona: str, before: set[tuple]) -> bool:
    """Tell whether nothing but invitations of the persona's own organisation came to the plans of others, and nothing there changed."""
    after = plans_outside(w, persona)
    own = w.things[str(matrix.AT_ORG[persona])].org
    new = [row for row in after if row not in before]
    columns = [f.column for f in apps.get_model("meetings.Plan")._meta.concrete_fields]
    return before <= after and all((row[columns.index("state")], row[columns.index("host_org_id")]) == ("invited", own) for row in new)


def plans_outside(w: World, persona: str) -> set[tuple]:
    """Give the plans of organisations outside a persona's scope, column by column."""
    columns = ", ".join(f'"{f.column}"' for f in apps.get_model("meetings.Plan")._meta.concrete_fields)
    outside = ",".join(str(w.things[code].org) for code in w.things if not in_scope(persona, code))
    with closing(connection.connection.cursor()) as cursor:
        cursor.execute(f"SELECT {columns} FROM meetings_plan WHERE org_id IN ({outside})")
        return {tuple(str(v) if isinstance(v, (dict, list)) else v for v in row) for row in cursor.fetchall()}


#: the one form that writes to others, and the table in which it leaves an invitation on the desk of a neighbour
CROSSES = {"meetings:plan-guests": ["Plan"]}


@pytest.mark.parametrize(("name", "code"), [(name, (NEXT_DOOR, FOREIGN)[n % 2]) for n, name in enumerate(POSTED)])
def test_foreign_ids_in_a_form_change_and_show_nothing_foreign(name: str, code: str, w: World) -> None:
    row, found = policy()[name], []
    personas = [p for p in (("secretary", "office", "county") if code == NEXT_DOOR else ("office", "county", "secretary")) if matrix.holds(p, row, "POST") and not in_scope(p, code)]
    for persona in personas[:1]:
        own = "T1-B1" if persona == "secretary" or row.only or row.target == "person" else "T1"
        page = matrix.address(row, w, own, **row.query)
        fields = form_of(matrix.ask(w, persona, "GET", page).response, page.split("?")[0])
        before, plans = foreign_hash(w, persona), plans_outside(w, persona)
        for form in mutations({**{k: [v] for k, v in row.query.items()}, **fields}, w, code):
            with transaction.atomic():
                response = matrix.seated(w, persona).post(page, form, follow=True)
                moved = [table for table, value in foreign_hash(w, persona).items() if value != before[table]]
                if moved and moved == CROSSES.get(name) and invitations_only(w, persona, plans):
                    moved = []
                transaction.set_rollback(True)
            if moved or response.status_code >= 500 or foreign_canaries(persona, response):
                found.append(f"{form} as {persona}: {response.status_code}, changed {moved}, shows {foreign_canaries(persona, response)}")
    assert not found, "\n".join(found)


def test_an_absence_of_another_branch_is_not_made_up_for_through_the_own(w: World) -> None:
    for code in (NEXT_DOOR, FOREIGN):
        url = reverse("meetings:catch-up", args=[w.things[code].absence]) + f"?org={w.things['T1-B1'].org}"
        answer = matrix.ask(w, "secretary", "POST", url, {"done_on": "2026-11-19", "how": "补课"})
        assert (answer.verdict, answer.writes) == ("404", []), code


@pytest.mark.parametrize("persona", ["discipline", "member", "foreign to it"])
def test_a_refused_upload_leaves_no_file(persona: str, w: World) -> None:
    place, code = Path(settings.FILES_ROOT), "T1-B1" if persona != "foreign to it" else FOREIGN
    before = sorted(place.rglob("*"))
    upload = SimpleUploadedFile("a.pdf", b"%PDF-1.4 refused", "application/pdf")
    url = matrix.address(policy()["meetings:record"], w, code)
    answer = matrix.ask(w, persona if code != FOREIGN else "secretary", "POST", url, {"do": "save", "photos": upload})
    assert answer.verdict in ("403", "404") and sorted(place.rglob("*")) == before


# --- sabotage twins ---------------------------------------------------------------------------------------------------------------------------


def test_lists_would_leak_without_the_manager_and_the_tripwire(w: World, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = GuardedQuerySet.within
    monkeypatch.setattr(GuardedQuerySet, "within", lambda self, scope: plain(self, Scope(("",))))
    answer = matrix.ask(w, "secretary", "GET", reverse("roster:list"))
    assert FOREIGN in foreign_canaries("secretary", answer.response)


def test_the_tripwire_stops_the_leak_that_the_manager_lets_through(w: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.db import models, transaction

    with pytest.raises(Exception, match="not bound"), transaction.atomic():
        list(models.QuerySet(Person))
    monkeypatch.setattr(tripwire, "verdict", lambda sql: None)
    assert len(list(models.QuerySet(Person))) > 10


def test_a_draft_of_another_branch_would_open_if_drafts_were_found_by_key_alone(w: World, monkeypatch: pytest.MonkeyPatch) -> None:
    url = matrix.address(policy()["meetings:record"], w, "T1-B1", draft=w.things[FOREIGN].draft)
    assert not foreign_canaries("secretary", matrix.ask(w, "secretary", "GET", url).response)
    plain = GuardedQuerySet.within
    monkeypatch.setattr(GuardedQuerySet, "within", lambda self, scope: plain(self, Scope(("",))))
    monkeypatch.setattr(GuardedQuerySet, "filter", _without_org(GuardedQuerySet.filter))
    assert foreign_canaries("secretary", matrix.ask(w, "secretary", "GET", url).response)


def _without_org(plain: Any) -> Any:
    def filter(self: Any, *args: Any, **kwargs: Any) -> Any:
        if self.model.__name__ == "Draft":
            kwargs.pop("org_id", None)
        return plain(self, *args, **kwargs)

    return filter


def test_an_invitation_that_changes_what_is_there_is_seen(w: World) -> None:
    plans = apps.get_model("meetings.Plan").objects.within(Scope((w.things[NEXT_DOOR].path,)))
    before = plans_outside(w, "secretary")
    common = {"org_id": w.things[NEXT_DOOR].org, "day": AT.date(), "made_by": "王", "made_at": AT}
    with transaction.atomic():
        plans.create(**common, state="invited", host_org_id=w.things["T1-B1"].org)
        assert invitations_only(w, "secretary", before)
        plans.create(**common)
        assert not invitations_only(w, "secretary", before), "a plan that is no invitation"
        transaction.set_rollback(True)
    with transaction.atomic():
        plans.filter(pk=w.things[NEXT_DOOR].plan).update(place="改过")
        assert not invitations_only(w, "secretary", before)
        transaction.set_rollback(True)


def test_a_form_that_writes_elsewhere_is_seen(w: World) -> None:
    before = foreign_hash(w, "secretary")
    Person.objects.within(Scope((w.things[FOREIGN].path,))).filter(pk=w.things[FOREIGN].person).update(remark="改过")
    assert foreign_hash(w, "secretary") != before
