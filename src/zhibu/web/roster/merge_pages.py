"""疑似重复: the list of pairs with why, and two rows side by side with a choice for each item that differs."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from django.urls import reverse

from zhibu.areas.roster.duplicates import Compared
from zhibu.ground.people.duplicates import Brief, Candidate
from zhibu.ground.people.merging import LOSER, WINNER, Merge
from zhibu.web.shell.context import Callout, Choice, ErrorLine, Field, FieldGroup, FormPage, Link, Pair, Tone

from .form_pages import drawer_url

SHOWN = 60  # pairs on one page
A, B = "a", "b"


def merge_url(first: int, second: int) -> str:
    """Give the address of two rows side by side."""
    return f"{reverse('roster:merge', args=[first])}?{urlencode({'with': second})}"


def proposals(found: Sequence[Candidate], title: str = "疑似重复登记") -> FormPage:
    """Build the list of pairs."""
    cards = tuple(_card(c) for c in found[:SHOWN])
    note = f"共 {len(found)} 对，先列 {SHOWN} 对，合并以后接着列。" if len(found) > SHOWN else f"共 {len(found)} 对。" if found else "没有发现疑似重复的登记。"
    rule = "按同名同年月出生、同名同电话找出来的，不一定是同一个人。请核对证件再合并；不是同一个人的不用管。"
    return FormPage(
        title, reverse("roster:duplicates"), cards, "", (Link("花名册", reverse("roster:list")), Link(title)), note, (Callout(rule),), cancel_url=reverse("roster:list")
    )


def _card(c: Candidate) -> FieldGroup:
    facts = (
        Pair("一", c.first.org_name, _said(c.first), drawer_url(c.first.person_id)), Pair("二", c.second.org_name, _said(c.second), drawer_url(c.second.person_id)),
        Pair("为什么", "；".join(c.why)), *((Pair("不像的地方", "；".join(c.against), tone=Tone.WARN),) if c.against else ()),
        Pair("办理", "并排核对", url=merge_url(c.first.person_id, c.second.person_id)),
    )
    return FieldGroup(c.first.name, (), facts=facts)


def _said(b: Brief) -> str:
    parts = (b.gender, f"{b.birth}生" if b.birth else "", f"身份证号 {b.id_no_masked}" if b.id_no_masked else "没有身份证号", f"电话 {b.phone_masked}" if b.phone_masked else "没有电话",
             f"{b.joined}入党" if b.joined else "")
    return "，".join(p for p in parts if p)


def read(c: Compared, post: Mapping[str, str]) -> tuple[Merge | None, tuple[ErrorLine, ...]]:
    """Read what was decided; every item that differs and every overlap must be."""
    errors = []
    keep = post.get("keep", "")
    if keep not in (A, B):
        errors.append(ErrorLine("请选留下哪一个登记", "f-keep"))
    for item in c.items:
        if post.get(f"v-{item.key}", "") not in (A, B):
            errors.append(ErrorLine(f"请选{item.title}按哪一个", f"f-v-{item.key}"))
    if c.overlaps and post.get("spells", "") not in (A, B):
        errors.append(ErrorLine("组织关系有的日子重叠，请选按哪一个", "f-spells"))
    versions = {A: post.get("version_a", ""), B: post.get("version_b", "")}
    if errors or not all(v.isdecimal() and len(v) < 9 for v in versions.values()):
        return None, tuple(errors or [ErrorLine("这一页不完整，请重新打开再选")])
    other = B if keep == A else A
    ids = {A: c.first.person_id, B: c.second.person_id}
    take = frozenset(item.key for item in c.items if post[f"v-{item.key}"] == other)
    spells = "" if not c.overlaps else WINNER if post["spells"] == keep else LOSER
    return Merge(ids[keep], ids[other], take, post.get("reason", "").strip()[:200], (int(versions[keep]), int(versions[other])), spells), ()


def merge(c: Compared, post: Mapping[str, str], key: str, errors: Sequence[ErrorLine] = (), *, stale: bool = False) -> FormPage:
    """Build the page with both rows side by side."""
    first, second = c.first_org, c.second_org
    wrong = {e.anchor.removeprefix("f-"): e.text for e in errors if e.anchor}

    def pick(name: str, label: str, left: str, right: str, start: str = "") -> Field:
        chosen = post.get(name, "") or start
        options = (Choice(f"一：{left or '（空）'}", A, chosen=chosen == A), Choice(f"二：{right or '（空）'}", B, chosen=chosen == B))
        return Field(name, label, "radio", chosen, options, required=True, error=wrong.get(name, ""))

    items = tuple(pick(f"v-{i.key}", i.title, i.first, i.second, B if not i.first else A if not i.second else "") for i in c.items)
    overlaps = tuple(Pair(f"重叠 {n}", f"一：{o.first}", f"二：{o.second}", tone=Tone.WARN) for n, o in enumerate(c.overlaps, 1))
    groups = [
        FieldGroup("留下哪一个", (pick("keep", "留下的登记", first, second),), "另一个记为“已并入”，点开会转到留下的这一个"),
        FieldGroup("不一样的内容按哪一个", items, f"一样的：{'、'.join(c.same)}" if c.same else "") if items else FieldGroup("内容", (), facts=(Pair("16 项和其他内容", "两个登记都一样"),)),
    ]
    if overlaps:
        groups.append(FieldGroup("组织关系重叠", (pick("spells", "重叠的日子按哪一个", first, second),), "同一天只能在一个支部；没有重叠的日子两边都留", overlaps))
    reason = Field("reason", "为什么是同一个人", "text", post.get("reason", ""), required=True, maxlength=200, error=wrong.get("reason", ""), help="例如：两次录入，已对照身份证")
    groups.append(FieldGroup("理由", (reason,)))
    callouts = [Callout("合并后，组织关系、职务、党小组、账号都归留下的登记；以前的开会记录不改，点名算在他名下。合并不能撤销，请先核对证件。", Tone.WARN)]
    if stale:
        callouts.insert(0, Callout("您打开这一页以后，有一个登记被别人改过，还没有合并。下面是现在的内容，请重新核对。", Tone.WARN))
    versions = (("version_a", str(c.first.version)), ("version_b", str(c.second.version)))
    return FormPage(
        f"合并重复登记：{c.first.name}", merge_url(c.first.person_id, c.second.person_id), tuple(groups), "合并",
        (Link("花名册", reverse("roster:list")), Link("疑似重复登记", reverse("roster:duplicates")), Link(c.first.name)), f"{c.first_org} · {c.second_org}",
        tuple(callouts), tuple(errors), reverse("roster:duplicates"), (*versions, ("key", key)),
    )
