"""The access matrix: every address × method × persona × relation, with verdicts derived from roles.toml and the path of the grant.

The world is a city with two counties, so that every persona has an own, a child, a sibling, a parent and an unrelated organisation where the
level has one. Everything an organisation owns carries its canary: a word of rare characters that no page may show outside the scope.
"""
from __future__ import annotations

import hashlib
import html
import importlib.util
import io
import re
import tomllib
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlencode

from django.apps import apps
from django.conf import settings
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from tests.world import AT, FOUNDED, id_number

from zhibu.areas.bank.models import BankFile, BankLine
from zhibu.areas.care.models import CareCall, CareEvent, CareMember, CareProposal, CareRequest
from zhibu.areas.dues import models as dues
from zhibu.areas.meetings import actions as meetings
from zhibu.areas.meetings.models import Elsewhere, JointGuest, Leave, Plan, PlanChange
from zhibu.areas.resources.models import Booking, FundPayment, FundPlan, Place, PlaceCheck
from zhibu.areas.structure import actions as structure
from zhibu.areas.talks.models import ContactPerson, ContactTalk, Talk, TalkEvent, TalkText
from zhibu.areas.training.models import CommitteeDoing, Course, Session, StudyNote, TrainingRecord
from zhibu.areas.transfers.models import Floating, FloatingNote, Stay, Transfer, TransferWish
from zhibu.exchange.intake import read_csv
from zhibu.ground.access.models import Account, ApiToken, Grant
from zhibu.ground.access.queries import first_start_actor, system_actor
from zhibu.ground.access.roles import roles
from zhibu.ground.files import actions as files
from zhibu.ground.guard.permission import Compartment, Permission
from zhibu.ground.guard.scope import Scope
from zhibu.ground.journal.models import ColumnMatch, ImportBatch
from zhibu.ground.notice.models import Channel, Feed, Message, Notice, Told
from zhibu.ground.people import actions as people
from zhibu.ground.people.models import Correction, Exclusion, PersonMerge
from zhibu.ground.policy.models import Assignment, LocalSet
from zhibu.ground.process import actions as process
from zhibu.ground.record import actions as record
from zhibu.ground.record.models import Absence, CatchUp, Excuse
from zhibu.ground.tree import actions as tree
from zhibu.ground.tree.models import HostUnit, Organisation
from zhibu.web.intake import waiting

TODAY = AT.date()
BACKEND = "django.contrib.auth.backends.ModelBackend"

# --- the world ------------------------------------------------------------------------------------------------------------------------------

#: code, kind, parent
ORGS: tuple[tuple[str, str, str | None], ...] = (
    ("CS", "party_committee", None),
    ("QH", "party_committee", "CS"),
    ("QX", "party_committee", "CS"),
    ("T1", "party_committee", "QH"),
    ("T2", "party_committee", "QH"),
    ("X1", "party_committee", "QX"),
    ("G1", "general_branch", "T1"),
    ("G2", "general_branch", "T1"),
    ("G1-B1", "branch", "G1"),
    ("G1-B2", "branch", "G1"),
    ("G2-B1", "branch", "G2"),
    ("T1-B1", "branch", "T1"),
    ("T1-B2", "branch", "T1"),
    ("T2-B1", "branch", "T2"),
    ("X1-B1", "branch", "X1"),
)
CODES = tuple(code for code, _, _ in ORGS)
KIND = {code: kind for code, kind, _ in ORGS}
PARENT = {code: parent for code, _, parent in ORGS}


def canary(code: str) -> str:
    """Give the word of an organisation: characters that nothing else in the product uses."""
    n = CODES.index(code)
    return chr(0x3C00 + 7 * n) + chr(0x4A00 + 11 * n)


CANARIES = {code: canary(code) for code in CODES}


@dataclass
class Things:
    """What one organisation owns, by the words that the policy table uses for targets."""

    org: int = 0
    path: str = ""
    person: int = 0
    persons: list[int] = field(default_factory=list)
    activity: int = 0
    absence: int = 0
    attachment: int = 0
    case: int = 0
    notice: int = 0
    channel: int = 0
    excuse: int = 0
    rule_set: int = 0
    batch: int = 0
    group: int = 0
    draft: str = ""
    plan: int = 0
    invitation: int = 0
    leave: int = 0
    elsewhere: int = 0
    talk: int = 0
    talk_event: int = 0
    contact: int = 0
    care_call: int = 0
    care_event: int = 0
    care_member: int = 0
    care_request: int = 0
    transfer: int = 0
    floating: int = 0
    stay: int = 0
    wish: int = 0
    payment: int = 0
    receipt: int = 0
    course: int = 0
    session: int = 0
    training_record: int = 0
    study_note: int = 0
    committee_doing: int = 0
    fund: int = 0
    fund_payment: int = 0
    place: int = 0
    booking: int = 0
    key: str = ""  # of an import under way
    token: int = 0  # of an account that is no persona


@dataclass
class World:
    """Things by organisation code, session keys by persona."""

    things: dict[str, Things] = field(default_factory=dict)
    sessions: dict[str, str] = field(default_factory=dict)

    def fill(self, code: str, serial: int, *, activities: int = 2, members: int = 3) -> None:
        """Give an organisation something of everything."""
        actor, mark, t = system_actor(), canary(code), self.things[code]
        branch, scope = KIND[code] == "branch", Scope((t.path,))
        new = [
            people.NewMember(
                t.org, f"王{mark}{'甲乙丙丁戊己庚辛壬癸'[i % 10]}{'子丑寅卯辰巳午未申酉'[i // 10]}", "full", FOUNDED, gender="男", ethnicity="汉族", id_no=id_number(serial * 50 + i),
                phone=f"1540{serial:03d}{i:04d}", joined_on=date(2005, 7, 1), full_on=date(2006, 7, 1), birth_on=date(1975, 6, 1), birth_precision="month",
                job=f"务农{mark}", address=f"{mark}组 3 号", remark=f"备注{mark}", floating_to=f"外地{mark}" if i == 1 else "",
            )
            for i in range(members)
        ]
        if branch:  # members belong to branches, nowhere else
            made = people.register_many(actor, new, at=AT)
            t.persons += made
            t.person, first = t.persons[0], not t.group
            if first:
                (t.group,) = tree.form_groups(actor, [tree.NewGroup(t.org, f"{mark}党小组", FOUNDED)], at=AT)
            people.place(actor, [people.NewPlace(t.org, p, t.group, FOUNDED, is_leader=first and i == 0) for i, p in enumerate(made)], at=AT)
        content = f"%PDF-1.4 {mark} {serial}".encode()
        t.attachment = files.store(actor, org_id=t.org, org_path=t.path, chunks=[content], name=f"签到{mark}.pdf", at=AT)
        ids = record.write_many(actor, [self._activity(t, mark, serial, i) for i in range(activities)], at=AT)
        t.activity = ids[0]
        t.absence = Absence.objects.within(scope).filter(activity_id=ids[0]).values_list("pk", flat=True).get()
        rows = [
            Notice(org_id=t.org, matter=f"meetings:lecture:{serial}:{i}", text=f"请补开{mark}", sent_by=f"周{mark}", sent_from=f"办{mark}", at=AT)
            for i in range(activities)
        ]
        t.notice = Notice.objects.within(scope).bulk_create(rows)[0].pk
        other = Absence.objects.within(scope).filter(activity_id=ids[-1]).values_list("pk", flat=True).get()
        CatchUp.objects.within(scope).create(org_id=t.org, absence_id=other, done_on=TODAY, how=f"补{mark}", recorded_at=AT)
        t.draft = f"draft-{serial}-{t.org}"
        for i in range(activities - 1):
            meetings.put_aside(actor, org_id=t.org, key=t.draft if i == 0 else f"{t.draft}-{i}", fields={"place": [f"屋{mark}"]}, title=f"放着{mark}", why=f"缘由{mark}", at=AT)
        self._plans(t, mark, scope, activities)
        self._talks(t, mark, serial, activities)
        self._care(t, mark, serial, activities)
        self._moves(t, mark, scope, serial, activities)
        self._dues(t, mark, activities)
        self._year(t, mark, scope, serial, activities)
        ImportBatch.objects.within(scope).create(org_id=t.org, account_id=None, account_name=f"沈{mark}", at=AT, file_names=[f"{mark}.xlsx"], made={}, counts={})
        t.batch = ImportBatch.objects.within(scope).filter(org_id=t.org).order_by("id").values_list("pk", flat=True)[0]

    def _plans(self, t: Things, mark: str, scope: Scope, n: int) -> None:
        """Give an organisation plans with leave, an invitation and a guest, and what a member attended elsewhere."""
        later, who = TODAY + timedelta(days=9), t.persons[0] if t.persons else 900_000 + t.org
        common = {"org_id": t.org, "kinds": [["theme_day", None]], "topics": [f"题{mark}"], "bring": f"带{mark}", "made_by": f"王{mark}", "made_at": AT, "start_at": time(9)}
        rows = Plan.objects.within(scope).bulk_create([Plan(**common, day=later + timedelta(days=i), place=f"堂{mark}") for i in range(n)])
        asked = Plan.objects.within(scope).create(**common, day=later, place=f"厅{mark}", state="invited", host_org_id=t.org)
        if not t.plan:
            t.plan, t.invitation = rows[0].pk, asked.pk
        PlanChange.objects.within(scope).create(org_id=t.org, plan_id=rows[0].pk, what="changed", before=f"原{mark}", reason=f"因{mark}", by=f"王{mark}", at=AT)
        JointGuest.objects.within(scope).create(org_id=t.org, plan_id=rows[0].pk, guest_org_id=t.org, guest_plan_id=asked.pk)
        for i, row in enumerate(rows):
            made = Leave.objects.within(scope).create(org_id=t.org, plan_id=row.pk, person_id=who + i, name=f"王{mark}", reason=f"病{mark}", asked_by=f"王{mark}", asked_at=AT)
            there = Elsewhere.objects.within(scope).create(
                org_id=t.org, person_id=who, name=f"王{mark}", day=TODAY - timedelta(days=i), kind="lecture", at_org=f"别处{mark}", how="paper", kept_at=f"柜{mark}",
                made_by=f"王{mark}", made_at=AT,
            )
            t.leave, t.elsewhere = t.leave or made.pk, t.elsewhere or there.pk

    def _talks(self, t: Things, mark: str, serial: int, n: int) -> None:
        """Give an organisation talks with what was said, events, and contact persons."""
        scope, who = Scope((t.path,), frozenset({(Compartment.TALKS, t.path)})), 600_000 + 1000 * t.org
        one, other = (t.persons[0], t.persons[1]) if t.persons else (who, who + 1)
        by = {"made_by": f"王{mark}", "made_at": AT}
        for i in range(n):
            day = TODAY - timedelta(days=10 * serial + i)
            held = Talk.objects.within(scope).create(
                org_id=t.org, day=day, talker_id=one, talker_name=f"谈{mark}", talkee_id=other, talkee_name=f"听{mark}", relation="committee_pair", **by,
            )
            TalkText.objects.within(scope).create(
                org_id=t.org, talk_id=held.pk, talker_id=one, talkee_id=other, trigger="routine", place=f"屋{mark}", topic=f"题{mark}", summary=f"话{mark}", follow_up=f"办{mark}",
            )
            event = TalkEvent.objects.within(scope).create(org_id=t.org, person_id=other, name=f"听{mark}", kind="hardship", day=TODAY - timedelta(days=10 * serial + i), **by)
            contact = ContactPerson.objects.within(scope).create(org_id=t.org, member_id=(one, other)[i % 2], member_name=f"谈{mark}", name=f"联{mark}{serial}{i}", purpose="other", from_on=FOUNDED, **by)
            ContactTalk.objects.within(scope).create(org_id=t.org, contact_id=contact.pk, member_id=one, day=day, **by)
            t.talk, t.talk_event, t.contact = t.talk or held.pk, t.talk_event or event.pk, t.contact or contact.pk

    def _care(self, t: Things, mark: str, serial: int, n: int) -> None:
        """Give an organisation events, a list of care, visits and proposals (handed in to itself, so that each has one that it answers)."""
        scope, who = Scope((t.path,), frozenset({(Compartment.HARDSHIP, t.path)})), 600_000 + 1000 * t.org
        person, by = t.persons[1] if t.persons else who, {"made_by": f"王{mark}", "made_at": AT}
        for i in range(n):
            day = TODAY - timedelta(days=10 * serial + i)
            event = CareEvent.objects.within(scope).create(org_id=t.org, person_id=person, name=f"病{mark}", kind="illness", day=day, **by)
            listed = CareMember.objects.within(scope).create(org_id=t.org, person_id=person + 100_000 * (serial * 10 + i), name=f"困{mark}", flag="in_hardship", from_on=FOUNDED, **by)
            asked = CareRequest.objects.within(scope).create(
                org_id=t.org, office_id=t.org, name=f"帮{mark}", kind="illness", amount_fen=50000, goods=f"米{mark}", source="own_funds", ground=f"由{mark}", **by,
            )
            CareProposal.objects.within(scope).create(org_id=t.org, request_id=asked.pk, person_id=person, name=f"帮{mark}", situation=f"情{mark}")
            call = CareCall.objects.within(scope).create(org_id=t.org, person_id=person, name=f"望{mark}", day=day, callers=f"访{mark}", goods=f"油{mark}", feedback=f"说{mark}", **by)
            t.care_event, t.care_member, t.care_request, t.care_call = t.care_event or event.pk, t.care_member or listed.pk, t.care_request or asked.pk, t.care_call or call.pk
    def _moves(self, t: Things, mark: str, scope: Scope, serial: int, n: int) -> None:
        """Give an organisation transfers with a letter on the way, members away and temporary certificates."""
        path = next(t.path[:i] for i in range(len(t.path), 0, -6) if KIND[next(c for c in CODES if self.things[c].path == t.path[:i])] == "party_committee")
        committee = next(self.things[c].org for c in CODES if self.things[c].path == path)
        for i in range(n):
            who = t.persons[-1] if t.persons and i == 0 else 500_000 + 10_000 * serial + 100 * t.org + i  # one person has one open transfer
            common = {"org_id": t.org, "person_id": who, "name": f"走{mark}", "made_at": AT}
            letter = Transfer.objects.within(scope).create(
                **common, kind="paper_out", state="in_transit", standing="full", outside=f"外{mark}", outside_branch=f"支{mark}", reason=f"因{mark}", applied_on=TODAY, applied_by=f"王{mark}",
                paid_to=TODAY.replace(day=1), out_committee_id=committee, letter_no=f"{serial:02d}{i:02d}", letter_year=TODAY.year, issued_on=TODAY, valid_until=TODAY + timedelta(days=30),
                steps=[{"title": "开介绍信", "on": str(TODAY), "by": f"王{mark}", "text": f"第{mark}号"}],
            )
            gone = Floating.objects.within(scope).create(
                **common, direction="out", purpose="work", from_on=date(2026, 9, 1), place=f"城{mark}", outside=f"外{mark}", contact=f"联{mark}", made_by=f"王{mark}",
            )
            FloatingNote.objects.within(scope).create(org_id=t.org, floating_id=gone.pk, what="contact", day=TODAY, text=f"好{mark}", by=f"联{mark}", at=AT)
            stay = Stay.objects.within(scope).create(**common, place=f"城{mark}", reason=f"因{mark}", from_on=TODAY, to_on=TODAY + timedelta(days=30), made_by=f"王{mark}")
            asked = TransferWish.objects.within(scope).create(
                org_id=t.org, person_id=who, name=f"走{mark}", target=f"外{mark}", reason=f"因{mark}", state="asked", asked_at=AT,
            )
            t.transfer, t.floating, t.stay, t.wish = t.transfer or letter.pk, t.floating or gone.pk, t.stay or stay.pk, t.wish or asked.pk
    def _dues(self, t: Things, mark: str, n: int) -> None:
        """Give an organisation bases, months, payments, exceptions and money; the newest members get theirs, a month late each."""
        scope, by = Scope((t.path,), frozenset({(Compartment.INCOME, t.path)})), f"管{mark}"
        done = set(dues.IncomeBase.objects.within(scope).filter(org_id=t.org).values_list("person_id", flat=True))
        people_ids = [p for p in t.persons if p not in done][-n:] or [900_000 + t.org + 10_000 * len(done)]
        month, own = 2026 * 12 + 5, {"org_id": t.org}
        for person in people_ids:
            base = dues.IncomeBase.objects.within(scope).create(**own, person_id=person, category="wage", base_fen=400_000, from_month=month, declared_by=by, declared_at=AT)
            dues.Exemption.objects.within(scope).create(**own, person_id=person, from_month=month + 24, to_month=month + 30, reason=f"病{mark}", meeting_on=TODAY, made_by=by, made_at=AT)
            dues.Consent.objects.within(scope).create(**own, person_id=person, kind="relative", from_month=month, meeting_on=TODAY, reason=f"远{mark}", made_by=by, made_at=AT)
            paid = dues.Payment.objects.within(scope).create(**own, person_id=person, amount_fen=4000, months=[[month, 4000]], paid_on=TODAY, method="cash", payer=f"代{mark}", made_by=by, made_at=AT)
            for m, payment in ((month, paid), (month + 1, None)):
                dues.Assessment.objects.within(scope).create(
                    **own, person_id=person, month=m, category="wage", base_fen=400_000, rate=10_000, amount_fen=4000, rule_set="cn-dues-2008", rule_version="1", base=base,
                    payment=payment, made_by=by, made_at=AT,
                )
            dues.Review.objects.within(scope).create(**own, person_id=person, first_month=month, last_month=month + 1, owed_fen=4000, reason=f"因{mark}", opened_by=by, opened_at=AT)
        money = {**own, "amount_fen": 100, "on": TODAY, "document": f"文{mark}", "note": f"注{mark}", "made_by": by, "made_at": AT}
        if not dues.Opening.objects.within(scope).filter(org_id=t.org).exists():
            dues.Opening.objects.within(scope).create(**money)
        for i in range(n):
            sent = dues.Remittance.objects.within(scope).create(**money, to_org_id=t.org)
            dues.Restitution.objects.within(scope).create(**money, to_org_id=t.org)
            dues.Expense.objects.within(scope).create(**money, purpose=1, what=f"买{mark}")
            dues.Posting.objects.within(scope).create(**own, on=TODAY, account="cash", debit_fen=100, source_type="opening", source_id=sent.pk, at=AT)
            dues.Publication.objects.within(scope).create(**own, year=2020 + i, on=TODAY, how=f"会{mark}", figures={"balance": 100}, made_by=by, made_at=AT)
        t.payment = t.payment or paid.pk
        self._bank(t, mark, n, scope)

    def _bank(self, t: Things, mark: str, n: int, scope: Scope) -> None:
        """Give an organisation a bank's file with receipts that wait."""
        common, already = {"org_id": t.org}, BankFile.objects.within(scope).filter(org_id=t.org).count()
        file = BankFile.objects.within(scope).create(
            **common, digest=f"{t.org}-{already}", name=f"流水{mark}.csv", lines=n, faults=[[9, f"日期{mark}认不出来"]], made_by=f"管{mark}", made_at=AT
        )
        for i in range(n):
            made = BankLine.objects.within(scope).create(
                **common, file=file, number=i, day=TODAY, amount_fen=100, payer=f"付{mark}", note=f"附{mark}", serial=f"流{mark}", print=f"{t.org}-{already}-{i}",
                why=f"由{mark}", decided_by=f"管{mark}",
            )
            t.receipt = t.receipt or made.pk
    def _year(self, t: Things, mark: str, scope: Scope, serial: int, n: int) -> None:
        """Give an organisation courses with their records, essays, funds with payments, places with checks and bookings."""
        who, made = t.persons[0] if t.persons else 900_000 + t.org, {"made_by": f"王{mark}", "made_at": AT}
        for i in range(n):
            day = TODAY - timedelta(days=serial + i)
            course = Course.objects.within(scope).filter(org_id=t.org, year=2026).first()  # one course of this year, held often
            course = course or Course.objects.within(scope).create(org_id=t.org, year=2026, title=f"班{mark}", kind="central", **made)
            session = Session.objects.within(scope).create(
                org_id=t.org, course=course, first_on=day, last_on=day, unit="hour", amount=2, tenths=20, place=f"室{mark}", expected=list(t.persons), proof=f"柜{mark}", **made
            )
            record_of = TrainingRecord.objects.within(scope).create(
                org_id=t.org, person_id=who, name=f"王{mark}", session_id=session.pk, title=course.title, kind="central", first_on=day, last_on=day, tenths=20, proof=f"柜{mark}", **made
            )
            note = StudyNote.objects.within(scope).create(org_id=t.org, person_id=who, name=f"王{mark}", kind="essay", day=day, title=f"心得{mark}", **made)
            doing = CommitteeDoing.objects.within(scope).create(org_id=t.org, doing="check", day=day, who=f"组{mark}", what=f"查{mark}", **made)
            plan = FundPlan.objects.within(scope).create(org_id=t.org, year=2000 + 2 * serial + i, fund="office", villages=1, appropriated=100, document=f"文{mark}", **made)
            paid = FundPayment.objects.within(scope).create(org_id=t.org, plan=plan, day=day, amount=10, note=f"付{mark}", **made)
            place = Place.objects.within(scope).create(org_id=t.org, name=f"堂{mark}", kind="village", address=f"街{mark}{serial}{i}号", address_key=f"街{mark}{serial}{i}号", area=95, **made)
            PlaceCheck.objects.within(scope).create(org_id=t.org, place=place, day=day, listed=["signboard"], present=[], note=f"缺{mark}", **made)
            booked = Booking.objects.within(scope).create(
                org_id=t.org, place=place, for_org_id=t.org, day=TODAY + timedelta(days=3), start_minute=540, end_minute=600, purpose=f"会{mark}", booked_by=f"王{mark}", booked_at=AT
            )
            if not t.course:
                t.course, t.session, t.training_record, t.study_note = course.pk, session.pk, record_of.pk, note.pk
                t.committee_doing = doing.pk
                t.fund, t.fund_payment, t.place, t.booking = plan.pk, paid.pk, place.pk, booked.pk

    def _activity(self, t: Things, mark: str, serial: int, i: int) -> record.NewActivity:
        held = date(2026, 10, 5) - timedelta(days=serial + 31 * i)
        return record.NewActivity(
            org_id=t.org, kinds=(("lecture", None),), title=f"讲{mark}", held_on=held, start_at=time(9), place=f"室{mark}", chair=f"主{mark}", recorder=f"记{mark}",
            expected=tuple(t.persons), expected_count=len(t.persons), present_count=max(len(t.persons) - 1, 0),
            absences=(record.NewAbsence(t.persons[-1] if t.persons else 900_000 + t.org, f"缺{mark}", "absent", f"因{mark}"),),
            topics=(record.NewTopic("lecture", f"题{mark}", f"话{mark}", lecturer=f"师{mark}", resolution=f"定{mark}"),),
            evidence=(
                record.NewEvidence("minutes", "entry"), record.NewEvidence("sign_in", "upload", attachment_id=t.attachment),
                record.NewEvidence("lecture_script", "paper", place=f"柜{mark}"), record.NewEvidence("activity_photos", "nil", reason=f"无{mark}"),
            ),
            recorded_by=f"记{mark}", recorded_at=AT,
        )

    def imports(self, persona: str, account_id: int) -> None:
        """Give a persona who may import an import under way at the own organisation, and tables to send back of every batch in reach."""
        own = AT_ORG[persona]
        if own is None or not roles()[ROLE[persona]].permissions & {Permission.IMPORT, Permission.DUES_WRITE}:
            return
        t = self.things[own]
        t.key = waiting.begin(account_id, t.org, table(own)).key
        for code in CODES:
            if below(code, own):
                waiting.keep_returned(account_id, self.things[code].batch, {f"{canary(code)}.xlsx": b"a table"})

    def once(self, code: str) -> None:
        """Give an organisation what there is one of: host unit, committee, open case, 免, an assignment of rules."""
        actor, mark, t = system_actor(), canary(code), self.things[code]
        scope = Scope((t.path,))
        HostUnit.objects.within(scope).create(org_id=t.org, name=f"单位{mark}")
        ColumnMatch.objects.within(scope).create(org_id=t.org, table="roster", heading=f"列{mark}", field="name")
        if t.persons:
            Exclusion.objects.within(scope).create(
                org_id=t.org, person_id=t.persons[1], reason="2", from_on=date(2026, 1, 1), superior_ref=f"镇党〔2026〕{mark}", meeting_ref=f"会{mark}"
            )
        (committee,) = tree.seat_committees(actor, [tree.NewCommittee(t.org, 1, date(2023, 6, 28), 3, date(2026, 6, 28), 3, f"党发{mark}")], at=AT)
        people.fill_posts(
            actor, [people.NewPost(t.org, p, k, date(2023, 6, 28), committee) for p, k in zip(t.persons, ("secretary", "organization", "discipline"), strict=False)],
            at=AT,
        )
        first = t.persons[0] if t.persons else 800_000 + t.org
        Correction.objects.within(scope).create(
            org_id=t.org, person_id=first, what="name", before=f"旧{mark}", reason=f"写错{mark}", account_name=f"更{mark}", at=AT
        )
        PersonMerge.objects.within(scope).create(
            org_id=t.org, loser_id=700_000 + t.org, winner_id=first, detail={"reason": f"重{mark}"}, account_name=f"并{mark}", batch_id=1 << 62, at=AT
        )
        row = Channel.objects.within(scope).create(
            org_id=t.org, kind="wecom", label=f"群{mark}", address=f"https://qyapi.weixin.qq.com/{mark}", secret=mark, shown=f"{mark}.cn", fault=f"错{mark}", fault_at=AT, made_by=f"王{mark}", made_at=AT,
        )
        t.channel = row.pk
        Message.objects.within(scope).create(
            org_id=t.org, channel=row, key=f"k{t.org}", sort="notice", text=f"开会{mark}", state="failed", written_by=f"王{mark}", written_at=AT, not_before=AT, not_after=AT, fault=f"错{mark}"
        )
        Told.objects.within(scope).create(org_id=t.org, matter=f"plan:{mark}", at=AT)
        Feed.objects.within(scope).create(org_id=t.org, person_id=first, nonce="0", made_by=f"王{mark}", made_at=AT)
        wish = structure.Adjustment(reason=f"合村{mark}", applied_on=TODAY, name=f"新名{mark}党组织")
        t.case = process.submit(
            actor, kind="structure.adjust", org_id=t.org, submitted_from=t.org, subject_type="organisation", subject_id=t.org, title=f"调整{mark}",
            wish=structure.pack(wish), at=AT,
        ) if PARENT[code] else 0
        t.excuse = Excuse.objects.within(scope).create(
            org_id=t.org, kind="theme_day", window="month", first_on=date(2026, 8, 1), last_on=date(2026, 8, 31), reason=f"防汛{mark}", requested_by=f"王{mark}",
            decided_by=f"周{mark}", decided_at=AT, case_id=t.case,
        ).pk
        value = {"value": {"window": "quarter", "min": 1}, "clause": f"第三条{mark}", "verified": True, "note": f"注{mark}", "reason": f"由{mark}"}
        t.rule_set = LocalSet.objects.within(scope).create(
            code=f"local-{code.lower()}", issuer_id=t.org, title=f"规定{mark}", short=f"规{mark}", document_no=f"发{mark}", based_on="cn-branch-2018",
            content={"life.theme_day": value}, tables={}, changed_by=f"周{mark}", changed_at=AT,
        ).pk
        Assignment.objects.create(org_id=t.org, family="dues", rule_set="cn-dues-2008", valid_from=date(2026, 1, 1), decided_by="张三", made_at=AT)


def table(code: str) -> dict[str, Any]:
    """Give an uploaded table of an organisation, as parsed."""
    text = f"姓名,性别,民族,出生日期,身份证号,人员类别,入党日期,所在党支部\n李{canary(code)},男,汉族,1980-05-01,,正式党员,2001-07-01,{code}党组织\n"
    return {f"{canary(code)}.csv": read_csv.read(text.encode())}


def build() -> World:
    """Build the world and sign every persona in."""
    w = World()
    new = [
        tree.NewOrg(
            code, f"{code}党组织", f"{code}简称", kind, parent, FOUNDED, domain="rural" if kind == "branch" else "", order=n, approval_doc="青组〔2015〕1号",
            address=f"{canary(code)}路 1 号", theme_day="20" if kind == "branch" else "",
        )
        for n, (code, kind, parent) in enumerate(ORGS)
    ]
    ids = tree.found_many(first_start_actor(), new, at=AT, since=FOUNDED)
    for n, code in enumerate(CODES):
        org = Organisation.objects.get(pk=ids[code])
        w.things[code] = Things(org=org.pk, path=org.path)
        w.fill(code, n + 1)
        w.once(code)
    for code, t in w.things.items():  # somebody else's; the personas' own follow
        t.key = waiting.begin(10**9, t.org, table(code)).key
    holder = Account.objects.create(username="holder", name="令牌", made_at=AT, password="!")
    for code, t in w.things.items():
        grant = Grant.objects.create(account=holder, org_id=t.org, role="organiser", valid_from=FOUNDED, granted_by="系统", granted_at=AT)
        t.token = ApiToken.objects.create(
            account=holder, grant=grant, label=f"令牌{canary(code)}", prefix="zb_", token_hash=canary(code), permissions=["policy.read"], made_at=AT,
            expires_on=TODAY + timedelta(days=30),
        ).pk
    for name, role, code in PERSONAS:
        own = w.things[code].persons[2] if code and role == "member" else None
        account = Account.objects.create(username=name, name=role, made_at=AT, person_id=own, password="!")
        Grant.objects.create(account=account, org_id=w.things[code].org if code else None, role=role, valid_from=FOUNDED, granted_by="系统", granted_at=AT)
        w.imports(name, account.pk)
        client = Client()
        client.force_login(account, backend=BACKEND)
        client.get(reverse("healthz"))  # the visit that notes when the session began
        w.sessions[name] = client.cookies[settings.SESSION_COOKIE_NAME].value
    return w


# --- personas and relations -----------------------------------------------------------------------------------------------------------------

#: username, role, where it is held
PERSONAS: tuple[tuple[str, str, str | None], ...] = (
    ("member", "member", "T1-B1"),
    ("leader", "group_leader", "T1-B1"),
    ("committee", "committee_member", "T1-B1"),
    ("secretary", "branch_secretary", "T1-B1"),
    ("general", "general_branch_secretary", "G1"),
    ("office", "party_building_office", "T1"),
    ("organiser", "organiser", "T1"),
    ("county", "county_org_dept", "QH"),
    ("discipline", "discipline_reader", "QH"),
    ("sysadmin", "system_admin", None),
    ("secadmin", "security_admin", None),
    ("auditor", "auditor", None),
)
ANONYMOUS = "anonymous"
ROLE = {name: role for name, role, _ in PERSONAS}
AT_ORG = {name: code for name, _, code in PERSONAS}


def below(code: str, top: str | None) -> bool:
    """Tell whether an organisation is `top` or below it, by the list above (not by the paths that the product keeps)."""
    here: str | None = code
    while here is not None:
        if here == top:
            return True
        here = PARENT[here]
    return False


def relations(persona: str) -> dict[str, str]:
    """Give the organisation that stands in each relation to a persona's own (whoever has none: one of each level, all unrelated)."""
    own = AT_ORG.get(persona)
    if own is None:
        return {"unrelated": "T1-B1", "unrelated branchless": "QH"}
    found = {"own": own}
    children = [c for c in CODES if PARENT[c] == own]
    siblings = [c for c in CODES if PARENT[c] == PARENT[own] and c != own and KIND[c] == KIND[own]]
    strangers = [c for c in CODES if not below(c, own) and not below(own, c) and c not in siblings and KIND[c] == "branch"]
    deep = [c for c in CODES if below(c, own) and c != own and c not in children and KIND[c] == "branch"]
    for name, codes in (("child", children[-1:]), ("grandchild", deep[-1:]), ("sibling", siblings), ("unrelated", strangers[-1:])):
        if codes:
            found[name] = codes[0]
    if PARENT[own]:
        found["parent"] = str(PARENT[own])
    return found


def in_scope(persona: str, code: str) -> bool:
    """Tell whether an organisation lies in the persona's scope."""
    own = AT_ORG.get(persona)
    return own is not None and below(code, own)


# --- the policy table -----------------------------------------------------------------------------------------------------------------------

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True)
class Row:
    """One row of access_policy.toml."""

    name: str
    methods: Mapping[str, str]  # method -> open | gone | signed | permission codes joined by "|"
    target: str = ""            # "" none, "org", "?org", or a word of Things
    also_org: bool = False      # the address needs ?org= beside the id
    found_by: str = ""          # the right by which the target is looked up: without it, it is not found, in scope too
    asks_first: bool = False    # who holds the right nowhere is refused before the target is looked at
    only: str = ""              # "branch": other organisations have no such page (404)
    of_account: bool = False    # belongs to the account that began it (at its own organisation in the world)
    of_nobody: bool = False     # belongs to an account that is no persona: not found by anybody
    of_member: bool = False     # the member's own: found by him alone, whatever anybody's office opens
    in_form: bool = False       # a GET is about no organisation, a POST names it in its form
    args: Mapping[str, Any] = field(default_factory=dict)
    redirects: tuple[str, ...] = ()  # methods that only lead to the GET of the same target
    query: Mapping[str, str] = field(default_factory=dict)
    json: Mapping[str, Any] = field(default_factory=dict)  # a POST sends this as JSON, with the organisation in it
    notes_looks: bool = False   # an allowed GET leaves a line in the journal, and nothing else
    why: str = ""               # reason, for open addresses

    @property
    def of_api(self) -> bool:
        """Tell whether programs ask here: a stranger is told so, not sent to the sign-in page."""
        return self.name.startswith("api:") and self.name != "api:docs"

    def rights(self, method: str) -> frozenset[Permission]:
        """Give the permissions of which one is needed."""
        return frozenset(Permission(code) for code in self.methods[method].split("|"))


@cache
def policy() -> dict[str, Row]:
    """Read access_policy.toml; an unknown word is an error."""
    raw = tomllib.loads((Path(__file__).parent / "access_policy.toml").read_text(encoding="utf-8"))
    found = {}
    for name, entry in raw.items():
        entry = dict(entry)
        methods = {m: entry.pop(m.lower()) for m in METHODS if m.lower() in entry}
        found[name] = row = Row(name, methods, **entry)
        if row.found_by:
            Permission(row.found_by)
        for method, asked in methods.items():
            if asked not in ("open", "gone", "signed"):
                row.rights(method)
    return found


def addresses(resolver: URLResolver | None = None, namespace: str = "", prefix: str = "") -> Iterator[tuple[str, str]]:
    """Walk the resolver: (name, pattern) of every address that exists; a nameless one has the name ""."""
    for pattern in (resolver or get_resolver()).url_patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern, f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace, route)
        elif isinstance(pattern, URLPattern):
            yield (namespace + pattern.name if pattern.name else "", route)


def api_document() -> dict[str, Any] | None:
    """Give the OpenAPI document of the `api` floor, None while there is no such floor."""
    if importlib.util.find_spec("zhibu.api") is None:
        return None
    name = next(name for name, _ in addresses() if name.endswith(":openapi-json"))
    return Client().get(reverse(name)).json()


def undeclared(document: Mapping[str, Any] | None = None) -> list[str]:
    """List what exists without a row: addresses, nameless addresses, operations of the API whose method has no column."""
    table, found = policy(), []
    for name, route in addresses():
        if name not in table:
            found.append(f"{name or 'nameless'} ({route})")
    routes = {normal(route): name for name, route in addresses()}
    for path, item in (document or {}).get("paths", {}).items():
        for method in item:
            name = routes.get(normal(path), "")
            if method.upper() in METHODS and method.upper() not in getattr(table.get(name), "methods", ()):
                found.append(f"{method.upper()} {path}")
    return found


def normal(route: str) -> str:
    """Write a pattern and a path of the API alike: no leading slash, every parameter as {}."""
    return re.sub(r"<[^>]*>|\{[^}]*\}", "{}", route).strip("^$").lstrip("/")


# --- verdicts -------------------------------------------------------------------------------------------------------------------------------

ALLOWED, FORBIDDEN, MISSING, TO_SIGNIN, NO_METHOD, STRANGER = "allowed", "403", "404", "to sign-in", "405", "401"


def holds(persona: str, row: Row, method: str) -> bool:
    """Tell whether the persona's role has the right of a row."""
    return row.methods[method] == "signed" or bool(roles()[ROLE[persona]].permissions & row.rights(method))


def expected(persona: str, row: Row, method: str, code: str) -> str:
    """Derive the verdict from the role's permissions, the place of the grant and the row."""
    asked = row.methods.get(method, "")
    if asked in ("open", "gone"):
        return ALLOWED if asked == "open" else MISSING
    if persona == ANONYMOUS and row.of_api:
        return STRANGER if asked else NO_METHOD
    if persona == ANONYMOUS:
        return TO_SIGNIN if set(row.methods.values()).isdisjoint({"open", "gone"}) else NO_METHOD
    if not asked:
        return NO_METHOD
    if asked == "signed" and row.of_member:
        return ALLOWED if (persona, code) == ("member", AT_ORG["member"]) else MISSING
    if asked == "signed":
        return MISSING if row.of_nobody else ALLOWED
    may = holds(persona, row, method)
    if not row.target:
        return ALLOWED if may else FORBIDDEN
    if not may and row.asks_first:
        return FORBIDDEN
    if may and (method in row.redirects or (row.in_form and method == "GET")):
        return ALLOWED
    if row.of_account:
        return ALLOWED if AT_ORG[persona] == code else MISSING
    if not in_scope(persona, code):
        return MISSING
    if row.found_by and Permission(row.found_by) not in roles()[ROLE[persona]].permissions:
        return MISSING
    if not may:
        return FORBIDDEN
    return MISSING if row.only == "branch" and KIND[code] != "branch" else ALLOWED


def verdict(response: HttpResponse) -> str:
    """Read the verdict off a response."""
    location = response.headers.get("Location", "") + response.headers.get("HX-Redirect", "")
    if location.startswith(reverse("signin") + "?next=") and response.status_code in (204, 302):
        return TO_SIGNIN
    if response.status_code in (401, 403, 404, 405):
        return str(response.status_code)
    return ALLOWED if response.status_code < 500 else f"error {response.status_code}"


# --- asking ---------------------------------------------------------------------------------------------------------------------------------


@dataclass
class Answer:
    """A response, what was written while it was made, and what the response shows."""

    response: HttpResponse
    writes: list[str]

    @property
    def verdict(self) -> str:
        """Give the verdict of the response."""
        return verdict(self.response)


#: tables that a request may write whatever it is about
OF_THE_VISIT = ("django_session", "axes_")
WRITE = re.compile(r'^\s*(?:INSERT\s+(?:OR\s+\w+\s+)?INTO|UPDATE|DELETE\s+FROM)\s+"?(\w+)', re.I)


def address(row: Row, w: World, code: str, **query: Any) -> str:
    """Write the address of a row for the things of an organisation."""
    t = w.things[code]
    takes = parameters(row.name)
    given = {name: row.args[name] if name in row.args else t.org if name == "org_id" else getattr(t, row.target.lstrip("?")) for name in takes}
    if (row.target == "?org" and not row.in_form) or row.also_org:
        query = {"org": t.org, **query}
    if row.target.startswith("?") and row.target != "?org":
        query = {row.target[1:]: getattr(t, row.target[1:]), **query}
    return reverse(row.name, kwargs=given) + (f"?{urlencode(query)}" if query else "")


@cache
def parameters(name: str) -> tuple[str, ...]:
    """Give the names of the parameters in an address."""
    route = next(route for known, route in addresses() if known == name)
    return tuple(re.findall(r"<(?:\w+:)?(\w+)>", route))


@cache
def visitor() -> Client:
    """Give the one client of all personas: making one loads the middleware anew."""
    return Client(raise_request_exception=False)


def seated(w: World, persona: str) -> Client:
    """Give the client with the persona's session."""
    client = visitor()
    client.cookies.clear()
    if persona != ANONYMOUS:
        client.cookies[settings.SESSION_COOKIE_NAME] = w.sessions[persona]
    return client


def sent(client: Client, method: str, url: str, data: Mapping[str, Any] | None = None, as_json: bool = False) -> HttpResponse:
    """Send one request: a form, or JSON with a key."""
    if as_json:
        return client.post(url, dict(data or {}), content_type="application/json", headers={"Idempotency-Key": "matrix-of-cells"})
    if method == "POST":
        return client.post(url, data or {})
    return client.generic(method, url, "", **({} if method == "GET" else {"content_type": "application/x-www-form-urlencoded"}))


def ask(w: World, persona: str, method: str, url: str, data: Mapping[str, Any] | None = None, as_json: bool = False) -> Answer:
    """Send one request as a persona; whatever it writes is taken back."""
    client = seated(w, persona)
    writes: list[str] = []

    def watch(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        if isinstance(sql, str) and (match := WRITE.match(sql)) and not match[1].startswith(OF_THE_VISIT):
            writes.append(f"{sql.split()[0]} {match[1]}")
        return execute(sql, params, many, context)

    with transaction.atomic(), connection.execute_wrapper(watch):
        response = sent(client, method, url, data, as_json)
        if response.streaming:
            response.body = b"".join(response.streaming_content)
        transaction.set_rollback(True)
    return Answer(response, writes)


def fingerprint() -> dict[str, str]:
    """Hash every table but those of the visit, past every guard."""
    found = {}
    connection.ensure_connection()
    with closing(connection.connection.cursor()) as cursor:
        for model in apps.get_models(include_auto_created=True):
            table = model._meta.db_table
            if not table.startswith(OF_THE_VISIT):
                cursor.execute(f'SELECT * FROM "{table}" ORDER BY 1')
                found[table] = hashlib.sha256(repr(cursor.fetchall()).encode()).hexdigest()
    return found


def changed(w: World, persona: str, method: str, url: str, data: Mapping[str, Any] | None = None, as_json: bool = False) -> list[str]:
    """Send a request that must change nothing without taking it back; list the tables that differ afterwards."""
    with transaction.atomic():
        before = fingerprint()
        sent(seated(w, persona), method, url, data, as_json)
        after = fingerprint()
        transaction.set_rollback(True)
    return [table for table in before if before[table] != after[table]]


# --- canaries and headers -------------------------------------------------------------------------------------------------------------------


def texts(response: HttpResponse) -> Iterator[str]:
    """Give everything a response says: headers and body, also where it is escaped, quoted or packed."""
    yield "\n".join(f"{k}: {v}" for k, v in response.headers.items()) + "\n" + str(response.cookies)
    yield unquote("\n".join(map(str, response.headers.values())))
    if response.streaming and not hasattr(response, "body"):  # a file that came at the end of followed redirects
        response.body = b"".join(response.streaming_content)
    body: bytes = response.body if response.streaming else response.content
    if body.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(body)) as packed:
            for name in packed.namelist():
                yield name + packed.read(name).decode("utf-8", "replace")
        return
    text = body.decode("utf-8", "replace")
    yield text
    if "&#" in text:
        yield html.unescape(text)
    if "\\u" in text:
        yield re.sub(r"\\u([0-9a-fA-F]{4})", lambda m: chr(int(m[1], 16)), text)
    if "%E" in text:
        yield unquote(text)


RARE = re.compile(f"[{''.join(c for word in CANARIES.values() for c in word)}]")


def foreign_canaries(persona: str, response: HttpResponse, asked: str = "") -> set[str]:
    """Give the organisations outside the persona's scope whose canary is in a response (half a canary counts, but for what was asked)."""
    found = {c for text in texts(response) for c in RARE.findall(text)} - set(asked)
    return {code for code, word in CANARIES.items() if found & set(word) and not in_scope(persona, code)}


HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def bad_headers(response: HttpResponse) -> list[str]:
    """List what is wrong with the security headers of a page."""
    wrong = [f"{name}: {response.headers.get(name)}" for name, value in HEADERS.items() if response.headers.get(name) != value]
    policy = response.headers.get("Content-Security-Policy", "")
    if "default-src 'self'" not in policy and "sandbox" not in policy or "unsafe" in policy or "*" in policy:
        wrong.append(f"Content-Security-Policy: {policy}")
    if "sandbox" not in policy and not all(f"{part} 'none'" in policy for part in ("object-src", "base-uri", "frame-ancestors")):
        wrong.append(f"Content-Security-Policy: {policy}")
    if "no-store" not in response.headers.get("Cache-Control", ""):
        wrong.append(f"Cache-Control: {response.headers.get('Cache-Control')}")
    if response.headers.get("Content-Type", "").startswith("text/") and "charset=utf-8" not in response.headers["Content-Type"]:
        wrong.append(f"Content-Type: {response.headers['Content-Type']}")
    return wrong


# --- the cells ------------------------------------------------------------------------------------------------------------------------------


#: who is asked in every relation at every address; everybody else at the own organisation and, from address to address in turn, in one relation more
IN_FULL = {"secretary", "office", "county"}


def asked_in(persona: str, row: Row) -> dict[str, str]:
    """Give the relations in which a persona is asked at an address, with the organisation that stands in each."""
    found = relations(persona)
    if persona in IN_FULL:
        return found
    others = [relation for relation in found if relation != "own"]
    turn = others[sorted(policy()).index(row.name) % len(others)]
    return {relation: code for relation, code in found.items() if relation in ("own", turn)}


def cells(row: Row, w: World) -> Iterator[tuple[str, str, str, str]]:
    """Give (persona, method, relation, organisation) of every cell of a row; an organisation that has no such thing is left out."""
    for persona in (ANONYMOUS, *ROLE):
        related = asked_in(persona, row) if row.target and persona != ANONYMOUS else {"-": AT_ORG.get(persona) or "T1-B1"}
        for relation, code in related.items():
            for method in row.methods if getattr(w.things[code], row.target.lstrip("?") or "org") else ():
                yield persona, method, relation, code
    for method in METHODS:
        if method not in row.methods:
            yield "secretary", method, "own", "T1-B1"
            yield ANONYMOUS, method, "-", "T1-B1"


def surprises(row: Row, w: World) -> Iterator[str]:
    """Run every cell of a row; give what is not as the table and the roles say."""
    for persona, method, relation, code in cells(row, w):
        url = address(row, w, code, **(row.query if method == "GET" else {}))
        cell = f"{method} {url} as {persona}, {relation} {code}"
        form = {**row.query, **({"org": w.things[code].org} if row.in_form else {})} if method == "POST" else None
        as_json = method == "POST" and bool(row.json)
        if as_json:
            url, form = url.partition("?")[0], {**row.json, "org_id": w.things[code].org}
        answer = ask(w, persona, method, url, form, as_json)
        wanted = expected(persona, row, method, code)
        if answer.verdict != wanted:
            yield f"{cell}: {answer.verdict} ({answer.response.status_code}), expected {wanted}"
        if leaks := foreign_canaries(persona, answer.response):
            yield f"{cell}: shows things of {', '.join(sorted(leaks))}"
        if wrong := bad_headers(answer.response):
            yield f"{cell}: {'; '.join(wrong)}"
        if answer.writes and (method == "GET" or wanted != ALLOWED) and (tables := changed(w, persona, method, url, form, as_json)):
            if row.notes_looks and wanted == ALLOWED and tables == ["journal_entry"]:
                continue
            yield f"{cell}: changed {', '.join(tables)}"
