"""Walk the product as each role: every link of every page, and every form, on the world of the access matrix."""
from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from django.conf import settings
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import Resolver404, resolve
from tests.everywhere.matrix import PERSONAS, World
from tests.everywhere.pages import Form, Page, inside, read


@dataclass
class Visit:
    """A page that was opened, from where, and what came."""

    persona: str
    url: str
    origin: str
    words: str
    status: int
    html: bool = False
    page: Page | None = None


@dataclass
class Walk:
    """Everything that was met."""

    visits: list[Visit] = field(default_factory=list)

    def pages(self) -> Iterator[tuple[Visit, Page]]:
        """Give the pages."""
        for visit in self.visits:
            if visit.page is not None:
                yield visit, visit.page

    def forms(self) -> Iterator[tuple[Visit, Page, Form]]:
        """Give the forms with the page they stand on."""
        for visit, page in self.pages():
            for form in page.forms:
                yield visit, page, form


def client_of(w: World, persona: str, **more: Any) -> Client:
    """Give a browser in which the persona is signed in."""
    client = Client(raise_request_exception=False, **more)
    client.cookies[settings.SESSION_COOKIE_NAME] = w.sessions[persona]
    return client


def kind_of(url: str) -> str:
    """Name the kind of an address: the view, with the names of the query and the short values that choose a part of the page."""
    parts = urlsplit(url)
    try:
        name = resolve(parts.path).view_name
    except Resolver404:
        return url
    query = parse_qsl(parts.query, keep_blank_values=True)
    return f"{name}?{'&'.join(sorted({k + ('=' + v if re.fullmatch('[a-z_]{1,14}', v) else '') for k, v in query}))}"


def features(url: str) -> set[str]:
    """Give what makes a page worth opening: its view, each name of its query, each value that chooses a part of the page."""
    name, _, query = kind_of(url).partition("?")
    return {name, *(f"{name}?{part}" for part in query.split("&") if part)}


def opened(client: Client, url: str) -> HttpResponse:
    """Open an address and follow where it sends."""
    return client.get(url, follow=True)


def walk(w: World, persona: str, start: str = "/") -> Walk:
    """Open what a role is offered, page by page, each kind of page and each of its parts once."""
    client, found, seen, known = client_of(w, persona), Walk(), {start}, set[str]()
    waiting: deque[tuple[str, str, str]] = deque([(start, "", "")])
    with transaction.atomic():
        while waiting:
            url, origin, words = waiting.popleft()
            if features(url) <= known:
                continue  # nothing about it is new to this role
            known |= features(url)
            response = opened(client, url)
            html = response.headers.get("Content-Type", "").startswith("text/html") and not response.streaming
            visit = Visit(persona, url, origin, words, response.status_code, html)
            if html:
                visit.page = read(response, response.request["PATH_INFO"] + (f"?{response.request['QUERY_STRING']}" if response.request["QUERY_STRING"] else ""))
            elif response.streaming:
                b"".join(response.streaming_content)
            found.visits.append(visit)
            for link, said in visit.page.links if visit.page else ():
                target = inside(link, visit.page.url if visit.page else url)
                if target is None or target in seen:
                    continue
                seen.add(target)
                waiting.append((target, url, said))
        transaction.set_rollback(True)
    return found


def everybody(w: World) -> Walk:
    """Walk as every role."""
    found = Walk()
    for persona, _, _ in PERSONAS:
        found.visits += walk(w, persona).visits
    return found
