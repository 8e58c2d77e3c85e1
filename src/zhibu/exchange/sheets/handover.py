"""交接清单: what a secretary hands over. Duties, cases and drafts belong to the organisation and pass by themselves; the sheet says what they are."""
from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date

from zhibu.areas.meetings import form
from zhibu.ground.access import queries as access
from zhibu.ground.access.roles import roles
from zhibu.ground.duties import duty
from zhibu.ground.guard.scope import Scope
from zhibu.ground.people import queries as people
from zhibu.ground.policy import queries as policy
from zhibu.ground.process import queries as process
from zhibu.ground.record import queries as recorded
from zhibu.ground.tree import queries as tree
from zhibu.ground.tree.queries import OrgView
from zhibu.kernel.activities import ACTIVITY_ZH, RECORD_ZH, ActivityKind, RecordType

from .sheet import Cell, Sheet, day, foot, head

WIDTHS = (24, 54, 24, 54)
#: whose duties are handed over, by the kind of the organisation
OFFICES = {"branch": "branch_secretary", "general_branch": "general_branch_secretary"}
MOST = 40  # lines of one kind


@dataclass(frozen=True, slots=True)
class Handover:
    """The content of the sheet, line by line."""

    org_name: str
    secretary: str
    members: tuple[str, ...]
    groups: tuple[str, ...]
    committee: str
    duties: tuple[str, ...]
    cases: tuple[str, ...]
    drafts: tuple[str, ...]
    year: int
    records: tuple[str, ...]
    papers: tuple[str, ...]
    accounts: tuple[str, ...]
    rule_sets: tuple[str, ...]
    printed_on: date

    @property
    def file_title(self) -> str:
        """Give the part of the file name that says what it is."""
        return "交接清单"

    def sheet(self) -> Sheet:
        """Lay the sheet out."""
        return Sheet(
            "minutes", "交接清单", (), WIDTHS,
            (
                _wide("党组织", self.org_name),
                (head("交班人"), Cell((self.secretary,), centred=True), head("接班人"), Cell(("",), centred=True)),
                _wide("党员", *self.members), _wide("班子和\n党小组", *(line for line in (self.committee, *self.groups) if line)),
                _wide("待办", *_or_none(self.duties)), _wide("报批中", *_or_none(self.cases)), _wide("没写完的\n会议记录", *_or_none(self.drafts)),
                _wide(f"{self.year}年\n已记录", *_or_none(self.records)), _wide("纸质材料\n存放处", *_or_none(self.papers)),
                _wide("账号和职责", *_or_none(self.accounts)), _wide("印章、党费\n等其他移交", "", tall=46),
            ),
            ("交班人：", "接班人：", "监交人："), foot(self.rule_sets, self.printed_on),
        )


def _wide(label: str, *lines: str, tall: int = 0) -> tuple[Cell, ...]:
    return (head(label), Cell(lines, span=3, tall=tall))


def _or_none(lines: tuple[str, ...]) -> tuple[str, ...]:
    if not lines:
        return ("无",)
    return lines if len(lines) <= MOST else (*lines[:MOST], f"还有 {len(lines) - MOST} 项，见支部工作台")


def handover(scope: Scope, org: OrgView, today: date) -> Handover:
    """Fill the sheet of an organisation in scope from what is known today."""
    own, org_id = scope.narrowed(org.path_now), org.id
    office = access.office("交班", OFFICES.get(org.kind, "party_building_office"), org_id)
    due = [d for d in duty.due(office, office.sees(), today) if d.org_id == org_id and not d.key.startswith("meetings:draft:")]
    roll = people.roll(own, org_id, today) if org.is_branch else []
    secretary = next((p.name for p in roll if p.post == "secretary"), "")
    if not org.is_branch and (post := people.secretaries(own, today, [org_id]).get(org_id)):
        secretary = post.name
    count = people.headcounts(own, today, [org_id]).get(org_id, people.NOBODY)
    leaders = {p.group_id: p.name for p in roll if p.is_leader and p.group_id}
    terms = tree.committees(own, today, org_ids=[org_id])
    kinds = Counter(kind for _, kind in {(s.activity_id, s.kind) for s in recorded.slots(own, org_id, date(today.year, 1, 1), today)})
    accounts = access.holders(org_id, tuple(roles()), today)
    return Handover(
        org.name, secretary, count.arithmetic,
        tuple(f"{g.name}，组长{leaders.get(g.id) or '还没有'}" for g in tree.groups(own, today, org_ids=[org_id])),
        f"本届{day(terms[-1].elected_on)}选出，任期到{day(terms[-1].extended_until or terms[-1].expires_on)}" if terms else "",
        tuple(f"{d.title}{f'（{day(d.due_on)}前）' if d.due_on else ''}" for d in due),
        tuple(f"{c.title}，{day(c.submitted_at.date())}报{'，等答复' if c.is_open else ''}" for c in process.open_cases(own, org_ids=[org_id])),
        tuple(f"{d.title or '没写题目'}，{d.saved_by}{day(d.saved_on)}放着的" for d in form.drafts(own, org_id)),
        today.year, tuple(f"{ACTIVITY_ZH[kind]} {kinds[kind]} 次" for kind in ActivityKind if kinds[kind]),
        _papers(recorded.paper_places(own, org_id)),
        tuple(f"{a.name}（{a.username}）：{a.role_title}" for a in accounts), tuple(dict.fromkeys(r.rule_set.title for r in policy.effective(org_id, "life", today).life().values())), today,
    )


def _papers(kept: list[tuple[str, str, date]]) -> tuple[str, ...]:
    """Say, place by place, what lies there and up to which day."""
    places: dict[str, list[tuple[str, date]]] = {}
    for record_type, place, on in kept:
        places.setdefault(place, []).append((RECORD_ZH[RecordType(record_type)], on))
    return tuple(f"{place}：{'、'.join(title for title, _ in what)}（最近一次{day(max(on for _, on in what))}）" for place, what in places.items())
