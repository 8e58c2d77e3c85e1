"""Put the page of receipts together."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.urls import reverse
from django.utils import timezone

from zhibu.areas.bank import queries as receipts
from zhibu.areas.bank.queries import FileView, LineView
from zhibu.areas.bank.rules import STATE_ZH, State
from zhibu.areas.dues.rules import months_zh, yuan
from zhibu.exchange.bank import booking, statement
from zhibu.exchange.bank.booking import Waiting
from zhibu.exchange.bank.matching import Debtor, Proposal
from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.scope import Scope
from zhibu.ground.people import queries as people
from zhibu.ground.tree.queries import OrgView
from zhibu.web.dues.words import crumbs, tabs
from zhibu.web.shell.context import Button, Choice, ErrorLine, Field, FieldGroup, FormPage, Link, Pager, Pair

from .context import BankPage, DoneLine, Match, ReceiptLine

PAGE, DONE = 20, 20
HELP = "银行文件里这一列的表头，照原样写；认得出来的不用写"


def build(
    actor: Actor, org: OrgView, scope: Scope, at: datetime, *, page: int = 1, errors: Sequence[ErrorLine] = (), told: Mapping[str, str] | None = None, open_fields: bool = False
) -> BankPage:
    """Build the page. told: field → heading as the form had it."""
    every = booking.waiting(scope, org.id, at)
    pages = max(1, -(-len(every) // PAGE))
    page = min(max(page, 1), pages)
    shown = every[(page - 1) * PAGE : page * PAGE]
    exact = [one for one in shown if one.exact]
    done = receipts.lines(scope, org.id, (State.BOOKED, State.ASIDE), limit=receipts.MOST)[-DONE:][::-1]
    names = people.names_of(Scope(scope.paths), [d.person_id for d in done if d.person_id])
    here = reverse("bank:home", args=[org.id])
    said = told if told is not None else {field: heading for heading, field in booking.learnt(scope, org.id).items() if field}
    return BankPage(
        "银行到账", org.name, crumbs(org, Link("银行到账")), tabs(actor, org, "bank:home"), reverse("bank:upload", args=[org.id]),
        tuple(Field(f"col-{f}", label, value=said.get(f, ""), maxlength=60, width="half", help=HELP if n == 0 else "") for n, (f, label) in enumerate(statement.FIELDS.items())),
        open_fields, tuple(_line(one) for one in shown), len(every), reverse("bank:exact", args=[org.id]), ",".join(str(one.line.id) for one in exact), len(exact),
        tuple(_done(d, names) for d in done), tuple(_file(f) for f in receipts.files(scope, org.id)),
        Pager(f"第 {page} 页，共 {pages} 页", f"{here}?page={page - 1}" if page > 1 else "", f"{here}?page={page + 1}" if page < pages else "") if pages > 1 else None,
        errors=tuple(errors),
    )


def _line(one: Waiting) -> ReceiptLine:
    line = one.line
    return ReceiptLine(
        line.id, _day(line), yuan(line.fen), line.payer or "没有写付款人", line.note, tuple(_match(line, p) for p in one.proposals),
        Link("指给别人，或不是党费", reverse("bank:line", args=[line.id])),
    )


def _match(line: LineView, p: Proposal) -> Match:
    fields = (("person", str(p.person_id)), ("months", ",".join(map(str, p.months))))
    button = Button(f"登记为{p.name}{months_zh(p.months)}党费", reverse("bank:confirm", args=[line.id]), "post", "", fields=fields, small=True) if p.months else None
    return Match(p.name, "；".join(p.reasons), button, p.exact)


def _done(d: LineView, names: Mapping[int, str]) -> DoneLine:
    what = f"{STATE_ZH[d.state]}：{names.get(d.person_id or 0, '')}" if d.state == State.BOOKED else STATE_ZH[d.state] + (f"：{d.why}" if d.why else "")
    again = Button("重新打开", reverse("bank:reopen", args=[d.id]), "post", "txt", small=True)
    receipt = (Button("收据", reverse("paper:receipt", args=[d.payment_id]), small=True, style="txt"),) if d.payment_id else ()
    return DoneLine(_day(d), yuan(d.fen), d.payer, f"{what}（{d.decided_by}）", (*receipt, again))


def _file(f: FileView) -> Pair:
    at = timezone.localtime(f.made_at)
    text = f"{f.lines} 笔" + (f"，其中 {f.known} 笔早已传过" if f.known else "")
    faults = "；".join(f"第 {n} 行{t}" for n, t in f.faults[:5]) + (f"；还有 {len(f.faults) - 5} 行" if len(f.faults) > 5 else "")
    return Pair(f.name, text, f"{at.year}年{at.month}月{at.day}日 {f.made_by}" + (f"。没有读进来：{faults}" if faults else ""))


def _day(line: LineView) -> str:
    return f"{line.day.year}年{line.day.month}月{line.day.day}日"


def other(org: OrgView, line: LineView, debtors: Sequence[Debtor], fits: Mapping[int, tuple[int, ...]], *, chosen: str = "", why: str = "", errors: Sequence[ErrorLine] = ()) -> FormPage:
    """Build the form that gives a receipt to somebody, or sets it aside. fits: person → the months that its sum settles."""
    back = reverse("bank:home", args=[org.id])
    choices = tuple(Choice(f"{d.name}，{months_zh(fits[d.person_id])}", str(d.person_id), chosen=str(d.person_id) == chosen) for d in debtors if fits.get(d.person_id))
    facts = (Pair("日期", _day(line)), Pair("金额", f"{yuan(line.fen)} 元"), Pair("付款人", line.payer or "没有写"), Pair("附言", line.note or "没有写"))
    person = Field(
        "person", "是谁交的", "select", chosen, (Choice("请选", "", chosen=not chosen), *choices),
        help="只列出金额正好对得上的党员" if choices else "没有党员的应交和这笔金额对得上。多交、少交的到收缴里登记，再把这一笔放到一边",
    )
    return FormPage(
        "登记一笔到账", reverse("bank:line", args=[line.id]), (FieldGroup("", (person, Field("why", "不是党费的，写一句是什么", value=why, maxlength=100)), facts=facts),),
        "登记交费", (*crumbs(org), Link("银行到账", back), Link("登记一笔到账")), org.name, errors=tuple(errors), cancel_url=back, submit_name="do", submit_value="book",
        other_buttons=(("do", "aside", "不是党费，放到一边"),),
    )
