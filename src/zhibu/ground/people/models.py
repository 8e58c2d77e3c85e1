"""Persons, their membership spells, standing, posts and groups over time."""
from __future__ import annotations

from django.db import models

from zhibu.ground.guard.fields import SealedField
from zhibu.ground.guard.guarded import Guarded
from zhibu.ground.tree.models import Committee, Organisation, PartyGroup


class Standing(models.TextChoices):
    """党籍状态."""

    FULL = "full", "正式党员"
    PROBATIONARY = "probationary", "预备党员"
    SUSPENDED = "suspended", "停止党籍"


class EndedAs(models.TextChoices):
    """组织关系结束原因."""

    DECEASED = "deceased", "去世"
    REMOVED = "removed", "除名"
    WITHDREW = "withdrew", "退党"
    ADVISED_OUT = "advised_out", "劝退"
    EXPELLED = "expelled", "开除党籍"
    TRANSFERRED = "transferred", "转出"


class Rights(models.TextChoices):
    """党员权利状态."""

    NORMAL = "normal", "正常"
    ON_PROBATION = "on_probation", "留党察看"
    SUSPENDED = "rights_suspended", "权利中止"


class PostKind(models.TextChoices):
    """党内职务."""

    SECRETARY = "secretary", "书记"
    DEPUTY_SECRETARY = "deputy_secretary", "副书记"
    ORGANIZATION = "organization", "组织委员"
    PUBLICITY = "publicity", "宣传委员"
    DISCIPLINE = "discipline", "纪检委员"
    YOUTH = "youth", "青年委员"
    LIFE = "life", "生活委员"
    SECURITY = "security", "保卫委员"
    UNITED_FRONT = "united_front", "统战委员"
    MEMBER = "member", "委员"
    OFFICER = "officer", "支部干事"


class Person(Guarded):
    """A member's own data (党员), the national sheet's 16 items. The row belongs to the present organisation.

    民族 is imported, exported and printed with the sheet; no filter, sort or statistic reads it.
    """

    own_fields = ("id",)

    org = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=50)
    name_sort = models.CharField(max_length=160, db_index=True)
    name_initials = models.CharField(max_length=20, db_index=True)
    gender = models.CharField(max_length=1, blank=True)  # 男 女
    ethnicity = models.CharField(max_length=20, blank=True)
    birth_on = models.DateField(null=True)
    birth_precision = models.CharField(max_length=5, default="day")
    id_no = SealedField(purpose="person.id_no", blank=True, default="")
    id_no_index = models.CharField(max_length=40, blank=True, db_index=True)
    phone = SealedField(purpose="person.phone", blank=True, default="")
    phone_index = models.CharField(max_length=40, blank=True, db_index=True)
    education = models.CharField(max_length=20, blank=True)
    job = models.CharField(max_length=60, blank=True)
    address = models.CharField(max_length=120, blank=True)
    joined_on = models.DateField(null=True)
    joined_precision = models.CharField(max_length=5, default="day")
    full_on = models.DateField(null=True)
    full_precision = models.CharField(max_length=5, default="day")
    lost_contact_on = models.DateField(null=True)
    floating_to = models.CharField(max_length=60, blank=True)  # 外出流向 省市县
    is_leading_cadre = models.BooleanField(default=False)
    remark = models.CharField(max_length=200, blank=True)
    version = models.IntegerField(default=1)

    class Meta(Guarded.Meta):
        abstract = False
        constraints = [
            models.UniqueConstraint(fields=["id_no_index"], condition=~models.Q(id_no_index=""), name="person_id_no_once"),
        ]
        indexes = [models.Index(fields=["org", "name_sort"], name="person_org_name")]


class Membership(Guarded):
    """A spell of membership in one organisation with one standing, half-open: any change closes it and opens the next.

    It keeps the name of its time, so old rosters and minutes stay readable after a transfer.
    """

    own_fields = ("person_id",)

    org = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="memberships")
    name = models.CharField(max_length=50)
    name_sort = models.CharField(max_length=160)
    standing = models.CharField(max_length=12, choices=Standing.choices)
    rights = models.CharField(max_length=18, choices=Rights.choices, default=Rights.NORMAL)
    from_on = models.DateField()
    to_on = models.DateField(null=True)
    began_as = models.CharField(max_length=20, default="registered")
    ended_as = models.CharField(max_length=12, choices=EndedAs.choices, blank=True)
    document = models.CharField(max_length=200, blank=True)        # by which the spell began
    ended_document = models.CharField(max_length=200, blank=True)  # by which it ended, where no spell follows

    class Meta(Guarded.Meta):
        abstract = False
        constraints = [models.UniqueConstraint(fields=["person"], condition=models.Q(to_on__isnull=True), name="membership_one_open")]
        indexes = [models.Index(fields=["org", "from_on", "to_on"], name="membership_org_span")]


class Post(Guarded):
    """A post held (党内职务) at an organisation, usually in a committee's term."""

    org = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="posts")
    committee = models.ForeignKey(Committee, null=True, on_delete=models.PROTECT, related_name="posts")
    kind = models.CharField(max_length=18, choices=PostKind.choices)
    from_on = models.DateField()
    to_on = models.DateField(null=True)
    override_reason = models.CharField(max_length=200, blank=True)

    class Meta(Guarded.Meta):
        abstract = False
        indexes = [models.Index(fields=["org", "from_on"], name="post_org_from"), models.Index(fields=["person"], name="post_person")]


class GroupPlace(Guarded):
    """A member's place in a Party group, perhaps as its leader (党小组组长)."""

    org = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="group_places")
    group = models.ForeignKey(PartyGroup, on_delete=models.PROTECT, related_name="places")
    is_leader = models.BooleanField(default=False)
    from_on = models.DateField()
    to_on = models.DateField(null=True)

    class Meta(Guarded.Meta):
        abstract = False
        constraints = [models.UniqueConstraint(fields=["person"], condition=models.Q(to_on__isnull=True), name="group_place_one_open")]
        indexes = [models.Index(fields=["org", "from_on"], name="group_place_org_from")]


class Exclusion(Guarded):
    """An approved exclusion from the expected headcount (不计算在应到会人数之内); the approvals are opaque references."""

    org = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="exclusions")
    reason = models.CharField(max_length=20)  # rules.md §0 reasons 1–7
    from_on = models.DateField()
    to_on = models.DateField(null=True)
    superior_ref = models.CharField(max_length=60)
    meeting_ref = models.CharField(max_length=60)

    class Meta(Guarded.Meta):
        abstract = False
        indexes = [models.Index(fields=["org", "from_on"], name="exclusion_org_from")]


class Correction(Guarded):
    """A name or ID number that was put right, or an end of membership that never happened: who, when, why, and what stood there before.

    The earlier ID number is kept sealed and shown to nobody; an import's corrections are in its batch as well.
    """

    append_only = True
    own_fields = ("person_id",)

    org = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    person_id = models.BigIntegerField()
    what = models.CharField(max_length=10)  # name, id_no, ended
    before = models.CharField(max_length=50, blank=True)
    before_id_no = SealedField(purpose="correction.id_no", blank=True, default="")
    reason = models.CharField(max_length=200)
    account_id = models.BigIntegerField(null=True)
    account_name = models.CharField(max_length=60)
    at = models.DateTimeField()

    class Meta(Guarded.Meta):
        abstract = False
        indexes = [models.Index(fields=["person_id"], name="correction_person")]


class PersonMerge(Guarded):
    """A person who was registered twice: the second row leads to the first for ever. Records keep the number they were written with."""

    append_only = True

    org = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    loser_id = models.BigIntegerField(unique=True)
    winner_id = models.BigIntegerField(db_index=True)
    detail = models.JSONField(default=dict)  # what was chosen, moved, cut and dropped; no ID number, no phone
    account_id = models.BigIntegerField(null=True)
    account_name = models.CharField(max_length=60)
    batch_id = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta(Guarded.Meta):
        abstract = False
