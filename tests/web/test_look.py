"""The look keeps its rules: tokens only, Chromium 90 only, no inline code, one filled button, small on the wire."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest
from django.template import Engine
from django.template.context import Context

from zhibu.web.shell.context import Shell
from zhibu.web.ui.context import sample

WEB = Path(__file__).parents[2] / "src" / "zhibu" / "web"
STATIC = WEB / "static"
TEMPLATES = sorted((WEB / "templates").rglob("*.html"))
STYLES = ["tokens.css", "base.css", "pages.css"]
AFTER_CHROMIUM_90 = [":has(", "@container", "@layer", "color-mix", "oklch", "dvh", "text-wrap", "subgrid", "popover", "inset-inline", "text-size-adjust:none"]


def style(name: str) -> str:
    return re.sub(r"/\*.*?\*/", "", (STATIC / name).read_text(encoding="utf-8"), flags=re.S)


@pytest.mark.parametrize("name", ["base.css", "pages.css"])
def test_only_the_tokens_write_colours_and_type_sizes(name: str) -> None:
    text = style(name)
    assert re.findall(r"#[0-9a-fA-F]{3,8}\b|rgba?\(|hsla?\(", text) == []
    sizes = re.findall(r"font-size:([^;}]+)", text)
    assert [s for s in sizes if not re.match(r"var\(--|[\d.]+em\b|[\d.]+rem\b|11pt", s)] == []


@pytest.mark.parametrize("name", STYLES)
def test_styles_need_no_browser_newer_than_chromium_90(name: str) -> None:
    text = style(name)
    assert [word for word in AFTER_CHROMIUM_90 if word in text] == []
    assert "&" not in text, "nesting"


@pytest.mark.parametrize("name", STYLES)
def test_every_variable_is_a_token(name: str) -> None:
    known = set(re.findall(r"(--[\w-]+):", style("tokens.css")))
    assert set(re.findall(r"var\((--[\w-]+)", style(name))) <= known


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: p.name)
def test_templates_have_no_inline_code(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert re.findall(r"\sstyle=|<style|\son[a-z]+=|javascript:|hx-on", text) == []
    assert re.findall(r"<script(?![^>]*\bsrc=)", text) == []
    assert re.findall(r"""(?:src|href)=["']/?static/""", text) == [], "static files go through the static tag"
    assert "|safe" not in text and "autoescape off" not in text


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: p.name)
def test_chinese_text_uses_full_width_punctuation(path: Path) -> None:
    text = re.sub(r"{%.*?%}|{{.*?}}|<[^>]*>", " ", path.read_text(encoding="utf-8"), flags=re.S)
    assert re.findall(r"[\u4e00-\u9fff][,:;?()!]|[,:;?()!][\u4e00-\u9fff]|！", text) == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: p.name)
def test_post_forms_carry_the_token_and_posts_only_where_needed(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for form in re.findall(r'<form[^>]*method="post".*?</form>', text, flags=re.S):
        assert "{% csrf_token %}" in form


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: p.name)
def test_icons_are_hidden_from_readers_and_have_a_word(path: Path) -> None:
    for icon in re.findall(r"{% lucide [^%]*%}", path.read_text(encoding="utf-8")):
        assert 'aria_hidden="true"' in icon


def engine() -> Engine:
    return Engine(
        dirs=[str(WEB / "templates")],
        libraries={"lucide": "lucide.templatetags.lucide", "static": "django.templatetags.static"},
    )


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: p.name)
def test_templates_compile(path: Path) -> None:
    engine().get_template(str(path.relative_to(WEB / "templates")))


def test_the_gallery_shows_each_component_once_and_one_filled_button(settings) -> None:
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
    html = engine().get_template("ui/gallery.html").render(Context({"shell": Shell(large=True, saved_key="k"), "page": sample()}))
    assert html.count('class="btn pri') == 1
    assert '<html lang="zh-CN" class="large">' in html
    assert 'data-saved-key="k"' in html
    assert 'aria-live="polite"' in html and 'class="skip"' in html
    for part in ('class="st bad"', 'class="kv"', 'class="seg"', 'class="callout warn"', 'aria-invalid="true"', "待核"):
        assert part in html
    assert "已过 7 天，不能撤销" in html, "a disabled button says why"


def test_text_from_outside_is_escaped(settings) -> None:
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
    html = engine().get_template("ui/gallery.html").render(Context({"shell": Shell(scope_name='<img src=x onerror="1">'), "page": sample()}))
    assert "<img" not in html


def test_scripts_and_styles_are_small_and_have_no_source_maps() -> None:
    def wire(*names: str) -> int:
        return sum(len(gzip.compress((STATIC / name).read_bytes())) for name in names)

    assert wire(*STYLES) < 9_500
    assert wire("record.js") < 5_500
    assert wire("app.js") < 2_000
    for path in STATIC.rglob("*"):
        if path.is_file():
            assert "sourceMappingURL" not in path.read_text(encoding="utf-8")
            assert path.suffix != ".map"


def test_no_emblem_and_a_neutral_mark() -> None:
    assert [p.name for p in STATIC.rglob("*") if p.suffix in {".svg", ".png", ".jpg", ".ico"}] == ["favicon.svg"]
