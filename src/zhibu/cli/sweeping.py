"""`zhibu sweep`: take away uploads and files that nothing has named for 24 hours. `zhibu serve` does it at its start; a timer runs it daily.

Exit 0: done; 2: wrong use.
"""
from __future__ import annotations

import sys
from collections.abc import Sequence

from django.utils import timezone

from zhibu.ground.files.sweep import sweep


def main(argv: Sequence[str]) -> int:
    """Sweep once and say what went."""
    if argv:
        print("zhibu sweep 没有参数", file=sys.stderr)
        return 2
    swept = sweep(timezone.now())
    print(f"清理了 24 小时以上没有用到的上传 {swept.uploads} 件、文件 {swept.files} 个")
    return 0
