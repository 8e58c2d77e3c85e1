"""`make bench`: figures and ratios, both sides measured in one run on one machine, as a Markdown table. Nothing is asserted about time.

usage: python -m bench [county|city|nation]    county: SQLite (a few minutes); city: PostgreSQL (DATABASE_URL, see make bench SCALE=city);
nation: the list of divisions that ZHIBU_DIVISIONS names, else a generated tree. Data are kept in ZHIBU_BENCH (var/bench), which may be deleted.
"""
from __future__ import annotations

import os
import platform
import sys
from datetime import datetime
from pathlib import Path


def main(arguments: list[str]) -> int:
    """Load what is missing, measure, print the table and keep it in the data folder."""
    scale = arguments[0] if arguments else "county"
    if scale not in ("county", "city", "nation"):
        print(__doc__, file=sys.stderr)
        return 2
    kept = Path(os.environ.get("ZHIBU_BENCH") or "var/bench").resolve()
    folder = kept / scale
    folder.mkdir(parents=True, exist_ok=True)
    os.environ.update(ZHIBU_DEMO="1", ZHIBU_PLAIN_STATIC="1", ZHIBU_DATA=str(folder), DJANGO_SETTINGS_MODULE="zhibu.config.settings")
    if scale != "city":
        os.environ.pop("DATABASE_URL", None)
    elif not os.environ.get("DATABASE_URL", "").startswith("postgres"):
        print("bench: the city needs PostgreSQL: make bench SCALE=city, or DATABASE_URL", file=sys.stderr)
        return 2

    import django

    django.setup()

    if scale == "nation":
        from .nation import run_nation as run
    else:
        from .scales import run
    table = run() if scale == "nation" else run(scale)  # type: ignore[call-arg]
    head = f"{datetime.now():%Y-%m-%d %H:%M}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, Python {platform.python_version()}"
    text = f"{table.text()}\n{head}\n"
    (kept / f"{scale}.md").write_text(text)
    print(f"\n{head}; kept in {kept / f'{scale}.md'}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
