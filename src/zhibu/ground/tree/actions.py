"""Change the tree. Every change closes a spell and opens the next; nothing that has history is deleted."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import models, transaction
from django.db.models import F, Value
from django.db.models.functions import Concat, Substr

from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission
from zhibu.ground.guard.scope import Scope, path_range
from zhibu.ground.journal import journal

from .models import Committee, HostUnit, Organisation, OrganisationSpell, OrgStatus, PartyGroup
from .queries import SEGMENT, in_span

DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


class TreeError(Exception):
    """A change the tree does not allow; `code` from rules.md §10, `reason` a Chinese sentence."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(f"{code} {reason}")
        self.code = code
        self.reason = reason


class Stale(Exception):
    """Somebody else saved first; both versions are shown."""


def segment(number: int) -> str:
    """Write an id as six base-36 characters (2.1 thousand million ids)."""
    text = ""
    while number:
        number, rest = divmod(number, 36)
        text = DIGITS[rest] + text
    return text.rjust(SEGMENT, "0")


@dataclass(frozen=True, slots=True)
class NewOrg:
    """What founding an organisation needs. `parent_code` names one that exists or stands earlier in the same list."""

    code: str
    name: str
    short_name: str
    kind: str
    parent_code: str | None
    established_on: date | None
    established_precision: str = "day"
    domain: str = ""
    approval_doc: str = ""
    village_or_community: bool = False
    host_units: tuple[str, ...] = ()
    address: str = ""
    phone: str = ""
    theme_day: str = ""
    order: int = 0


@transaction.atomic
def found_many(actor: Actor, new: Sequence[NewOrg], *, at: datetime, since: date | None = None) -> dict[str, int]:
    """Found organisations (parents first) in one transaction; returns code -> id. `since`: first day of the spell, default established_on.

    The right is asked at each parent; a root may be founded only in an empty tree.
    """
    parents = {o.code: o for o in Organisation.objects.filter(code__in={n.parent_code for n in new if n.parent_code})}
    made: dict[str, Organisation] = {}
    for item in new:
        parent = made.get(item.parent_code or "") or parents.get(item.parent_code or "")
        if item.parent_code and parent is None:
            raise TreeError("E003", f"没有代码为 {item.parent_code} 的上级党组织")
        if parent is None:
            if Organisation.objects.exists():
                raise TreeError("E003", "最上级党组织只能有一个，请选上级")
        elif item.parent_code not in made:
            actor.require(Permission.ORG_APPROVE, parent.path)
        org = Organisation(
            code=item.code, name=item.name, short_name=item.short_name, kind=item.kind, domain=item.domain, parent=parent,
            path=f"!{item.code}", depth=parent.depth + 1 if parent else 0, order=item.order, village_or_community=item.village_or_community,
            can_approve_probationary=item.kind == "party_committee", established_on=item.established_on,
            established_precision=item.established_precision, approval_doc=item.approval_doc, address=item.address, phone=item.phone,
            theme_day=item.theme_day,
        )
        org.save(force_insert=True)
        org.path = (parent.path if parent else "") + segment(org.pk)
        org.save(update_fields=["path"])
        made[item.code] = org
    OrganisationSpell.objects.bulk_create(
        [
            OrganisationSpell(
                org=o, from_on=since or o.established_on or at.date(), name=o.name, short_name=o.short_name, kind=o.kind,
                parent_id_then=o.parent_id, path=o.path, event="established", document=o.approval_doc,
            )
            for o in made.values()
        ]
    )
    scope = Scope(tuple(o.path for o in made.values()))
    HostUnit.objects.within(scope).bulk_create([HostUnit(org=made[n.code], name=unit) for n in new for unit in n.host_units])
    first = next(iter(made.values()), None)
    if first is not None:
        journal.write(
            actor, "tree.found", at=at, org_id=first.pk, org_path=first.path, subject=("organisation", first.pk),
            changes={"codes": [n.code for n in new]},
        )
    return {code: org.pk for code, org in made.items()}


def found(actor: Actor, new: NewOrg, *, at: datetime) -> int:
    """Found one organisation; returns its id."""
    return found_many(actor, [new], at=at)[new.code]


def _respell(orgs: Sequence[Organisation], on: date, event: str, document: str) -> None:
    """Close the open spells on `on` and open new ones with the present values (a second change on one day replaces the first)."""
    ids = [o.pk for o in orgs]
    opened = dict(OrganisationSpell.objects.filter(org_id__in=ids, to_on__isnull=True).order_by("id").values_list("org_id", "from_on"))
    OrganisationSpell.objects.filter(org_id__in=ids, to_on__isnull=True, from_on__gte=on).delete()
    OrganisationSpell.objects.filter(org_id__in=ids, to_on__isnull=True).update(to_on=on)
    OrganisationSpell.objects.bulk_create(
        [
            OrganisationSpell(
                org=o, from_on=max(on, opened.get(o.pk, on)), name=o.name, short_name=o.short_name, kind=o.kind, parent_id_then=o.parent_id, path=o.path,
                event=event, document=document,
            )
            for o in orgs
        ]
    )


def _locked(org_id: int) -> Organisation:
    return Organisation.objects.select_for_update().get(pk=org_id)


@transaction.atomic
def change(
    actor: Actor, org_id: int, *, on: date, at: datetime, document: str, name: str | None = None, short_name: str | None = None,
    kind: str | None = None,
) -> None:
    """Rename an organisation or change its type from a day on."""
    org = _locked(org_id)
    actor.require(Permission.ORG_APPROVE, org.path)
    before = {"name": org.name, "kind": org.kind}
    org.name, org.short_name, org.kind = name or org.name, short_name or org.short_name, kind or org.kind
    org.version += 1
    org.save(update_fields=["name", "short_name", "kind", "version"])
    _respell([org], on, "renamed" if name else "retyped", document)
    journal.write(
        actor, "tree.change", at=at, org_id=org_id, org_path=org.path, subject=("organisation", org_id),
        changes={"before": before, "after": {"name": org.name, "kind": org.kind}, "on": str(on), "document": document},
    )


@transaction.atomic
def move(actor: Actor, org_id: int, *, to_parent_id: int, on: date, at: datetime, document: str) -> None:
    """Hang an organisation with its subtree under another parent from a day on. Raises TreeError E003 for a cycle."""
    org, parent = _locked(org_id), _locked(to_parent_id)
    actor.require(Permission.ORG_APPROVE, org.path)
    actor.require(Permission.ORG_APPROVE, parent.path)
    if parent.path.startswith(org.path):
        raise TreeError("E003", f"“{parent.name}”在“{org.name}”下面，不能做它的上级，请另选上级")
    old, new = org.path, parent.path + segment(org.pk)
    low, high = path_range(old)
    Organisation.objects.filter(pk=org_id).update(parent=parent)
    Organisation.objects.filter(path__gte=low, path__lt=high).update(
        path=Concat(Value(new), Substr(F("path"), len(old) + 1), output_field=models.CharField()),
        depth=F("depth") + (parent.depth + 1 - org.depth),
    )
    low, high = path_range(new)
    _respell(list(Organisation.objects.filter(path__gte=low, path__lt=high).exclude(status=OrgStatus.DISSOLVED)), on, "moved", document)
    journal.write(
        actor, "tree.move", at=at, org_id=org_id, org_path=new, subject=("organisation", org_id),
        changes={"from": old, "to": new, "on": str(on), "document": document},
    )


@transaction.atomic
def dissolve(
    actor: Actor, org_id: int, *, on: date, at: datetime, reason: str, document: str, successor_id: int | None = None, batch_id: int | None = None
) -> None:
    """Dissolve an organisation on a day: its spell, committee and groups end; the row and its history stay.

    Members must have been moved before (people.actions.move_all); organisations below it too.
    """
    org = _locked(org_id)
    actor.require(Permission.ORG_APPROVE, org.path)
    below = Organisation.objects.filter(parent_id=org_id).exclude(status=OrgStatus.DISSOLVED)
    if below.exists():
        raise TreeError("E003", f"“{org.name}”还有 {below.count()} 个下级党组织，请先调整它们再撤销")
    org.status, org.dissolved_on, org.dissolved_reason = OrgStatus.DISSOLVED, on, reason
    org.version += 1
    org.save(update_fields=["status", "dissolved_on", "dissolved_reason", "version"])
    scope = Scope((org.path,))
    OrganisationSpell.objects.filter(in_span(on), org_id=org_id, to_on__isnull=True).update(to_on=on)
    Committee.objects.within(scope).filter(org_id=org_id, ended_on__isnull=True).update(ended_on=on)
    PartyGroup.objects.within(scope).filter(org_id=org_id, to_on__isnull=True).update(to_on=on)
    journal.write(
        actor, "tree.dissolve", at=at, org_id=org_id, org_path=org.path, subject=("organisation", org_id), batch_id=batch_id,
        changes={"on": str(on), "reason": reason, "document": document, "successor": successor_id},
    )


@transaction.atomic
def edit_contacts(actor: Actor, org_id: int, *, values: Mapping[str, str], version: int, at: datetime) -> None:
    """Change address, office phone, fixed theme day or function label; enter the paper of the founding where none is known.

    Raises Stale when somebody saved since `version`."""
    org = _locked(org_id)
    actor.require(Permission.ORG_EDIT, org.path)
    if org.version != version:
        raise Stale
    allowed = {"address", "phone", "theme_day", "function_label"} | ({"approval_doc"} if not org.approval_doc else set())
    before = {k: getattr(org, k) for k in values if k in allowed}
    for key, value in values.items():
        if key in allowed:
            setattr(org, key, value)
    org.version += 1
    org.save(update_fields=[*before, "version"])
    journal.write(
        actor, "tree.edit_contacts", at=at, org_id=org_id, org_path=org.path, subject=("organisation", org_id),
        changes={"before": before, "after": {k: values[k] for k in before}},
    )


@dataclass(frozen=True, slots=True)
class NewGroup:
    """A Party group to be formed."""

    org_id: int
    name: str
    from_on: date


@transaction.atomic
def form_groups(actor: Actor, new: Sequence[NewGroup], *, at: datetime) -> list[int]:
    """Form Party groups; returns their ids in order."""
    orgs = {o.pk: o for o in Organisation.objects.filter(pk__in={g.org_id for g in new})}
    for org in orgs.values():
        actor.require(Permission.ORG_EDIT, org.path)
        if org.kind in ("general_branch", "party_committee", "work_committee", "comprehensive_committee"):
            raise TreeError("E006", f"“{org.name}”是{org.get_kind_display()}，党小组只设在党支部里")
    scope = actor.scope(Permission.ORG_EDIT)  # covers them all: asked one by one above
    rows = PartyGroup.objects.within(scope).bulk_create([PartyGroup(org_id=g.org_id, name=g.name, from_on=g.from_on) for g in new])
    for org in orgs.values():
        journal.write(
            actor, "tree.form_group", at=at, org_id=org.pk, org_path=org.path, subject=("organisation", org.pk),
            changes={"groups": [g.name for g in new if g.org_id == org.pk]},
        )
    return [r.pk for r in rows]


@transaction.atomic
def close_group(actor: Actor, group_id: int, *, on: date, at: datetime) -> None:
    """End a Party group; its members must have been placed elsewhere before (people.actions.place)."""
    group = PartyGroup.objects.within(actor.scope(Permission.ORG_EDIT)).select_related("org").get(pk=group_id)
    group.to_on = on
    group.save(update_fields=["to_on"])
    journal.write(actor, "tree.close_group", at=at, org_id=group.org_id, org_path=group.org.path, subject=("group", group_id), changes={"on": str(on)})


@dataclass(frozen=True, slots=True)
class NewCommittee:
    """A committee's term to be entered."""

    org_id: int
    number: int
    elected_on: date
    term_years: int
    expires_on: date
    seats: int
    approval_doc: str = ""
    elected_precision: str = "day"
    extended_until: date | None = None
    ended_on: date | None = None
    below_national_reason: str = ""


@transaction.atomic
def seat_committees(actor: Actor, new: Sequence[NewCommittee], *, at: datetime) -> list[int]:
    """Enter committees' terms (the area structure has checked them); returns their ids in order."""
    orgs = {o.pk: o for o in Organisation.objects.filter(pk__in={c.org_id for c in new})}
    for org in orgs.values():
        actor.require(Permission.ORG_EDIT, org.path)
    scope = actor.scope(Permission.ORG_EDIT)  # covers them all: asked one by one above
    rows = Committee.objects.within(scope).bulk_create(
        [
            Committee(
                org_id=c.org_id, number=c.number, elected_on=c.elected_on, elected_precision=c.elected_precision, term_years=c.term_years,
                expires_on=c.expires_on, seats=c.seats, approval_doc=c.approval_doc, extended_until=c.extended_until, ended_on=c.ended_on,
                below_national_reason=c.below_national_reason,
            )
            for c in new
        ]
    )
    for org in orgs.values():
        journal.write(
            actor, "tree.seat_committee", at=at, org_id=org.pk, org_path=org.path, subject=("organisation", org.pk),
            changes={"terms": [f"{c.number}:{c.elected_on}" for c in new if c.org_id == org.pk]},
        )
    return [r.pk for r in rows]


@transaction.atomic
def end_committee(actor: Actor, committee_id: int, *, on: date, at: datetime) -> None:
    """End a committee's term of office."""
    row = Committee.objects.within(actor.scope(Permission.ORG_EDIT)).select_related("org").get(pk=committee_id)
    row.ended_on = on
    row.save(update_fields=["ended_on"])
    journal.write(actor, "tree.end_committee", at=at, org_id=row.org_id, org_path=row.org.path, subject=("committee", row.pk), changes={"on": str(on)})


@transaction.atomic
def extend_committee(actor: Actor, committee_id: int, *, until: date, at: datetime, document: str) -> None:
    """Record an approved extension (the approval is a case of the area structure)."""
    row = Committee.objects.within(actor.scope(Permission.ORG_APPROVE)).select_related("org").get(pk=committee_id)
    row.extended_until = until
    row.save(update_fields=["extended_until"])
    journal.write(
        actor, "tree.extend_committee", at=at, org_id=row.org_id, org_path=row.org.path, subject=("committee", row.pk),
        changes={"until": str(until), "document": document},
    )
