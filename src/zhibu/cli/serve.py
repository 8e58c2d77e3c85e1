"""`zhibu serve`: migrate-checked start of the web server on 127.0.0.1:${PORT:-8000}."""
from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from django.conf import settings
from django.core.management import call_command
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from zhibu.ground.access import setup
from zhibu.ground.files.sweep import sweep
from zhibu.ground.guard.sealing import KeyMissing
from zhibu.ground.guard.startup import ensure_key


def ready() -> bool:
    """Migrate, make or check the key, collect the static files; says what is wrong and returns False when it cannot."""
    call_command("migrate", interactive=False, verbosity=0)
    try:
        ensure_key(timezone.now())
    except KeyMissing as missing:
        print(f"没有启动：{missing}", file=sys.stderr)
        return False
    call_command("collectstatic", interactive=False, verbosity=0, ignore_patterns=["redoc*"])  # the second viewer of the API that comes along
    return True


def pending() -> bool:
    """Tell whether the database lacks migrations."""
    executor = MigrationExecutor(connections[DEFAULT_DB_ALIAS])
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def announce() -> None:
    """Print where the first page is, with a new setup code; an earlier code is void."""
    scheme = "http" if settings.DEMO else "https"
    print(f"还没有任何账号。第一次使用请打开 {scheme}://地址/setup/ ，设置代码（24 小时内有效，只用一次）：{setup.new_code(timezone.now())}", flush=True)


def main(argv: Sequence[str]) -> int:
    """Serve until stopped."""
    if argv:
        print("zhibu serve 没有参数；端口用环境变量 PORT 指定", file=sys.stderr)
        return 2
    if not ready():
        return 1
    sweep(timezone.now())
    if setup.needed():
        announce()
    return serve()


def serve() -> int:
    """Hand over to the application server."""
    from granian import Granian
    from granian.constants import Interfaces

    port = int(os.environ.get("PORT", "8000"))
    address = os.environ.get("ZHIBU_BIND", "127.0.0.1")
    print(f"支部工作台在 {'http' if settings.DEMO else 'https（由反向代理提供）'}://{address}:{port} ，按 Ctrl+C 停止", flush=True)
    os.environ.setdefault("ZHIBU_JOBS", "inside")  # the web processes do the background work; apart: `zhibu worker` does
    connections.close_all()
    Granian("zhibu.config.wsgi:application", address=address, port=port, interface=Interfaces.WSGI, workers=2, blocking_threads=1).serve()
    return 0
