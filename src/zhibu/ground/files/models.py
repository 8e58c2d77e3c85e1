"""Attachments: outside the web root, named by their hash, seen only through an authorised download."""
from __future__ import annotations

from django.db import models

from zhibu.ground.guard.guarded import Guarded


class Attachment(Guarded):
    """An uploaded file (附件)."""

    append_only = True

    org_id = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField()
    media_type = models.CharField(max_length=60)
    name = models.CharField(max_length=120)
    compartment = models.CharField(max_length=12, blank=True)
    account_id = models.BigIntegerField(null=True)
    at = models.DateTimeField()

    class Meta(Guarded.Meta):
        abstract = False
        indexes = [models.Index(fields=["org_id", "at"], name="attachment_org_at")]
