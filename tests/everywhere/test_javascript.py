"""The oldest browser is Chromium 90: a newer call stops a script in front of the user. Our scripts, and what they may use."""
from __future__ import annotations

import re
from pathlib import Path

import pytest

STATIC = Path(__file__).parents[2] / "src" / "zhibu" / "web" / "static"

# What is newer than Chromium 90, by the version that brought it.
TOO_NEW = {
    "Array.at (92)": r"\.at\(",
    "crypto.randomUUID (92)": r"\brandomUUID\b",
    "Object.hasOwn (93)": r"\bObject\.hasOwn\b",
    "error cause (93)": r"\bcause\s*:",
    "static blocks (94)": r"\bstatic\s*\{",
    "#field in object (91)": r"#\w+\s+in\s",
    "findLast (97)": r"\.findLast(?:Index)?\(",
    "structuredClone (98)": r"\bstructuredClone\b",
    "showPicker (99)": r"\.showPicker\b",
    "inert (102)": r"\.inert\b",
    "AbortSignal.timeout, any (103, 116)": r"\bAbortSignal\.(?:timeout|any)\b",
    "toSorted, toReversed, toSpliced, with (110)": r"\.(?:toSorted|toReversed|toSpliced)\(",
    "popover (114)": r"\.(?:showPopover|togglePopover|hidePopover)\b",
    "groupBy (117)": r"\b(?:Object|Map)\.groupBy\b",
    "withResolvers (119)": r"\bwithResolvers\b",
    "URL.canParse (120)": r"\bcanParse\b",
    "Set operations (122)": r"\.(?:isSubsetOf|isSupersetOf|symmetricDifference|isDisjointFrom)\(",
}
FORBIDDEN = {  # what the content security policy would stop, and what nothing here needs
    "eval": r"\beval\(|\bnew Function\b",
    "markup from text": r"\.(?:innerHTML|outerHTML)\s*=(?! blank\.replace)|insertAdjacentHTML|document\.write",  # blank: the page's own empty topic
    "place, camera, device": r"\bgeolocation\b|\bgetUserMedia\b|\bdeviceorientation\b",
    "another host": r"https?://",
}


def complaints(script: str) -> list[str]:
    script = re.sub(r"/\*.*?\*/|(?<!:)//[^\n]*", " ", script, flags=re.DOTALL)
    return [name for name, pattern in {**TOO_NEW, **FORBIDDEN}.items() if re.search(pattern, script)]


def test_there_are_scripts_to_look_at() -> None:
    assert list(STATIC.rglob("*.js"))


@pytest.mark.parametrize("path", sorted(STATIC.rglob("*.js")), ids=lambda p: p.name)
def test_chromium_90_understands_every_call(path: Path) -> None:
    assert not complaints(path.read_text())


@pytest.mark.parametrize("script", [
    "list.at(-1)", "crypto.randomUUID()", "Object.hasOwn(a, 'b')", "a.findLast(f)", "structuredClone(a)", "box.showPicker()", "list.toSorted()", "node.innerHTML = text",
    "navigator.geolocation.watchPosition(f)", "fetch('https://example.org')", "eval(text)",
])
def test_the_guard_sees_it(script: str) -> None:
    assert complaints(script)


@pytest.mark.parametrize("script", ["a?.b ?? c; a ??= 1; /* list.at(1) */ list.flatMap(f); // eval(", "node.textContent = text; node.append(other); [...list].flat()"])
def test_the_guard_leaves_old_calls_alone(script: str) -> None:
    assert not complaints(script)
