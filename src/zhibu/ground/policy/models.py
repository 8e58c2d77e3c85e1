"""Which rule set an organisation follows, for which family, from when (规则指定). Readable to everybody."""
from __future__ import annotations

from django.db import models

from zhibu.ground.tree.models import Organisation


class Assignment(models.Model):
    """An assignment of a rule set to an organisation and its subtree; valid_to is exclusive."""

    org = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    family = models.CharField(max_length=30)
    rule_set = models.CharField(max_length=40)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    decided_by = models.CharField(max_length=60)
    decision_doc = models.CharField(max_length=100, blank=True)
    reason = models.CharField(max_length=300, blank=True)  # needed when laxer than the national rule (E042)
    made_at = models.DateTimeField()

    class Meta:
        ordering = ["family", "org_id", "valid_from", "id"]
        indexes = [models.Index(fields=["family", "valid_from"], name="assignment_family_from")]
