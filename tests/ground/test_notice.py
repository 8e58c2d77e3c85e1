"""Reminders: one per matter in seven days, in working hours only, read by the branch they were sent to."""
from __future__ import annotations

from datetime import datetime, time, timedelta

import pytest
from tests import world
from tests.world import AT, SHANGHAI, World

from zhibu.ground.guard.actor import Refused
from zhibu.ground.guard.permission import Permission
from zhibu.ground.notice import actions, queries
from zhibu.ground.notice.actions import Limits, TooSoon
from zhibu.ground.tree.queries import NotFound

pytestmark = pytest.mark.django_db
LIMITS = Limits(7, time(8), time(20), True)


@pytest.fixture
def w() -> World:
    return world.build()


def remind(w: World, name: str = "clerk1", at: datetime = AT, matter: str = "meetings:committee_meeting::2026-09", limits: Limits = LIMITS) -> int:
    return actions.remind(w.actor(name), org_id=w.orgs["T1-B1"], matter=matter, text="9月支委会还没有记录", limits=limits, at=at)


def unseen(w: World, name: str = "secretary") -> list[queries.NoticeView]:
    return queries.unseen(w.actor(name).scope(Permission.EXCUSE_REQUEST))


def test_a_reminder_lies_on_the_desk_until_it_is_read(w: World) -> None:
    made = remind(w)
    (one,) = unseen(w)
    assert (one.id, one.sent_by, one.sent_from, one.seen) == (made, "clerk1", "第1镇党委", False)
    actions.seen(w.actor("secretary"), made, at=AT)
    actions.seen(w.actor("secretary"), made, at=AT)
    assert unseen(w) == []
    (sent,) = queries.sent(w.actor("clerk1").scope(Permission.REMIND), [w.orgs["T1-B1"]], AT - timedelta(days=1))
    assert sent.seen


def test_one_matter_once_in_seven_days_whoever_sends(w: World) -> None:
    remind(w)
    for later, name in ((timedelta(minutes=1), "clerk1"), (timedelta(days=6), "county")):
        with pytest.raises(TooSoon) as caught:
            remind(w, name, AT + later, limits=Limits(7, time(8), time(20), False))
        assert "11月20日已经提醒过" in caught.value.reason and "11月27日起" in caught.value.reason
    assert remind(w, matter="meetings:theme_day::2026-10")
    assert remind(w, at=datetime(2026, 11, 27, 8, 0, tzinfo=SHANGHAI))


@pytest.mark.parametrize(
    ("at", "says"),
    [
        (datetime(2026, 11, 20, 7, 59, tzinfo=SHANGHAI), "08:00–20:00"), (datetime(2026, 11, 20, 20, 0, tzinfo=SHANGHAI), "08:00–20:00"),
        (datetime(2026, 11, 21, 10, 0, tzinfo=SHANGHAI), "工作日"), (datetime(2026, 11, 22, 10, 0, tzinfo=SHANGHAI), "工作日"),
        (datetime(2026, 10, 5, 10, 0, tzinfo=SHANGHAI), "工作日"),  # a Monday of the National Day holiday
    ],
)
def test_nobody_is_reminded_at_night_or_on_weekends(w: World, at: datetime, says: str) -> None:
    with pytest.raises(TooSoon) as caught:
        remind(w, at=at)
    assert says in caught.value.reason and unseen(w) == []


def test_a_make_up_saturday_is_a_working_day(w: World) -> None:
    assert remind(w, at=datetime(2026, 10, 10, 10, 0, tzinfo=SHANGHAI))


def test_only_those_above_remind_and_only_the_branch_reads(w: World) -> None:
    for name in ("clerk2", "secretary", "secretary2", "organiser", "reader"):
        with pytest.raises(Refused):
            remind(w, name)
    made = remind(w)
    for name in ("clerk1", "county", "foreign", "secretary2", "committee", "member"):
        with pytest.raises(NotFound):
            actions.seen(w.actor(name), made, at=AT)
        assert unseen(w, name) == []
