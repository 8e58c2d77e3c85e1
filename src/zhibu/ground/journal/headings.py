"""What clerks taught the importer: headings of their tables, remembered by the office that corrected them."""
from __future__ import annotations

from collections.abc import Mapping

from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission
from zhibu.ground.guard.scope import Scope

from .models import ColumnMatch


def learnt(scope: Scope, org_id: int) -> dict[str, dict[str, str]]:
    """Give what an office taught: kind of table -> heading -> field ("" for "do not import")."""
    found: dict[str, dict[str, str]] = {}
    for row in ColumnMatch.objects.within(scope).filter(org_id=org_id).order_by("table", "heading"):
        found.setdefault(row.table, {})[row.heading] = row.field
    return found


def remember(
    actor: Actor, *, org_id: int, org_path: str, table: str, headings: Mapping[str, str], right: Permission = Permission.IMPORT
) -> None:
    """Keep a clerk's corrections of columns: heading -> field ("" for "do not import"); a later correction replaces an earlier one."""
    actor.require(right, org_path)
    rows = ColumnMatch.objects.within(Scope((org_path,)))
    for heading, field in headings.items():
        if not rows.filter(org_id=org_id, table=table, heading=heading[:100]).update(field=field):
            rows.create(org_id=org_id, table=table, heading=heading[:100], field=field)
