"""The list of rule sets and the page of one."""
from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from urllib.parse import urlencode

from django.urls import reverse

from zhibu.ground.policy.catalogue import FAMILIES, KEYS, family_keys
from zhibu.ground.policy.library import Item, Library, RuleSet, shipped
from zhibu.ground.policy.queries import AssignmentView, LocalView
from zhibu.ground.policy.resolve import Resolved, laxer_than_national
from zhibu.ground.policy.wording import Relation, difference, sentence
from zhibu.web.org.words import said
from zhibu.web.shell.context import Button, Callout, Link, Pair, State, Tone

from .context import FamilyCard, SetList, SetPage, SetRow, SetsPage, ValueLine

STATES = {"draft": State(Tone.WAIT, "草稿"), "active": State(Tone.OK, "启用"), "retired": State(Tone.PLAIN, "停用")}
KINDS = {"national": "国家规定", "seed": "参考文本", "system": "系统约定"}


def trail(*links: Link) -> tuple[Link, ...]:
    """Build the trail below the list."""
    return (Link("规则集", reverse("rules:list")), *links)


def dates(one: RuleSet) -> str:
    """Say from when to when a set is in force."""
    start = f"{said(one.effective_from)}起" if one.effective_from else "未定施行日期"
    return f"{start}，到{said(one.effective_to)}止" if one.effective_to else start


def families(one: RuleSet) -> str:
    """Name the families a set speaks about."""
    return "、".join(FAMILIES[code] for code in one.families) or "还没有内容"


# ---------------------------------------------------------------- the list


def listing(drafts: Sequence[LocalView], published: Sequence[LocalView], *, writes: bool) -> SetsPage:
    """Build the list; `writes` = this person may make sets."""
    active, retired = ([_row(one, writes) for one in published if one.rule_set.status == status] for status in ("active", "retired"))
    lists = []
    if writes:
        lists.append(SetList("草稿", tuple(_row(one, False) for one in drafts), "只有本级看得到", "没有草稿。从下面任选一套复制，就能改成自己的。"))
    lists.append(SetList("各地自定，启用中", tuple(active), "", "还没有哪个组织自定规则集。"))
    if retired:
        lists.append(SetList("各地自定，已停用", tuple(retired), "以前的结果仍按当时的规则"))
    lists.append(SetList("随系统带的", tuple(_shipped_row(one, writes) for one in shipped().all())))
    buttons = (Button("上传规则集文件", reverse("rules:upload")),) if writes else ()
    return SetsPage("规则集", "国家规定和各地自定的制度；哪个组织按哪一套办，在该组织的现行规则页指定", tuple(lists), buttons=buttons)


def _copy(code: str) -> Button:
    return Button("复制成草稿", f"{reverse('rules:copy')}?{urlencode({'from': code})}", small=True)


def _row(one: LocalView, writes: bool) -> SetRow:
    it = one.rule_set
    return SetRow(
        it.title, reverse("rules:set", args=[one.id]), STATES[it.status], it.issuer, it.document_no or "没有文号", dates(it), families(it), (_copy(it.code),) if writes else ()
    )


def _shipped_row(one: RuleSet, writes: bool) -> SetRow:
    when = dates(one) if one.effective_from or one.effective_to else "日期不详"
    return SetRow(
        one.title, reverse("rules:shipped", args=[one.code]), State(Tone.OK if one.kind == "national" else Tone.PLAIN, KINDS[one.kind]), one.issuer, one.document_no, when,
        families(one), (_copy(one.code),) if writes and one.values else (),
    )


# ---------------------------------------------------------------- one set


def shipped_page(one: RuleSet, today: date, *, writes: bool) -> SetPage:
    """Build the page of a shipped set."""
    buttons = (Button("下载", reverse("rules:shipped-file", args=[one.code])), *((_copy(one.code),) if writes and one.values else ()))
    facts = [Pair("制定", one.issuer or "不详"), Pair("施行", dates(one) if one.effective_from or one.effective_to else "不详"), Pair("依据", one.source)]
    return SetPage(one.title, f"代号 {one.code}", State(Tone.PLAIN, KINDS[one.kind]), tuple(facts), _cards(shipped(), one, today, None), crumbs=trail(), buttons=buttons)


def local_page(one: LocalView, library: Library, followers: Sequence[AssignmentView], today: date, *, mine: bool, writes: bool) -> SetPage:
    """Build the page of a local set; `mine` = this person may change it."""
    it = one.rule_set
    known = shipped().with_set(it)
    editing = mine and it.status == "draft"
    facts = [
        Pair("制定", it.issuer), Pair("文号", it.document_no or "还没有填"), Pair("施行", dates(it)), Pair("依据", it.source or "没有填"),
        *((_other("抄自", it.based_on, library),) if it.based_on else ()), *((_other("取代", it.supersedes, library),) if it.supersedes else ()),
        *((Pair("不列入的理由", it.reason),) if it.reason else ()), *_history(one),
    ]
    taken = set(it.families)
    others = tuple(Link(title, reverse("rules:values", args=[one.id, code])) for code, title in FAMILIES.items() if code not in taken) if editing else ()
    rows = tuple(Pair(a.org_name, f"{FAMILIES[a.family]}，{said(a.valid_from)}起" + (f"，到{said(a.valid_to)}（不含）" if a.valid_to else "")) for a in followers[:60])
    more = (Pair("还有", f"{len(followers) - 60} 个"),) if len(followers) > 60 else ()
    return SetPage(
        it.title, f"代号 {it.code}", STATES[it.status], tuple(facts), _cards(known, it, it.effective_from or today, one.id if editing else None), others, rows + more, trail(),
        _buttons(one, mine, writes), _callouts(one, editing),
    )


def _other(label: str, code: str, library: Library) -> Pair:
    known = library.sets.get(code)
    return Pair(label, known.title if known else code, f"代号 {code}" if known else "")


def _history(one: LocalView) -> list[Pair]:
    found = [Pair("最近修改", f"{one.changed_by}，{said(one.changed_at.date())}")]
    if one.activated_at:
        found = [Pair("启用", f"{one.activated_by}决定，{said(one.activated_at.date())}办理")]
    if one.retired_at:
        found.append(Pair("停用", f"{one.retired_by}决定，{said(one.retired_at.date())}办理"))
    return found


def _buttons(one: LocalView, mine: bool, writes: bool) -> tuple[Button, ...]:
    it, at = one.rule_set, [one.id]
    found = [Button("下载", reverse("rules:file", args=at))]
    if mine and it.status == "draft":
        found = [
            Button("核对与启用", reverse("rules:check", args=at), style="pri"), Button("基本情况", reverse("rules:header", args=at)), Button("判例表", reverse("rules:tables", args=at)),
            *found, Button("作废", reverse("rules:discard", args=at), style="txt"),
        ]
    elif writes:
        found.append(Button("复制成草稿", f"{reverse('rules:copy')}?{urlencode({'from': it.code})}"))
    if mine and it.status != "draft":
        found.append(Button("起草新的取代它", f"{reverse('rules:copy')}?{urlencode({'from': it.code, 'supersede': '1'})}"))
    if mine and it.status == "active":
        found.append(Button("停用", reverse("rules:retire", args=at), style="txt"))
    return tuple(found)


def _callouts(one: LocalView, editing: bool) -> tuple[Callout, ...]:
    if editing:
        return (Callout("草稿不起作用，也只有本级看得到。改好以后核对、启用，再到有关组织的现行规则页指定。", Tone.PLAIN),)
    if one.rule_set.status == "retired":
        return (Callout("这套规则已经停用，不能再指定；停用以前的结果不变。", Tone.PLAIN),)
    return (Callout("启用以后内容不再改动；要改就起草新的一套取代它，以前的结果仍按这一套。", Tone.PLAIN),)


def _cards(library: Library, one: RuleSet, on: date, editing: int | None) -> tuple[FamilyCard, ...]:
    found = []
    for code in one.families:
        keys = [key.name for key in family_keys(code) if key.name in one.values]
        lines = [_line(library, one, key, one.values[key], on) for key in keys] + _dropped(library, one, code, on)
        buttons = (Button("修改", reverse("rules:values", args=[editing, code]), small=True),) if editing else ()
        found.append(FamilyCard(FAMILIES[code], tuple(lines), f"{len(keys)} 项", buttons))
    return tuple(found)


def _line(library: Library, one: RuleSet, key: str, item: Item, on: date) -> ValueLine:
    compared = difference(library, Resolved(key, item.value, item.clause, one, item.verified, None, False), on)
    quiet = one.kind in ("national", "system") or compared.relation in (Relation.SAME, Relation.OPEN)
    return ValueLine(
        KEYS[key].title, sentence(key, item.value), item.clause, item.verified, not quiet and compared.relation is Relation.LAXER, "" if quiet else compared.sentence,
        item.reason, item.note,
    )


def _dropped(library: Library, one: RuleSet, code: str, on: date) -> list[ValueLine]:
    """List the national kinds of organisational life that the set does not name."""
    if one.kind in ("national", "system") or code != "life":
        return []
    return [
        ValueLine(KEYS[lost.key].title, "未列入，不要求", lost.clause, True, True, f"低于现行国家规定：{sentence(lost.key, lost.national)}（{lost.clause}）", one.reason)
        for lost in laxer_than_national(library, one, on, "life") if lost.local is None
    ]
