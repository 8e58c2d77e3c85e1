"""What people read is plain Chinese (ux.md §5.5): full-width punctuation, no exclamation marks, no words of machines, no slogans.

Read: texts of the templates, string literals of Python and JavaScript that hold Chinese, titles in the TOML files. Docstrings and comments are for
developers; patterns and the words that clerks' tables use are data.
"""
from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest

SRC = Path(__file__).parents[2] / "src" / "zhibu"
CJK = r"[\u3400-\u4dbf\u4e00-\u9fff“”‘’《》〈〉「」]"
HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
#: words of clerks' tables and invented names: data that is compared or filled in, never shown as a sentence
DATA = ("exchange/intake/columns.py", "exchange/intake/header.py", "exchange/intake/rows.py", "exchange/intake/matching.py", "exchange/intake/dates.py", "exchange/intake/number_formats.py")
#: rooms whose readers run the installation or write programs
OPERATORS = ("cli/", "config/", "api/", "ground/guard/", "ground/policy/library.py", "ground/policy/reading.py")

HALF_WIDTH = re.compile(rf"{CJK}\s?[,:;?()]|[,;?()]\s?{CJK}|:{CJK}|{CJK}\.(?:\s|$)|{CJK}\.\.\.|\.\.\.{CJK}|{CJK}\s?--(?![a-z])|\"{CJK}|{CJK}\"")
LOUD = re.compile(rf"！|{CJK}\s?!|!\s?{CJK}")
MACHINE = re.compile(
    r"非法|参数|异常|系统错误|操作(?:成功|失败)|提交成功|字段|数据库|后台(?!账)|服务器|接口|缓存|会话|校验失败|格式错误|不合法|合法的?值|超时|回滚|"
    r"请联系(?:系统)?管理员|主键|枚举|布尔|空值|未知错误|内部错误|实体|对象不存在|资源|请求(?!书|示)|\b(?:null|None|True|False|URL|JSON|API|HTTP|CSRF|token|UTF-8|Unicode|SQL)\b"
)
SLOGAN = re.compile(r"赋能|抓手|闭环|助力|奋力|再创|一键|智慧|打造|全新升级|温馨提示|亲")


def python_texts(path: Path) -> Iterator[tuple[int, str]]:
    """Give the string literals with Chinese, without docstrings, patterns and keys of the words above."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    silent: set[int] = set()
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list) and isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            for statement in body:  # docstrings, and strings that stand alone after a field
                if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
                    silent.add(id(statement.value))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name) and node.func.value.id == "re":
            silent |= {id(n) for part in node.args[:1] for n in ast.walk(part)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            parts = [v.value if isinstance(v, ast.Constant) else "8" for v in node.values]  # what stands between may be a number or a word
            silent |= {id(v) for v in node.values}
            whole = "".join(str(p) for p in parts)
            if id(node) not in silent and HAN.search("".join(v.value for v in node.values if isinstance(v, ast.Constant))):
                yield node.lineno, whole
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in silent and HAN.search(node.value):
            yield node.lineno, node.value


def template_texts(path: Path) -> Iterator[tuple[int, str]]:
    """Give the words of a template, tag by tag, with the attributes that are read out or shown."""
    text = path.read_text(encoding="utf-8")
    text = re.sub(r"\{#.*?#\}|\{% comment %\}.*?\{% endcomment %\}", "", text, flags=re.S)
    text = re.sub(r"\{\{.*?\}\}|\{%.*?%\}", "\x01", text, flags=re.S)
    for number, line in enumerate(text.splitlines(), 1):
        for found in re.findall(r'(?:aria-label|placeholder|title|alt|data-[\w-]*label|content|value)="([^"]*)"', line):
            yield number, found
        for piece in re.split(r"<[^>]*>", line):
            yield number, unescape(piece)


def script_texts(path: Path) -> Iterator[tuple[int, str]]:
    """Give the string literals of a script."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        for found in re.finditer(r'"([^"\n]*)"|\'([^\'\n]*)\'|`([^`\n]*)`', re.sub(r"(^|\s)//.*$", "", line)):
            yield number, next(g for g in found.groups() if g is not None)


def toml_texts(path: Path) -> Iterator[tuple[int, str]]:
    """Give the texts of a rule set or of the roles."""

    def walk(value: Any) -> Iterator[str]:
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            for inner in value.values():
                yield from walk(inner)
        elif isinstance(value, list):
            for inner in value:
                yield from walk(inner)

    for text in walk(tomllib.loads(path.read_text(encoding="utf-8"))):
        yield 0, text


#: a number format of Excel, the sentences that trust.md §8 prescribes for broken files, and what only an operator reads
EXEMPT = re.compile(r'^yyyy"年"|^\(含预备|结构异常|编码无法识别|^DATABASE_URL|^应为“时:分”|在服务器上重新运行')
READERS = {".py": python_texts, ".html": template_texts, ".js": script_texts, ".toml": toml_texts}
FILES = sorted(p for p in SRC.rglob("*") if p.suffix in READERS and "migrations" not in p.parts and str(p.relative_to(SRC)) not in DATA)


def findings(path: Path, *rules: re.Pattern[str]) -> list[str]:
    """List the texts of a file in which a rule finds something."""
    room = str(path.relative_to(SRC))
    return [f"{room}:{line}: {text.strip()}" for line, text in READERS[path.suffix](path) if HAN.search(text) and not EXEMPT.search(text) and any(rule.search(text) for rule in rules)]


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(SRC)))
def test_texts_are_plain_chinese(path: Path) -> None:
    rules = (HALF_WIDTH, LOUD) if str(path.relative_to(SRC)).startswith(OPERATORS) else (HALF_WIDTH, LOUD, MACHINE, SLOGAN)
    assert findings(path, *rules) == []


@pytest.mark.parametrize("bad", [
    "请填写(必填)", "日期:今天", "你好,王书记", "保存成功!", "太好了！", "已保存.", "稍等...", '选"无"', "参数错误", "服务器没有响应", "一键提醒", "请求失败，URL 不对", "会议--草稿",
])
def test_the_lint_sees(bad: str) -> None:
    assert any(rule.search(bad) for rule in (HALF_WIDTH, LOUD, MACHINE, SLOGAN)), bad


@pytest.mark.parametrize("good", [
    "8月支委会还没有记录。开过就补记，会标“补记”", "9:00 开始（20 人）", "第 1 页，共 8 页", "rules.md §3：见《条例（试行）》", "保存后台账才会更新", "请示和批复", "功能定位",
])
def test_the_lint_leaves_alone(good: str) -> None:
    assert not [rule.pattern for rule in (HALF_WIDTH, LOUD, MACHINE, SLOGAN) if rule.search(good)], good


def test_docstrings_and_patterns_are_not_read(tmp_path: Path) -> None:
    path = tmp_path / "x.py"
    path.write_text('"""说明(开发)."""\nimport re\nA = re.compile("周(一|二)")\ndef f(n):\n    """做(某)事."""\n    return f"第{n}次(补)"\n', encoding="utf-8")
    assert [text for _, text in python_texts(path)] == ["第8次(补)"]
