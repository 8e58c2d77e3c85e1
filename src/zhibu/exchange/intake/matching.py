"""Which organisation a written name means. Exactly, or as a short form that fits exactly one; anything else is not found.

A short form leaves out the places above: 柳树湾村支部 for 石桥镇柳树湾村党支部. It never leaves out part of a word (东坡村 is not 小东坡村)."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable

from zhibu.exchange.intake.findings import KnownOrg

# Ending → type, longest first.
_ENDINGS: tuple[tuple[str, str], ...] = tuple(
    sorted(
        {
            "联合党支部委员会": "joint_branch", "联合党支部": "joint_branch", "联合支部委员会": "joint_branch", "联合支部": "joint_branch",
            "临时党支部": "temporary_branch", "临时支部": "temporary_branch", "流动党员党支部": "floating_branch", "流动党员支部": "floating_branch",
            "流动党支部": "floating_branch", "党支部委员会": "branch", "支部委员会": "branch", "党支部": "branch", "支部": "branch",
            "党总支部委员会": "general_branch", "总支部委员会": "general_branch", "党总支部": "general_branch", "总支部": "general_branch",
            "党总支": "general_branch", "总支": "general_branch", "综合党委": "comprehensive_committee", "综合委员会": "comprehensive_committee",
            "工作委员会": "work_committee", "党工委": "work_committee", "工委": "work_committee", "基层委员会": "party_committee",
            "委员会": "party_committee", "党委": "party_committee",
        }.items(),
        key=lambda pair: -len(pair[0]),
    )
)  # fmt: skip
_PLACE_END = re.compile(r"[省市县区镇乡]$|街道$|街道办事处$|自治州$|自治县$")
_PLACES = re.compile(r".+?(?:自治州|自治县|街道办事处|街道|社区|[省市县区镇乡村])")
_GENERIC = frozenset("机关 离退休 退休 离退休干部 退休干部 老干部 教师 教工 教职工 学生 后勤 行政 综合 党员 企业 农村 社区 流动 联合 临时 女 男".split())
_NUMBERED = re.compile(r"第?[一二三四五六七八九十百\d]+")


def squeeze(name: str) -> str:
    """Return a name for comparison: NFKC, without blanks."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", name))


def take_apart(name: str) -> tuple[str, str]:
    """Return (stem, type) of a name: 中共青禾县石桥镇委员会 → (青禾县石桥镇, party_committee); type "" when no ending is known."""
    text = squeeze(name)
    text = text.removeprefix("中国共产党").removeprefix("中共")
    for ending, kind in _ENDINGS:
        if text.endswith(ending) and len(text) >= len(ending):
            return text[: -len(ending)], kind
    if re.search(r"[省市县区]委$", text):
        return text[:-1], "party_committee"
    return text, ""


def is_generic(stem: str) -> bool:
    """Tell whether a stem names nothing in particular: empty, 第二, 机关, 退休."""
    rest = _NUMBERED.sub("", stem)
    return not rest or rest in _GENERIC or len(rest) < 2


class OrgIndex:
    """Organisations by name and by stem. Later files add to it, so it is built once for a call."""

    def __init__(self, organisations: Iterable[KnownOrg]) -> None:
        self._by_name: dict[str, KnownOrg] = {}
        self._by_end: dict[str, list[KnownOrg]] = defaultdict(list)
        for org in organisations:
            self.add(org)

    def add(self, org: KnownOrg) -> None:
        """Make one more organisation known; a name that is known stays as it is."""
        key = squeeze(org.name)
        if key in self._by_name:
            return
        self._by_name[key] = org
        stem, _ = take_apart(org.name)
        self._by_end[stem[-2:]].append(org)

    def exact(self, name: str) -> KnownOrg | None:
        """Return the organisation of this name, blanks and widths aside."""
        return self._by_name.get(squeeze(name))

    def short(self, name: str) -> KnownOrg | None:
        """Return the one organisation that a short (or longer) form fits, None when there is none or more than one."""
        stem, kind = take_apart(name)
        if is_generic(stem):
            return None
        fits = [org for org in self._by_end.get(stem[-2:], ()) if self._fits(stem, kind, org)]
        return fits[0] if len(fits) == 1 else None

    def __bool__(self) -> bool:
        return bool(self._by_name)

    def _fits(self, stem: str, kind: str, org: KnownOrg) -> bool:
        known_stem, known_kind = take_apart(org.name)
        if kind and kind != known_kind:
            return False
        if stem == known_stem:
            return True
        if known_stem.endswith(stem):
            prefix = known_stem[: -len(stem)]
            return bool(_PLACE_END.search(prefix)) or self._made_of(prefix, org)
        if stem.endswith(known_stem) and not is_generic(known_stem):
            return self._made_of(stem[: -len(known_stem)], org)
        return False

    def _made_of(self, prefix: str, org: KnownOrg) -> bool:
        """Tell whether a prefix consists of the places and names above the organisation, with or without their last sign (石桥 for 石桥镇)."""
        words = self._above(org)
        while prefix:
            found = next((w for w in words if prefix.startswith(w)), None)
            if found is None:
                return False
            prefix = prefix[len(found) :]
        return True

    def _above(self, org: KnownOrg) -> list[str]:
        words: set[str] = set()
        seen: set[str] = set()
        parent = org.parent
        while parent and parent not in seen and len(seen) < 12:
            seen.add(parent)
            stem, _ = take_apart(parent)
            places = _PLACES.findall(stem) or []
            for word in (stem, *places):
                words.add(word)
                bare = re.sub(r"(?:街道办事处|街道|[省市县区镇乡村])$", "", word)
                if len(bare) >= 2:
                    words.add(bare)
            above = self._by_name.get(squeeze(parent))
            parent = above.parent if above else ""
        return sorted(words - {""}, key=lambda w: (-len(w), w))
