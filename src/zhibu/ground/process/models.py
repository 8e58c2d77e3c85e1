"""Cases: something handed in by one organisation and answered by another above it (报批)."""
from __future__ import annotations

from django.db import models

from zhibu.ground.guard.guarded import Guarded
from zhibu.ground.tree.models import Organisation


class CaseState(models.TextChoices):
    """状态."""

    SUBMITTED = "submitted", "待审批"
    APPROVED = "approved", "已同意"
    REFUSED = "refused", "未同意"
    WITHDRAWN = "withdrawn", "已撤回"


class Case(Guarded):
    """A case (报批事项). What it asks stands in `wish`; who decided, when and with which document stays with it."""

    org = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=40)
    title = models.CharField(max_length=150)
    subject_type = models.CharField(max_length=40)
    subject_id = models.BigIntegerField()
    wish = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=CaseState.choices, default=CaseState.SUBMITTED)
    submitted_by = models.CharField(max_length=60)
    submitter_id = models.BigIntegerField(null=True)
    submitted_from = models.BigIntegerField()  # organisation that hands in
    submitted_at = models.DateTimeField()
    decided_by = models.CharField(max_length=60, blank=True)
    decider_id = models.BigIntegerField(null=True)
    decided_from = models.BigIntegerField(null=True)
    decided_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=300, blank=True)
    document = models.CharField(max_length=100, blank=True)

    class Meta(Guarded.Meta):
        abstract = False
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "subject_type", "subject_id"], condition=models.Q(state="submitted"), name="case_one_open"
            )
        ]
        indexes = [models.Index(fields=["org", "state"], name="case_org_state")]
