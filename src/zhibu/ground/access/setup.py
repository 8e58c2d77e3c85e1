"""The first account of an empty installation (trust.md B1): no default account, no default password, one code that is shown once."""
from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction

from zhibu.ground.guard.actor import Actor
from zhibu.ground.journal import journal
from zhibu.ground.tree import actions as tree
from zhibu.ground.tree.models import Organisation

from . import actions
from .models import Account, SetupCode
from .queries import first_start_actor, system_actor

#: what the first person gets; a small deployment may unite the two administrators, which `zhibu check` mentions
FIRST_ROLES = ("system_admin", "security_admin")


class SetupRefused(Exception):
    """The installation cannot be set up so; `field` and a sentence."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field
        self.reason = reason


def needed() -> bool:
    """Tell whether nobody has an account yet."""
    return not Account.objects.exists()


@transaction.atomic
def new_code(at: datetime) -> str:
    """Make the setup code of an empty installation; an earlier one is void. Raises SetupRefused when there are accounts."""
    if not needed():
        raise SetupRefused("code", "已经有账号了，不再需要设置代码")
    SetupCode.objects.all().delete()
    code = actions.one_time_code()
    SetupCode.objects.create(code_hash=make_password(code), expires_at=at + actions.CODE_VALID)
    return code


@dataclass(frozen=True, slots=True)
class First:
    """What the first page asks: the organisation at the top, and who sets up."""

    org_name: str
    org_short: str
    org_kind: str
    name: str
    username: str
    role: str


@transaction.atomic
def set_up(code: str, wanted: First, password: str, at: datetime) -> Account:
    """Found the first organisation and open the first account with its own password. The code works once, for 24 hours."""
    row = SetupCode.objects.select_for_update().order_by("-id").first()
    if row is None or not needed() or row.used_at is not None or row.expires_at < at:
        raise SetupRefused("code", "设置代码不能用了。请在服务器上重新运行 zhibu serve，会打印一个新的")
    if not check_password(code.strip().lower(), row.code_hash):
        raise SetupRefused("code", "设置代码不对。请照终端里打印的输入，一共三组、每组四个字")
    for field, value, title in (("org_name", wanted.org_name, "党组织全称"), ("name", wanted.name, "姓名"), ("username", wanted.username, "账号")):
        if not value.strip():
            raise SetupRefused(field, f"请填{title}")
    account = Account(username=wanted.username.strip(), name=wanted.name.strip(), made_at=at)
    if not Organisation.objects.exists():
        short = wanted.org_short.strip() or wanted.org_name.strip()[:40]
        tree.found(first_start_actor(), tree.NewOrg("ROOT", wanted.org_name.strip(), short, wanted.org_kind, None, at.date()), at=at)
    root = Organisation.objects.filter(parent__isnull=True).order_by("path").get()
    account.set_unusable_password()
    account.save()
    actions.set_password(account, password=password, at=at)
    for role in FIRST_ROLES:
        actions.grant(system_actor(), account_id=account.pk, role=role, org_id=None, valid_from=at.date(), valid_to=None, at=at)
    actions.grant(system_actor(), account_id=account.pk, role=wanted.role, org_id=root.pk, valid_from=at.date(), valid_to=None, at=at)
    row.used_at = at
    row.save(update_fields=["used_at"])
    journal.write(Actor(account.pk, account.name), "access.set_up", at=at, org_id=root.pk, org_path=root.path, subject=("account", account.pk))
    return account
