"""Which rule set an organisation follows (规则指定), and the rule sets that organisations make themselves (自定规则集)."""
from __future__ import annotations

from django.db import models

from zhibu.ground.guard.guarded import Guarded
from zhibu.ground.tree.models import Organisation


class SetStatus(models.TextChoices):
    """规则集状态."""

    DRAFT = "draft", "草稿"
    ACTIVE = "active", "启用"
    RETIRED = "retired", "停用"


class Assignment(models.Model):
    """An assignment of a rule set to an organisation and its subtree; valid_to is exclusive. Readable to everybody."""

    org = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    family = models.CharField(max_length=30)
    rule_set = models.CharField(max_length=40)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    decided_by = models.CharField(max_length=60)
    decision_doc = models.CharField(max_length=100, blank=True)
    reason = models.CharField(max_length=300, blank=True)  # needed when laxer than the national rule (E042)
    made_at = models.DateTimeField()
    ended_by = models.CharField(max_length=60, blank=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["family", "org_id", "valid_from", "id"]
        indexes = [models.Index(fields=["family", "valid_from"], name="assignment_family_from")]


class LocalSet(Guarded):
    """A rule set that an organisation makes for itself and those below. A draft is its own; once active the content never changes.

    `content`: key -> {value, clause, verified, note, reason} in the words of the file format. `tables`: file name -> decision table (TOML text).
    """

    scope_field = "issuer_id"

    code = models.CharField(max_length=40, unique=True)
    issuer = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    title = models.CharField(max_length=100)
    short = models.CharField(max_length=60)
    document_no = models.CharField(max_length=60, blank=True)
    source = models.CharField(max_length=200, blank=True)
    effective_from = models.DateField(null=True)
    effective_to = models.DateField(null=True)  # the last day in force
    supersedes = models.CharField(max_length=40, blank=True)
    based_on = models.CharField(max_length=40, blank=True)
    status = models.CharField(max_length=10, choices=SetStatus.choices, default=SetStatus.DRAFT)
    content = models.JSONField(default=dict)
    reason = models.CharField(max_length=300, blank=True)  # why national kinds of organisational life are not named
    tables = models.JSONField(default=dict)
    version = models.IntegerField(default=1)  # of the draft, for two people editing at once
    changed_by = models.CharField(max_length=60)
    changed_at = models.DateTimeField()
    activated_by = models.CharField(max_length=60, blank=True)
    activated_at = models.DateTimeField(null=True)
    retired_by = models.CharField(max_length=60, blank=True)
    retired_at = models.DateTimeField(null=True)

    class Meta(Guarded.Meta):
        abstract = False
        ordering = ["code"]
