"""Seconds and memory of every hostile file, measured in a process of its own (trust.md F1: at most 2 s and 256 MB).

The memory is the highest the system saw, and counts at least what this process had when it started the other one.

    python -m tests.hostile.table
"""
from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import Any

MOST_S, MOST_MB = 2.0, 256
INSPECT = """
import sys, json
name = json.loads(sys.stdin.buffer.readline())
from django.conf import settings
from zhibu.ground.files.inspection import FileRefused, inspect
try: print("taken", inspect(sys.stdin.buffer.read(), name)[1])
except FileRefused as error: print(error.code)
"""


@dataclass
class Meter:
    """What the processes of this one took: seconds of processor, megabytes at their highest."""

    seconds: list[float] = field(default_factory=list)
    megabytes: list[float] = field(default_factory=list)

    def popen(self) -> type[subprocess.Popen[bytes]]:
        """Give a Popen that asks the system what its process took."""
        meter = self

        class Measured(subprocess.Popen[bytes]):
            def _try_wait(self, flags: int) -> tuple[int, int]:
                try:
                    pid, status, used = os.wait4(self.pid, flags)
                except ChildProcessError:
                    return self.pid, 0
                if pid:
                    meter.seconds.append(used.ru_utime + used.ru_stime)
                    meter.megabytes.append(used.ru_maxrss / 1024)
                return pid, status

        return Measured


def main() -> int:
    """Print the table; the last lines count what is beyond the aims."""
    from tests.hostile import attachments, containers, sheets

    from zhibu.exchange.intake import child
    from zhibu.exchange.intake.grid import Refused

    meter, beyond = Meter(), 0
    subprocess.Popen = meter.popen()  # type: ignore[misc]
    print(f"{'id':5} {'answer':12} {'s':>6} {'CPU s':>6} {'MB':>5}  what")
    for case in containers.CASES + sheets.CASES:
        beyond += line(case, meter, lambda case, body: parsed(child, Refused, case, body))
    print("attachments")
    for case in attachments.CASES:
        beyond += line(case, meter, inspected)
    print(f"{beyond} beyond {MOST_S} s of processor or {MOST_MB} MB")
    return 0


def parsed(child: Any, refused: type[Exception], case: Any, body: bytes) -> str:
    """Read a table as the upload does; gives the code, or `read` (a fault of a cell is found after the process)."""
    try:
        child.parse(case.name, body)
    except refused as error:
        return str(error.code)  # type: ignore[attr-defined]
    return "read"


def inspected(case: Any, body: bytes) -> str:
    """Look at an attachment as the upload does."""
    done = subprocess.run([sys.executable, "-c", INSPECT], input=json.dumps(case.name).encode() + b"\n" + body, capture_output=True, check=False)
    return done.stdout.decode().split("/")[0].strip() or "FAILED"


def line(case: Any, meter: Meter, answer: Any) -> bool:
    """Run one case and print its line."""
    body = case.make()
    begin = time.monotonic()
    said = answer(case, body)
    took, cpu, memory = time.monotonic() - begin, (meter.seconds or [0])[-1], (meter.megabytes or [0])[-1]
    over = cpu > MOST_S or memory > MOST_MB
    print(f"{case.id:5} {said:12} {took:6.2f} {cpu:6.2f} {memory:5.0f}  {case.what}{'   <-- beyond' if over else ''}", flush=True)
    return over


if __name__ == "__main__":
    raise SystemExit(main())
