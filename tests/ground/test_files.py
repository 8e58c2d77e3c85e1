"""Attachments: what is taken, under which name it is kept, and who opens it."""
from __future__ import annotations

import io
import stat
import zipfile

import pytest
from django.conf import settings
from PIL import Image
from tests import world
from tests.world import AT, World

from zhibu.ground.files import inspection, queries
from zhibu.ground.files.actions import clean_name, location, store
from zhibu.ground.files.inspection import FileRefused, inspect
from zhibu.ground.files.models import Attachment
from zhibu.ground.guard.actor import Refused
from zhibu.ground.guard.guarded import AppendOnly
from zhibu.ground.guard.permission import Permission
from zhibu.ground.tree.queries import path_of


def picture(kind: str = "JPEG", size: tuple[int, int] = (40, 20), exif: bool = False) -> bytes:
    out, image = io.BytesIO(), Image.new("RGB", size, "red")
    if exif:
        data = Image.Exif()
        data[0x010F], data[0x0112] = "PhoneMaker", 6  # maker, orientation: turned by 90 degrees
        data.get_ifd(0x8825)[1] = "N"                  # a place
        image.save(out, kind, exif=data)
    else:
        image.save(out, kind)
    return out.getvalue()


def package(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return out.getvalue()


@pytest.mark.parametrize(
    ("body", "media"),
    [
        (b"%PDF-1.7 ...", "application/pdf"), (picture("PNG"), "image/png"), (picture(), "image/jpeg"),
        (package("word/document.xml"), inspection.WORD), (package("xl/workbook.xml"), inspection.EXCEL),
    ],
)
def test_content_decides_what_a_file_is(body: bytes, media: str) -> None:
    assert inspect(body, "名字.exe")[1] == media


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "是空的"), (b"MZ\x90", "不是能收的文件"), (b"<html><script>", "不是能收的文件"), (b"<svg xmlns=", "不是能收的文件"), (b"GIF89a", "不是能收的文件"),
        (picture()[:200], "打不开"), (b"\x89PNG\r\n\x1a\nxxx", "打不开"), (package("a.txt"), "不要上传压缩包"), (b"PK\x03\x04broken", "不完整"),
        (package("word/document.xml", "word/vbaProject.bin"), "含宏"), (b"%PDF-" + b"x" * inspection.MAX_BYTES, "超过 10 MB"),
    ],
)
def test_what_is_not_taken_says_why(body: bytes, says: str) -> None:
    with pytest.raises(FileRefused) as caught:
        inspect(body, "台帐.pdf")
    assert says in caught.value.reason and "台帐.pdf" in caught.value.reason and "！" not in caught.value.reason


def test_pictures_lose_place_and_device_and_stand_upright() -> None:
    kept, _ = inspect(picture(exif=True), "a.jpg")
    with Image.open(io.BytesIO(kept)) as image:
        assert not dict(image.getexif()) and image.size == (20, 40)


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd", "passwd"), ("C:\\a\\记录.pdf", "记录.pdf"), ("a\u202egpj.exe", "agpj.exe"), ("\x00\n.", "附件"), ("a<b>:\"|?*.png", "ab.png"),
        ("长" * 200 + ".pdf", "长" * 70 + ".pdf"), ("..", "附件"),
    ],
)
def test_names_are_harmless(name: str, kept: str) -> None:
    assert clean_name(name) == kept


@pytest.fixture
def w(db: None) -> World:
    return world.build()


def keep(w: World, name: str = "secretary", code: str = "T1-B1", body: bytes = b"%PDF-1.7", **other: str) -> int:
    return store(w.actor(name), org_id=w.orgs[code], org_path=path_of(w.orgs[code]), chunks=[body[:3], body[3:]], name="台帐.pdf", at=AT, **other)


def test_a_file_is_kept_once_outside_the_web_root(w: World) -> None:
    first, second = keep(w), keep(w)
    scope = w.actor("secretary").scope(Permission.ACTIVITY_READ)
    views = [queries.attachment(scope, i) for i in (first, second)]
    assert views[0].path == views[1].path and views[0].path.read_bytes() == b"%PDF-1.7" and views[0].name == "台帐.pdf"
    assert settings.FILES_ROOT in views[0].path.parents and settings.STATIC_ROOT not in views[0].path.parents
    assert stat.S_IMODE(views[0].path.parent.stat().st_mode) == 0o700 and not list(views[0].path.parent.glob("*.part"))


def test_only_those_who_read_the_branch_open_it(w: World) -> None:
    made = keep(w)
    for name in ("secretary", "committee", "clerk1", "county", "reader"):
        assert queries.attachment(w.actor(name).scope(Permission.ACTIVITY_READ), made).size == 8
    for name in ("foreign", "secretary2", "clerk2", "member", "sysadmin", "auditor"):
        scope = w.actor(name).scope(Permission.ACTIVITY_READ)
        with pytest.raises(queries.FileMissing):
            queries.attachment(scope, made)
        assert queries.names(scope, [made]) == {}


def test_a_compartment_opens_only_to_those_who_hold_it(w: World) -> None:
    made = keep(w, compartment="talks")
    assert queries.attachment(w.actor("secretary").scope(Permission.ACTIVITY_READ), made)
    for name in ("committee", "clerk1", "county"):
        scope = w.actor(name).scope(Permission.ACTIVITY_READ)
        with pytest.raises(queries.FileMissing):
            queries.attachment(scope, made)
        assert queries.openable(scope, [made]) == {}


def test_nobody_uploads_for_another_branch_and_a_refused_file_leaves_nothing(w: World) -> None:
    with pytest.raises(Refused):
        keep(w, "foreign")
    with pytest.raises(FileRefused):
        store(w.actor("secretary"), org_id=w.orgs["T1-B1"], org_path=path_of(w.orgs["T1-B1"]), chunks=[b"x" * 4_000_000] * 3, name="大.pdf", at=AT)
    assert Attachment.objects.within(w.actor("county").scope(Permission.ACTIVITY_READ)).count() == 0


def test_a_lost_file_is_missing_not_an_error_and_rows_are_never_changed(w: World) -> None:
    made = keep(w, body=b"%PDF-lost")
    scope = w.actor("secretary").scope(Permission.ACTIVITY_READ)
    row = Attachment.objects.within(scope).get(pk=made)
    location(row.sha256).unlink()
    with pytest.raises(queries.FileMissing):
        queries.attachment(scope, made)
    row.name = "别的.pdf"
    with pytest.raises(AppendOnly):
        row.save()
