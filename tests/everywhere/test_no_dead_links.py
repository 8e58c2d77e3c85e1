"""Everything a page offers leads somewhere and works without JavaScript: links, tabs, buttons, forms, as each role."""
from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from django.urls import Resolver404, resolve, reverse
from tests.everywhere import crawl, matrix
from tests.everywhere.crawl import Visit, Walk
from tests.everywhere.lasting import Clock, lasting
from tests.everywhere.matrix import World
from tests.everywhere.pages import Form, Page, inside, read
from tests.everywhere.test_copy import EXEMPT, HALF_WIDTH, HAN, LOUD
from tests.world import AT

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture(scope="module")
def met(django_db_setup: None, django_db_blocker: Any) -> Iterator[tuple[World, Walk]]:
    with pytest.MonkeyPatch.context() as patch, lasting(django_db_blocker):
        Clock(patch, AT)
        w = matrix.build()
        yield w, crawl.everybody(w)


def place(visit: Visit) -> str:
    return f"{visit.persona}: {visit.origin or '-'} → “{visit.words}” {visit.url}"


def test_every_role_walks_through_pages(met: tuple[World, Walk]) -> None:
    _, walk = met
    for persona, _, _ in matrix.PERSONAS:
        own = [v for v in walk.visits if v.persona == persona]
        assert len(own) >= 3, persona
    rooms = {resolve(v.url.split("?")[0]).view_name for v in walk.visits if v.status == 200}
    assert {"desk", "org:tree", "org:page", "org:rules", "org:case", "roster:list", "meetings:record", "meetings:ledger", "meetings:activity", "overview:county", "person:me"} <= rooms


def test_no_link_is_dead(met: tuple[World, Walk]) -> None:
    assert [f"{v.status} {place(v)}" for v in met[1].visits if v.status != 200] == []


def test_links_within_a_page_find_their_place(met: tuple[World, Walk]) -> None:
    lost = set()
    for visit, page in met[1].pages():
        for link, words in page.links:
            if link.startswith("#") and link != "#" and link[1:] not in page.ids:
                lost.add(f"{visit.url} “{words}” {link}")
            assert link not in ("#", "") and not link.startswith("javascript:"), f"{visit.url} “{words}”"
    assert lost == set()


#: menu entry or tab → a word of the heading of the page it opens
SAYS = {
    "工作台": "件事|没有要办的事", "待办": "件事|没有要办的事", "组织": "组织树", "组织生活": "开会记录|台账", "开会记录": "开会记录", "年度台账": "台账", "支部台账": "台账",
    "花名册": "花名册", "组织关系": "组织关系", "流动党员": "流动党员", "党员": "花名册|教育学时", "教育学时": "教育学时", "组织树": "组织树", "阵地": "阵地", "三项经费": "三项经费", "党费": "党费", "党费经费": "党费|三项经费",
    "督查公开": "一张图|图", "一张图": "一张图|图", "联系群众": "联系群众", "导入": "导入", "规则集": "规则集", "我的": "我的", "设置": "账号", "账号": "账号",
    "计划和通知": "计划和通知", "放假安排": "放假安排", "通知渠道": "通知渠道", "操作日志": "操作日志", "谈心谈话": "谈心谈话", "关怀帮扶": "关怀帮扶",
}


def test_menu_entries_and_tabs_open_what_they_say(met: tuple[World, Walk]) -> None:
    w, walk = met
    wrong, named = [], set()
    for persona, _, _ in matrix.PERSONAS:
        client = crawl.client_of(w, persona)
        start = client.get("/").content.decode()
        for block in re.findall(r'<nav class="(?:side|tabbar)[^>]*>.*?</nav>', start, re.S):
            for url, inner in re.findall(r'<a href="([^"]*)"[^>]*>(.*?)</a>', block, re.S):
                label = re.sub(r"<[^>]+>", "", re.sub(r"<svg.*?</svg>|<span class=\"badge\">.*?</span></span>", "", inner, flags=re.S)).strip()
                named.add(label)
                response = client.get(url, follow=True)
                heading = re.sub(r"<[^>]+>", "", " ".join(re.findall(r"<h1[^>]*>.*?</h1>", response.content.decode(), re.S)))
                if response.status_code != 200 or not re.search(SAYS.get(label, "$^"), heading):
                    wrong.append(f"{persona}: {label} → {url}: {response.status_code} {heading}")
    assert wrong == [] and {"工作台", "组织", "党员", "年度台账", "开会记录", "我的"} <= named


# ---------------------------------------------------------------- forms


def distinct(walk: Walk) -> Iterator[tuple[Visit, Page, Form]]:
    """Give one form of each kind."""
    seen = set()
    for visit, page, form in walk.forms():
        key = (crawl.kind_of(inside(form.action or page.url, page.url) or ""), form.method, tuple(sorted({re.sub(r"\d+", "0", n) for n, _ in form.fields})))
        if key not in seen:
            seen.add(key)
            yield visit, page, form


def test_every_form_can_be_sent_without_javascript(met: tuple[World, Walk]) -> None:
    faults = []
    for visit, page, form in distinct(met[1]):
        where = f"{visit.persona} {visit.url} → {form.action}"
        if not form.buttons:
            faults.append(f"no submit button: {where}")
        if form.method == "post" and form.action is None:
            faults.append(f"no action: {where}")
        if form.method == "post" and "csrfmiddlewaretoken" not in dict(form.fields):
            faults.append(f"no csrf: {where}")
        if form.method not in ("get", "post"):
            faults.append(f"odd method {form.method}: {where}")
        if form.files and form.enctype != "multipart/form-data":
            faults.append(f"files without multipart: {where}")
        try:
            resolve((inside(form.action or page.url, page.url) or "").split("?")[0])
        except Resolver404:
            faults.append(f"leads nowhere: {where}")
    assert faults == []


def test_no_submit_button_stands_outside_its_form(met: tuple[World, Walk]) -> None:
    assert {f"{v.url} {p.stray_buttons}" for v, p in met[1].pages() if p.stray_buttons} == set()


def test_every_form_is_answered_when_it_is_sent_as_it_stands(met: tuple[World, Walk]) -> None:
    """With the token of the page and nothing else but what stands there: done, asked again or refused in words; never forbidden, lost or broken."""
    w, walk = met
    faults, sent = [], 0
    for visit, page, form in distinct(walk):
        where = inside(form.action or page.url, page.url)
        if where is None or where.startswith((reverse("signout"), "/signin")):
            continue
        for button in form.buttons or []:
            client = crawl.client_of(w, visit.persona, enforce_csrf_checks=True)
            with transaction.atomic():
                fresh = read(client.get(page.url), page.url)  # a token of this browser
                again = next((f for f in fresh.forms if f.action == form.action and [b.label for b in f.buttons] == [b.label for b in form.buttons]), None)
                if again is None:
                    transaction.set_rollback(True)
                    continue
                values = again.values({}, button.value or button.label)
                response = client.post(where, values) if form.method == "post" else client.get(where, values)
                sent += 1
                told = response.content.decode() if not response.streaming else ""
                if response.status_code not in (200, 302, 422, 409) or (response.status_code in (422, 409) and not re.search(r'role="alert"|class="callout (?:bad|warn)', told)):
                    faults.append(f"{response.status_code}: {visit.persona} {page.url} “{button.label}” → {where}")
                transaction.set_rollback(True)
    assert faults == [] and sent > 40


# ---------------------------------------------------------------- large print, words


def test_large_print_is_a_form_on_every_page_and_changes_it(met: tuple[World, Walk]) -> None:
    w, walk = met
    switch = reverse("large-print")
    without = {v.url for v, p in walk.pages() if not any((f.action or "") == switch for f in p.forms)}
    without -= {reverse("api:docs")}  # for programmers: a viewer of its own, which every browser enlarges
    assert without == set()
    client = crawl.client_of(w, "secretary")
    with transaction.atomic():
        response = client.post(switch, {"large": "1", "next": "/org/"}, follow=True)
        assert response.request["PATH_INFO"] == "/org/" and '<html lang="zh-CN" class="large">' in response.content.decode()
        transaction.set_rollback(True)


def test_pages_as_they_are_read_keep_the_style(met: tuple[World, Walk]) -> None:
    """Sentences are put together from parts: the whole must have full-width punctuation and no exclamation marks too."""
    found = set()
    for visit, page in met[1].pages():
        for part in re.split(r"(?<=[。；])|\s{2,}| · ", page.text):
            if HAN.search(part) and not EXEMPT.search(part) and (hit := HALF_WIDTH.search(part) or LOUD.search(part)):
                around = part[max(0, hit.start() - 20) : hit.end() + 20]
                found.add(f"{crawl.kind_of(visit.url)}: …{around}…")
    assert found == set()
