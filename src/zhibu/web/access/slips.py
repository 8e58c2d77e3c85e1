"""The slip of paper with a one-time code: 把这张纸交给本人."""
from __future__ import annotations

from datetime import datetime

from django.utils import timezone

from zhibu.ground.access.setup import Slip
from zhibu.kernel.dates import show
from zhibu.web.shell.context import Pair

from .context import SlipCard


def moment(at: datetime) -> str:
    """Write a moment as people here read it."""
    here = timezone.localtime(at)
    return f"{show(here.date())} {here:%H:%M}"


def card(slip: Slip) -> SlipCard:
    """Build the slip that is handed to one person."""
    facts = [Pair("姓名", slip.name), Pair("账号", slip.username)]
    if slip.titles:
        facts.append(Pair("职责", "、".join(slip.titles)))
    facts += [Pair("一次性代码", slip.code, "一共三组、每组四个字，横线也要输"), Pair("有效到", moment(slip.until), "过了这个时间请重发")]
    return SlipCard(slip.name, tuple(facts))
