"""Dues of an organisation: what each member's dues are computed from, what was assessed and paid (in the compartment 收入), and the organisation's money.

Months are indexes (kernel.periods.month_index); sums are integer fen.
"""
from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from zhibu.ground.guard.guarded import Guarded, SameOrgForeignKey
from zhibu.ground.guard.permission import Compartment
from zhibu.ground.tree.models import Organisation


class Income(Guarded):
    """What tells of a person's income: rank alone never opens it; members see their own."""

    kept_in: ClassVar[Compartment | None] = Compartment.INCOME
    own_fields = ("person_id",)

    class Meta(Guarded.Meta):
        abstract = True


class IncomeBase(Income):
    """What a member's dues are computed from (党费基数) while a member of this organisation; half-open in months. A new base ends the one before."""

    org = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    person_id = models.BigIntegerField()
    category = models.CharField(max_length=16)
    base_fen = models.BigIntegerField(default=0)  # farmers: the agreed sum; fixed categories: 0
    kept_fen = models.BigIntegerField(null=True)  # a month's sum as the 核定表 has it, rounded by hand (rules.kept)
    parts = models.JSONField(default=dict)        # items of the 核定表 in fen, by code
    from_month = models.IntegerField()
    to_month = models.IntegerField(null=True)
    declared_by = models.CharField(max_length=60)
    declared_at = models.DateTimeField()
    verified_by = models.CharField(max_length=60, blank=True)
    verified_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)    # entered by mistake
    ended_by = models.CharField(max_length=60, blank=True)
    ended_why = models.CharField(max_length=200, blank=True)

    class Meta(Income.Meta):
        abstract = False
        constraints = [models.UniqueConstraint(fields=["org", "person_id"], condition=Q(to_month__isnull=True, ended_at__isnull=True), name="dues_base_one_open")]
        indexes = [models.Index(fields=["person_id", "org"], name="dues_base_person")]


class Exemption(Income):
    """Dues reduced or waived (减免) after the branch asked and the committee above agreed; `amount_fen` is what is still due a month."""

    org = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    person_id = models.BigIntegerField()
    amount_fen = models.BigIntegerField(default=0)
    from_month = models.IntegerField()
    to_month = models.IntegerField()
    reason = models.CharField(max_length=200)
    meeting_on = models.DateField()               # the branch agreed
    state = models.CharField(max_length=10, default="asked")  # asked, approved, refused, ended
    document = models.CharField(max_length=100, blank=True)
    case_id = models.BigIntegerField(null=True)
    made_by = models.CharField(max_length=60)
    made_at = models.DateTimeField()
    ended_why = models.CharField(max_length=200, blank=True)

    class Meta(Income.Meta):
        abstract = False
        indexes = [models.Index(fields=["person_id", "org"], name="dues_exempt_person")]


class Consent(Income):
    """The branch agreed to payment by the quarter, or through relatives or other members (规定的例外)."""

    org = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    person_id = models.BigIntegerField()
    kind = models.CharField(max_length=10)        # quarterly, relative
    from_month = models.IntegerField()
    to_month = models.IntegerField(null=True)
    meeting_on = models.DateField()
    reason = models.CharField(max_length=200, blank=True)
    made_by = models.CharField(max_length=60)
    made_at = models.DateTimeField()

    class Meta(Income.Meta):
        abstract = False
        constraints = [models.UniqueConstraint(fields=["org", "person_id", "kind"], condition=Q(to_month__isnull=True), name="dues_consent_one_open")]


class Payment(Income):
    """Money a member handed in. Never changed: a mistake is reversed by a row of its own with the negative sum."""

    append_only = True

    org = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    person_id = models.BigIntegerField()
    kind = models.CharField(max_length=6, default="dues")  # dues, gift
    amount_fen = models.BigIntegerField()
    months = models.JSONField(default=list)       # [month index, fen] …, as they were when it was paid
    paid_on = models.DateField()
    method = models.CharField(max_length=10)
    payer = models.CharField(max_length=50, blank=True)  # who brought it, when not the member
    to_centre = models.BooleanField(default=False)       # a voluntary gift that is forwarded whole
    reverses = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=200, blank=True)
    made_by = models.CharField(max_length=60)
    account_id = models.BigIntegerField(null=True)
    made_at = models.DateTimeField()

    class Meta(Income.Meta):
        abstract = False
        indexes = [models.Index(fields=["org", "paid_on"], name="dues_payment_org_day"), models.Index(fields=["person_id"], name="dues_payment_person")]


class Assessment(Income):
    """What a member owes for one month, with the rule it was computed by. Amounts never change: re-assessment ends the row and makes another.

    `payment` is the living payment that settles it, so one month of one person can be settled once and no more.
    """

    org = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    person_id = models.BigIntegerField()
    month = models.IntegerField()
    category = models.CharField(max_length=16)
    base_fen = models.BigIntegerField()
    rate = models.IntegerField(null=True)         # parts per million
    amount_fen = models.BigIntegerField()
    rule_set = models.CharField(max_length=40)
    rule_version = models.CharField(max_length=64)
    base = SameOrgForeignKey(IncomeBase, null=True, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    exemption = SameOrgForeignKey(Exemption, null=True, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    payment = SameOrgForeignKey(Payment, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    made_by = models.CharField(max_length=60)
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=60, blank=True, default="")
    ended_why = models.CharField(max_length=200, blank=True, default="")

    class Meta(Income.Meta):
        abstract = False
        constraints = [models.UniqueConstraint(fields=["person_id", "month"], condition=Q(ended_at__isnull=True), name="dues_month_once")]
        indexes = [
            models.Index(fields=["org", "month"], name="dues_assess_org_month"),
            models.Index(fields=["org", "person_id", "month"], condition=Q(payment__isnull=True, ended_at__isnull=True, amount_fen__gt=0), name="dues_unpaid"),
            models.Index(fields=["payment"], condition=Q(payment__isnull=False), name="dues_assess_payment"),
        ]


class Review(Income):
    """The question whether a member who has not paid for months has a good reason (疑似自行脱党核查). It changes nobody's membership."""

    org = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    person_id = models.BigIntegerField()
    first_month = models.IntegerField()
    last_month = models.IntegerField()
    owed_fen = models.BigIntegerField()
    state = models.CharField(max_length=10, default="open")  # open, accepted, no_reason
    reason = models.CharField(max_length=200, blank=True)
    meeting_on = models.DateField(null=True)      # the branch committee judged it
    opened_by = models.CharField(max_length=60)
    opened_at = models.DateTimeField()
    closed_by = models.CharField(max_length=60, blank=True)
    closed_at = models.DateTimeField(null=True)

    class Meta(Income.Meta):
        abstract = False
        constraints = [models.UniqueConstraint(fields=["org", "person_id"], condition=Q(state="open"), name="dues_review_one_open")]


class Money(Guarded):
    """A movement of an organisation's dues that names no person."""

    org = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    amount_fen = models.BigIntegerField()
    on = models.DateField()
    document = models.CharField(max_length=100, blank=True)
    note = models.CharField(max_length=200, blank=True)
    made_by = models.CharField(max_length=60)
    made_at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)   # taken back by opposite postings
    undone_by = models.CharField(max_length=60, blank=True)
    undone_why = models.CharField(max_length=200, blank=True)

    class Meta(Guarded.Meta):
        abstract = True


class Opening(Money):
    """What an organisation had when it began to keep its dues here (期初结存)."""

    class Meta(Money.Meta):
        abstract = False
        constraints = [models.UniqueConstraint(fields=["org"], condition=Q(undone_at__isnull=True), name="dues_opening_once")]


class Remittance(Money):
    """Dues handed to the organisation above (上缴); in the books of the receiver once it says so."""

    other_scopes = ("to_org_id",)

    to_org_id = models.BigIntegerField(db_index=True)
    kind = models.CharField(max_length=6, default="dues")  # dues, gift
    until_month = models.IntegerField(null=True)  # dues collected up to this month
    received_on = models.DateField(null=True)
    received_by = models.CharField(max_length=60, blank=True)
    received_at = models.DateTimeField(null=True)

    class Meta(Money.Meta):
        abstract = False
        indexes = [models.Index(fields=["org", "on"], name="dues_remit_org_on")]


class Restitution(Money):
    """Dues given back to an organisation below (返还), as for villages in difficulty."""

    other_scopes = ("to_org_id",)

    to_org_id = models.BigIntegerField(db_index=True)

    class Meta(Money.Meta):
        abstract = False
        indexes = [models.Index(fields=["org", "on"], name="dues_return_org_on")]


class Expense(Money):
    """An expense approved by the organisation above (支出): `on` is the approval's day; booked when it was spent."""

    purpose = models.IntegerField()
    what = models.CharField(max_length=200)
    case_id = models.BigIntegerField(null=True)
    spent_on = models.DateField(null=True)
    voucher = models.CharField(max_length=100, blank=True)
    spent_by = models.CharField(max_length=60, blank=True)

    class Meta(Money.Meta):
        abstract = False
        indexes = [models.Index(fields=["org", "on"], name="dues_expense_org_on")]


class Posting(Guarded):
    """One side of a movement of money (记账分录). The sides of one source are written with it and add up to nothing."""

    append_only = True

    org = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    on = models.DateField()
    account = models.CharField(max_length=14)
    debit_fen = models.BigIntegerField(default=0)
    credit_fen = models.BigIntegerField(default=0)
    source_type = models.CharField(max_length=12)  # payment, opening, remittance, receipt, restitution, returned, expense
    source_id = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta(Guarded.Meta):
        abstract = False
        indexes = [models.Index(fields=["org", "on"], name="dues_posting_org_on")]


class Publication(Guarded):
    """Collection and use of dues of a year, made known (公布); the figures stay as they were made known."""

    append_only = True

    org = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    year = models.IntegerField()
    on = models.DateField()
    how = models.CharField(max_length=100)
    figures = models.JSONField(default=dict)      # sums in fen by code
    made_by = models.CharField(max_length=60)
    made_at = models.DateTimeField()

    class Meta(Guarded.Meta):
        abstract = False
        indexes = [models.Index(fields=["org", "year"], name="dues_publication_year")]
