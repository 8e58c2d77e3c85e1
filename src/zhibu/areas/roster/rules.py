"""What a member's sheet holds, when it is complete, and which changes of standing there are. Pure: no database, no clock.

The 16 items are those of the national form 党员基本信息采集表. Steps that need a procedure of their own (admission, disposal) are other areas;
here stands only what no such procedure could lead to.
"""
from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from zhibu.kernel import identity
from zhibu.kernel.dates import surely_before, write
from zhibu.kernel.periods import add_years
from zhibu.kernel.result import YES, Decision, refuse

STANDING_ZH: Mapping[str, str] = {"full": "正式党员", "probationary": "预备党员", "suspended": "停止党籍"}
RIGHTS_ZH: Mapping[str, str] = {"normal": "正常", "on_probation": "留党察看", "rights_suspended": "权利中止"}
ENDED_ZH: Mapping[str, str] = {
    "deceased": "去世", "transferred": "转出", "removed": "除名", "withdrew": "退党", "advised_out": "劝退", "expelled": "开除党籍",
}
SENIOR_AGE = 60
JOIN_AGE = 18  # 党章第一条

#: (code, title) in the order of the printed form
ITEMS: tuple[tuple[str, str], ...] = (
    ("name", "姓名"), ("gender", "性别"), ("ethnicity", "民族"), ("id_no", "公民身份证号"), ("birth_on", "出生日期"), ("education", "学历"),
    ("standing", "人员类别"), ("branch", "所在党支部"), ("joined_on", "加入党组织日期"), ("full_on", "转为正式党员日期"), ("job", "工作岗位"),
    ("phone", "联系电话"), ("address", "家庭住址"), ("status", "党籍状态"), ("lost_contact", "失联"), ("floating", "流动"),
)


@dataclass(frozen=True, slots=True)
class Item:
    """One of the 16 items; `missing` when the form asks for it and nothing is known."""

    code: str
    title: str
    value: str
    missing: bool = False


def sheet(values: Mapping[str, str]) -> tuple[Item, ...]:
    """Give the 16 items in the order of the form. A probationary member has no day of becoming a full one, so that item is not missing then."""
    probationary = values.get("standing") == STANDING_ZH["probationary"]
    return tuple(
        Item(code, title, values.get(code, ""), not values.get(code) and not (code == "full_on" and probationary)) for code, title in ITEMS
    )


def missing(items: Iterable[Item]) -> tuple[str, ...]:
    """Name the items that are still to be asked for."""
    return tuple(item.title for item in items if item.missing)


def senior_by(on: date) -> date:
    """Give the last birthday of those who have reached SENIOR_AGE on a day (以上 includes the number itself)."""
    return add_years(on, -SENIOR_AGE)


def standing_moves(standing: str) -> tuple[str, ...]:
    """List the standings a member can come to by hand, the present one first: probationary to full, never back. 停止党籍 comes and goes by a case (S16)."""
    return ("probationary", "full") if standing == "probationary" else (standing,)


def may_change(
    before: tuple[str, str], after: tuple[str, str], document: str
) -> Decision:
    """Check a change of (standing, rights): there is one, it can be, 留党察看 concerns full members only, and a paper says so (E049).

    停止党籍 and its restoration are refused (E038): the branch asks, a superior decides (areas/transfers/standing.py)."""
    if before == after:
        return refuse("", "和现在的状态一样。请选要改成的人员类别或权利状态")
    if before[0] != after[0] and "suspended" in (before[0], after[0]):
        return refuse("E038", "停止党籍、恢复党籍要由支部报、上级党组织批，不能在这里直接改。请在这名党员的页面上报")
    if after[0] not in standing_moves(before[0]):
        return refuse("", f"{STANDING_ZH[before[0]]}不能改成{STANDING_ZH.get(after[0], after[0])}，请重新选")
    if after[1] not in RIGHTS_ZH:
        return refuse("", "权利状态只能是正常、留党察看或权利中止，请重新选")
    if after[1] == "on_probation" and after[0] != "full":
        return refuse("", "留党察看只用于正式党员，请重新选")
    if not document.strip():
        return refuse("E049", "请填写依据：支部大会决议或上级批复的文号")
    return YES


TRANSFERRED = "transferred"
#: ends that are entered by hand; 转出 ends a membership by the receipt of the letter (areas/transfers), as the old organisation answers for a member until then (S12)
BY_HAND: Mapping[str, str] = {code: title for code, title in ENDED_ZH.items() if code != TRANSFERRED}
#: ends that a branch meeting votes on before the superior approves (S16); 开除党籍 is a matter of discipline, decided above
BY_MEETING = frozenset({"removed", "advised_out"})


def check_end(ended_as: str, document: str, meeting: str) -> Decision:
    """Check the papers of an end: none for a death, else the approval (E049); 除名 and 劝退 also need the branch meeting (E038); 转出 needs its letter (E008)."""
    if ended_as == TRANSFERRED:
        return refuse("E008", "转出要凭介绍信，对方接收以前仍是本支部党员，不能在这里直接结束。请办“转出组织关系”，系统外的也一样办")
    if ended_as != "deceased" and not document.strip():
        return refuse("E049", f"{ENDED_ZH.get(ended_as, '')}要有批准文件或依据。请填文件名称和文号")
    if ended_as in BY_MEETING and not meeting.strip():
        return refuse("E038", f"{ENDED_ZH[ended_as]}须经支部党员大会讨论表决、上级批准。请填支部党员大会的日期或决议文号")
    return YES


def young(birth_on: date | None, birth_precision: str, joined_on: date | None, joined_precision: str) -> tuple[str, ...]:
    """Note that somebody joined before the age of JOIN_AGE, whatever the precision of the dates. A note, no refusal: the member's file rules."""
    if birth_on is None or joined_on is None or not surely_before(joined_on, joined_precision, add_years(birth_on, JOIN_AGE)):
        return ()
    return (f"按所填日期，加入党组织时不满 {JOIN_AGE} 岁，已按所填保存。请对照档案核对",)


def differences(id_no: str, birth_on: date | None, birth_precision: str, gender: str) -> tuple[str, ...]:
    """Say where a sheet and the ID number disagree. Notes, no refusals: the member's file rules (ux.md §3, BIRTH_DIFFERS, GENDER_MISMATCH)."""
    found = identity.check(id_no)
    if not found.ok or found.birth is None:
        return ()
    notes = []
    shown = write(birth_on, birth_precision)
    if birth_on and not write(found.birth).startswith(shown):
        notes.append("出生日期和身份证号里的不一样，已按所填保存。以档案为准，请核对")
    if gender and gender != found.gender:
        notes.append("性别和身份证号里的不一样，已按所填保存。请核对")
    return tuple(notes)
