"""What every table keeps to: declared append-only or mutable, short names, fields that other databases know too."""
from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.apps import apps
from django.contrib.postgres import fields as postgres_fields
from django.db.models import Model

LONGEST = 30  # the shortest limit among the databases that may come

# Each table is in exactly one of the two. A row of the first kind is never changed or deleted: a correction is a new row.
APPEND_ONLY = {
    "journal.Entry",
    "files.Attachment",
    "people.Correction", "people.PersonMerge",
    "meetings.PlanChange",
    "talks.TalkText",
    "transfers.FloatingNote",
    "bank.BankFile",
    "dues.Payment", "dues.Posting", "dues.Publication",
    "resources.FundPayment", "resources.PlaceCheck",
    "record.Activity", "record.Absence", "record.CatchUp", "record.Topic", "record.Evidence",
}
MUTABLE = {
    "guard.KeyMark", "guard.AnsweredPost",
    "jobs.Worker", "jobs.Recurring",
    "journal.ImportBatch",  # undone_at
    "journal.ColumnMatch",
    "tree.Organisation", "tree.OrganisationSpell", "tree.HostUnit", "tree.PartyGroup", "tree.Committee",
    "people.Person", "people.Membership", "people.Post", "people.GroupPlace", "people.Exclusion",
    "access.Account", "access.Grant", "access.SetupCode",
    "access.Factor",  # counter: no code counts twice
    "access.Sitting",
    "access.ApiToken",  # last_used_on, ended_at
    "policy.Assignment", "policy.LocalSet",
    "record.ActivityKind",  # an index of the newest entries, made anew from them
    "record.Excuse",
    "notice.Notice",  # seen_at
    "notice.Channel", "notice.Message", "notice.Feed",
    "notice.Told",  # rows are only added, and go when their keeping time is over
    "process.Case",  # its state moves; who moved it stands in the journal
    "bank.BankLine",  # what became of it
    "meetings.Draft",
    "meetings.Plan", "meetings.Leave", "meetings.JointGuest", "meetings.Elsewhere",
    "talks.Talk", "talks.TalkEvent", "talks.ContactPerson", "talks.ContactTalk",  # ended_at: entered by mistake
    "care.CareEvent", "care.CareMember", "care.CareCall", "care.CareProposal",
    "care.CareRequest",  # its state moves; who moved it stands in the row and in the journal
    "transfers.Transfer", "transfers.TransferWish", "transfers.Floating", "transfers.Stay",  # their steps move them on; contacts and certificates are only added
    "dues.IncomeBase", "dues.Exemption", "dues.Consent", "dues.Review",
    "dues.Assessment",  # which payment settles it; amounts never change
    "dues.Opening", "dues.Remittance", "dues.Restitution", "dues.Expense",  # received, spent, taken back: with postings of their own
    "resources.FundPlan", "resources.Place", "resources.Booking",
    "training.Course", "training.Session", "training.TrainingRecord", "training.StudyNote", "training.CommitteeDoing",  # a mistake ends, with its reason
    "workdays.DayEdit",  # rows are only added; the newest about a day counts
}


def our_models() -> list[type[Model]]:
    return [m for m in apps.get_models(include_auto_created=True) if m.__module__.startswith("zhibu.")]


assert our_models(), "no models: this test would pass on nothing"


def test_every_model_is_declared_append_only_or_mutable() -> None:
    labels = {m._meta.label for m in our_models()}
    assert not APPEND_ONLY & MUTABLE
    assert labels == APPEND_ONLY | MUTABLE, {"undeclared": sorted(labels - APPEND_ONLY - MUTABLE), "gone": sorted((APPEND_ONLY | MUTABLE) - labels)}


@pytest.mark.parametrize("model", our_models(), ids=lambda m: m._meta.label)
def test_the_class_says_the_same(model: type[Model]) -> None:
    assert bool(getattr(model, "append_only", False)) == (model._meta.label in APPEND_ONLY)


@pytest.mark.parametrize("label", sorted(APPEND_ONLY))
def test_a_ledger_refuses_changes(label: str) -> None:
    """By the query, by the row and by delete; refused before anything reaches the database (there is none in this test)."""
    from zhibu.ground.guard.scope import Scope

    model = apps.get_model(label)
    rows = model.objects.within(Scope())
    row = model(pk=1)
    row._state.adding = False
    for change in (lambda: rows.update(pk=2), rows.delete, row.save, row.delete):
        with pytest.raises(RuntimeError) as refusal:
            change()
        assert type(refusal.value).__name__ == "AppendOnly"


def test_what_may_be_pruned_is_named_and_never_a_ledger() -> None:
    from zhibu.ground.guard.pruning import PRUNABLE

    assert {label for label in PRUNABLE if label in APPEND_ONLY | MUTABLE} == {"guard.AnsweredPost", "notice.Message", "notice.Told", "access.Sitting"}
    assert not PRUNABLE & APPEND_ONLY and all(apps.get_model(label) for label in PRUNABLE)


def test_pruning_refuses_every_other_table() -> None:
    """Before its first statement: there is no database in this test."""
    from zhibu.ground.guard.pruning import PRUNABLE, NotPrunable, prune
    from zhibu.ground.guard.scope import Scope

    for model in our_models():
        if model._meta.label not in PRUNABLE:
            rows = model.objects.within(Scope()) if hasattr(model.objects, "within") else model.objects.all()
            with pytest.raises(NotPrunable):
                prune(rows)


def names(model: type[Model]) -> Iterator[str]:
    meta = model._meta
    yield meta.db_table
    yield from (f.column for f in meta.local_concrete_fields)
    yield from (i.name for i in meta.indexes)
    yield from (c.name for c in meta.constraints)
    yield from (f.m2m_db_table() for f in meta.local_many_to_many)


@pytest.mark.parametrize("model", our_models(), ids=lambda m: m._meta.label)
def test_names_fit_every_database(model: type[Model]) -> None:
    long = [n for n in names(model) if len(n) > LONGEST]
    assert not long, f"longer than {LONGEST} characters: {long}"


@pytest.mark.parametrize("model", our_models(), ids=lambda m: m._meta.label)
def test_no_field_that_only_postgresql_has(model: type[Model]) -> None:
    special = tuple(c for c in vars(postgres_fields).values() if isinstance(c, type))
    assert not [f.name for f in model._meta.local_concrete_fields if isinstance(f, special)]
