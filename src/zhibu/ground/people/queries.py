"""Read members, posts and groups on a day, and the headcount bases of rules.md §0, defined once."""
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from datetime import date

from django.db.models import Count, Q, Value
from django.db.models.functions import Replace

from zhibu.ground.guard.reading import asked_once
from zhibu.ground.guard.scope import Scope, path_range
from zhibu.ground.guard.sealing import blind_index
from zhibu.ground.tree.models import OrganisationSpell, PartyGroup
from zhibu.ground.tree.queries import NotFound, in_span
from zhibu.kernel import identity, names

from .models import EndedAs, Exclusion, GroupPlace, Membership, Person, PersonMerge, Post, PostKind, Rights, Standing


def offices(scope: Scope) -> Scope:
    """Give the scope without the reader's own person: lists and sums are about organisations, and the own row may lie in another one."""
    return replace(scope, person_id=None)


@dataclass(frozen=True, slots=True)
class Headcount:
    """The bases of one organisation on one day, with what was left out."""

    full: int = 0
    probationary: int = 0
    suspended: int = 0
    on_probation: int = 0       # 留党察看: a full member without vote
    rights_suspended: int = 0   # 权利中止
    excluded_life: int = 0      # approved exclusions among all members
    excluded_voting: int = 0    # … among full members with a vote

    @property
    def members_all(self) -> int:
        """党员总数: full and probationary members, without 停止党籍."""
        return self.full + self.probationary

    @property
    def expected_life(self) -> int:
        """应到会（组织生活）."""
        return self.members_all - self.excluded_life

    @property
    def expected_voting(self) -> int:
        """应到会有表决权."""
        return self.full - self.on_probation - self.rights_suspended - self.excluded_voting

    @property
    def arithmetic(self) -> tuple[str, ...]:
        """Give the sums in words, as every screen shows them."""
        lines = [f"党员总数 {self.members_all} = 正式 {self.full} + 预备 {self.probationary}" + (f"（停止党籍 {self.suspended} 人不计）" if self.suspended else "")]
        lines.append(f"应到会 {self.expected_life} = 党员总数 {self.members_all} − 批准不计算在应到会 {self.excluded_life}")
        lines.append(
            f"有表决权 {self.expected_voting} = 正式 {self.full} − 留党察看 {self.on_probation} − 权利中止 {self.rights_suspended}"
            f" − 批准不计算 {self.excluded_voting}"
        )
        return tuple(lines)


NOBODY = Headcount()


def total(counts: Iterable[Headcount]) -> Headcount:
    """Add the headcounts of several organisations; a member is counted in one organisation only."""
    summed = {f.name: 0 for f in fields(Headcount)}
    for one in counts:
        for name in summed:
            summed[name] += getattr(one, name)
    return Headcount(**summed)


def headcounts(scope: Scope, on: date, org_ids: Iterable[int] | None = None) -> dict[int, Headcount]:
    """Count every organisation in scope on a day, in at most three statements whatever the number of organisations; absent means nobody."""
    return dict(_headcounts(offices(scope), on, None if org_ids is None else tuple(org_ids)))


@asked_once
def _headcounts(scope: Scope, on: date, ids: tuple[int, ...] | None) -> dict[int, Headcount]:
    members = Membership.objects.within(scope).filter(in_span(on))
    exclusions = Exclusion.objects.within(scope).filter(in_span(on))
    if ids is not None:
        members, exclusions = members.filter(org_id__in=ids), exclusions.filter(org_id__in=ids)
    tally: dict[int, dict[str, int]] = {}
    for org_id, standing, rights, n in members.values_list("org_id", "standing", "rights").annotate(n=Count("id")).order_by("org_id", "standing", "rights"):
        counts = tally.setdefault(org_id, {})
        counts[standing] = counts.get(standing, 0) + n
        if standing == Standing.FULL and rights != Rights.NORMAL:
            counts[rights] = counts.get(rights, 0) + n
    excluded = list(exclusions.order_by("id").values_list("org_id", "person_id"))
    if excluded:
        wanted = {person for _, person in excluded}
        states = {
            (org_id, person): (standing, rights)
            for org_id, person, standing, rights in members.filter(person_id__in=wanted).order_by("id").values_list("org_id", "person_id", "standing", "rights")
        }
        for org_id, person in set(excluded):
            standing, rights = states.get((org_id, person), ("", ""))
            if standing in (Standing.FULL, Standing.PROBATIONARY):
                tally[org_id]["life"] = tally[org_id].get("life", 0) + 1
            if standing == Standing.FULL and rights == Rights.NORMAL:
                tally[org_id]["voting"] = tally[org_id].get("voting", 0) + 1
    return {
        org_id: Headcount(
            full=c.get("full", 0), probationary=c.get("probationary", 0), suspended=c.get("suspended", 0), on_probation=c.get("on_probation", 0),
            rights_suspended=c.get("rights_suspended", 0), excluded_life=c.get("life", 0), excluded_voting=c.get("voting", 0),
        )
        for org_id, c in tally.items()
    }


@dataclass(frozen=True, slots=True)
class RollEntry:
    """A member on a branch's roll on a day, as the roll-call needs it."""

    person_id: int
    name: str
    standing: str
    votes: bool
    counted: bool      # False: approved exclusion from the expected headcount
    group_id: int | None
    is_leader: bool
    post: str


def roll(scope: Scope, org_id: int, on: date) -> list[RollEntry]:
    """List the members of one organisation on a day without 停止党籍, office-holders first, then by name."""
    scope = offices(scope)
    members = list(Membership.objects.within(scope).filter(in_span(on), org_id=org_id).exclude(standing=Standing.SUSPENDED).order_by("name_sort", "id"))
    excluded = set(Exclusion.objects.within(scope).filter(in_span(on), org_id=org_id).order_by("id").values_list("person_id", flat=True))
    places = {p.person_id: p for p in GroupPlace.objects.within(scope).filter(in_span(on), org_id=org_id).order_by("id")}
    held = posts(scope, on, org_ids=[org_id])
    rank = {kind: i for i, kind in enumerate(PostKind.values)}
    post_of: dict[int, str] = {}
    for post in held:
        if post.person_id not in post_of or rank[post.kind] < rank[post_of[post.person_id]]:
            post_of[post.person_id] = post.kind
    entries = [
        RollEntry(
            m.person_id, m.name, m.standing, m.standing == Standing.FULL and m.rights == Rights.NORMAL and m.person_id not in excluded,
            m.person_id not in excluded, places[m.person_id].group_id if m.person_id in places else None,
            m.person_id in places and places[m.person_id].is_leader, post_of.get(m.person_id, ""),
        )
        for m in members
    ]
    return sorted(entries, key=lambda e: (rank.get(e.post, 99),))


@dataclass(frozen=True, slots=True)
class Belonging:
    """A member of an organisation on a day: who, since when in this spell, and the posts held there."""

    org_id: int
    person_id: int
    name: str
    from_on: date
    posts: tuple[str, ...]
    secretary_since: date | None


def belonging(scope: Scope, on: date, org_ids: Iterable[int] | None = None, *, secretaries: bool = False) -> list[Belonging]:
    """List the members of every organisation in scope on a day without 停止党籍 (or its secretaries alone), with their posts there, by organisation and name; two statements."""
    scope = offices(scope)
    members, held = Membership.objects.within(scope).filter(in_span(on)).exclude(standing=Standing.SUSPENDED), Post.objects.within(scope).filter(in_span(on))
    if org_ids is not None:
        ids = list(org_ids)
        members, held = members.filter(org_id__in=ids), held.filter(org_id__in=ids)
    if secretaries:
        members = members.filter(person_id__in=held.filter(kind=PostKind.SECRETARY).values("person_id"))
    posts_at: dict[tuple[int, int], list[tuple[str, date]]] = {}
    for org_id, person_id, kind, since in held.order_by("from_on", "id").values_list("org_id", "person_id", "kind", "from_on"):
        posts_at.setdefault((org_id, person_id), []).append((kind, since))
    none: list[tuple[str, date]] = []
    found = []
    for org_id, person_id, name, since in members.order_by("org_id", "name_sort", "id").values_list("org_id", "person_id", "name", "from_on"):
        mine = posts_at.get((org_id, person_id), none)
        seated = next((day for kind, day in mine if kind == PostKind.SECRETARY), None)
        if seated is not None or not secretaries:
            found.append(Belonging(org_id, person_id, name, since, tuple(kind for kind, _ in mine), seated))
    return found


BEYOND = 1 << 63  # no id is as large


def home_on(scope: Scope, person_id: int, on: date) -> int:
    """Give the organisation whose member a person was on a day; NotFound outside the scope (one's own spells are in scope.person_id)."""
    found = Membership.objects.within(scope).filter(in_span(on), person_id=person_id).order_by("id").values_list("org_id", flat=True).last() if person_id < BEYOND else None
    if found is None:
        raise NotFound("没有找到这名党员")
    return found


@dataclass(frozen=True, slots=True)
class PostView:
    """A post held."""

    id: int
    org_id: int
    person_id: int
    name: str
    kind: str
    title: str
    committee_id: int | None
    from_on: date
    to_on: date | None


def posts(scope: Scope, on: date | None = None, *, org_ids: Iterable[int] | None = None, kinds: Iterable[str] | None = None) -> list[PostView]:
    """List the posts in scope on a day (or of all times), in the order of the posts."""
    rows = Post.objects.within(scope)
    if on is not None:
        rows = rows.filter(in_span(on))
    if org_ids is not None:
        rows = rows.filter(org_id__in=list(org_ids))
    if kinds is not None:
        rows = rows.filter(kind__in=list(kinds))
    fields = ("id", "org_id", "person_id", "kind", "committee_id", "from_on", "to_on")
    found = list(rows.order_by("org_id", "from_on", "id").values_list(*fields))
    names = names_of(scope, {person_id for _, _, person_id, *_ in found})
    rank = {kind: i for i, kind in enumerate(PostKind.values)}
    titles = {kind: str(label) for kind, label in PostKind.choices}
    views = [
        PostView(pk, org_id, person_id, names.get(person_id, "（已转出）"), kind, titles[kind], committee_id, from_on, to_on)
        for pk, org_id, person_id, kind, committee_id, from_on, to_on in found
    ]
    return sorted(views, key=lambda v: (v.org_id, rank[v.kind], v.from_on, v.id))


def posts_of(person_ids: Iterable[int], on: date) -> list[tuple[int, int, int, str]]:
    """Give (post, organisation, person, kind) of the posts that these persons hold on a day, wherever: a role goes with a post."""
    wanted, found = sorted(set(person_ids)), list[tuple[int, int, int, str]]()
    for start in range(0, len(wanted), 900):
        rows = Post.objects.unscoped("who grants roles asks which posts the holders of accounts hold").filter(in_span(on), person_id__in=wanted[start : start + 900])
        found += rows.order_by("org_id", "id").values_list("pk", "org_id", "person_id", "kind")
    return found


def posts_held(scope: Scope, post_ids: Iterable[int], on: date) -> set[tuple[int, int]]:
    """Give (post, organisation) of those posts that are held on a day."""
    return set(Post.objects.within(scope).filter(in_span(on), pk__in=list(post_ids)).order_by("id").values_list("pk", "org_id"))


def names_of(scope: Scope, person_ids: Iterable[int]) -> dict[int, str]:
    """Give the names of persons as the organisations in scope knew them last; somebody registered twice has the name of the one who stays."""
    wanted = sorted(set(person_ids))
    found = _names(scope, wanted)
    if unknown := [p for p in wanted if p not in found]:
        twice = leads_to(unknown)
        stayed = _names(scope, sorted(set(twice.values()))) if twice else {}
        found.update({p: stayed[other] for p, other in twice.items() if other in stayed})
    return found


def _names(scope: Scope, wanted: list[int]) -> dict[int, str]:
    found: dict[int, str] = {}
    for start in range(0, len(wanted), 900):
        rows = Membership.objects.within(scope).filter(person_id__in=wanted[start : start + 900]).order_by("from_on", "id")
        found.update(rows.values_list("person_id", "name"))
    return found


def leads_to(person_ids: Iterable[int]) -> dict[int, int]:
    """Give, of these persons, those who were merged into others: id -> id of the person who stays. One statement where nobody was."""
    asked, steps = set(person_ids), dict[int, int]()
    wanted, known = sorted(asked), set(asked)
    while wanted:  # a person who stayed may have been merged later
        nearer: dict[int, int] = {}
        for start in range(0, len(wanted), 900):
            rows = PersonMerge.objects.unscoped("records anywhere keep the number of somebody registered twice").filter(loser_id__in=wanted[start : start + 900])
            nearer.update(rows.order_by("id").values_list("loser_id", "winner_id"))
        steps |= nearer
        wanted = sorted(set(nearer.values()) - known)
        known |= set(wanted)
    found = {}
    for person in asked & steps.keys():
        stays = steps[person]
        while stays in steps:
            stays = steps[stays]
        found[person] = stays
    return found


@asked_once
def merged() -> dict[int, int]:
    """Give everybody who was merged into somebody: id -> id of the person who stays. One statement, for sums over many thousands of persons."""
    steps = dict(PersonMerge.objects.unscoped("records anywhere keep the number of somebody registered twice").order_by("id").values_list("loser_id", "winner_id"))
    found = {}
    for person, stays in steps.items():
        while stays in steps:
            stays = steps[stays]
        found[person] = stays
    return found


def secretaries(scope: Scope, on: date, org_ids: Iterable[int] | None = None) -> dict[int, PostView]:
    """Give the secretary of each organisation (the first where data hold two)."""
    found: dict[int, PostView] = {}
    for post in posts(scope, on, org_ids=org_ids, kinds=["secretary"]):
        found.setdefault(post.org_id, post)
    return found


@dataclass(frozen=True, slots=True)
class MemberLine:
    """A row of the roster: nothing in it needs a reveal."""

    person_id: int
    org_id: int
    name: str
    name_sort: str
    standing: str
    standing_title: str
    rights: str
    gender: str
    birth_on: date | None
    birth_precision: str
    joined_on: date | None
    joined_precision: str
    phone_masked: str
    floating_to: str
    lost_contact_on: date | None
    from_on: date


@dataclass(frozen=True, slots=True)
class Search:
    """What a roster is filtered by; every field optional.

    org_path: the path of an organisation on the day asked for; its subtree of that day is listed. born_by: born on this day or earlier.
    unplaced: in no Party group although the branch has groups (S03)."""

    text: str = ""
    org_path: str = ""
    standing: str = ""
    floating: bool = False
    born_by: date | None = None
    unplaced: bool = False


def members(scope: Scope, on: date, wanted: Search, *, offset: int = 0, limit: int = 50) -> tuple[list[MemberLine], int]:
    """Page through the members on a day; returns (rows, total). Three statements, however many rows.

    `text`: an 18-digit (or the older 15-digit) ID number or a whole phone number (exact, by blind index), pinyin or its initials, or part of a name.
    Past days search by the names of their time. Filters on a person's data apply to persons whose row is in scope today.
    """
    scope = offices(scope)
    rows = Membership.objects.within(scope).filter(in_span(on))
    if wanted.org_path:
        low, high = path_range(wanted.org_path)
        rows = rows.filter(org_id__in=OrganisationSpell.objects.filter(in_span(on), path__gte=low, path__lt=high).order_by().values("org_id"))
    if wanted.standing:
        rows = rows.filter(standing=wanted.standing)
    if text := names.clean_text("".join(c if c.isprintable() else " " for c in wanted.text)):
        rows = rows.annotate(sound=Replace("name_sort", Value(","), Value(""))).filter(_text(scope, text))
    if wanted.floating:
        rows = rows.filter(person_id__in=Person.objects.within(scope).exclude(floating_to="").values("pk"))
    if wanted.born_by is not None:
        rows = rows.filter(person_id__in=Person.objects.within(scope).filter(birth_on__lte=wanted.born_by).values("pk"))
    if wanted.unplaced:
        placed = GroupPlace.objects.within(scope).filter(in_span(on)).values("person_id")
        with_groups = PartyGroup.objects.within(scope).filter(in_span(on)).values("org_id")
        rows = rows.filter(org_id__in=with_groups).exclude(person_id__in=placed).exclude(standing=Standing.SUSPENDED)
    found = rows.count()
    page = list(rows.order_by("org__path", "name_sort", "id")[offset : offset + limit])
    persons = {p.pk: p for p in Person.objects.within(scope).filter(pk__in=[m.person_id for m in page])}
    return [_line(m, persons.get(m.person_id)) for m in page], found


def is_number(text: str) -> bool:
    """Tell whether a search text is an ID or phone number, which no address, log or history may keep."""
    return sum(c.isdigit() for c in text) >= 7


def _text(scope: Scope, text: str) -> Q:
    persons = Person.objects.within(scope)
    if is_number(text):
        checked = identity.check(text)
        if checked.code == "ID_15" or len(checked.id_no) == 18:
            id_no = identity.upgrade_15(text) if checked.code == "ID_15" else checked.id_no
            return Q(person_id__in=persons.filter(id_no_index=blind_index(id_no, "person.id_no")).values("pk"))
        return Q(person_id__in=persons.filter(phone_index=blind_index(identity.normalise_phone(text).number, "person.phone")).values("pk"))
    letters = names.search_key(text)
    if letters and text.isascii():
        return Q(sound__startswith=letters) | Q(person_id__in=persons.filter(name_initials__startswith=letters).values("pk"))
    return Q(name__contains=names.clean_name(text))


def _line(m: Membership, p: Person | None) -> MemberLine:
    return MemberLine(
        m.person_id, m.org_id, m.name, m.name_sort, m.standing, str(Standing(m.standing).label), m.rights,
        p.gender if p else "", p.birth_on if p else None, p.birth_precision if p else "day", p.joined_on if p else None, p.joined_precision if p else "day",
        identity.mask_phone(p.phone.reveal()) if p and p.phone else "", p.floating_to if p else "", p.lost_contact_on if p else None, m.from_on,  # type: ignore[attr-defined]
    )


@dataclass(frozen=True, slots=True)
class MemberFile:
    """One member's file: the national sheet's items, masked; reveal() is another call with a purpose."""

    person_id: int
    org_id: int
    version: int
    name: str
    gender: str
    ethnicity: str
    birth_on: date | None
    birth_precision: str
    id_no_masked: str
    has_id_no: bool
    phone_masked: str
    has_phone: bool
    education: str
    job: str
    address: str
    joined_on: date | None
    joined_precision: str
    full_on: date | None
    full_precision: str
    lost_contact_on: date | None
    floating_to: str
    is_leading_cadre: bool
    remark: str
    spells: tuple[MembershipView, ...]  # as far as the reader's scope reaches, oldest first
    posts: tuple[PostView, ...]
    group_id: int | None
    group_name: str
    is_leader: bool


@dataclass(frozen=True, slots=True)
class MembershipView:
    """A spell of membership."""

    org_id: int
    standing: str
    standing_title: str
    rights: str
    rights_title: str
    from_on: date
    to_on: date | None
    began_as: str
    ended_as: str
    ended_title: str
    document: str
    ended_document: str


def member_file(scope: Scope, person_id: int, on: date) -> MemberFile:
    """Give a member's file; NotFound outside the scope. A person without an office may open the own file (scope.person_id)."""
    p = Person.objects.within(scope).filter(pk=person_id).select_related("org").first()
    if p is None:
        raise NotFound("没有找到这名党员")
    spells = tuple(_spell(m) for m in Membership.objects.within(scope).filter(person_id=person_id).order_by("from_on", "id"))
    home = Scope((p.org.path,))  # whoever sees the file sees the post and the group it names
    held = tuple(v for v in posts(home, on, org_ids=[p.org_id]) if v.person_id == person_id)
    place = GroupPlace.objects.within(home).filter(in_span(on), person_id=person_id).order_by("id").first()
    group = PartyGroup.objects.within(home).filter(pk=place.group_id).first() if place else None
    id_no = p.id_no.reveal() if p.id_no else ""
    phone = p.phone.reveal() if p.phone else ""
    return MemberFile(
        p.pk, p.org_id, p.version, p.name, p.gender, p.ethnicity, p.birth_on, p.birth_precision,
        identity.mask_id(id_no, p.birth_precision if p.birth_on else "none") if id_no else "", bool(id_no), identity.mask_phone(phone) if phone else "",  # type: ignore[arg-type]
        bool(phone), p.education, p.job, p.address, p.joined_on, p.joined_precision, p.full_on, p.full_precision, p.lost_contact_on, p.floating_to,
        p.is_leading_cadre, p.remark, spells, held, place.group_id if place else None, group.name if group else "", bool(place and place.is_leader),
    )


def own_file(person_id: int, on: date) -> MemberFile:
    """Give somebody's own file: nothing but the rows about this person, whatever offices are held."""
    return member_file(Scope(person_id=person_id), person_id, on)


def _spell(m: Membership) -> MembershipView:
    return MembershipView(
        m.org_id, m.standing, str(Standing(m.standing).label), m.rights, str(Rights(m.rights).label), m.from_on, m.to_on, m.began_as, m.ended_as,
        str(EndedAs(m.ended_as).label) if m.ended_as else "", m.document, m.ended_document,
    )


def known_by_id_no(id_numbers: Iterable[str]) -> dict[str, tuple[int, str, int]]:
    """Give (person id, name, organisation id) of the persons with these ID numbers, across all organisations (one person, one row: E044)."""
    by_index = {blind_index(n, "person.id_no"): n for n in id_numbers if n}
    wanted, found = list(by_index), {}
    for start in range(0, len(wanted), 900):
        rows = Person.objects.unscoped("a person may be registered only once, wherever: E044").filter(id_no_index__in=wanted[start : start + 900])
        for index, pk, name, org_id in rows.values_list("id_no_index", "pk", "name", "org_id"):
            found[by_index[index]] = (pk, name, org_id)
    return found


def places(scope: Scope, on: date, org_ids: Iterable[int] | None = None) -> dict[int, list[tuple[int, bool]]]:
    """Give the members of each group on a day: group id -> [(person id, is leader)]."""
    rows = GroupPlace.objects.within(offices(scope)).filter(in_span(on))
    if org_ids is not None:
        rows = rows.filter(org_id__in=list(org_ids))
    found: dict[int, list[tuple[int, bool]]] = {}
    for group_id, person_id, leader in rows.order_by("group_id", "id").values_list("group_id", "person_id", "is_leader"):
        found.setdefault(group_id, []).append((person_id, leader))
    return found


def members_by_org(scope: Scope, on: date, org_ids: Iterable[int] | None = None) -> list[tuple[int, int]]:
    """Give (organisation, person) of every member on a day without 停止党籍, as on the rolls; one statement, no names."""
    return list(_members_by_org(offices(scope), on, None if org_ids is None else tuple(sorted(set(org_ids)))))


@asked_once
def _members_by_org(scope: Scope, on: date, org_ids: tuple[int, ...] | None) -> tuple[tuple[int, int], ...]:
    rows = Membership.objects.within(scope).filter(in_span(on)).exclude(standing=Standing.SUSPENDED)
    if org_ids is not None:
        rows = rows.filter(org_id__in=org_ids)
    return tuple(rows.order_by("org_id", "name_sort", "id").values_list("org_id", "person_id"))


def seated(scope: Scope, on: date, kinds: Iterable[str], org_ids: Iterable[int] | None = None) -> list[tuple[int, int]]:
    """Give (organisation, person) of everybody who holds a post of these kinds on a day; one statement, no names."""
    rows = Post.objects.within(offices(scope)).filter(in_span(on), kind__in=list(kinds))
    if org_ids is not None:
        rows = rows.filter(org_id__in=list(org_ids))
    return list(rows.order_by("org_id", "id").values_list("org_id", "person_id"))
def is_member(scope: Scope, person_id: int) -> bool:
    """Tell whether somebody's membership runs in an organisation in scope now (停止党籍 included)."""
    return bool(Membership.objects.within(offices(scope)).filter(person_id=person_id, to_on__isnull=True).exists())


@dataclass(frozen=True, slots=True)
class Marked:
    """A member whose sheet says that he is away or cannot be reached, or whose membership is suspended."""

    person_id: int
    org_id: int
    name: str
    standing: str
    since: date  # of the present standing
    floating_to: str
    lost_contact_on: date | None


def marked(scope: Scope, org_ids: Iterable[int] | None = None) -> list[Marked]:
    """List the members in scope with 外出流向, 失联 or 停止党籍 as they are now, by organisation and name. Two statements."""
    scope = offices(scope)
    noted = Person.objects.within(scope).exclude(floating_to="", lost_contact_on__isnull=True)
    rows = Membership.objects.within(scope).filter(Q(person_id__in=noted.values("pk")) | Q(standing=Standing.SUSPENDED), to_on__isnull=True)
    if org_ids is not None:
        rows = rows.filter(org_id__in=list(org_ids))
    found = list(rows.order_by("org_id", "name_sort", "id").values_list("person_id", "org_id", "name", "standing", "from_on"))
    said = {p: (to, lost) for p, to, lost in noted.order_by("id").values_list("pk", "floating_to", "lost_contact_on")} if found else {}
    return [Marked(p, org, name, standing, since, *said.get(p, ("", None))) for p, org, name, standing, since in found]
