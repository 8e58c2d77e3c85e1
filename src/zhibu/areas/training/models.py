"""Courses, sessions and what members attended; essays and notes by date and title. Hours in tenths. Rows that were a mistake end and stay readable."""
from __future__ import annotations

from django.db import models

from zhibu.ground.guard.guarded import Guarded, SameOrgForeignKey
from zhibu.ground.tree.models import Organisation


class Course(Guarded):
    """A course of an organisation in a year (培训班、课程)."""

    org = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+", db_index=False)
    year = models.SmallIntegerField()
    title = models.CharField(max_length=100)
    kind = models.CharField(max_length=12)  # central, lecture, theme_day, online
    made_by = models.CharField(max_length=60)
    made_at = models.DateTimeField()

    class Meta(Guarded.Meta):
        abstract = False
        constraints = [models.UniqueConstraint(fields=["org", "year", "title"], name="course_once")]


class Session(Guarded):
    """One time that a course was held. Who was expected and did not come stays with it; who came has a record of his own."""

    org = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+", db_index=False)
    course = SameOrgForeignKey(Course, on_delete=models.PROTECT, related_name="sessions")
    first_on = models.DateField()
    last_on = models.DateField()
    unit = models.CharField(max_length=10)  # full_day, half_day, hour
    amount = models.DecimalField(max_digits=5, decimal_places=1)
    tenths = models.IntegerField()
    place = models.CharField(max_length=100, blank=True)
    expected = models.JSONField(default=list)  # ids of the persons on its list
    absent = models.JSONField(default=list)    # … of those who did not come
    proof = models.CharField(max_length=100, blank=True)  # where the sign-in sheet is kept
    made_by = models.CharField(max_length=60)
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=60, blank=True)
    ended_why = models.CharField(max_length=200, blank=True)

    class Meta(Guarded.Meta):
        abstract = False
        indexes = [models.Index(fields=["org", "first_on"], name="session_org_first")]


class TrainingRecord(Guarded):
    """What one member attended: of a session, or by a certificate. The row belongs to the member's organisation of that day and says all that counts."""

    own_fields = ("person_id",)

    org = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+", db_index=False)
    person_id = models.BigIntegerField()
    name = models.CharField(max_length=50)
    session_id = models.BigIntegerField(null=True)
    title = models.CharField(max_length=100)
    kind = models.CharField(max_length=12)
    first_on = models.DateField()
    last_on = models.DateField()
    tenths = models.IntegerField()
    proof = models.CharField(max_length=100, blank=True)
    made_by = models.CharField(max_length=60)
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=60, blank=True)
    ended_why = models.CharField(max_length=200, blank=True)

    class Meta(Guarded.Meta):
        abstract = False
        constraints = [
            models.UniqueConstraint(fields=["session_id", "person_id"], condition=models.Q(ended_at__isnull=True), name="training_session_once"),
            models.UniqueConstraint(
                fields=["person_id", "first_on", "title"], condition=models.Q(ended_at__isnull=True, session_id__isnull=True), name="training_record_once"
            ),
        ]
        indexes = [models.Index(fields=["org", "first_on"], name="training_org_first")]


class StudyNote(Guarded):
    """An essay or a note of self-study (学习心得、自学笔记): that it was handed in, never how long it is or how long it took."""

    own_fields = ("person_id",)

    org = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+", db_index=False)
    person_id = models.BigIntegerField()
    name = models.CharField(max_length=50)
    kind = models.CharField(max_length=10)  # essay, study_note
    day = models.DateField()
    title = models.CharField(max_length=100)
    made_by = models.CharField(max_length=60)
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=60, blank=True)

    class Meta(Guarded.Meta):
        abstract = False
        indexes = [models.Index(fields=["org", "day"], name="study_note_org_day")]


class CommitteeDoing(Guarded):
    """What a committee itself did for the education below it: a check, a lecture or a report by its leader."""

    org = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+", db_index=False)
    doing = models.CharField(max_length=10)  # check, lecture, report
    day = models.DateField()
    who = models.CharField(max_length=50)
    what = models.CharField(max_length=200)
    made_by = models.CharField(max_length=60)
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)  # entered by mistake
    ended_by = models.CharField(max_length=60, blank=True)

    class Meta(Guarded.Meta):
        abstract = False
        indexes = [models.Index(fields=["org", "day"], name="committee_doing_org_day")]
