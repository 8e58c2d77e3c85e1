"""People who were registered twice: the proposals, both rows side by side, and the merger that a person decided field by field."""
from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from zhibu.ground.access import endings as access
from zhibu.ground.guard.actor import Actor, Refused
from zhibu.ground.guard.once import once
from zhibu.ground.journal import journal
from zhibu.ground.people import duplicates, merging
from zhibu.ground.people import queries as people
from zhibu.ground.people.actions import TITLES
from zhibu.ground.people.duplicates import Candidate
from zhibu.ground.people.merging import Merge
from zhibu.ground.people.queries import MemberFile
from zhibu.ground.people.sheets import sheets
from zhibu.ground.tree import queries as tree
from zhibu.kernel.dates import show

NOT_YOURS = "合并重复登记由支部书记、镇党建办或共同的上级党组织办理"
PRECISE = {"birth_on": "birth_precision", "joined_on": "joined_precision", "full_on": "full_precision"}


@dataclass(frozen=True, slots=True)
class Item:
    """One item that differs between two rows, as a page may show it."""

    key: str
    title: str
    first: str
    second: str


@dataclass(frozen=True, slots=True)
class Overlap:
    """Two spells that share days: (branch, standing, from, to) in words."""

    first: str
    second: str


@dataclass(frozen=True, slots=True)
class Compared:
    """Two rows side by side. `items` are those that differ, `same` the titles of those that agree."""

    first: MemberFile
    second: MemberFile
    first_org: str
    second_org: str
    items: tuple[Item, ...]
    same: tuple[str, ...]
    overlaps: tuple[Overlap, ...]


def proposals(actor: Actor) -> list[Candidate]:
    """List the pairs in reach. Raises Refused for whoever may merge nothing."""
    scope = merging.reach(actor)
    if scope.empty:
        raise Refused(NOT_YOURS)
    return duplicates.candidates(scope)


def merged_into(person_id: int) -> int | None:
    """Give the person somebody was merged into."""
    return people.leads_to([person_id]).get(person_id)


def compare(actor: Actor, first_id: int, second_id: int, on: date) -> Compared:
    """Put two rows side by side. Raises NotFound, and PeopleError E023 or E045 where these two cannot be merged by this actor."""
    merging.both(actor, first_id, second_id)
    scope = merging.reach(actor)
    a, b = people.member_file(scope, first_id, on), people.member_file(scope, second_id, on)
    known = sheets(scope, [first_id, second_id])
    raw = {key: (getattr(known[first_id], key), getattr(known[second_id], key)) for key in ("id_no", "phone")}
    items, same = [], []
    for key, title in TITLES.items():
        left, right = _shown(a, key), _shown(b, key)
        if raw[key][0] == raw[key][1] if key in raw else left == right:
            same.append(title)
        else:
            items.append(Item(key, title, left, right))
    orgs = tree.views({a.org_id, b.org_id} | {s.org_id for s in (*a.spells, *b.spells)})
    overlaps = tuple(
        Overlap(
            *(f"{orgs[m.org_id].short_name}，{dict(zip(('full', 'probationary', 'suspended'), ('正式党员', '预备党员', '停止党籍'), strict=True))[m.standing]}，"
              f"{show(m.from_on)}至{show(m.to_on) if m.to_on else '今'}" for m in pair)
        )
        for pair in merging.conflicts(scope, first_id, second_id)
    )
    return Compared(a, b, orgs[a.org_id].name, orgs[b.org_id].name, tuple(items), tuple(same), overlaps)


def _shown(file: MemberFile, key: str) -> str:
    if key == "id_no":
        return file.id_no_masked
    if key == "phone":
        return file.phone_masked
    value = getattr(file, key)
    if key in PRECISE:
        return show(value, getattr(file, PRECISE[key])) if value else ""
    if isinstance(value, bool):
        return "是" if value else "否"
    return show(value) if isinstance(value, date) else str(value or "")


def merge(actor: Actor, wish: Merge, *, key: str, at: datetime) -> int:
    """Merge two rows and let the accounts follow; the same form sent twice merges once. Raises what people.merging.merge raises."""

    def do() -> str:
        batch = journal.batch_number()
        winner = merging.merge(actor, wish, at=at, batch_id=batch)
        home = people.member_file(merging.reach(actor), winner, at.date()).org_id
        access.hand_to(actor, from_person_id=wish.loser_id, to_person_id=winner, org_id=home, at=at, batch_id=batch)
        return str(winner)

    content = {"merge": [wish.winner_id, wish.loser_id, sorted(wish.take), wish.reason, wish.spells]}
    target, _ = once(actor.account_id, key, content, at, do)
    return int(target)
