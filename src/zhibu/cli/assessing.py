"""`zhibu assess [--month 2026-03]`: make the list of dues owed for the running month and the one before, in every branch. A timer runs it daily.

Exit 0: done; 2: wrong use.
"""
from __future__ import annotations

import sys
from collections.abc import Sequence

from django.utils import timezone

from zhibu.areas.dues import assessing
from zhibu.areas.dues.reach import DuesRefused
from zhibu.areas.dues.rules import month_from
from zhibu.ground.access.queries import system_actor


def main(argv: Sequence[str]) -> int:
    """Assess and say how many were added."""
    months: tuple[int, ...] = ()
    if argv:
        try:
            if len(argv) != 2 or argv[0] != "--month":
                raise ValueError
            months = (month_from(argv[1]),)
        except ValueError:
            print("用法：zhibu assess [--month 2026-03]", file=sys.stderr)
            return 2
    try:
        added = assessing.monthly(system_actor(), *months, at=timezone.now())
    except DuesRefused as refused:
        print(refused.reason, file=sys.stderr)
        return 2
    print(f"应交清单添了 {added} 人次")
    return 0
