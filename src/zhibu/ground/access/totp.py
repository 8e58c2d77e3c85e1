"""Codes that change every 30 seconds (RFC 6238): six digits, HMAC-SHA-1, as every authenticator app makes them. Pure; the moment is an argument."""
from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import struct
from datetime import datetime
from urllib.parse import quote

STEP = 30      # seconds
AROUND = 1     # steps before and after: clocks of phones differ by up to 30 seconds
ISSUER = "支部工作台"


def new_secret() -> str:
    """Make a secret of 160 bits in base 32."""
    return base64.b32encode(secrets.token_bytes(20)).decode()


def code_at(secret: str, counter: int) -> str:
    """Give the code of one step of time."""
    digest = hmac.new(base64.b32decode(secret), struct.pack(">Q", counter), hashlib.sha1).digest()
    at = digest[-1] & 0x0F
    return f"{(int.from_bytes(digest[at : at + 4], 'big') & 0x7FFF_FFFF) % 1_000_000:06d}"


def matching(secret: str, code: str, at: datetime, after: int) -> int | None:
    """Give the step for which `code` is right, None when it is wrong, too old, or of a step up to `after`: a code counts once."""
    now = int(at.timestamp()) // STEP
    found = None
    for counter in range(now - AROUND, now + AROUND + 1):
        if hmac.compare_digest(code_at(secret, counter).encode(), code.encode()) and counter > after:
            found = counter
    return found


def address(secret: str, username: str) -> str:
    """Give the otpauth address that an app reads from the picture."""
    return f"otpauth://totp/{quote(f'{ISSUER}:{username}', safe='')}?secret={secret}&issuer={quote(ISSUER, safe='')}"


def grouped(secret: str) -> str:
    """Write a secret in groups of four, to be typed where there is no camera."""
    return " ".join(secret[i : i + 4] for i in range(0, len(secret), 4))
