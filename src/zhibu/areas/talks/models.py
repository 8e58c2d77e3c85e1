"""Talks in two rows: who and when for the ledger and for counting; what was said in the compartment, for the two and the secretary alone."""
from __future__ import annotations

from django.db import models

from zhibu.ground.guard.fields import SealedField
from zhibu.ground.guard.guarded import Guarded, SameOrgForeignKey
from zhibu.ground.guard.permission import Compartment
from zhibu.ground.tree.models import Organisation


class Talk(Guarded):
    """A talk as the ledger shows it: day and pair, nothing of why and what. A talker from above the branch has a name and no number."""

    own_fields = ("talker_id", "talkee_id")

    org = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    day = models.DateField()
    talker_id = models.BigIntegerField(null=True)
    talker_name = models.CharField(max_length=50)
    talkee_id = models.BigIntegerField()
    talkee_name = models.CharField(max_length=50)
    relation = models.CharField(max_length=20)
    made_by = models.CharField(max_length=60)
    made_at = models.DateTimeField()
    on_behalf = models.BooleanField(default=False)  # entered by neither of the two
    ended_at = models.DateTimeField(null=True)  # entered by mistake
    ended_by = models.CharField(max_length=60, blank=True)
    ended_why = models.CharField(max_length=200, blank=True)

    class Meta(Guarded.Meta):
        abstract = False
        constraints = [models.UniqueConstraint(fields=["talker_id", "talkee_id", "day"], condition=models.Q(ended_at__isnull=True), name="talk_pair_once_a_day")]
        indexes = [models.Index(fields=["org", "day"], name="talk_org_day"), models.Index(fields=["talkee_id"], name="talk_talkee"), models.Index(fields=["talker_id"], name="talk_talker")]


class TalkText(Guarded):
    """What a talk was about. Rank never opens it: the two parties do, and whoever holds the compartment at the branch.

    A correction by who wrote it is another row with the next version; the earlier one stays.
    """

    kept_in = Compartment.TALKS
    own_fields = ("talker_id", "talkee_id")
    append_only = True

    org = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    talk = SameOrgForeignKey(Talk, on_delete=models.PROTECT, related_name="+")
    version = models.SmallIntegerField(default=1)
    made_by = models.CharField(max_length=60, blank=True)  # empty and unknown: a first text from before corrections were kept
    maker_id = models.BigIntegerField(null=True)
    made_at = models.DateTimeField(null=True)
    talker_id = models.BigIntegerField(null=True)
    talkee_id = models.BigIntegerField()
    trigger = models.CharField(max_length=20)
    place = models.CharField(max_length=60, blank=True)
    topic = SealedField(purpose="talk.topic", blank=True, default="")
    summary = SealedField(purpose="talk.summary", blank=True, default="")
    follow_up = SealedField(purpose="talk.follow_up", blank=True, default="")

    class Meta(Guarded.Meta):
        abstract = False
        constraints = [models.UniqueConstraint(fields=["talk", "version"], name="talk_text_version")]


class TalkEvent(Guarded):
    """Something after which a member must be talked with (五必谈): which of the five kinds and when. No text about the person at all."""

    kept_in = Compartment.TALKS

    org = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    person_id = models.BigIntegerField()
    name = models.CharField(max_length=50)
    kind = models.CharField(max_length=20)
    day = models.DateField()
    made_by = models.CharField(max_length=60)
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)  # entered by mistake
    ended_by = models.CharField(max_length=60, blank=True)

    class Meta(Guarded.Meta):
        abstract = False
        constraints = [models.UniqueConstraint(fields=["person_id", "kind", "day"], condition=models.Q(ended_at__isnull=True), name="talk_event_once")]
        indexes = [models.Index(fields=["org", "day"], name="talk_event_org_day")]


class ContactPerson(Guarded):
    """Somebody with whom a member keeps in contact (联系对象): a name and a purpose, nothing else about a person who is no member."""

    own_fields = ("member_id",)

    org = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    member_id = models.BigIntegerField()
    member_name = models.CharField(max_length=50)
    name = models.CharField(max_length=30)
    purpose = models.CharField(max_length=20)
    from_on = models.DateField()
    ended_on = models.DateField(null=True)
    made_by = models.CharField(max_length=60)
    made_at = models.DateTimeField()

    class Meta(Guarded.Meta):
        abstract = False
        constraints = [models.UniqueConstraint(fields=["member_id", "name"], condition=models.Q(ended_on__isnull=True), name="contact_once")]
        indexes = [models.Index(fields=["org", "from_on"], name="contact_org_from")]


class ContactTalk(Guarded):
    """That a member talked with a contact on a day; what was said is nobody's record."""

    own_fields = ("member_id",)

    org = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    contact = SameOrgForeignKey(ContactPerson, on_delete=models.PROTECT, related_name="talks")
    member_id = models.BigIntegerField()
    day = models.DateField()
    made_by = models.CharField(max_length=60)
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)  # entered by mistake
    ended_by = models.CharField(max_length=60, blank=True)

    class Meta(Guarded.Meta):
        abstract = False
        constraints = [models.UniqueConstraint(fields=["contact", "day"], condition=models.Q(ended_at__isnull=True), name="contact_talk_once_a_day")]
        indexes = [models.Index(fields=["org", "day"], name="contact_talk_org_day")]
