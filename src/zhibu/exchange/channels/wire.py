"""One POST to the outside: https only, to allowed hosts only, without redirects, with a time limit, and no more of the answer than is needed."""
from __future__ import annotations

import ssl
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

from django.conf import settings

TIMEOUT = 10.0   # seconds, for each step of the connection
MOST = 64_000    # bytes of an answer

JSON = {"Content-Type": "application/json; charset=utf-8"}


class Unreachable(Exception):
    """No answer came: no connection, no certificate to trust, no answer in time."""


class Forbidden(Exception):
    """The address is none that may be sent to; nothing was sent."""


def allowed(address: str) -> tuple[str, int, bool]:
    """Give (host, port, with TLS) of an address that may be sent to. Raises Forbidden."""
    try:
        parts = urlsplit(address)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        raise Forbidden("the address cannot be read") from None
    if parts.username or parts.password or not host or not address.isascii() or any(c <= " " for c in address):
        raise Forbidden("the address cannot be read")
    if settings.CHANNEL_LOOPBACK and parts.scheme == "http" and host == "127.0.0.1" and port:
        return host, port, False
    if parts.scheme != "https" or (host if port in (None, 443) else f"{host}:{port}") not in settings.CHANNEL_HOSTS:
        raise Forbidden("not https, or a host that is not allowed")
    return host, port or 443, True


def post(address: str, body: bytes, headers: Mapping[str, str] = JSON, *, timeout: float = TIMEOUT) -> tuple[int, bytes]:
    """Send a body; returns status and the beginning of the answer. Redirects are not followed. Raises Unreachable, Forbidden."""
    host, port, secure = allowed(address)
    parts = urlsplit(address)
    link = HTTPSConnection(host, port, timeout=timeout, context=ssl.create_default_context()) if secure else HTTPConnection(host, port, timeout=timeout)
    try:
        link.request("POST", (parts.path or "/") + (f"?{parts.query}" if parts.query else ""), body, dict(headers))
        response = link.getresponse()
        return response.status, response.read(MOST)
    except (OSError, HTTPException) as error:
        raise Unreachable(type(error).__name__) from error
    finally:
        link.close()
