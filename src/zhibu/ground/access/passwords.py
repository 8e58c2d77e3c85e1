"""What a password must be. 等保 and ASVS contradict each other (classes and change against length alone), so both are profiles (trust.md B5)."""
from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from django.conf import settings
from django.contrib.auth.password_validation import CommonPasswordValidator
from pypinyin import lazy_pinyin

from zhibu.ground.tree.models import Organisation

from .models import Account, Grant

PRODUCT = ("zhibu", "zhibugongzuotai", "dangjian", "gongzuotai", "dangzhibu", "zhonggong", "支部工作台", "支部", "党建")
#: what remains of an organisation's name when these are taken off: 青禾县委 → 青禾
ENDINGS = re.compile(r"^中共|(党工委|党总支|党支部|总支部|支部|党委|镇委|县委|市委|委员会|组织部|党组织|镇|乡|县|市|村|街道|社区)+$")


@dataclass(frozen=True, slots=True)
class Profile:
    """Rules for passwords. `classes`: of small letters, capitals, digits and others; `days`: after which it must be changed, 0 never."""

    code: str
    least: int
    classes: int
    days: int
    says: tuple[str, ...]


PROFILES = {
    p.code: p
    for p in (
        Profile("mlps3", 8, 3, 90, ("至少 8 个字", "小写字母、大写字母、数字、其他符号，四样里至少用三样", "每 90 天换一次")),
        Profile("asvs", 12, 0, 0, ("至少 12 个字，越长越好，例如几个不相干的词", "不用定期换")),
    )
}
FOR_ALL = ("不要用常见密码，也不要用姓名、账号、单位或系统的名字加几个数字",)


def profile() -> Profile:
    """Give the profile of this installation (ZHIBU_PASSWORDS)."""
    return PROFILES[str(getattr(settings, "PASSWORD_PROFILE", "mlps3"))]


def says() -> tuple[str, ...]:
    """Give the rules as sentences for the form."""
    return profile().says + FOR_ALL


def weaknesses(password: str, account: Account) -> list[str]:
    """Judge a new password of an account; [] when it is good. Each sentence says what to change."""
    found = judge(password, _names(account), profile())
    if not found and account.has_usable_password() and account.check_password(password):
        found.append("新密码和现在的一样，请换一个")
    return found


def judge(password: str, names: Iterable[str], rules: Profile) -> list[str]:
    """Judge a password; `names` are those of the person, the account and the organisations."""
    found = []
    if len(password) < rules.least:
        found.append(f"密码太短，请至少用 {rules.least} 个字")
    if _classes(password) < rules.classes:
        found.append("小写字母、大写字母、数字、其他符号，四样里至少用三样")
    letters = "".join(c for c in password.lower() if c.isalpha())
    if len(set(password)) < 5:
        found.append("重复的字太多，请换一个")
    elif not letters:
        found.append("密码不能只用数字和符号，请加上字母或其他字")
    elif password.lower() in _common() or letters in _common():
        found.append("这个密码太常见，容易被猜到，请换一个")
    elif _only_names(letters, names):
        found.append("不要用姓名、账号、单位或系统的名字加几个数字，请换一个")
    return found


def expired(account: Account, at: datetime) -> bool:
    """Tell whether the password is older than the profile allows."""
    days = profile().days
    return bool(days and account.password_set_at is not None and at - account.password_set_at >= timedelta(days=days))


def _classes(password: str) -> int:
    return len({"small" if c.islower() else "capital" if c.isupper() else "digit" if c.isdigit() else "other" for c in password})


@cache
def _common() -> frozenset[str]:
    return frozenset(CommonPasswordValidator().passwords)


def _only_names(letters: str, names: Iterable[str]) -> bool:
    """Tell whether fewer than four letters remain when every name is taken out."""
    rest = letters
    for name in sorted({n.lower() for n in (*names, *PRODUCT)}, key=len, reverse=True):
        if len(name) > (2 if name.isascii() else 1):
            rest = rest.replace(name, "")
    return rest != letters and len(rest) < 4


def _names(account: Account) -> list[str]:
    """Give the names that a guesser knows: person, account, the topmost organisation and those of the grants, in characters and in pinyin."""
    given = [account.name, "".join(c for c in account.username if c.isalpha())]
    grants = Grant.objects.filter(account_id=account.pk) if account.pk else Grant.objects.none()
    for long, short in Organisation.objects.filter(parent__isnull=True).values_list("name", "short_name"):
        given += [long, short]
    for long, short in grants.filter(org__isnull=False).values_list("org__name", "org__short_name"):
        given += [long, short]
    given += [ENDINGS.sub("", ENDINGS.sub("", name)) for name in given]
    return given + ["".join(lazy_pinyin(name)) for name in given if not name.isascii()]
