"""The background worker inside the web process: for the demo and a laptop, where `zhibu serve` is all that runs (ZHIBU_JOBS=inside, which it sets)."""
from __future__ import annotations

import os
import secrets
import threading

from django.utils import timezone


def start() -> threading.Thread | None:
    """Start the worker as a thread, if the environment asks for it. It ends with the process; what was under way is swept at the next start."""
    if os.environ.get("ZHIBU_JOBS") != "inside":
        return None
    from zhibu.ground.jobs import loop

    thread = threading.Thread(target=loop.run, args=(f"inside-{os.getpid()}-{secrets.token_hex(4)}", timezone.now, threading.Event()), name="zhibu-jobs", daemon=True)
    thread.start()
    return thread
