"""Who saved before you: what a form shows that was opened before somebody else saved (trust.md E7)."""
from __future__ import annotations

from collections.abc import Sequence

from django.utils import timezone

from zhibu.ground.guard.scope import Scope
from zhibu.ground.journal import journal

from .context import Pair

#: journal entries that change an organisation, a member's sheet, the groups of a branch
ORGANISATION = ("tree.edit_contacts", "structure.host_units", "tree.change", "tree.move", "tree.dissolve")
PERSON = ("people.edit", "people.standing")
GROUPS = ("people.place", "tree.form_group", "tree.close_group", "people.register", "people.move_all")


def by_whom(scope: Scope, subject_type: str, subject_id: int, actions: Sequence[str]) -> tuple[Pair, ...]:
    """Give the line that names who saved last and when; none where the journal knows nothing."""
    last = journal.last_change(scope, subject_type, subject_id, actions)
    if last is None:
        return ()
    at = timezone.localtime(last.at)
    return (Pair("谁改的", f"{last.name}，{at.month}月{at.day}日 {at:%H:%M}"),)
