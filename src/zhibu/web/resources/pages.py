"""Build the pages of funds and places."""
from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from urllib.parse import urlencode

from django.urls import reverse

from zhibu.areas.resources import rules
from zhibu.areas.resources.bookings import BookingView, Venue
from zhibu.areas.resources.queries import CheckView, FundView, PaymentView, PlaceView, Share
from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.tree.queries import OrgView
from zhibu.web.shell.context import Button, Callout, Choice, Link, Pair, State, Tone

from .context import (
    BookedLine,
    CheckLine,
    FundLine,
    FundPage,
    FundsPage,
    PaymentLine,
    PlaceLine,
    PlacePage,
    PlacesPage,
    VenueCard,
    VenuesPage,
)

ENDED = "组织已撤并，由接收的组织另编"
MOST = 120
SHOWS = (("all", "全部"), ("below", "面积不达标"), ("unchecked", "没检查或不齐"))


def to(name: str, *args: object, **query: object) -> str:
    """Write an address of this room."""
    found = reverse(f"resources:{name}", args=list(args))
    return found + (f"?{urlencode({k: v for k, v in query.items() if v != ''})}" if query else "")


def day(on: date) -> str:
    """Write a day."""
    return f"{on.year}年{on.month}月{on.day}日"


def money(*more: Link) -> tuple[Link, ...]:
    """Give the way to a page of funds."""
    return (Link("党费经费"), Link("三项经费", to("funds") if more else ""), *more)


def venue(*more: Link) -> tuple[Link, ...]:
    """Give the way to a page of places."""
    return (Link("组织"), Link("阵地", to("places") if more else ""), *more)


# ---------------------------------------------------------------- funds


def _gap(required: int, gap: int, named: bool) -> State:
    if not named:
        return State(Tone.WAIT, "规则集没有定标准")
    return State(Tone.BAD, f"差 {rules.grouped(gap)}") if gap else State(Tone.OK, "付足" if required else "不用安排")


def _fund(f: FundView) -> FundLine:
    return FundLine(
        f.org.short_name, rules.FUND_ZH[f.fund], to("fund", f.id), ENDED if f.ended else f.need.said if f.need else "", rules.grouped(f.required), rules.grouped(f.appropriated), rules.grouped(f.paid),
        _gap(f.required, f.gap, f.need is not None),
    )


def funds(actor: Actor, found: Sequence[FundView], org: OrgView, increments: dict[str, int], wanted: int, today: date) -> FundsPage:
    """Build the table of funds of an organisation and all below it: every row with its arithmetic."""
    required, planned, paid, gap = (sum(n) for n in ([f.required for f in found], [f.appropriated for f in found], [f.paid for f in found], [f.gap for f in found]))
    writes = actor.may(P.RESOURCE_WRITE, org.path_now)
    own = {f.fund for f in found if f.org.id == org.id}
    missing = tuple(Link(title, to("plan", org=org.id, year=wanted, fund=code)) for code, title in rules.FUND_ZH.items() if code not in own) if writes else ()
    stats = [Pair("应安排", f"{rules.grouped(required)} 元"), Pair("已安排", f"{rules.grouped(planned)} 元"), Pair("已支付", f"{rules.grouped(paid)} 元")]
    if found:
        stats.append(Pair("缺口", f"{rules.grouped(gap)} 元", tone=Tone.BAD if gap else Tone.OK))
    if increments:
        stats.append(Pair("村级办公经费增量", f"省 {rules.grouped(increments['province'])} 元，县 {rules.grouped(increments['county'])} 元"))
    sets = dict.fromkeys(f.rule_set for f in found if f.rule_set)
    return FundsPage(
        "三项经费", f"{org.name}和所有下级 · {wanted}年 · 单位：元", tuple(Choice(f"{y}年", str(y), to("funds", org=org.id, year=y), y == wanted) for y in range(today.year + 1, today.year - 3, -1)),
        tuple(stats), tuple(_fund(f) for f in found),
        FundLine("合计", "", "", "缺口逐项相加，一项多付的不抵另一项", rules.grouped(required), rules.grouped(planned), rules.grouped(paid), _gap(required, gap, True)) if len(found) > 1 else None,
        missing, (Button("导出 Excel", to("funds-file", org=org.id, year=wanted), "post"),), money(),
        f"规则集：{'、'.join(sets)}" if sets else "", "这一年还没有编经费。",
    )


def fund(actor: Actor, f: FundView, paid: Sequence[PaymentView]) -> FundPage:
    """Build the page of one fund."""
    writes = actor.may(P.RESOURCE_WRITE, f.org.path_now)
    facts = (
        Pair("应安排", f"{rules.grouped(f.required)} 元" if f.need else "规则集没有定标准", ENDED if f.ended else f"{f.need.said}（{f.need.clause}）" if f.need else ""),
        Pair("已安排", f"{rules.grouped(f.appropriated)} 元", f.document), Pair("已支付", f"{rules.grouped(f.paid)} 元"),
        Pair("缺口", f"{rules.grouped(f.gap)} 元", "应安排减去已支付", tone=Tone.BAD if f.gap else Tone.OK), Pair("编制", f.made_by),
    )
    over = (Callout(f"已支付比已安排多 {rules.grouped(f.paid - f.appropriated)} 元，原因写在支付里", Tone.WARN),) if f.paid > f.appropriated else ()
    buttons = (Button("登记支付", to("pay", f.id), style="pri"), Button("改安排数", to("plan", org=f.org.id, year=f.year, fund=f.fund))) if writes else ()
    return FundPage(
        rules.FUND_ZH[f.fund], f"{f.org.name} · {f.year}年", facts, tuple(_payment(p, writes) for p in paid), over, buttons,
        money(Link(f"{f.org.short_name}{f.year}年", to("funds", org=f.org.id, year=f.year)), Link(rules.FUND_ZH[f.fund])),
    )


def _payment(p: PaymentView, writes: bool) -> PaymentLine:
    told = State(Tone.PLAIN, "已冲正") if p.reversed else State(Tone.PLAIN, "冲正") if p.reverses_id else None
    return PaymentLine(day(p.day), rules.grouped(p.amount), p.note, p.by, told, to("reverse", p.id) if writes and told is None else "")


# ---------------------------------------------------------------- places


def _area(p: PlaceView) -> State:
    if p.standing.standard is None:
        return State(Tone.WAIT, "规则集没有定面积标准")
    return State(Tone.OK, "面积达标") if p.standing.meets else State(Tone.BAD, f"不到 {p.standing.standard} 平方米")


def _equipment(p: PlaceView) -> State:
    if not p.items:
        return State(Tone.WAIT, "规则集没有列设施")
    if not p.standing.checked:
        return State(Tone.WAIT, f"{len(p.items)} 项还没有检查")
    return State(Tone.WARN, f"缺 {len(p.standing.missing)} 项") if p.standing.missing else State(Tone.OK, f"{len(p.items)} 项都有")


def places(
    actor: Actor, found: Sequence[PlaceView], shares: tuple[Share, Share], without: Sequence[OrgView], org: OrgView, show: str, today: date
) -> PlacesPage:
    """Build the list of places of an organisation and all below it."""
    chosen = [p for p in found if (show != "below" or not p.standing.meets) and (show != "unchecked" or not p.standing.equipped)]
    stats = [Pair("场所", f"{len(found)} 个")]
    for share, title in zip(shares, ("村", "社区"), strict=True):
        if share.owed:
            stats.append(Pair(f"{title}达标", f"{share.meeting} / {share.owed}，{share.rate}", tone=Tone.OK if share.meeting == share.owed else Tone.WARN))
    buttons = [Button("订场所", to("venues", org=org.id))] if actor.may(P.RESOURCE_WRITE, org.path_now) else []
    if actor.may(P.RESOURCE_WRITE, org.path_now):
        buttons.insert(0, Button("登记场所", to("place-new", org=org.id), style="pri"))
    return PlacesPage(
        "阵地", f"{org.name}和所有下级 · 面积标准和设施按各自的规则集", tuple(Choice(t, c, to("places", org=org.id, show="" if c == "all" else c), c == show) for c, t in SHOWS), tuple(stats),
        tuple(PlaceLine(p.org.short_name, p.name, to("place", p.id), f"{p.area}", _area(p), _equipment(p)) for p in chosen[:MOST]),
        tuple(o.short_name for o in without[:MOST]) if show == "all" else (), (*buttons, Button("导出 Excel", to("places-file", org=org.id), "post")), venue(), "没有这样的场所。" if found else "还没有登记场所。",
        f"先列 {MOST} 个，共 {len(chosen)} 个；全部的在导出的表里。" if len(chosen) > MOST else "",
    )


def place(actor: Actor, p: PlaceView, checks: Sequence[CheckView], booked: Sequence[BookingView]) -> PlacePage:
    """Build the page of one place."""
    writes = actor.may(P.RESOURCE_WRITE, p.org.path_now) and not p.ended_by
    facts = (
        Pair("面积", f"{p.area} 平方米", f"标准 {p.standing.standard} 平方米以上（{p.standing.clause}）" if p.standing.standard else "规则集没有定面积标准", tone=_area(p).tone),
        Pair("是谁的", rules.PLACE_ZH[p.kind]), Pair("地址", p.address), Pair("合用", "与别的组织合用" if p.shared else "不合用"),
        *((Pair("开放", "下级组织可以订"),) if p.open_below else ()), Pair("登记", p.made_by),
    )
    there = set(p.check.present) if p.check else set()
    items = tuple(State(Tone.WAIT if p.check is None else Tone.OK if i in there else Tone.BAD, rules.ITEM_ZH[i] + ("" if p.check is None or i in there else "：没有")) for i in p.items)
    buttons = (
        Button("检查设施", to("place-check", p.id), style="pri"), Button("订场所", to("book", org=p.org.id, place=p.id)), Button("改", to("place-edit", p.id)), Button("停用", to("place-close", p.id)),
    ) if writes else ()
    return PlacePage(
        p.name, p.org.name, facts, items, tuple(_check(c) for c in checks), tuple(booking(b, actor) for b in booked),
        (Callout(f"{p.ended_by}已停用：{p.ended_why}。不再计算", Tone.WARN),) if p.ended_by else (), buttons, venue(Link(p.org.short_name, to("places", org=p.org.id)), Link(p.name)),
    )


def _check(c: CheckView) -> CheckLine:
    lost = [rules.ITEM_ZH.get(i, i) for i in c.listed if i not in c.present]
    return CheckLine(day(c.day), State(Tone.WARN, f"{len(c.present)} / {len(c.listed)}") if lost else State(Tone.OK, f"{len(c.listed)} 项都有"), "、".join(lost) or "不缺", c.note, c.by)


def booking(b: BookingView, actor: Actor) -> BookedLine:
    """Build a line of a booking; whoever booked gives it back."""
    own = actor.scope(P.RESOURCE_WRITE)
    mine = any(g.org_id in (b.for_org_id, b.org_id) for g in actor.grants if P.RESOURCE_WRITE in g.permissions) and not own.empty
    return BookedLine(
        f"{day(b.day)} {b.start:%H:%M}至{b.end:%H:%M}", f"{b.for_org} {b.by}", f"{b.purpose}（{b.place}）", Button("取消", to("booking-end", b.id), "post", small=True) if mine else None
    )


def venues(actor: Actor, found: Sequence[Venue], taken: dict[int, list[str]], booked: Sequence[BookingView], org: OrgView) -> VenuesPage:
    """Build the page of venues that an organisation may book."""
    return VenuesPage(
        "订场所", f"{org.name} · 自己的场所，和上级开放的场所 · 近 30 天",
        tuple(VenueCard(v.name, f"{v.org_name} · {v.address}", tuple(taken.get(v.id, ())), to("book", org=org.id, place=v.id) if actor.may(P.RESOURCE_WRITE, org.path_now) else "") for v in found),
        tuple(booking(b, actor) for b in booked), venue(Link(org.short_name, to("places", org=org.id)), Link("订场所")), "没有可以订的场所。先登记自己的场所，或请上级把会议室开放给下级。",
    )
