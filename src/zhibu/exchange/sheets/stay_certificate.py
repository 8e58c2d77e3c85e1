"""党员证明信 for a short stay elsewhere: stub and certificate on one sheet, for the page that is printed and for the Word file.

The relation stays: the branch, not the committee, gives it. No number of the member stands on it."""
from __future__ import annotations

from dataclasses import dataclass

from zhibu.areas.transfers.certificates import CertificateFacts

from .introduction_letter import Line, Part, Piece, blank, choice, day


@dataclass(frozen=True, slots=True)
class StayCertificate:
    """The whole sheet."""

    name: str
    number: str
    unit: str
    parts: tuple[Part, ...]
    note: str

    @property
    def file_title(self) -> str:
        """Give the part of the file name that says what it is."""
        return f"党员证明信{self.number}_{self.name}"


def stay_certificate(facts: CertificateFacts) -> StayCertificate:
    """Fill both parts from a certificate that was given."""
    number = str(facts.stay_id)
    standing = choice("正式", "预备", {"full": "正式", "probationary": "预备"}.get(facts.standing, ""))
    span = (*day(facts.from_on), Piece("至"), *day(facts.to_on))
    why = (Piece("因"), blank(facts.reason, 7))
    stub = Part(number, "党员证明信存根", "存根", (
        Line((blank(facts.name), Piece("同志系中共（"), *standing, Piece("）党员，"), *why, Piece("，于"), *span, Piece("到"), blank(facts.place, 7), Piece("，组织关系不转。")), "ind"),
        Line(day(facts.issued_on), "right"),
    ))
    letter = Part(number, "党员证明信", "证明信", (
        Line((blank(facts.place, 12), Piece("党组织："))),
        Line((
            Piece("兹证明"), blank(facts.name), Piece("同志（"), *choice("男", "女", facts.gender), Piece("），系中共（"), *standing, Piece("）党员，组织关系在"), blank(facts.org_name, 7),
            Piece("。该同志"), *why, Piece("，于"), *span, Piece("在你处，组织关系不转，党费仍在原支部交。请安排其参加党的组织生活。"),
        ), "ind"),
        Line((Piece("（有效期至"), *day(facts.to_on), Piece("）")), "ind"),
        Line((Piece("（盖章）"),), "seal"), Line(day(facts.issued_on), "right"),
        Line((Piece("党支部通讯地址："), blank(facts.address, 18)), "foot"), Line((Piece("联系人："), blank("", 7), Piece(" 联系电话："), blank(facts.phone, 9)), "foot"),
    ))
    note = f"注：外出不超过 {facts.months} 个月的凭证明信临时参加组织生活，返回后交回支部；时间更长的，登记流动党员或转组织关系。"
    return StayCertificate(facts.name, number, facts.org_name, (stub, letter), note)
