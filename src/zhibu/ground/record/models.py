"""What happened. Entries are append-only: a correction is a new entry that names the one it corrects, and both stay visible.

Foreign keys have no index of their own where an index or constraint below begins with their column: a year of a county has some hundred thousand rows.
"""
from __future__ import annotations

from django.db import models

from zhibu.ground.guard.guarded import Guarded, SameOrgForeignKey
from zhibu.ground.tree.models import Organisation, PartyGroup


class Activity(Guarded):
    """An activity of organisational life (组织生活活动): happened on, and recorded at."""

    append_only = True

    org = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+", db_index=False)
    held_as = models.JSONField(default=list)  # [kind, group id or None] …: what the entry said, for ever; ActivityKind is the index of what counts
    title = models.CharField(max_length=120)
    held_on = models.DateField()
    start_at = models.TimeField(null=True)
    end_at = models.TimeField(null=True)
    place = models.CharField(max_length=100, blank=True)
    chair = models.CharField(max_length=50, blank=True)
    recorder = models.CharField(max_length=50, blank=True)
    contents = models.JSONField(default=list)  # items of a theme party day (S08)
    expected = models.JSONField(default=list)  # ids of the persons on the roll of that day; exceptions are Absence rows
    expected_count = models.IntegerField()
    present_count = models.IntegerField()
    voting_count = models.IntegerField(null=True)  # 应到会有表决权
    voting_present = models.IntegerField(null=True)
    written_in = models.CharField(max_length=10, default="page")  # page, import, demo
    recorded_at = models.DateTimeField()
    recorded_by = models.CharField(max_length=60)
    account_id = models.BigIntegerField(null=True)
    corrects = SameOrgForeignKey("self", null=True, on_delete=models.PROTECT, related_name="corrections", db_index=False)
    correction_reason = models.CharField(max_length=200, blank=True)
    batch_id = models.BigIntegerField(null=True)

    class Meta(Guarded.Meta):
        abstract = False
        constraints = [models.UniqueConstraint(fields=["corrects"], name="activity_corrected_once")]
        indexes = [models.Index(fields=["org", "held_on"], name="activity_org_held")]


class ActivityKind(Guarded):
    """One slot that an activity fills: its kind (and group) in a month. An index of the newest entries, kept by the record actions.

    `records` is the bit mask of record types present. Corrected entries and undone imports have no rows here. `recorded_on` is the day on which
    the meeting was first recorded completely: a correction that changes neither day nor kind keeps it (record/actions.py).
    """

    org = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+", db_index=False)
    activity = SameOrgForeignKey(Activity, on_delete=models.PROTECT, related_name="kinds", db_index=False)
    kind = models.CharField(max_length=20)
    group = SameOrgForeignKey(PartyGroup, null=True, on_delete=models.PROTECT, related_name="+")
    held_on = models.DateField()
    held_month = models.IntegerField()  # year * 12 + month - 1
    start_minute = models.SmallIntegerField(default=-1)  # minutes after midnight; -1 where the time is not known
    group_key = models.BigIntegerField(default=0)  # the group's id or 0, because NULLs would not collide below
    recorded_on = models.DateField()
    records = models.IntegerField(default=0)

    class Meta(Guarded.Meta):
        abstract = False
        constraints = [
            # Two records of the same meeting are refused by the database too (S04 X).
            models.UniqueConstraint(fields=["org", "kind", "group_key", "held_on", "start_minute"], name="slot_once"),
            models.UniqueConstraint(fields=["activity", "kind", "group_key"], name="slot_activity_kind"),
        ]
        indexes = [models.Index(fields=["org", "kind", "held_month"], name="slot_org_kind_month")]


class Absence(Guarded):
    """A person on the roll who was not there: leave, absent, or not counted (考勤的例外)."""

    append_only = True
    own_fields = ("person_id",)

    org = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+", db_index=False)
    activity = SameOrgForeignKey(Activity, on_delete=models.PROTECT, related_name="absences", db_index=False)
    person_id = models.BigIntegerField()
    name = models.CharField(max_length=50)
    status = models.CharField(max_length=10)  # leave, absent
    reason = models.CharField(max_length=100, blank=True)

    class Meta(Guarded.Meta):
        abstract = False
        constraints = [models.UniqueConstraint(fields=["activity", "person_id"], name="absence_once")]
        indexes = [models.Index(fields=["org", "person_id"], name="absence_org_person")]


class CatchUp(Guarded):
    """An absence made up for later (补课)."""

    append_only = True

    org = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    absence = SameOrgForeignKey(Absence, on_delete=models.PROTECT, related_name="catch_ups")
    done_on = models.DateField()
    how = models.CharField(max_length=100)
    recorded_at = models.DateTimeField()

    class Meta(Guarded.Meta):
        abstract = False
        constraints = [models.UniqueConstraint(fields=["absence"], name="catch_up_once")]


class Topic(Guarded):
    """A topic and, where something was decided, its resolution and vote (议题、决议、表决)."""

    append_only = True

    org = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    activity = SameOrgForeignKey(Activity, on_delete=models.PROTECT, related_name="topics", db_index=False)
    seq = models.SmallIntegerField()
    kind = models.CharField(max_length=20)
    title = models.CharField(max_length=120)
    content = models.TextField(blank=True)
    lecturer = models.CharField(max_length=50, blank=True)
    hours = models.DecimalField(max_digits=4, decimal_places=1, null=True)
    resolution = models.TextField(blank=True)
    ayes = models.IntegerField(null=True)
    noes = models.IntegerField(null=True)
    abstain = models.IntegerField(null=True)
    passed = models.BooleanField(null=True)

    class Meta(Guarded.Meta):
        abstract = False
        constraints = [models.UniqueConstraint(fields=["activity", "seq"], name="topic_seq")]


class Evidence(Guarded):
    """A record type of an activity (记录材料): made by the entry itself, uploaded, paper kept at a place, or nil."""

    append_only = True

    org = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    activity = SameOrgForeignKey(Activity, on_delete=models.PROTECT, related_name="evidence", db_index=False)
    record_type = models.CharField(max_length=20)
    how = models.CharField(max_length=8)  # entry, upload, paper, nil
    place = models.CharField(max_length=100, blank=True)
    reason = models.CharField(max_length=200, blank=True)
    attachment_id = models.BigIntegerField(null=True)

    class Meta(Guarded.Meta):
        abstract = False
        constraints = [models.UniqueConstraint(fields=["activity", "record_type", "attachment_id"], name="evidence_once")]


class Excuse(Guarded):
    """免: a window that need not be held, requested by the branch and decided above; leaves due and fulfilled."""

    org = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=20)
    group = SameOrgForeignKey(PartyGroup, null=True, on_delete=models.PROTECT, related_name="+")
    window = models.CharField(max_length=10)  # month, quarter, half_year, year
    first_on = models.DateField()
    last_on = models.DateField()
    reason = models.CharField(max_length=200)
    requested_by = models.CharField(max_length=60)
    decided_by = models.CharField(max_length=60)
    decided_at = models.DateTimeField()
    case_id = models.BigIntegerField()
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.CharField(max_length=60, blank=True)

    class Meta(Guarded.Meta):
        abstract = False
        indexes = [models.Index(fields=["org", "kind", "first_on"], name="excuse_org_kind")]
