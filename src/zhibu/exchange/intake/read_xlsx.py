"""Workbooks (.xlsx) straight from their XML: every row is read whatever <dimension> says, with formats, merges, hidden rows and formulas.

The XML goes through defusedxml: no DTD, no entities, nothing external."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable
from datetime import datetime
from xml.parsers import expat
from xml.sax import SAXException, SAXParseException
from xml.sax.handler import ContentHandler
from xml.sax.xmlreader import AttributesImpl

from defusedxml.common import DefusedXmlException
from defusedxml.expatreader import DefusedExpatParser

from zhibu.exchange.intake.archive import Archive
from zhibu.exchange.intake.grid import BAD_CHARACTER, Book, Cell, Fault, Kind, Refused, Sheet, SheetBuilder, column_number, serial_cell
from zhibu.exchange.intake.grid import date_cell as as_date
from zhibu.exchange.intake.number_formats import BUILTIN

MAX_XML_DEPTH = 100
MAX_SHEETS = 100
_UNSAFE = "文件含不安全的 XML，请用 WPS 或 Excel 重新另存后上传"
_BROKEN = "文件不完整，请重新上传"
_ESCAPE = re.compile("_x([0-9A-Fa-f]{4})_")
_EXTERNAL = re.compile(r"\[[^\]\[]*\.xl\w*\]|\[\d+\]|\bDDE\b|\|\s*'|\|[^|]*!|\b(?:WEBSERVICE|RTD|CALL|REGISTER\.ID)\s*\(", re.IGNORECASE)
_RAW_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]|\xed[\xa0-\xbf][\x80-\xbf]")
_CHAR_REF = re.compile(rb"&#(?:[xX]([0-9A-Fa-f]{1,8})|([0-9]{1,9}));")
_REF = re.compile(r"([A-Za-z]{1,8})([0-9]{1,9})")


def read(archive: Archive) -> Book:
    """Read a checked package. Raises Refused E106 (a part is missing), E110 (unsafe or broken XML), E111, E112, E114."""
    root = _Relations()
    _parse(archive, "_rels/.rels", root)
    workbook_path = next((t for kind, t in root.by_id.values() if kind == "officeDocument"), "xl/workbook.xml")
    workbook_path = _resolve("", workbook_path)
    workbook = _Workbook()
    _parse(archive, workbook_path, workbook)
    relations = _Relations()
    folder, name = posixpath.split(workbook_path)
    _parse(archive, f"{folder}/_rels/{name}.rels" if folder else f"_rels/{name}.rels", relations)
    if not workbook.sheets:
        raise Refused("E106", "文件不完整：里面没有工作表，请重新上传")
    if len(workbook.sheets) > MAX_SHEETS:
        raise Refused("E108", f"工作表超过 {MAX_SHEETS} 张，请拆分后上传")
    strings, styles = _Strings(), _Styles()
    for kind, target in relations.by_id.values():
        if kind == "sharedStrings":
            _parse(archive, _resolve(folder, target), strings)
        elif kind == "styles":
            _parse(archive, _resolve(folder, target), styles)
    sheets: list[Sheet] = []
    for title, hidden, relation in workbook.sheets:
        kind, target = relations.by_id.get(relation, ("worksheet", ""))
        if kind != "worksheet":
            continue
        if not target:
            raise Refused("E106", f"文件不完整：工作表“{title[:31]}”的内容不在文件里，请重新上传")
        handler = _Worksheet(SheetBuilder(title, hidden), strings.found, styles.formats, workbook.date1904)
        _parse(archive, _resolve(folder, target), handler)
        sheets.append(handler.into.build())
    return Book("xlsx", tuple(sheets))


def _resolve(folder: str, target: str) -> str:
    path = target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
    if path.startswith(".."):
        raise Refused("E109", "文件结构异常（内部路径不正常），请用 WPS 或 Excel 重新另存后上传")
    return path


class _Handler(ContentHandler):
    """Local names only: files differ in their prefixes."""

    def __init__(self) -> None:
        super().__init__()
        self.restart()

    def restart(self) -> None:
        self.depth = 0

    def startElement(self, name: str, attrs: AttributesImpl) -> None:
        self.depth += 1
        if self.depth > MAX_XML_DEPTH:
            raise Refused("E110", _UNSAFE)
        self.start(name.rpartition(":")[2], attrs)

    def endElement(self, name: str) -> None:
        self.depth -= 1
        self.end(name.rpartition(":")[2])

    def start(self, name: str, attrs: AttributesImpl) -> None: ...

    def end(self, name: str) -> None: ...


def _attribute(attrs: AttributesImpl, name: str) -> str:
    found = attrs.get(name)
    if found is not None:
        return str(found)
    return next((str(v) for k, v in attrs.items() if k.rpartition(":")[2] == name), "")


def _parse(archive: Archive, path: str, handler: _Handler) -> None:
    if path not in archive.names and path.lower() in (lower := {n.lower(): n for n in archive.names}):
        path = lower[path.lower()]
    try:
        _feed(archive.chunks(path), handler)
    except SAXParseException as error:
        cause = error.getException()
        code = getattr(cause, "code", 0)
        raw = archive.read(path)
        if code not in _CHARACTER_ERRORS or raw[:2] in (b"\xff\xfe", b"\xfe\xff") or not _forbidden_inside(raw):
            raise Refused("E110", _UNSAFE) from error
        # A forbidden character: put a mark in its place and read again, so that the message can name the cell.
        handler.restart()
        try:
            _feed([_mark(raw)], handler)
        except (SAXException, DefusedXmlException, ValueError) as again:
            raise Refused("E110", _UNSAFE) from again
    except (SAXException, DefusedXmlException, LookupError, ValueError, OSError) as error:
        raise Refused("E110", _UNSAFE) from error


_CHARACTER_ERRORS = (
    expat.errors.codes[expat.errors.XML_ERROR_BAD_CHAR_REF],
    expat.errors.codes[expat.errors.XML_ERROR_INVALID_TOKEN],
    expat.errors.codes[expat.errors.XML_ERROR_PARTIAL_CHAR],
)


def _feed(chunks: Iterable[bytes], handler: _Handler) -> None:
    parser = DefusedExpatParser(forbid_dtd=True, forbid_entities=True, forbid_external=True)
    parser.setContentHandler(handler)
    for chunk in chunks:
        parser.feed(chunk)
    parser.close()


def _forbidden_inside(raw: bytes) -> bool:
    return bool(_RAW_CONTROL.search(raw)) or any(_bad_ref(m) for m in _CHAR_REF.finditer(raw))


def _bad_ref(match: re.Match[bytes]) -> bool:
    code = int(match[1], 16) if match[1] else int(match[2])
    return (code < 0x20 and code not in (9, 10, 13)) or 0xD800 <= code <= 0xDFFF or code in (0xFFFE, 0xFFFF) or code > 0x10FFFF


def _mark(raw: bytes) -> bytes:
    mark = BAD_CHARACTER.encode()
    raw = _RAW_CONTROL.sub(mark, raw)
    return _CHAR_REF.sub(lambda m: mark if _bad_ref(m) else m[0], raw)


def _unescape(text: str) -> str:
    def one(match: re.Match[str]) -> str:
        code = int(match[1], 16)
        return BAD_CHARACTER if (code < 0x20 and code not in (9, 10, 13)) or 0xD800 <= code <= 0xDFFF else chr(code)

    return _ESCAPE.sub(one, text) if "_x" in text else text


class _Relations(_Handler):
    def restart(self) -> None:
        super().restart()
        self.by_id: dict[str, tuple[str, str]] = {}

    def start(self, name: str, attrs: AttributesImpl) -> None:
        if name == "Relationship" and _attribute(attrs, "TargetMode") != "External":
            self.by_id[_attribute(attrs, "Id")] = (_attribute(attrs, "Type").rpartition("/")[2], _attribute(attrs, "Target"))


class _Workbook(_Handler):
    def restart(self) -> None:
        super().restart()
        self.sheets: list[tuple[str, bool, str]] = []
        self.date1904 = False

    def start(self, name: str, attrs: AttributesImpl) -> None:
        if name == "sheet":
            relation = next((str(v) for k, v in attrs.items() if k.rpartition(":")[2] == "id" and ":" in k), "")
            hidden = _attribute(attrs, "state") in ("hidden", "veryHidden")
            self.sheets.append((_attribute(attrs, "name"), hidden, relation))
        elif name == "workbookPr":
            self.date1904 = _attribute(attrs, "date1904") in ("1", "true")


class _Strings(_Handler):
    def restart(self) -> None:
        super().restart()
        self.found: list[str] = []
        self._parts: list[str] = []
        self._inside = False
        self._phonetic = 0

    def start(self, name: str, attrs: AttributesImpl) -> None:
        if name == "si":
            self._parts = []
        elif name == "rPh":
            self._phonetic += 1
        elif name == "t":
            self._inside = not self._phonetic

    def characters(self, content: str) -> None:
        if self._inside:
            self._parts.append(content)

    def end(self, name: str) -> None:
        if name == "t":
            self._inside = False
        elif name == "rPh":
            self._phonetic -= 1
        elif name == "si":
            self.found.append(_unescape("".join(self._parts)))


class _Styles(_Handler):
    def restart(self) -> None:
        super().restart()
        self.formats: list[str] = []
        self._own: dict[int, str] = {}
        self._in_cells = False

    def start(self, name: str, attrs: AttributesImpl) -> None:
        if name == "numFmt":
            self._own[_int(_attribute(attrs, "numFmtId"))] = _attribute(attrs, "formatCode")
        elif name == "cellXfs":
            self._in_cells = True
        elif name == "xf" and self._in_cells:
            key = _int(_attribute(attrs, "numFmtId"))
            self.formats.append(self._own.get(key) or BUILTIN.get(key, ""))

    def end(self, name: str) -> None:
        if name == "cellXfs":
            self._in_cells = False


class _Worksheet(_Handler):
    """Cells of one sheet. A cell without an address follows the one before it."""

    def __init__(self, into: SheetBuilder, strings: list[str], formats: list[str], date1904: bool) -> None:
        self._start: Callable[[], SheetBuilder] = lambda: SheetBuilder(into.name, into.hidden)
        self._strings, self._formats, self._date1904 = strings, formats, date1904
        super().__init__()

    def restart(self) -> None:
        super().restart()
        self.into = self._start()
        self._row = self._column = 0
        self._row_hidden = False
        self._type = self._style = ""
        self._value: list[str] = []
        self._formula: list[str] = []
        self._has_formula = False
        self._target: list[str] | None = None
        self._phonetic = 0

    def start(self, name: str, attrs: AttributesImpl) -> None:
        if name == "c":
            self._begin_cell(_attribute(attrs, "r"))
            self._type, self._style = _attribute(attrs, "t") or "n", _attribute(attrs, "s")
            self._value, self._formula, self._has_formula = [], [], False
        elif name == "v" or (name == "t" and not self._phonetic):
            self._target = self._value
        elif name == "f":
            self._has_formula, self._target = True, self._formula
        elif name == "row":
            self._row = _int(_attribute(attrs, "r")) or self._row + 1
            self._column = 0
            self._row_hidden = _attribute(attrs, "hidden") in ("1", "true")
        elif name == "rPh":
            self._phonetic += 1
        elif name == "col" and _attribute(attrs, "hidden") in ("1", "true"):
            first, last = _int(_attribute(attrs, "min")), _int(_attribute(attrs, "max"))
            self.into.hidden_columns.update(range(first, min(last, 200) + 1))
        elif name == "mergeCell":
            self._merge(_attribute(attrs, "ref"))

    def characters(self, content: str) -> None:
        if self._target is not None:
            self._target.append(content)

    def end(self, name: str) -> None:
        if name in ("v", "t", "f"):
            self._target = None
        elif name == "rPh":
            self._phonetic -= 1
        elif name == "c":
            self._end_cell()

    def _begin_cell(self, ref: str) -> None:
        if found := _REF.fullmatch(ref):
            self._column, self._row = column_number(found[1]), int(found[2])
        else:
            self._column += 1

    def _merge(self, ref: str) -> None:
        ends = [_REF.fullmatch(part.replace("$", "")) for part in ref.split(":")]
        if len(ends) == 2 and ends[0] and ends[1]:
            self.into.merge(int(ends[0][2]), column_number(ends[0][1]), int(ends[1][2]), column_number(ends[1][1]))

    def _end_cell(self) -> None:
        text = "".join(self._value)
        if self._has_formula:
            formula = "".join(self._formula)
            if _EXTERNAL.search(formula):
                self.into.faults.append(Fault(self._row, self._column, "E116", external=True))
            elif not text and self._type != "str":
                self.into.faults.append(Fault(self._row, self._column, "E116"))
        if text:
            self.into.add(self._row, self._column, self._cell(text))
            if self._row_hidden and self._row in self.into.rows:
                self.into.hidden_rows.add(self._row)

    def _cell(self, text: str) -> Cell:
        if self._type == "s":
            at = _int(text)
            if not 0 <= at < len(self._strings):
                raise Refused("E106", _BROKEN)
            return Cell(Kind.TEXT, self._strings[at])
        if self._type in ("str", "inlineStr"):
            return Cell(Kind.TEXT, _unescape(text))
        if self._type == "e":
            return Cell(Kind.ERROR, text.strip())
        if self._type == "b":
            return Cell(Kind.TEXT, "是" if text.strip() == "1" else "否")
        if self._type == "d":
            try:
                return as_date(datetime.fromisoformat(text.strip().removesuffix("Z")))
            except ValueError:
                return Cell(Kind.TEXT, text)
        try:
            number = float(text)
        except ValueError:
            return Cell(Kind.TEXT, text)
        if number != number or abs(number) > 1e300:
            return Cell(Kind.TEXT, text)
        style = _int(self._style)
        return serial_cell(number, self._formats[style] if 0 <= style < len(self._formats) else "", self._date1904)


def _int(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        return 0 if not text else -1
