"""Coverage of units 组织覆盖、工作覆盖: shares of counted units, refused when a part is larger than its whole (E043). Source: rules.md S31, AT-11."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from zhibu.kernel.numbers import percent
from zhibu.kernel.result import YES, Decision, first_refusal, refuse


@dataclass(frozen=True, slots=True)
class Coverage:
    """Percentages as text ("-" where nothing is counted). refusal: YES, or E043 and then no percentages."""

    org_coverage: str = "-"
    work_coverage: str = "-"
    built_rate: str = "-"
    member_share: str = "-"
    refusal: Decision = YES


def check_part(part: int, whole: int, what: str, of: str) -> Decision:
    """Refuse a part that is larger than its whole (E043); `what` and `of` name the two counts."""
    if part > whole:
        return refuse("E043", f"{what} {part}，大于{of} {whole}。请核对这两个数。")
    return YES


def coverage(
    units: int, single: int, joint: int, none: int, none_with_instructor: int, eligible: int, staff: int | None = None, members: int | None = None
) -> Coverage:
    """Compute the shares of units with an organisation, with an organisation or an instructor, of those that should have one of their own, of members.

    `single`, `joint`, `none` add up to `units`; `eligible`: units with three or more full members.
    """
    covered = single + joint
    refusal = first_refusal(_checks(units, single, joint, none, none_with_instructor, eligible, staff, members))
    if not refusal.ok:
        return Coverage(refusal=refusal)
    return Coverage(
        percent(covered, units), percent(covered + none_with_instructor, units), percent(single, eligible), percent(members or 0, staff or 0),
    )


def _checks(
    units: int, single: int, joint: int, none: int, none_with_instructor: int, eligible: int, staff: int | None, members: int | None
) -> Iterable[Decision]:
    yield check_part(single + joint, units, "已建党组织的单位", "单位总数")
    if single + joint + none != units:
        yield refuse("E043", f"单独建 {single}、联合建 {joint}、没有党组织 {none}，合计 {single + joint + none}，与单位总数 {units} 不符。请核对。")
    yield check_part(none_with_instructor, none, "派了指导员的单位", "没有党组织的单位")
    yield check_part(single, eligible, "单独建党组织的单位", "应单独建的单位")
    if staff is not None and members is not None:
        yield check_part(members, staff, "党员", "职工总数")
