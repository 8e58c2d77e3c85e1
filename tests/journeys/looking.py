"""Pages for people who see, hear or move with difficulty: which there are, and what axe-core, 200 % zoom, large print and the keyboard find in them.

The pages are those of the access matrix and the refused forms among them. Chromium shows the answers as they were given: no server, no database in the way.
Each page is opened once, on a phone, and the window then grows: no script of ours asks for its size.
"""
from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from django.contrib.staticfiles import finders
from django.db import transaction
from playwright.sync_api import Browser, Page, Route
from tests.everywhere import crawl, matrix
from tests.everywhere.crawl import Walk
from tests.everywhere.matrix import World
from tests.everywhere.pages import inside, read

HOST = "http://zhibu.test"
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"], "resultTypes": ["violations"], "selectors": False, "preload": False}
DESKTOP, PHONE, NARROW = (1440, 900), (390, 844), (360, 740)
ZOOMED = (720, 450)  # CSS pixels: 1440 at 200 %
TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


@dataclass(frozen=True)
class Seen:
    """A page as one role got it."""

    name: str
    url: str
    html: str


VIEWER = "/api/v1/docs"  # a viewer for programmers, made by others; how it is used stands in docs/api.md


def sort_of(url: str) -> str:
    """Name the sort of a page: its view and the names of the query, whatever the values."""
    name, _, query = crawl.kind_of(url).partition("?")
    return f"{name}?{'&'.join(sorted({part.partition('=')[0] for part in query.split('&')}))}"


def refused(w: World, walk: Walk) -> Iterator[Seen]:
    """Give what comes back when each kind of form is sent empty, where that is a page of its own."""
    known = set()
    for visit, page, form in walk.forms():
        where = inside(form.action or page.url, page.url)
        if form.method != "post" or where is None or sort_of(where) in known or re.match(r"/(signout|signin|large-print|sessions)", where):
            continue
        known.add(sort_of(where))
        with transaction.atomic():
            values = form.values({name: "" for name, _ in form.fields if name not in ("csrfmiddlewaretoken", "key", "version")})
            response = crawl.client_of(w, visit.persona).post(where, values)
            transaction.set_rollback(True)
        if response.status_code in (403, 409, 422) and not response.streaming:
            yield Seen(f"{visit.persona} {where} refused {response.status_code}", where, response.content.decode())


def met() -> list[Seen]:
    """Give each kind of page once, by the role that has most of it, and the answers that refuse."""
    w = matrix.build()
    walk = crawl.everybody(w)
    best: dict[str, Seen] = {}
    for visit, page in walk.pages():
        kind = sort_of(visit.url)
        if page.url == VIEWER:
            continue
        if kind not in best or len(page.html) > len(best[kind].html):
            best[kind] = Seen(f"{visit.persona} {visit.url}", page.url, page.html)
    client = crawl.client_of(w, "secretary")
    lost = [Seen(f"secretary {url}", url, client.get(url).content.decode()) for url in ("/nowhere/", "/overview/")]
    outside = [Seen(f"nobody {url}", url, read(crawl.Client().get(url), url).html) for url in ("/signin/",)]
    return [*best.values(), *refused(w, walk), *lost, *outside]


class Kinds(HTMLParser):
    """The kinds of element of a page: each with its class, its attributes and the chain of those around it, which is all that a style goes by."""

    VOID = set("area base br col embed hr img input link meta source track wbr".split())

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found, self.around = set[int](), [("", 0)]
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        kind = hash((self.around[-1][1], tag, dict(attrs).get("class"), frozenset(name for name, _ in attrs)))
        self.found.add(kind)
        if tag not in self.VOID:
            self.around.append((tag, kind))

    def handle_endtag(self, tag: str) -> None:
        while tag in [name for name, _ in self.around] and self.around.pop()[0] != tag:
            pass


class Reader:
    """Chromium with the pages in it: what they ask for comes from the sources."""

    def __init__(self, browser: Browser, pages: list[Seen]) -> None:
        self.pages = {f"{HOST}/{n}{seen.url}": seen for n, seen in enumerate(pages)}
        self.kinds, self.files = set[int](), dict[str, bytes]()
        self.context = browser.new_context(locale="zh-CN", bypass_csp=True)
        self.context.add_init_script(Axe().axe_script)
        self.context.route("**/*", self.serve)
        self.page = self.context.new_page()

    def serve(self, route: Route) -> None:
        """Answer a request."""
        path = route.request.url[len(HOST):].split("?")[0]
        if path not in self.files and path.startswith("/static/") and (found := finders.find(path[8:])):
            self.files[path] = Path(str(found)).read_bytes()
        if path in self.files:
            route.fulfill(body=self.files[path], content_type=TYPES.get(Path(path).suffix, "application/octet-stream"))
        elif route.request.url in self.pages:
            route.fulfill(body=self.pages[route.request.url].html, content_type="text/html; charset=utf-8")
        else:
            route.fulfill(status=204, body="")

    def each(self, size: tuple[int, int]) -> Iterator[tuple[Seen, Page]]:
        """Open one page after the other in a window of this size."""
        for url, seen in self.pages.items():
            self.size(size)
            self.page.goto(url)
            yield seen, self.page

    def news(self, html: str) -> bool:
        """Tell whether a page has a kind of element that none before it had."""
        new = Kinds(html).found - self.kinds
        self.kinds |= new
        return bool(new)

    def size(self, size: tuple[int, int]) -> None:
        """Make the window this large."""
        self.page.set_viewport_size({"width": size[0], "height": size[1]})

    def over(self) -> int:
        """Tell how far the page sticks out to the side, in pixels."""
        return int(self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))


def complaints(page: Page) -> list[str]:
    """Give what axe-core finds: rule, and the first places."""
    found = page.evaluate("options => axe.run(options).then(told => told.violations)", RULES)
    return [f"{v['id']} ({v['impact']}): " + "; ".join(n["html"][:150] for n in v["nodes"][:2]) + f" ({len(v['nodes'])})" for v in found]


#: what Tab can reach, and what has an order of its own
REACH = """() => {
    const reach = [...document.querySelectorAll('a[href],button,input,select,textarea,summary,[tabindex]')]
        .filter(n => n.tabIndex >= 0 && !n.disabled && n.type !== 'hidden' && n.getClientRects().length && getComputedStyle(n).visibility !== 'hidden');
    return {ahead: reach.filter(n => n.tabIndex > 0).map(n => n.outerHTML.slice(0, 120)), count: reach.length};
}"""
#: where the focus is: which element of the document, and whether its ring can be seen
FOCUS = """() => {
    const n = document.activeElement;
    if (!n || n === document.body) { return null; }
    const style = getComputedStyle(n), next = n.nextElementSibling ? getComputedStyle(n.nextElementSibling) : style;
    const ring = s => s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) > 0 || s.boxShadow !== 'none';
    return {what: n.outerHTML.slice(0, 120), ring: ring(style) || ring(next), place: [...document.querySelectorAll('*')].indexOf(n)};
}"""

#: write down where the focus is after every Tab; tell whether it is in the page to begin with
WATCH = f"""() => {{
    if (!window.stops) {{ document.addEventListener('keyup', event => {{ if (event.key === 'Tab') {{ window.stops.push(({FOCUS})()); }} }}, true); }}
    window.stops = [];
    return document.activeElement !== document.body;
}}"""


IN_MENU = 6  # stops before the keyboard goes on in the page itself


def tabbed(page: Page, stops: int = 25) -> list[str]:
    """Press Tab through a page: no order of its own, a visible ring at every stop, forward through the document."""
    state, first, last = page.evaluate(REACH), None, -1
    faults = [f"own order {one}" for one in state["ahead"]]
    inside = page.evaluate(WATCH)  # a refused form begins at its list of errors
    for n in range(min(state["count"], stops)):
        if n == IN_MENU and not inside:  # the menu is the same on every page
            page.evaluate("document.activeElement.closest('main') || document.getElementById('main').focus()")
        page.keyboard.press("Tab")
    for stop in page.evaluate("window.stops"):
        first = stop["place"] if first is None and stop else first
        if stop is None or stop["place"] == first and last >= 0 or inside and 'class="skip"' in stop["what"]:
            break  # once around
        if not stop["ring"]:
            faults.append(f"no ring {stop['what']}")
        if stop["place"] < last:  # the parts of a date are one place
            faults.append(f"backwards {stop['what']}")
        last = stop["place"]
    return faults


def keep(name: str, faults: list[str]) -> None:
    """With ZHIBU_SHOTS the whole list is kept there; an assertion shows only its beginning."""
    if folder := os.environ.get("ZHIBU_SHOTS"):
        (Path(folder) / f"{name}.txt").write_text("\n".join(faults))


def look_through(reader: Reader, part: str) -> int:
    """Look through the pages of a reader at each size; only tables scroll sideways, within their frame. Gives how many pages axe-core was asked about at 390 px.

    390 px: axe-core where a page has a kind of element that none before it had (what a page says and how it is built is asked of every page at the desk);
    large print; 360 px. 1440 px: axe-core (WCAG 2.1 A and AA, good habits), the keyboard; 200 % zoom.
    """
    phone, desk, asked = list[str](), list[str](), 0
    for seen, page in reader.each(PHONE):
        if reader.news(seen.html):
            asked += 1
            phone += [f"{seen.name}: {told}" for told in complaints(page)]
        page.evaluate("document.documentElement.classList.add('large')")
        if reader.over() > 0:
            phone.append(f"{seen.name}: {reader.over()} px too wide in large print")
        page.evaluate("document.documentElement.classList.remove('large')")
        reader.size(NARROW)
        if reader.over() > 0:
            phone.append(f"{seen.name}: {reader.over()} px too wide at 360 px")
        reader.size(DESKTOP)
        desk += [f"{seen.name}: {told}" for told in complaints(page) + tabbed(page)]
        reader.size(ZOOMED)
        if reader.over() > 0:
            desk.append(f"{seen.name}: {reader.over()} px too wide at 200 %")
    keep(f"phone-{part}", phone)
    keep(f"desk-{part}", desk)
    assert phone + desk == []
    return asked
