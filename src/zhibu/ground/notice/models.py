"""Notices on an organisation's desk (提醒)."""
from __future__ import annotations

from django.db import models

from zhibu.ground.guard.guarded import Guarded
from zhibu.ground.tree.models import Organisation


class Notice(Guarded):
    """One reminder about one matter, written in the business transaction; at most one per matter in seven days."""

    org = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    matter = models.CharField(max_length=80)  # e.g. "meetings:committee_meeting::2025-08-01"
    text = models.CharField(max_length=300)
    sent_by = models.CharField(max_length=60)
    sent_from = models.CharField(max_length=60)
    at = models.DateTimeField()
    seen_at = models.DateTimeField(null=True)

    class Meta(Guarded.Meta):
        abstract = False
        indexes = [models.Index(fields=["org", "matter", "at"], name="notice_org_matter")]
