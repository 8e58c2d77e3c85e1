"""Every kind of page, as the roles see it, for people who see, hear or move with difficulty (`looking.py`): three fifths of them; the others in test_within_reach.py."""
from __future__ import annotations

import pytest
from tests.journeys.looking import DESKTOP, PHONE, Reader, complaints, look_through, tabbed

pytestmark = pytest.mark.django_db


def test_every_page_on_a_phone_and_at_a_desk(readers: tuple[Reader, Reader]) -> None:
    assert len(readers[0].pages) > 100 and look_through(readers[0], "first") > 40


def test_what_is_wrong_would_be_found(readers: tuple[Reader, Reader]) -> None:
    """Take a label, a contrast, a language, the ring and the order away, and put something wide in: each is seen; on a phone what only a phone shows."""
    reader = readers[0]
    seen, page = next(reader.each(PHONE))
    assert not reader.news(seen.html) and reader.news(seen.html.replace("<main", '<main data-new="" ', 1)), "a page that differs in one element is new"
    page.evaluate("document.querySelector('.tabbar a').style.color = '#ccc'")
    assert "color-contrast" in " ".join(complaints(page))
    reader.size(DESKTOP)
    assert "color-contrast" not in " ".join(complaints(page)), "a desk has no such bar"
    page.evaluate("""() => {
        document.documentElement.removeAttribute('lang');
        document.querySelector('main').insertAdjacentHTML('afterbegin', '<p class="pale">看不清的字</p><input name=bare>');
        document.querySelector('.pale').style.color = '#ccc';
    }""")
    told = " ".join(complaints(page))
    assert all(rule in told for rule in ("html-has-lang", "label", "color-contrast"))
    page.evaluate("""() => {
        document.querySelector('[name=bare]').style.outline = 'none';
        document.querySelector('main a').tabIndex = 5;
        document.querySelector('.pale').style.width = '200vw';
    }""")
    told = " ".join(tabbed(page))
    assert all(word in told for word in ("no ring", "own order", "backwards")) and reader.over() > 0
