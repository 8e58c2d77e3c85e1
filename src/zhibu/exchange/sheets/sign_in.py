"""签到表 (ux.md §2): of a recorded meeting, or blank for one to come. Signatures are left to ink; full and probationary members are counted apart."""
from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from zhibu.areas.meetings import form
from zhibu.ground.guard.scope import Scope
from zhibu.ground.people import queries as people
from zhibu.ground.record.queries import AbsenceView, ActivityView
from zhibu.ground.tree import queries as tree
from zhibu.kernel.activities import ACTIVITY_ZH, ActivityKind

from .around import rule_sets
from .meeting_record import hours
from .sheet import Cell, Sheet, day, foot, head

COLUMNS = ("序号", "姓名", "正式/预备", "签名", "到会时间", "请假原因", "补课")
WIDTHS = (12, 24, 20, 30, 22, 28, 20)
BLANK_LINES = 3


@dataclass(frozen=True, slots=True)
class Signer:
    """One line: who is expected, and why somebody was not there."""

    name: str
    standing: str = ""
    reason: str = ""
    caught_up: str = ""


@dataclass(frozen=True, slots=True)
class SignIn:
    """The content of the form; of a blank one `present` and `absent` are None."""

    org_name: str
    meeting: str
    when: str
    place: str
    expected: int
    present: int | None
    absent: int | None
    signers: tuple[Signer, ...]
    rule_sets: tuple[str, ...]
    printed_on: date

    @property
    def file_title(self) -> str:
        """Give the part of the file name that says what it is."""
        return "签到表" if self.present is not None else "空白签到表"

    def _above(self) -> tuple[str, ...]:
        full, probationary = (sum(s.standing == word for s in self.signers) for word in ("正式", "预备"))
        said = [f"{label} {'　　' if n is None else n} 人" for label, n in (("应到", self.expected), ("实到", self.present), ("缺席", self.absent))]
        return (
            f"党支部：{self.org_name}", f"会议：{self.meeting or '＿＿＿＿＿＿＿＿＿＿'}",
            f"时间：{self.when or '＿＿＿＿年＿＿月＿＿日＿＿时＿＿分'}　地点：{self.place or '＿＿＿＿＿＿＿＿＿＿'}",
            f"{'，'.join(said)}（应到中正式 {full} 人，预备 {probationary} 人）",
        )

    def sheet(self) -> Sheet:
        """Lay the form out, with a few lines for guests."""
        lines: list[tuple[str, ...]] = [(str(i), s.name, s.standing, "", "", s.reason, s.caught_up) for i, s in enumerate(self.signers, 1)]
        lines += [("",) * len(COLUMNS)] * BLANK_LINES
        rows: tuple[tuple[Cell, ...], ...] = (tuple(head(c) for c in COLUMNS), *(tuple(Cell((text,), centred=i != 5, tall=10) for i, text in enumerate(line)) for line in lines))
        return Sheet("signin", "签到表", self._above(), WIDTHS, rows, ("主持人签字：", "记录人签字："), foot(self.rule_sets, self.printed_on), heads=1)


def sign_in(scope: Scope, v: ActivityView, printed_on: date) -> SignIn:
    """Fill the form from a record: everybody on the roll of that day, full members first."""
    org = tree.organisation(scope, v.org_id, v.held_on)
    names, missed = people.names_of(scope, v.expected), {a.person_id: a for a in v.absences}
    standing = {e.person_id: "预备" if e.standing == "probationary" else "正式" for e in people.roll(scope, v.org_id, v.held_on)}
    signers = [_signer(missed[p].name if p in missed else names.get(p, "（已转出）"), standing.get(p, ""), missed.get(p)) for p in v.expected]
    signers.sort(key=lambda s: s.standing == "预备")
    kinds = "、".join(dict.fromkeys(ACTIVITY_ZH[ActivityKind(k)] for k, _ in v.kinds))
    return SignIn(
        org.name, f"{kinds}（{v.title}）" if v.title != kinds else kinds, f"{day(v.held_on)} {hours(v)}".strip(), v.place, v.expected_count, v.present_count,
        len(v.absences), tuple(signers), rule_sets(v.org_id, v.held_on), printed_on,
    )


def blank_sign_in(scope: Scope, org_id: int, printed_on: date) -> SignIn:
    """Make the form for a meeting to come, with everybody who is expected on the day."""
    roll = form.roll(scope, org_id, printed_on)
    signers = tuple(Signer(p.name, "正式" if p.full else "预备") for p in sorted(roll.people, key=lambda p: not p.full))
    return SignIn(roll.org.name, "", "", "", len(signers), None, None, signers, rule_sets(org_id, printed_on), printed_on)


def _signer(name: str, standing: str, absence: AbsenceView | None) -> Signer:
    if absence is None:
        return Signer(name, standing)
    reason = ("请假" if absence.status == "leave" else "缺席") + (f"：{absence.reason}" if absence.reason else "")
    made_up = f"{absence.caught_up_on.month}月{absence.caught_up_on.day}日 {absence.caught_up_how}" if absence.caught_up_on else ""
    return Signer(name, standing, reason, made_up)
