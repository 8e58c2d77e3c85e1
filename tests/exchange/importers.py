"""A county in the database around the sample workbooks: 石桥镇 with its village and its grain station, a clerk there, and the neighbours of tests.world."""
from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from tests import world
from tests.exchange.dirty import GRAIN, TOWN, VILLAGE, upload
from tests.world import AT, FOUNDED, PASSWORD, World

from zhibu.exchange.intake import confirm, container
from zhibu.exchange.intake.findings import Correction, FileRead, FileRefused, Upload
from zhibu.exchange.intake.installed import Installed, in_reach
from zhibu.exchange.intake.pipeline import read_files
from zhibu.ground.access.models import Account, Grant
from zhibu.ground.access.queries import system_actor
from zhibu.ground.guard.actor import Actor
from zhibu.ground.tree import actions as tree
from zhibu.ground.tree.queries import OrgView, find
from zhibu.kernel import identity

ROSTER = "党员花名册\n姓名,性别,身份证号,党小组,入党时间,转正时间,党员类别,党内职务,联系电话,备注\n"
LEDGER = "2026年会议台账\n组织,日期,会议类型,主题,主持人,应到,实到,记录材料\n"
ORGS = "组织名册\n党组织全称,组织类别,上级党组织,书记,联系电话,党员人数,组建时间,本届起始时间,任期,届满时间,单位名称\n"


def county() -> World:
    """Build tests.world and 石桥镇 with 柳树湾村 and 粮站, and the accounts sq (党建办 of 石桥镇) and grain (书记 of 粮站)."""
    w = world.build(members=4)
    w.orgs |= tree.found_many(
        system_actor(),
        [
            tree.NewOrg("SQ", TOWN, "石桥镇党委", "party_committee", "QH", FOUNDED, approval_doc="青组〔2015〕9号"),
            tree.NewOrg("SQ-001", VILLAGE, "柳树湾村党支部", "branch", "SQ", FOUNDED, domain="rural", village_or_community=True, approval_doc="石党〔2015〕1号"),
            tree.NewOrg(
                "SQ-002", GRAIN, "石桥粮站联合党支部", "joint_branch", "SQ", FOUNDED, domain="soe", approval_doc="石党〔2015〕2号", host_units=("石桥粮站", "石桥供销社")
            ),
        ],
        at=AT,
    )
    for username, role, code in (("sq", "party_building_office", "SQ"), ("grain", "branch_secretary", "SQ-002")):
        account = Account(username=username, name=username, made_at=AT)
        account.set_password(PASSWORD)
        account.save()
        Grant.objects.create(account=account, org_id=w.orgs[code], role=role, valid_from=FOUNDED, granted_by="系统", granted_at=AT)
        w.accounts[username] = account.pk
    return w


def place(text: str = TOWN) -> OrgView:
    """Give an organisation by name or code."""
    found = find(text)
    assert found is not None
    return found


def id_no(birth: str = "19700101", order: int = 11) -> str:
    """Make a valid, invented ID number; odd orders are men."""
    first = f"990203{birth}{order:03d}"
    return first + identity.check_digit(first)


def member(name: str, number: str, **more: str) -> str:
    """Write a line of a roster (ROSTER): a full member of 1999 unless said otherwise."""
    cells = {
        "gender": "男" if int(number[16]) % 2 else "女", "group": "", "joined": "1998.07.01", "full": "1999.07.01", "kind": "正式党员", "post": "",
        "phone": "", "remark": "",
    } | more  # fmt: skip
    return ",".join((name, cells["gender"], number, *(cells[k] for k in ("group", "joined", "full", "kind", "post", "phone", "remark")))) + "\n"


def read(files: Sequence[Upload], org: OrgView | None = None, corrections: dict[str, Correction] | None = None, at: datetime = AT) -> list[FileRead | FileRefused]:
    """Read files against the installed data, in this process."""
    installed = Installed(org or place(), at.date())
    return list(in_reach(read_files(files, installed.known, corrections, parse=container.read), installed))


def table(text: str, name: str = "a.csv") -> Upload:
    """Make a CSV file."""
    return Upload(name, text.encode())


def do(actor: Actor, *files: Upload, org: OrgView | None = None, corrections: dict[str, Correction] | None = None, at: datetime = AT) -> confirm.Done:
    """Read and commit."""
    found = read(files, org, corrections, at)
    assert all(isinstance(f, FileRead) for f in found), found
    return confirm.commit(actor, org or place(), [f for f in found if isinstance(f, FileRead)], at=at)


def dirty(*starts: str) -> list[Upload]:
    """Give sample files by the beginning of their names."""
    return [upload(s) for s in starts]


def dump() -> dict[str, Any]:
    """Give every row of the tables that an import may touch, for "exactly as before"; the append-only record and the journal are left out."""
    from django.apps import apps

    found: dict[str, Any] = {}
    for label in (
        "tree.Organisation", "tree.OrganisationSpell", "tree.HostUnit", "tree.PartyGroup", "tree.Committee", "people.Person", "people.Membership", "people.Post",
        "people.GroupPlace", "people.Exclusion", "record.ActivityKind", "record.Excuse",
    ):  # fmt: skip
        model = apps.get_model(label)
        rows = model.objects.unscoped("a test compares everything") if hasattr(model.objects, "unscoped") else model.objects
        found[label] = [{k: str(getattr(v, "token", v)) for k, v in row.items()} for row in rows.order_by("pk").values()]
    return found


JAN = date(2026, 1, 1)
