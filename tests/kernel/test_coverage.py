from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from zhibu.kernel.coverage import check_part, coverage

COUNT = st.integers(0, 50)


def test_at11():
    found = coverage(80, 46, 19, 15, 12, 46)
    assert (found.org_coverage, found.work_coverage, found.built_rate) == ("81.25%", "96.25%", "100.00%")


def test_e043_names_both_counts_and_the_cure():
    assert check_part(80, 80, "已建", "总数").ok
    no = coverage(80, 60, 21, 0, 0, 60).refusal
    assert no.code == "E043" and "81" in no.reason and "80" in no.reason and "请核对" in no.reason


@given(COUNT, COUNT, COUNT, COUNT, COUNT, COUNT)
def test_e043_exactly_when_a_part_exceeds_its_whole(units, single, joint, none, helped, eligible):
    wrong = single + joint > units or single + joint + none != units or helped > none or single > eligible
    assert (coverage(units, single, joint, none, helped, eligible).refusal.code == "E043") == wrong
