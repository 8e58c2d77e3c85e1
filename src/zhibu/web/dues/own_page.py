"""Build 我的党费."""
from __future__ import annotations

from datetime import date

from django.urls import reverse

from zhibu.areas.dues.queries import PersonAccount
from zhibu.areas.dues.rules import METHOD_ZH, Category, month_zh, months_zh, yuan
from zhibu.exchange.sheets.dues_year import DuesYear, reckoned
from zhibu.kernel.dates import show
from zhibu.kernel.periods import month_of_index
from zhibu.web.shell.context import Button, Callout, Link, Stat, State, Tone

from .context import DuesPage, Part, Row


def build(made: DuesYear, today: date) -> DuesPage:
    """Build the page of one's own dues in a year."""
    found, here = made.account, reverse("person:dues")
    base = found.bases[0] if found.bases else None
    said = f"{base.category_title}" + (f"，{'每月' if base.category == Category.FARMER else '基数'}{yuan(base.base)}元" if base.base else "") + f"，{month_zh(base.from_month)}起" if base else "还没有核定党费基数"
    callouts = (Callout(f"{months_zh(found.late.found.unpaid)}的党费还没交，共{yuan(found.late.owed)}元。", Tone.WARN),) if found.late else ()
    years = sorted({month_of_index(m.month)[0] for m in found.months} | {p.paid_on.year for p in found.payments} | {today.year}, reverse=True)[:5]
    return DuesPage(
        f"{made.year}年我的党费", f"{made.org_name} · {said}", (Link("我的", reverse("person:me")), Link("我的党费")), (),
        (Stat("应交", yuan(made.due), "元"), Stat("已交", yuan(made.paid), "元", Tone.OK)), callouts,
        (Button("打印全年", f"{reverse('person:dues-paper')}?year={made.year}"), *(Button(f"{y}年", f"{here}?year={y}") for y in years if y != made.year)),
        (_months(made), _payments(found, made.year)),
    )


def _months(made: DuesYear) -> Part:
    rows = []
    for m in made.months:
        state = State(Tone.OK, f"{show(m.paid_on)}交" if m.paid_on else "已交") if m.payment_id else State(Tone.WAIT, "还没交") if m.amount else State(Tone.PLAIN, "不用交")
        rows.append(Row((f"{month_of_index(m.month)[1]}月", yuan(m.amount), reckoned(m)), "", state))
    note = "金额不对，或已经交了没有记上的，请告诉支部管党费的同志。"
    return Part("每月应交", ("月份", "应交（元）", "怎么算的", "交没交"), tuple(rows), note=note, empty="这一年还没有应交的党费。", numbers=(1,))


def _payments(found: PersonAccount, year: int) -> Part:
    rows = []
    for one in found.payments:
        if one.paid_on.year != year:
            continue
        what = "冲正" if one.reverses_id else "自愿多交" if one.kind == "gift" else months_zh(m for m, _ in one.months)
        state = State(Tone.PLAIN, "已冲正") if one.reversed_by else State(Tone.PLAIN, one.reason) if one.reverses_id else State(Tone.OK, METHOD_ZH.get(one.method, "已交"))
        buttons = (Button("收据", reverse("person:receipt", args=[one.id]), small=True, style="txt"),) if not one.reverses_id and not one.reversed_by else ()
        rows.append(Row((show(one.paid_on), what, yuan(one.amount), one.made_by), "", state, buttons))
    return Part("交费记录和收据", ("日期", "哪几个月", "金额（元）", "谁收的", "方式"), tuple(rows), note="收据和支部开的是同一张，可以打印，也可以下载 Word。", empty="这一年还没有交费记录。", numbers=(2,))
