"""Add members, end memberships and change standings from a form, each form once however often it is sent; note sheets that are taken away."""
from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime

from django.db import transaction

from zhibu.ground.access import endings as access
from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.once import once
from zhibu.ground.guard.permission import Permission
from zhibu.ground.guard.sealing import blind_index
from zhibu.ground.journal import journal
from zhibu.ground.people import actions as people
from zhibu.ground.people import correcting
from zhibu.ground.people.actions import NewMember, PeopleError
from zhibu.ground.tree import queries as tree

from . import queries, rules


def add_member(actor: Actor, new: NewMember, *, key: str, at: datetime) -> int:
    """Register a member; returns the person's id. The same form sent twice makes one member (KeyReused when its content differs)."""
    content = asdict(new)
    for field in ("id_no", "phone"):  # what is remembered of the form must not tell the numbers
        content[field] = blind_index(content[field], f"once.{field}")
    target, _ = once(actor.account_id, key, {"add": content}, at, lambda: str(people.register(actor, new, at=at)))
    return int(target)


def end_member(actor: Actor, person_id: int, *, on: date, ended_as: str, document: str, meeting: str = "", key: str, at: datetime) -> None:
    """End a membership, and with it the account of the person. Somebody who goes elsewhere is transferred (areas/transfers): his membership ends with the receipt.

    Raises PeopleError E049 or E038 without the papers, E008 for a transfer, and what people.end_membership raises."""
    decision = rules.check_end(ended_as, document, meeting)
    if not decision:
        raise PeopleError(decision.code, decision.reason, {"E038": "meeting", "E008": "ended_as"}.get(decision.code, "document"))
    paper = "；".join(t for t in (document.strip(), f"支部党员大会：{meeting.strip()}" if meeting.strip() else "") if t)

    def do() -> str:
        org_id = queries.member(actor.scope(Permission.MEMBER_READ), person_id, on).file.org_id
        people.end_membership(actor, person_id, on=on, ended_as=ended_as, document=paper[:200], at=at)
        access.close_of(actor, person_id, org_id=org_id, on=on, at=at)
        return str(person_id)

    once(actor.account_id, key, {"end": [person_id, on, ended_as, paper]}, at, do)


def revive(actor: Actor, person_id: int, *, reason: str, key: str, at: datetime) -> None:
    """Take back a death that was entered by mistake. Raises what people.correcting.revive raises."""

    def do() -> str:
        correcting.revive(actor, person_id, reason=reason, at=at)
        return str(person_id)

    once(actor.account_id, key, {"revive": [person_id, reason]}, at, do)


def change_standing(actor: Actor, person_id: int, *, on: date, standing: str, rights: str, document: str, key: str, at: datetime) -> None:
    """Change 人员类别, 党籍状态 or rights on a day, with the paper it rests on (E049 without).

    Raises PeopleError for a change that cannot be (rules.may_change) or a day before the present spell or after today (E002, E001)."""

    def do() -> str:
        member = queries.member(actor.scope(Permission.MEMBER_READ), person_id, on)
        spell = member.file.spells[-1]
        decision = rules.may_change((spell.standing, spell.rights), (standing, rights), document)
        if not decision:
            raise PeopleError(decision.code, decision.reason, "document" if decision.code == "E049" else "standing")
        people.change_standing(actor, person_id, on=on, at=at, standing=standing, rights=rights, document=document.strip())
        return str(person_id)

    once(actor.account_id, key, {"standing": [person_id, on, standing, rights, document]}, at, do)


def note_paper(actor: Actor, *, org_id: int, sheet: str, made_as: str, at: datetime, person_id: int | None = None) -> None:
    """Leave a journal line for a sheet about members that is printed or taken away as a file. sheet: what it is; made_as: page, docx or xlsx."""
    org_path = tree.path_of(org_id)
    actor.require(Permission.MEMBER_READ, org_path)
    subject = ("person", person_id) if person_id else ("organisation", org_id)
    with transaction.atomic():
        journal.write(actor, "roster.paper", at=at, org_id=org_id, org_path=org_path, subject=subject, changes={"sheet": sheet, "as": made_as})
