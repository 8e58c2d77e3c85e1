"""Read organisations as they are or as they were on a day."""
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet

from zhibu.ground.guard.reading import asked_once, known_rows
from zhibu.ground.guard.scope import Scope, path_range
from zhibu.kernel.dates import show

from .models import Committee, HostUnit, Organisation, OrganisationSpell, OrgType, PartyGroup

BRANCHES = (OrgType.BRANCH, OrgType.JOINT_BRANCH, OrgType.TEMPORARY_BRANCH, OrgType.FLOATING_BRANCH)


class NotFound(Exception):
    """There is no such thing, or it lies outside the reader's scope (faces answer 404 to both)."""


@dataclass(frozen=True, slots=True)
class OrgView:
    """An organisation on a day. `path_now` decides access, `path` the tree of that day."""

    id: int
    code: str
    name: str
    short_name: str
    kind: str
    domain: str
    parent_id: int | None
    path: str
    path_now: str
    village_or_community: bool
    status: str
    established_on: date | None
    dissolved_on: date | None
    theme_day: str
    order: int

    @property
    def kind_title(self) -> str:
        """Give the Chinese name of the type."""
        return str(OrgType(self.kind).label)

    @property
    def is_branch(self) -> bool:
        """Tell whether members hold their organisational life here."""
        return self.kind in BRANCHES


@dataclass(frozen=True, slots=True)
class OrgSpell:
    """A span in which an organisation had one name, type and place in the tree."""

    org_id: int
    from_on: date
    to_on: date | None
    name: str
    kind: str
    path: str
    parent_id: int | None
    event: str
    document: str


def in_span(on: date, start: str = "from_on", end: str = "to_on") -> Q:
    """Give the condition 'the half-open span covers the day'."""
    return Q(**{f"{start}__lte": on}) & (Q(**{f"{end}__isnull": True}) | Q(**{f"{end}__gt": on}))


def in_scope(scope: Scope, field: str = "path") -> Q:
    """Give the condition 'the path lies in the scope'."""
    condition = Q(pk__in=[])
    for path in scope.paths:
        low, high = path_range(path)
        condition |= Q(**{f"{field}__gte": low, f"{field}__lt": high})
    return condition


def _now(org: Organisation) -> OrgView:
    return OrgView(
        org.pk, org.code, org.name, org.short_name, org.kind, org.domain, org.parent_id, org.path, org.path, org.village_or_community,
        org.status, org.established_on, org.dissolved_on, org.theme_day, org.order,
    )


def _then(spell: OrganisationSpell) -> OrgView:
    org = spell.org
    return OrgView(
        org.pk, org.code, spell.name, spell.short_name, spell.kind, org.domain, spell.parent_id_then, spell.path, org.path,
        org.village_or_community, org.status, org.established_on, org.dissolved_on, org.theme_day, org.order,
    )


def organisations(scope: Scope, on: date | None = None, *, under: str = "") -> list[OrgView]:
    """List the organisations in scope, path-sorted; with `on` as they were that day; with `under` only that day's subtree of a path."""
    return list(_organisations(scope, on, under))


@asked_once
def _organisations(scope: Scope, on: date | None, under: str) -> tuple[OrgView, ...]:
    if on is None:
        rows: QuerySet[Organisation] = Organisation.objects.filter(in_scope(scope)).exclude(status="dissolved")
        if under:
            low, high = path_range(under)
            rows = rows.filter(path__gte=low, path__lt=high)
        return tuple(_now(o) for o in rows.order_by("path", "id"))
    spells = OrganisationSpell.objects.filter(in_span(on)).filter(in_scope(scope, "org__path"))
    if under:
        low, high = path_range(under)
        spells = spells.filter(path__gte=low, path__lt=high)
    fields = (
        "org_id", "org__code", "name", "short_name", "kind", "org__domain", "parent_id_then", "path", "org__path", "org__village_or_community", "org__status",
        "org__established_on", "org__dissolved_on", "org__theme_day", "org__order",
    )  # as `_then`, without making two rows of models for each
    return tuple(OrgView(*row) for row in spells.order_by("path", "id").values_list(*fields))


@asked_once
def organisation(scope: Scope, org_id: int, on: date | None = None) -> OrgView:
    """Give one organisation in scope (dissolved ones too); on a day before it existed or after it ended raises NotFound."""
    org = Organisation.objects.filter(in_scope(scope)).filter(pk=org_id).first()
    if org is None:
        raise NotFound("没有找到这个党组织")
    if on is None:
        return _now(org)
    spell = OrganisationSpell.objects.filter(in_span(on), org_id=org_id).select_related("org").first()
    if spell is None:
        raise NotFound(f"{show(on)}这一天还没有“{org.name}”，或已经撤销")
    return _then(spell)


def name_of(org_id: int) -> str:
    """Give an organisation's name (readable to everybody signed in)."""
    return Organisation.objects.values_list("name", flat=True).get(pk=org_id)


def path_of(org_id: int) -> str:
    """Give an organisation's present path; raises NotFound."""
    found = Organisation.objects.filter(pk=org_id).values_list("path", flat=True).first()
    if found is None:
        raise NotFound("没有找到这个党组织")
    return found


def views(org_ids: Iterable[int]) -> dict[int, OrgView]:
    """Give the present views of some organisations by id."""
    known, asked = known_rows("tree.views"), set(org_ids)
    if missing := asked - known.keys():
        known.update({o.pk: _now(o) for o in Organisation.objects.filter(pk__in=missing).order_by("id")})
    return {pk: known[pk] for pk in sorted(asked) if pk in known}


def find(text: str) -> OrgView | None:
    """Find an organisation that is not dissolved by code or full name."""
    org = Organisation.objects.filter(Q(code=text) | Q(name=text)).exclude(status="dissolved").order_by("path", "id").first()
    return _now(org) if org else None


def named_like(text: str, limit: int = 8) -> list[OrgView]:
    """List organisations that are not dissolved whose name, short name or code holds the text (names are readable to everybody signed in)."""
    like = Q(name__icontains=text) | Q(short_name__icontains=text) | Q(code__icontains=text)
    return [_now(o) for o in Organisation.objects.filter(like).exclude(status="dissolved").order_by("path", "id")[:limit]]


def root() -> OrgView | None:
    """Give the topmost organisation of this installation."""
    org = Organisation.objects.filter(parent__isnull=True).order_by("path", "id").first()
    return _now(org) if org else None


def chain(path: str) -> list[OrgView]:
    """List the organisations from the root down to the one with this path."""
    prefixes = [path[: i + SEGMENT] for i in range(0, len(path), SEGMENT)]
    return [_now(o) for o in Organisation.objects.filter(path__in=prefixes).order_by("path", "id")]


SEGMENT = 6  # characters of one organisation's own id in a path


def spells_of(org_ids: Iterable[int], first: date, last: date) -> list[OrgSpell]:
    """List the spells of organisations that touch the days first..last, by organisation and time."""
    rows = OrganisationSpell.objects.filter(org_id__in=list(org_ids), from_on__lte=last).filter(Q(to_on__isnull=True) | Q(to_on__gt=first))
    return [_spell(s) for s in rows.order_by("org_id", "from_on", "id")]


def spells_in(scope: Scope, first: date, last: date) -> list[OrgSpell]:
    """List, in one statement, the spells touching first..last of every organisation in scope (dissolved ones too)."""
    rows = OrganisationSpell.objects.filter(in_scope(scope, "org__path"), from_on__lte=last).filter(Q(to_on__isnull=True) | Q(to_on__gt=first))
    fields = ("org_id", "from_on", "to_on", "name", "kind", "path", "parent_id_then", "event", "document")
    return [OrgSpell(*row) for row in rows.order_by("org_id", "from_on", "id").values_list(*fields)]


def every(scope: Scope) -> list[OrgView]:
    """List every organisation in scope as it is now, dissolved ones too, path-sorted."""
    rows = Organisation.objects.filter(in_scope(scope)).order_by("path", "id")
    return [
        OrgView(pk, code, name, short, kind, domain, parent, path, path, village, status, founded, ended, day, order)
        for pk, code, name, short, kind, domain, parent, path, village, status, founded, ended, day, order in rows.values_list(
            "pk", "code", "name", "short_name", "kind", "domain", "parent_id", "path", "village_or_community", "status", "established_on", "dissolved_on",
            "theme_day", "order",
        )
    ]


def history(org_id: int) -> list[OrgSpell]:
    """List all spells of one organisation, oldest first."""
    return [_spell(s) for s in OrganisationSpell.objects.filter(org_id=org_id).order_by("from_on", "id")]


def _spell(s: OrganisationSpell) -> OrgSpell:
    return OrgSpell(s.org_id, s.from_on, s.to_on, s.name, s.kind, s.path, s.parent_id_then, s.event, s.document)


@dataclass(frozen=True, slots=True)
class GroupView:
    """A Party group."""

    id: int
    org_id: int
    name: str
    from_on: date
    to_on: date | None


def groups(scope: Scope, on: date | None = None, *, org_ids: Iterable[int] | None = None) -> list[GroupView]:
    """List Party groups in scope, on a day or of all times."""
    rows = PartyGroup.objects.within(scope)
    if on is not None:
        rows = rows.filter(in_span(on))
    if org_ids is not None:
        rows = rows.filter(org_id__in=list(org_ids))
    return [GroupView(*row) for row in rows.order_by("org_id", "from_on", "id").values_list("id", "org_id", "name", "from_on", "to_on")]


@dataclass(frozen=True, slots=True)
class CommitteeView:
    """A committee's term; in office from elected_on until ended_on (exclusive), however overdue."""

    id: int
    org_id: int
    number: int
    elected_on: date
    elected_precision: str
    term_years: int
    expires_on: date
    seats: int
    extended_until: date | None
    ended_on: date | None
    approval_doc: str


def committees(scope: Scope, on: date | None = None, *, org_ids: Iterable[int] | None = None) -> list[CommitteeView]:
    """List committees in scope, those in office on a day or of all times."""
    rows = Committee.objects.within(scope)
    if on is not None:
        rows = rows.filter(in_span(on, "elected_on", "ended_on"))
    if org_ids is not None:
        rows = rows.filter(org_id__in=list(org_ids))
    fields = (
        "id", "org_id", "number", "elected_on", "elected_precision", "term_years", "expires_on", "seats", "extended_until", "ended_on", "approval_doc",
    )
    return [CommitteeView(*row) for row in rows.order_by("org_id", "elected_on", "id").values_list(*fields)]


def host_units(scope: Scope, org_ids: Iterable[int] | None = None) -> dict[int, tuple[str, ...]]:
    """Give the host units by organisation."""
    found: dict[int, list[str]] = {}
    rows = HostUnit.objects.within(scope)
    if org_ids is not None:
        rows = rows.filter(org_id__in=list(org_ids))
    for unit in rows.order_by("org_id", "id"):
        found.setdefault(unit.org_id, []).append(unit.name)
    return {k: tuple(v) for k, v in found.items()}
