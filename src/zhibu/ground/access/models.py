"""Accounts and grants. Accounts are looked up before any scope exists, so they are global."""
from __future__ import annotations

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models

from zhibu.ground.guard.fields import SealedField
from zhibu.ground.tree.models import Organisation


class AccountManager(BaseUserManager["Account"]):
    """Finds accounts for Django's sign-in."""


class Account(AbstractBaseUser):
    """An account (账号). Nobody needs one to be a member; there is no superuser and no default account."""

    last_login = None  # when and how often somebody signs in is nobody's business (product.md)
    username = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=50)
    person_id = models.BigIntegerField(null=True, db_index=True)
    is_active = models.BooleanField(default=True)
    one_time = models.BooleanField(default=False)  # the password is a one-time code
    one_time_until = models.DateTimeField(null=True)
    large_print = models.BooleanField(default=False)
    made_at = models.DateTimeField()
    password_set_at = models.DateTimeField(null=True)  # for profiles that ask for a change after some days
    session_epoch = models.IntegerField(default=0)  # raised to end every session

    objects = AccountManager()
    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: list[str] = []

    def get_full_name(self) -> str:
        """Give the person's name."""
        return self.name

    def get_session_auth_hash(self) -> str:
        """Tie sessions to password and epoch, so that raising the epoch ends them."""
        from django.utils.crypto import salted_hmac

        return salted_hmac("zhibu.session", f"{self.password}:{self.session_epoch}", algorithm="sha256").hexdigest()


class Grant(models.Model):
    """A role at an organisation for a span of days (授权)."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="grants")
    org = models.ForeignKey(Organisation, null=True, on_delete=models.PROTECT, related_name="+")  # empty: a system role
    role = models.CharField(max_length=30)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    granted_by = models.CharField(max_length=60)
    granted_at = models.DateTimeField()
    post_id = models.BigIntegerField(null=True)  # a post (党内职务) with which the grant ends, whoever ends it and how

    class Meta:
        ordering = ["id"]


class FactorKind(models.TextChoices):
    """What is asked beside the password."""

    TOTP = "totp", "动态码"
    PASSKEY = "passkey", "通行密钥"
    RECOVERY = "recovery", "备用码"


class Factor(models.Model):
    """A second factor of an account: a secret for codes that change, a passkey, or one recovery code."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="factors")
    kind = models.CharField(max_length=10, choices=FactorKind.choices)
    name = models.CharField(max_length=40, blank=True)  # what the owner calls it
    secret = SealedField(purpose="access.factor", blank=True)
    handle = models.CharField(max_length=400, blank=True)  # passkey: its id; recovery code: its keyed hash
    counter = models.BigIntegerField(default=-1)  # the last step of time or the last count of signatures that was accepted
    made_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["account", "kind"], name="factor_account")]


class Sitting(models.Model):
    """A session that is open, so that its owner can end it; deleted with it. Never when it was used last, never from where."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="sittings")
    machine = models.CharField(max_length=20)  # 手机, 电脑: no more than that
    began_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]


class SetupCode(models.Model):
    """The one-time code by which the first account of an empty installation is opened; stored as a hash, valid 24 hours."""

    code_hash = models.CharField(max_length=128)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)


class ApiToken(models.Model):
    """A token (程序令牌) by which a program reads in somebody's name: for one grant, with no more rights than were chosen. Only its hash is kept."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    grant = models.ForeignKey(Grant, on_delete=models.PROTECT, related_name="+")
    label = models.CharField(max_length=40)
    prefix = models.CharField(max_length=12)  # shown, so that a holder tells one from the other
    token_hash = models.CharField(max_length=64, unique=True)
    permissions = models.JSONField()
    made_at = models.DateTimeField()
    expires_on = models.DateField()  # the first day on which it works no longer
    last_used_on = models.DateField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=60, default="")

    class Meta:
        ordering = ["id"]
