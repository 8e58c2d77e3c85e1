"""Notices on an organisation's desk (提醒), and the channels by which notices leave the platform (通知渠道)."""
from __future__ import annotations

from django.db import models

from zhibu.ground.guard.fields import SealedField
from zhibu.ground.guard.guarded import Guarded, SameOrgForeignKey
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


class Channel(Guarded):
    """Where notices of an organisation go besides its desk (通知渠道): a group robot, mail, SMS or another system. Where it leads and its secret are sealed and never shown again."""

    org = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10)
    label = models.CharField(max_length=40)
    address = SealedField(purpose="notice.channel.address", blank=True)  # the robot's address, mail addresses, phone numbers; emptied when it ends
    secret = SealedField(purpose="notice.channel.secret", blank=True)
    shown = models.CharField(max_length=60)  # what may be seen of the address: the host, or how many
    reminders = models.BooleanField(default=False)  # reminders of superiors go here too
    lists = models.BooleanField(default=False)  # the list of whom the organisation itself reminded goes here
    events = models.BooleanField(default=False)  # another system is told of what was saved, here and below
    daily = models.BooleanField(default=False)  # what is due goes here, put together, on working days
    is_on = models.BooleanField(default=True)
    version = models.IntegerField(default=1)
    made_by = models.CharField(max_length=60)
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    next_at = models.DateTimeField(null=True)   # nothing goes there before: the spacing of a robot, or it is muted
    busy_until = models.DateTimeField(null=True)  # an attempt is in flight
    fault = models.CharField(max_length=200, blank=True)  # why the last attempt was refused, and how to cure it
    fault_at = models.DateTimeField(null=True)

    class Meta(Guarded.Meta):
        abstract = False


class Message(Guarded):
    """One notice on its way to one channel (待发通知): the outbox. Written with the business, sent at least once, never two attempts at a time."""

    org = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    channel = SameOrgForeignKey(Channel, on_delete=models.PROTECT, related_name="+")
    key = models.CharField(max_length=36, unique=True)  # the same in every attempt
    sort = models.CharField(max_length=10)
    text = models.TextField()
    state = models.CharField(max_length=10)
    attempts = models.IntegerField(default=0)
    written_by = models.CharField(max_length=60)
    written_at = models.DateTimeField()
    not_before = models.DateTimeField()
    not_after = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    fault = models.CharField(max_length=200, blank=True)

    class Meta(Guarded.Meta):
        abstract = False
        indexes = [models.Index(fields=["channel", "state", "not_before"], name="message_waiting")]


class Told(Guarded):
    """A matter that was told to an organisation outside the platform, and when: the same one is not told again within the days of the limit."""

    org = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    matter = models.CharField(max_length=80)
    at = models.DateTimeField()

    class Meta(Guarded.Meta):
        abstract = False
        indexes = [models.Index(fields=["org", "matter", "at"], name="told_org_matter")]


class Feed(Guarded):
    """The calendar of a person (日历订阅): its address works until it is switched off, without signing in. Only the id and a keyed mark stand in the address."""

    own_fields = ("person_id",)

    org = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    person_id = models.BigIntegerField(db_index=True)
    nonce = models.CharField(max_length=32)
    made_by = models.CharField(max_length=60)
    on_behalf = models.BooleanField(default=False)
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta(Guarded.Meta):
        abstract = False
        constraints = [models.UniqueConstraint(fields=["person_id"], condition=models.Q(ended_at__isnull=True), name="one_feed_a_person")]
