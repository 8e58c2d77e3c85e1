"""Read cases: what is open, what waits for somebody's answer, and what was answered."""
from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission
from zhibu.ground.guard.scope import Scope
from zhibu.ground.tree import queries as tree
from zhibu.kernel.result import Decision

from . import spec
from .models import Case, CaseState


@dataclass(frozen=True, slots=True)
class CaseView:
    """A case (报批事项) with the names that a page shows. `from_path` decides who stands above the submitting organisation."""

    id: int
    kind: str
    kind_title: str
    org_id: int
    org_name: str
    title: str
    subject_type: str
    subject_id: int
    state: str
    state_title: str
    submitted_by: str
    submitter_id: int | None
    submitted_from: int
    from_name: str
    from_path: str
    submitted_at: datetime
    decided_by: str
    decided_from: int | None
    decider_org: str
    decided_at: datetime | None
    answer: str
    document: str
    wish: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_open(self) -> bool:
        """Tell whether the case still waits for an answer."""
        return self.state == CaseState.SUBMITTED


def views(rows: Iterable[Case]) -> list[CaseView]:
    """Turn rows into views; the names of all organisations come in one statement."""
    found = list(rows)
    ids = {i for c in found for i in (c.org_id, c.submitted_from, c.decided_from) if i}
    orgs = tree.views(ids) if ids else {}
    result = []
    for c in found:
        sender, decider = orgs.get(c.submitted_from), orgs.get(c.decided_from or 0)
        result.append(
            CaseView(
                c.pk, c.kind, spec.kind(c.kind).title, c.org_id, orgs[c.org_id].name, c.title, c.subject_type, c.subject_id, c.state,
                str(CaseState(c.state).label), c.submitted_by, c.submitter_id, c.submitted_from, sender.name if sender else "",
                sender.path_now if sender else "", c.submitted_at, c.decided_by, c.decided_from, decider.name if decider else "", c.decided_at,
                c.answer, c.document, dict(c.wish),
            )
        )
    return result


def case(scope: Scope, case_id: int) -> CaseView:
    """Give one case. Raises tree.queries.NotFound outside the scope."""
    row = Case.objects.within(scope).filter(pk=case_id).first()
    if row is None:
        raise tree.NotFound("没有找到这件报批事项")
    return views([row])[0]


def open_cases(
    scope: Scope, *, subject: tuple[str, int] | None = None, org_ids: Iterable[int] | None = None, kinds: Iterable[str] | None = None
) -> list[CaseView]:
    """List the cases that wait for an answer, oldest first: of a subject, of organisations, of kinds."""
    rows = Case.objects.within(scope).filter(state=CaseState.SUBMITTED)
    if subject is not None:
        rows = rows.filter(subject_type=subject[0], subject_id=subject[1])
    if org_ids is not None:
        rows = rows.filter(org_id__in=list(org_ids))
    if kinds is not None:
        rows = rows.filter(kind__in=list(kinds))
    return views(rows.order_by("submitted_at", "id"))


def cases_of(scope: Scope, org_ids: Iterable[int], *, limit: int = 50) -> list[CaseView]:
    """List all cases of some organisations, newest first."""
    return views(Case.objects.within(scope).filter(org_id__in=list(org_ids)).order_by("-submitted_at", "-id")[:limit])


def answered(scope: Scope, org_ids: Iterable[int], since: datetime) -> list[CaseView]:
    """List the cases of some organisations that were answered since a moment, newest answer first."""
    rows = Case.objects.within(scope).filter(org_id__in=list(org_ids), decided_at__gte=since)
    rows = rows.filter(state__in=[CaseState.APPROVED, CaseState.REFUSED])
    return views(rows.order_by("-decided_at", "-id"))


def inbox(scope: Scope, actor: Actor) -> list[CaseView]:
    """List the open cases that this actor may answer, oldest first (never the own ones)."""
    return [c for c in open_cases(scope) if may_decide(c, actor)]


def may_decide(view: CaseView, actor: Actor) -> Decision:
    """Say whether the actor may answer this case (E023, E037)."""
    return spec.may_decide(
        spec.kind(view.kind), actor, submitter_id=view.submitter_id, submitted_by=view.submitted_by, from_path=view.from_path
    )


def may_read(view: CaseView, actor: Actor, org_path: str) -> bool:
    """Tell whether a case may be opened: by whoever reads the organisation's matters, and by the account that handed it in while it may hand such a case in."""
    own = actor.account_id is not None and view.submitter_id == actor.account_id
    return actor.may(Permission.COMPLIANCE_READ, org_path) or (own and actor.may(spec.kind(view.kind).request, view.from_path or org_path))


def told(view: CaseView, actor: Actor, org_path: str) -> dict[str, Any]:
    """Give what a case asks, as far as the actor may read it: its private parts only with the right to hand in or to decide there."""
    what = spec.kind(view.kind)
    whole = actor.may(what.request, org_path) or actor.may(what.decide, org_path)
    return {key: value for key, value in view.wish.items() if whole or key not in what.private}
