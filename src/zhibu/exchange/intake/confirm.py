"""确认导入 and 撤销: one batch, all or nothing, through the same actions as the pages; undone within seven days as if it had never been."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction
from django.utils.timezone import localdate

from zhibu.areas.dues import bases
from zhibu.areas.dues.reach import DuesRefused
from zhibu.areas.structure import actions as structure
from zhibu.areas.structure import queries as structure_queries
from zhibu.exchange.intake import plan_dues, plan_meetings, plan_organisations, rights
from zhibu.exchange.intake.findings import FileRead, TableKind
from zhibu.exchange.intake.matching import squeeze
from zhibu.exchange.intake.pipeline import NOT_YOURS, TABLE_ZH
from zhibu.exchange.intake.plan import Fate, MemberStep, Plan, PostStep, Term, World, entries
from zhibu.exchange.intake.plan_members import Members
from zhibu.ground.guard.actor import Actor, Refused
from zhibu.ground.guard.permission import Compartment, Permission
from zhibu.ground.guard.scope import Scope
from zhibu.ground.journal import batches, headings
from zhibu.ground.journal.batches import BatchView, Obstacle, Use
from zhibu.ground.journal.batches import UndoRefused as UndoRefused  # faces meet it here
from zhibu.ground.people import actions as people
from zhibu.ground.people import queries as people_queries
from zhibu.ground.record import actions as record
from zhibu.ground.tree import actions as tree
from zhibu.ground.tree import queries as tree_queries
from zhibu.ground.tree.queries import OrgView

_PART = 2000  # members or meetings handed to one action at a time
DUES_FIGURE = "dues_new"  # a batch has this figure, be it 0, when it holds dues

#: what counts as a use of an imported row although no foreign key says so
_USES = (
    Use("record.Activity", "expected", "people.Person", many=True, since="recorded_at"),
    Use("record.Absence", "person_id", "people.Person"),
    Use("access.Account", "person_id", "people.Person"),
    Use("process.Case", "subject_id", "people.Person", where={"subject_type": "person"}),
    Use("process.Case", "subject_id", "tree.Organisation", where={"subject_type": "organisation"}),
    Use("files.Attachment", "org_id", "tree.Organisation"),
    *(Use(label, "person_id", "people.Person") for label in ("dues.IncomeBase", "dues.Exemption", "dues.Consent", "dues.Payment")),
)
_PARTS = frozenset({"record.ActivityKind", "record.Topic", "record.Evidence", "record.Absence"})
_USED_BY = {
    "people.Person": "党员", "people.Membership": "组织关系", "people.Post": "党内职务", "people.GroupPlace": "党小组编组", "people.Exclusion": "不计算在应到会的批准",
    "record.Activity": "组织生活记录", "record.ActivityKind": "组织生活记录", "record.Absence": "考勤", "record.Excuse": "免开的批准", "access.Account": "账号",
    "access.Grant": "账号授权", "process.Case": "报批", "files.Attachment": "附件", "tree.Organisation": "下级党组织", "tree.PartyGroup": "党小组",
    "tree.Committee": "班子", "tree.HostUnit": "所在单位", "tree.OrganisationSpell": "组织沿革", "policy.Assignment": "规则指定", "notice.Notice": "提醒",
    "meetings.Draft": "没写完的会议记录", "dues.IncomeBase": "党费核定", "dues.Assessment": "应交党费", "dues.Payment": "交费", "dues.Exemption": "减免", "dues.Consent": "支部同意的登记",
}  # fmt: skip


class Changed(Exception):
    """Between looking and confirming, somebody changed what the import would meet; nothing was written."""

    reason = "看结果以后，系统里的数据有了变化。请把结果再看一遍，再确认"


@dataclass(frozen=True, slots=True)
class Done:
    """What an import wrote. batch_id None: there was nothing new, nothing was written."""

    batch_id: int | None
    counts: Mapping[str, int]
    plan: Plan


def draw(actor: Actor, org: OrgView, files: Sequence[FileRead], *, at: datetime) -> Plan:
    """Draw up what a confirmed import would do; writes nothing. The right to import each kind of table is asked at the organisation."""
    rights.require(actor, org.path)
    found = tuple(files)
    _may(actor, org, found)
    world = World(actor, org, localdate(at), {squeeze(o.name): o for o in tree_queries.organisations(Scope((org.path,)))})
    lines, organisations, wanted = plan_organisations.draw(world, entries(found, TableKind.ORGANISATIONS))
    members = Members(world, entries(found, TableKind.ROSTER))
    of_members = members.draw()
    lines = members.secretaries(wanted, lines)
    of_meetings, meetings = plan_meetings.draw(world, entries(found, TableKind.LEDGER))
    of_dues = plan_dues.Dues(world, entries(found, TableKind.DUES))
    order = {file.name: number for number, file in enumerate(found)}
    sheets = {(f.name, s.name): n for f in found for n, s in enumerate(f.sheets)}
    every = sorted((*lines, *of_members, *of_meetings, *of_dues.draw()), key=lambda x: (order[x.file], sheets[x.file, x.sheet or "*"], x.row))
    return Plan(tuple(every), tuple(organisations), tuple(members.steps), tuple(members.posts), tuple(meetings), tuple(of_dues.steps))


@transaction.atomic
def commit(
    actor: Actor, org: OrgView, files: Sequence[FileRead], *, at: datetime, expected: str = "", learnt: Mapping[str, Mapping[str, str]] | None = None, office: OrgView | None = None
) -> Done:
    """Write everything that is fine as one batch, or nothing. expected: digest of the plan that was shown; another one raises Changed.

    learnt: kind of table → heading → field, remembered for the office. Nothing new is no batch, so the same file twice is imported once."""
    rights.require(actor, org.path)
    batches.take_turn()
    plan = draw(actor, org, files, at=at)
    if expected and plan.digest != expected:
        raise Changed(Changed.reason)
    for table, found in (learnt or {}).items():
        headings.remember(actor, org_id=(office or org).id, org_path=(office or org).path, table=table, headings=found, right=rights.right(actor, org.path))
    if plan.empty:
        return Done(None, {}, plan)
    batch_id = batches.open_batch(actor, org_id=org.id, org_path=org.path, file_names=[f.name for f in files], at=at, right=rights.right(actor, org.path))
    writer = _Writer(actor, org, plan, batch_id, at)
    before = batches.snapshot(writer.scope, writer.touched())
    writer.write()
    after = batches.snapshot(writer.scope, writer.touched())
    counts = writer.counts()
    batches.close_batch(actor, batch_id, org_id=org.id, org_path=org.path, before=before, after=after, counts=counts, at=at)
    return Done(batch_id, counts, plan)


def _may(actor: Actor, org: OrgView, files: Sequence[FileRead]) -> None:
    """Refuse tables that this importer may not import, whoever read them."""
    tables = rights.tables(actor, org.path)
    for kind in (TableKind(s.kind) for file in files for s in file.sheets if s.action == "import"):
        if kind not in tables:
            raise Refused(f"{TABLE_ZH[kind]}{NOT_YOURS[kind]}")


class _Writer:
    """Carries out a plan; knows the ids as they come into being."""

    def __init__(self, actor: Actor, org: OrgView, plan: Plan, batch_id: int, at: datetime) -> None:
        self.actor, self.org, self.plan, self.batch_id, self.at = actor, org, plan, batch_id, at
        self.today = localdate(at)
        self.with_dues = any(line.table == TableKind.DUES for line in plan.lines)
        self.scope = _seeing(org.path, dues=self.with_dues)
        self.orgs = {squeeze(o.name): o.id for o in tree_queries.organisations(self.scope)}
        self.founded: set[int] = set()
        self.people: dict[str, int] = {}
        self.registered: list[int] = []
        self.activities: list[int] = []
        self.groups_made = 0
        self.terms_made = 0

    def touched(self) -> dict[str, dict[str, set[int]]]:
        """Say which rows the import may touch, now as far as they exist."""
        old = {s.person_id for s in self.plan.members if s.person_id} | {s.person_id for s in self.plan.posts if s.person_id}
        persons = old | set(self.registered)
        completed = {s.org_id for s in self.plan.organisations if s.org_id}
        orgs = completed | self.founded
        grouped = {self.orgs[squeeze(s.org)] for s in self.plan.members if s.group and squeeze(s.org) in self.orgs} | orgs
        return {
            "tree.Organisation": {"pk": orgs}, "tree.OrganisationSpell": {"org_id": orgs}, "tree.HostUnit": {"org_id": orgs}, "tree.Committee": {"org_id": orgs},
            "tree.PartyGroup": {"org_id": grouped}, "people.Person": {"pk": persons}, "people.Membership": {"person_id": persons},
            "people.GroupPlace": {"person_id": persons}, "people.Post": {"person_id": persons}, "people.Exclusion": {"person_id": old},
            "record.Activity": {"pk": set(self.activities)},
        } | self._of_dues()  # fmt: skip

    def _of_dues(self) -> dict[str, dict[str, set[int]]]:
        persons = {s.new.person_id for s in self.plan.dues}
        return {"dues.IncomeBase": {"person_id": persons}, "dues.Assessment": {"person_id": persons}} if persons else {}

    def counts(self) -> dict[str, int]:
        """Give the figures of the batch."""
        plan = self.plan
        return {
            "organisations_new": plan.count(TableKind.ORGANISATIONS, Fate.NEW), "organisations_changed": plan.count(TableKind.ORGANISATIONS, Fate.CHANGED),
            "members_new": plan.count(TableKind.ROSTER, Fate.NEW), "members_changed": plan.count(TableKind.ROSTER, Fate.CHANGED),
            "members_same": plan.count(TableKind.ROSTER, Fate.SAME), "groups": self.groups_made, "terms": self.terms_made, "posts": len(plan.posts),
            "meetings": len(self.activities), "meetings_known": plan.count(TableKind.LEDGER, Fate.SAME), "blocked": sum(x.fate is Fate.BLOCKED for x in plan.lines),
        } | ({f"dues_{fate.value}": plan.count(TableKind.DUES, fate) for fate in (Fate.NEW, Fate.CHANGED, Fate.SAME)} if self.with_dues else {})  # fmt: skip

    def write(self) -> None:
        """Write organisations, then members, groups and posts, then meetings."""
        self._organisations()
        self._members()
        self._groups()
        self._posts()
        self._meetings()
        self._dues()

    def _organisations(self) -> None:
        new = [s.new for s in self.plan.organisations if s.new is not None]
        if new:
            made = tree.found_many(self.actor, new, at=self.at)
            self.founded = set(made.values())
            self.orgs |= {squeeze(n.name): made[n.code] for n in new}
        for step in self.plan.organisations:
            if step.org_id is None or not (step.units or step.phone):
                continue
            known = tree_queries.host_units(self.scope, [step.org_id]).get(step.org_id, ())
            version = structure_queries.detail(self.scope, step.org_id).version
            structure.edit_contacts(
                self.actor, step.org_id, values={"phone": step.phone} if step.phone else {}, units=(*known, *step.units) if step.units else None,
                version=version, at=self.at,
            )
        terms = [(self.orgs[squeeze(s.name)], s.term) for s in self.plan.organisations if s.term is not None]
        if terms:
            tree.seat_committees(self.actor, [_committee(org_id, term) for org_id, term in terms], at=self.at)
        self.terms_made = len(terms)

    def _members(self) -> None:
        new = [s for s in self.plan.members if s.new is not None]
        for start in range(0, len(new), _PART):
            part = new[start : start + _PART]
            ids = people.register_many(self.actor, [self._new(s) for s in part], at=self.at, batch_id=self.batch_id)
            self.registered += ids
            self.people |= {s.new.id_no: pk for s, pk in zip(part, ids, strict=True) if s.new is not None}
        known = [(s.person_id, s) for s in self.plan.members if s.person_id is not None]
        plain = [people.Edit(pk, s.edits, s.version) for pk, s in known if s.edits and s.full_from is None and s.ended_on is None]
        people.edit_many(self.actor, plain, at=self.at, batch_id=self.batch_id)
        for person_id, step in known:
            if step.full_from is not None or step.ended_on is not None:
                self._change(step, person_id)

    def _new(self, step: MemberStep) -> people.NewMember:
        assert step.new is not None
        org_id = self.orgs[squeeze(step.org)]
        return replace(step.new, org_id=org_id, history=tuple(replace(h, org_id=org_id) for h in step.new.history))

    def _change(self, step: MemberStep, person_id: int) -> None:
        if step.full_from is not None:
            people.change_standing(self.actor, person_id, on=step.full_from, at=self.at, standing="full", document=step.document)
        if step.edits:
            version = step.version
            if step.full_from is not None:  # that action may have filled in the day and counted the version up
                version = people_queries.member_file(self.scope, person_id, self.today).version
            people.edit(self.actor, person_id, values=step.edits, version=version, at=self.at, batch_id=self.batch_id)
        if step.ended_on is not None:
            people.end_membership(self.actor, person_id, on=step.ended_on, ended_as=step.ended_as, document=step.document, at=self.at)

    def _groups(self) -> None:
        steps = [s for s in self.plan.members if s.group]
        if not steps:
            return
        org_ids = {self.orgs[squeeze(s.org)] for s in steps}
        known = {(g.org_id, squeeze(g.name)): g for g in tree_queries.groups(self.scope, self.today, org_ids=org_ids)}
        missing: dict[tuple[int, str], tree.NewGroup] = {}
        for step in steps:
            key = (self.orgs[squeeze(step.org)], squeeze(step.group))
            if key not in known and step.from_on is not None:
                day = min(step.from_on, missing[key].from_on) if key in missing else step.from_on
                missing[key] = tree.NewGroup(key[0], step.group[:40], day)
        made = dict(zip(missing, tree.form_groups(self.actor, list(missing.values()), at=self.at), strict=True)) if missing else {}
        self.groups_made = len(made)
        places = []
        for step in steps:
            key = (self.orgs[squeeze(step.org)], squeeze(step.group))
            formed = known[key].from_on if key in known else missing[key].from_on
            day = max(formed, step.from_on or self.today) if step.person_id is None else self.today
            places.append(people.NewPlace(key[0], self._person(step), known[key].id if key in known else made[key], day, step.leader))
        people.place(self.actor, places, at=self.at)

    def _person(self, step: MemberStep | PostStep) -> int:
        if step.person_id is not None:
            return step.person_id
        number = step.id_no if isinstance(step, PostStep) else step.new.id_no if step.new else ""
        return self.people[number]

    def _posts(self) -> None:
        if not self.plan.posts:
            return
        in_office = {c.org_id: c for c in tree_queries.committees(self.scope, self.today)}
        new = []
        for step in self.plan.posts:
            org_id = self.orgs[squeeze(step.org)]
            committee = in_office.get(org_id)
            since = next((m.from_on for m in self.plan.members if step.person_id is None and m.new and m.new.id_no == step.id_no), None) if committee is None else None
            new.append(
                people.NewPost(
                    org_id, self._person(step), step.kind, committee.elected_on if committee else since or self.today, committee.id if committee else None
                )
            )
        people.fill_posts(self.actor, new, at=self.at)

    def _meetings(self) -> None:
        new = [replace(s.new, org_id=self.orgs[squeeze(s.org)]) for s in self.plan.meetings]
        for start in range(0, len(new), _PART):
            self.activities += record.write_many(self.actor, new[start : start + _PART], at=self.at, batch_id=self.batch_id)


    def _dues(self) -> None:
        for org_id in dict.fromkeys(s.org_id for s in self.plan.dues):
            try:
                bases.declare_many(self.actor, org_id, [s.new for s in self.plan.dues if s.org_id == org_id], verified=True, at=self.at)
            except DuesRefused as error:  # somebody was faster than the plan
                raise Changed(Changed.reason) from error


def _committee(org_id: int, term: Term) -> tree.NewCommittee:
    return tree.NewCommittee(org_id, term.number, term.elected_on, term.years, term.expires_on, 0, elected_precision=term.precision)


def batches_of(actor: Actor, *, at: datetime) -> list[tuple[BatchView, bool]]:
    """List the batches that somebody may see, newest first, each with whether he may take it back."""
    listed = batches.listing(rights.scope(actor), at, counting="" if actor.holds(Permission.IMPORT) else DUES_FIGURE)
    paths = {pk: view.path_now for pk, view in tree_queries.views({b.org_id for b in listed}).items()}
    return [(b, may_undo(actor, b, paths[b.org_id])) for b in listed if _holds(b)[0] or actor.may(Permission.IMPORT, paths[b.org_id])]


def batch(actor: Actor, batch_id: int, *, at: datetime) -> BatchView:
    """Give a batch; Refused (hidden) where somebody may neither import nor, of a batch of dues, write dues."""
    found = batches.batch(rights.scope(actor), batch_id, at)
    if not _holds(found)[0] and not actor.may(Permission.IMPORT, tree_queries.path_of(found.org_id)):
        raise Refused("没有找到这一批导入", hidden=True)
    return found


def may_undo(actor: Actor, found: BatchView, path: str) -> bool:
    """Tell whether somebody may take a batch back."""
    dues, others = _holds(found)
    return (not dues or rights.writes_dues(actor, path)) and (not others or actor.may(Permission.IMPORT, path))


def _holds(found: BatchView) -> tuple[bool, bool]:
    """Tell whether a batch holds dues, and whether it holds anything else."""
    dues = DUES_FIGURE in found.counts
    others = any(n for key, n in found.counts.items() if not key.startswith("dues_") and key != "blocked")
    return dues, others or not dues


def _seeing(path: str, *, dues: bool) -> Scope:
    """Give the scope of a batch; what people earn is seen only by a batch of dues, whose right was asked."""
    return Scope((path,), frozenset({(Compartment.INCOME, path)}) if dues else frozenset())


@transaction.atomic
def undo(actor: Actor, batch_id: int, *, at: datetime) -> BatchView:
    """Take a batch back within seven days. Raises UndoRefused, whose obstacles say what is in use since.

    The entries of its meetings stay in the append-only record, marked by the undone batch; an organisation that was founded for them stays as one
    that existed on no day."""
    found, scope = batch(actor, batch_id, at=at), rights.scope(actor)
    path = tree_queries.path_of(found.org_id)
    dues, others = _holds(found)
    rights.require_undo(actor, path, dues=dues, others=others)
    inside, made = _seeing(path, dues=dues), batches.made_by(scope, batch_id)
    keep = _must_stay(inside, made)
    undone = batches.undo(actor, batch_id, org_path=path, at=at, uses=_USES, parts=_PARTS, keep=keep, scope=inside, right=rights.right(actor, path))
    if made.get("record.Activity"):
        record.undo_batch(actor, batch_id, [o.id for o in tree_queries.every(inside)], at=at)
    stay = keep.get("tree.Organisation", set())
    for org in sorted((o for o in tree_queries.every(inside) if o.id in stay), key=lambda o: -len(o.path)):
        spell = tree_queries.history(org.id)[0]
        tree.dissolve(actor, org.id, on=spell.from_on, at=at, reason="导入已撤销", document=f"导入批次 {batch_id}")
    return undone


def _must_stay(scope: Scope, made: Mapping[str, Sequence[int]]) -> dict[str, set[int]]:
    """Give the founded organisations that entries of the record point to, with those above them and their spells."""
    founded = batches.snapshot(scope, {"tree.Organisation": {"pk": made.get("tree.Organisation", ())}})["tree.Organisation"]
    entries_of = batches.snapshot(scope, {"record.Activity": {"pk": made.get("record.Activity", ())}}) if founded else {}
    stay: set[int] = set()
    for row in entries_of.get("record.Activity", {}).values():
        org_id = row["org_id"]
        while org_id in founded:
            stay.add(org_id)
            org_id = founded[org_id]["parent_id"]
    spells = batches.snapshot(scope, {"tree.OrganisationSpell": {"org_id": stay}})["tree.OrganisationSpell"] if stay else {}
    return {"tree.Organisation": stay, "tree.OrganisationSpell": set(spells)} if stay else {}


def obstacle_text(obstacle: Obstacle) -> str:
    """Say in a sentence what keeps a batch from being undone."""
    what = obstacle.name or _USED_BY.get(obstacle.label, "一项内容")
    if obstacle.how == "used":
        return f"“{what}”已经有{_USED_BY.get(obstacle.by, '别的内容')} {obstacle.times} 项用到"
    kind = _USED_BY.get(obstacle.label, "内容") if obstacle.label not in ("tree.Organisation", "people.Person") else "资料"
    return f"“{what}”的{kind}导入以后{'改过' if obstacle.how == 'changed' else '已经不在了'}"


