"""The parser runs in a child process with little memory, little time, no files, no network and nothing of our environment.

The parent never hangs and never reads a pickle: the child answers one JSON document."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

from zhibu.exchange.intake import container
from zhibu.exchange.intake.grid import MAX_FILE_BYTES, Book, Refused, from_wire, to_wire

MEMORY_BYTES = 512 * 1024 * 1024
CPU_SECONDS = 20
WALL_SECONDS = 40
_TOO_HEAVY = "文件太大或太复杂，没能在限定的时间和内存里读完。请把表格另存一份，只留要导入的工作表后上传"


def parse(name: str, data: bytes) -> Book:
    """Read a file in a child process. Raises Refused; E108 when the child ran out of memory or time."""
    if len(data) > MAX_FILE_BYTES:
        raise Refused("E102", "文件超过 10 MB，请拆分后上传")
    source = str(Path(__file__).resolve().parents[3])
    environment = {"PYTHONPATH": source, "PYTHONIOENCODING": "utf-8", "LC_ALL": "C.UTF-8", "PATH": os.defpath, "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(
            [sys.executable, "-m", "zhibu.exchange.intake.child"],
            input=json.dumps(name[:300]).encode() + b"\n" + data,
            capture_output=True,
            timeout=WALL_SECONDS,
            env=environment,
            cwd="/",
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise Refused("E108", _TOO_HEAVY) from error
    try:
        answer = json.loads(done.stdout)
    except ValueError:
        raise Refused("E108", _TOO_HEAVY) from None
    if "error" in answer:
        raise Refused(str(answer["error"]["code"]), str(answer["error"]["message"]))
    return from_wire(answer["book"])


def main() -> None:
    """Read name and file from standard input, answer the grids or the refusal as JSON on standard output."""
    _confine()
    name = json.loads(sys.stdin.buffer.readline())
    data = sys.stdin.buffer.read(MAX_FILE_BYTES + 1)
    try:
        answer = json.dumps({"book": to_wire(container.read(name, data))}, separators=(",", ":"))
    except Refused as error:
        answer = json.dumps({"error": {"code": error.code, "message": error.message}})
    except (MemoryError, RecursionError):
        answer = json.dumps({"error": {"code": "E108", "message": _TOO_HEAVY}})
    except Exception:  # whatever a broken file does to a parser, the clerk gets an answer
        answer = json.dumps({"error": {"code": "E106", "message": "文件不完整或结构异常，请用 WPS 或 Excel 重新另存后上传"}})
    sys.stdout.write(answer)
    sys.stdout.flush()


def _confine() -> None:
    """Take away memory, time and, last, the right to open anything; what is loaded lazily is loaded before."""
    for encoding in ("gb18030", "gb2312", "utf-16", "utf-16-le", "utf-16-be", "utf-8-sig", "latin-1", "cp437", "cp1252", "cp936"):
        b"".decode(encoding)
        "".encode(encoding)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))


if __name__ == "__main__":
    main()
