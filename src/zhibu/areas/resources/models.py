"""Funds and places. Money in fen; what was paid is never changed, a wrong payment is reversed by another row."""
from __future__ import annotations

from django.db import models

from zhibu.ground.guard.guarded import Guarded, SameOrgForeignKey
from zhibu.ground.tree.models import Organisation


class FundPlan(Guarded):
    """One of the three funds of an organisation in a year: by what it is reckoned, and what was appropriated. The sum required is derived."""

    org = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    year = models.SmallIntegerField()
    fund = models.CharField(max_length=10)  # service, activity, office
    urban = models.IntegerField(default=0)
    county = models.IntegerField(default=0)
    villages = models.IntegerField(default=0)
    members = models.IntegerField(default=0)
    appropriated = models.BigIntegerField(default=0)
    document = models.CharField(max_length=100, blank=True)
    made_by = models.CharField(max_length=60)
    made_at = models.DateTimeField()
    version = models.IntegerField(default=1)

    class Meta(Guarded.Meta):
        abstract = False
        constraints = [models.UniqueConstraint(fields=["org", "year", "fund"], name="fund_plan_once")]


class FundPayment(Guarded):
    """Money paid out of a fund, or the reversal of such a payment (a negative amount that names it)."""

    append_only = True

    org = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+", db_index=False)
    plan = SameOrgForeignKey(FundPlan, on_delete=models.PROTECT, related_name="payments")
    day = models.DateField()
    amount = models.BigIntegerField()
    note = models.CharField(max_length=200, blank=True)
    reverses = SameOrgForeignKey("self", null=True, on_delete=models.PROTECT, related_name="reversals", db_index=False)
    made_by = models.CharField(max_length=60)
    made_at = models.DateTimeField()

    class Meta(Guarded.Meta):
        abstract = False
        constraints = [models.UniqueConstraint(fields=["reverses"], name="fund_reversed_once")]
        indexes = [models.Index(fields=["org", "day"], name="fund_payment_org")]


class Place(Guarded):
    """A venue of an organisation (活动场所). One place counts for one village, unless both say that they share it."""

    org = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=60)
    kind = models.CharField(max_length=20)  # village, county_community, urban_community, other
    address = models.CharField(max_length=120)
    address_key = models.CharField(max_length=120)
    area = models.DecimalField(max_digits=7, decimal_places=1)
    shared = models.BooleanField(default=False)
    open_below = models.BooleanField(default=False)  # organisations below may book it
    made_by = models.CharField(max_length=60)
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=60, blank=True)
    ended_why = models.CharField(max_length=200, blank=True)
    version = models.IntegerField(default=1)

    class Meta(Guarded.Meta):
        abstract = False
        constraints = [
            models.UniqueConstraint(fields=["address_key"], condition=models.Q(shared=False, ended_at__isnull=True), name="place_counts_once"),
            models.UniqueConstraint(fields=["org", "address_key"], condition=models.Q(ended_at__isnull=True), name="place_org_once"),
        ]


class PlaceCheck(Guarded):
    """What was there when somebody looked, by the list of the rule set of that day."""

    append_only = True

    org = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    place = SameOrgForeignKey(Place, on_delete=models.PROTECT, related_name="checks")
    day = models.DateField()
    listed = models.JSONField(default=list)   # codes of the list then
    present = models.JSONField(default=list)  # … of what was there
    note = models.CharField(max_length=200, blank=True)
    made_by = models.CharField(max_length=60)
    made_at = models.DateTimeField()

    class Meta(Guarded.Meta):
        abstract = False


class Booking(Guarded):
    """A venue booked for an organisation: the row belongs to the organisation of the place, and to the one that booked."""

    other_scopes = ("for_org_id",)

    org = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+", db_index=False)
    place = SameOrgForeignKey(Place, on_delete=models.PROTECT, related_name="bookings", db_index=False)
    for_org_id = models.BigIntegerField(db_index=True)
    day = models.DateField()
    start_minute = models.SmallIntegerField()
    end_minute = models.SmallIntegerField()
    purpose = models.CharField(max_length=100)
    booked_by = models.CharField(max_length=60)
    booked_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=60, blank=True)

    class Meta(Guarded.Meta):
        abstract = False
        indexes = [models.Index(fields=["org", "day"], name="booking_org_day"), models.Index(fields=["place", "day"], name="booking_place_day")]
