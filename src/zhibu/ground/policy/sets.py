"""Make, edit, activate and retire the rule sets of an organisation. An active set never changes: a change is a new set that supersedes it."""
from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from django.db import transaction

from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission
from zhibu.ground.guard.scope import Scope
from zhibu.ground.journal import journal
from zhibu.ground.tree.models import Organisation

from .actions import PolicyError
from .library import Item, RuleSet, UnknownRuleSet, shipped
from .models import LocalSet, SetStatus
from .queries import as_rule_set, library
from .review import Fault, faults
from .writing import packed

CODE = re.compile(r"[a-z0-9][a-z0-9-]{2,39}")
MOST_TABLES = 20


class StaleSet(Exception):
    """Somebody else saved this draft first; `version` is the one that stands now."""

    def __init__(self, version: int, by: str) -> None:
        super().__init__(f"{by}刚改过这份草稿")
        self.version = version
        self.by = by


class NotReady(Exception):
    """A draft that may not be activated yet; the faults say why."""

    def __init__(self, found: tuple[Fault, ...]) -> None:
        super().__init__("；".join(one.sentence for one in found))
        self.faults = found


@dataclass(frozen=True, slots=True)
class Header:
    """What stands above the values of a set."""

    title: str
    document_no: str = ""
    source: str = ""
    effective_from: date | None = None
    effective_to: date | None = None
    supersedes: str = ""
    reason: str = ""


@transaction.atomic
def copy(actor: Actor, *, org_id: int, code: str, title: str, at: datetime, supersede: bool = False) -> int:
    """Copy a shipped or an active local set into a draft of an organisation; with `supersede` the draft is to replace it. Returns its id.

    Raises PolicyError E055 for an unknown set.
    """
    org = _issuer(actor, org_id)
    try:
        base = library().get(code)
    except UnknownRuleSet as error:
        raise PolicyError("E055", f"没有代码为“{code}”的规则集", "code") from error
    if base.kind != "local" and supersede:
        raise PolicyError("E055", f"“{base.title}”不是自定的规则集，只能复制", "code")
    draft = replace(
        base, code="", title=title.strip() or f"{org.short_name}{base.title}", document_no="", effective_from=None, effective_to=None,
        source="", supersedes=code if supersede else "", based_on=code,
    )
    return _add(actor, org, draft, at, "policy.copy_set")


@transaction.atomic
def take_in(actor: Actor, *, org_id: int, rule_set: RuleSet, at: datetime) -> int:
    """Keep an uploaded set as a draft of an organisation, under its own code where that is free. Returns its id."""
    return _add(actor, _issuer(actor, org_id), rule_set, at, "policy.upload_set")


def _issuer(actor: Actor, org_id: int) -> Organisation:
    org = Organisation.objects.select_for_update().get(pk=org_id)
    actor.require(Permission.POLICY_WRITE, org.path)
    return org


def _add(actor: Actor, org: Organisation, rule_set: RuleSet, at: datetime, what: str) -> int:
    known = library()
    based_on = rule_set.based_on or (rule_set.code if rule_set.code in known.sets else "")
    row = LocalSet.objects.within(Scope((org.path,))).create(
        code=_free_code(org, rule_set.code), issuer=org, title=rule_set.title[:100], short=(rule_set.document_no or rule_set.title)[:60],
        document_no=rule_set.document_no[:60], source=rule_set.source[:200], effective_from=rule_set.effective_from, effective_to=rule_set.effective_to,
        supersedes=rule_set.supersedes if rule_set.supersedes in known.sets else "", based_on=based_on if based_on in known.sets else "",
        reason=rule_set.reason[:300], content=packed(rule_set.values), changed_by=actor.name, changed_at=at,
    )
    journal.write(
        actor, what, at=at, org_id=org.pk, org_path=org.path, subject=("rule_set", row.pk),
        changes={"code": row.code, "title": row.title, "based_on": row.based_on, "values": len(row.content)},
    )
    return int(row.pk)


def _free_code(org: Organisation, wanted: str) -> str:
    """Give the code of the file where it is free, else the next number of the organisation."""
    taken = set(LocalSet.objects.unscoped("a code is given only once").values_list("code", flat=True)) | set(shipped().sets)
    if wanted and CODE.fullmatch(wanted) and wanted not in taken:
        return wanted
    stem = re.sub(r"[^a-z0-9]+", "-", org.code.lower()).strip("-")[:28] or str(org.pk)
    number = 1
    while (code := f"local-{stem}-{number}") in taken:
        number += 1
    return code


# ---------------------------------------------------------------- editing a draft


def _draft(actor: Actor, set_id: int, version: int | None) -> LocalSet:
    """Load a draft for changing. Refused outside the scope or without the right, PolicyError for a set that is no draft, StaleSet after somebody else's save."""
    row = LocalSet.objects.within(actor.scope(Permission.POLICY_WRITE)).select_for_update().filter(pk=set_id).first()
    if row is None:
        raise PolicyError("", "没有找到这份草稿，可能已经作废")
    if row.status != SetStatus.DRAFT:
        raise PolicyError("", "这套规则已经启用，内容不能再改；要改请另起一份新的取代它")
    if version is not None and version != row.version:
        raise StaleSet(row.version, row.changed_by)
    return row


def _saved(actor: Actor, row: LocalSet, at: datetime, action: str, changes: Mapping[str, object]) -> int:
    row.version += 1
    row.changed_by, row.changed_at = actor.name, at
    row.save()
    path = Organisation.objects.values_list("path", flat=True).get(pk=row.issuer_id)
    journal.write(actor, action, at=at, org_id=row.issuer_id, org_path=path, subject=("rule_set", row.pk), changes={"code": row.code, **changes})
    return row.version


@transaction.atomic
def edit_header(actor: Actor, set_id: int, header: Header, *, version: int, at: datetime) -> int:
    """Save the header of a draft; returns the new version. Raises PolicyError E002 for dates in the wrong order, E055 for an unknown set to supersede."""
    row = _draft(actor, set_id, version)
    if header.effective_from and header.effective_to and header.effective_to < header.effective_from:
        raise PolicyError("E002", "失效日期早于施行日期，请改", "effective_to")
    if header.supersedes and header.supersedes not in library().sets:
        raise PolicyError("E055", f"没有代码为“{header.supersedes}”的规则集", "supersedes")
    before = {name: str(getattr(row, name) or "") for name in Header.__dataclass_fields__}
    for name in Header.__dataclass_fields__:
        setattr(row, name, getattr(header, name))
    row.short = (header.document_no or header.title)[:60]
    after = {name: str(getattr(row, name) or "") for name in before}
    return _saved(actor, row, at, "policy.edit_set", {"header": {n: [before[n], after[n]] for n in before if before[n] != after[n]}})


@transaction.atomic
def edit_values(actor: Actor, set_id: int, values: Mapping[str, Item | None], *, version: int, at: datetime) -> int:
    """Save some values of a draft; None = the draft says nothing about the key, what applies without it holds. Returns the new version."""
    row = _draft(actor, set_id, version)
    standing = dict(as_rule_set(row).values)
    changed = {key: item for key, item in values.items() if standing.get(key) != item}
    for key, item in changed.items():
        standing.pop(key, None)
        if item is not None:
            standing[key] = item
    before, row.content = row.content, packed(standing)
    return _saved(actor, row, at, "policy.edit_set", {"values": {key: [before.get(key), row.content.get(key)] for key in changed}})


@transaction.atomic
def keep_table(actor: Actor, set_id: int, name: str, text: str, *, at: datetime) -> None:
    """Keep a decision table with a draft; one of the same name is replaced. The caller has read it before."""
    row = _draft(actor, set_id, None)
    tables = {**row.tables, name[:80]: text}
    if len(tables) > MOST_TABLES:
        raise PolicyError("", f"一套规则最多带 {MOST_TABLES} 张判例表", "file")
    row.tables = tables
    _saved(actor, row, at, "policy.keep_table", {"table": name[:80]})


@transaction.atomic
def drop_table(actor: Actor, set_id: int, name: str, *, at: datetime) -> None:
    """Take a decision table away from a draft."""
    row = _draft(actor, set_id, None)
    row.tables = {one: text for one, text in row.tables.items() if one != name}
    _saved(actor, row, at, "policy.drop_table", {"table": name[:80]})


@transaction.atomic
def discard(actor: Actor, set_id: int, *, version: int, at: datetime) -> None:
    """Throw a draft away as it was seen: it was never in force. What stood in it stays in the journal. Raises StaleSet after somebody else's save."""
    row = _draft(actor, set_id, version)
    path = Organisation.objects.values_list("path", flat=True).get(pk=row.issuer_id)
    journal.write(
        actor, "policy.discard_set", at=at, org_id=row.issuer_id, org_path=path, subject=("rule_set", row.pk),
        changes={"code": row.code, "title": row.title, "content": row.content},
    )
    row.delete()


# ---------------------------------------------------------------- into force and out of it


@transaction.atomic
def activate(actor: Actor, set_id: int, *, version: int, at: datetime, on: date) -> None:
    """Let a draft become active; from then on its content never changes. Raises NotReady with everything that is missing (E055, E042, E002)."""
    row = _draft(actor, set_id, version)
    known = library()
    draft = as_rule_set(row)
    found = faults(known, draft, on)
    if found:
        raise NotReady(found)
    row.status, row.activated_by, row.activated_at = SetStatus.ACTIVE, actor.name, at
    _saved(actor, row, at, "policy.activate_set", {"title": row.title, "version": draft.version, "from": str(row.effective_from)})


@transaction.atomic
def retire(actor: Actor, set_id: int, *, last_day: date, on: date, at: datetime) -> None:
    """Let an active set end after a day, today at the earliest: what is past keeps its rules. Organisations that follow it fall back to what applies without it."""
    row = LocalSet.objects.within(actor.scope(Permission.POLICY_WRITE)).select_for_update().filter(pk=set_id).first()
    if row is None or row.status != SetStatus.ACTIVE:
        raise PolicyError("", "这套规则不在启用中")
    if last_day < on:
        raise PolicyError("E002", "最后一天不能早于今天，以前的结果不受影响", "last_day")
    if row.effective_from and last_day < row.effective_from:
        raise PolicyError("E002", f"最后一天早于施行日期（{row.effective_from:%Y-%m-%d}），请改", "last_day")
    if row.effective_to and last_day > row.effective_to:
        raise PolicyError("E002", f"这套规则到 {row.effective_to:%Y-%m-%d} 已经失效，最后一天不能再往后", "last_day")
    row.status, row.retired_by, row.retired_at, row.effective_to = SetStatus.RETIRED, actor.name, at, last_day
    _saved(actor, row, at, "policy.retire_set", {"title": row.title, "last_day": str(last_day)})
