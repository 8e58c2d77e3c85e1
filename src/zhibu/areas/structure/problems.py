"""The problem list by domain (rules.md S42): a pick-list for self-examination, rectification and diagnosis. It judges nobody."""
from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """A usual problem of branches in one domain, from the seed text 000."""

    code: str
    domains: tuple[str, ...]
    title: str
    source: str


PROBLEMS: tuple[Problem, ...] = (
    Problem("rural_core", ("rural",), "领导核心作用弱化", "市组织部门培训讲稿 第141–153行"),
    Problem("community_service", ("community",), "服务能力不强", "市组织部门培训讲稿 第141–153行"),
    Problem("soe_two_skins", ("soe",), "党建和业务“两层皮”", "市组织部门培训讲稿 第141–153行"),
    Problem("agency_dark", ("agency", "public_institution"), "“灯下黑”", "市组织部门培训讲稿 第141–153行"),
    Problem("new_coverage", ("private_enterprise", "social_organization"), "组织覆盖不到位", "市组织部门培训讲稿 第141–153行"),
    Problem("new_role", ("private_enterprise", "social_organization"), "党组织不发挥作用", "市组织部门培训讲稿 第141–153行"),
)

#: 三个根子, for every domain
ROOTS: tuple[tuple[str, str], ...] = (("people", "人"), ("money", "钱"), ("institutions", "体制机制"))


def for_domain(domain: str) -> tuple[Problem, ...]:
    """List the usual problems of a domain; all of them where the domain has no list of its own."""
    own = tuple(p for p in PROBLEMS if domain in p.domains)
    return own or PROBLEMS
