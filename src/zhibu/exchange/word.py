"""Write sheets as .docx: A4, the fonts by name for Chinese text too (w:eastAsia), head rows repeated, page numbers at the foot."""
from __future__ import annotations

import io
import re
from copy import deepcopy
from functools import cache
from typing import Any

from docx import Document
from docx.enum.section import WD_ORIENT
from docx.enum.table import WD_ROW_HEIGHT_RULE, WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

from .sheets.sheet import Cell, Sheet

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
BODY, HEADING, TITLE, NUMBER = "仿宋", "黑体", "方正小标宋简体", "宋体"
_NOT_XML = re.compile("[^\t\n\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write(*sheets: Sheet) -> bytes:
    """Return the sheets as one Word file, each on a page of its own."""
    document: Any = Document()
    section = document.sections[0]
    section.page_width, section.page_height = (Mm(297), Mm(210)) if all(s.wide for s in sheets) else (Mm(210), Mm(297))
    if all(s.wide for s in sheets):
        section.orientation = WD_ORIENT.LANDSCAPE
    section.top_margin, section.bottom_margin, section.left_margin, section.right_margin = Mm(20), Mm(18), Mm(28), Mm(26)
    _font(document.styles["Normal"], BODY, 12)
    document.styles["Normal"].paragraph_format.space_after = Pt(0)
    document.core_properties.title, document.core_properties.author = _NOT_XML.sub("", sheets[0].title)[:200], ""
    for number, sheet in enumerate(sheets):
        _sheet(document, sheet, new_page=number > 0)
    _page_number(section.footer.paragraphs[0])
    into = io.BytesIO()
    document.save(into)
    return into.getvalue()


def _sheet(document: Any, sheet: Sheet, *, new_page: bool) -> None:
    title = _text(document.add_paragraph(), sheet.title, TITLE, 22, centred=True)
    title.paragraph_format.space_after, title.paragraph_format.page_break_before = Pt(12), new_page
    cover = not sheet.rows
    for line in sheet.above:
        _text(document.add_paragraph(), line, size=16 if cover else 12).paragraph_format.space_before = Pt(14 if cover else 0)
    if sheet.rows:
        _table(document, sheet)
    for line in sheet.below:
        _text(document.add_paragraph(), line, size=9 if sheet.small else 12)
    if sheet.signatures:
        signatures = _text(document.add_paragraph(), "　　".join(f"{s}＿＿＿＿＿＿" for s in sheet.signatures))
        signatures.paragraph_format.space_before = Pt(16)
    _text(document.add_paragraph(), sheet.foot, size=9).paragraph_format.space_before = Pt(8)


def _table(document: Any, sheet: Sheet) -> None:
    table = document.add_table(rows=len(sheet.rows), cols=len(sheet.widths))
    table.style, table.autofit, table.alignment = "Table Grid", False, WD_TABLE_ALIGNMENT.CENTER
    for column, width in zip(table.columns, sheet.widths, strict=True):
        column.width = Mm(width)
    every, across = table._cells, len(sheet.widths)  # table.cell() walks through all cells each time
    for number, (row, cells) in enumerate(zip(table.rows, sheet.rows, strict=True)):
        properties = row._tr.get_or_add_trPr()
        if number < sheet.heads:
            properties.append(OxmlElement("w:tblHeader"))
        tall, at, places = max(c.tall for c in cells), 0, every[number * across : (number + 1) * across]
        if tall:
            row.height, row.height_rule = Mm(tall), WD_ROW_HEIGHT_RULE.AT_LEAST
        for cell in cells:
            place = places[at].merge(places[at + cell.span - 1]) if cell.span > 1 else places[at]
            place.width = Mm(sum(sheet.widths[at : at + cell.span]))
            _fill(place, cell, 9 if sheet.small else 12)
            at += cell.span


def _fill(place: Any, cell: Cell, size: float) -> None:
    place.vertical_alignment = 0 if cell.tall > 10 else 1  # top, centre
    for number, line in enumerate(cell.text.split("\n")):
        paragraph = place.paragraphs[0] if not number else place.add_paragraph()
        _text(paragraph, line, HEADING if cell.head else BODY, size, centred=cell.centred)


def _text(paragraph: Any, text: str, font: str = BODY, size: float = 12, *, centred: bool = False) -> Any:
    run = paragraph.add_run(_NOT_XML.sub("", text))
    run._r.insert(0, deepcopy(_run_properties(font, size)))
    if centred:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    return paragraph


@cache
def _run_properties(font: str, size: float) -> Any:
    """Make the properties of a run once: setting them one by one takes most of the time of a handbook."""
    properties, fonts = OxmlElement("w:rPr"), OxmlElement("w:rFonts")
    for name in ("w:ascii", "w:hAnsi", "w:eastAsia"):
        fonts.set(qn(name), font)
    properties.append(fonts)
    height = OxmlElement("w:sz")
    height.set(qn("w:val"), str(int(size * 2)))
    properties.append(height)
    return properties


def _font(of: Any, name: str, size: float) -> None:
    of.font.name, of.font.size = name, Pt(size)
    of.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), name)


def _page_number(paragraph: Any) -> None:
    _text(paragraph, "— ", NUMBER, 10.5, centred=True)
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), "PAGE")
    paragraph._p.append(field)
    _text(paragraph, " —", NUMBER, 10.5)
