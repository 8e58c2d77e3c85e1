"""Who did what, when. Append-only, without foreign keys, so that it outlives what it describes."""
from __future__ import annotations

from django.db import models

from zhibu.ground.guard.guarded import Guarded


class Entry(Guarded):
    """One line of the journal (操作日志): one command, with the difference it made."""

    append_only = True
    org_optional = True  # sign-ins and system runs belong to no organisation

    at = models.DateTimeField(db_index=True)
    account_id = models.BigIntegerField(null=True)
    account_name = models.CharField(max_length=60)
    action = models.CharField(max_length=60)
    org_id = models.BigIntegerField(null=True)
    subject_type = models.CharField(max_length=40, blank=True)
    subject_id = models.BigIntegerField(null=True)
    result = models.CharField(max_length=10, default="ok")
    changes = models.JSONField(default=dict)
    batch_id = models.BigIntegerField(null=True, db_index=True)

    class Meta(Guarded.Meta):
        abstract = False
        indexes = [
            models.Index(fields=["org_id", "at"], name="journal_org_at"),
            models.Index(fields=["subject_type", "subject_id"], name="journal_subject"),
        ]


class ImportBatch(Guarded):
    """One confirmed import (导入批次): all or nothing, undoable for seven days.

    `made`: model label -> id -> fingerprint of the row as written. `changed`: label -> id -> column -> [before, after]. `removed`: label -> id -> row.
    ID numbers and phones stand there as the ciphertext of their columns."""

    org_id = models.BigIntegerField()
    account_id = models.BigIntegerField(null=True)
    account_name = models.CharField(max_length=60)
    at = models.DateTimeField()
    file_names = models.JSONField(default=list)
    counts = models.JSONField(default=dict)
    made = models.JSONField(default=dict)
    changed = models.JSONField(default=dict)
    removed = models.JSONField(default=dict)
    undone_at = models.DateTimeField(null=True)
    undone_by = models.CharField(max_length=60, blank=True)

    class Meta(Guarded.Meta):
        abstract = False
        indexes = [models.Index(fields=["org_id", "at"], name="batch_org_at")]


class ColumnMatch(Guarded):
    """A clerk's correction of a column, remembered by an office for the next table with the same heading; field "" means "do not import"."""

    org_id = models.BigIntegerField()
    table = models.CharField(max_length=30)
    heading = models.CharField(max_length=100)
    field = models.CharField(max_length=40, blank=True)

    class Meta(Guarded.Meta):
        abstract = False
        constraints = [models.UniqueConstraint(fields=["org_id", "table", "heading"], name="column_match_once")]
