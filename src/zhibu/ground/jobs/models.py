"""What the background work keeps beside the library's rows of jobs: who works, and when what recurs is due next. Nothing about persons."""
from __future__ import annotations

from django.db import models


class Worker(models.Model):
    """A worker (后台工作者) and when it last gave a sign of life. It belongs to no organisation."""

    name = models.CharField(max_length=64, unique=True)
    began_at = models.DateTimeField()
    beat_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]


class Recurring(models.Model):
    """When a piece of work that recurs (定时工作) is due next. It belongs to no organisation."""

    name = models.CharField(max_length=60, unique=True)
    next_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
