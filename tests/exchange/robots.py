"""A server on this machine that stands for the robots of WeCom, DingTalk and Feishu: it checks signatures, counts, and answers as it is told to."""
from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

SECRET = "SEC-geheim-0001"


@dataclass
class Robot:
    """What came in, and what is answered: a list of (status, body) that is used up, the last one for ever; a status of 0 answers nothing in time."""

    url: str = ""
    answers: list[tuple[int, Any]] = field(default_factory=lambda: [(200, {"errcode": 0, "errmsg": "ok"})])
    got: list[dict[str, Any]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def texts(self) -> list[str]:
        """Give the texts that came in."""
        return [b.get("text", {}).get("content") or b.get("content", {}).get("text") or b.get("text", "") for b in self.got]


def signed(kind: str, query: dict[str, list[str]], body: dict[str, Any], secret: str = SECRET) -> bool:
    """Check a signature by the makers' manuals, with other code than the product's."""
    if kind == "dingtalk":
        stamp = query.get("timestamp", [""])[0]
        mac = hmac.new(bytes(secret, "ascii"), digestmod=hashlib.sha256)
        mac.update(stamp.encode() + b"\n" + secret.encode())
        return len(stamp) == 13 and query.get("sign", [""])[0] == base64.standard_b64encode(mac.digest()).decode()
    if kind == "feishu":
        stamp = str(body.get("timestamp", ""))
        return len(stamp) == 10 and body.get("sign") == base64.standard_b64encode(hmac.new(f"{stamp}\n{secret}".encode(), b"", hashlib.sha256).digest()).decode()
    return "key" in query


@contextmanager
def serving(slow: float = 1.0) -> Iterator[Robot]:
    """Serve on a free port of 127.0.0.1."""
    robot = Robot()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            body = json.loads(raw)
            where = urlsplit(self.path)
            kind = where.path.strip("/").split("/")[0]
            if kind in ("dingtalk", "feishu", "wecom") and not signed(kind, parse_qs(where.query), body):
                robot.faults.append(kind)
            robot.got.append({**body, "_headers": dict(self.headers), "_raw": raw})
            status, said = robot.answers.pop(0) if len(robot.answers) > 1 else robot.answers[0]
            if not status:
                time.sleep(slow)
                return
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("Location", robot.url + "/elsewhere")
            told = said if isinstance(said, bytes) else json.dumps(said).encode()
            self.send_header("Content-Length", str(len(told)))
            self.end_headers()
            self.wfile.write(told)

        log_message: Callable[..., None] = lambda self, *args: None

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    robot.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield robot
    finally:
        server.shutdown()
        server.server_close()
