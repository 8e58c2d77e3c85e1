"""A browser of one signed-in account against a server that runs: pages and forms over HTTP, and many identical posts at once."""
from __future__ import annotations

import http.client
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.core.servers.basehttp import WSGIServer
from tests.everywhere.pages import Form, Page, _Reader, inside

WSGIServer.request_queue_size = 128  # the test server turns the eleventh visitor at the door away


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    location: str
    body: str


@dataclass
class Browser:
    """Cookies, and where the server is."""

    host: str
    cookies: dict[str, str] = field(default_factory=dict)
    timeout: float = 60

    def ask(self, method: str, url: str, body: bytes | None = None) -> Answer:
        """Send one request on a connection of its own."""
        connection = http.client.HTTPConnection(self.host, timeout=self.timeout)
        headers = {"Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items()), "Connection": "close"}
        if body is not None:
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "Referer": f"http://{self.host}{url}"}
        try:
            connection.request(method, url, body, headers)
            response = connection.getresponse()
            text = response.read().decode()
            for cookie in response.msg.get_all("Set-Cookie") or []:
                name, _, value = cookie.partition(";")[0].partition("=")
                if method == "GET" or name not in self.cookies:  # many posts at once do not fight for the cookies
                    self.cookies[name] = value
            return Answer(response.status, response.headers.get("Location", ""), text)
        finally:
            connection.close()

    def open(self, url: str) -> Page:
        """Open a page."""
        answer = self.ask("GET", url)
        assert answer.status == 200, (url, answer.status)
        page = Page(url)
        reader = _Reader(page)
        reader.feed(answer.body)
        reader.close()
        page.text = " ".join("".join(reader.words).split())
        return page

    def ready(self, page: Page, form: Form, changes: Mapping[str, Any], press: str) -> tuple[str, bytes]:
        """Give the address and the body that a form sends."""
        where = inside(form.action or page.url, page.url)
        assert where is not None
        return where, urlencode(form.values(changes, press), doseq=True).encode()

    def at_once(self, url: str, body: bytes, times: int) -> list[Answer]:
        """Send the same post many times at the same moment."""
        start, answers, failed = threading.Barrier(times), list[Answer](), list[BaseException]()

        def go() -> None:
            try:
                start.wait(30)
                answers.append(self.ask("POST", url, body))
            except BaseException as error:
                failed.append(error)

        threads = [threading.Thread(target=go) for _ in range(times)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        assert not failed, failed[:3]
        return answers


def browser(server_url: str, session_name: str, session_key: str) -> Browser:
    """Give the browser of a session that was begun elsewhere."""
    return Browser(urlsplit(server_url).netloc, {session_name: session_key})
