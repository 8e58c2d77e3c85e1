"""Codes that change, passkeys and recovery codes: right ones count once, wrong, old and foreign ones never (trust.md B3)."""
from __future__ import annotations

import base64
import os
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from django.db import connection
from fido2.cose import ES256
from fido2.utils import sha256, websafe_encode
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData, CollectedClientData
from tests.everywhere.lasting import lasting
from tests.world import AT, World, build

from zhibu.ground.access import factors, passkeys, reach, totp
from zhibu.ground.access.models import Account, Factor
from zhibu.ground.access.passkeys import PasskeyRefused
from zhibu.ground.access.refusals import AccountError
from zhibu.ground.guard.actor import Refused
from zhibu.ground.journal.models import Entry

pytestmark = pytest.mark.django_db
HOST = "dangjian.example.cn"


@pytest.fixture(scope="module")
def w(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    with lasting(django_db_blocker):
        yield build(branches=2, members=4)


@pytest.fixture
def account(w: World) -> Account:
    return Account.objects.get(username="secretary")


def code_for(secret: str, at: datetime, steps: int = 0) -> str:
    return totp.code_at(secret, int(at.timestamp()) // totp.STEP + steps)


def enrolled(account: Account, at: datetime = AT - timedelta(hours=1)) -> tuple[str, list[str]]:
    secret = totp.new_secret()
    return secret, factors.add_totp(account, secret=secret, code=code_for(secret, at), at=at)


# --- codes that change ----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("seconds", "code"), [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"), (2000000000, "279037")])
def test_the_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    """RFC 6238, appendix B: the last six digits of its vectors for SHA-1."""
    assert totp.code_at(base64.b32encode(b"12345678901234567890").decode(), seconds // totp.STEP) == code


@pytest.mark.parametrize(("steps", "right"), [(-3, False), (-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_code_counts_half_a_minute_around_its_time(steps: int, right: bool, account: Account) -> None:
    secret, _ = enrolled(account)
    assert factors.check_code(account, code_for(secret, AT, steps), AT) is right


def test_a_code_counts_once(account: Account) -> None:
    secret, _ = enrolled(account)
    code = code_for(secret, AT)
    assert factors.check_code(account, code, AT)
    assert not factors.check_code(account, code, AT), "replayed"
    assert not factors.check_code(account, code_for(secret, AT, -1), AT), "nor an older one after it"
    assert factors.check_code(account, code_for(secret, AT, 1), AT + timedelta(seconds=30))


def test_the_code_that_enrolled_is_used_up(account: Account) -> None:
    secret, _ = enrolled(account, AT)
    assert not factors.check_code(account, code_for(secret, AT), AT)


@pytest.mark.parametrize("typed", ["", "000000", "12345", "1234567", "abcdef", "１２３４５６", "-" * 40])
def test_other_texts_are_wrong(typed: str, account: Account) -> None:
    secret, _ = enrolled(account)
    assert typed == code_for(secret, AT) or not factors.check_code(account, typed, AT)


def test_the_secret_is_sealed_and_of_this_account(account: Account, w: World) -> None:
    secret, codes = enrolled(account)
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM access_factor")
        stored = str(cursor.fetchall())
    assert secret not in stored and not any(code in stored for code in codes)
    other = Account.objects.get(username="clerk1")
    assert not factors.check_code(other, code_for(secret, AT), AT) and not factors.check_code(other, codes[0], AT)


def test_a_wrong_first_code_keeps_nothing(account: Account) -> None:
    with pytest.raises(AccountError):
        factors.add_totp(account, secret=totp.new_secret(), code="000000", at=AT)
    assert not factors.has_any(account.pk)


# --- recovery codes -------------------------------------------------------------------------------------------------------------------------


def test_a_recovery_code_counts_once_and_new_ones_void_the_old(account: Account) -> None:
    _, codes = enrolled(account)
    assert len(set(codes)) == factors.RECOVERY_CODES == factors.recovery_left(account.pk)
    assert factors.check_code(account, f" {codes[0].upper()} ", AT) and not factors.check_code(account, codes[0], AT)
    assert factors.recovery_left(account.pk) == 9
    fresh = factors.new_recovery_codes(account, at=AT)
    assert not factors.check_code(account, codes[1], AT) and factors.check_code(account, fresh[0], AT)


def test_with_the_last_factor_go_the_recovery_codes(account: Account) -> None:
    enrolled(account)
    (held,) = factors.listing(account.pk)
    with pytest.raises(AccountError):
        factors.remove(account, held.factor_id, required=True, at=AT)
    factors.remove(account, held.factor_id, required=False, at=AT)
    assert not Factor.objects.filter(account=account).exists()


# --- passkeys: an authenticator made of software ---------------------------------------------------------------------------------------------


class Authenticator:
    """Makes and uses one key as a device would."""

    def __init__(self) -> None:
        self.key, self.id, self.count = ec.generate_private_key(ec.SECP256R1()), os.urandom(16), 1

    def _client(self, kind: str, state: Any, origin: str) -> CollectedClientData:
        return CollectedClientData.create(kind, state["challenge"], origin)

    def make(self, state: Any, *, origin: str = f"https://{HOST}", host: str = HOST) -> dict[str, Any]:
        credential = AttestedCredentialData.create(b"\0" * 16, self.id, ES256.from_cryptography_key(self.key.public_key()))
        data = AuthenticatorData.create(sha256(host.encode()), 0x41, 0, credential)
        made = {"clientDataJSON": websafe_encode(self._client("webauthn.create", state, origin)), "attestationObject": websafe_encode(AttestationObject.create("none", data, {}))}
        return self._answer(made)

    def sign(self, state: Any, *, origin: str = f"https://{HOST}", count: int | None = None) -> dict[str, Any]:
        self.count = self.count + 1 if count is None else count
        client, data = self._client("webauthn.get", state, origin), AuthenticatorData.create(sha256(HOST.encode()), 0x01, self.count)
        signature = self.key.sign(data + client.hash, ec.ECDSA(SHA256()))
        return self._answer({"clientDataJSON": websafe_encode(client), "authenticatorData": websafe_encode(data), "signature": websafe_encode(signature)})

    def _answer(self, parts: dict[str, str]) -> dict[str, Any]:
        return {"id": websafe_encode(self.id), "rawId": websafe_encode(self.id), "type": "public-key", "response": parts, "clientExtensionResults": {}}


@pytest.fixture
def device(account: Account) -> Authenticator:
    device = Authenticator()
    question = factors.question_for_new(account, HOST)
    codes = factors.add_passkey(account, host=HOST, state=question.state, answer=device.make(question.state), name="办公室电脑", at=AT)
    assert len(codes) == factors.RECOVERY_CODES
    return device


def use(account: Account, sign: Callable[[Any], dict[str, Any]]) -> bool:
    question = factors.question(account.pk, HOST)
    assert question is not None
    return factors.check_passkey(account, host=HOST, state=question.state, answer=sign(question.state))


def test_a_passkey_opens_again_and_again(account: Account, device: Authenticator) -> None:
    assert use(account, device.sign) and use(account, device.sign)
    assert [f.name for f in factors.listing(account.pk)] == ["办公室电脑"]


FOREIGN: dict[str, Callable[[Authenticator, Any], dict[str, Any]]] = {
    "another site": lambda device, state: device.sign(state, origin="https://dangjian.example.com"),
    "plain http": lambda device, state: device.sign(state, origin=f"http://{HOST}"),
    "another question": lambda device, state: device.sign({"challenge": websafe_encode(os.urandom(32))}),
    "a copied key": lambda device, state: device.sign(state, count=1),
    "another key": lambda device, state: Authenticator().sign(state),
    "nothing": lambda device, state: {},
    "rubbish": lambda device, state: {"id": 1, "rawId": [], "response": "x"},
}


@pytest.mark.parametrize("what", FOREIGN)
def test_other_answers_are_refused(what: str, account: Account, device: Authenticator) -> None:
    assert use(account, device.sign)
    with pytest.raises(PasskeyRefused):
        use(account, lambda state: FOREIGN[what](device, state))


def test_a_passkey_made_for_another_site_is_not_kept(account: Account) -> None:
    question = factors.question_for_new(account, HOST)
    for wrong in ({"origin": "https://evil.example"}, {"host": "evil.example"}):
        with pytest.raises(PasskeyRefused):
            factors.add_passkey(account, host=HOST, state=question.state, answer=Authenticator().make(question.state, **wrong), name="", at=AT)
    assert not factors.has_any(account.pk)


def test_somebody_elses_passkey_does_not_open(account: Account, device: Authenticator, w: World) -> None:
    other = Account.objects.get(username="clerk1")
    question = factors.question(account.pk, HOST)
    assert question is not None and factors.question(other.pk, HOST) is None
    with pytest.raises(PasskeyRefused):
        factors.check_passkey(other, host=HOST, state=question.state, answer=device.sign(question.state))


# --- lost factors ---------------------------------------------------------------------------------------------------------------------------

#: who may help whom: an office strictly below, the system administrator everybody else
HELP = {
    ("clerk1", "secretary"): True, ("clerk1", "secretary2"): True, ("county", "clerk1"): True, ("county", "foreign"): True, ("sysadmin", "secadmin"): True,
    ("sysadmin", "county"): True, ("clerk1", "foreign"): False, ("clerk1", "clerk2"): False, ("clerk1", "organiser"): False, ("clerk1", "county"): False,
    ("clerk1", "clerk1"): False, ("county", "county"): False, ("county", "reader"): False, ("county", "sysadmin"): False, ("county", "secadmin"): False,
    ("county", "auditor"): False, ("secretary", "member"): False, ("secadmin", "secretary"): False, ("auditor", "secretary"): False, ("sysadmin", "sysadmin"): False,
}


@pytest.mark.parametrize(("helper", "whom"), HELP)
def test_a_superior_resets_a_lost_factor_below_and_nowhere_else(helper: str, whom: str, w: World) -> None:
    target = Account.objects.get(username=whom)
    secret, _ = enrolled(target)
    before = target.get_session_auth_hash()
    if not HELP[helper, whom]:
        with pytest.raises((Refused, AccountError)):
            factors.reset(w.actor(helper), account_id=target.pk, at=AT)
        assert factors.has_any(target.pk)
        return
    factors.reset(w.actor(helper), account_id=target.pk, at=AT)
    assert not Factor.objects.filter(account=target).exists()
    assert Account.objects.get(pk=target.pk).get_session_auth_hash() != before, "sessions end"
    assert Entry.objects.unscoped("a test reads the journal").filter(action="access.reset_factors", subject_id=target.pk).count() == 1


def test_who_holds_an_office_elsewhere_too_is_helped_by_nobody_below(w: World) -> None:
    from zhibu.ground.access.models import Grant

    Grant.objects.create(account_id=w.accounts["secretary"], org_id=w.orgs["T2"], role="organiser", valid_from=AT.date(), granted_by="x", granted_at=AT)
    assert w.accounts["secretary"] not in reach.helped(w.actor("clerk1"), AT.date()).values_list("pk", flat=True)
    assert w.accounts["secretary"] in reach.helped(w.actor("county"), AT.date()).values_list("pk", flat=True)


# --- sabotage twins ---------------------------------------------------------------------------------------------------------------------------


def test_a_replayed_code_would_count_without_the_step_kept(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(factors, "_use_step", lambda row, code, at: totp.matching(factors._clear(row), code, at, -1) is not None)
    with pytest.raises(AssertionError):
        test_a_code_counts_once(account)


def test_an_old_code_would_count_in_a_wider_window(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(totp, "AROUND", 5)
    with pytest.raises(AssertionError):
        test_a_code_counts_half_a_minute_around_its_time(-2, False, account)


def test_another_site_would_do_without_its_check(account: Account, device: Authenticator, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = passkeys._server

    def lax(host: str) -> Any:
        server = plain(host)
        server._verify = lambda origin: True
        return server

    monkeypatch.setattr(passkeys, "_server", lax)
    with pytest.raises(pytest.fail.Exception):
        test_other_answers_are_refused("another site", account, device)


@pytest.mark.parametrize(("helper", "whom"), [("county", "sysadmin"), ("clerk1", "foreign")])
def test_anybody_would_be_helped_without_the_reach(helper: str, whom: str, w: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reach, "helped", lambda actor, today: Account.objects.all())
    with pytest.raises(pytest.fail.Exception):
        test_a_superior_resets_a_lost_factor_below_and_nowhere_else(helper, whom, w)
