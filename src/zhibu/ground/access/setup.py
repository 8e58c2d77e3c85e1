"""The first accounts of an empty installation (trust.md B1): no default account, no default password, one code that is shown once.

The page that takes the code opens everything a desk needs to work: the topmost organisation, the three administrators and one office. Otherwise
the administrators could not be told apart later: nobody grants anything to himself, and an administrator holds no other role (S38)."""
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
from .roles import roles

ADMINISTRATORS = ("system_admin", "security_admin", "auditor")


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


def founded() -> str:
    """Give the name of the topmost organisation, "" while there is none."""
    return Organisation.objects.filter(parent__isnull=True).order_by("path").values_list("name", flat=True).first() or ""


def found(name: str, short: str, kind: str, at: datetime, *, code: str = "ROOT") -> None:
    """Found the topmost organisation. Raises SetupRefused when there is one, or when it has no name."""
    if founded():
        raise SetupRefused("org_name", f"已经有党组织了：{founded()}")
    if not name.strip():
        raise SetupRefused("org_name", "请填党组织全称")
    try:
        tree.found(first_start_actor(), tree.NewOrg(code.strip() or "ROOT", name.strip(), short.strip() or name.strip()[:40], kind, None, at.date()), at=at)
    except ValueError as error:
        raise SetupRefused("org_name", str(error)) from error


@dataclass(frozen=True, slots=True)
class Who:
    """Somebody who gets an account."""

    name: str
    username: str


@dataclass(frozen=True, slots=True)
class First:
    """What the first page asks: the three administrators, of whom the first sits in front of it, and who does the daily work.

    The same account twice among the three is one person with two of the offices. Name and kind of the organisation count only while there is none."""

    system_admin: Who
    security_admin: Who
    auditor: Who
    office: Who
    role: str
    org_name: str = ""
    org_short: str = ""
    org_kind: str = "party_committee"


@dataclass(frozen=True, slots=True)
class Slip:
    """What is handed to somebody on paper: account and one-time code."""

    name: str
    username: str
    titles: tuple[str, ...]
    code: str
    until: datetime


@transaction.atomic
def set_up(code: str, wanted: First, password: str, at: datetime) -> tuple[Account, tuple[Slip, ...]]:
    """Found the first organisation if there is none and open the first accounts: the system administrator's with its own password, the others with
    one-time codes. The setup code works once, for 24 hours."""
    row = SetupCode.objects.select_for_update().order_by("-id").first()
    if row is None or not needed() or row.used_at is not None or row.expires_at < at:
        raise SetupRefused("code", "设置代码不能用了。请在服务器上重新运行 zhibu init，会打印一个新的")
    if not check_password(code.strip().lower(), row.code_hash):
        raise SetupRefused("code", "设置代码不对。请照终端里打印的输入，一共三组、每组四个字")
    offices = _checked(wanted)
    if not founded():
        found(wanted.org_name, wanted.org_short, wanted.org_kind, at)
    root = Organisation.objects.filter(parent__isnull=True).order_by("path").get()
    if roles()[wanted.role].kinds and root.kind not in roles()[wanted.role].kinds:
        raise SetupRefused("role", f"{roles()[wanted.role].title}不能设在{root.get_kind_display()}，请选别的")
    slips, first = [], None
    for who, held in offices.items():
        if first is None:
            first = account = Account(username=who.username, name=who.name, made_at=at)
            account.set_unusable_password()
            account.save()
            actions.set_password(account, password=password, at=at)
        else:
            account_id, one_time = actions.open_account(system_actor(), username=who.username, name=who.name, at=at)
            account = Account.objects.get(pk=account_id)
            slips.append(Slip(who.name, who.username, tuple(roles()[r].title for r in held), one_time, at + actions.CODE_VALID))
        for role in held:
            org_id = None if roles()[role].system else root.pk
            actions.grant(system_actor(), account_id=account.pk, role=role, org_id=org_id, valid_from=at.date(), valid_to=None, at=at)
    assert first is not None
    row.used_at = at
    row.save(update_fields=["used_at"])
    journal.write(Actor(first.pk, first.name), "access.set_up", at=at, org_id=root.pk, org_path=root.path, subject=("account", first.pk))
    return first, tuple(slips)


def _checked(wanted: First) -> dict[Who, list[str]]:
    """Give who gets which roles, the system administrator first; SetupRefused where one lacks a name or holds what does not go together."""
    offices: dict[Who, list[str]] = {}
    named = dict(zip(ADMINISTRATORS, (wanted.system_admin, wanted.security_admin, wanted.auditor), strict=True)) | {wanted.role: wanted.office}
    for role, who in named.items():
        field, title = ("office", "办公人员") if role == wanted.role else (role, roles()[role].title)
        if not who.name.strip() or len(who.name) > 50:
            raise SetupRefused(f"{field}_name", f"请填{title}的姓名")
        if not actions.USERNAME.fullmatch(who.username):
            raise SetupRefused(f"{field}_username", f"{title}的账号要 3 到 40 个小写字母、数字、点或横线，用字母或数字开头")
        other = next((w for w in offices if w.username == who.username), None)
        if other is not None and other.name != who.name.strip():
            raise SetupRefused(f"{field}_username", f"账号“{who.username}”上面写的是{other.name}。同一个人请写同样的姓名，两个人请用两个账号")
        if other is not None and field == "office":
            raise SetupRefused("office_username", "管理员看不到党员资料，不能兼日常工作，请另写一个账号；同一个人也要用两个账号")
        offices.setdefault(other or Who(who.name.strip(), who.username), []).append(role)
    if any(len(held) == len(ADMINISTRATORS) for held in offices.values()):
        raise SetupRefused("auditor_username", "三个管理员不能是同一个人，至少要两个人，互相看得见")
    return offices
