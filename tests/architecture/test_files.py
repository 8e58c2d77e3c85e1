"""How files are called, what must stay empty, and what no file may know about the machine it was written on."""
from __future__ import annotations

import ast
import re
import stat
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SRC = ROOT / "src" / "zhibu"
AREAS = sorted(p.name for p in (SRC / "areas").iterdir() if p.is_dir() and not p.name.startswith("__"))
JUNK_DRAWERS = {"util", "utils", "helper", "helpers", "common", "core", "base", "manager", "managers", "misc"}

assert AREAS, "no areas: this test would pass on nothing"


def files(*endings: str) -> list[Path]:
    return [p for folder in ("src", "tests", "scripts", "docs") for p in sorted((ROOT / folder).rglob("*"))
            if p.suffix in endings and "__pycache__" not in p.parts]


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_packages_say_nothing() -> None:
    """An import of a package must not run code: what a module needs it imports itself."""
    full = [name_of(p) for p in SRC.rglob("__init__.py") if p.read_text().strip()]
    assert not full


def test_every_source_folder_is_a_package() -> None:
    lost = [name_of(p) for p in SRC.rglob("*.py") if not (p.parent / "__init__.py").exists()]
    assert not lost, f"without __init__.py these are not installed: {lost}"


def test_no_junk_drawers() -> None:
    drawers = [name_of(p) for p in SRC.rglob("*") if (p.suffix == ".py" or p.is_dir()) and p.stem in JUNK_DRAWERS]
    assert not drawers, f"name a module after what it is about: {drawers}"


@pytest.mark.parametrize("area", AREAS)
def test_every_area_has_its_page(area: str) -> None:
    page = ROOT / "docs" / "areas" / f"{area}.md"
    assert page.is_file() and len(page.read_text()) > 300, f"{name_of(page)}: what the regulation asks, clause by clause"


# Somebody's own folders, wherever the checkout lies now.
PERSONAL = re.compile(r"(?<![\w.\-/>])(?:/(?:home|Users)/[A-Za-z]\w*/|/root/|/tmp/\w|[A-Z]:\\\\?(?:Users|Documents))")
SYSTEM = ("/usr", "/etc", "/bin", "/sbin", "/lib", "/proc", "/dev", "/sys", "/var/lib", "/run")


def machine_paths(path: Path) -> list[str]:
    text = path.read_text(encoding="utf-8", errors="replace")
    found = [m.group(0) for m in PERSONAL.finditer(text)]
    if len(ROOT.parts) > 2:
        found += [str(ROOT)] * len(re.findall(re.escape(str(ROOT)) + r"(?![\w-])", text))
    if path.suffix == ".py":
        literals = [n.value for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
        paths = [v for v in literals if re.fullmatch(r"/[\w.\-]+(/[\w.\-]+)+/?", v) and not v.startswith(SYSTEM)]
        found += [v for v in paths if Path(v).exists()]  # an address of the site does not exist as a file
    return found


def test_no_file_knows_the_machine_it_was_written_on() -> None:
    own = Path(__file__)
    texts = [p for p in files(".py", ".toml", ".html", ".md", ".css", ".js", ".sh", ".json", ".txt") if p != own]
    texts += [ROOT / "pyproject.toml", ROOT / "Makefile", *ROOT.glob("*.md"), *(ROOT / "requirements").iterdir()]
    found = {name_of(p): hits for p in texts if (hits := machine_paths(p))}
    assert not found


def test_requirements_are_hashed_and_name_no_registry() -> None:
    for kind in ("prod", "dev"):
        wanted = dict(re.findall(r"^([a-z][\w.\-]*)(?:\[[^\]]*\])?==([\w.]+)", (ROOT / "requirements" / f"{kind}.in").read_text(), re.MULTILINE))
        text = (ROOT / "requirements" / f"{kind}.txt").read_text()
        assert "://" not in text
        blocks = re.split(r"\n(?=\S)", text.strip())
        locked = {}
        for block in blocks:
            pin = re.match(r"([a-z][\w.\-]*)(?:\[[^\]]*\])?==([\w.]+)", block)
            assert pin and "--hash=sha256:" in block, f"{kind}.txt: {block[:60]}"
            locked[pin[1]] = pin[2]
        assert wanted.items() <= locked.items(), f"run make lock: {sorted(wanted.items() - locked.items())}"


def test_scripts_can_be_run_from_a_fresh_clone() -> None:
    for path in [ROOT / ".ci" / "run", *(ROOT / "scripts").iterdir()]:
        if path.suffix in ("", ".sh"):
            assert path.stat().st_mode & stat.S_IXUSR, name_of(path)
            subprocess.run(["bash", "-n", path], check=True)


def test_every_step_of_the_test_run_is_a_target() -> None:
    targets = set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))
    steps = re.search(r"^steps=\((.*)\)", (ROOT / "scripts" / "test.sh").read_text(), re.MULTILINE)
    assert steps and set(steps[1].split()) <= targets
    assert {"setup", "dev-setup", "demo", "test", "serve", "fix", "help"} <= targets
