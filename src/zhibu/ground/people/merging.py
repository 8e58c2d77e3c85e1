"""Make one person out of two registrations. Nothing is lost: records keep their numbers and lead to the person who stays (ADR 0006)."""
from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, TypeVar

from django.db import transaction

from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission
from zhibu.ground.guard.scope import Scope, collapse
from zhibu.ground.guard.sealing import blind_index
from zhibu.ground.journal import journal
from zhibu.ground.tree.actions import Stale
from zhibu.ground.tree.models import Organisation
from zhibu.ground.tree.queries import NotFound
from zhibu.kernel import names

from . import correcting
from .actions import TITLES, PeopleError
from .duplicates import clipped, overlapping
from .models import Exclusion, GroupPlace, Membership, Person, PersonMerge, Post

Span = tuple[date, date | None]
Row = TypeVar("Row", Membership, GroupPlace)

#: what is chosen together: a date and how exactly it is known
PARTS = {"birth_on": ("birth_on", "birth_precision"), "joined_on": ("joined_on", "joined_precision"), "full_on": ("full_on", "full_precision")}
WINNER, LOSER = "winner", "loser"


@dataclass(frozen=True, slots=True)
class Merge:
    """Who stays, who is merged into whom, what is taken from the second row, and whose spells hold where both have one ("" = not decided).

    versions: of the winner's and the loser's row, as they were shown."""

    winner_id: int
    loser_id: int
    take: frozenset[str]
    reason: str
    versions: tuple[int, int]
    spells: str = ""


@dataclass
class _Cut:
    """What became of the rows of one table."""

    moved: list[int] = field(default_factory=list)
    dropped: list[list[Any]] = field(default_factory=list)
    cut: list[list[Any]] = field(default_factory=list)


def reach(actor: Actor) -> Scope:
    """Give the organisations whose persons the actor may merge: those whose members may be written or that the actor decides about."""
    paths = (*actor.scope(Permission.MEMBER_WRITE).paths, *actor.scope(Permission.ORG_APPROVE).paths)
    return Scope(collapse(paths))


def both(actor: Actor, winner_id: int, loser_id: int) -> tuple[Person, Person]:
    """Give the two rows. Raises NotFound for what is out of sight, PeopleError E023 where only a common superior may decide, E045 for a merged one."""
    if winner_id == loser_id:
        raise NotFound("没有找到这名党员")
    seen = {p.pk: p for p in Person.objects.within(reach(actor)).filter(pk__in=[winner_id, loser_id]).order_by("pk")}
    if winner_id not in seen and loser_id not in seen:
        raise NotFound("没有找到这名党员")
    if len(seen) < 2:
        raise PeopleError("E023", "两个人不都在您的管理范围，请由两个支部共同的上级党组织办理")
    if PersonMerge.objects.within(reach(actor)).filter(loser_id__in=[winner_id, loser_id]).exists():
        raise PeopleError("E045", "其中一个已经并入别人，不能再合并")
    for model in (Membership, Post, GroupPlace, Exclusion):
        every = model.objects.unscoped("rows of two persons elsewhere decide who may merge them").filter(person_id__in=[winner_id, loser_id]).count()
        if every > model.objects.within(reach(actor)).filter(person_id__in=[winner_id, loser_id]).count():
            raise PeopleError("E023", "两个人有一个曾在您管理范围以外的党组织，请由共同的上级党组织办理")
    return seen[winner_id], seen[loser_id]


def conflicts(scope: Scope, winner_id: int, loser_id: int) -> list[tuple[Membership, Membership]]:
    """Give the pairs of spells that share days: nobody is a member twice on one day, so somebody must say which holds."""
    mine, theirs = _spells(scope, winner_id), _spells(scope, loser_id)
    pairs = overlapping({m.pk: (m.from_on, m.to_on) for m in mine}, {m.pk: (m.from_on, m.to_on) for m in theirs})
    rows = {m.pk: m for m in (*mine, *theirs)}
    return [(rows[a], rows[b]) for a, b in pairs]


def _spells(scope: Scope, person_id: int) -> list[Membership]:
    return list(Membership.objects.within(scope).filter(person_id=person_id).order_by("from_on", "id"))


@transaction.atomic
def merge(actor: Actor, wish: Merge, *, at: datetime, batch_id: int) -> int:
    """Merge two registrations of one person; returns the id of the person who stays.

    Raises PeopleError E054 without a reason, E023, E045, and without a code while overlapping spells are not decided; Stale when a row changed.
    """
    if len(wish.reason.strip()) < 2:
        raise PeopleError("E054", "请写明为什么是同一个人，例如“两次录入，已对照身份证”", "reason")
    winner, loser = both(actor, wish.winner_id, wish.loser_id)
    scope = reach(actor)
    locked = list(Person.objects.within(scope).select_for_update(of=("self",)).filter(pk__in=[winner.pk, loser.pk]).order_by("pk"))
    winner, loser = (next(p for p in locked if p.pk == i) for i in (wish.winner_id, wish.loser_id))
    if (winner.version, loser.version) != wish.versions:
        raise Stale
    if conflicts(scope, winner.pk, loser.pk) and wish.spells not in (WINNER, LOSER):
        raise PeopleError("", "两个人的组织关系有的日子重叠，请选按哪一边的", "spells")
    home = Organisation.objects.get(pk=winner.org_id)
    before, taken = correcting.identity_of(winner), _take(winner, loser, wish.take)
    detail: dict[str, Any] = {"taken": taken, "reason": wish.reason.strip()[:200], "spells_by": wish.spells, "from_org": loser.org_id}
    prefer_loser = wish.spells == LOSER
    detail["spells"] = vars(_one_line(scope, Membership, winner.pk, loser.pk, prefer_loser))
    detail["places"] = vars(_one_line(scope, GroupPlace, winner.pk, loser.pk, prefer_loser))
    detail["posts"] = _posts(scope, winner.pk, loser.pk)
    detail["exclusions"] = Exclusion.objects.within(scope).filter(person_id=loser.pk).update(person_id=winner.pk)
    last = _spells(scope, winner.pk)[-1:]
    open_one = next((m for m in last if m.to_on is None), None)
    if last:
        winner.org_id = last[0].org_id
    _end_foreign_places(scope, winner.pk, open_one)
    loser.id_no_index = loser.phone_index = ""  # numbers find the person who stays; what stood here is kept, sealed
    detail["leading_cadre"], loser.is_leading_cadre = loser.is_leading_cadre, False
    loser.version += 1
    loser.save()
    winner.version += 1
    winner.save()
    if open_one is not None and open_one.name != winner.name:
        Membership.objects.within(scope).filter(pk=open_one.pk).update(name=winner.name, name_sort=winner.name_sort)
    if correcting.needs_reason(before, {k: 1 for k in taken}):
        path = Organisation.objects.values_list("path", flat=True).get(pk=winner.org_id)
        correcting.keep(Scope((path,)), correcting.rows(actor, winner, before, {k: 1 for k in taken}, reason=f"合并重复登记：{wish.reason.strip()}", at=at))
    PersonMerge.objects.within(scope).create(
        org_id=winner.org_id, loser_id=loser.pk, winner_id=winner.pk, detail=detail, account_id=actor.account_id, account_name=actor.name, batch_id=batch_id, at=at
    )
    for person, other in ((winner, loser), (loser, winner)):
        org = Organisation.objects.get(pk=person.org_id)
        journal.write(
            actor, "people.merge", at=at, org_id=org.pk, org_path=org.path, subject=("person", person.pk), batch_id=batch_id,
            changes={"winner": winner.pk, "loser": loser.pk, "other": other.pk, "was_at": home.pk, **detail},
        )
    return winner.pk


def _take(winner: Person, loser: Person, take: frozenset[str]) -> list[str]:
    """Put the chosen values of the second row into the first; give the names of what was taken."""
    taken = []
    for key in TITLES:
        if key not in take:
            continue
        if key in ("id_no", "phone"):
            clear = (sealed := getattr(loser, key)) and sealed.reveal()
            setattr(winner, key, clear or "")
            setattr(winner, f"{key}_index", blind_index(clear or "", f"person.{key}"))
        else:
            for name in PARTS.get(key, (key,)):
                setattr(winner, name, getattr(loser, name))
        taken.append(key)
    if "name" in taken:
        winner.name_sort = names.sort_key(winner.name)[:160]
        winner.name_initials = names.pinyin(winner.name).initials[:20]
    return taken


def _one_line(scope: Scope, model: type[Row], winner_id: int, loser_id: int, prefer_loser: bool) -> _Cut:
    """Put the spans of two persons on one line: those of the preferred person stay, the other's keep the days that are free."""
    rows = {who: list(model.objects.within(scope).filter(person_id=who).order_by("from_on", "id")) for who in (winner_id, loser_id)}
    first, second = (loser_id, winner_id) if prefer_loser else (winner_id, loser_id)
    kept = [(r.from_on, r.to_on) for r in rows[first]]
    done = _Cut()
    more: list[Row] = []
    for row in rows[second]:
        parts: list[Span] = clipped(kept, (row.from_on, row.to_on)) if row.to_on != row.from_on else [(row.from_on, row.to_on)]
        if parts == [(row.from_on, row.to_on)]:
            continue
        said: list[Any] = [row.pk, row.org_id, str(row.from_on), str(row.to_on or ""), getattr(row, "standing", "") or getattr(row, "group_id", "")]
        (done.cut if parts else done.dropped).append(said + [[str(a), str(b or "")] for a, b in parts])
        if not parts:
            model.objects.within(scope).filter(pk=row.pk).delete()
            continue
        for number, (start, end) in enumerate(parts):
            values: dict[str, Any] = {"from_on": start, "to_on": end}
            if isinstance(row, Membership) and end != row.to_on:
                values |= {"ended_as": "", "ended_document": ""}
            if number == 0:
                model.objects.within(scope).filter(pk=row.pk).update(**values)
            else:
                columns = {f.attname: getattr(row, f.attname) for f in model._meta.concrete_fields if not f.primary_key}
                more.append(model(**{**columns, **values, "person_id": second}))
    model.objects.within(scope).bulk_create(more)
    done.moved = [r.pk for r in rows[loser_id]]
    model.objects.within(scope).filter(person_id=loser_id).update(person_id=winner_id)
    return done


def _posts(scope: Scope, winner_id: int, loser_id: int) -> dict[str, list[Any]]:
    """Let the posts of the second row be held by the person who stays; the same post on the same days is held once."""
    rows = list(Post.objects.within(scope).filter(person_id__in=[winner_id, loser_id]).order_by("from_on", "id"))
    mine = {p.pk: (p.from_on, p.to_on) for p in rows if p.person_id == winner_id}
    kinds = {p.pk: (p.org_id, p.kind) for p in rows}
    theirs = {p.pk: (p.from_on, p.to_on) for p in rows if p.person_id == loser_id}
    twice = sorted({b for a, b in overlapping(mine, theirs) if kinds[a] == kinds[b]})
    Post.objects.within(scope).filter(pk__in=twice).delete()
    Post.objects.within(scope).filter(person_id=loser_id).update(person_id=winner_id)
    return {"moved": sorted(set(theirs) - set(twice)), "dropped": [[p.pk, p.org_id, p.kind, str(p.from_on), str(p.to_on or "")] for p in rows if p.pk in twice]}


def _end_foreign_places(scope: Scope, person_id: int, open_one: Membership | None) -> None:
    """End the open group place that is not in the branch where the membership now is."""
    rows = GroupPlace.objects.within(scope).filter(person_id=person_id, to_on__isnull=True)
    if open_one is None:
        ended = _spells(scope, person_id)[-1:]
        if ended and ended[0].to_on:
            rows.update(to_on=ended[0].to_on)
        return
    for place in rows.exclude(org_id=open_one.org_id):
        rows.filter(pk=place.pk).update(to_on=max(place.from_on, open_one.from_on))
