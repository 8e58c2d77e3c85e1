"""What is kept for a time and then goes: form keys, notices that went out, jobs, sessions. Never the journal, never what waits; harmless when cut off."""
from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django_tasks_db.models import DBTaskResult
from tests import world
from tests.world import AT

from zhibu.ground.access.models import Sitting
from zhibu.ground.access.queries import system_actor
from zhibu.ground.guard import once, pruning
from zhibu.ground.guard.models import AnsweredPost
from zhibu.ground.guard.scope import Scope
from zhibu.ground.jobs import queue, registry
from zhibu.ground.jobs.registry import Run
from zhibu.ground.journal.models import Entry
from zhibu.ground.notice import keeping
from zhibu.ground.notice.models import Channel, Message, Notice, Told

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def answered(key: str, at: datetime) -> tuple[str, bool]:
    return once.once(1, key, {"title": "秋粮"}, at, lambda: f"/{at:%Y}/")


def test_a_form_is_answered_once_as_long_as_it_may_come_again() -> None:
    assert answered("form", AT) == ("/2026/", True) and answered("api:village-12", AT)[1]
    for later in (180 * DAY, 180 * DAY + timedelta(seconds=1)):
        once.prune(AT + later)
        left = set(AnsweredPost.objects.values_list("key", flat=True))
        assert left == ({"form", "api:village-12"} if later == 180 * DAY else {"api:village-12"})
    assert answered("api:village-12", AT + 700 * DAY) == ("/2026/", False), "a program sends the table of last year once more"
    assert once.prune(AT + 731 * DAY) == 1 and not AnsweredPost.objects.exists()


def test_twin_a_key_that_goes_too_soon_makes_the_thing_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(once, "FORMS", timedelta(0))
    answered("form", AT)
    once.prune(AT + DAY)
    assert answered("form", AT + DAY)[1], "this is what the keeping time is for"


def fill(scope: Scope, org: int) -> Callable[[], set[str]]:
    row = Channel.objects.within(scope).create(org_id=org, kind="mail", label="邮箱", address="a@b.cn", secret="", shown="1 个邮箱", made_by="王", made_at=AT)
    for state, ended in (("sent", AT), ("dropped", AT), ("failed", AT), ("waiting", None), ("sending", None)):
        Message.objects.into(scope).create(
            org_id=org, channel_id=row.pk, key=state, sort="notice", text="开会", state=state, written_by="王", written_at=AT, not_before=AT, not_after=AT + 2 * DAY, ended_at=ended,
        )
    Told.objects.into(scope).bulk_create([Told(org_id=org, matter="plan:1", at=AT)])
    Notice.objects.within(scope).create(org_id=org, matter="x", text="提醒", sent_by="王", sent_from="镇", at=AT - 900 * DAY)
    return lambda: {*Message.objects.within(scope).values_list("key", flat=True), *Told.objects.within(scope).values_list("matter", flat=True)}


def test_notices_that_went_out_go_failures_stay_a_year_and_what_waits_stays() -> None:
    w = world.build(branches=2, members=4)
    scope = Scope((w.paths["QH"],))
    left = fill(scope, w.orgs["T1-B1"])
    everything = {"sent", "dropped", "failed", "waiting", "sending", "plan:1"}
    for days, gone in ((90, set()), (91, {"sent", "dropped"}), (366, {"sent", "dropped", "failed"}), (368, everything - {"plan:1"}), (401, everything)):
        keeping.prune(scope, AT + days * DAY)
        assert left() == everything - gone, days
    assert Notice.objects.within(scope).count() == 1 and Channel.objects.within(scope).count() == 1, "what lies on a desk stays"


def test_other_organisations_rows_are_out_of_reach() -> None:
    w = world.build(branches=2, members=4)
    left = fill(Scope((w.paths["QH"],)), w.orgs["T1-B1"])
    before = left()
    assert keeping.prune(Scope((w.paths["T2"],)), AT + 900 * DAY) == 0 and left() == before


class Cut(BaseException):
    """The worker is gone."""


def test_a_worker_cut_off_in_the_middle_leaves_whole_batches_and_the_next_one_ends_it() -> None:
    AnsweredPost.objects.bulk_create([AnsweredPost(account_id=1, key=f"k{n}", content_hash="", target="", at=AT) for n in range(7)])
    deletes: list[int] = []

    def cut(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        done = execute(sql, params, many, context)
        if sql.startswith("DELETE"):
            deletes.append(1)
            if len(deletes) == 2:
                raise Cut  # deleted, not committed
        return done

    rows = AnsweredPost.objects.filter(at__lt=AT + DAY)
    with pytest.raises(Cut), connection.execute_wrapper(cut):
        pruning.prune(rows, batch=3)
    assert AnsweredPost.objects.count() == 4
    assert pruning.prune(rows, batch=3, most=1) == 3, "bounded"
    assert pruning.prune(rows, batch=3) == 1 and not AnsweredPost.objects.exists()


def test_the_nightly_jobs_take_all_of_it_and_leave_the_journal() -> None:
    w = world.build(branches=2, members=4)
    left = fill(Scope((w.paths["QH"],)), w.orgs["T1-B1"])
    answered("form", AT)
    Session.objects.create(session_key="s", session_data="", expire_date=AT)
    Sitting.objects.create(account_id=w.accounts["clerk1"], machine="手机", began_at=AT)
    queue.enqueue("jobs.prune")
    DBTaskResult.objects.update(status=queue.DONE, finished_at=AT)
    journal = Entry.objects.unscoped("a test counts the lines of the journal").count()
    names = [s.name for s in registry.schedules() if s.name.endswith(".prune")]
    assert names == ["access.prune", "jobs.prune", "notice.prune", "once.prune"]
    for name in names:
        work = registry.kind(name)
        assert not work.whole, "a long transaction would hold the lock of SQLite"
        work.do(Run("j", 1, AT + 900 * DAY, lambda: AT), {})
    assert not left() and not AnsweredPost.objects.exists() and not Session.objects.exists() and not Sitting.objects.exists() and not DBTaskResult.objects.exists()
    assert Entry.objects.unscoped("a test counts the lines of the journal").count() == journal and journal
    assert system_actor().sees().paths == (w.paths["QH"],)
