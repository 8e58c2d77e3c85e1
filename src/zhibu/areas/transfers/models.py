"""Transfers, floating records and temporary certificates. Rows of two organisations are read and written by both sides and by nobody else."""
from __future__ import annotations

from django.db import models

from zhibu.ground.guard.fields import SealedField
from zhibu.ground.guard.guarded import Guarded
from zhibu.ground.tree.models import Organisation

from .away import DIRECTION_ZH, NOTE_ZH, PURPOSE_ZH
from .rules import KIND_ZH, OPEN, STATE_ZH, WISH_ZH, Wish


class Transfer(Guarded):
    """A transfer of somebody's organisational relation (组织关系转接).

    `org`: the branch that gives the member away, for a letter from outside the one that gets him. `other_org`: the other side where it is in this
    installation. The committees are those that issue and accept letters. Of somebody from outside the sheet's items wait here until the acceptance.
    """

    other_scopes = ("other_org_id",)
    own_fields = ("person_id",)

    org = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    other_org = models.ForeignKey(Organisation, null=True, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=[(k.value, t) for k, t in KIND_ZH.items()])
    state = models.CharField(max_length=10, choices=[(s.value, t) for s, t in STATE_ZH.items()])
    person_id = models.BigIntegerField(null=True)
    name = models.CharField(max_length=50)
    standing = models.CharField(max_length=12)
    outside = models.CharField(max_length=100, blank=True)         # the other committee, where it is not in this installation
    outside_branch = models.CharField(max_length=100, blank=True)  # … and its branch
    reason = models.CharField(max_length=100, blank=True)
    applied_on = models.DateField()
    applied_by = models.CharField(max_length=60)
    paid_to = models.DateField(null=True)  # first day of the month
    approval = models.CharField(max_length=100, blank=True)  # the superior's paper where a case is open
    out_committee_id = models.BigIntegerField(null=True)
    in_committee_id = models.BigIntegerField(null=True)
    letter_no = models.CharField(max_length=40, blank=True)
    letter_year = models.SmallIntegerField(null=True)
    letter_seq = models.IntegerField(null=True)  # its number in the year, where it was not typed
    issued_on = models.DateField(null=True)
    valid_until = models.DateField(null=True)
    received_on = models.DateField(null=True)
    group_id = models.BigIntegerField(null=True)
    returned_on = models.DateField(null=True)
    ended_on = models.DateField(null=True)
    gender = models.CharField(max_length=1, blank=True)
    id_no = SealedField(purpose="transfer.id_no", blank=True, default="")
    id_no_index = models.CharField(max_length=40, blank=True)
    phone = SealedField(purpose="transfer.phone", blank=True, default="")
    joined_on = models.DateField(null=True)
    joined_precision = models.CharField(max_length=5, default="day")
    steps = models.JSONField(default=list)  # what was done, when, by whom, with which words
    made_at = models.DateTimeField()
    version = models.IntegerField(default=1)

    class Meta(Guarded.Meta):
        abstract = False
        constraints = [
            models.UniqueConstraint(
                fields=["person_id"], condition=models.Q(state__in=sorted(OPEN), person_id__isnull=False), name="transfer_one_open",
            ),
            models.UniqueConstraint(
                fields=["id_no_index"], condition=models.Q(state__in=sorted(OPEN)) & ~models.Q(id_no_index=""), name="transfer_one_arrival",
            ),
            models.UniqueConstraint(fields=["out_committee_id", "letter_year", "letter_seq"], condition=models.Q(letter_seq__isnull=False), name="transfer_letter_seq"),
        ]
        indexes = [
            models.Index(fields=["org", "state"], name="transfer_org_state"), models.Index(fields=["other_org", "state"], name="transfer_other_state"),
            models.Index(fields=["person_id"], name="transfer_person"),
        ]


class TransferWish(Guarded):
    """What a member asks for himself: to be transferred. The branch takes it over (a transfer begins), or declines with the reason; he may take it back."""

    own_fields = ("person_id",)

    org = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    person_id = models.BigIntegerField()
    name = models.CharField(max_length=50)
    target = models.CharField(max_length=100)  # as the member writes it
    reason = models.CharField(max_length=100, blank=True)
    state = models.CharField(max_length=10, choices=[(s.value, t) for s, t in WISH_ZH.items()])
    asked_at = models.DateTimeField()
    answer = models.CharField(max_length=100, blank=True)
    answered_by = models.CharField(max_length=60, blank=True)
    answered_at = models.DateTimeField(null=True)
    transfer_id = models.BigIntegerField(null=True)

    class Meta(Guarded.Meta):
        abstract = False
        constraints = [models.UniqueConstraint(fields=["person_id"], condition=models.Q(state=Wish.ASKED.value), name="transfer_wish_one_asked")]
        indexes = [models.Index(fields=["org", "state"], name="transfer_wish_org_state"), models.Index(fields=["person_id"], name="transfer_wish_person")]


class Floating(Guarded):
    """A member away (流动党员): in the register of the own branch, or of the branch that has him as a guest. The own branch may name a host here."""

    other_scopes = ("other_org_id",)
    own_fields = ("person_id",)

    org = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    other_org = models.ForeignKey(Organisation, null=True, on_delete=models.PROTECT, related_name="+")
    direction = models.CharField(max_length=3, choices=[(d.value, t) for d, t in DIRECTION_ZH.items()])
    person_id = models.BigIntegerField(null=True)  # null: a member of an organisation outside
    name = models.CharField(max_length=50)
    purpose = models.CharField(max_length=12, choices=[(p.value, t) for p, t in PURPOSE_ZH.items()])
    from_on = models.DateField()
    until_on = models.DateField(null=True)
    place = models.CharField(max_length=60)                    # 省、市、县
    fixed = models.BooleanField(default=True)                  # stays at one place: after the months of the rule the relation must follow
    outside = models.CharField(max_length=100, blank=True)     # out: the host where it is not here; in: the own branch
    contact = models.CharField(max_length=50, blank=True)      # who of the branch keeps contact
    ended_on = models.DateField(null=True)
    ended_why = models.CharField(max_length=100, blank=True)
    made_by = models.CharField(max_length=60)
    made_at = models.DateTimeField()
    version = models.IntegerField(default=1)

    class Meta(Guarded.Meta):
        abstract = False
        constraints = [
            models.UniqueConstraint(fields=["person_id"], condition=models.Q(ended_on__isnull=True, person_id__isnull=False), name="floating_one_open"),
        ]
        indexes = [models.Index(fields=["org", "from_on"], name="floating_org_from")]


class FloatingNote(Guarded):
    """A contact with a member away, or a certificate of the host branch about appraisal or dues."""

    append_only = True
    other_scopes = ("other_org_id",)

    org = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    other_org = models.ForeignKey(Organisation, null=True, on_delete=models.PROTECT, related_name="+")
    floating_id = models.BigIntegerField(db_index=True)
    what = models.CharField(max_length=10, choices=[(n.value, t) for n, t in NOTE_ZH.items()])
    day = models.DateField()
    text = models.CharField(max_length=200, blank=True)
    by = models.CharField(max_length=60)
    at = models.DateTimeField()

    class Meta(Guarded.Meta):
        abstract = False
        indexes = [models.Index(fields=["org", "day"], name="floating_note_org_day")]


class Stay(Guarded):
    """A certificate for a short stay elsewhere (党员证明信): the relation stays, the member takes part in life there."""

    own_fields = ("person_id",)

    org = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    person_id = models.BigIntegerField()
    name = models.CharField(max_length=50)
    place = models.CharField(max_length=60)
    reason = models.CharField(max_length=100, blank=True)
    from_on = models.DateField()
    to_on = models.DateField()
    ended_on = models.DateField(null=True)  # came back
    made_by = models.CharField(max_length=60)
    made_at = models.DateTimeField()
    version = models.IntegerField(default=1)

    class Meta(Guarded.Meta):
        abstract = False
        indexes = [models.Index(fields=["org", "from_on"], name="stay_org_from")]
