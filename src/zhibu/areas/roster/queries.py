"""The roster of an organisation on a day, and one member's sheet with its history, put together for pages and prints."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.utils.timezone import localdate

from zhibu.ground.guard.scope import Scope
from zhibu.ground.journal import journal
from zhibu.ground.people import correcting
from zhibu.ground.people import queries as people
from zhibu.ground.people.actions import TITLES
from zhibu.ground.people.queries import Headcount, MemberFile, MemberLine, MembershipView, Search
from zhibu.ground.tree import queries as tree
from zhibu.ground.tree.queries import OrgView
from zhibu.kernel.dates import show

from . import rules
from .rules import Item

PAGE = 50


@dataclass(frozen=True, slots=True)
class Roster:
    """A page of members with what their rows say beside them. `org` None: everything in scope. `spans` tells whether several branches are listed."""

    org: OrgView | None
    rows: tuple[MemberLine, ...]
    total: int
    count: Headcount
    branches: Mapping[int, str]     # organisation id -> short name
    groups: Mapping[int, str]       # person id -> group
    posts: Mapping[int, str]        # person id -> posts, in the order of their rank
    spans: bool


def roster(
    scope: Scope, on: date, wanted: Search, *, org_id: int | None = None, page: int = 1, offset: int | None = None, limit: int = PAGE
) -> Roster:
    """Give page `page` (from 1) of the members on a day, or `limit` rows from `offset`; `org_id` narrows to that day's subtree of an organisation.
    NotFound outside the scope.

    The number of statements does not depend on the number of members or branches."""
    org = tree.organisation(scope, org_id, on) if org_id is not None else None
    listed = [o for o in tree.organisations(scope, on, under=org.path if org else "") if o.is_branch]
    rows, total = people.members(
        scope, on, Search(wanted.text, org.path if org else "", wanted.standing, wanted.floating, wanted.born_by, wanted.unplaced),
        offset=(page - 1) * limit if offset is None else offset, limit=limit,
    )
    counts = people.headcounts(scope, on, [o.id for o in listed])
    here = sorted({r.org_id for r in rows})
    posts: dict[int, list[str]] = {}
    for post in people.posts(scope, on, org_ids=here):
        posts.setdefault(post.person_id, []).append(post.title)
    names = {g.id: g.name for g in tree.groups(scope, on, org_ids=here)}
    groups = {p: names.get(g, "") for g, members in people.places(scope, on, here).items() for p, _ in members}
    return Roster(
        org, tuple(rows), total, people.total(counts.values()), {o.id: o.short_name for o in listed}, groups,
        {p: "、".join(titles) for p, titles in posts.items()}, len(listed) > 1,
    )


def branches(scope: Scope) -> list[OrgView]:
    """List the organisations in scope that keep members."""
    return [o for o in tree.organisations(scope) if o.is_branch]


@dataclass(frozen=True, slots=True)
class Event:
    """A line of a member's history."""

    on: date
    text: str


@dataclass(frozen=True, slots=True)
class Member:
    """One member's file on a day: the 16 items, what is missing of them, and the history (newest first)."""

    file: MemberFile
    org: OrgView
    spell: MembershipView | None    # the one in force on the day
    items: tuple[Item, ...]
    missing: tuple[str, ...]
    history: tuple[Event, ...]


def member(scope: Scope, person_id: int, on: date) -> Member:
    """Give a member's file on a day; NotFound outside the scope."""
    return _member(scope, people.member_file(scope, person_id, on), on)


def own(person_id: int, on: date) -> Member:
    """Give somebody's own file; nothing about anybody else."""
    return _member(Scope(person_id=person_id), people.own_file(person_id, on), on)


def _member(scope: Scope, file: MemberFile, on: date) -> Member:
    orgs = tree.views({s.org_id for s in file.spells} | {file.org_id})
    spell = next((s for s in file.spells if s.from_on <= on and (s.to_on is None or on < s.to_on)), None)
    items = sheet(file, orgs[file.org_id].name, on)
    return Member(file, orgs[file.org_id], spell, items, rules.missing(items), _history(scope, file, orgs))


def sheet(file: MemberFile, branch: str, on: date) -> tuple[Item, ...]:
    """Give the 16 items of the national form (ux.md §2) as they were on a day, numbers masked."""
    past = [s for s in file.spells if s.from_on <= on] or list(file.spells[:1])
    last = past[-1] if past else None
    kind = next((s.standing_title for s in reversed(past) if s.standing != "suspended"), "")
    ended = last is not None and last.to_on is not None and last.to_on <= on
    status = "" if last is None else f"已{last.ended_title or '结束'}（{show(last.to_on)}）" if ended else "停止党籍" if last.standing == "suspended" else "正常"
    if status == "正常" and last is not None and last.rights != "normal":
        status = f"正常（{last.rights_title}）"
    return rules.sheet({
        "name": file.name, "gender": file.gender, "ethnicity": file.ethnicity, "id_no": file.id_no_masked,
        "birth_on": show(file.birth_on, file.birth_precision), "education": file.education, "standing": kind, "branch": branch,
        "joined_on": show(file.joined_on, file.joined_precision), "full_on": show(file.full_on, file.full_precision), "job": file.job,
        "phone": file.phone_masked, "address": file.address, "status": status,
        "lost_contact": f"{show(file.lost_contact_on)}起" if file.lost_contact_on else "否", "floating": file.floating_to or "否",
    })


BEGAN = {"registered": "登记", "changed": "改变状态", "moved": "随支部调整转来", "transferred": "转入", "restored": "更正，恢复登记"}


def _history(scope: Scope, file: MemberFile, orgs: Mapping[int, OrgView]) -> tuple[Event, ...]:
    """Tell the spells and, of later corrections, who changed which items when; never the values, never who looked at a number."""
    lines: list[Event] = []
    for number, spell in enumerate(file.spells):
        what = BEGAN.get(spell.began_as, "") if number else BEGAN["registered"]
        rights = f"，{spell.rights_title}" if spell.rights != "normal" else ""
        lines.append(Event(spell.from_on, f"{what}：{spell.standing_title}{rights}，{orgs[spell.org_id].short_name}{_paper(spell.document)}"))
        if spell.ended_as and spell.to_on:
            lines.append(Event(spell.to_on, f"{spell.ended_title}，组织关系结束{_paper(spell.ended_document)}"))
    found = correcting.corrections(scope, file.person_id)
    corrected = {(c.what, c.at) for c in found}
    for one in found:
        earlier = f"（原写作“{one.before}”）" if one.what == "name" else ""
        lines.append(Event(localdate(one.at), f"{one.by}更正{one.title}{earlier}：{one.reason}"))
    for entry in journal.about(scope, "person", file.person_id):
        if entry.action == "people.edit":
            keys = [key for key in entry.changes if (key, entry.at) not in corrected]
            if not keys:
                continue
            titles = [title for key, title in TITLES.items() if key in keys] or ["日期的写法"]
            lines.append(Event(localdate(entry.at), f"{entry.account_name}改了{'、'.join(titles)}"))
    return tuple(sorted(lines, key=lambda e: e.on, reverse=True))


def _paper(document: str) -> str:
    return f"（{document}）" if document else ""
