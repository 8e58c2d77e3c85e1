"""Write the introduction letter, or the certificate for a short stay, as .docx: all parts on one A4 page, seam lines between them, blanks underlined, what does not apply framed."""
from __future__ import annotations

import io
from typing import Any

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

from .sheets.introduction_letter import SEAM, IntroductionLetter, Line, Part
from .sheets.stay_certificate import StayCertificate
from .word import _NOT_XML, BODY, TITLE, _font, _text


def write(letter: IntroductionLetter | StayCertificate) -> bytes:
    """Return the letter as a Word file."""
    document: Any = Document()
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin, section.left_margin, section.right_margin = Mm(12), Mm(10), Mm(26), Mm(26)
    _font(document.styles["Normal"], BODY, 14)
    document.styles["Normal"].paragraph_format.space_after = Pt(0)
    document.core_properties.title, document.core_properties.author = _NOT_XML.sub("", letter.file_title)[:200], ""
    for number, part in enumerate(letter.parts):
        if number:
            seam = _text(document.add_paragraph(), SEAM, size=10, centred=True)
            seam.paragraph_format.space_before = seam.paragraph_format.space_after = Pt(6)
        _part(document, part)
    _text(document.add_paragraph(), letter.note, size=10).paragraph_format.space_before = Pt(10)
    into = io.BytesIO()
    document.save(into)
    return into.getvalue()


def _part(document: Any, part: Part) -> None:
    top = _text(document.add_paragraph(), f"{part.label}　　第 ", size=12)
    _under(_text(top, f" {part.number} ", size=12))
    _text(top, " 号", size=12)
    top.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    _text(document.add_paragraph(), part.title, TITLE, 18, centred=True).paragraph_format.space_after = Pt(6)
    for line in part.lines:
        _line(document.add_paragraph(), line)


def _line(paragraph: Any, line: Line) -> None:
    size = {"foot": 11, "paste": 10, "seal": 12}.get(line.style, 14)
    for piece in line.pieces:
        text = piece.text
        if piece.blank:
            spare = max(piece.blank - len(text), 1)
            text = f"{'　' * (spare // 2)} {text} {'　' * (spare - spare // 2)}"
        _text(paragraph, text, size=size)
        if piece.blank:
            _under(paragraph)
        elif piece.ringed:
            _frame(paragraph)
    paragraph.paragraph_format.line_spacing = Pt(26 if size == 14 else 19)
    if line.style == "ind":
        paragraph.paragraph_format.first_line_indent = Pt(28)
    elif line.style in ("right", "seal"):
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT


def _under(paragraph: Any) -> None:
    """Underline the last run: a blank that was filled in."""
    mark = OxmlElement("w:u")
    mark.set(qn("w:val"), "single")
    _properties(paragraph).append(mark)


def _frame(paragraph: Any) -> None:
    """Frame the last run: the option that does not apply."""
    mark = OxmlElement("w:bdr")
    for name, value in (("val", "single"), ("sz", "8"), ("space", "0"), ("color", "000000")):
        mark.set(qn(f"w:{name}"), value)
    _properties(paragraph).append(mark)


def _properties(paragraph: Any) -> Any:
    return paragraph.runs[-1]._r.get_or_add_rPr()
