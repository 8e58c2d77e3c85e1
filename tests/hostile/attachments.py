"""Attachments of meetings that are hostile: cases 59 to 62, and what tables share with them."""
from __future__ import annotations

import io
import struct
import zipfile
import zlib
from functools import partial

from PIL import Image
from tests.hostile.cases import Case

OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPES = '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'


def picture(kind: str = "JPEG", size: tuple[int, int] = (40, 20)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "red").save(out, kind)
    return out.getvalue()


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">L", len(data)) + kind + data + struct.pack(">L", zlib.crc32(kind + data))


def huge_png(side: int) -> bytes:
    """A picture of side × side pixels in about a kilobyte, with a pixel row or two behind its header."""
    head = struct.pack(">LLBBBBB", side, side, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", zlib.compress(b"\0" * (side + 1), 9)) + _chunk(b"IEND", b"")


def animated() -> bytes:
    frames = [Image.new("RGB", (4, 4), (n * 20, 0, 0)) for n in range(12)]
    out = io.BytesIO()
    frames[0].save(out, "PNG", save_all=True, append_images=frames[1:])
    return out.getvalue()


def docx(relations: str = "", **parts: bytes | str) -> bytes:
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("[Content_Types].xml", _TYPES)
        z.writestr("word/document.xml", "<a/>")
        rels = f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{relations}</Relationships>'
        z.writestr("word/_rels/document.xml.rels", parts.pop("rels", rels))
        for name, content in parts.items():
            z.writestr(name, content)
    return into.getvalue()


def relation(kind: str, target: str, outside: bool = True) -> str:
    return f'<Relationship Id="r1" Type="{OFFICE}/{kind}" Target="{target}"{" TargetMode=" + chr(34) + "External" + chr(34) if outside else ""}/>'


def zipped(names: list[str]) -> bytes:
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w") as z:
        for name in names:
            z.writestr(name, "x")
    return into.getvalue()


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
POLYGLOT = b"<html><script>alert(1)</script></html>"
NOT_TAKEN, BROKEN, LEADS_OUT = ("不是能收的文件",), ("打不开",), ("嵌了别的文件，或引用了外面的模板、对象",)
ENTITY = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><Relationships><Relationship Type="&e;"/></Relationships>'

#: what is refused has a code; what is taken has none
CASES: tuple[Case, ...] = (
    Case("01", "an empty file", bytes, "E101", ("是空的，请重新选择",), "空.pdf"),
    Case("07", "an office file that is cut", lambda: docx()[:-30], "E106", ("不完整",), "记录.docx"),
    Case("09", "an office file with macros", lambda: docx(**{"word/vbaProject.bin": b"x"}), "E107", ("含宏",), "记录.docx"),
    Case("10", "macros in its list of types only", lambda: docx(**{"word/x.xml": "<a/>"}).replace(b"word/x.xml", b"vbaproject"), "E107", ("含宏",), "记录.docx"),
    Case("13", "a list that unpacks to 3 MB", lambda: docx(rels="<Relationships>" + " " * 3_000_000 + "</Relationships>"), "E108", ("解压后过大",), "记录.docx"),
    Case("15", "an archive that is no office file", lambda: zipped(["a.txt"]), "E103", ("不要上传压缩包",), "记录.docx"),
    Case("16", "too many members", lambda: zipped([str(n) for n in range(1_100)]), "E108", ("成员过多",), "记录.docx"),
    Case("17", "a member ../../evil", lambda: docx(**{"../../evil": "x"}), "E109", ("结构异常",), "记录.docx"),
    Case("20", "reads /etc/passwd", lambda: docx(rels=ENTITY), "E110", ("不安全的 XML",), "记录.docx"),
    Case("59", "SVG with a script", lambda: SVG, "E132", NOT_TAKEN, "图.svg"),
    Case("59b", "SVG named .png", lambda: SVG, "E132", NOT_TAKEN, "图.png"),
    Case("59c", "a page of the web", lambda: POLYGLOT, "E132", NOT_TAKEN, "图.html"),
    Case("59d", "a PDF with JavaScript is kept, and only ever downloaded", lambda: b"%PDF-1.4\n1 0 obj<</OpenAction<</S/JavaScript/JS(app.alert(1))>>>>endobj", name="签到.pdf"),
    Case("60", "a picture of 30,000 × 30,000 in a kilobyte", partial(huge_png, 30_000), "E131", ("图片像素过大，请缩小到 4000 万像素以内",), "图.png"),
    Case("60b", "a picture of 7,000 × 7,000", partial(huge_png, 7_000), "E131", ("图片像素过大",), "图.png"),
    Case("60c", "a picture that says 6,000 × 6,000 and is cut", lambda: huge_png(6_000)[:-30], "E132", BROKEN, "图.png"),
    Case("61", "a picture with a page of the web behind it is written anew", lambda: picture() + POLYGLOT, name="图.jpg"),
    Case("61b", "the first bytes of a picture, then something else", lambda: b"\xff\xd8\xff" + POLYGLOT, "E132", BROKEN, "图.jpg"),
    Case("61c", "an animated GIF", lambda: b"GIF89a" + b"\0" * 100, "E132", NOT_TAKEN, "图.gif"),
    Case("61d", "an animated PNG", animated, "E132", ("动图",), "图.png"),
    Case("61e", "a picture that is cut", lambda: picture(size=(400, 400))[:700], "E132", BROKEN, "图.jpg"),
    Case("62", "a template on another machine", lambda: docx(relation("attachedTemplate", "http://127.0.0.1:9/t.dotm")), "E133", LEADS_OUT, "记录.docx"),
    Case("62b", "another document in the document", lambda: docx(relation("aFChunk", "afchunk.mht", outside=False)), "E133", LEADS_OUT, "记录.docx"),
    Case("62c", "an object of another program", lambda: docx(relation("oleObject", "embeddings/o.bin", outside=False)), "E133", LEADS_OUT, "记录.docx"),
    Case("62d", "the same without its relation", lambda: docx(**{"word/embeddings/o.bin": b"x"}), "E133", LEADS_OUT, "记录.docx"),
    Case("62e", "a picture on another machine", lambda: docx(relation("image", "http://127.0.0.1:9/x.png")), "E133", LEADS_OUT, "记录.docx"),
    Case("62f", "the same, hidden by an entity", lambda: docx(relation("image", "http://127.0.0.1:9/x.png").replace("External", "&#69;xternal")), "E133", LEADS_OUT, "记录.docx"),
    Case("62g", "a link that a reader clicks is no harm", lambda: docx(relation("hyperlink", "https://example.cn/")), name="记录.docx"),
)
