"""A double click, a retry and two windows make one thing."""
from __future__ import annotations

import threading

import pytest
from django.db import connections
from tests.world import AT

from zhibu.ground.guard.models import AnsweredPost
from zhibu.ground.guard.once import KeyReused, digest, once

CONTENT = {"title": ["秋粮"], "kind": ["lecture", "theme_day"]}


@pytest.mark.django_db
def test_the_second_answer_is_the_first_one() -> None:
    calls: list[int] = []

    def do() -> str:
        calls.append(1)
        return "/meetings/7/"

    assert once(1, "k", CONTENT, AT, do) == ("/meetings/7/", True)
    assert once(1, "k", dict(reversed(CONTENT.items())), AT, do) == ("/meetings/7/", False), "the order of fields is no difference"
    assert once(2, "k", CONTENT, AT, do) == ("/meetings/7/", True), "keys belong to an account"
    assert len(calls) == 2


@pytest.mark.django_db
def test_the_same_key_with_other_content_says_what_it_made() -> None:
    once(1, "k", CONTENT, AT, lambda: "7")
    with pytest.raises(KeyReused) as caught:
        once(1, "k", CONTENT | {"title": ["冬修"]}, AT, lambda: "8")
    assert caught.value.target == "7" and "已经保存过一次" in caught.value.reason


@pytest.mark.django_db
def test_a_refused_try_leaves_the_key_free() -> None:
    def refuse() -> str:
        raise ValueError("no quorum")

    with pytest.raises(ValueError):
        once(1, "k", CONTENT, AT, refuse)
    assert once(1, "k", CONTENT | {"title": ["改好了"]}, AT, lambda: "9") == ("9", True)


def test_the_digest_tells_contents_apart() -> None:
    assert digest(CONTENT) == digest(dict(CONTENT)) != digest(CONTENT | {"kind": ["theme_day", "lecture"]}) and len(digest({})) == 64


@pytest.mark.django_db(transaction=True)
def test_parallel_twins_make_one_thing() -> None:
    start, made, answers = threading.Barrier(4), [], []

    def do() -> str:
        made.append(1)
        return "7"

    def go() -> None:
        try:
            start.wait()
            answers.append(once(1, "k", CONTENT, AT, do))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=go) for _ in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert [a for a, _ in answers] == ["7"] * 4 and sum(fresh for _, fresh in answers) == 1
    assert len(made) == AnsweredPost.objects.count() == 1
