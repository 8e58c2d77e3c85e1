"""A member's year is told on one evening, theme day, 20 November 2026, whatever the day of the run."""
from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from tests import world
from tests.everywhere.lasting import Clock
from tests.world import AT, World

from zhibu.ground.access.models import Account


@pytest.fixture
def clock(settings: Any) -> Iterator[Clock]:
    settings.SESSION_EXPIRE_AT_BROWSER_CLOSE = True  # the browser's own clock does not turn with ours
    with pytest.MonkeyPatch.context() as patch:
        yield Clock(patch, AT + timedelta(hours=1))


@pytest.fixture
def w(clock: Clock) -> World:
    """Give two branches a township, five members each; secretary, committee and member are persons of the first."""
    with transaction.atomic():
        w = world.build(members=5)
        for username, index in (("secretary", 0), ("committee", 1), ("member", 3)):
            Account.objects.filter(username=username).update(person_id=w.persons["T1-B1"][index])
    return w
