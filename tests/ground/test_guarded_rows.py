"""Rows in a compartment, rows of two organisations, rows of several persons: what the manager lets read and write."""
from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.world import World, build

from zhibu.ground.guard import tripwire
from zhibu.ground.guard.guarded import OutsideScope
from zhibu.ground.guard.permission import Compartment
from zhibu.ground.guard.scope import Scope
from zhibu.ground.people.models import Post


@pytest.fixture
def w(db: None) -> World:
    return build(branches=2, members=4)


def everything(w: World) -> int:
    return int(Post.objects.within(Scope((w.paths["QH"],))).count())


def test_rank_alone_reads_and_writes_nothing_in_a_compartment(w: World, monkeypatch: pytest.MonkeyPatch) -> None:
    township, branch = w.paths["T1"], w.paths["T1-B1"]
    assert everything(w) > 0
    monkeypatch.setattr(Post, "kept_in", Compartment.INCOME)
    assert everything(w) == 0
    opened = Scope((township,), frozenset({(Compartment.INCOME, branch)}))
    assert {p.org_id for p in Post.objects.within(opened)} == {w.orgs["T1-B1"]}
    row = a_post_of(w, opened)
    with pytest.raises(OutsideScope):
        Post.objects.within(Scope((township,))).bulk_create([row])
    row.org_id = w.orgs["T1-B2"]
    with pytest.raises(OutsideScope):
        Post.objects.within(opened).bulk_create([row])
    row.org_id = w.orgs["T1-B1"]
    Post.objects.within(opened).bulk_create([row])


def a_post_of(w: World, scope: Scope) -> Post:
    row = Post.objects.within(scope).order_by("id")[0]
    row.pk, row._state.adding = None, True
    return row


@pytest.fixture
def rewired() -> Iterator[pytest.MonkeyPatch]:
    """Let models be changed and the tripwire read them anew, now and afterwards."""
    with pytest.MonkeyPatch.context() as patch:
        yield patch
    tripwire.forget()


def test_ones_own_rows_in_a_compartment_are_seen_by_each_of_their_columns(w: World, rewired: pytest.MonkeyPatch) -> None:
    someone = Post.objects.within(Scope((w.paths["T1-B1"],))).order_by("id")[0].person_id
    rewired.setattr(Post, "kept_in", Compartment.INCOME)
    rewired.setattr(Post, "own_fields", ("person_id", "committee_id"))
    tripwire.forget()
    seen = list(Post.objects.within(Scope(person_id=someone)))
    assert seen and all(someone in (p.person_id, p.committee_id) for p in seen)
    assert someone in {p.person_id for p in seen}
    committee = Post.objects.within(Scope((w.paths["T1-B1"],), frozenset({(Compartment.INCOME, w.paths["T1-B1"])}))).order_by("id")[0].committee_id
    assert {p.committee_id for p in Post.objects.within(Scope(person_id=committee)) if p.person_id != committee} == {committee}, "the second column binds too"
