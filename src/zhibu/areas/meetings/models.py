"""Drafts, plans, leave and what was attended elsewhere: everything about meetings that is not yet, or not here, a record."""
from __future__ import annotations

from django.db import models

from zhibu.ground.guard.guarded import Guarded, SameOrgForeignKey
from zhibu.ground.tree.models import Organisation


class Draft(Guarded):
    """A meeting record that was put aside (先放着), with everything typed so far."""

    org = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    key = models.CharField(max_length=64)
    title = models.CharField(max_length=120, blank=True)
    form = models.JSONField(default=dict)
    why = models.CharField(max_length=300, blank=True)
    saved_by = models.CharField(max_length=60)
    saved_at = models.DateTimeField()

    class Meta(Guarded.Meta):
        abstract = False
        constraints = [models.UniqueConstraint(fields=["org", "key"], name="draft_key")]


class Plan(Guarded):
    """A planned meeting (计划的会), or an invitation to one of another organisation. It never fulfils anything; its record does."""

    org = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    kinds = models.JSONField(default=list)  # [kind, group id or None] …
    day = models.DateField()
    start_at = models.TimeField(null=True)
    end_at = models.TimeField(null=True)
    place = models.CharField(max_length=100, blank=True)
    topics = models.JSONField(default=list)  # one text per topic
    bring = models.CharField(max_length=200, blank=True)
    moved_why = models.CharField(max_length=200, blank=True)  # the fixed day fell on a holiday
    state = models.CharField(max_length=10, default="planned")  # planned, invited, declined, cancelled
    state_why = models.CharField(max_length=200, blank=True)
    activity_id = models.BigIntegerField(null=True)  # the record it led to
    made_by = models.CharField(max_length=60)
    made_at = models.DateTimeField()
    version = models.IntegerField(default=1)
    host_org_id = models.BigIntegerField(null=True)  # who invited (联合开展)
    host_said = models.JSONField(default=dict)  # what the host recorded, to be taken over: at, corrected, voided, start, end, place

    class Meta(Guarded.Meta):
        abstract = False
        indexes = [models.Index(fields=["org", "day"], name="plan_org_day")]


class PlanChange(Guarded):
    """How a plan stood before it was changed, cancelled, accepted or declined."""

    append_only = True

    org = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    plan = SameOrgForeignKey(Plan, on_delete=models.PROTECT, related_name="changes")
    what = models.CharField(max_length=10)  # changed, cancelled, accepted, declined
    before = models.CharField(max_length=400, blank=True)  # day, time and place in words
    reason = models.CharField(max_length=200, blank=True)
    by = models.CharField(max_length=60)
    at = models.DateTimeField()

    class Meta(Guarded.Meta):
        abstract = False


class Leave(Guarded):
    """Leave asked for a planned meeting (会前请假): by the member, or by an officer who was told."""

    own_fields = ("person_id",)

    org = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    plan = SameOrgForeignKey(Plan, on_delete=models.PROTECT, related_name="leaves")
    person_id = models.BigIntegerField()
    name = models.CharField(max_length=50)
    reason = models.CharField(max_length=100)
    state = models.CharField(max_length=10, default="asked")  # asked, approved, declined, withdrawn
    asked_by = models.CharField(max_length=60)
    on_behalf = models.BooleanField(default=False)
    asked_at = models.DateTimeField()
    decided_by = models.CharField(max_length=60, blank=True)
    decided_at = models.DateTimeField(null=True)
    decided_why = models.CharField(max_length=100, blank=True)

    class Meta(Guarded.Meta):
        abstract = False
        constraints = [models.UniqueConstraint(fields=["plan", "person_id"], name="leave_once")]


class JointGuest(Guarded):
    """The host's side of an invitation: which organisation, how far it is, and headcounts of its own record; never a name."""

    org = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    plan = SameOrgForeignKey(Plan, on_delete=models.PROTECT, related_name="guests")
    guest_org_id = models.BigIntegerField()
    guest_plan_id = models.BigIntegerField()
    state = models.CharField(max_length=10, default="invited")  # invited, accepted, declined, recorded
    expected = models.IntegerField(null=True)
    present = models.IntegerField(null=True)

    class Meta(Guarded.Meta):
        abstract = False
        constraints = [models.UniqueConstraint(fields=["plan", "guest_org_id"], name="joint_guest_once")]


class Elsewhere(Guarded):
    """Organisational life that a member attended at another organisation (在外参加): entered by the own branch, with where the evidence is."""

    own_fields = ("person_id",)

    org = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    person_id = models.BigIntegerField()
    name = models.CharField(max_length=50)
    day = models.DateField()
    kind = models.CharField(max_length=20)
    at_org = models.CharField(max_length=100)  # which organisation, as the member says
    how = models.CharField(max_length=8)  # paper, upload
    kept_at = models.CharField(max_length=100, blank=True)
    attachment_id = models.BigIntegerField(null=True)
    made_by = models.CharField(max_length=60)
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)  # entered by mistake
    ended_by = models.CharField(max_length=60, blank=True)
    ended_why = models.CharField(max_length=200, blank=True)

    class Meta(Guarded.Meta):
        abstract = False
        indexes = [models.Index(fields=["org", "day"], name="elsewhere_org_day")]
