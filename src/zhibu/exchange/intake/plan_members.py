"""Members: the key is the ID number, then name and phone. New ones are registered; of known ones what the table says differently is changed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from zhibu.exchange.intake.matching import squeeze
from zhibu.exchange.intake.plan import Entry, Fate, Line, MemberStep, PostStep, World, precise
from zhibu.exchange.intake.plan_organisations import Wanted
from zhibu.exchange.intake.roster import education_of, ethnicity_of
from zhibu.ground.guard.permission import Permission
from zhibu.ground.people import queries as people
from zhibu.ground.people.actions import NewMember, NewSpell, PeopleError, check
from zhibu.ground.people.sheets import MemberSheet, sheets, with_phones
from zhibu.ground.tree import queries as tree
from zhibu.kernel import dates, identity

NO_RIGHT = "您的账号不能改这个支部的花名册，请找镇党建办导入"
_STANDINGS = {"正式党员": "full", "预备党员": "probationary"}
_TITLES = {
    "name": "姓名", "gender": "性别", "ethnicity": "民族", "id_no": "身份证号", "birth_on": "出生年月", "education": "文化程度", "joined_on": "入党时间",
    "full_on": "转正时间", "phone": "联系电话", "remark": "备注",
}  # fmt: skip
_POSTS = (
    ("副书记", "deputy_secretary"), ("书记", "secretary"), ("组织委员", "organization"), ("宣传委员", "publicity"), ("纪检委员", "discipline"),
    ("纪律检查委员", "discipline"), ("青年委员", "youth"), ("生活委员", "life"), ("保卫委员", "security"), ("统战委员", "united_front"),
    ("支部干事", "officer"), ("委员", "member"),
)  # fmt: skip
_SAID_ALIKE = {"education": education_of, "ethnicity": ethnicity_of}  # what is read of the register's own word is no difference
_SEVERAL = frozenset({"deputy_secretary", "member", "officer"})  # posts that several people may hold


class Members:
    """Plans the rosters of one import."""

    def __init__(self, world: World, rows: Sequence[Entry]) -> None:
        self._world, self._rows = world, rows
        numbers = [e.values["id_no"] for e in rows if e.values["id_no"]]
        self._by_number = people.known_by_id_no(numbers)
        self._by_phone = with_phones(world.scope, (e.values["phone"] for e in rows))
        ids = {pk for pk, _, _ in self._by_number.values()} | {pk for found in self._by_phone.values() for pk, *_ in found}
        self._sheets = sheets(world.scope, ids)
        here = sorted({org.id for e in rows if (org := world.find(e.values["org"]))})
        self._groups = {(g.org_id, squeeze(g.name)): g.id for g in tree.groups(world.scope, world.today, org_ids=here)}
        self._placed = {person: group for group, found in people.places(world.scope, world.today, here).items() for person, _ in found}
        self._held: dict[tuple[int, str], list[tuple[int, str]]] = {}
        for post in people.posts(world.scope, world.today):
            self._held.setdefault((post.org_id, post.kind), []).append((post.person_id, post.name))
        self._met: set[str] = set()
        self._promised: dict[tuple[str, str], str] = {}
        self.posts: list[PostStep] = []
        self.steps: list[MemberStep] = []

    def draw(self) -> list[Line]:
        """Plan every row; the steps and posts stand in the object."""
        return [self._row(entry) for entry in self._rows]

    def _row(self, entry: Entry) -> Line:
        values, world = entry.values, self._world
        reason = self._blocked(entry)
        if reason:
            return entry.line(values["name"], Fate.BLOCKED, (reason,))
        number = values["id_no"]
        if number in self._met:
            return entry.line(values["name"], Fate.SAME, notes=("前面的文件里已经有这个人，这一行不再用",))
        org = world.find(values["org"])
        known = self._by_number.get(number)
        if known is not None:
            if known[0] not in self._sheets or org is None or self._sheets[known[0]].org_id != org.id:
                return entry.line(values["name"], Fate.BLOCKED, ("这个身份证号的党员已在别的党组织，一名党员只能在一个支部。请核对号码，或先办组织关系转接",))
            self._met.add(number)
            return self._known(entry, self._sheets[known[0]])
        same = [(pk, has) for pk, org_id, name, has in self._by_phone.get(values["phone"] or "", ()) if org and org_id == org.id and name == values["name"]]
        if any(has for _, has in same):
            text = "花名册里同一支部有同名、同电话的党员，身份证号却不一样。请核对是哪一个号码写错了"
            return entry.line(values["name"], Fate.BLOCKED, (text,))
        self._met.add(number)
        return self._known(entry, self._sheets[same[0][0]]) if same else self._new(entry)

    def _blocked(self, entry: Entry) -> str:
        values, world = entry.values, self._world
        name = values["org"] or ""
        asked = next((q for q in entry.sheet.questions if name in (q.text, q.suggest)), None)
        if asked is not None or not world.exists(name):
            return f"还没有定是哪个支部：{asked.message if asked else f'没有叫“{name[:40]}”的党组织，请选一个已有的，或先建这个党组织'}"
        if not world.may(Permission.MEMBER_WRITE, name):
            return NO_RIGHT
        found, founding = world.find(name), world.founding.get(squeeze(name))
        kind = found.kind if found else founding.kind if founding else ""
        if kind not in tree.BRANCHES:
            return f"“{name}”不是党支部，党员的组织关系要落在党支部，请选党支部"
        return ""

    def _new(self, entry: Entry) -> Line:
        values, world = entry.values, self._world
        new = self._sheet(entry)
        try:
            check(new, world.today)
        except PeopleError as error:
            return entry.line(values["name"], Fate.BLOCKED, (error.reason,))
        ended = bool(values.get("ended_as"))
        notes: list[str] = []
        posts = [] if ended else self._fill(entry, None, notes)
        step = MemberStep(
            values["org"], new.name, new, group="" if ended else values["group"] or "", leader=_leads(values["post"]), from_on=new.since, document=_paper(entry)
        )
        self.steps.append(step)
        says = [f"新增{values['member_type']}" + (f"，{values['group']}" if step.group else "") + (f"，{'、'.join(posts)}" if posts else "")]
        if ended:
            says = [f"按{dates.show(new.until)}已离开登记"]
        return entry.line(new.name, Fate.NEW, tuple(says), tuple(notes))

    def _sheet(self, entry: Entry) -> NewMember:
        values, world = entry.values, self._world
        items = _items(values)
        joined, full = items.get("joined_on"), items.get("full_on")
        since = max(world.from_on(values["org"]), min(joined, world.today) if joined else date(1, 1, 1))
        standing = _STANDINGS[values["member_type"]]
        history: tuple[NewSpell, ...] = ()
        until = None
        if standing == "full" and full and since < full <= world.today:
            history = (NewSpell(0, "probationary", since, full), NewSpell(0, "full", full, began_as="changed"))
        if values.get("ended_as"):
            ended, precision = precise(values.get("ended_on"))
            until = min(dates.last_day(ended, precision), world.today) if ended else world.today
            since = min(since, until)
            history = (NewSpell(0, standing, since, until, ended_as=values["ended_as"], document=_paper(entry)),)
        return NewMember(0, values["name"], standing, since, **items, until=until, ended_as=values.get("ended_as") or "", history=history)

    def _known(self, entry: Entry, sheet: MemberSheet) -> Line:
        values, world = entry.values, self._world
        if not sheet.standing:
            if values.get("ended_as"):
                return entry.line(sheet.name, Fate.SAME)
            when = f"已于{dates.show(sheet.ended_on)}" if sheet.ended_on else "已经"
            text = f"“{sheet.name}”的组织关系{when}结束（{sheet.ended_title or '已离开'}），不能再导入。请核对；要恢复的请找上级党组织办理"
            return entry.line(sheet.name, Fate.BLOCKED, (text,))
        edits, says = _edits(_items(values), sheet)
        notes: list[str] = []
        try:
            check(_merged(sheet, edits, world.today), world.today)
        except PeopleError as error:
            return entry.line(sheet.name, Fate.BLOCKED, (error.reason,))
        ended_on = None
        if values.get("ended_as"):
            day, precision = precise(values.get("ended_on"))
            ended_on = min(dates.last_day(day, precision), world.today) if day else world.today
            if sheet.since and ended_on < sheet.since:
                text = f"备注写的日期早于“{sheet.name}”现在状态的开始日期 {dates.show(sheet.since)}，请到花名册里办理"
                return entry.line(sheet.name, Fate.BLOCKED, (text,))
            says.append(f"组织关系{dates.show(ended_on)}结束")
        full_from = None if ended_on else self._becomes_full(values, sheet, says, notes)
        group = "" if ended_on else self._moves(entry, sheet, says)
        posts = [] if ended_on else self._fill(entry, sheet.person_id, notes)
        if posts:
            says.append(f"登记职务：{'、'.join(posts)}")
        if edits or full_from or group or ended_on:
            self.steps.append(
                MemberStep(
                    values["org"], sheet.name, None, sheet.person_id, sheet.version, edits, full_from, values.get("ended_as") or "", ended_on, _paper(entry), group,
                    _leads(values["post"]), max(world.from_on(values["org"]), sheet.since or world.today),
                )
            )
        return entry.line(sheet.name, Fate.CHANGED if says else Fate.SAME, tuple(says), tuple(notes))

    def _becomes_full(self, values: Mapping[str, Any], sheet: MemberSheet, says: list[str], notes: list[str]) -> date | None:
        wanted = _STANDINGS.get(values["member_type"] or "", sheet.standing)
        if wanted == sheet.standing:
            return None
        if (sheet.standing, wanted) != ("probationary", "full"):
            known = {"full": "正式党员", "suspended": "停止党籍"}.get(sheet.standing, sheet.standing)
            notes.append(f"系统里是{known}，表里写{values['member_type']}，没有改")
            return None
        full, _ = precise(values["full_date"])
        day = max(full or self._world.today, sheet.since or self._world.today)
        says.append(f"{dates.show(day)}起为正式党员")
        return min(day, self._world.today)

    def _moves(self, entry: Entry, sheet: MemberSheet, says: list[str]) -> str:
        name = entry.values["group"] or ""
        if not name:
            return ""
        group = self._groups.get((sheet.org_id, squeeze(name)))
        if group is not None and self._placed.get(sheet.person_id) == group:
            return ""
        says.append(f"编入{name}")
        return str(name)

    def _fill(self, entry: Entry, person_id: int | None, notes: list[str]) -> list[str]:
        """Plan the posts that the table names; a post that somebody else holds stays as it is."""
        values = entry.values
        filled: list[str] = []
        org = self._world.find(values["org"])
        for title, kind in posts_in(values["post"]):
            if not self._world.may(Permission.ORG_EDIT, values["org"]):
                notes.append(f"没有登记职务“{title}”：您的账号不能改班子")
                continue
            held = self._held.get((org.id, kind), []) if org else []
            if any(person == person_id for person, _ in held):
                continue
            other = held[0][1] if held else self._promised.get((squeeze(values["org"]), kind), "")
            if other and kind not in _SEVERAL:
                notes.append(f"{title}已登记为{other}，没有改")
                continue
            self._promised[squeeze(values["org"]), kind] = values["name"]
            self.posts.append(PostStep(values["org"], kind, values["name"], person_id, values["id_no"] or ""))
            filled.append(title)
        return filled

    def secretaries(self, wanted: Iterable[Wanted], lines: list[Line]) -> list[Line]:
        """Plan the secretaries that the organisation tables name, and add to their lines what could not be done."""
        found = {(w.entry.file.name, w.entry.row.sheet, w.entry.row.row): self._secretary(w) for w in wanted}
        return [self._with(line, found.get((line.file, line.sheet, line.row))) for line in lines]

    def _with(self, line: Line, said: tuple[str, str] | None) -> Line:
        if said is None:
            return line
        says, note = said
        if says:
            line = replace(line, fate=Fate.CHANGED if line.fate is Fate.SAME else line.fate, says=(*line.says, says))
        return replace(line, notes=(*line.notes, note)) if note else line

    def _secretary(self, wanted: Wanted) -> tuple[str, str]:
        org, key = self._world.find(wanted.org), (squeeze(wanted.org), "secretary")
        held = self._held.get((org.id, "secretary"), []) if org else []
        if held:
            return "", "" if held[0][1] == wanted.name else f"书记已登记为{held[0][1]}，表里是{wanted.name}，没有改"
        if key in self._promised:
            return "", "" if self._promised[key] == wanted.name else f"花名册里书记是{self._promised[key]}，党组织表里是{wanted.name}，按花名册登记"
        person = self._person(wanted)
        if person is None:
            return "", f"书记{wanted.name}还不在花名册里，先没有登记；导入花名册后再导一次这张表就会补上"
        self._promised[key] = wanted.name
        self.posts.append(PostStep(wanted.org, "secretary", wanted.name, *person))
        return f"登记书记{wanted.name}", ""

    def _person(self, wanted: Wanted) -> tuple[int | None, str] | None:
        """Find the one person meant: a member registered in this import, or one of the branch; above branches name and phone must both fit."""
        org = self._world.find(wanted.org)
        new = [s for s in self.steps if s.new and not s.ended_as and not s.new.ended_as and s.name == wanted.name and (squeeze(s.org) == squeeze(wanted.org) or s.new.phone == wanted.phone)]
        if len(new) == 1 and new[0].new is not None:
            return None, new[0].new.id_no
        if org is not None and org.is_branch:
            on_roll = [e.person_id for e in people.roll(self._world.scope, org.id, self._world.today) if e.name == wanted.name]
            return (on_roll[0], "") if len(on_roll) == 1 else None
        found = [pk for pk, _, name, _ in with_phones(self._world.scope, [wanted.phone]).get(wanted.phone, ()) if name == wanted.name]
        return (found[0], "") if len(found) == 1 else None


def posts_in(text: str | None) -> list[tuple[str, str]]:
    """Find the posts named in a cell, as (title, kind), each once."""
    rest = re.sub(r"\s+", "", text or "")
    found: list[tuple[str, str]] = []
    for title, kind in _POSTS:
        if title in rest:
            rest = rest.replace(title, "\0")
            if kind not in [k for _, k in found]:
                found.append((title, kind))
    return found


def _leads(text: str | None) -> bool:
    return "组长" in (text or "") and "副组长" not in (text or "")


def _paper(entry: Entry) -> str:
    remark = entry.values.get("remark")
    return f"导入的花名册备注：{remark}"[:200] if remark else f"导入的花名册：{entry.file.name}"[:200]


def _items(values: Mapping[str, Any]) -> dict[str, Any]:
    """Give the items of the sheet that the table fills in. A missing birthday is read from the number, a day, as the number has it."""
    found: dict[str, Any] = {f: values[f] for f in ("gender", "ethnicity", "id_no", "phone", "education", "remark") if values.get(f)}
    for field, column in (("birth", "birth"), ("joined", "join_date"), ("full", "full_date")):
        day, precision = precise(values.get(column))
        if day:
            found[f"{field}_on"], found[f"{field}_precision"] = day, precision
    if "birth_on" not in found and values.get("id_no"):
        born = identity.check(values["id_no"]).birth
        if born:
            found["birth_on"], found["birth_precision"] = born, "day"
    return found


def _edits(items: Mapping[str, Any], sheet: MemberSheet) -> tuple[dict[str, Any], list[str]]:
    """Give what the table says differently, and the sentences. A date that is only less exact is no difference; the birthday by number only fills a gap."""
    edits: dict[str, Any] = {}
    says: list[str] = []
    for field, value in items.items():
        if field.endswith("_precision"):
            continue
        before = getattr(sheet, field)
        if field.endswith("_on"):
            precision = items[field.replace("_on", "_precision")]
            known = getattr(sheet, field.replace("_on", "_precision"))
            if before and dates.write(before, known).startswith(dates.write(value, precision)):
                continue
            edits[field], edits[field.replace("_on", "_precision")] = value, precision
            says.append(f"{_TITLES[field]}：{dates.show(before, known) or '空'} → {dates.show(value, precision)}")
        elif before != value and _SAID_ALIKE.get(field, str)(before) != value:
            edits[field] = value
            says.append(f"{_TITLES[field]}：{_shown(field, before)} → {_shown(field, value)}")
    return edits, says


def _shown(field: str, value: str) -> str:
    if field == "id_no":
        return identity.mask_id(value) or "空"
    return (identity.mask_phone(value) if field == "phone" else value) or "空"


def _merged(sheet: MemberSheet, edits: Mapping[str, Any], today: date) -> NewMember:
    plain = {f: getattr(sheet, f) for f in (*_TITLES, "birth_precision", "joined_precision", "full_precision") if f != "name"}
    return NewMember(sheet.org_id, sheet.name, sheet.standing or "full", today, **(plain | dict(edits)))


