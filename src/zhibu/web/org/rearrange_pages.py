"""Forms and previews of mergers, splits and transfers: what is asked first, then everything that will happen, then the confirmation."""
from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.urls import reverse

from zhibu.areas.structure.mergers import Merger
from zhibu.areas.structure.rearranging import Newcomer, Preview, RuleConflict
from zhibu.areas.structure.splits import Split
from zhibu.areas.structure.transfers import Transfer
from zhibu.ground.tree import queries as tree
from zhibu.ground.tree.queries import GroupView, OrgView
from zhibu.web.shell.context import Callout, Choice, Field, FieldGroup, FormPage, Pair, Tone

from .forms import Given
from .words import TYPES, crumbs

NEW = "new"
OTHER = "other"
STEP = "step"
SHOW, DO = "show", "do"
TITLES = {"merge": "合并下级组织", "split": "拆分党支部", "transfer": "划转下级组织"}


def page(
    org: OrgView, given: Given, name: str, groups: Sequence[FieldGroup], *, preview: Preview | None = None, changed: bool = False, query: str = "",
    notes: Sequence[str] = (),
) -> FormPage:
    """Build the page: with a preview the lines of what will happen stand above the fields and the button carries it out."""
    callouts: list[Callout] = []
    shown: tuple[FieldGroup, ...] = ()
    hidden: tuple[tuple[str, str], ...] = ()
    if changed:
        callouts.append(Callout("预览以后情况有变，还没有办。下面是现在的预览，核对以后再按一次。", Tone.WARN))
    if preview is not None:
        lines = tuple(Pair(line.title, line.number, "；".join(t for t in ("、".join(line.names) + _more(line.number, line.names), line.what) if t)) for line in preview.lines)
        choices = tuple(_conflict(c, given) for c in preview.conflicts)
        shown = (FieldGroup("会发生什么", (), preview.title, facts=lines),)
        if choices:
            shown += (FieldGroup("两边规则不同，从那天起按哪一套", choices, "选了别的一套，接收组织和它的全部下级都按它"),)
        if not preview.blocks:
            callouts.append(Callout("还没有办。核对下面的数字和名单，没有问题再按“确认办理”；要改的在下面改，再看一次预览。", Tone.PLAIN))
        callouts += [Callout(note, Tone.WARN) for note in notes]
        hidden = (("seen", preview.digest),)
    url = reverse(f"org:{name}", args=[org.id]) + query
    trail = crumbs(("组织树", reverse("org:tree")), (org.short_name, reverse("org:page", args=[org.id])))
    ready = preview is not None and not preview.blocks
    return FormPage(
        TITLES[name], url, (*shown, *groups), "确认办理" if ready else "看预览", trail, org.name, tuple(callouts), tuple(given.lines),
        reverse("org:page", args=[org.id]), hidden, ((STEP, SHOW, "再看预览"),) if ready else (), STEP, DO if ready else SHOW,
    )


def _more(number: str, names: Sequence[str]) -> str:
    digits = "".join(c for c in number.split(" ")[0] if c.isdigit())
    return "等" if names and digits and int(digits) > len(names) else ""


def _conflict(conflict: RuleConflict, given: Given) -> Field:
    name = f"rules-{conflict.family}"
    options = tuple(Choice(title, code, chosen=given.raw(name) == code, hint=whose) for code, title, whose in conflict.offered)
    return Field(name, conflict.title, "radio", given.raw(name), options, required=True, error=given.faults.get(name, ""))


def chosen(given: Given) -> dict[str, str]:
    """Read which set was chosen for each family."""
    post = given.post
    return {k.removeprefix("rules-"): given.raw(k) for k in post if k.startswith("rules-")} if post is not None else {}


def _paper(given: Given, help_on: str) -> FieldGroup:
    f = given.field
    return FieldGroup("依据", (
        f("document", "决定文件和文号", required=True, maxlength=80, width="half"), f("decided_on", "文件日期", "date", required=True, width="half"),
        f("on", "从哪天起", "date", required=True, width="half", help=help_on), f("reason", "理由", "textarea", required=True, maxlength=300),
    ))


def _read_paper(given: Given) -> tuple[date, str, date, str]:
    return (
        given.day("on", "从哪天起", required=True) or date.min, given.text("document", "决定文件和文号", most=80),
        given.day("decided_on", "文件日期", required=True) or date.min, given.text("reason", "理由", most=300),
    )


def _elsewhere(given: Given, name: str, label: str) -> list[int]:
    """Read organisations that stand in no list: one code or full name on each line."""
    found = []
    for line in given.lines_of(name, label):
        org = tree.find(line)
        if org is None:
            given.fault(name, f"没有找到“{line}”。请写组织代码，或和组织树里一样的全称。")
        else:
            found.append(org.id)
    return found


def _receiver(given: Given, children: Sequence[OrgView]) -> int | None:
    value = given.raw("into")
    if value == OTHER:
        found = _elsewhere(given, "into_other", "接收组织")
        if len(found) != 1 and given.ok:
            given.fault("into_other", "请写一个接收组织的代码或全称")
        return found[0] if len(found) == 1 else None
    given.choice("into", "并入", {NEW: "", OTHER: "", **{str(c.id): c.name for c in children}}, required=True)
    return int(value) if value.isdigit() else None


# ---------------------------------------------------------------- merge


def read_merger(org: OrgView, given: Given, children: Sequence[OrgView]) -> Merger:
    """Read the form of a merger."""
    given.labels.update(source="", into="并入")
    sources = [i for i in given.ids("source") if i in {c.id for c in children}] + _elsewhere(given, "source_other", "别处的组织")
    into = _receiver(given, children)
    on, document, decided_on, reason = _read_paper(given)
    first = next((c.kind for c in children if c.id in sources), "branch")
    new = None
    if given.raw("into") == NEW:
        new = Newcomer(
            given.text("code", "新组织代码", most=30), given.text("name", "新组织名称", most=100), given.text("short_name", "新组织简称", most=40),
            given.choice("kind", "新组织类别", TYPES) or first, given.lines_of("units", "所在单位"),
        )
    return Merger(tuple(dict.fromkeys(sources)), org.id, into, on, document, decided_on, reason, new, given.raw("keep_groups") == "1", chosen(given))


def merge(
    org: OrgView, given: Given, children: Sequence[OrgView], preview: Preview | None = None, *, changed: bool = False, aside: Sequence[str] = ()
) -> FormPage:
    """Build the form of a merger. `aside`: titles of meeting records put aside at the organisations that end."""
    notes = (f"要撤销的组织还有 {len(aside)} 份先放着没记完的开会记录：{'、'.join(aside[:5])}。请先请他们记完，会是原来的支部开的。",) if aside else ()
    f = given.field
    listed = [(str(c.id), c.name) for c in children]
    which = FieldGroup("撤并哪些，并入哪个", (
        f("source", "撤销的组织", "checks", choices=listed, help="党员、党小组、下级组织一起转到接收的组织"),
        f("source_other", "不在上面的", "textarea", rows=2, help="写组织代码或全称，一行一个"),
        f("into", "并入", "select", choices=[("", "请选"), (NEW, "新成立一个组织"), *listed, (OTHER, "不在这里面的")], required=True, width="half"),
        f("into_other", "接收组织的代码或全称", width="half", maxlength=100, help="“并入”选了“不在这里面的”才填"),
        given.tick("keep_groups", "党小组连同组员、组长一起转过去"),
    ))
    new = FieldGroup("新成立的组织", (
        f("name", "新组织名称", maxlength=100), f("short_name", "新组织简称", maxlength=40, width="half"), f("code", "新组织代码", maxlength=30, width="half"),
        f("kind", "新组织类别", "select", choices=[("", "和撤销的一样"), *TYPES.items()], width="half"), f("units", "所在单位", "textarea", rows=2, help="一行一个单位"),
    ), "“并入”选了新成立才填")
    none = FieldGroup("", (), facts=(Pair("下级组织", "没有"),)) if not children else None
    return page(org, given, "merge", [*([none] if none else []), which, new, _paper(given, "从这天起新的名册和台账归接收的组织")], preview=preview, changed=changed, notes=notes)


# ---------------------------------------------------------------- split


def choose_branch(org: OrgView, branches: Sequence[OrgView]) -> FormPage:
    """Ask which branch is split (each is a link)."""
    url = reverse("org:split", args=[org.id])
    facts = tuple(Pair(o.kind_title, o.name, url=f"{url}?from={o.id}") for o in branches) or (Pair("党支部", "没有可以拆分的"),)
    trail = crumbs(("组织树", reverse("org:tree")), (org.short_name, reverse("org:page", args=[org.id])))
    return FormPage(TITLES["split"], url, (FieldGroup("拆分哪个党支部", (), facts=facts),), "", trail, org.name, cancel_url=reverse("org:page", args=[org.id]))


def read_split(source: OrgView, given: Given) -> Split:
    """Read the form of a split."""
    on, document, decided_on, reason = _read_paper(given)
    new = Newcomer(
        given.text("code", "新支部代码", required=True, most=30), given.text("name", "新支部名称", required=True, most=100),
        given.text("short_name", "新支部简称", most=40), given.choice("kind", "新支部类别", TYPES) or source.kind, given.lines_of("units", "所在单位"),
    )
    return Split(source.id, new, on, document, decided_on, reason, tuple(given.ids("person")), tuple(given.ids("group")), chosen(given))


def split(
    org: OrgView, source: OrgView, given: Given, members: Sequence[tuple[int, str]], groups: Sequence[tuple[GroupView, int]], preview: Preview | None = None, *,
    changed: bool = False,
) -> FormPage:
    """Build the form of a split."""
    f = given.field
    kinds = [(k, v) for k, v in TYPES.items() if k in tree.BRANCHES]
    new = FieldGroup("新支部", (
        f("name", "新支部名称", required=True, maxlength=100), f("short_name", "新支部简称", maxlength=40, width="half"),
        f("code", "新支部代码", required=True, maxlength=30, width="half"), f("kind", "新支部类别", "select", choices=[("", "和原支部一样"), *kinds], width="half"),
        f("units", "所在单位", "textarea", rows=2, help="一行一个单位"),
    ), f"从“{source.name}”分出")
    who = tuple(
        field for field, any_one in (
            (f("group", "整个党小组过去", "checks", choices=[(str(g.id), f"{g.name}（{n} 人）") for g, n in groups]), groups),
            (f("person", "单个党员过去", "checks", choices=[(str(p), name) for p, name in members]), members),
        ) if any_one
    )
    return page(org, given, "split", [new, FieldGroup("谁去新支部", who), _paper(given, "从这天起新支部的党员归新支部")], preview=preview, changed=changed, query=f"?from={source.id}")


# ---------------------------------------------------------------- transfer


def read_transfer(given: Given, children: Sequence[OrgView]) -> Transfer:
    """Read the form of a transfer."""
    given.labels.update(org="", into="划归")
    orgs = [i for i in given.ids("org") if i in {c.id for c in children}] + _elsewhere(given, "org_other", "别处的组织")
    into = _receiver(given, receivers(children))
    on, document, decided_on, reason = _read_paper(given)
    names = given.text("old", "名称里的字", most=40), given.text("new", "改成", most=40)
    return Transfer(tuple(dict.fromkeys(orgs)), into or 0, on, document, decided_on, reason, names)


def receivers(children: Sequence[OrgView]) -> list[OrgView]:
    """List what can stand above others."""
    return [c for c in children if not c.is_branch]


def transfer(org: OrgView, given: Given, children: Sequence[OrgView], tops: Sequence[OrgView], preview: Preview | None = None, *, changed: bool = False) -> FormPage:
    """Build the form of a transfer: the organisations below one of the children, or of this organisation itself, come under another."""
    f = given.field
    which = FieldGroup("划转哪些，划归哪个", (
        f("org", "划转的组织", "checks", choices=[(str(c.id), c.name) for c in children], help="连同它们的全部下级；班子、党小组、台账、没答复的报批都随组织走"),
        f("org_other", "不在上面的", "textarea", rows=2, help="写组织代码或全称，一行一个"),
        f("into", "划归", "select", choices=[("", "请选"), *((str(c.id), c.name) for c in tops), (OTHER, "不在这里面的")], required=True, width="half"),
        f("into_other", "新上级的代码或全称", width="half", maxlength=100, help="“划归”选了“不在这里面的”才填"),
        f("old", "名称里的字", maxlength=40, width="half", help="要一起改名才填，例如“石桥镇”"), f("new", "改成", maxlength=40, width="half", help="例如“柳河镇”"),
    ))
    return page(org, given, "transfer", [which, _paper(given, "从这天起由新的上级领导，规则也从新的上级来")], preview=preview, changed=changed)
