"""Leave a trace of paper and files about dues: who took what away, never how much stood on it."""
from __future__ import annotations

from datetime import datetime

from django.db import transaction

from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission
from zhibu.ground.journal import journal
from zhibu.ground.tree import queries as tree


def note_paper(actor: Actor, *, org_id: int, sheet: str, made_as: str, at: datetime, payment_id: int | None = None) -> None:
    """Leave a journal line for a sheet about dues that is printed or taken away as a file. sheet: what it is; made_as: page, docx or xlsx."""
    org_path = tree.path_of(org_id)
    actor.require(Permission.DUES_READ, org_path)
    subject = ("payment", payment_id) if payment_id else ("organisation", org_id)
    with transaction.atomic():
        journal.write(actor, "dues.paper", at=at, org_id=org_id, org_path=org_path, subject=subject, changes={"sheet": sheet, "as": made_as})
