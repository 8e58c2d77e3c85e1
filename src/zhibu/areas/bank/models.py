"""What a bank's file said was received (银行到账). Who paid how much tells of incomes, so all of it lies in the compartment 收入."""
from __future__ import annotations

from typing import ClassVar

from django.db import models

from zhibu.ground.guard.guarded import Guarded, SameOrgForeignKey
from zhibu.ground.guard.permission import Compartment
from zhibu.ground.tree.models import Organisation


class BankFile(Guarded):
    """A file that was taken in; the same file is taken in once. `faults`: lines that could not be read, as [row, reason]."""

    kept_in: ClassVar[Compartment | None] = Compartment.INCOME
    append_only = True

    org = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    digest = models.CharField(max_length=64)
    name = models.CharField(max_length=200)
    lines = models.IntegerField()
    known = models.IntegerField(default=0)  # lines that an earlier file had already
    faults = models.JSONField(default=list)
    made_by = models.CharField(max_length=60)
    made_at = models.DateTimeField()

    class Meta(Guarded.Meta):
        abstract = False
        constraints = [models.UniqueConstraint(fields=["org", "digest"], name="bank_file_once")]


class BankLine(Guarded):
    """A receipt: waiting, booked as somebody's dues, or set aside as something else. `print` makes it one line in whatever file it comes again."""

    kept_in: ClassVar[Compartment | None] = Compartment.INCOME

    org = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+", db_index=False)
    file = SameOrgForeignKey(BankFile, on_delete=models.PROTECT, related_name="+")
    number = models.IntegerField()
    day = models.DateField()
    amount_fen = models.BigIntegerField()
    payer = models.CharField(max_length=100, blank=True)
    note = models.CharField(max_length=200, blank=True)
    serial = models.CharField(max_length=60, blank=True)
    print = models.CharField(max_length=64)
    state = models.CharField(max_length=8, default="open")  # open, booked, aside
    person_id = models.BigIntegerField(null=True)
    payment_id = models.BigIntegerField(null=True)
    why = models.CharField(max_length=100, blank=True)
    decided_by = models.CharField(max_length=60, blank=True)
    decided_at = models.DateTimeField(null=True)

    class Meta(Guarded.Meta):
        abstract = False
        constraints = [models.UniqueConstraint(fields=["org", "print"], name="bank_line_once")]
        indexes = [models.Index(fields=["org", "state", "day"], name="bank_line_state")]
