"""The sample workbooks with their expected results, and a county of organisations around them."""

from __future__ import annotations

import json
import tomllib
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

from zhibu.exchange.intake.findings import Fee, Known, KnownMember, KnownOrg, Upload

FOLDER = Path(__file__).parents[1] / "data" / "dirty"
SET_OF_2008 = Path(__file__).parents[2] / "src" / "zhibu" / "ground" / "policy" / "library" / "cn-dues-2008.toml"
TODAY = date(2026, 1, 10)
COUNTY = "中共青禾县委员会"
TOWN = "中共青禾县石桥镇委员会"
VILLAGE = "石桥镇柳树湾村党支部"
GRAIN = "石桥粮站联合党支部"


def expected() -> dict[str, Any]:
    """Return file name → expected result, of both folders."""
    found: dict[str, Any] = {}
    for path in (FOLDER / "expected.json", FOLDER / "ledger" / "expected.json"):
        found |= json.loads(path.read_text("utf-8"))["files"]
    return found


def upload(start: str) -> Upload:
    """Return the sample file whose name starts so."""
    path = next(p for p in sorted(FOLDER.rglob(f"{start}*")) if p.suffix != ".json")
    return Upload(path.name, path.read_bytes())


def county() -> tuple[KnownOrg, ...]:
    """Return about 420 organisations with names close to the ones in the samples."""
    orgs = [
        KnownOrg(COUNTY, "QH", "", "party_committee"),
        KnownOrg(TOWN, "QH01", COUNTY, "party_committee"),
        KnownOrg(VILLAGE, "QH0101", TOWN, "branch", True),
        KnownOrg(GRAIN, "QH0102", TOWN, "joint_branch"),
    ]
    towns = ["东山镇", "西河镇", "南坪乡", "北岭乡", "白沙镇", "清水镇", "石门镇", "柳林镇", "高桥镇", "双溪镇", "龙泉街道", "城关街道", "石桥镇"]
    villages = "上湾村 下湾村 柳林村 小东坡村 杨柳湾村 大湾村 河东村 河西村 石桥村 新桥村 前进村 团结村 红星村 光明村 和平村 柳树村".split()
    for town in towns:
        above = f"中共青禾县{town}委员会"
        if town != "石桥镇":
            orgs.append(KnownOrg(above, "", COUNTY, "party_committee"))
        orgs += [KnownOrg(f"{town}{v}党支部", "", above, "branch", True) for v in villages]
        orgs += [KnownOrg(f"{town}{w}党支部", "", above, "branch") for w in ("机关", "中心小学", "卫生院", "供销社", "敬老院", "派出所")]
        orgs += [KnownOrg(f"{town}{w}联合党支部", "", above, "joint_branch") for w in ("农机站", "集市个体户")]
        orgs += [KnownOrg(f"{town}社区第{n}党支部", "", above, "branch", True) for n in "一二三四"]
    return tuple(orgs)


def known(**more: Any) -> Known:
    """Return what is installed, over the sample county."""
    return Known(**({"today": TODAY, "organisations": county(), "fee": fee} | more))


def fee(org: str, year: int, category: str, base: Decimal | None) -> Fee | None:
    """Ask what the set of 2008 asks, read from the file of the set by its own few lines."""
    table = tomllib.loads(SET_OF_2008.read_text("utf-8"))["dues"]
    if base is None:
        least, most = (Decimal(table["farmer"][k]["value"]) for k in ("min", "max"))
        return Fee(least=least, most=most) if category == "farmer" else Fee(Decimal(table["fixed"][category]["value"]))
    below = 0
    for row in table["pension" if category == "pension" else "wage"]["value"]:
        if "up_to" not in row or base <= row["up_to"]:
            rate = Decimal(row["rate"])
            band = f"{below}—{row['up_to']} 元" if below and "up_to" in row else f"{row.get('up_to', below)} 元{'以上' if below else '及以下'}"
            return Fee((base * rate).quantize(Decimal("0.01"), ROUND_HALF_UP), rate, band)
        below = row["up_to"]
    return None


def member(name: str, org: str, in_scope: bool = True) -> KnownMember:
    """Return a known member."""
    return KnownMember(name, org, in_scope)
