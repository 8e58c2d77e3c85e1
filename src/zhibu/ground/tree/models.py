"""Organisations over time, their groups and committees. Current rows for reading, spells for every earlier day."""
from __future__ import annotations

from django.db import models

from zhibu.ground.guard.fields import PathField
from zhibu.ground.guard.guarded import Guarded


class OrgType(models.TextChoices):
    """党组织类别."""

    PARTY_COMMITTEE = "party_committee", "党委"
    GENERAL_BRANCH = "general_branch", "党总支"
    BRANCH = "branch", "党支部"
    JOINT_BRANCH = "joint_branch", "联合党支部"
    TEMPORARY_BRANCH = "temporary_branch", "临时党支部"
    FLOATING_BRANCH = "floating_branch", "流动党员党支部"
    WORK_COMMITTEE = "work_committee", "党工委"
    COMPREHENSIVE_COMMITTEE = "comprehensive_committee", "综合党委"


class Domain(models.TextChoices):
    """领域."""

    RURAL = "rural", "农村"
    COMMUNITY = "community", "社区"
    AGENCY = "agency", "机关"
    PUBLIC_INSTITUTION = "public_institution", "事业单位"
    SOE = "soe", "国企"
    PRIVATE_ENTERPRISE = "private_enterprise", "非公企业"
    SOCIAL_ORGANIZATION = "social_organization", "社会组织"
    UNIVERSITY = "university", "高校"
    RETIREES = "retirees", "离退休"


class OrgStatus(models.TextChoices):
    """状态."""

    ACTIVE = "active", "正常"
    SUSPENDED = "suspended", "暂停"
    TO_ADJUST = "to_adjust", "待调整"
    DISSOLVED = "dissolved", "已撤销"


class Organisation(models.Model):
    """A Party organisation (党组织) as it is today. Name, type and path are readable to every signed-in user."""

    code = models.CharField(max_length=30, unique=True)
    name = models.CharField(max_length=100, db_index=True)
    short_name = models.CharField(max_length=40)
    kind = models.CharField(max_length=24, choices=OrgType.choices)
    domain = models.CharField(max_length=24, choices=Domain.choices, blank=True)
    parent = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="children")
    path = PathField(unique=True)
    depth = models.SmallIntegerField(default=0)
    order = models.IntegerField(default=0)
    village_or_community = models.BooleanField(default=False)
    can_approve_probationary = models.BooleanField(default=False)
    established_on = models.DateField(null=True)
    established_precision = models.CharField(max_length=5, default="day")
    approval_doc = models.CharField(max_length=100, blank=True)
    status = models.CharField(max_length=12, choices=OrgStatus.choices, default=OrgStatus.ACTIVE)
    dissolved_on = models.DateField(null=True)
    dissolved_reason = models.CharField(max_length=200, blank=True)
    address = models.CharField(max_length=200, blank=True)
    phone = models.CharField(max_length=40, blank=True)  # the office's published number, no personal one
    theme_day = models.CharField(max_length=20, blank=True)  # fixed day, e.g. "20"
    function_label = models.CharField(max_length=60, blank=True)
    version = models.IntegerField(default=1)

    class Meta:
        ordering = ["path", "id"]


class OrganisationSpell(models.Model):
    """What an organisation was during a span of days: name, type, parent, path (half-open)."""

    org = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="spells")
    from_on = models.DateField()
    to_on = models.DateField(null=True)
    name = models.CharField(max_length=100)
    short_name = models.CharField(max_length=40)
    kind = models.CharField(max_length=24, choices=OrgType.choices)
    parent_id_then = models.BigIntegerField(null=True)
    path = PathField()
    event = models.CharField(max_length=30, default="established")
    document = models.CharField(max_length=100, blank=True)

    class Meta:
        ordering = ["org_id", "from_on", "id"]
        indexes = [models.Index(fields=["path"], name="spell_path"), models.Index(fields=["org", "from_on"], name="spell_org_from")]


class HostUnit(Guarded):
    """A unit that an organisation is set up in (所在单位); a joint branch has several."""

    org = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="host_units")
    name = models.CharField(max_length=100)
    credit_code = models.CharField(max_length=18, blank=True)

    class Meta(Guarded.Meta):
        abstract = False
        constraints = [models.UniqueConstraint(fields=["org", "name"], name="host_unit_once")]


class PartyGroup(Guarded):
    """A Party group (党小组): a part of a branch, no organisational level."""

    org = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="groups")
    name = models.CharField(max_length=40)
    from_on = models.DateField()
    to_on = models.DateField(null=True)

    class Meta(Guarded.Meta):
        abstract = False
        indexes = [models.Index(fields=["org", "from_on"], name="group_org_from")]


class Committee(Guarded):
    """A committee's term (届): elected, expires by rule, perhaps extended with approval."""

    org = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="committees")
    number = models.SmallIntegerField()
    elected_on = models.DateField()
    elected_precision = models.CharField(max_length=5, default="day")
    term_years = models.SmallIntegerField()
    expires_on = models.DateField()
    seats = models.SmallIntegerField(default=0)  # 0: no committee, a secretary alone
    extended_until = models.DateField(null=True)
    ended_on = models.DateField(null=True)
    approval_doc = models.CharField(max_length=100, blank=True)
    below_national_reason = models.CharField(max_length=200, blank=True)

    class Meta(Guarded.Meta):
        abstract = False
        constraints = [models.UniqueConstraint(fields=["org", "number"], name="committee_number")]
        indexes = [models.Index(fields=["expires_on"], name="committee_expires")]


