"""The oldest browser on a clerk's desk is Chromium 90: a newer feature makes a rule, or a whole page, silently disappear there."""
from __future__ import annotations

import re
from pathlib import Path

import pytest

STATIC = Path(__file__).parents[2] / "src" / "zhibu" / "web" / "static"
TEMPLATES = STATIC.parent / "templates"

# What is newer than Chromium 90, by the version that brought it. Pure decoration whose absence leaves the browser's own look
# (accent-color, scrollbar-color) is not in the list.
TOO_NEW = {
    ":has() (105)": r":has\(",
    "nesting (112)": r"(?:^|[{;])\s*&",
    "@container (105)": r"@container\b|\bcontainer(?:-type|-name)?\s*:",
    "@layer (99)": r"@layer\b|\blayer\(",
    "@scope (118)": r"@scope\b",
    "@starting-style (117)": r"@starting-style\b",
    "@counter-style (91)": r"@counter-style\b",
    "@view-transition (126)": r"@view-transition\b|\bview-transition-",
    "color-mix() and color() (111)": r"\bcolor(?:-mix)?\(",
    "oklch, oklab, lch, lab, hwb (111, 101)": r"\b(?:oklch|oklab|lch|lab|hwb)\(",
    "light-dark() (123)": r"\blight-dark\(",
    "small, large, dynamic viewport units (108)": r"\d(?:[dsl]v[whib]|[dsl]vmin|[dsl]vmax|vi|vb)\b",
    "container units (105)": r"\dcq(?:w|h|i|b|min|max)\b",
    "lh, rlh, rex, cap, ric units (109 and later)": r"\d(?:lh|rlh|rcap|cap|rex|rch|ric)\b",
    "text-wrap (114)": r"\btext-wrap(?:-mode|-style)?\s*:",
    "text-box (133)": r"\btext-box(?:-trim|-edge)?\s*:",
    "subgrid (117)": r"\bsubgrid\b",
    "popover and anchors (114, 125)": r":popover-open\b|\b(?:anchor-name|position-anchor|position-area)\s*:|\banchor\(",
    "range in a media query (104)": r"@media[^{]*[<>]",
    "translate, rotate, scale as properties (104)": r"(?:^|[{;])\s*(?:translate|rotate|scale)\s*:",
    "field-sizing (123), interpolate-size (129)": r"\b(?:field-sizing|interpolate-size)\s*:",
    "scroll-driven animation (115)": r"\b(?:animation-timeline|scroll-timeline|view-timeline|animation-range)\b",
    ":user-valid, :modal, :dir(), :autofill, :open": r":(?:user-valid|user-invalid|modal|autofill|open)\b|:dir\(",
    "round(), mod(), rem(), sin(), pow() … (111 and later)": r"\b(?:round|mod|rem|sin|cos|tan|asin|acos|atan2?|pow|sqrt|hypot|log|exp|abs|sign)\(",
    "linear() easing (113)": r"\blinear\(",
    "image-set() without prefix (113)": r"(?<!-webkit-)\bimage-set\(",
    "mask without prefix (120)": r"(?<![\w-])mask(?:-image|-size|-position|-repeat)?\s*:",
}
FORBIDDEN = {"a text size that the reader cannot change": r"text-size-adjust\s*:\s*none"}


def bare(css: str) -> str:
    """Take comments and quoted text away; what a page says is not what it asks of the browser."""
    css = re.sub(r"/\*.*?\*/", " ", css, flags=re.DOTALL)
    return re.sub(r"\"[^\"\n]*\"|'[^'\n]*'", '""', css)


def nested(css: str) -> bool:
    """Tell whether a rule lies within a style rule. Only groups (@media, @supports) and @keyframes may hold rules; @page holds margin boxes."""
    holders: list[bool] = []
    for prelude, mark in re.findall(r"([^{};]*)([{};])", css):
        if mark == "{":
            if holders and not holders[-1]:
                return True
            holders.append(bool(re.match(r"\s*@(?:media|supports|(?:-webkit-)?keyframes|page)\b", prelude)))
        elif mark == "}" and holders:
            holders.pop()
    return False


def complaints(css: str) -> list[str]:
    css = bare(css)
    found = [name for name, pattern in {**TOO_NEW, **FORBIDDEN}.items() if re.search(pattern, css, re.MULTILINE)]
    return found + (["nested rule (120)"] if nested(css) else [])


def test_there_is_css_to_look_at() -> None:
    assert list(STATIC.rglob("*.css")), f"no CSS in {STATIC.name}: the guard below would pass on nothing"


@pytest.mark.parametrize("path", sorted(STATIC.rglob("*.css")), ids=lambda p: p.name)
def test_chromium_90_understands_every_rule(path: Path) -> None:
    assert not complaints(path.read_text())


def test_templates_carry_no_style_of_their_own() -> None:
    """The content security policy would drop it, in front of the user and without a word."""
    style = re.compile(r"<style\b|\sstyle\s*=\s*[\"']|\son[a-z]+\s*=\s*[\"']|<script(?![^>]*\bsrc=)(?![^>]*\btype=[\"']application/json)", re.IGNORECASE)
    svg_or_comment = re.compile(r"\{#.*?#\}|\{% comment.*?endcomment %\}|<!--.*?-->", re.DOTALL)
    found = {str(p.relative_to(TEMPLATES)): hits for p in sorted(TEMPLATES.rglob("*.html"))
             if (hits := [m.group(0) for m in style.finditer(svg_or_comment.sub("", p.read_text()))])}
    assert not found


@pytest.mark.parametrize("css", [
    ".card:has(img) { color: red }",
    ".card { & b { color: red } }",
    ".card { .title { color: red } }",
    "@media print { .a { b { color: red } } }",
    "@container (min-width: 10px) { .a { color: red } }",
    "@layer one { .a { color: red } }",
    ".a { color: color-mix(in srgb, red, blue) }",
    ".a { color: oklch(50% 0.1 20) }",
    ".a { height: 100dvh }",
    ".a { text-wrap: balance }",
    ".a { grid-template-columns: subgrid }",
    "[popover]:popover-open { color: red }",
    "@media (width >= 600px) { .a { color: red } }",
    ".a { rotate: 4deg }",
])
def test_the_guard_sees_what_is_too_new(css: str) -> None:
    assert complaints(css)


@pytest.mark.parametrize("css", [
    ":root { --ink: #222; --round: 4px; --scale-1: 1 } .a { color: var(--ink); gap: 4px; display: grid; transform: rotate(4deg) scale(1.1) }",
    "@media (min-width: 600px) and (max-width: 900px) { .a > b + i ~ u { position: sticky; inset: 0; aspect-ratio: 1 / 1 } }",
    "@supports (gap: 1px) { @media print { .a:focus-visible { padding: env(safe-area-inset-bottom) } } }",
    "@keyframes x { from { opacity: 0 } to { opacity: 1 } } @page { size: A4; @bottom-center { content: counter(page) } }",
    ".a::after { content: '@layer & :has(' } /* text-wrap: balance */ .scale { min-width: 0; -webkit-mask: none }",
    ".a { background: linear-gradient(red, blue); width: min(100%, calc(100vw - 2rem)); color: rgb(0 0 0 / 50%) }",
])
def test_the_guard_leaves_old_css_alone(css: str) -> None:
    assert not complaints(css)
