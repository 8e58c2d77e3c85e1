"""Passkeys (WebAuthn) beside the password, on top of python-fido2. Pure: what must be remembered between two requests is handed out and taken back."""
from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from fido2.server import Fido2Server
from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticationResponse,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialUserEntity,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

TITLE = "支部工作台"


class PasskeyRefused(Exception):
    """What the browser sent proves nothing: another key, another site, an old question, or no answer at all."""


@dataclass(frozen=True, slots=True)
class Question:
    """What the browser is asked (JSON), and what to remember for checking its answer."""

    options: Mapping[str, Any]
    state: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Key:
    """A passkey as stored: its id, its public key, and how often it has signed."""

    handle: str
    data: str
    counter: int


def _server(host: str) -> Fido2Server:
    return Fido2Server(PublicKeyCredentialRpEntity(name=TITLE, id=host))  # checks that the answer comes from https at this host (http: localhost only)


def _known(keys: Iterable[Key]) -> list[AttestedCredentialData]:
    return [AttestedCredentialData(base64.b64decode(k.data)) for k in keys]


def ask_for_new(host: str, account_id: int, username: str, held: Iterable[Key]) -> Question:
    """Ask the browser to make a passkey; those held already are not made twice."""
    user = PublicKeyCredentialUserEntity(name=username, id=str(account_id).encode(), display_name=username)
    options, state = _server(host).register_begin(
        user, _known(held), resident_key_requirement=ResidentKeyRequirement.DISCOURAGED, user_verification=UserVerificationRequirement.PREFERRED
    )
    return Question(dict(options), state)


def take_new(host: str, state: Mapping[str, Any], answer: Mapping[str, Any]) -> Key:
    """Check the answer and give the new key. Raises PasskeyRefused."""
    try:
        made = _server(host).register_complete(state, answer)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise PasskeyRefused(str(error)) from error
    if made.credential_data is None:
        raise PasskeyRefused("no key")
    return Key(base64.b64encode(made.credential_data.credential_id).decode(), base64.b64encode(made.credential_data).decode(), made.counter)


def ask(host: str, held: Iterable[Key]) -> Question:
    """Ask the browser to sign with one of the keys."""
    options, state = _server(host).authenticate_begin(_known(held), user_verification=UserVerificationRequirement.PREFERRED)
    return Question(dict(options), state)


def check(host: str, state: Mapping[str, Any], held: Iterable[Key], answer: Mapping[str, Any]) -> tuple[str, int]:
    """Check a signature; gives (handle of the key, its new count). A count that does not grow is a copied key. Raises PasskeyRefused."""
    known = {k.handle: k for k in held}
    try:
        used = _server(host).authenticate_complete(state, _known(known.values()), answer)
        counter = AuthenticationResponse.from_dict(answer).response.authenticator_data.counter
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise PasskeyRefused(str(error)) from error
    handle = base64.b64encode(used.credential_id).decode()
    if counter <= known[handle].counter and (counter or known[handle].counter):
        raise PasskeyRefused("the count of signatures did not grow")
    return handle, counter
