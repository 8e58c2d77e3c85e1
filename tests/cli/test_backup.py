"""`zhibu backup` and `zhibu restore`: equality after the round trip, and every way in which a restore must refuse to lie (trust.md E8, E9)."""
from __future__ import annotations

import json
import os
import random
import re
import shutil
import sqlite3
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.cli.places import ROOT, Installation, new_database
from tests.world import AT

from zhibu.cli import backup, restore
from zhibu.cli.backup import Place
from zhibu.cli.dumps import sqlite
from zhibu.exchange.backup import archive as zips
from zhibu.exchange.backup import manifest as m
from zhibu.exchange.backup import sealed
from zhibu.ground.guard.sealing import make_key

POSTGRES = os.environ.get("ZHIBU_TEST_VENDOR") == "postgresql"


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    return Installation(tmp_path_factory.mktemp("source")).built()


@pytest.fixture(scope="module")
def made(source: Installation, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("backups") / "zhibu.zip"
    done = source.zhibu("backup", out)
    assert done.returncode == 0, done.stderr
    assert "备份好了" in done.stdout and "附件 2 个" in done.stdout and "密钥编号" in done.stdout
    return out


@pytest.fixture
def empty(source: Installation, tmp_path: Path) -> Installation:
    return Installation(tmp_path / "target").with_key_of(source)


@pytest.fixture
def place(source: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """Give an empty place for restores inside this process, with the key of the source."""
    monkeypatch.setenv("ZHIBU_KEY_FILE", str(source.folder / "keys" / "field.key"))
    yield Place("sqlite", {"NAME": str(tmp_path / "in" / "zhibu.sqlite3")}, tmp_path / "in" / "files")


def refused(place: Place, archive: Path) -> str:
    """Restore, see that it is refused and that the place is still empty; gives the sentence."""
    with pytest.raises(m.BackupRefused) as caught:
        restore.restore(place, archive)
    folder = Path(place.database["NAME"]).parent
    assert [p for p in folder.rglob("*") if p.is_file()] == [] and not list(folder.glob(".zhibu-*"))
    return caught.value.reason


def rewritten(archive: Path, out: Path, change: Callable[[dict[str, Any], dict[str, bytes]], None], *, seal: bool = True) -> Path:
    """Write a backup anew with a changed list or parts, with right check sums: what only somebody with the key could do."""
    with zipfile.ZipFile(archive) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    held = json.loads(parts.pop(m.NAME))
    old_seal = parts.pop(m.SEAL)
    del parts[m.CHECK]
    change(held, parts)
    text = json.dumps(held)
    with zipfile.ZipFile(out, "w") as new:
        for name, body in parts.items():
            new.writestr(name, body)
        new.writestr(m.NAME, text)
        new.writestr(m.CHECK, m.digest(text))
        new.writestr(m.SEAL, backup.seal(text) if seal else old_seal)
    return out


def contents(installation: Installation) -> dict[str, list[tuple[Any, ...]]]:
    """Read every table with a program of our own, not with the one under test."""
    with sqlite3.connect(installation.folder / "zhibu.sqlite3") as link:
        names = [n for (n,) in link.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {n: sorted(link.execute(f'SELECT * FROM "{n}"').fetchall(), key=repr) for n in names}


def attachments(installation: Installation) -> dict[str, bytes]:
    folder = installation.folder / "files"
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_what_comes_back_equals_what_was_there(source: Installation, made: Path, empty: Installation) -> None:
    done = empty.zhibu("restore", made)
    assert done.returncode == 0, done.stderr
    assert "恢复好了，并且逐项核对过" in done.stdout and "附件 2 个" in done.stdout
    assert contents(empty) == contents(source) and len(contents(empty)["people_person"]) == 32
    assert attachments(empty) == attachments(source) and len(attachments(empty)) == 2
    again = empty.zhibu("backup", empty.folder / "again.zip")
    assert again.returncode == 0, again.stderr
    with zips.open_archive(made) as one, zips.open_archive(empty.folder / "again.zip") as two:
        left, right = zips.read_manifest(one)[0], zips.read_manifest(two)[0]
    assert (left.tables, left.migrations, left.key_id) == (right.tables, right.migrations, right.key_id)
    # The restored place works: its check passes on key and tables, ID numbers open.
    script = ("import django; django.setup()\nfrom zhibu.ground.guard.startup import ensure_key\nfrom django.utils import timezone\nensure_key(timezone.now())\n"
              "from zhibu.ground.people.models import Person\np = Person.objects.unscoped('test').order_by('id').first()\nprint(p.id_no.reveal())")
    assert len(empty.python("-c", script).stdout.strip()) == 18


def test_the_backup_holds_no_key_and_nobody_else_reads_it(source: Installation, made: Path) -> None:
    keys = [p.read_bytes().strip() for p in (source.folder / "keys").iterdir()]
    assert keys
    with zipfile.ZipFile(made) as archive:
        assert not [n for n in archive.namelist() if any(key in archive.read(n) for key in keys)]
    assert made.stat().st_mode & 0o077 == 0 and [p.name for p in made.parent.iterdir()] == [made.name]


def test_an_existing_file_is_not_overwritten(source: Installation, made: Path) -> None:
    before = made.read_bytes()
    done = source.zhibu("backup", made)
    assert done.returncode == 1 and "没有覆盖" in done.stderr and made.read_bytes() == before


def test_no_data_no_backup(tmp_path: Path) -> None:
    done = Installation(tmp_path / "nothing").zhibu("backup", tmp_path / "out.zip")
    assert done.returncode == 1 and "没有找到数据库" in done.stderr and not (tmp_path / "out.zip").exists()
    assert not (tmp_path / "nothing" / "zhibu.sqlite3").exists()


def test_a_lost_attachment_is_told_and_the_rest_is_saved(source: Installation, tmp_path: Path, place: Place) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(source.folder, copy)
    first, second = sorted(p for p in (copy / "files").rglob("*") if p.is_file())
    first.unlink()
    second.write_bytes(b"something else")
    out = tmp_path / "faulty.zip"
    done = Installation(copy).zhibu("backup", out)
    assert done.returncode == 3 and "2 个附件" in done.stderr and first.name in done.stderr
    assert set(restore.restore(place, out).faulty) == {first.name, second.name}


def test_what_a_killed_server_left_in_its_log_is_saved(source: Installation, tmp_path: Path, place: Place) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(source.folder, copy)
    database = copy / "zhibu.sqlite3"
    script = ("import os, sqlite3, sys\nlink = sqlite3.connect(sys.argv[1])\nlink.execute('PRAGMA journal_mode=WAL')\n"
              "link.execute(\"UPDATE tree_organisation SET code = 'LATE' WHERE code = 'T1-B2'\")\nlink.commit()\nos.kill(os.getpid(), 9)")
    assert Installation(copy).python("-c", script, str(database)).returncode == -9 and Path(f"{database}-wal").stat().st_size
    Path(f"{database}-shm").unlink()
    done = Installation(copy).zhibu("backup", tmp_path / "late.zip")
    assert done.returncode == 0, done.stderr
    restore.restore(place, tmp_path / "late.zip")
    with sqlite3.connect(place.database["NAME"]) as link:
        assert link.execute("SELECT count(*) FROM tree_organisation WHERE code = 'LATE'").fetchone() == (1,)


def test_a_full_disk_is_a_sentence_and_leaves_nothing(made: Path, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(sqlite.os, "replace", full)
    assert "请看看磁盘空间" in refused(place, made)


def test_check_only_touches_nothing(made: Path, empty: Installation) -> None:
    done = empty.zhibu("restore", made, "--check")
    assert done.returncode == 0 and "备份完好" in done.stdout and not (empty.folder / "zhibu.sqlite3").exists()


@pytest.mark.parametrize("name", [m.NAME, m.CHECK, m.SEAL, "database.sqlite3", "files/"])
def test_a_damaged_byte_is_refused(made: Path, place: Place, tmp_path: Path, name: str) -> None:
    body = bytearray(made.read_bytes())
    with zipfile.ZipFile(made) as archive:
        info = next(i for i in archive.infolist() if i.filename.startswith(name))
    begin = info.header_offset + 30 + int.from_bytes(body[info.header_offset + 26 : info.header_offset + 28], "little")
    begin += int.from_bytes(body[info.header_offset + 28 : info.header_offset + 30], "little")
    body[begin + info.compress_size // 2] ^= 0x10
    damaged = tmp_path / "damaged.zip"
    damaged.write_bytes(body)
    said = refused(place, damaged)
    assert "损坏" in said and "换一份备份" in said


def test_any_byte_changed_anywhere_is_refused_or_harmless(made: Path, place: Place, tmp_path: Path) -> None:
    chance, body, bad = random.Random(1), made.read_bytes(), 0
    for number in range(40):
        changed, target = bytearray(body), tmp_path / f"{number}.zip"
        changed[chance.randrange(len(body))] ^= 1 << chance.randrange(8)
        target.write_bytes(changed)
        try:
            restore.prove(target, tmp_path / f"out-{number}")
        except m.BackupRefused:
            bad += 1
    assert bad >= 38  # a time stamp of the zip format may change without harm: every part is proven against the list


@pytest.mark.parametrize("share", [0, 0.01, 0.5, 0.95, 0.9999])
def test_a_cut_file_is_refused(made: Path, place: Place, tmp_path: Path, share: float) -> None:
    cut = tmp_path / "cut.zip"
    cut.write_bytes(made.read_bytes()[: int(made.stat().st_size * share)])
    assert "截断" in refused(place, cut)


def test_no_file_and_another_file_are_refused(place: Place, tmp_path: Path) -> None:
    assert "打不开备份" in refused(place, tmp_path / "none.zip")
    (tmp_path / "text.zip").write_text("hello" * 100)
    assert "不是完整的备份文件" in refused(place, tmp_path / "text.zip")
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as other:
        other.writestr("a.txt", "a")
    assert "缺少 manifest.json" in refused(place, tmp_path / "other.zip")


@pytest.mark.parametrize(("change", "words"), [
    (lambda held, _: held.update(format=m.FORMAT + 1), "请先升级程序"),
    (lambda held, _: held.update(product="99.0.0"), "请先把程序升级到 99.0.0 版"),
    (lambda held, _: held["migrations"].append("people.9999_from_the_future"), "people.9999_from_the_future"),
    (lambda _, parts: parts.pop(next(n for n in parts if n.startswith("files/"))), "缺少 files/"),
    (lambda _, parts: parts.pop("database.sqlite3"), "缺少 database.sqlite3"),
    (lambda _, parts: parts.update({"files/../../evil": b"x"}), "清单上没有的内容"),
    (lambda held, _: held["parts"].update({"../evil": {"size": 1, "sha256": "0"}}), "读不懂"),
    (lambda held, _: held.pop("tables"), "读不懂"),
    (lambda held, _: held["tables"]["people_person"].update(rows=31), "应有 31 行，现在有 32 行"),
    (lambda held, _: held["tables"]["people_person"].update(content="0" * 64), "内容不同"),
    (lambda held, _: held["tables"].pop("people_person"), "people_person 多出来了"),
    (lambda held, _: held.update(key_id="00000000"), "00000000"),
])
def test_a_changed_backup_is_refused(made: Path, place: Place, tmp_path: Path, change: Callable[..., object], words: str) -> None:
    assert words in refused(place, rewritten(made, tmp_path / "changed.zip", change))


def test_a_list_changed_without_the_key_is_refused(made: Path, place: Place, tmp_path: Path) -> None:
    forged = rewritten(made, tmp_path / "forged.zip", lambda held, _: held.update(made_at="2030-01-01"), seal=False)
    assert "封印对不上" in refused(place, forged)


def test_another_key_and_no_key_are_refused(made: Path, place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_key(tmp_path / "other.key")
    monkeypatch.setenv("ZHIBU_KEY_FILE", str(tmp_path / "other.key"))
    assert "请先换成原来的密钥文件" in refused(place, made)
    monkeypatch.setenv("ZHIBU_KEY_FILE", str(tmp_path / "lost.key"))
    assert "读不到密钥文件" in refused(place, made)
    assert not (tmp_path / "lost.key").exists()


def test_another_kind_of_database_is_refused(made: Path, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    class Empty:
        refuse_full = staticmethod(lambda settings: None)

    monkeypatch.setitem(restore.ENGINES, "postgresql", Empty)
    assert "这份备份来自 sqlite" in refused(Place("postgresql", place.database, place.files), made)


def test_a_full_target_stays_as_it_is(source: Installation, made: Path) -> None:
    before, files = contents(source), attachments(source)
    done = source.zhibu("restore", made)
    assert done.returncode == 1 and "里已经有数据" in done.stderr and "没有改动" in done.stderr
    assert contents(source) == before and attachments(source) == files


def test_left_over_attachments_or_an_open_log_count_as_full(made: Path, place: Place) -> None:
    old = place.files / "ab" / "old"
    old.parent.mkdir(parents=True)
    old.write_bytes(b"old")
    with pytest.raises(m.BackupRefused, match="附件文件夹"):
        restore.restore(place, made)
    assert old.read_bytes() == b"old" and not Path(place.database["NAME"]).exists()
    old.unlink()
    log = Path(f"{place.database['NAME']}-wal")
    log.write_bytes(b"frames of a lost database")
    with pytest.raises(m.BackupRefused, match="没有关好"):
        restore.restore(place, made)
    log.unlink()
    Path(place.database["NAME"]).touch()  # an empty file is an empty place
    restore.restore(place, made)


@pytest.mark.parametrize("loss", ["row", "table", "file", "text"])
def test_the_proof_afterwards_sees_what_went_wrong(made: Path, place: Place, monkeypatch: pytest.MonkeyPatch, loss: str) -> None:
    """The sabotage twin: a restore that loses something must not report success."""
    load = sqlite.load

    def lossy(settings: Any, dump: Path) -> None:
        load(settings, dump)
        with sqlite3.connect(settings["NAME"]) as link:
            if loss == "row":
                link.execute("DELETE FROM people_person WHERE id = (SELECT max(id) FROM people_person)")
            elif loss == "table":
                link.execute("DROP TABLE files_attachment")
            elif loss == "text":
                link.execute("UPDATE tree_organisation SET code = 'X' WHERE code = 'T1-B2'")
        link.close()
        if loss == "file":
            next(p for p in (dump.parent / "files").rglob("*") if p.is_file()).unlink()

    monkeypatch.setattr(sqlite, "load", lossy)
    with pytest.raises(restore.HalfDone) as caught:
        restore.restore(place, made)
    words = {"row": "people_person 应有 32 行", "table": "files_attachment 不见了", "file": "附件", "text": "内容不同"}
    assert words[loss] in caught.value.said[0]


# ---------------------------------------------------------------- under a passphrase

WORDS = "青禾县的备份口令 2026"


@pytest.fixture(scope="module")
def locked(source: Installation, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out, file = tmp_path_factory.mktemp("locked") / "zhibu.sealed", tmp_path_factory.mktemp("words") / "words"
    file.write_text(WORDS + "\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ZHIBU_KEY_FILE", str(source.folder / "keys" / "field.key"))
        backup.make(Place("sqlite", {"NAME": str(source.folder / "zhibu.sqlite3")}, source.folder / "files"), out, AT, WORDS)
    return out


@pytest.fixture
def words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "words"
    file.write_text(WORDS)
    monkeypatch.setenv("ZHIBU_BACKUP_PASSPHRASE_FILE", str(file))
    return file


def test_a_sealed_backup_opens_with_its_words_only(source: Installation, locked: Path, place: Place, words: Path) -> None:
    assert restore.restore(place, locked).tables
    assert contents(Installation(Path(place.database["NAME"]).parent)) == contents(source)


def test_a_sealed_backup_shows_nothing(locked: Path, made: Path) -> None:
    assert zipfile.is_zipfile(made) and not zipfile.is_zipfile(locked)
    body = locked.read_bytes()
    assert body.startswith(sealed.MAGIC) and b"SQLite format" not in body and b"manifest" not in body and locked.stat().st_mode & 0o077 == 0
    assert len(set(body[len(sealed.MAGIC):])) == 256 and [p.name for p in locked.parent.iterdir()] == [locked.name]


def test_other_words_no_words_and_short_words(source: Installation, locked: Path, place: Place, words: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words.write_text("青禾县的备份口令 2025")
    assert "口令不对" in refused(place, locked)
    words.write_text("太短")
    with pytest.raises(m.BackupRefused, match="至少 12 个字符"):
        backup.passphrase(new=True)
    monkeypatch.setenv("ZHIBU_BACKUP_PASSPHRASE_FILE", str(words) + "x")
    assert "读不到口令文件" in refused(place, locked)
    monkeypatch.delenv("ZHIBU_BACKUP_PASSPHRASE_FILE")
    answers = iter([WORDS, WORDS + "x"])
    monkeypatch.setattr(backup.getpass, "getpass", lambda _: next(answers))
    with pytest.raises(m.BackupRefused, match="不一样"):
        backup.passphrase(new=True)


def test_a_sealed_backup_cut_changed_or_shuffled_is_refused(locked: Path, place: Place, words: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Small chunks, so that there are several: none may be missing, doubled, swapped or changed."""
    monkeypatch.setattr(sealed, "CHUNK", 1000)
    plain, out, back = os.urandom(4500), tmp_path / "x", tmp_path / "back"
    with open(out, "wb") as file:
        writer = sealed.Writer(file, WORDS)
        writer.write(plain[:1700])
        writer.write(plain[1700:])
        writer.close()
    sealed.open_to(out, back, WORDS)
    assert back.read_bytes() == plain
    whole, head, size = out.read_bytes(), len(sealed.MAGIC) + sealed.SALT + sealed.PREFIX, 1000 + sealed.TAG
    parts = [whole[head + i * size: head + (i + 1) * size] for i in range(5)]
    faulty = {
        "cut at a chunk": whole[: head + 3 * size], "cut within": whole[:-3], "no body": whole[:head], "half a head": whole[: head - 4], "left out": whole[:head] + b"".join(parts[:2] + parts[3:]),
        "doubled": whole[:head] + b"".join(parts[:2] + parts[1:]), "swapped": whole[:head] + b"".join([parts[1], parts[0], *parts[2:]]),
        "changed": whole[:-30] + bytes([whole[-30] ^ 1]) + whole[-29:], "added": whole + parts[0], "another head": whole[:head - 1] + bytes([whole[head - 1] ^ 1]) + whole[head:],
    }
    for name, body in faulty.items():
        out.write_bytes(body)
        back.unlink(missing_ok=True)
        with pytest.raises(m.BackupRefused):
            sealed.open_to(out, back, WORDS)
            raise AssertionError(name)


def test_the_record_of_a_drill(made: Path, empty: Installation) -> None:
    """A restore leaves a record; a check does where it is told to."""
    assert empty.zhibu("restore", made, "--check", "--record", empty.folder.parent / "check.txt").returncode == 0
    assert "备份完好" in (empty.folder.parent / "check.txt").read_text()
    assert empty.zhibu("restore", made).returncode == 0
    (record,) = (empty.folder / "records").iterdir()
    said = record.read_text()
    assert zips.hash_of(made).sha256 in said and "逐表相同" in said and "用时" in said and "演练人" in said


def test_a_hash_does_not_depend_on_the_order_of_rows() -> None:
    one, two, three = m.Content(), m.Content(), m.Content()
    for row in (b"a", b"b", b"b"):
        one.add(row)
    for row in (b"b", b"a", b"b"):
        two.add(row)
    for row in (b"a", b"a", b"b"):
        three.add(row)
    assert one.proof() == two.proof() != three.proof()


def test_the_manual_names_every_setting() -> None:
    read = {n for p in (ROOT / "src" / "zhibu").rglob("*.py") for n in re.findall(r'"(ZHIBU_[A-Z_]+|DATABASE_URL|PORT|PG_BIN)"', p.read_text())}
    table = "\n".join(line for line in (ROOT / "docs" / "operations.md").read_text().splitlines() if line.startswith("|"))
    assert len(read) > 8 and {n for n in read if f"`{n}`" not in table} == {"ZHIBU_PLAIN_STATIC"}  # of the tests


def test_wrong_use_is_told(empty: Installation) -> None:
    for command in ("backup", "restore"):
        done = empty.zhibu(command)
        assert done.returncode == 2 and done.stderr


@pytest.mark.both_databases
@pytest.mark.skipif(not POSTGRES, reason="needs the server of make test-postgres")
def test_the_same_on_postgresql(tmp_path: Path) -> None:
    server, worker = os.environ["DATABASE_URL"], os.environ.get("PYTEST_XDIST_WORKER", "main")
    source = Installation(tmp_path / "source", new_database(server, f"backup_{worker}_source")).built()
    out = tmp_path / "zhibu.zip"
    done = source.zhibu("backup", out)
    assert done.returncode == 0, done.stderr
    full = source.zhibu("restore", out)
    assert full.returncode == 1 and "里已经有" in full.stderr
    target = Installation(tmp_path / "target", new_database(server, f"backup_{worker}_target"))
    keyless = target.zhibu("restore", out)
    assert keyless.returncode == 1 and "读不到密钥文件" in keyless.stderr
    target.with_key_of(source)
    body = bytearray(out.read_bytes())
    body[len(body) // 3] ^= 1
    (tmp_path / "damaged.zip").write_bytes(body)
    assert target.zhibu("restore", tmp_path / "damaged.zip").returncode == 1
    done = target.zhibu("restore", out)  # still empty: what was refused left nothing
    assert done.returncode == 0, done.stderr
    assert attachments(target) == attachments(source) and len(attachments(target)) == 2
    assert target.zhibu("backup", tmp_path / "again.zip").returncode == 0
    with zips.open_archive(out) as one, zips.open_archive(tmp_path / "again.zip") as two:
        assert zips.read_manifest(one)[0].tables == zips.read_manifest(two)[0].tables
