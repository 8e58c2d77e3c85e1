"""`zhibu rules show ORG [--on D]`: the rules in force for an organisation, each with its clause and who assigned it. `zhibu rules list`: every rule set."""
from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import date

from django.utils import timezone

from zhibu.ground.policy import queries as policy
from zhibu.ground.policy.catalogue import FAMILIES, KEYS
from zhibu.ground.policy.wording import sentence
from zhibu.ground.tree import queries as tree

STATUS = {"active": "启用", "retired": "停用"}
KIND = {"national": "国家规定", "seed": "参考文本", "local": "各地自定", "system": "系统约定"}


def sets() -> int:
    """List the shipped sets and the local ones that are or were active; drafts are their organisation's own."""
    for one in policy.library().all():
        issuer = f"，{one.issuer}" if one.kind == "local" else ""
        start, end = (f"{one.effective_from}起" if one.effective_from else ""), (f"至{one.effective_to}" if one.effective_to else "")
        dates = start + end or "日期不详"
        print(f"{one.code}  {one.title}（{KIND[one.kind]}{issuer}，{STATUS[one.status]}，{dates}，{len(one.values)} 项）")
    return 0


def main(argv: Sequence[str]) -> int:
    """Run the command; 2 for an unknown organisation or a wrong date."""
    parser = argparse.ArgumentParser(prog="zhibu rules", description="现行规则及出处")
    parser.add_argument("what", choices=["show", "list"])
    parser.add_argument("org", nargs="?", default="", help="党组织代码或全称（show 要写）")
    parser.add_argument("--on", type=date.fromisoformat, default=None, help="哪一天，例如 2026-01-01")
    args = parser.parse_args(list(argv))
    if args.what == "list":
        return sets()
    on = args.on or timezone.localdate()
    org = tree.find(args.org)
    if org is None:
        print(f"没有代码或全称是“{args.org}”的党组织", file=sys.stderr)
        return 2
    print(f"{org.name}（{org.code}） {on} 的现行规则")
    for family, title in FAMILIES.items():
        effective = policy.effective(org.id, family, on)
        rows = effective.rows()
        if not rows:
            continue
        print(f"\n{title}（{family}）")
        for row in rows:
            marks = ("" if row.verified else "〔待核〕") + ("〔低于现行国家规定〕" if row.below_national else "")
            by = f"，{row.chosen_by.org_name} {row.chosen_by.valid_from or ''}起指定" if row.chosen_by else ""
            print(f"  {KEYS[row.key].title}：{sentence(row.key, row.value)}{marks}\n      依据{row.clause}（{row.rule_set.code}{by}）")
    return 0
