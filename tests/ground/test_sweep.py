"""Uploads that nothing names go after 24 hours, row and file; what a record or a draft names stays (trust.md E5)."""
from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from tests import world
from tests.ground.test_files import keep
from tests.world import AT, World

from zhibu.areas.meetings import actions as meetings
from zhibu.areas.meetings import elsewhere
from zhibu.config.wiring import connect
from zhibu.ground.files import actions, sweep
from zhibu.ground.files.models import Attachment
from zhibu.ground.guard.permission import Permission
from zhibu.ground.record import actions as record

LATER = AT + timedelta(hours=25)


@pytest.fixture
def w(db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(settings, "FILES_ROOT", tmp_path)
    return world.build()


def rows() -> set[int]:
    return set(Attachment.objects.unscoped("a test counts").values_list("pk", flat=True))


def files() -> list[str]:
    return sorted(p.name for p in Path(settings.FILES_ROOT).rglob("*") if p.is_file())


def age(hours: float = 25) -> None:
    """Make every file as old as if it had been written some hours before LATER."""
    then = LATER.timestamp() - hours * 3600
    for path in Path(settings.FILES_ROOT).rglob("*"):
        os.utime(path, (then, then))


def recorded(w: World, attachment: int) -> None:
    record.write_many(w.actor("secretary"), [record.NewActivity(
        org_id=w.orgs["T1-B1"], kinds=(("theme_day", None),), title="植树", held_on=AT.date(), expected_count=8, present_count=8,
        evidence=(record.NewEvidence("sign_in", "upload", attachment_id=attachment),),
    )], at=AT)


def test_only_what_is_named_stays(w: World) -> None:
    named, held, left, proof = (keep(w, body=f"%PDF-{n}".encode()) for n in range(1, 5))
    recorded(w, named)
    elsewhere.enter(w.actor("secretary"), w.orgs["T1-B1"], elsewhere.NewElsewhere(w.persons["T1-B1"][1], AT.date(), "lecture", "长安镇流动党员党支部", "upload", attachment_id=proof), at=AT)
    meetings.put_aside(w.actor("secretary"), org_id=w.orgs["T1-B1"], key="k", fields={"photos-att": [f"{held},"], "place": [str(left)]}, title="", why="", at=AT)
    age()
    assert sweep.sweep(AT + timedelta(hours=23)) == sweep.Swept(0, 0) and len(rows()) == 4, "a form may still be open"
    assert sweep.sweep(LATER) == sweep.Swept(1, 1)
    assert rows() == {named, held, proof} and len(files()) == 3
    assert sweep.sweep(LATER) == sweep.Swept(0, 0)


def test_a_file_that_another_row_names_stays(w: World) -> None:
    first, second = keep(w), keep(w)
    recorded(w, second)
    age()
    assert sweep.sweep(LATER) == sweep.Swept(1, 0) and rows() == {second} and len(files()) == 1 and first not in rows()


def test_files_without_a_row_and_parts_of_dead_writers_go(w: World) -> None:
    sha = "ab" * 32
    folder = Path(settings.FILES_ROOT) / "ab"
    folder.mkdir()
    for name in (sha, f"{sha}.77.part", f"{sha}.77.swept", "note.txt"):
        (folder / name).write_bytes(b"x")
    age(23)
    assert sweep.sweep(LATER).files == 0
    age()
    assert sweep.sweep(LATER).files == 3 and files() == ["note.txt"], "what is none of ours is left alone"


def test_the_same_content_uploaded_again_is_not_swept(w: World) -> None:
    """An upload whose row is not written yet: the file was there before, and old."""
    keep(w)
    (sha,) = files()
    age()
    actions._keep(b"%PDF-1.7", sha)  # the file part of an upload under way
    os.utime(actions.location(sha), (LATER.timestamp(), LATER.timestamp()))
    assert sweep.sweep(LATER) == sweep.Swept(1, 0) and files() == [sha]


def test_an_upload_that_finds_its_file_swept_writes_it_anew(w: World) -> None:
    keep(w)
    age()
    sweep.sweep(LATER)
    assert files() == [] and rows() == set()
    made = keep(w)
    assert len(files()) == 1 and rows() == {made}


def test_without_anybody_who_names_no_row_goes(w: World, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(w)
    age()
    monkeypatch.setattr(sweep, "_NAMED_BY", [])
    assert sweep.sweep(LATER) == sweep.Swept(0, 0) and len(rows()) == 1


def test_sabotage_without_the_records_word_a_named_upload_goes(w: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin of test_only_what_is_named_stays: whoever keeps ids and is not registered loses files."""
    named = keep(w)
    recorded(w, named)
    age()
    monkeypatch.setattr(sweep, "_NAMED_BY", [lambda ids: set()])
    assert sweep.sweep(LATER).uploads == 1


def test_every_column_that_names_an_attachment_is_asked(w: World) -> None:
    """A new table with an attachment_id must be registered in the wiring, or its files would be swept."""
    from django.apps import apps

    connect()
    keepers = {m._meta.label for m in apps.get_models() for f in m._meta.concrete_fields if f.column.endswith("attachment_id")}
    assert keepers == {"record.Evidence", "meetings.Elsewhere"} and {f.__module__ for f in sweep._NAMED_BY} == {
        "zhibu.ground.record.queries", "zhibu.areas.meetings.form", "zhibu.areas.meetings.elsewhere",
    }


def test_the_command(w: World, capsys: pytest.CaptureFixture[str]) -> None:
    from zhibu.cli import sweeping

    keep(w)
    assert sweeping.main([]) == 0 and "清理了" in capsys.readouterr().out and sweeping.main(["x"]) == 2
    assert w.actor("secretary").scope(Permission.ACTIVITY_READ).paths
