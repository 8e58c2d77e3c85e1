"""Published numbers about talks: what superiors see. Counts alone, never a name or a word of a talk."""
from __future__ import annotations

from collections.abc import Callable
from datetime import date

from zhibu.ground.facts.catalogue import Fact
from zhibu.ground.guard.reading import asked_once
from zhibu.ground.guard.scope import Scope

from . import queries
from .rules import Counts

TALKS, MUST, CONTACTS = "谈心谈话：本年到当日，按当日的班子和党员", "五必谈：事情发生后的期限按系统约定", "联系群众：上一个季度"


_counts, _contact_counts = asked_once(queries.counts), asked_once(queries.contact_counts)


def _of(number: Callable[[Counts], int]) -> Callable[[Scope, date], dict[int, int]]:
    return lambda scope, on: {org_id: number(found) for org_id, found in _counts(scope, on).items()}


def _contacts(index: int) -> Callable[[Scope, date], dict[int, int]]:
    return lambda scope, on: {org_id: pair[index] for org_id, pair in _contact_counts(scope, on).items()}


FACTS = (
    Fact("talks.pairs", "班子成员对数", "对", TALKS, _of(lambda c: c.pairs)),
    Fact("talks.pairs_done", "谈过的班子成员对数", "对", TALKS, _of(lambda c: c.pairs_done), of="talks.pairs"),
    Fact("talks.ordinary", "班子以外的党员", "人", TALKS, _of(lambda c: c.ordinary)),
    Fact("talks.reached", "班子成员谈到的党员", "人", TALKS, _of(lambda c: c.reached), of="talks.ordinary"),
    Fact("talks.mutual", "互相谈过的党员", "人", TALKS, _of(lambda c: c.mutual), of="members.all"),
    Fact("talks.overdue", "五必谈超期", "件", MUST, queries.overdue),
    Fact("talks.contacts", "联系对象", "人", CONTACTS, _contacts(0)),
    Fact("talks.contacts_talked", "谈过的联系对象", "人", CONTACTS, _contacts(1), of="talks.contacts"),
)
