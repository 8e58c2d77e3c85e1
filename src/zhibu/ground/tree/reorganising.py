"""Move whole parts of the tree at once: 撤乡并镇, 合村并居, 拆分. Spells are closed and opened; groups are formed anew where their members go."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from django.db import models, transaction
from django.db.models import F, Q, Value
from django.db.models.functions import Concat, Substr

from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission
from zhibu.ground.guard.scope import path_range
from zhibu.ground.journal import journal

from .actions import TreeError, _respell, segment
from .models import Organisation, OrgStatus, PartyGroup


def renamed(text: str, names: tuple[str, str]) -> str:
    """Put the new words in place of the old ones; without old words nothing changes."""
    old, new = names
    return text.replace(old, new) if old else text


@transaction.atomic
def reparent(
    actor: Actor, org_ids: Sequence[int], *, to_parent_id: int, on: date, document: str, at: datetime, batch_id: int, names: tuple[str, str] = ("", ""),
) -> list[int]:
    """Hang several organisations with everything below them under another parent from a day on, and put new words into their names.

    Returns the ids of all organisations that moved. Raises TreeError E003 for a cycle. ORG_APPROVE is asked at each and at the parent.
    """
    if not org_ids:
        return []
    parent = Organisation.objects.select_for_update().get(pk=to_parent_id)
    actor.require(Permission.ORG_APPROVE, parent.path)
    moved: list[Organisation] = []
    for org in list(Organisation.objects.select_for_update().filter(pk__in=org_ids).order_by("path", "id")):
        actor.require(Permission.ORG_APPROVE, org.path)
        if parent.path.startswith(org.path):
            raise TreeError("E003", f"“{parent.name}”在“{org.name}”下面，不能做它的上级，请另选上级")
        old, new = org.path, parent.path + segment(org.pk)
        low, high = path_range(old)
        Organisation.objects.filter(pk=org.pk).update(parent=parent)
        Organisation.objects.filter(path__gte=low, path__lt=high).update(
            path=Concat(Value(new), Substr(F("path"), len(old) + 1), output_field=models.CharField()), depth=F("depth") + (parent.depth + 1 - org.depth),
            version=F("version") + 1,
        )
        low, high = path_range(new)
        moved += Organisation.objects.filter(path__gte=low, path__lt=high).exclude(status=OrgStatus.DISSOLVED).order_by("path", "id")
        journal.write(
            actor, "tree.move", at=at, org_id=org.pk, org_path=new, subject=("organisation", org.pk), batch_id=batch_id,
            changes={"from": old, "to": new, "on": str(on), "document": document, "names": list(names) if names[0] else []},
        )
    if names[0]:
        for org in moved:
            org.name, org.short_name = renamed(org.name, names)[:100], renamed(org.short_name, names)[:40]
        Organisation.objects.bulk_update(moved, ["name", "short_name"], batch_size=200)
    _respell(moved, on, "moved", document)
    return [o.pk for o in moved]


@transaction.atomic
def form_again(
    actor: Actor, group_ids: Sequence[int], *, to_org_id: int, prefix: str, on: date, at: datetime, batch_id: int,
) -> Mapping[int, int]:
    """End Party groups on a day and form groups of the same names at another branch; returns old id -> new id. People are placed by people.carrying."""
    to_org = Organisation.objects.get(pk=to_org_id)
    actor.require(Permission.ORG_APPROVE, to_org.path)
    scope = actor.scope(Permission.ORG_APPROVE)
    running = PartyGroup.objects.within(scope).filter(Q(to_on__isnull=True) | Q(to_on__gt=on), pk__in=list(group_ids))
    old = list(running.order_by("org_id", "id"))
    taken = set(PartyGroup.objects.within(scope).filter(Q(to_on__isnull=True) | Q(to_on__gt=on), org_id=to_org_id).order_by("id").values_list("name", flat=True))
    names = []
    for group in old:
        name = group.name if group.name not in taken else f"{prefix}{group.name}"
        number, plain = 2, name[:36]
        while name[:40] in taken:
            name, number = f"{plain}（{number}）", number + 1
        taken.add(name[:40])
        names.append(name[:40])
    made = PartyGroup.objects.within(scope).bulk_create([PartyGroup(org_id=to_org_id, name=n, from_on=on) for n in names])
    end_groups(actor, group_ids, on=on)
    if made:
        journal.write(
            actor, "tree.form_group", at=at, org_id=to_org_id, org_path=to_org.path, subject=("organisation", to_org_id), batch_id=batch_id,
            changes={"groups": names, "instead_of": [g.pk for g in old]},
        )
    return {g.pk: m.pk for g, m in zip(old, made, strict=True)}


def end_groups(actor: Actor, group_ids: Sequence[int], *, on: date) -> None:
    """End Party groups on a day; the command that asks for it writes the journal."""
    rows = PartyGroup.objects.within(actor.scope(Permission.ORG_APPROVE)).filter(Q(to_on__isnull=True) | Q(to_on__gt=on), pk__in=list(group_ids))
    rows.update(to_on=on)

