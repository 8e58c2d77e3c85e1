"""Care: what is known about a member in need lies in the compartment of the branch. What is handed upward is a row of its own, with what the decider needs."""
from __future__ import annotations

from django.db import models

from zhibu.ground.guard.fields import SealedField
from zhibu.ground.guard.guarded import Guarded, SameOrgForeignKey
from zhibu.ground.guard.permission import Compartment
from zhibu.ground.tree.models import Organisation


class CareEvent(Guarded):
    """Something after which a member must be visited (五必访): which of the five kinds and when; no text."""

    kept_in = Compartment.HARDSHIP

    org = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    person_id = models.BigIntegerField()
    name = models.CharField(max_length=50)
    kind = models.CharField(max_length=12)
    day = models.DateField()
    made_by = models.CharField(max_length=60)
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)  # entered by mistake
    ended_by = models.CharField(max_length=60, blank=True)

    class Meta(Guarded.Meta):
        abstract = False
        constraints = [models.UniqueConstraint(fields=["person_id", "kind", "day"], condition=models.Q(ended_at__isnull=True), name="care_event_once")]
        indexes = [models.Index(fields=["org", "day"], name="care_event_org_day")]


class CareMember(Guarded):
    """A member on the branch's list of care: in hardship, or retired (with a contact person)."""

    kept_in = Compartment.HARDSHIP
    own_fields = ("person_id", "contact_id")

    org = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    person_id = models.BigIntegerField()
    name = models.CharField(max_length=50)
    flag = models.CharField(max_length=12)
    contact_id = models.BigIntegerField(null=True)  # contact person of a retired member
    contact_name = models.CharField(max_length=50, blank=True)
    from_on = models.DateField()
    ended_on = models.DateField(null=True)
    made_by = models.CharField(max_length=60)
    made_at = models.DateTimeField()

    class Meta(Guarded.Meta):
        abstract = False
        constraints = [models.UniqueConstraint(fields=["person_id", "flag"], condition=models.Q(ended_on__isnull=True), name="care_member_once")]
        indexes = [models.Index(fields=["org", "from_on"], name="care_member_org_from")]


class CareRequest(Guarded):
    """A proposal as it is handed upward: name, kind, amount, source and the ground written for the decider. Office and branch read it, nobody else by rank."""

    other_scopes = ("office_id",)

    org = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    office_id = models.BigIntegerField()  # the organisation that audits and decides
    name = models.CharField(max_length=50)
    kind = models.CharField(max_length=12)
    amount_fen = models.BigIntegerField()
    goods = models.CharField(max_length=100, blank=True)
    source = models.CharField(max_length=12)
    ground = SealedField(purpose="care.ground", blank=True, default="")
    state = models.CharField(max_length=10, default="submitted")
    made_by = models.CharField(max_length=60)
    maker_id = models.BigIntegerField(null=True)
    made_at = models.DateTimeField()
    audited_by = models.CharField(max_length=60, blank=True)
    auditor_id = models.BigIntegerField(null=True)
    audited_at = models.DateTimeField(null=True)
    audit_note = models.CharField(max_length=200, blank=True)
    decided_by = models.CharField(max_length=60, blank=True)
    decided_on = models.DateField(null=True)
    decision = models.CharField(max_length=200, blank=True)
    document = models.CharField(max_length=100, blank=True)
    paid_fen = models.BigIntegerField(null=True)
    paid_on = models.DateField(null=True)
    paid_document = models.CharField(max_length=60, blank=True)
    paid_by = models.CharField(max_length=60, blank=True)
    expense_id = models.BigIntegerField(null=True)  # the expense from the organisation's own dues that it was paid from, once (ground of the money: care/money.py)

    class Meta(Guarded.Meta):
        abstract = False
        constraints = [models.UniqueConstraint(fields=["expense_id"], condition=models.Q(expense_id__isnull=False), name="care_expense_once")]
        indexes = [models.Index(fields=["org", "state"], name="care_request_org"), models.Index(fields=["office_id", "state"], name="care_request_office")]


class CareProposal(Guarded):
    """The branch's own side of a proposal: for whom, and what is nobody else's business."""

    kept_in = Compartment.HARDSHIP
    own_fields = ("person_id",)

    org = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    request = SameOrgForeignKey(CareRequest, unique=True, on_delete=models.PROTECT, related_name="+")
    person_id = models.BigIntegerField()
    name = models.CharField(max_length=50)
    situation = SealedField(purpose="care.situation", blank=True, default="")

    class Meta(Guarded.Meta):
        abstract = False
        indexes = [models.Index(fields=["org", "person_id"], name="care_proposal_org")]


class CareCall(Guarded):
    """A visit to a member (走访): who went, what was brought, what the member said."""

    kept_in = Compartment.HARDSHIP
    own_fields = ("person_id",)

    org = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    person_id = models.BigIntegerField()
    name = models.CharField(max_length=50)
    day = models.DateField()
    caller_id = models.BigIntegerField(null=True)  # a member of the branch; others by name
    callers = models.CharField(max_length=100)
    goods = models.CharField(max_length=100, blank=True)
    feedback = SealedField(purpose="care.feedback", blank=True, default="")
    request = SameOrgForeignKey(CareRequest, null=True, on_delete=models.PROTECT, related_name="+")
    made_by = models.CharField(max_length=60)
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)  # entered by mistake
    ended_by = models.CharField(max_length=60, blank=True)
    ended_why = models.CharField(max_length=200, blank=True)

    class Meta(Guarded.Meta):
        abstract = False
        constraints = [models.UniqueConstraint(fields=["person_id", "callers", "day"], condition=models.Q(ended_at__isnull=True), name="care_call_once")]
        indexes = [models.Index(fields=["org", "day"], name="care_call_org_day"), models.Index(fields=["person_id"], name="care_call_person")]
