"""Uploads of the meeting form: kept as soon as they arrive, so that an error elsewhere in the form does not lose them."""
from __future__ import annotations

from django.http import HttpRequest

from zhibu.ground.files import actions as files
from zhibu.ground.files.queries import names
from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Compartment, Permission

from .forms import Posted

MOST = 10
#: what is said in talks is for the branch secretary only (product.md, principle 8)
CONFIDENTIAL = {"talk_records": Compartment.TALKS.value}


def keep(request: HttpRequest, posted: Posted, org_path: str) -> None:
    """Take in what was uploaded now, and what an earlier try kept; refusals become faults of the form."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    find(actor, posted, org_path)
    for field, uploads in request.FILES.lists():
        name = "photos" if field == "photos" else field[2:-5] if field.startswith("r-") and field.endswith("-file") else ""
        for upload in uploads[:MOST] if name else []:
            try:
                kept = files.store(
                    actor, org_id=posted.org_id, org_path=org_path, chunks=upload.chunks(), name=upload.name or "", at=request.now,  # type: ignore[attr-defined]
                    compartment=CONFIDENTIAL.get(name, ""),
                )
                posted.fresh.setdefault(name, []).append(kept)
            except files.FileRefused as refused:
                posted.fault("photos" if name == "photos" else f"r-{name}", refused.code, refused.reason)


def find(actor: Actor, posted: Posted, org_path: str) -> None:
    """Find the uploads kept earlier again: only those of this branch count, whatever ids were sent."""
    scope = actor.scope(Permission.ACTIVITY_WRITE).narrowed(org_path)
    for name in posted.upload_names:
        wanted = posted.earlier(name)
        known = names(scope, wanted) if wanted else {}
        posted.kept[name] = [i for i in wanted if i in known]
