"""The forms of the roster: texts as typed, values as read, and what is wrong beside its field."""
from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from zhibu.areas.roster import rules
from zhibu.ground.people.actions import PeopleError
from zhibu.ground.people.queries import MemberFile
from zhibu.ground.tree.queries import OrgView
from zhibu.kernel import dates, identity
from zhibu.web.shell.context import Choice, ErrorLine, Field, FieldGroup

WRITE_LIKE = "可写 1998-07-01、1998年7月 或 1998，知道到哪一级就写到哪一级"
EDUCATIONS = ("博士研究生", "硕士研究生", "大学本科", "大学专科", "中专", "高中", "初中", "小学")
PEOPLES = ("汉族", "土家族", "苗族", "回族", "满族", "壮族", "维吾尔族", "彝族", "蒙古族", "藏族", "侗族", "瑶族", "布依族", "白族")
NONE_LEFT = "无"
CODE = re.compile(r"E\d{3}$")  # codes that people look up; words of machines like ID_FORMAT stay out of pages
PLAIN = ("name", "gender", "ethnicity", "education", "job", "address", "floating_to", "remark")
PRECISE = ("birth_on", "joined_on", "full_on")


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one field."""

    text: str
    code: str = ""


@dataclass(frozen=True, slots=True)
class Filled:
    """A form as it stands: `texts` go back into the fields, `values` to the action, `problems` beside the fields ("" is the whole form)."""

    texts: Mapping[str, str]
    values: Mapping[str, Any] = field(default_factory=dict)
    problems: Mapping[str, Problem] = field(default_factory=dict)

    def refused(self, error: PeopleError) -> Filled:
        """Give the form with the action's refusal beside its field."""
        return replace(self, problems={**self.problems, error.field: Problem(error.reason, error.code)})

    @property
    def errors(self) -> tuple[ErrorLine, ...]:
        """Give the summary at the top of the page."""
        return tuple(ErrorLine(p.text, f"f-{name}" if name else "", p.code if CODE.match(p.code) else "") for name, p in self.problems.items())


def key_of(post: Mapping[str, str]) -> str:
    """Give the idempotency key of a form that comes back, or a fresh one."""
    return post.get("key", "")[:64] or secrets.token_urlsafe(16)


def _text(post: Mapping[str, str], name: str, longest: int = 300) -> str:
    return post.get(name, "").strip()[:longest]


def _day(texts: dict[str, str], values: dict[str, Any], problems: dict[str, Problem], name: str, required: str = "") -> None:
    try:
        values[name] = dates.parse_day(texts[name])
    except dates.NotADate as error:
        problems[name] = Problem(str(error))
    else:
        if required and values[name] is None:
            problems[name] = Problem(required)


def member(post: Mapping[str, str], *, new: bool) -> Filled:
    """Read the member form. An empty ID number or phone of an edit means unchanged, and the word 无 takes a phone away.

    Birthday and sex that were left empty are taken from a valid ID number."""
    names = (*PLAIN, *PRECISE, "id_no", "phone", "lost_contact_on", "is_leading_cadre", *(("org_id", "standing", "since") if new else ("version", "reason")))
    texts = {name: _text(post, name) for name in names}
    values: dict[str, Any] = {name: texts[name] for name in (*PLAIN, "id_no", "phone")}
    problems: dict[str, Problem] = {}
    if not texts["name"]:
        problems["name"] = Problem("没有姓名，请填写姓名", "NAME_EMPTY")
    elif not any(c.isalpha() for c in texts["name"]):
        problems["name"] = Problem("姓名里没有文字，请填写姓名")
    for name in PRECISE:
        try:
            found = dates.parse(texts[name])
        except dates.NotADate as error:
            problems[name] = Problem(str(error))
            continue
        values[name] = found.day if found else None
        values[name.replace("_on", "_precision")] = found.precision if found else "day"
    _day(texts, values, problems, "lost_contact_on")
    values["is_leading_cadre"] = bool(texts["is_leading_cadre"])
    if texts["phone"] in ("", NONE_LEFT):
        values.pop("phone") if not new and not texts["phone"] else values.update(phone="")
    checked = identity.check(texts["id_no"])
    if new and checked.ok:
        values["gender"] = values["gender"] or checked.gender
        if not texts["birth_on"]:
            values["birth_on"], values["birth_precision"] = checked.birth, "day"
    if new:
        values["standing"] = texts["standing"]
        if texts["standing"] == "probationary" and texts["full_on"]:
            problems.setdefault("full_on", Problem("预备党员还没有转正，这里请留空；已经转正的，人员类别请选正式党员"))
        values["org_id"] = int(texts["org_id"]) if texts["org_id"].isdecimal() and len(texts["org_id"]) < 18 else 0
        if not values["org_id"]:
            problems["org_id"] = Problem("请选党员所在的党支部", "E045")
        _day(texts, values, problems, "since", "请写组织关系从哪一天起在本支部")
    if values["gender"] not in ("", identity.MALE, identity.FEMALE):
        problems["gender"] = Problem("性别请选男或女")
    return Filled(texts, values, problems)


def blank(today: date, org_id: int | None) -> Filled:
    """Give the empty form for a new member."""
    return Filled({"org_id": str(org_id or ""), "standing": "full", "since": today.isoformat()})


def of_file(file: MemberFile) -> Filled:
    """Give the form of a member as saved; full numbers never go into a page unasked."""
    texts = {name: str(getattr(file, name)) for name in PLAIN}
    texts |= {name: dates.write(getattr(file, name), getattr(file, name.replace("_on", "_precision"))) for name in PRECISE}
    texts |= {"lost_contact_on": dates.write(file.lost_contact_on), "is_leading_cadre": "1" if file.is_leading_cadre else "", "id_no": "", "phone": ""}
    return Filled(texts)


def member_groups(filled: Filled, *, branches: Sequence[OrgView] = (), file: MemberFile | None = None) -> tuple[FieldGroup, ...]:
    """Give the fields of the member form: with `branches` for a new member, with `file` for an edit."""
    f = _Fields(filled)
    first: tuple[Field, ...] = ()
    if file is None:
        first = (
            f.select("org_id", "所在党支部", [("", "请选")] * (len(branches) > 1) + [(str(o.id), o.name) for o in branches], required=True),
            f.select("standing", "人员类别", [(k, v) for k, v in rules.STANDING_ZH.items() if k != "suspended"], required=True, width="half"),
            f.text("since", "组织关系从哪天起", kind="date", required=True, width="half", help="转入的写转入那天；新发展的写支部大会通过那天"),
        )
    held = (f"现在登记的是 {file.id_no_masked}。不改请留空" if file.has_id_no else "") if file else ""
    phone = (f"现在登记的是 {file.phone_masked}。不改请留空，没有电话了请填“{NONE_LEFT}”" if file.has_phone else "") if file else ""
    return (
        FieldGroup("基本情况", (
            *first,
            f.text("name", "姓名", required=True, width="half", maxlength=50),
            f.select("gender", "性别", [("", "未填"), ("男", "男"), ("女", "女")], width="half"),
            f.text("id_no", "公民身份证号", width="half", maxlength=30, help=held or "加密保存，页面上只显示一部分"),
            f.text("birth_on", "出生日期", width="half", maxlength=20, help=WRITE_LIKE),
            f.text("ethnicity", "民族", width="half", maxlength=20, suggestions=PEOPLES),
            f.text("education", "学历", width="half", maxlength=20, suggestions=EDUCATIONS),
        )),
        FieldGroup("党籍", (
            f.text("joined_on", "加入党组织日期", width="half", maxlength=20, help=WRITE_LIKE),
            f.text("full_on", "转为正式党员日期", width="half", maxlength=20, help="预备党员现在不用填"),
        )),
        FieldGroup("工作和联系", (
            f.text("job", "工作岗位", width="half", maxlength=60),
            f.text("phone", "联系电话", width="half", maxlength=30, inputmode="tel", help=phone or "手机，或带区号的座机"),
            f.text("address", "家庭住址", maxlength=120),
            f.text("floating_to", "外出流向", width="half", maxlength=60, help="流动党员写去了哪个省市县；不是的留空"),
            f.text("lost_contact_on", "失去联系日期", kind="date", width="half", help="没有失联的留空"),
            Field("is_leading_cadre", "党员领导干部", "check", "1", (Choice("", "1", chosen=bool(filled.texts.get("is_leading_cadre"))),)),
            f.text("remark", "备注", maxlength=200),
        )),
        *((FieldGroup("更正的理由", (f.text("reason", "改姓名、身份证号的理由", maxlength=200, help="只在改姓名或已登记的身份证号时填，例如：录入时写错，已对照身份证"),)),) if file else ()),
    )


def ending(post: Mapping[str, str]) -> Filled:
    """Read the form that ends a membership."""
    texts = {name: _text(post, name) for name in ("on", "ended_as", "document", "meeting")}
    values: dict[str, Any] = dict(texts)
    problems: dict[str, Problem] = {}
    if texts["ended_as"] not in rules.ENDED_ZH:
        problems["ended_as"] = Problem("请选组织关系结束的原因")
    _day(texts, values, problems, "on", "请写是哪一天")
    _document(texts, problems)
    return Filled(texts, values, problems)


def ending_groups(filled: Filled) -> tuple[FieldGroup, ...]:
    """Give the fields of the form that ends a membership."""
    f = _Fields(filled)
    return (FieldGroup("", (
        f.select("ended_as", "原因", [("", "请选"), *rules.BY_HAND.items()], required=True, width="half"),
        f.text("on", "哪一天", kind="date", required=True, width="half", help="从这一天起不再算本支部党员"),
        f.text("document", "依据", maxlength=120, help="批准文件的文号。去世的可以不填，其他的必填"),
        f.text("meeting", "支部党员大会", maxlength=60, help="除名、劝退必填：大会的日期或决议文号"),
    )),)


def reviving(post: Mapping[str, str]) -> Filled:
    """Read why a death is taken back."""
    return Filled({"reason": _text(post, "reason", 200)})


def reviving_groups(filled: Filled) -> tuple[FieldGroup, ...]:
    """Give the field for the reason."""
    return (FieldGroup("", (_Fields(filled).text("reason", "更正的理由", required=True, maxlength=200, help="例如：同名的另一人去世，登记错了"),)),)


def standing(post: Mapping[str, str]) -> Filled:
    """Read the form that changes a standing."""
    texts = {name: _text(post, name) for name in ("on", "standing", "rights", "document")}
    values: dict[str, Any] = dict(texts)
    problems: dict[str, Problem] = {}
    _day(texts, values, problems, "on", "请写从哪一天起")
    _document(texts, problems)
    return Filled(texts, values, problems)


def standing_groups(filled: Filled, moves: Iterable[str]) -> tuple[FieldGroup, ...]:
    """Give the fields of the form that changes a standing; `moves` are the standings the member can come to."""
    f = _Fields(filled)
    return (FieldGroup("", (
        f.select("standing", "人员类别和党籍状态", [(m, rules.STANDING_ZH[m]) for m in moves], required=True, width="half"),
        f.select("rights", "党员权利", [(k, v) for k, v in rules.RIGHTS_ZH.items()], required=True, width="half"),
        f.text("on", "从哪天起", kind="date", required=True, width="half"),
        f.text("document", "依据", required=True, maxlength=200, help="支部大会决议或上级批复的文号"),
    )),)


def purpose(post: Mapping[str, str]) -> Filled:
    """Read the purpose of a look at a full number."""
    return Filled({"purpose": _text(post, "purpose")})


def purpose_groups(filled: Filled, *, asked: bool = True) -> tuple[FieldGroup, ...]:
    """Give the field for the purpose. asked: False where it is needed for one of two buttons only."""
    reasons = ("核对身份", "核对转正材料", "办理组织关系", "通知开会", "走访慰问")
    return (FieldGroup("", (_Fields(filled).text("purpose", "查看用途" if asked else "用途（要完整号码的才填）", required=asked, maxlength=100, suggestions=reasons, help="会和您的名字一起记入日志"),)),)


def _document(texts: Mapping[str, str], problems: dict[str, Problem]) -> None:
    if len(texts["document"]) > 200:
        problems["document"] = Problem("依据超过 200 字，请只写文号")


@dataclass(frozen=True, slots=True)
class _Fields:
    """Makes fields that hold what was typed and say what is wrong with it."""

    filled: Filled

    def text(self, name: str, label: str, kind: str = "text", suggestions: tuple[str, ...] = (), **more: Any) -> Field:
        problem = self.filled.problems.get(name)
        return Field(
            name, label, kind, self.filled.texts.get(name, ""), error=problem.text if problem else "", suggestions=suggestions,
            list_id=f"l-{name}" if suggestions else "", **more,
        )

    def select(self, name: str, label: str, options: Iterable[tuple[str, str]], **more: Any) -> Field:
        problem = self.filled.problems.get(name)
        chosen = self.filled.texts.get(name, "")
        return Field(
            name, label, "select", choices=tuple(Choice(title, value, chosen=value == chosen) for value, title in options),
            error=problem.text if problem else "", **more,
        )
