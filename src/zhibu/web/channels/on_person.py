"""The calendar on a member's page: for the person, and for who may switch it on on his or her behalf."""
from __future__ import annotations

from datetime import date

from django.urls import reverse

from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.guard.scope import Scope
from zhibu.ground.notice import feeds
from zhibu.ground.people import queries as people
from zhibu.web.person.section import Section


def section(actor: Actor, person_id: int, today: date) -> Section | None:
    """Say whether the calendar is on, and lead to the page that switches it; the address stands there only."""
    own = actor.person_id == person_id and actor.holds(P.OWN_FILE)
    scope = actor.scope(P.OWN_FILE) if own else actor.scope(P.MEMBER_WRITE)
    if scope == Scope() or (not own and person_id not in people.names_of(scope, [person_id])):
        return None
    found = feeds.of_person(scope, person_id)
    said = f"手机日历开着（{found.made_by}{'代' if found.on_behalf else ''}开）。" if found else "手机日历关着。"
    return Section("calendar", "手机日历", (said,), link=reverse("channels:calendar") if own else reverse("channels:member-calendar", args=[person_id]), link_text="开或关")
