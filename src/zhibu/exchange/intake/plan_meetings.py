"""Ledgers: each row becomes one activity with its counts, and the records it names become records of their type, kept on paper at the branch."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from datetime import date

from zhibu.exchange.intake.matching import squeeze
from zhibu.exchange.intake.plan import Entry, Fate, Line, MeetingStep, World
from zhibu.ground.guard.permission import Permission
from zhibu.ground.record import queries as record
from zhibu.ground.record.actions import NewActivity, NewEvidence, NewTopic
from zhibu.kernel.activities import ACTIVITY_ZH, RECORD_ZH, ActivityKind, RecordType

KEPT_AT = "本支部"
NO_RIGHT = "您的账号不能替这个支部记会议，请找支部或镇党建办导入"
_MORE = {
    RecordType.MINUTES: "记录 会议纪要 会议记录本 记录本 会议记录簿",
    RecordType.LECTURE_SCRIPT: "讲稿 党课讲稿 党课教案 教案 课件",
    RecordType.SIGN_IN: "签到 签到册 签到簿 会议签到表",
    RecordType.LECTURE_RECORD: "听课记录",
    RecordType.ACTIVITY_FORM: "活动登记表 活动开展情况登记表 活动情况登记表 主题党日活动登记表 主题党日登记表 活动记录",
    RecordType.ACTIVITY_PHOTOS: "照片 图片 活动照片 会议照片 影像资料 影像 现场照片",
    RecordType.DUES_LEDGER: "党费台帐 党费台账 党费交纳台账 党费缴纳台账 党费收缴台账 党费收缴记录",
    RecordType.PLAN: "活动方案 会议方案 实施方案 工作方案",
    RecordType.PREPARATION: "筹备情况报告 会前准备情况",
    RecordType.HOST_SCRIPT: "主持稿",
    RecordType.STUDY_MATERIALS: "学习资料 学习材料 上级文件 文件资料",
    RecordType.TALK_RECORDS: "谈话记录 谈心记录",
    RecordType.OPINION_LIST: "征求意见清单 意见建议清单 问题清单",
    RecordType.STATEMENTS: "对照检查材料 发言材料 对照发言 发言提纲 检视剖析材料",
    RecordType.MEASURES: "整改措施 整改清单 整改方案",
    RecordType.REGISTRATION_FORMS: "民主评议登记表 评议登记表",
    RecordType.SELF_FORMS: "自我评价表 个人自评表",
    RecordType.TEST_FORMS: "民主测评表 测评票",
    RecordType.EXCELLENT_LIST: "优秀名单",
    RecordType.UNQUALIFIED_LIST: "不合格党员名单",
}
RECORD_OF = {squeeze(name): kind for kind in RecordType for name in (RECORD_ZH[kind], *_MORE.get(kind, "").split())}
_ALSO = {ActivityKind.LECTURE: {"记录": RecordType.LECTURE_RECORD}}


def draw(world: World, rows: Sequence[Entry]) -> tuple[list[Line], list[MeetingStep]]:
    """Plan the rows of the ledgers; a meeting that is recorded already, here or in an earlier file, is not recorded again."""
    days = sorted({date.fromisoformat(e.values["date"]) for e in rows})
    met = set(record.known_meetings(world.scope, days[0], days[-1])) if days else set()
    known = {(name, day, kind) for org_id, day, kind in met for name in world_names(world).get(org_id, ())}
    lines: list[Line] = []
    steps: list[MeetingStep] = []
    here: set[tuple[str, date, str]] = set()
    for entry in rows:
        values = entry.values
        held, kind, name = date.fromisoformat(values["date"]), values["kind"], values["org"]
        what = f"{name} {held.month}月{held.day}日{ACTIVITY_ZH[ActivityKind(kind)]}"
        key = (squeeze(name), held, kind)
        if not world.exists(name):
            lines.append(entry.line(what, Fate.BLOCKED, (f"没有叫“{name[:40]}”的党组织，先建组织或改名称",)))
        elif not world.may(Permission.ACTIVITY_WRITE, name):
            lines.append(entry.line(what, Fate.BLOCKED, (NO_RIGHT,)))
        elif key in known or key in here:
            where = "系统里已有这次会议" if key in known else "前面的文件里已有这次会议"
            lines.append(entry.line(what, Fate.SAME, notes=(f"{where}，不再记一次",)))
        else:
            here.add(key)
            step, notes = _meeting(entry, held)
            steps.append(step)
            lines.append(entry.line(what, Fate.NEW, (f"记一次{ACTIVITY_ZH[ActivityKind(kind)]}：{step.new.title[:30]}",), notes))
    return lines, steps


def world_names(world: World) -> dict[int, tuple[str, ...]]:
    """Give the squeezed names by organisation id."""
    return {org.id: (name,) for name, org in world.orgs.items()}


def _meeting(entry: Entry, held: date) -> tuple[MeetingStep, tuple[str, ...]]:
    values, notes = entry.values, []
    kind = ActivityKind(values["kind"])
    evidence, unknown = records(kind, values["records"])
    if unknown:
        notes.append(f"不认识的材料没有登记：{'、'.join(unknown)}")
    expected, present = values["expected"], values["present"]
    if present is None:
        notes.append("表里没有实到人数，先按应到人数记，请核对" if expected is not None else "表里没有应到、实到人数，先记 0，请核对")
    elif expected is None:
        notes.append("表里没有应到人数，先按实到人数记，请核对")
    expected, present = (expected if expected is not None else present or 0), (present if present is not None else expected or 0)
    subject = values["subject"]
    new = NewActivity(
        0, ((kind.value, None),), subject[:120], held, expected, present, chair=(values["chair"] or "")[:50],
        topics=(NewTopic(kind.value, subject[:120], subject if len(subject) > 120 else ""),), evidence=evidence, written_in="import",
    )
    return MeetingStep(values["org"], new), tuple(notes)


def records(kind: ActivityKind, named: Sequence[str]) -> tuple[tuple[NewEvidence, ...], list[str]]:
    """Give the records that a ledger names as paper kept at the branch, each type once, and the names that are no known record."""
    found: dict[RecordType, None] = {}
    unknown: list[str] = []
    for name in named:
        text = squeeze(unicodedata.normalize("NFKC", name)).strip("《》“”\"'")
        record_type = _ALSO.get(kind, {}).get(text) or RECORD_OF.get(text)
        if record_type is None:
            unknown.append(name[:20])
        else:
            found[record_type] = None
    return tuple(NewEvidence(t.value, "paper", KEPT_AT) for t in found), unknown
