"""党组织和单位采集表 (ux.md §2, 10 items): what the product holds of an organisation; a vacant post stays empty and is listed."""
from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from zhibu.areas.structure.queries import OrgCard

from .around import rule_sets
from .sheet import Cell, Sheet, foot, head, wide

WIDTHS = (34, 44, 34, 44)
KINDS = ("国企", "非公", "农村", "机关", "学校", "其他事业", "街道社区", "社会组织", "其他")
#: domain of an organisation -> its kind on the form; what is not here is ticked by hand
KIND_OF = {
    "rural": "农村", "community": "街道社区", "soe": "国企", "private_enterprise": "非公", "social_organization": "社会组织", "agency": "机关", "university": "学校",
    "public_institution": "其他事业", "retirees": "其他",
}
SITUATIONS = ("与上级党组织相同", "法人单位", "联合党支部")


@dataclass(frozen=True, slots=True)
class OrganisationForm:
    """The content of the form. Texts may be empty: then the line is left for ink."""

    org_name: str
    secretary: str
    phone: str
    kind: str
    joint: bool
    parent: str
    units: tuple[str, ...]
    address: str
    vacant: tuple[str, ...]
    rule_sets: tuple[str, ...]
    printed_on: date

    @property
    def file_title(self) -> str:
        """Give the part of the file name that says what it is."""
        return "党组织采集表"

    def sheet(self) -> Sheet:
        """Lay the form out."""
        kinds = ["　".join(("☑" if k == self.kind else "□") + k for k in part) for part in (KINDS[:5], KINDS[5:])]
        situation = "　".join(("☑" if self.joint and s == "联合党支部" else "□") + s for s in SITUATIONS)
        missing = "；".join(f"空缺：{v}" for v in self.vacant)
        return Sheet(
            "orgform", "党组织和单位采集表", (), WIDTHS,
            (
                wide("党组织全称\n（与印章一致）", self.org_name, tall=10), wide("上级党组织", self.parent, tall=10),
                (head("书记"), Cell((self.secretary,), centred=True, tall=10), head("联系人"), Cell(("",), tall=10)),
                wide("联系电话\n（带区号）", self.phone, tall=10), wide("组织类别", *kinds, tall=10), wide("所在单位情况", situation, tall=10),
                wide("单位名称", *(self.units or ("",)), tall=22), wide("地址", self.address, tall=10), wide("备注", missing, tall=10),
            ),
            ("采集员签字：", "支部书记签字："), foot(self.rule_sets, self.printed_on),
        )


def organisation_form(card: OrgCard, printed_on: date) -> OrganisationForm:
    """Fill the form from the page of an organisation."""
    org, held = card.org, card.state.posts
    secretary = next((p.name for p in held if p.kind == "secretary"), "")
    return OrganisationForm(
        org.name, secretary, card.detail.phone, KIND_OF.get(org.domain, ""), org.kind == "joint_branch", card.above[-1].name if card.above else "",
        card.state.hosts, card.detail.address, () if secretary else ("书记",), rule_sets(org.id, printed_on), printed_on,
    )
