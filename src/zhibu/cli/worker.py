"""`zhibu worker`: do the background work (notices to channels, daily digests) in a process of its own. Ctrl+C or SIGTERM: the job under way is finished first.

Exit 0: stopped; 1: the database is not ready; 2: wrong use.
"""
from __future__ import annotations

import os
import secrets
import signal
import socket
import sys
import threading
from collections.abc import Sequence

from django.utils import timezone

from zhibu.ground.jobs import loop

from .serve import pending


def main(argv: Sequence[str]) -> int:
    """Work until stopped."""
    if argv:
        print("zhibu worker 没有参数", file=sys.stderr)
        return 2
    if pending():
        print("没有启动：数据库结构不是最新的。请先用 zhibu serve 启动一次", file=sys.stderr)
        return 1
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    name = f"{socket.gethostname()[:30]}-{os.getpid()}-{secrets.token_hex(4)}"
    print(f"后台工作在运行（{name}），按 Ctrl+C 停止", flush=True)
    loop.run(name, timezone.now, stop)
    return 0
