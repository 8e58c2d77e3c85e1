"""Drafts of meeting records: mutable, handed on with the branch."""
from __future__ import annotations

from django.db import models

from zhibu.ground.guard.guarded import Guarded
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
