"""The environment of a test run, set before the settings are read (pytest loads this file first: `-p tests.environment`).

Tests run with the demo's switches (plain http), with static files straight from the sources, and with a data folder of their own, so that
no test meets the keys or files of an installation. DATABASE_URL is left alone: it chooses SQLite or PostgreSQL.
"""
from __future__ import annotations

import atexit
import os
import shutil
import tempfile

os.environ["ZHIBU_DEMO"] = "1"
os.environ["ZHIBU_PLAIN_STATIC"] = "1"
for name in ("ZHIBU_KEY_FILE", "ZHIBU_SECRET_KEY", "ZHIBU_HOSTS", "ZHIBU_ORIGINS", "ZHIBU_BEHIND_PROXY", "PYTHONDONTWRITEBYTECODE"):
    os.environ.pop(name, None)

if "ZHIBU_TEST_DATA" not in os.environ:  # the workers of pytest-xdist inherit the folder of the process that made it
    folder = tempfile.mkdtemp(prefix="zhibu-test-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ["ZHIBU_TEST_DATA"] = folder
os.environ["ZHIBU_DATA"] = os.environ["ZHIBU_TEST_DATA"]
os.makedirs(os.path.join(os.environ["ZHIBU_DATA"], "static"), exist_ok=True)  # whitenoise warns when it is missing

from zhibu.ground.guard.sealing import key_path, make_key  # noqa: E402

if not key_path().exists():  # the key of this run's throw-away data folder
    make_key(key_path())
