"""The kinds of organisational life and the records they leave, as codes with a bit each. Source: rules.md S04-S08, S05 (order of records)."""
from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class ActivityKind(StrEnum):
    """组织生活的种类 that can be recorded; talks (谈心谈话) are covered per pair of persons and are no activity."""

    GENERAL_MEETING = "general_meeting"
    COMMITTEE_MEETING = "committee_meeting"
    GROUP_MEETING = "group_meeting"
    LECTURE = "lecture"
    THEME_DAY = "theme_day"
    ORG_LIFE_MEETING = "org_life_meeting"
    APPRAISAL = "appraisal"
    DEM_LIFE_MEETING = "dem_life_meeting"


class RecordType(StrEnum):
    """必需记录的种类, in the order of the ledger of rules.md S05."""

    MINUTES = "minutes"
    LECTURE_SCRIPT = "lecture_script"
    SIGN_IN = "sign_in"
    LECTURE_RECORD = "lecture_record"
    ACTIVITY_FORM = "activity_form"
    ACTIVITY_PHOTOS = "activity_photos"
    DUES_LEDGER = "dues_ledger"
    PLAN = "plan"
    PREPARATION = "preparation"
    HOST_SCRIPT = "host_script"
    STUDY_MATERIALS = "study_materials"
    TALK_RECORDS = "talk_records"
    OPINION_LIST = "opinion_list"
    STATEMENTS = "statements"
    MEASURES = "measures"
    REGISTRATION_FORMS = "registration_forms"
    SELF_FORMS = "self_forms"
    TEST_FORMS = "test_forms"
    EXCELLENT_LIST = "excellent_list"
    UNQUALIFIED_LIST = "unqualified_list"


#: short Chinese names for menus, cells and sentences
ACTIVITY_ZH: dict[ActivityKind, str] = {
    ActivityKind.GENERAL_MEETING: "党员大会",
    ActivityKind.COMMITTEE_MEETING: "支委会",
    ActivityKind.GROUP_MEETING: "党小组会",
    ActivityKind.LECTURE: "党课",
    ActivityKind.THEME_DAY: "主题党日",
    ActivityKind.ORG_LIFE_MEETING: "组织生活会",
    ActivityKind.APPRAISAL: "民主评议",
    ActivityKind.DEM_LIFE_MEETING: "民主生活会",
}

RECORD_ZH: dict[RecordType, str] = {
    RecordType.MINUTES: "会议记录",
    RecordType.LECTURE_SCRIPT: "党课稿",
    RecordType.SIGN_IN: "签到表",
    RecordType.LECTURE_RECORD: "党课记录",
    RecordType.ACTIVITY_FORM: "活动情况开展登记表",
    RecordType.ACTIVITY_PHOTOS: "活动剪影",
    RecordType.DUES_LEDGER: "党费交纳台帐",
    RecordType.PLAN: "方案",
    RecordType.PREPARATION: "筹备情况",
    RecordType.HOST_SCRIPT: "主持词",
    RecordType.STUDY_MATERIALS: "上级文件等学习资料",
    RecordType.TALK_RECORDS: "谈心谈话记录",
    RecordType.OPINION_LIST: "意见清单",
    RecordType.STATEMENTS: "对照发言材料",
    RecordType.MEASURES: "意见清单的整改措施",
    RecordType.REGISTRATION_FORMS: "登记表",
    RecordType.SELF_FORMS: "自评表",
    RecordType.TEST_FORMS: "测评表",
    RecordType.EXCELLENT_LIST: "优秀党员名单",
    RecordType.UNQUALIFIED_LIST: "不合格党员名单及处置措施",
}

#: one bit per record type, in the order of RecordType: a set of records is one integer, in SQL and in Python
RECORD_BIT: dict[str, int] = {record.value: 1 << number for number, record in enumerate(RecordType)}

#: records that the entry itself makes when it is saved (rules.md S05)
MADE_BY_ENTRY: tuple[RecordType, ...] = (RecordType.MINUTES, RecordType.SIGN_IN, RecordType.LECTURE_RECORD, RecordType.ACTIVITY_FORM)


def mask_of(records: Iterable[str]) -> int:
    """Turn record types into one bit mask. KeyError for a word that is no record type."""
    mask = 0
    for record in records:
        mask |= RECORD_BIT[record]
    return mask


def records_of(mask: int) -> tuple[RecordType, ...]:
    """List the record types of a bit mask, in the order of the ledger."""
    return tuple(record for record in RecordType if mask & RECORD_BIT[record.value])
