"""Second factors of accounts (trust.md B3): codes that change, passkeys, recovery codes. Each code counts once."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F

from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.sealing import blind_index
from zhibu.ground.journal import journal

from . import passkeys, totp
from .actions import one_time_code
from .models import Account, Factor, FactorKind
from .passkeys import Key, Question
from .reach import may_help
from .refusals import AccountError
from .roles import roles
from .sittings import end_all

RECOVERY_CODES = 10
MOST_PASSKEYS = 10


@dataclass(frozen=True, slots=True)
class FactorLine:
    """A factor as its owner sees it; never the secret."""

    factor_id: int
    kind: str
    title: str
    name: str
    made_at: datetime


def listing(account_id: int) -> list[FactorLine]:
    """List what an account has besides its password, without the recovery codes."""
    rows = Factor.objects.filter(account_id=account_id).exclude(kind=FactorKind.RECOVERY)
    return [FactorLine(f.pk, f.kind, FactorKind(f.kind).label, f.name, f.made_at) for f in rows]


def has_any(account_id: int) -> bool:
    """Tell whether sign-in asks for more than the password."""
    return Factor.objects.filter(account_id=account_id).exclude(kind=FactorKind.RECOVERY).exists()


def recovery_left(account_id: int) -> int:
    """Count the recovery codes that are not used yet."""
    return Factor.objects.filter(account_id=account_id, kind=FactorKind.RECOVERY).count()


def wanted_of(actor: Actor) -> bool:
    """Tell whether one of the roles held calls for a second factor (roles.toml)."""
    return any(roles()[g.role].two_factors for g in actor.grants if g.role in roles())


def _by(account: Account) -> Actor:
    return Actor(account.pk, account.name)


@transaction.atomic
def add_totp(account: Account, *, secret: str, code: str, at: datetime) -> list[str]:
    """Keep the secret of an authenticator app after a first right code; the app before it stops counting. Returns new recovery codes, if there were none."""
    counter = totp.matching(secret, _digits(code), at, -1)
    if counter is None:
        raise AccountError("code", "动态码不对。请看手机上现在的六位数字再输；一直不对，请校准手机的时间")
    Factor.objects.filter(account=account, kind=FactorKind.TOTP).delete()
    Factor.objects.create(account=account, kind=FactorKind.TOTP, name="手机上的动态码", secret=secret, counter=counter, made_at=at)
    return _added(account, FactorKind.TOTP, at)


@transaction.atomic
def add_passkey(account: Account, *, host: str, state: Mapping[str, Any], answer: Mapping[str, Any], name: str, at: datetime) -> list[str]:
    """Keep a passkey that the browser made. Returns new recovery codes, if there were none. Raises PasskeyRefused."""
    if Factor.objects.filter(account=account, kind=FactorKind.PASSKEY).count() >= MOST_PASSKEYS:
        raise AccountError("name", f"最多放 {MOST_PASSKEYS} 把通行密钥，请先去掉不用的")
    key = passkeys.take_new(host, state, answer)
    Factor.objects.create(
        account=account, kind=FactorKind.PASSKEY, name=name.strip()[:40] or "通行密钥", secret=key.data, handle=key.handle, counter=key.counter, made_at=at
    )
    return _added(account, FactorKind.PASSKEY, at)


def _added(account: Account, kind: str, at: datetime) -> list[str]:
    _end_sessions(account)
    journal.write(_by(account), "access.add_factor", at=at, subject=("account", account.pk), changes={"kind": str(kind)})
    return [] if recovery_left(account.pk) else _new_codes(account, at)


def _end_sessions(account: Account) -> None:
    """End every other session: it began under other conditions."""
    end_all(account)
    account.save(update_fields=["session_epoch"])


@transaction.atomic
def new_recovery_codes(account: Account, *, at: datetime) -> list[str]:
    """Make ten new recovery codes; the old ones are void."""
    journal.write(_by(account), "access.recovery_codes", at=at, subject=("account", account.pk))
    return _new_codes(account, at)


def _new_codes(account: Account, at: datetime) -> list[str]:
    Factor.objects.filter(account=account, kind=FactorKind.RECOVERY).delete()
    codes = [one_time_code() for _ in range(RECOVERY_CODES)]
    Factor.objects.bulk_create([Factor(account=account, kind=FactorKind.RECOVERY, handle=_hash(account.pk, code), made_at=at) for code in codes])
    return codes


def _hash(account_id: int, code: str) -> str:
    return blind_index(code, f"access.recovery:{account_id}")


@transaction.atomic
def remove(account: Account, factor_id: int, *, required: bool, at: datetime) -> None:
    """Take a factor away; with the last one go the recovery codes. Who must have one keeps at least one."""
    row = Factor.objects.filter(account=account, pk=factor_id).exclude(kind=FactorKind.RECOVERY).first()
    if row is None:
        raise AccountError("", "这一项已经去掉了，不用再办")
    others = Factor.objects.filter(account=account).exclude(pk=factor_id).exclude(kind=FactorKind.RECOVERY).exists()
    if required and not others:
        raise AccountError("", "您的职责要有第二道验证，请先加上新的，再去掉这一项")
    row.delete()
    if not others:
        Factor.objects.filter(account=account).delete()
    _end_sessions(account)
    journal.write(_by(account), "access.remove_factor", at=at, subject=("account", account.pk), changes={"kind": row.kind})


@transaction.atomic
def reset(actor: Actor, *, account_id: int, at: datetime) -> None:
    """Take away the second factors of somebody who lost them (system administrator, or an office above); sessions end."""
    account = may_help(actor, account_id, at.date(), "重设第二道验证")
    if not Factor.objects.filter(account=account).exists():
        raise AccountError("", "这个账号没有设第二道验证，不用重设")
    Factor.objects.filter(account=account).delete()
    _end_sessions(account)
    journal.write(actor, "access.reset_factors", at=at, subject=("account", account_id))


def _digits(code: str) -> str:
    return "".join(c for c in code if c.isascii() and c.isdigit())


@transaction.atomic
def check_code(account: Account, code: str, at: datetime) -> bool:
    """Check a code of the app or a recovery code, and use it up: no code counts twice, also when it comes twice at once."""
    typed = code.strip().lower()
    if len(_digits(typed)) == 6 and "-" not in typed:
        return any(_use_step(row, _digits(typed), at) for row in Factor.objects.filter(account=account, kind=FactorKind.TOTP))
    rows = Factor.objects.filter(account=account, kind=FactorKind.RECOVERY, handle=_hash(account.pk, typed)) if typed else Factor.objects.none()
    if rows.delete()[0] != 1:
        return False
    journal.write(_by(account), "access.use_recovery", at=at, subject=("account", account.pk), changes={"left": recovery_left(account.pk)})
    return True


def _use_step(row: Factor, code: str, at: datetime) -> bool:
    counter = totp.matching(_clear(row), code, at, row.counter)
    return counter is not None and Factor.objects.filter(pk=row.pk, counter__lt=counter).update(counter=counter) == 1


def _clear(row: Factor) -> str:
    sealed: Any = row.secret
    return str(sealed.reveal())


def _keys(account_id: int) -> list[Key]:
    return [Key(f.handle, _clear(f), f.counter) for f in Factor.objects.filter(account_id=account_id, kind=FactorKind.PASSKEY)]


def question(account_id: int, host: str) -> Question | None:
    """Ask the browser for one of the account's passkeys; None when it has none."""
    held = _keys(account_id)
    return passkeys.ask(host, held) if held else None


def question_for_new(account: Account, host: str) -> Question:
    """Ask the browser to make a passkey for an account."""
    return passkeys.ask_for_new(host, account.pk, account.username, _keys(account.pk))


@transaction.atomic
def check_passkey(account: Account, *, host: str, state: Mapping[str, Any], answer: Mapping[str, Any]) -> bool:
    """Check a signature of one of the account's passkeys. Raises PasskeyRefused."""
    handle, counter = passkeys.check(host, state, _keys(account.pk), answer)
    rows = Factor.objects.filter(account=account, kind=FactorKind.PASSKEY, handle=handle)
    grown = rows.filter(counter__lt=counter) if counter else rows.filter(counter=F("counter"))
    return grown.update(counter=counter) == 1
