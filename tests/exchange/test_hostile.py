"""What the corpus of hostile files (tests/hostile) does not say: forms of a table that real writers leave, and the child process with its limits."""

from __future__ import annotations

import io
import signal
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from tests.exchange import hostile
from tests.exchange.dirty import known

from zhibu.exchange.intake import child
from zhibu.exchange.intake.findings import FileRead, FileRefused, Upload
from zhibu.exchange.intake.pipeline import read_files

XLSX = "花名册.xlsx"


def run(data: bytes, name: str = XLSX) -> FileRead | FileRefused:
    (found,) = read_files([Upload(name, data)], known())  # the child's own limits keep it from hanging: 20 s of CPU, 512 MB
    return found


def code(data: bytes, name: str = XLSX, *words: str) -> str:
    found = run(data, name)
    assert isinstance(found, FileRefused), found
    assert found.message and all(w in found.message for w in words), found.message
    assert not any(sign in found.message for sign in "!?;"), found.message
    return found.code


def names(data: bytes, name: str = XLSX) -> list[str]:
    found = run(data, name)
    assert isinstance(found, FileRead), found
    return [str(r.values["name"]) for r in found.rows if r.values]


def csv_text(rows: list[tuple[str, ...]] | None = None, separator: str = ",") -> str:
    rows = rows or [hostile.PERSON]
    return "\r\n".join(separator.join(r) for r in [(hostile.TITLE,), hostile.HEADINGS, *rows]) + "\r\n"


def test_49_rare_characters_under_a_known_header_are_no_other_encoding() -> None:
    people = [("䶮㐀䴙" * 20, *hostile.PERSON[1:]) for _ in range(40)]
    assert len(names(csv_text(people).encode("gb18030"), "a.csv")) == 1


def test_54_control_characters_in_shared_strings_and_csv() -> None:
    rels = hostile.RELS.replace("</Relationships>", '<Relationship Id="rId2" Type="x/sharedStrings" Target="sharedStrings.xml"/></Relationships>')
    person = ('<c t="s"><v>0</v></c>', *hostile.PERSON[1:])
    strings = b"<sst><si><t>\xe7\x8e\x8b\x0b</t></si></sst>"
    data = hostile.package(hostile.roster(person=person), {"xl/_rels/workbook.xml.rels": rels, "xl/sharedStrings.xml": strings})
    assert code(data, XLSX, "第 3 行", "“姓名”") == "E130"
    assert code(csv_text([("王\x0b", *hostile.PERSON[1:])]).encode(), "a.csv", "“姓名”") == "E130"


def test_carriage_return_escape_is_harmless() -> None:
    xml = hostile.roster().replace("<t>姓名</t>", "<t>姓_x000D_\n名</t>")
    assert names(hostile.package(xml)) == ["王样一"]


def test_1904_dates_and_formats() -> None:
    into = io.BytesIO()
    book = xlsxwriter.Workbook(into, {"in_memory": True, "date_1904": True})
    page = book.add_worksheet("名册")
    month = book.add_format({"num_format": 'yyyy"年"m"月"'})
    two = book.add_format({"num_format": "0.00"})
    for r, line in enumerate(((hostile.TITLE,), hostile.HEADINGS, (*hostile.PERSON[:3], "", "", "正式党员"))):
        for c, text in enumerate(line):
            page.write_string(r, c, text)
    page.write_datetime(2, 3, date(1998, 7, 1), month)
    page.write_number(2, 4, 1999.1, two)
    book.close()
    found = run(into.getvalue())
    assert isinstance(found, FileRead) and found.rows[0].values is not None
    assert (found.rows[0].values["join_date"], found.rows[0].values["full_date"]) == ("1998-07", "1999-10")


def test_the_child_that_dies_gives_a_clear_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def die(*args: object, **kwargs: object) -> subprocess.CompletedProcess[bytes]:
        return subprocess.CompletedProcess([], -9, b"", b"")

    monkeypatch.setattr(child.subprocess, "run", die)
    assert code(b"x,y\r\n", "a.csv", "太大或太复杂") == "E108"


def test_the_parent_never_waits_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "WALL_SECONDS", 0.01)
    assert code(b"x,y\r\n", "a.csv", "太大或太复杂") == "E108"


BOMBS = {
    "memory": "container.read = lambda name, data: bytearray(1 << 30)",
    "time": "child.CPU_SECONDS = 1; container.read = lambda name, data: [None for _ in iter(int, 1)]",
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_that_no_check_sees_is_stopped_by_the_limits(bomb: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A parser that takes all memory, or never ends: the clerk gets an answer, the worker its turn."""
    plain, ends = subprocess.run, list[int]()

    def run(args: list[str], **kwargs: Any) -> subprocess.CompletedProcess[bytes]:
        done = plain([args[0], "-c", f"from zhibu.exchange.intake import child, container; {BOMBS[bomb]}; child.main()"], **kwargs)
        ends.append(done.returncode)
        return done

    monkeypatch.setattr(child.subprocess, "run", run)
    assert code(b"x,y\r\n", "a.csv", "太大或太复杂") == "E108"
    assert ends == [0 if bomb == "memory" else -signal.SIGKILL], "the first is answered by the child, the second ends it"


def test_the_child_is_confined() -> None:
    probe = (
        "from zhibu.exchange.intake import child; child._confine()\n"
        "import os, resource\n"
        "def refused(f):\n"
        "    try: f()\n"
        "    except (OSError, MemoryError) as e: return type(e).__name__\n"
        "    return 'allowed'\n"
        "import socket\n"
        "print(refused(lambda: open('/etc/passwd')), refused(lambda: socket.socket()), refused(lambda: bytearray(600 << 20)),"
        " resource.getrlimit(resource.RLIMIT_CPU)[0], os.environ.get('DATABASE_URL'))\n"
    )
    source = str(Path(child.__file__).parents[3])
    done = subprocess.run([sys.executable, "-c", "import socket\n" + probe], capture_output=True, text=True, env={"PYTHONPATH": source}, check=False)
    assert done.stdout.split() == ["OSError", "OSError", "MemoryError", "20", "None"], done.stdout + done.stderr
