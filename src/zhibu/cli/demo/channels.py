"""Channels of the demo: the branch of the mock-ups has an SMS channel that writes to a file, a mail channel without a mail server (a fault to be seen), and a
member without a phone number whose calendar the secretary switched on. Nothing leaves the machine."""
from __future__ import annotations

from datetime import datetime, time, timedelta

from django.utils import timezone

from zhibu.areas.meetings import form, plans
from zhibu.areas.meetings.planning import notice_text
from zhibu.ground.access.queries import office
from zhibu.ground.guard.scope import Scope
from zhibu.ground.notice import channels, feeds
from zhibu.ground.tree import queries as tree


def fill(org_id: int, secretary_name: str, at: datetime) -> None:
    """Fill one branch through the actions."""
    secretary, view = office(secretary_name, "branch_secretary", org_id), tree.views([org_id])[org_id]
    channels.add(secretary, org_id, channels.Wish("sms", "书记的手机", "15400000001", daily=True), frozenset(), at=at - timedelta(days=3))
    channels.add(secretary, org_id, channels.Wish("mail", "支部邮箱", "zhibu@example.cn"), frozenset(), at=at - timedelta(days=3))
    scope, today = Scope((view.path,)), timezone.localtime(at).date()
    feeds.switch_on(secretary, form.roll(scope, org_id, today).people[-2].id, at=at - timedelta(days=2))
    for p in plans.coming(scope, org_id, today)[:1]:
        if p.day > today:
            text = notice_text(view.name, p.plan, {})
            channels.announce(secretary, org_id, f"plan:{p.id}:{p.version}:{p.state}", text, until=timezone.make_aware(datetime.combine(p.day, p.plan.start or time(9))), at=at)
