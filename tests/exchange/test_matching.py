"""Names of organisations: exact, or a short form that fits exactly one; never a wrong match."""

from __future__ import annotations

import pytest
from tests.exchange.dirty import COUNTY, GRAIN, TOWN, VILLAGE, county

from zhibu.exchange.intake.findings import KnownOrg
from zhibu.exchange.intake.matching import OrgIndex, is_generic, take_apart


@pytest.fixture(scope="module")
def index() -> OrgIndex:
    return OrgIndex(county())


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("柳树湾村支部", VILLAGE),
        ("柳树湾村党支部", VILLAGE),
        ("柳树湾村", VILLAGE),
        ("石桥镇柳树湾村支部", VILLAGE),
        ("青禾县石桥镇柳树湾村党支部", VILLAGE),
        ("粮站联合支部", GRAIN),
        ("石桥镇党委", TOWN),
        ("中共石桥镇委员会", TOWN),
        ("青禾县委", COUNTY),
    ],
)
def test_short_forms(index: OrgIndex, text: str, name: str) -> None:
    found = index.short(text)
    assert found is not None and found.name == name


@pytest.mark.parametrize(
    "text",
    [
        "东坡村党支部",  # 小东坡村 is another village
        "湾村党支部",
        "石桥小学党支部",
        "上湾村党支部",  # one in every town
        "机关党支部",
        "第一党支部",
        "党支部",
        "粮站党支部",  # the type differs
        "东山镇柳树湾村党支部",  # another town
        "石桥镇",
        "委员会",
        "",
    ],
)
def test_never_a_wrong_match(index: OrgIndex, text: str) -> None:
    if text == "石桥镇":
        assert index.short(text) is not None and index.short(text).name == TOWN  # type: ignore[union-attr]
    else:
        assert index.short(text) is None


def test_exact_ignores_blanks_and_width(index: OrgIndex) -> None:
    found = index.exact("石桥镇柳树湾村 党支部")
    assert found is not None and found.name == VILLAGE
    assert index.exact("石桥镇柳树湾党支部") is None


def test_an_added_namesake_makes_it_uncertain() -> None:
    index = OrgIndex(county())
    index.add(KnownOrg("东山镇柳树湾村党支部", "", "中共青禾县东山镇委员会", "branch"))
    assert index.short("柳树湾村支部") is None


def test_take_apart() -> None:
    assert take_apart("中共青禾县石桥镇委员会") == ("青禾县石桥镇", "party_committee")
    assert take_apart("石桥中学党总支部委员会") == ("石桥中学", "general_branch")
    assert take_apart("柳树湾村") == ("柳树湾村", "")
    assert is_generic("第二") and is_generic("机关") and not is_generic("石桥中学第二")
