"""组织关系介绍信 in three parts: stub, letter, receipt. One object for the page that is printed and for the Word file.

The printed option that does NOT apply is ringed; the month of the dues and the days of validity stand in capital numerals, which nobody changes with
a stroke; no organisation stands at the foot, only its seal. The blank before the printed 族 is left for ink (docs/adr/0010).
"""
from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from zhibu.areas.transfers.queries import LetterFacts
from zhibu.kernel import capitals

SEAM = "……………………………… 骑 缝 章 ………………………………"
NOTE = "注：回执联由接收党员组织关系的基层党委在接收党员后一个月内邮寄或传真至党员原所在基层党委。"


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text. `blank`: filled in on a line of at least so many characters (0: plain text); `ringed`: does not apply."""

    text: str
    blank: int = 0
    ringed: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a part. style: "" plain, ind indented, right, seal, foot (smaller), paste."""

    pieces: tuple[Piece, ...]
    style: str = ""

    @property
    def text(self) -> str:
        """Give the line as one text."""
        return "".join(p.text for p in self.pieces)


@dataclass(frozen=True, slots=True)
class Part:
    """One of the three parts (联)."""

    number: str
    title: str
    label: str  # 第一联
    lines: tuple[Line, ...]

    @property
    def body(self) -> tuple[Line, ...]:
        """Give the lines above the foot."""
        return tuple(line for line in self.lines if line.style != "foot")

    @property
    def foot(self) -> tuple[Line, ...]:
        """Give the smaller lines at the foot."""
        return tuple(line for line in self.lines if line.style == "foot")


@dataclass(frozen=True, slots=True)
class IntroductionLetter:
    """The whole letter."""

    name: str
    number: str
    unit: str
    parts: tuple[Part, ...]
    note: str = NOTE

    @property
    def file_title(self) -> str:
        """Give the part of the file name that says what it is."""
        return f"组织关系介绍信{self.number}_{self.name}"


def blank(text: object, width: int = 3) -> Piece:
    """Fill a blank of the form, or leave it for ink."""
    return Piece(str(text), width)


def choice(first: str, second: str, applies: str) -> tuple[Piece, ...]:
    """Give both options; the one that does not apply is ringed, none where nothing is known."""
    known = applies in (first, second)
    return Piece(first, ringed=known and applies != first), Piece("、"), Piece(second, ringed=known and applies != second)


def day(on: date | None) -> tuple[Piece, ...]:
    """Give a day in three blanks."""
    year, month, day = (on.year, on.month, on.day) if on else ("", "", "")
    return blank(year), Piece("年"), blank(month, 2), Piece("月"), blank(day, 2), Piece("日")


def introduction_letter(facts: LetterFacts, numbers: tuple[str, str] | None = None) -> IntroductionLetter:
    """Fill the three parts. numbers: ID number and phone in full, as they were asked for with the purpose; masked without."""
    t = facts.view
    id_no, phone = numbers if numbers is not None else (facts.id_no_masked, facts.phone_masked)
    standing = {"full": "正式", "probationary": "预备"}.get(t.standing, "")
    paid = t.paid_to
    days = (t.valid_until - t.issued_on).days if t.valid_until and t.issued_on else 0
    to_committee, to_branch = t.to_committee or t.to_name, t.to_name if t.to_name != t.to_committee else ""
    stub = Part(t.letter_no, "党员介绍信存根", "第一联", (
        Line((blank(t.name), Piece("同志系中共（"), *choice("预备", "正式", standing), Piece("）党员，组织关系由"), blank(t.from_committee), Piece("转到"), blank(to_committee), Piece("。")), "ind"),
        Line(day(t.issued_on), "right"), Line((Piece("（贴回执联处）"),), "paste"),
    ))
    letter = Part(t.letter_no, "中国共产党党员组织关系介绍信", "第二联", (
        Line((blank(to_committee, 12), Piece("："))),
        Line((
            blank(t.name), Piece("同志（"), *choice("男", "女", facts.gender), Piece("），"), blank(facts.age if facts.age is not None else "", 2), Piece("岁，"),
            blank("", 2), Piece("族，系中共（"), *choice("正式", "预备", standing), Piece("）党员，身份证号码"), blank(id_no), Piece("，由"), blank(t.from_name),
            Piece("去"), blank(to_branch), Piece("，请接转组织关系。该同志党费已交到"), blank(capitals.year(paid.year) if paid else ""), Piece("年"),
            blank(capitals.number(paid.month) if paid else ""), Piece("月。"),
        ), "ind"),
        Line((Piece("（有效期"), blank(capitals.number(days)), Piece("天）")), "ind"),
        Line((Piece("（盖章）"),), "seal"), Line(day(t.issued_on), "right"),
        Line((Piece("党员联系电话或其他联系方式："), blank(phone, 12)), "foot"), Line((Piece("党员原所在基层党委通讯地址："), blank(facts.address, 18)), "foot"),
        Line((Piece("联系电话："), blank(facts.phone, 7), Piece(" 传真："), blank("", 7), Piece(" 邮编："), blank("")), "foot"),
    ))
    receipt = Part(t.letter_no, "中国共产党党员组织关系介绍信回执联", "第三联", (
        Line((blank(t.from_committee, 12), Piece("："))), Line((blank(t.name), Piece("同志的党员组织关系已转达我处，特此回复。")), "ind"),
        Line((Piece("（盖章）"),), "seal"), Line(day(None), "right"),
        Line((Piece("经办人："), blank("", 7), Piece(" 联系电话："), blank("", 9)), "foot"),
    ))
    return IntroductionLetter(t.name, t.letter_no, t.from_committee, (stub, letter, receipt))
