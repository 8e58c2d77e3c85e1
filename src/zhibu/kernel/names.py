"""Names of persons: clean text, pinyin for search, sort keys. The surname table holds readings that a dictionary gets wrong."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

# Readings as surnames, where the dictionary gives the everyday reading.
SURNAMES: dict[str, str] = {
    "单": "shan", "解": "xie", "仇": "qiu", "曾": "zeng", "朴": "piao", "区": "ou", "盖": "ge", "查": "zha", "任": "ren", "华": "hua",
    "乐": "yue", "覃": "qin", "翟": "zhai", "宁": "ning", "缪": "miao", "繁": "po", "逄": "pang", "冼": "xian", "洗": "xian", "谌": "chen",
    "么": "yao", "员": "yun", "贠": "yun", "秘": "bi", "折": "she", "黑": "he", "召": "shao", "尹": "yin", "柏": "bai", "葛": "ge",
    "隗": "wei", "祭": "zhai", "车": "che", "盛": "sheng", "沈": "shen", "石": "shi", "宿": "su", "燕": "yan", "应": "ying", "种": "chong",
    "重": "chong", "薄": "bo", "卜": "bu", "藏": "zang", "訾": "zi", "相": "xiang", "眭": "sui", "曲": "qu", "强": "qiang", "都": "du",
    "粘": "nian", "行": "xing", "俞": "yu", "褚": "chu", "晁": "chao", "牟": "mu", "郗": "xi", "乜": "nie", "郝": "hao", "费": "fei",
    "贾": "jia", "纪": "ji", "令狐": "ling hu", "尉迟": "yu chi", "万俟": "mo qi", "澹台": "tan tai", "长孙": "zhang sun", "单于": "chan yu",
    "欧阳": "ou yang", "上官": "shang guan", "司马": "si ma", "诸葛": "zhu ge", "皇甫": "huang fu", "东方": "dong fang", "慕容": "mu rong",
    "司徒": "si tu", "夏侯": "xia hou", "呼延": "hu yan", "端木": "duan mu", "轩辕": "xuan yuan", "宇文": "yu wen", "鲜于": "xian yu",
}  # fmt: skip

_DOTS = re.compile("[•‧∙⋅･・●]")
_HAN = "\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_DOT_BETWEEN = re.compile(f"(?<=[{_HAN}])\\s*[.·]\\s*(?=[{_HAN}])")
_BLANK_BY_HAN = re.compile(f"(?<=[{_HAN}·])\\s+|\\s+(?=[{_HAN}·])")
_INVISIBLE = re.compile("[\u00ad\u180e\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


@dataclass(frozen=True, slots=True)
class Pinyin:
    """How a name sounds: full ("wangxiaoliu"), initials ("wxl")."""

    full: str
    initials: str


def clean_text(text: str) -> str:
    """Return the text in NFKC, trimmed, without invisible characters; inner blanks become one space."""
    text = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))
    return re.sub(r"\s+", " ", text).strip()


def clean_name(text: str) -> str:
    """Return a person's name as it is stored: NFKC, no blanks between Chinese characters, one form (·) of the middle dot."""
    text = _DOTS.sub("·", clean_text(text))
    return _BLANK_BY_HAN.sub("", _DOT_BETWEEN.sub("·", text))


@lru_cache(maxsize=20_000)
def pinyin(name: str) -> Pinyin:
    """Return the pinyin of a name without tones, the surname read as a surname; letters and digits pass through in lower case."""
    syllables = _syllables(clean_name(name))
    return Pinyin("".join(syllables), "".join(s[0] for s in syllables))


def sort_key(name: str) -> str:
    """Return a text that sorts names by pinyin, syllable by syllable, then by character ("wang,xiao,liu 王小六").

    The comma and the blank sort before letters both by bytes and by ICU, so every database gives the same order."""
    cleaned = clean_name(name)
    return ",".join(_syllables(cleaned)) + " " + cleaned


def search_key(query: str) -> str:
    """Return what a typed query is compared with pinyin and initials by: lower case, letters and digits only, "" if it holds none."""
    return re.sub(r"[^a-z0-9]", "", clean_text(query).lower())


@lru_cache(maxsize=20_000)  # a member's sort key and initials are asked for one after the other
def _syllables(name: str) -> list[str]:
    for size in (2, 1):
        surname = name[:size]
        if surname in SURNAMES and (size == 1 or len(name) > size):
            return SURNAMES[surname].split() + _read(name[size:])
    return _read(name)


def _read(text: str) -> list[str]:
    if not text:
        return []
    from pypinyin import Style, lazy_pinyin  # 0.2 s to load: only when a name is read

    return [word for s in lazy_pinyin(text, style=Style.NORMAL) for word in re.findall(r"[a-z0-9]+", s.lower().replace("ü", "v"))]
