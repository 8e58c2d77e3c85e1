"""Remind branches of windows that are over and not fulfilled: what may be said to whom and when, shown beforehand and enforced here.

The limits are the strictest of what holds for the branch and of the system's own conventions: no superior can raise them (ux.md R9).
"""
from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils import timezone

from zhibu.ground.duties.derive import OVERDUE, Cell, Line, Matter, matters
from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission
from zhibu.ground.guard.scope import Scope
from zhibu.ground.notice import actions as notice
from zhibu.ground.notice.actions import Limits, Listed, TooSoon
from zhibu.ground.notice.limits import limits
from zhibu.ground.people import queries as people
from zhibu.ground.people.models import Person
from zhibu.ground.policy import queries as policy
from zhibu.ground.policy.library import shipped
from zhibu.ground.policy.resolve import resolve
from zhibu.ground.tree import queries as tree
from zhibu.ground.tree.queries import SEGMENT, NotFound, OrgView
from zhibu.ground.workdays import queries as workdays
from zhibu.kernel.activities import ActivityKind
from zhibu.kernel.identity import mask_phone
from zhibu.kernel.judge import Slot
from zhibu.kernel.periods import window_from_code

from . import queries

SETTLED = "这一期已经不缺了，不用再提醒"
GONE = "这个组织已经撤销，没有人看提醒"
MOST = 200  # matters of one go


@dataclass(frozen=True, slots=True)
class Item:
    """A matter to remind of: a window (its code) of one duty of one organisation."""

    org_id: int
    kind: str
    group_id: int | None
    window: str

    @property
    def code(self) -> str:
        """Write the item as one form value: 12|committee_meeting||2025-08."""
        return f"{self.org_id}|{self.kind}|{self.group_id or ''}|{self.window}"

    @property
    def matter(self) -> str:
        """Give the name under which the notice is kept; the limit of days counts per matter."""
        return f"meetings:{self.kind}:{self.group_id or ''}:{self.window}"


def item_of(matter: Matter) -> Item:
    """Give the item of a matter."""
    return Item(matter.org_id, matter.line.kind, matter.line.group_id, matter.cell.window.code)


def read_item(text: str) -> Item:
    """Read an item back from its form value. ValueError when the text is none."""
    parts = text.split("|")
    if len(parts) != 4 or parts[1] not in tuple(ActivityKind):
        raise ValueError(f"not a matter: {text!r}")
    org_id, kind, group, window = parts
    numbers = [org_id, group] if group else [org_id]
    if not all(n.isascii() and n.isdigit() and len(n) < 16 for n in numbers):
        raise ValueError(f"not a matter: {text!r}")
    return Item(int(org_id), kind, int(group) if group else None, window_from_code(window).code)


# ---------------------------------------------------------------- limits


def limits_of(org_ids: Iterable[int], on: date) -> dict[int, Limits]:
    """Give the limits of organisations on a day; one statement where nobody assigned conventions of their own."""
    wanted = list(dict.fromkeys(org_ids))
    if not policy.assignments("conventions", on, on):
        return dict.fromkeys(wanted, limits(resolve(shipped(), (), "conventions", on)))
    return {org_id: limits(queries.convention(org_id, on)) for org_id in wanted}


def limits_sentence(one: Limits) -> str:
    """Say the limits in one line, as they stand above every list of reminders."""
    days = "，只在工作日" if one.working_days_only else ""
    return f"同一事项 {one.days_between} 天内只提醒一次；{one.earliest:%H:%M} 到 {one.latest:%H:%M} 之间发{days}。"


# ---------------------------------------------------------------- before


@dataclass(frozen=True, slots=True)
class Prospect:
    """What would become of a reminder now: `blocked` = why not (with the day from which it may go), `sent_on` = when it last went."""

    item: Item
    sent_on: date | None
    blocked: str


def prospects(scope: Scope, items: Sequence[Item], at: datetime) -> tuple[str, list[Prospect]]:
    """Say beforehand what may be sent: (why nothing may go at this hour or "", one prospect per item). Three statements at most."""
    on = timezone.localtime(at).date()
    allowed = limits_of([i.org_id for i in items], on)
    longest = max((one.days_between for one in allowed.values()), default=0)
    sent = notice.last_sent(scope, sorted(allowed), at - timedelta(days=longest + 1)) if items else {}
    days = workdays.around(on)
    closed = {org_id: notice.hours_open(one, at, days).reason for org_id, one in allowed.items()}
    found = []
    for item in items:
        last = sent.get((item.org_id, item.matter))
        again = notice.next_day(allowed[item.org_id], last) if last else None
        why = notice.already_reminded(allowed[item.org_id], last) if last and again and on < again else closed[item.org_id]
        found.append(Prospect(item, timezone.localtime(last).date() if last else None, why))
    everybody = set(closed.values())
    return (everybody.pop() if len(everybody) == 1 else ""), found


# ---------------------------------------------------------------- words


def what(line: Line, cell: Cell) -> str:
    """Name a matter: 2025年8月支委会."""
    return f"{cell.window.label}{line.title}"


def sentence(line: Line, cell: Cell) -> str:
    """Say what is overdue and how to cure it (rule: text); it stands on the branch's desk as it is."""
    if cell.slot is Slot.INCOMPLETE:
        return f"{what(line, cell)}开过了，但记录不全，还没有计入。请打开这条记录，补齐应留的材料。"
    some = f"还差 {cell.due - cell.fulfilled} 次" if cell.held else "还没有记录"
    return f"{what(line, cell)}{some}。开过的，请按实际日期补记；没开的，请写明原因，报上级同意后免。"


HEAD = "各支部书记好。到{on.month}月{on.day}日，下面 {count} 项还没有记录或记录不全{part}："
FOOT = "开过的，请按实际日期在“支部工作台”补记；没开的，请写明原因。不用另外填表。"
ROOM = 1_700  # bytes of the lines of one text: with head and foot it stays below what every channel takes (ux.md §4)


def group_text(overdue: Sequence[Matter], names: Mapping[int, str], on: date) -> str:
    """Write the text to paste into a group chat: one numbered line per organisation (names by id) with its matters."""
    if not overdue:
        return ""
    lines = _lines(overdue, names)
    return "\n".join([HEAD.format(on=on, count=len(overdue), part=""), *(text for text, _ in lines), FOOT])


def group_texts(sent: Sequence[Matter], names: Mapping[int, str], on: date) -> list[Listed]:
    """Write the same text for channels, in as many parts as their limit of bytes asks for: no line is cut or left out."""
    parts: list[list[tuple[str, list[Matter]]]] = []
    size = 0
    for line in _lines(sent, names):
        more = len(line[0].encode()) + 1
        if not parts or size + more > ROOM:
            parts.append([])
            size = 0
        parts[-1].append(line)
        size += more
    return [
        Listed(
            "\n".join([HEAD.format(on=on, count=len(sent), part=f"（{number}/{len(parts)}）" if len(parts) > 1 else ""), *(text for text, _ in part), FOOT]),
            tuple((m.org_id, item_of(m).matter) for _, found in part for m in found),
        )
        for number, part in enumerate(parts, 1)
    ]


def _lines(overdue: Sequence[Matter], names: Mapping[int, str]) -> list[tuple[str, list[Matter]]]:
    by_org: dict[int, list[Matter]] = {}
    for m in overdue:
        by_org.setdefault(m.org_id, []).append(m)
    return [
        (f"{number}. {names[org_id]}：" + "、".join(what(m.line, m.cell) + ("（记录不全）" if m.cell.slot is Slot.INCOMPLETE else "") for m in found), found)
        for number, (org_id, found) in enumerate(by_org.items(), 1)
    ]


# ---------------------------------------------------------------- to whom


@dataclass(frozen=True, slots=True)
class Contact:
    """The secretary of a branch: name, and the phone number masked."""

    name: str
    phone: str


def contacts(scope: Scope, org_ids: Iterable[int], on: date) -> dict[int, Contact]:
    """Give the secretaries of organisations as far as the reader may see members (MEMBER_READ scope); three statements at most."""
    held = people.secretaries(scope, on, org_ids=org_ids)
    persons = {p.pk: p for p in Person.objects.within(people.offices(scope)).filter(pk__in=[post.person_id for post in held.values()]).order_by("id")}
    found = {}
    for org_id, post in held.items():
        row = persons.get(post.person_id)
        found[org_id] = Contact(post.name, mask_phone(row.phone.reveal()) if row and row.phone else "")
    return found


# ---------------------------------------------------------------- the action


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the reminders."""

    sent: tuple[Item, ...]
    held_back: tuple[tuple[Item, str], ...]
    channels: int = 0  # of the senders' own organisations, to which the list goes


@transaction.atomic
def remind(actor: Actor, items: Iterable[Item], at: datetime) -> Outcome:
    """Put one notice per matter on the desks of the branches, and the list of them on its way to the sender's own channels; all in one transaction.

    A matter within its days, outside the hours, or settled meanwhile is held back with the reason; the others go. Raises Refused without the
    right REMIND at one of the organisations, NotFound for an organisation that is not there.
    """
    wanted = list(dict.fromkeys(items))
    orgs = tree.views(i.org_id for i in wanted)
    for item in wanted:
        if item.org_id not in orgs:
            raise NotFound("没有找到这个党组织")
        actor.require(Permission.REMIND, orgs[item.org_id].path)
    on = timezone.localtime(at).date()
    allowed = limits_of([i.org_id for i in wanted], on)
    overdue = _overdue(actor.scope(Permission.REMIND), wanted, {k: v.path for k, v in orgs.items()}, on)
    sent: list[Item] = []
    held_back: list[tuple[Item, str]] = []
    for number, item in enumerate(wanted):
        matter = overdue.get(item)
        if orgs[item.org_id].status == "dissolved":
            held_back.append((item, GONE))
        elif matter is None:
            held_back.append((item, SETTLED))
        elif number >= MOST:
            held_back.append((item, f"一次最多提醒 {MOST} 项，请再点一次"))
        else:
            text = sentence(matter.line, matter.cell)
            try:
                notice.remind(actor, org_id=item.org_id, matter=item.matter, text=text[:300], limits=allowed[item.org_id], at=at)
            except TooSoon as limit:
                held_back.append((item, limit.reason))
            else:
                sent.append(item)
    return Outcome(tuple(sent), tuple(held_back), _tell(actor, [(overdue[item], orgs[item.org_id]) for item in sent], on, at))


def _tell(actor: Actor, sent: Sequence[tuple[Matter, OrgView]], on: date, at: datetime) -> int:
    """Send the list to the channels of those in whose name the reminders went; only what has just been sent stands in it."""
    by_sender: dict[int, list[tuple[Matter, OrgView]]] = {}
    for matter, org in sent:
        if (sender := notice.sends_for(actor, org.path)) is not None:
            by_sender.setdefault(sender.org_id, []).append((matter, org))
    count = 0
    for org_id, named in by_sender.items():
        before = notice.listed_before(actor.scope(Permission.REMIND), org_id, [(m.org_id, item_of(m).matter) for m, _ in named], at)
        found = [(m, org) for m, org in named if (m.org_id, item_of(m).matter) not in before]
        orgs = {org.id: org for _, org in found}
        twice = len({org.short_name for org in orgs.values()}) < len(orgs)  # several townships have a 卫生院党支部 each
        names = {org.id: org.name if twice else org.short_name for org in orgs.values()}
        count += notice.tell_list(actor, org_id, group_texts([m for m, _ in found], names, on), at=at)
    return count


def _overdue(scope: Scope, items: Sequence[Item], paths: Mapping[int, str], on: date) -> dict[Item, Matter]:
    """Derive anew which of the items are overdue: one answer per subtree of the actor and year, not one per branch."""
    found: dict[Item, Matter] = {}
    for path in scope.paths:
        below = [i for i in items if paths[i.org_id].startswith(path)]
        for year in sorted({window_from_code(i.window).year for i in below}):
            root = _common([paths[i.org_id] for i in below])
            answer = queries.compliance(scope, int(root[-SEGMENT:], 36), year, on)
            found.update((item_of(m), m) for m in matters(answer.years.values(), OVERDUE))
    return {item: found[item] for item in items if item in found}


def _common(paths: Sequence[str]) -> str:
    low, high = min(paths), max(paths)
    size = next((n for n, (a, b) in enumerate(zip(low, high, strict=False)) if a != b), min(len(low), len(high)))
    return low[: size - size % SEGMENT]
