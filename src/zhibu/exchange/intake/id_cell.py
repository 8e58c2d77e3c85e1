"""An identity number in a cell: what Excel has lost is refused with the cure, what is old or wrong is said."""

from __future__ import annotations

import re
from datetime import date

from zhibu.exchange.intake import dates
from zhibu.exchange.intake.draft import Draft
from zhibu.exchange.intake.grid import Kind
from zhibu.kernel import identity


def read(draft: Draft, today: date) -> identity.IdCheck | None:
    """Read the identity number; return what its own digits say, None when nothing is readable."""
    if (choice := draft.pick("id_no")) is not None:
        checked = identity.check(choice, today)
        if not checked.ok:
            draft.reject(checked.code, "id_no", _message(checked))
            return None
        draft.values["id_no"] = checked.id_no
        return checked
    cell = draft.cell("id_no")
    draft.values["id_no"] = None
    text = identity.clean_id_no(cell.text)
    if cell.kind is Kind.NUMBER and abs(cell.number) >= 1e15:
        draft.reject("ID_PRECISION", "id_no", "身份证号是数字格式，后 3 位已变成 000，无法还原。请在原表把该列设为“文本”后重填")
        return None
    if re.fullmatch(r"\d(?:\.\d+)?E\+?\d{1,2}", text):
        draft.reject("ID_SCIENTIFIC", "id_no", f"身份证号变成了科学计数 {text}，无法还原。可改用姓名加手机号匹配，或重填")
        return None
    if text in dates.NOTHING:
        draft.reject("ID_EMPTY", "id_no", "没有身份证号")
        return None
    checked = identity.check(text, today)
    if checked.ok:
        draft.values["id_no"] = checked.id_no
        return checked
    if checked.code == "ID_15":
        draft.confirm("ID_15", "id_no", "是 15 位旧身份证号，请确认换成 18 位", suggest=identity.upgrade_15(text))
        return checked
    draft.reject(checked.code, "id_no", _message(checked))
    return None


def _message(checked: identity.IdCheck) -> str:
    if checked.code == "ID_CHECKSUM":
        return "身份证号最后一位对不上，至少有一位写错了"
    if len(checked.id_no) == 18 and checked.id_no[:17].isdigit():
        return "身份证号里的出生日期不对，请核对"
    return f"身份证号应为 18 位，这里是 {len(checked.id_no)} 位或含有别的字符，请核对"
