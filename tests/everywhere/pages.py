"""Pages as a browser without JavaScript reads them: links, buttons, and forms with what they would send."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit

from django.http import HttpResponse
from django.test import Client

VOID = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"})


@dataclass
class Press:
    """A submit button: the value it adds, and the address where it has one of its own."""

    label: str
    name: str = ""
    value: str = ""
    action: str = ""
    type: str = ""


@dataclass
class Form:
    """A form as it stands: what is filled in, and the buttons that send it."""

    action: str | None
    method: str
    enctype: str = ""
    fields: list[tuple[str, str]] = field(default_factory=list)
    buttons: list[Press] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    visible: int = 0  # fields a person can fill in

    def values(self, changes: Mapping[str, Any] | None = None, press: str = "") -> dict[str, list[Any]]:
        """Give what is sent: the fields, changed (None takes one away), and the button's own value."""
        sent: dict[str, list[Any]] = {}
        for name, value in self.fields:
            sent.setdefault(name, []).append(value)
        for button in self.buttons:
            if button.name and press in (button.label, button.value):
                sent[button.name] = [button.value]
                break
        for name, value in (changes or {}).items():
            if value is None:
                sent.pop(name, None)
            else:
                sent[name] = list(value) if isinstance(value, (list, tuple)) else [value]
        return sent


@dataclass
class Page:
    """A page: where links lead, its forms, its text."""

    url: str
    links: list[tuple[str, str]] = field(default_factory=list)  # (address, words)
    forms: list[Form] = field(default_factory=list)
    stray_buttons: list[str] = field(default_factory=list)  # submit buttons outside any form
    ids: set[str] = field(default_factory=set)
    text: str = ""
    html: str = ""

    def form(self, holds: str) -> Form:
        """Give the form that has a field, or leads to an address."""
        for one in self.forms:
            if any(name == holds for name, _ in one.fields) or holds in one.files or (one.action or "").startswith(holds) and holds:
                return one
        raise AssertionError(f"no form with {holds!r} on {self.url}")


class _Reader(HTMLParser):
    def __init__(self, page: Page) -> None:
        super().__init__(convert_charrefs=True)
        self.page = page
        self.open: list[str] = []
        self.form: Form | None = None
        self.link: tuple[str, list[str]] | None = None
        self.button: tuple[Press, list[str]] | None = None
        self.select: tuple[str, list[tuple[str, bool]], bool] | None = None
        self.area: tuple[str, list[str]] | None = None
        self.words: list[str] = []
        self.asleep = 0  # depth inside <template>, <script>, <style>
        self.closed: list[bool] = []  # fieldset disabled?

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        a = {k: v if v is not None else "" for k, v in attrs}
        if tag in ("template", "script", "style"):
            self.asleep += 1
        if self.asleep:
            return
        if "id" in a:
            self.page.ids.add(a["id"])
        if tag == "a" and "href" in a:
            self.link = (a["href"], [])
        elif tag == "form":
            self.form = Form(a.get("action"), a.get("method", "get").lower(), a.get("enctype", ""))
            self.page.forms.append(self.form)
        elif tag == "fieldset":
            self.closed.append("disabled" in a)
        elif tag == "button":
            self.button = (Press("", a.get("name", ""), a.get("value", ""), a.get("formaction", ""), a.get("type", "submit")), [])
        elif tag == "input":
            self._input(a)
        elif tag == "select" and self._alive(a):
            self.select = (a.get("name", ""), [], "multiple" in a)
        elif tag == "option" and self.select is not None:
            self.select[1].append((a.get("value", ""), "selected" in a))
        elif tag == "textarea" and self._alive(a):
            self.area = (a.get("name", ""), [])

    def _alive(self, a: Mapping[str, str]) -> bool:
        return self.form is not None and "disabled" not in a and not any(self.closed)

    def _input(self, a: Mapping[str, str]) -> None:
        kind = a.get("type", "text")
        if not self._alive(a) or self.form is None or not a.get("name"):
            return
        if kind in ("submit", "image"):
            self.form.buttons.append(Press(a.get("value", ""), a["name"], a.get("value", "")))
            return
        if kind != "hidden":
            self.form.visible += 1
        if kind == "file":
            self.form.files.append(a["name"])
        elif kind not in ("checkbox", "radio") or "checked" in a:
            self.form.fields.append((a["name"], a.get("value", "on" if kind in ("checkbox", "radio") else "")))

    def handle_endtag(self, tag: str) -> None:
        if tag in ("template", "script", "style"):
            self.asleep -= 1
            return
        if self.asleep:
            return
        if tag == "a" and self.link is not None:
            self.page.links.append((self.link[0], "".join(self.link[1]).strip()))
            self.link = None
        elif tag == "form":
            self.form = None
        elif tag == "fieldset" and self.closed:
            self.closed.pop()
        elif tag == "button" and self.button is not None:
            press, words = self.button
            press.label = "".join(words).strip()
            if press.type == "submit":
                if self.form is None:
                    self.page.stray_buttons.append(press.label)
                else:
                    self.form.buttons.append(press)
            self.button = None
        elif tag == "select" and self.select is not None and self.form is not None:
            name, options, several = self.select
            chosen = [v for v, on in options if on] or ([] if several or not options else [options[0][0]])
            self.form.fields += [(name, v) for v in chosen]
            self.form.visible += 1
            self.select = None
        elif tag == "textarea" and self.area is not None and self.form is not None:
            self.form.fields.append((self.area[0], "".join(self.area[1])))
            self.form.visible += 1
            self.area = None

    def handle_data(self, data: str) -> None:
        if self.asleep:
            return
        for holder in (self.link, self.button, self.area):
            if holder is not None:
                holder[1].append(data)
        if self.area is None:
            self.words.append(data)


def read(response: HttpResponse, url: str = "") -> Page:
    """Read an answer as a page."""
    page = Page(url or getattr(response, "request", {}).get("PATH_INFO", ""))
    reader = _Reader(page)
    page.html = response.content.decode()
    reader.feed(page.html)
    reader.close()
    page.text = " ".join("".join(reader.words).split())
    return page


def inside(url: str, base: str) -> str | None:
    """Give the address of a link on this site, without its fragment; None for another site or another scheme."""
    whole = urljoin(base, url)
    parts = urlsplit(whole)
    if parts.scheme not in ("", "http", "https") or parts.netloc not in ("", "testserver"):
        return None
    return parts.path + (f"?{parts.query}" if parts.query else "")


def send(client: Client, page: Page, form: Form, changes: Mapping[str, Any] | None = None, press: str = "") -> HttpResponse:
    """Send a form as the page's reader would."""
    where = inside(form.action or "", page.url)
    assert where is not None
    values = form.values(changes, press)
    return client.post(where, values) if form.method == "post" else client.get(where, values)
