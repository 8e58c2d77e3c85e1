"""The catalogue of published numbers."""
from __future__ import annotations

import pytest
from tests.world import TODAY, build

from zhibu.ground.facts import catalogue
from zhibu.ground.guard.permission import Permission as P


@pytest.mark.django_db
def test_members_are_counted_once_per_organisation_and_summed_over_a_scope(django_assert_num_queries):
    world = build(branches=2, members=8)
    scope = world.actor("county").scope(P.COMPLIANCE_READ)
    assert catalogue.total("members.all", scope, TODAY) == 32
    assert catalogue.total("members.full", scope, TODAY) == 28
    assert catalogue.total("members.probationary", scope, TODAY) == 4
    assert catalogue.total("members.all", scope, TODAY, [world.orgs["T1-B1"], world.orgs["T2-B1"]]) == 16
    with django_assert_num_queries(2):
        catalogue.total("members.all", scope, TODAY)


@pytest.mark.django_db
def test_a_figure_ends_at_the_scope():
    world = build(branches=2, members=8)
    assert catalogue.total("members.all", world.actor("clerk1").scope(P.COMPLIANCE_READ), TODAY) == 16


def test_an_unknown_figure_is_a_fault_of_the_program():
    with pytest.raises(catalogue.UnknownFact):
        catalogue.fact("members.rank")


def test_every_figure_says_what_it_counts():
    known = catalogue.keys()
    assert known and all(catalogue.fact(key).unit and catalogue.fact(key).source for key in known)
