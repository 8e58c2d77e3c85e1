"""The review of a member who has not paid for months (疑似自行脱党核查): opened by a person, closed with the reason. Membership is another procedure."""
from __future__ import annotations

from datetime import date, datetime

from django.db import IntegrityError, transaction

from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission
from zhibu.ground.journal import journal
from zhibu.ground.tree import queries as tree

from .arrears import late
from .models import Review
from .reach import DuesRefused, at_home, local_day, not_later, sums_in, worded


@transaction.atomic
def open_review(actor: Actor, org_id: int, person_id: int, *, at: datetime) -> int:
    """Open the review of a member whose unpaid months have reached the last step. Raises DuesRefused E055 before that, E053 while one is open, E037 about oneself."""
    scope = at_home(actor, org_id)
    if actor.person_id is not None and actor.person_id == person_id:
        raise DuesRefused("E037", "自己的欠交不能由自己核查，请支部另一位同志办理")
    found = next(iter(late(scope, local_day(at), org_id=org_id, person_id=person_id)), None)
    if found is not None and found.review == "open":
        raise DuesRefused("E053", "这名同志的核查已经开着，不用再开")
    if found is None or not found.needs_review or found.found.since is None:
        raise DuesRefused("E055", "连续没交党费的月数还没有到启动核查的规定，现在不用办")
    try:
        with transaction.atomic():
            row = Review.objects.within(scope).create(
                org_id=org_id, person_id=person_id, first_month=found.found.since, last_month=found.found.unpaid[-1], owed_fen=found.owed, opened_by=actor.name, opened_at=at,
            )
    except IntegrityError as error:
        raise DuesRefused("E053", "刚刚已经有人开了这名同志的核查，不用再开") from error
    journal.write(actor, "dues.open_review", at=at, org_id=org_id, org_path=scope.paths[0], subject=("dues_review", row.pk))
    return row.pk


@transaction.atomic
def close_review(actor: Actor, review_id: int, *, reason: str, meeting_on: date, accepted: bool, at: datetime) -> None:
    """Record what the branch committee found: a good reason closes the review (back-payment follows); none leaves it to the procedure about unqualified members.

    Nothing here changes a membership. Raises DuesRefused E001, E002, E037, E044, E054.
    """
    row = Review.objects.within(sums_in(actor.scope(Permission.DUES_WRITE))).filter(pk=review_id).first()
    if row is None:
        raise tree.NotFound("没有找到这件核查")
    scope = at_home(actor, row.org_id)
    if actor.person_id is not None and actor.person_id == row.person_id:
        raise DuesRefused("E037", "自己的欠交不能由自己核查，请支部另一位同志办理")
    if row.state != "open":
        raise DuesRefused("E044", "这件核查已经有结论，不用再填")
    not_later(meeting_on, at, "支委会的日期", "meeting_on")
    if meeting_on < local_day(row.opened_at):
        raise DuesRefused("E002", "支委会的日期早于开始核查的日期，请核对", "meeting_on")
    home = Review.objects.within(scope).get(pk=row.pk)
    home.state, home.reason, home.meeting_on = "accepted" if accepted else "no_reason", worded(reason, "核查到的情况，例如：住院", "reason"), meeting_on
    home.closed_by, home.closed_at = actor.name, at
    home.save()
    journal.write(actor, "dues.close_review", at=at, org_id=row.org_id, org_path=scope.paths[0], subject=("dues_review", row.pk), changes={"state": home.state})
