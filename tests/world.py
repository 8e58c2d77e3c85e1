"""A small world built through the actions: county > two townships > branches, with people, groups, committees and accounts."""
from __future__ import annotations

import copy
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone

from tests import rows

from zhibu.ground.access.models import Account, Grant
from zhibu.ground.access.queries import actor_for, first_start_actor, system_actor
from zhibu.ground.guard.actor import Actor
from zhibu.ground.people import actions as people
from zhibu.ground.tree import actions as tree
from zhibu.ground.tree.models import Organisation

SHANGHAI = timezone(timedelta(hours=8))
AT = datetime(2026, 11, 20, 10, 0, tzinfo=SHANGHAI)
TODAY = AT.date()
FOUNDED = date(2015, 1, 1)


@dataclass
class World:
    """Ids by code, persons by branch code, accounts by username."""

    orgs: dict[str, int] = field(default_factory=dict)
    persons: dict[str, list[int]] = field(default_factory=dict)
    groups: dict[str, list[int]] = field(default_factory=dict)
    accounts: dict[str, int] = field(default_factory=dict)

    def actor(self, username: str, today: date = TODAY) -> Actor:
        """Load an actor as a request would."""
        return actor_for(Account.objects.get(username=username), today)

    @property
    def paths(self) -> dict[str, str]:
        """Give the paths of the organisations by code."""
        found = dict(Organisation.objects.values_list("pk", "path"))
        return {code: found[pk] for code, pk in self.orgs.items()}


NAMES = "王一 李二 张三 刘四 陈五 杨六 赵七 黄八 周九 吴十 徐甲 孙乙".split()


def id_number(serial: int) -> str:
    """Make a valid, invented ID number (region 990201)."""
    from zhibu.kernel.identity import check_digit

    first = f"990201{1960 + serial % 40}0{1 + serial % 9}1{serial % 10}{serial % 1000:03d}"
    return first + check_digit(first)


def build(*, branches: int = 2, members: int = 8, since: date = FOUNDED) -> World:
    """Give the world of `_build`; in an empty database the second and later ones of a kind are put back row by row, which takes a tenth of the time."""
    if Organisation.objects.exists():
        return _build(branches, members, since)
    kind = (branches, members, since)
    if kind not in _KEPT:
        w = _build(branches, members, since)
        _KEPT[kind] = copy.deepcopy(w), rows.taken()
        return w
    w, kept = _KEPT[kind]
    rows.put_back(kept)
    return copy.deepcopy(w)


_KEPT: dict[tuple[int, int, date], tuple[World, rows.Rows]] = {}


def _build(branches: int, members: int, since: date) -> World:
    """Build the county QH with townships T1, T2 and `branches` branches each (T1-B1 …), `members` members a branch (the last one probationary),
    two groups and a committee of three in every first branch, and one account per role."""
    w = World()
    actor = first_start_actor()
    new = [tree.NewOrg("QH", "中共青禾县委员会", "青禾县委", "party_committee", None, since, approval_doc="青组〔2015〕1号")]
    for t in (1, 2):
        new.append(tree.NewOrg(f"T{t}", f"中共青禾县第{t}镇委员会", f"第{t}镇党委", "party_committee", "QH", since, order=t, approval_doc="青组〔2015〕2号"))
        for b in range(1, branches + 1):
            new.append(
                tree.NewOrg(
                    f"T{t}-B{b}", f"第{t}镇第{b}村党支部", f"第{b}村党支部", "branch", f"T{t}", since, domain="rural", village_or_community=True, order=b,
                    approval_doc="镇党〔2015〕3号", host_units=(f"第{t}镇第{b}村民委员会",), theme_day="20",
                )
            )
    w.orgs = tree.found_many(actor, new, at=AT, since=since)
    actor = system_actor()
    serial = 0
    for code, org_id in w.orgs.items():
        if "-B" not in code:
            continue
        items = []
        for i in range(members):
            serial += 1
            last = i == members - 1
            items.append(
                people.NewMember(
                    org_id, f"{NAMES[i % 12]}{code[1]}{code[4:]}", "probationary" if last else "full", date(2026, 3, 1) if last else since, gender="男",
                    id_no=id_number(serial), phone=f"154{serial:08d}", joined_on=date(2026, 3, 1) if last else date(2005, 7, 1),
                    full_on=None if last else date(2006, 7, 1), birth_on=date(1975, 6, 1), birth_precision="month",
                )
            )
        w.persons[code] = people.register_many(actor, items, at=AT)
        if code.endswith("-B1"):
            w.groups[code] = tree.form_groups(actor, [tree.NewGroup(org_id, "第一党小组", since), tree.NewGroup(org_id, "第二党小组", since)], at=AT)
            half = len(w.persons[code]) // 2
            people.place(
                actor,
                [people.NewPlace(org_id, p, w.groups[code][0 if i < half else 1], since, is_leader=i in (0, half)) for i, p in enumerate(w.persons[code])],
                at=AT,
            )
            (committee,) = tree.seat_committees(
                actor, [tree.NewCommittee(org_id, 3, date(2023, 6, 28), 5, date(2028, 6, 28), 3, "镇党〔2023〕6号")], at=AT
            )
            kinds = ("secretary", "organization", "discipline")
            people.fill_posts(
                actor, [people.NewPost(org_id, p, k, date(2023, 6, 28), committee) for p, k in zip(w.persons[code], kinds, strict=False)], at=AT
            )
        else:
            people.fill_posts(actor, [people.NewPost(org_id, w.persons[code][0], "secretary", since)], at=AT)
    for username, role, code in (
        ("county", "county_org_dept", "QH"), ("clerk1", "party_building_office", "T1"), ("clerk2", "party_building_office", "T2"),
        ("secretary", "branch_secretary", "T1-B1"), ("secretary2", "branch_secretary", "T1-B2"), ("leader", "group_leader", "T1-B1"),
        ("committee", "committee_member", "T1-B1"), ("reader", "discipline_reader", "QH"), ("member", "member", "T1-B1"),
        ("organiser", "organiser", "T1"), ("foreign", "branch_secretary", "T2-B1"),
        ("sysadmin", "system_admin", None), ("secadmin", "security_admin", None), ("auditor", "auditor", None),
    ):
        account = Account(username=username, name=username, made_at=AT, person_id=w.persons["T1-B1"][3] if role == "member" else None)
        account.set_password(PASSWORD)
        account.save()
        Grant.objects.create(account=account, org_id=w.orgs[code] if code else None, role=role, valid_from=since, granted_by="系统", granted_at=AT)
        w.accounts[username] = account.pk
    return w


PASSWORD = "shi-yong-mima-2026"
