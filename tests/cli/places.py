"""Installations in throw-away folders, each driven through the command line as its operator would; also run by `make drill`.

    python -m tests.cli.places build    fill the installation of the environment with the small world and two attachments
    python -m tests.cli.places write F  go on writing members and attachments until the file F is there; prints each one after its commit
"""
from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

ROOT = Path(__file__).parents[2]
PDF = b"%PDF-1.4 "


@dataclass(frozen=True)
class Installation:
    """A data folder and a database of its own."""

    folder: Path
    url: str = ""

    @property
    def env(self) -> dict[str, str]:
        """Give the environment of its commands."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith("ZHIBU_") and k not in ("DATABASE_URL", "PYTHONDONTWRITEBYTECODE")}
        own = {"ZHIBU_DATA": str(self.folder), "ZHIBU_DEMO": "1", "ZHIBU_PLAIN_STATIC": "1", "DJANGO_SETTINGS_MODULE": "zhibu.config.settings",
               "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}
        return {**kept, **own, **({"DATABASE_URL": self.url} if self.url else {})}

    def python(self, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Run Python in it, with more in its environment."""
        return subprocess.run([sys.executable, *arguments], env={**self.env, **more}, cwd=ROOT, capture_output=True, text=True, check=False, timeout=1800)

    def zhibu(self, *arguments: object, **more: str) -> subprocess.CompletedProcess[str]:
        """Run a command of the product in it."""
        return self.python("-m", "zhibu.cli.main", *map(str, arguments), **more)

    def built(self) -> Installation:
        """Fill it."""
        done = self.python("-m", "tests.cli.places", "build")
        assert done.returncode == 0, done.stderr
        return self

    def with_key_of(self, other: Installation) -> Installation:
        """Put the other one's key file in place, as an operator does from his second copy."""
        target = self.folder / "keys" / "field.key"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes((other.folder / "keys" / "field.key").read_bytes())
        return self


def new_database(url: str, name: str) -> str:
    """Make an empty database on a PostgreSQL server; returns its address."""
    import psycopg

    with psycopg.connect(url, autocommit=True) as link:
        link.execute(f'DROP DATABASE IF EXISTS "{name}"')
        link.execute(f'CREATE DATABASE "{name}"')
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc, f"/{name}", parts.query, ""))


def build() -> None:
    """Migrate, make the key, build the world, store two attachments."""
    from django.core.management import call_command
    from tests import world

    from zhibu.ground.guard.startup import ensure_key

    call_command("migrate", interactive=False, verbosity=0)
    ensure_key(world.AT)
    made = world.build()
    for number in (1, 2):
        attach(made.actor("secretary"), made.orgs["T1-B1"], number)
    more(made.orgs["T1-B1"], int(os.environ.get("DRILL_MEMBERS", "0")))


def more(org_id: int, members: int) -> None:
    """Register further invented members, for a drill of real size."""
    from datetime import date

    from tests import world

    from zhibu.ground.access.queries import system_actor
    from zhibu.ground.people import actions as people

    for begin in range(0, members, 5000):
        people.register_many(system_actor(), [
            people.NewMember(org_id, f"李{number}", "full", date(2015, 1, 1), gender="男", phone=f"154{number:08d}", joined_on=date(2005, 7, 1), full_on=date(2006, 7, 1), address=f"{number} 号")
            for number in range(begin, min(begin + 5000, members))
        ], at=world.AT)


def attach(actor, org_id: int, number: int) -> None:  # type: ignore[no-untyped-def]
    """Store one invented document."""
    from tests import world

    from zhibu.ground.files import actions as files
    from zhibu.ground.tree import queries as tree

    files.store(actor, org_id=org_id, org_path=tree.path_of(org_id), chunks=[PDF + str(number).encode() * 5000], name=f"会议记录{number}.pdf", at=world.AT)


def write(stop: Path) -> None:
    """Write until told to stop."""
    from datetime import date

    from tests import world

    from zhibu.ground.access.models import Account
    from zhibu.ground.access.queries import actor_for, system_actor
    from zhibu.ground.people import actions as people
    from zhibu.ground.tree import queries as tree

    org = tree.find("T1-B1")
    assert org is not None
    secretary = actor_for(Account.objects.get(username="secretary"), world.TODAY)
    number = 1000
    while not stop.exists():
        number += 1
        people.register_many(system_actor(), [people.NewMember(org.id, "王一", "full", date(2015, 1, 1), gender="男", id_no=world.id_number(number),
                                              joined_on=date(2005, 7, 1), full_on=date(2006, 7, 1))], at=world.AT)
        attach(secretary, org.id, number)
        print(number, flush=True)


if __name__ == "__main__":
    import django

    django.setup()
    if sys.argv[1] == "build":
        build()
    else:
        write(Path(sys.argv[2]))
