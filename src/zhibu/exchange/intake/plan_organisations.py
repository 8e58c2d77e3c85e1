"""Organisations: found what does not exist; of what exists only fill the gaps, and say what differs. Nothing is overwritten."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from zhibu.areas.structure import queries as structure
from zhibu.areas.structure.rules import check_parent
from zhibu.exchange.intake.dates import last_day
from zhibu.exchange.intake.matching import squeeze, take_apart
from zhibu.exchange.intake.organisations import TYPE_CODES
from zhibu.exchange.intake.plan import Entry, Fate, Line, OrgStep, Term, World, precise
from zhibu.ground.guard.permission import Permission
from zhibu.ground.guard.scope import Scope
from zhibu.ground.tree import queries as tree
from zhibu.ground.tree.actions import NewOrg
from zhibu.ground.tree.queries import CommitteeView, OrgView
from zhibu.kernel import dates, terms

NO_RIGHT = "您的账号不能在这里建党组织，请找上级党组织导入"
_PLACE = re.compile(r".+?(?:自治县|街道办事处|街道|社区|[市县区镇乡])")
_OF_VILLAGE = re.compile(r"(?:村|社区)(?:第?[一二三四五六七八九十\d]+)?$")
_UNIT_OF_VILLAGE = re.compile(r"(?:村民|居民)委员会$|村委会$|居委会$")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A secretary named in the table."""

    entry: Entry
    org: str
    name: str
    phone: str


def draw(world: World, rows: Sequence[Entry]) -> tuple[list[Line], list[OrgStep], list[Wanted]]:
    """Plan the rows of the organisation tables; new organisations stand behind their parents. Adds what is founded to the world."""
    office = {c.org_id: c for c in tree.committees(world.scope, world.today)}
    ever: dict[int, int] = {}
    for committee in tree.committees(world.scope):
        ever[committee.org_id] = max(ever.get(committee.org_id, 0), committee.number)
    units = tree.host_units(world.scope)
    codes = _Codes()
    lines: dict[int, Line] = {}
    steps: list[OrgStep] = []
    seen: set[str] = set()
    waiting = list(enumerate(rows))
    while waiting:
        later = []
        for at, entry in waiting:
            name, parent = entry.values["name"], entry.values["parent"]
            if world.find(name) is None and parent and not world.exists(parent) and any(e.values["name"] == parent for _, e in waiting if e is not entry):
                later.append((at, entry))
                continue
            if squeeze(name) in seen:
                lines[at] = entry.line(name, Fate.SAME, notes=("同一个党组织前面已经读过，这一行不再用",))
                continue
            seen.add(squeeze(name))
            org = world.find(name)
            line, step = _existing(world, entry, org, office.get(org.id), ever, units) if org else _new(world, entry, codes)
            lines[at] = line
            if step is not None:
                steps.append(step)
        if len(later) == len(waiting):
            for at, entry in later:
                lines[at] = entry.line(entry.values["name"], Fate.BLOCKED, ("上级党组织互相指着对方，请改其中一个",))
            break
        waiting = later
    ordered = [lines[at] for at in sorted(lines)]
    people = [
        Wanted(entry, entry.values["name"], entry.values["secretary"], entry.values["phone"] or "")
        for at, entry in enumerate(rows) if entry.values["secretary"] and lines[at].fate is not Fate.BLOCKED and world.exists(entry.values["name"])
    ]
    return ordered, steps, people


def _new(world: World, entry: Entry, codes: _Codes) -> tuple[Line, OrgStep | None]:
    values, name = entry.values, entry.values["name"]
    parent = world.find(values["parent"])
    founding = world.founding.get(squeeze(values["parent"] or ""))
    if parent is None and founding is None:
        return entry.line(name, Fate.BLOCKED, (f"没有叫“{str(values['parent'] or '')[:40]}”的上级党组织，先建组织或改名称",)), None
    if not world.may(Permission.ORG_APPROVE, values["parent"]):
        return entry.line(name, Fate.BLOCKED, (NO_RIGHT,)), None
    kind = TYPE_CODES[values["type"]]
    fits = check_parent("", kind, parent.path if parent else "", parent.kind if parent else founding.kind if founding else "")
    if not fits:
        return entry.line(name, Fate.BLOCKED, (fits.reason,)), None
    founded, precision = precise(values["founded"])
    above_code = parent.code if parent else founding.code if founding else ""
    stem = take_apart(name)[0]
    units = tuple(u[:100] for u in values["units"])
    village = bool(_OF_VILLAGE.search(stem)) or any(_UNIT_OF_VILLAGE.search(u) for u in units)
    phone = _office_phone(values["phone"])
    new = NewOrg(
        code=codes.next(above_code), name=name, short_name=short_name(name, values["parent"]), kind=kind, parent_code=above_code, established_on=founded,
        established_precision=precision, domain=("community" if "社区" in stem else "rural") if village else "", village_or_community=village,
        host_units=units, phone=phone,
    )
    world.founding[squeeze(name)] = new
    notes = () if founded else ("没有组建时间，从导入这天算起",)
    term = _term(values, 0)
    says = (f"新建{values['type']}，上级{values['parent']}", *((_term_says(term),) if term else ()))
    return entry.line(name, Fate.NEW, says, notes), OrgStep(name, new, None, (), "", term)


def _existing(
    world: World, entry: Entry, org: OrgView, office: CommitteeView | None, ever: Mapping[int, int], known_units: Mapping[int, tuple[str, ...]]
) -> tuple[Line, OrgStep | None]:
    values = entry.values
    if not world.actor.may(Permission.ORG_EDIT, org.path):
        return entry.line(org.name, Fate.BLOCKED, ("您的账号不能改这个党组织，请找上级党组织导入",)), None
    notes = list(_differences(world, entry, org))
    says: list[str] = []
    units = tuple(u[:100] for u in values["units"] if u[:100] not in known_units.get(org.id, ()))
    if units:
        says.append(f"补所在单位：{'、'.join(units)}")
    phone = _office_phone(values["phone"])
    if phone:
        before = structure.detail(Scope((org.path,)), org.id).phone
        if before and before != phone:
            notes.append(f"办公电话已登记 {before}，表里是 {phone}，没有改")
        phone = "" if before else phone
        if phone:
            says.append(f"补办公电话 {phone}")
    term = _term(values, ever.get(org.id, 0))
    if term and office:
        if not (dates.write(office.elected_on).startswith(values["term_start"]) or values["term_start"].startswith(dates.write(office.elected_on, office.elected_precision))):
            notes.append(f"本届班子已登记从 {dates.show(office.elected_on, office.elected_precision)} 起，表里是 {values['term_start']}，没有改")
        term = None
    if term:
        says.append(_term_says(term))
    if not says:
        return entry.line(org.name, Fate.SAME, notes=tuple(notes)), None
    return entry.line(org.name, Fate.CHANGED, tuple(says), tuple(notes)), OrgStep(org.name, None, org.id, units, phone, term)


def _differences(world: World, entry: Entry, org: OrgView) -> list[str]:
    values, found = entry.values, []
    if values["type"] and TYPE_CODES.get(values["type"]) != org.kind:
        found.append(f"组织类别已登记为{org.kind_title}，表里是{values['type']}，没有改；要改请办组织调整")
    parent = next((o for o in world.orgs.values() if o.id == org.parent_id), None)
    if parent is not None and values["parent"] and squeeze(values["parent"]) != squeeze(parent.name):
        found.append(f"上级已登记为{parent.name}，表里是{values['parent']}，没有改；要改请办组织调整")
    founded, precision = precise(values["founded"])
    if founded and org.established_on and not founded <= org.established_on <= dates.last_day(founded, precision):
        known = structure.detail(Scope((org.path,)), org.id).established_precision
        if not org.established_on <= founded <= dates.last_day(org.established_on, known):
            found.append(f"组建时间已登记为 {dates.show(org.established_on, known)}，表里是 {values['founded']}，没有改")
    return found


def _term(values: Mapping[str, str], last_number: int) -> Term | None:
    elected, precision = precise(values["term_start"])
    if elected is None:
        return None
    ends = last_day(values["term_end"]) if values["term_end"] else None
    years = int(values["term_years"]) if values["term_years"] else max(1, round((ends - elected).days / 365.25)) if ends else 0
    if not years or (ends is not None and ends <= elected):
        return None
    return Term(elected, precision, years, ends or terms.expires_on(elected, years), last_number + 1)


def _term_says(term: Term) -> str:
    return f"登记本届班子：{dates.show(term.elected_on, term.precision)}起，任期 {term.years} 年，{dates.show(term.expires_on)}届满"


def _office_phone(number: str | None) -> str:
    """Keep a landline only: a mobile number is a person's, and the organisation's page is read by everybody."""
    return number if number and "-" in number else ""


def short_name(name: str, parent: str | None) -> str:
    """Give the name without 中共 and the places above: 石桥镇柳树湾村党支部 under 青禾县石桥镇 becomes 柳树湾村党支部."""
    short = squeeze(name).removeprefix("中国共产党").removeprefix("中共")
    above = take_apart(parent or "")[0]
    for word in sorted({above, *_PLACE.findall(above)}, key=len, reverse=True):
        if word and short.startswith(word) and len(short) - len(word) >= 4:
            short = short[len(word) :]
    return short[:40]


class _Codes:
    """Gives out codes that are free in the whole installation: that of the organisation above, a dash and a number."""

    def __init__(self) -> None:
        top = tree.root()
        self._taken = {o.code for o in tree.every(Scope((top.path,)))} if top else set()

    def next(self, above: str) -> str:
        number = 1
        while (code := f"{above[:26]}-{number:03d}") in self._taken:
            number += 1
        self._taken.add(code)
        return code
