"""Names: written forms, pinyin with the surname table, order."""

from __future__ import annotations

import pytest

from zhibu.kernel import names


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("李　样", "李样"),
        (" 蔡 例 ", "蔡例"),
        ("阿木•示例", "阿木·示例"),
        ("买买提．阿不都拉", "买买提·阿不都拉"),
        ("阿木 · 示例", "阿木·示例"),
        ("王\u200b样\u202e一", "王样一"),
        ("王𠮷㐀䶮", "王𠮷㐀䶮"),
        ("John  Smith", "John Smith"),
        ("J.Smith", "J.Smith"),
        ("", ""),
    ],
)
def test_clean_name(text: str, clean: str) -> None:
    assert names.clean_name(text) == clean


@pytest.mark.parametrize(
    ("name", "full", "initials"),
    [
        ("王小六", "wangxiaoliu", "wxl"),
        ("单雄信", "shanxiongxin", "sxx"),
        ("解放", "xiefang", "xf"),
        ("仇英", "qiuying", "qy"),
        ("曾国藩", "zengguofan", "zgf"),
        ("朴样", "piaoyang", "py"),
        ("区样", "ouyang", "oy"),
        ("盖样", "geyang", "gy"),
        ("查样", "zhayang", "zy"),
        ("尉迟恭", "yuchigong", "ycg"),
        ("鲜于通", "xianyutong", "xyt"),
        ("吕布", "lvbu", "lb"),
        ("阿木•示例", "amushili", "amsl"),
        ("John Smith", "johnsmith", "js"),
        ("单", "shan", "s"),
        ("", "", ""),
    ],
)
def test_pinyin(name: str, full: str, initials: str) -> None:
    assert names.pinyin(name) == names.Pinyin(full, initials)


def test_a_surname_is_read_as_one_only_at_the_front() -> None:
    assert names.pinyin("李曾").full == "liceng"


def test_order() -> None:
    wanted = ["阿八", "陈七", "李样", "李样浩", "李四", "王五", "张三", "赵六"]
    found = sorted(reversed(wanted), key=names.sort_key)
    assert found.index("阿八") < found.index("陈七") < found.index("李四") < found.index("王五") < found.index("张三") < found.index("赵六")
    assert found.index("李样") < found.index("李样浩"), "the shorter name first"
    assert names.sort_key("单一") > names.sort_key("沙一")


def test_search_key() -> None:
    assert names.search_key(" WxL ") == "wxl" and names.search_key("王") == ""
