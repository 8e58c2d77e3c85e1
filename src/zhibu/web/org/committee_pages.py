"""The forms of a committee: the result of an election, a by-election, somebody leaving a post."""
from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.urls import reverse

from zhibu.areas.structure.committees import Election, SeatEntry
from zhibu.areas.structure.rules import Term
from zhibu.ground.people.queries import PostView
from zhibu.ground.tree.queries import CommitteeView, OrgView
from zhibu.web.shell.context import Callout, FieldGroup, FormPage, Pair, Tone

from .forms import Given
from .words import POSTS, crumbs, said

SEATS = 9  # rows of the form
ELECTED = {k: v for k, v in POSTS.items() if k != "officer"}
People = Sequence[tuple[int, str]]


def _frame(org: OrgView, given: Given, name: str, title: str, groups: tuple[FieldGroup, ...], submit: str, callouts: tuple[Callout, ...] = ()) -> FormPage:
    back = reverse("org:page", args=[org.id])
    return FormPage(
        title, reverse(f"org:{name}", args=[org.id]), groups, submit, crumbs(("组织树", reverse("org:tree")), (org.short_name, back)), org.name, callouts, tuple(given.lines), back
    )


def read_election(given: Given, people: People) -> Election:
    """Read the result of an election; rows without a person are skipped, one person in two rows holds both posts."""
    known = {str(pid): name for pid, name in people}
    posts: dict[int, list[str]] = {}
    papers: dict[int, str] = {}
    for i in range(1, SEATS + 1):
        person, post = given.choice(f"person{i}", f"第 {i} 行的姓名", known), given.choice(f"post{i}", f"第 {i} 行的职务", ELECTED)
        if person and not post:
            given.fault(f"post{i}", f"请给{known[person]}选职务")
        elif post and not person:
            given.fault(f"person{i}", f"请选担任{ELECTED[post]}的人")
        elif person:
            posts.setdefault(int(person), []).append(post)
            papers.setdefault(int(person), given.raw("override") if post == "secretary" else "")
    return Election(
        given.day("elected_on", "选举日期", required=True) or date.min,
        tuple(SeatEntry(pid, tuple(dict.fromkeys(kinds)), papers[pid]) for pid, kinds in posts.items()),
        given.text("approval_doc", "批复文件和文号", most=80), given.number("years", "任期", most=10), given.text("below", "低于国家规定的理由", most=200),
        given.raw("end_previous") == "1",
    )


def election(org: OrgView, given: Given, people: People, now: CommitteeView | None, term: Term | None) -> FormPage:
    """Build the form: date, paper, term, and one row a seat."""
    f = given.field
    persons, posts = [("", "—"), *((str(pid), name) for pid, name in people)], [("", "—"), *ELECTED.items()]
    years = [(str(y), f"{y} 年") for y in (term.allowed if term else ())]
    facts = (Pair("上一届", f"第 {now.number} 届，{said(now.elected_on, now.elected_precision)}选举，{said(now.expires_on)}届满"),) if now else ()
    result = [
        f("elected_on", "选举日期", "date", required=True, width="half"), f("approval_doc", "上级批复文件和文号", required=True, maxlength=80, width="half"),
        f("years", "任期", "select", choices=years if len(years) != 1 else [("", f"{years[0][1]}")], width="half", help=term.clause if term else ""),
        f("below", "任期低于国家规定的理由", maxlength=200, width="half", help="只在任期比国家规定短时填"),
    ]
    if now is not None:
        result.append(given.tick("end_previous", "上一届班子和职务在选举当天结束"))
    seats = tuple(
        field for i in range(1, SEATS + 1)
        for field in (f(f"person{i}", f"第 {i} 名", "select", choices=persons, width="half"), f(f"post{i}", "职务", "select", choices=posts, width="half"))
    )
    extra = (f("override", "书记党龄不足 1 年时的上级批准文件", maxlength=80),)
    callouts = () if people else (Callout("这个组织还没有正式党员，不能登记班子。", Tone.WARN),)
    groups = (FieldGroup("选举结果", tuple(result), facts=facts), FieldGroup("班子成员", seats, "一人兼两职的填两行"), FieldGroup("", extra))
    return _frame(org, given, "committee", "登记换届结果", groups, "保存", callouts)


def vacancy(org: OrgView, given: Given, people: People) -> FormPage:
    """Build the form of a by-election or appointment."""
    f = given.field
    group = FieldGroup("补选", (
        f("post", "职务", "select", choices=[("", "请选"), *POSTS.items()], required=True, width="half"),
        f("person", "姓名", "select", choices=[("", "请选"), *((str(p), n) for p, n in people)], required=True, width="half"),
        f("from_on", "任职日期", "date", required=True, width="half"), f("override", "上级批准文件", maxlength=80, width="half", help="书记党龄不足 1 年时必须填"),
    ))
    return _frame(org, given, "vacancy", "补选", (group,), "保存")


def leave(org: OrgView, given: Given, posts: Sequence[PostView]) -> FormPage:
    """Build the form of leaving a post."""
    rows = [("", "请选"), *((str(p.id), f"{p.title} {p.name}（{said(p.from_on)}起）") for p in posts)]
    group = FieldGroup("离任", (given.field("post", "职务", "select", choices=rows, required=True, width="half"), given.field("on", "离任日期", "date", required=True, width="half")))
    return _frame(org, given, "leave", "离任", (group,), "保存")
