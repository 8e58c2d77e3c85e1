"""What a deployment entered itself about days off and make-up working days. Rows are only added; the newest about a day counts, all stay readable."""
from __future__ import annotations

from django.db import models


class DayEdit(models.Model):
    """One day as somebody entered it (放假安排的改动): who, when, why. It belongs to no organisation and holds nothing about persons."""

    day = models.DateField(db_index=True)
    kind = models.CharField(max_length=10)  # off, work, usual (as the week says)
    name = models.CharField(max_length=30, blank=True)  # of the holiday
    reason = models.CharField(max_length=200)
    made_by = models.CharField(max_length=60)
    made_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
