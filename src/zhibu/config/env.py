"""Settings that come from the environment, read once."""
from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

CHECKOUT = Path(__file__).resolve().parents[3]


def data_folder() -> Path:
    """Give ZHIBU_DATA, by default var/ in the checkout."""
    return Path(os.environ.get("ZHIBU_DATA") or CHECKOUT / "var").resolve()


def database() -> dict:
    """Give Django's database settings from DATABASE_URL (sqlite:///path or postgresql://user:pw@host:port/name); SQLite in the data folder without it."""
    url = os.environ.get("DATABASE_URL", "")
    if not url or url.startswith("sqlite:"):
        name = url.split("///", 1)[1] if "///" in url else str(data_folder() / "zhibu.sqlite3")
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": name,
            "CONN_MAX_AGE": None,
            "OPTIONS": {
                "timeout": 20,
                "transaction_mode": "IMMEDIATE",
                "init_command": (
                    "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;PRAGMA foreign_keys=ON;PRAGMA secure_delete=ON;"
                    "PRAGMA journal_size_limit=67108864;PRAGMA cache_size=-20000;PRAGMA mmap_size=134217728"
                ),
            },
        }
    parts = urlsplit(url)
    if parts.scheme not in ("postgres", "postgresql"):
        raise SystemExit(f"DATABASE_URL 的写法不认识：{parts.scheme}。请用 sqlite:///文件 或 postgresql://用户:密码@主机:端口/库名")
    query = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(query.pop("host", "") or parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": query,
    }


def flag(name: str, default: bool = False) -> bool:
    """Read a switch: 1, true, yes, on."""
    return os.environ.get(name, str(default)).strip().lower() in ("1", "true", "yes", "on")


def mail() -> tuple[str, int, str, str, bool, bool]:
    """Give (host, port, user, password, TLS from the start, TLS by STARTTLS) from ZHIBU_MAIL: smtps://user:pw@host:465 or smtp://user:pw@host:587; no host without it."""
    url = os.environ.get("ZHIBU_MAIL", "")
    if not url:
        return "", 0, "", "", False, False
    parts = urlsplit(url)
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise SystemExit("ZHIBU_MAIL 的写法不认识。请用 smtps://user:password@host:465 或 smtp://user:password@host:587")
    own = parts.scheme == "smtps"
    return parts.hostname, parts.port or (465 if own else 587), unquote(parts.username or ""), unquote(parts.password or ""), own, not own


def choice(name: str, allowed: tuple[str, ...], default: str) -> str:
    """Give a setting that has few values; another value is an error that names them."""
    value = os.environ.get(name) or default
    if value not in allowed:
        raise SystemExit(f"环境变量 {name} 只能是 {'、'.join(allowed)}，现在是“{value}”")
    return value


def secret_key() -> str:
    """Give ZHIBU_SECRET_KEY, else a key kept in the data folder (made at first use, mode 0600)."""
    if value := os.environ.get("ZHIBU_SECRET_KEY"):
        return value
    path = data_folder() / "keys" / "session.key"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return path.read_text().strip()
        with os.fdopen(handle, "w") as out:
            out.write(os.urandom(48).hex())
    return path.read_text().strip()
