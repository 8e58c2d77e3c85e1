"""党支部工作手册 of a year (ux.md §2): what the product holds of it, sheet after sheet. What it does not hold is named on the last page, never made up."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from zhibu.areas.meetings import form
from zhibu.ground.guard.scope import Scope
from zhibu.ground.people import queries as people
from zhibu.ground.people.queries import MemberLine, PostView, Search
from zhibu.ground.policy.catalogue import KEYS
from zhibu.ground.policy.wording import sentence
from zhibu.ground.record import queries as recorded
from zhibu.ground.record.queries import ActivityView
from zhibu.ground.tree import queries as tree
from zhibu.kernel.activities import ACTIVITY_ZH, ActivityKind
from zhibu.kernel.dates import show
from zhibu.kernel.numbers import percent

from .around import Around, rule_sets
from .lecture_record import lecture_record
from .ledger import year_table
from .meeting_record import meeting_record
from .sheet import Sheet, day, foot, grid

#: parts of a handbook (ux.md §2) that the product does not hold, and what to do about each
LEFT_OUT = (
    ("党支部职责", "系统里没有登记条文，请把上级印发的职责附在后面"),
    ("工作流程", "系统里没有登记，请把上级印发的流程图附在后面"),
    ("年度工作计划和总结", "系统里没有登记，纸质件请附在后面"),
    ("党费收缴", "个人党费只给管党费的同志看，不收入手册，请另附党费交纳登记表"),
    ("发展党员", "系统里还没有发展党员材料，请按材料清单另存"),
    ("谈心谈话", "谈话内容只给谈话双方和书记看，不收入手册"),
    ("民主评议", "系统里还没有评议等次，请附测评汇总和登记表"),
)
NAMES = {"": "√", "leave": "假", "absent": "缺"}


@dataclass(frozen=True, slots=True)
class Handbook:
    """The sheets of a year, cover first."""

    org_name: str
    year: int
    sheets: tuple[Sheet, ...]

    @property
    def file_title(self) -> str:
        """Give the part of the file name that says what it is."""
        return f"{self.year}年工作手册"


def handbook(scope: Scope, org_id: int, year: int, today: date) -> Handbook:
    """Put the year of a branch together, as of its last day, its end or today. NotFound outside the scope."""
    now = tree.organisation(scope, org_id)
    as_of = min(today, date(year, 12, 31), now.dissolved_on - timedelta(days=1) if now.dissolved_on else today)
    try:
        org = tree.organisation(scope, org_id, as_of)
    except tree.NotFound:  # records of a time before the tree was kept here
        org = now
    base, own = foot(rule_sets(org_id, as_of), today), _own(scope, org_id, as_of)
    members, _ = people.members(scope, as_of, Search(org_path=org.path), limit=1000)
    ids = dict.fromkeys(s.activity_id for s in recorded.slots(scope, org_id, date(year, 1, 1), as_of))
    views = recorded.in_full(scope, ids)
    about = Around(scope, org_id, views)
    lectures = [v for v in views if any(k == ActivityKind.LECTURE for k, _ in v.kinds)]
    parts: list[tuple[str, Sequence[Sheet]]] = [
        ("组织生活制度", (_duties(org_id, as_of, base),)), ("党员名册", (_roster(members, own, base),)), ("支部班子", (_committee(scope, org_id, own, as_of, base),)),
        ("党小组", (_groups({m.person_id: m.name for m in members}, own, base),)), ("年度台账", (_ledger(scope, org, year, as_of, base),)),
        (f"会议记录 {len(views)} 次", [meeting_record(scope, v, today, about).sheet() for v in views]),
        (f"党课记录 {len(lectures)} 次", [lecture_record(scope, v, today, about).sheet() for v in lectures]),
        ("考勤表", (_attendance(scope, year, views, base),)), ("补课名单", (_made_up(views, base),)), ("没有收入的部分", (_left_out(base),)),
    ]
    kept = [(title, sheets) for title, sheets in parts if sheets]
    cover = _cover(org, own, year, as_of, [title for title, _ in kept], base)
    return Handbook(org.name, year, (cover, *(s for _, sheets in kept for s in sheets)))


@dataclass(frozen=True, slots=True)
class _Own:
    """Posts and groups of the branch on the day, read once."""

    posts: Sequence[PostView]
    groups: Mapping[int, str]
    places: Mapping[int, Sequence[tuple[int, bool]]]    # group -> [(person, leads)]


def _own(scope: Scope, org_id: int, as_of: date) -> _Own:
    groups = {g.id: g.name for g in tree.groups(scope, as_of, org_ids=[org_id])}
    return _Own(people.posts(scope, as_of, org_ids=[org_id]), groups, people.places(scope, as_of, [org_id]))


def _cover(org: tree.OrgView, own: _Own, year: int, as_of: date, contents: Sequence[str], base: str) -> Sheet:
    secretary = next((p for p in own.posts if p.kind == "secretary"), None)
    above = tree.views([org.parent_id]) if org.parent_id else {}
    lines = (
        f"年度：{year}年", f"党支部：{org.name}", f"书记：{secretary.name if secretary else '＿＿＿＿＿＿'}",
        f"上级党组织：{above[org.parent_id].name if org.parent_id in above else '＿＿＿＿＿＿'}", f"情况截止：{day(as_of)}",
        "内容：" + "；".join(f"{n}. {title}" for n, title in enumerate(contents, 1)),
    )
    return Sheet("cover", "党支部工作手册", lines, (), (), ("移交人：", "接收人："), base)


def _duties(org_id: int, as_of: date, base: str) -> Sheet:
    lines = [(str(n), KEYS[r.key].title, sentence(r.key, r.value), r.clause) for n, r in enumerate(form.life_rules(org_id, as_of).values(), 1)]
    return Sheet("duties", "组织生活制度", ("按现行规则集，什么会多久开一次、要留哪些记录：",), (10, 26, 80, 40), grid(("序号", "事项", "要求", "条款"), lines, left=frozenset({2, 3})), (), base, heads=1, small=True)


def _roster(rows: Sequence[MemberLine], own: _Own, base: str) -> Sheet:
    placed = {p: own.groups.get(g, "") for g, members in own.places.items() for p, _ in members}
    posts: dict[int, list[str]] = {}
    for post in own.posts:
        posts.setdefault(post.person_id, []).append(post.title)
    lines = [
        (
            str(n), m.name, m.gender, show(m.birth_on, "year" if m.birth_precision == "year" else "month"), m.standing_title, show(m.joined_on, m.joined_precision),
            placed.get(m.person_id, ""), "、".join(posts.get(m.person_id, ())), m.phone_masked,
        )
        for n, m in enumerate(rows, 1)
    ]
    headings = ("序号", "姓名", "性别", "出生年月", "人员类别", "入党时间", "党小组", "党内职务", "电话")
    return Sheet("roster", "党员名册", (f"共 {len(rows)} 人",), (8, 18, 8, 20, 16, 26, 18, 18, 24), grid(headings, lines), (), base, heads=1, small=True)


def _committee(scope: Scope, org_id: int, own: _Own, as_of: date, base: str) -> Sheet:
    term = next(iter(tree.committees(scope, as_of, org_ids=[org_id])), None)
    said = "没有登记班子任期"
    if term:
        said = f"第 {term.number} 届，{show(term.elected_on, term.elected_precision)}选举产生，任期 {term.term_years} 年，{day(term.expires_on)}届满"
        said += f"，批准延期至{day(term.extended_until)}" if term.extended_until else ""
    lines = [(str(n), p.title, p.name, f"{day(p.from_on)}起") for n, p in enumerate(own.posts, 1)]
    return Sheet("posts", "支部班子", (said,), (14, 40, 46, 56), grid(("序号", "职务", "姓名", "任职时间"), lines), (), base, heads=1)


def _groups(named: Mapping[int, str], own: _Own, base: str) -> Sheet:
    lines = []
    for group_id, name in own.groups.items():
        inside = [(named[p], leads) for p, leads in own.places.get(group_id, ()) if p in named]
        lines.append((name, "、".join(n for n, leads in inside if leads), str(len(inside)), "、".join(n for n, _ in inside)))
    said = () if lines else ("没有划分党小组。",)
    return Sheet("groups", "党小组", said, (30, 24, 14, 88), grid(("党小组", "组长", "人数", "组员"), lines, left=frozenset({3})), (), base, heads=1)


def _ledger(scope: Scope, org: tree.OrgView, year: int, as_of: date, base: str) -> Sheet:
    table = year_table(scope, org, year, as_of)
    lines = [tuple(str(v or "") for v in row) for row in table.rows]
    headings = tuple(c.heading for c in table.columns)
    return Sheet("year", f"{year}年度台账", (f"按 {day(as_of)} 的情况",), (24, 16, *([8] * 12), 20), grid(headings, lines, left=frozenset({0})), (), base, heads=1, small=True)


def _attendance(scope: Scope, year: int, views: Sequence[ActivityView], base: str) -> Sheet:
    marks: dict[int, list[list[str]]] = {}
    tally: dict[int, list[int]] = {}
    for v in views:
        missed = {a.person_id: a for a in v.absences}
        for p in v.expected:
            a = missed.get(p)
            marks.setdefault(p, [[] for _ in range(12)])[v.held_on.month - 1].append("补" if a and a.caught_up_on else NAMES[a.status if a else ""])
            tally.setdefault(p, [0, 0])
            tally[p][0] += 1
            tally[p][1] += a is None
    names = people.names_of(scope, marks)
    lines = [
        (str(n), names.get(p, "（已转出）"), *("".join(m) for m in months), f"{tally[p][1]}/{tally[p][0]}\n{percent(tally[p][1], tally[p][0])}")
        for n, (p, months) in enumerate(marks.items(), 1)
    ]
    headings = ("序号", "姓名", *(f"{m}月" for m in range(1, 13)), "到会")
    below = ("一个符号是一次会，按先后排：√ 到会，假 请假，缺 缺席，补 缺席后已补课。", f"合计到会 {sum(t[1] for t in tally.values())} 人次，应到 {sum(t[0] for t in tally.values())} 人次。")
    return Sheet("attendance", f"{year}年考勤表", (), (8, 20, *([9] * 12), 20), grid(headings, lines), (), base, heads=1, small=True, below=below)


def _made_up(views: Sequence[ActivityView], base: str) -> Sheet:
    lines = [
        (
            str(n), day(v.held_on), "、".join(dict.fromkeys(ACTIVITY_ZH[ActivityKind(k)] for k, _ in v.kinds)), a.name,
            ("请假" if a.status == "leave" else "缺席") + (f"：{a.reason}" if a.reason else ""), f"{day(a.caught_up_on)} {a.caught_up_how}" if a.caught_up_on else "",
        )
        for n, (v, a) in enumerate(((v, a) for v in views for a in v.absences), 1)
    ]
    said = () if lines else ("这一年没有人缺席。",)
    headings = ("序号", "日期", "会议", "姓名", "原因", "补课")
    return Sheet("madeup", "补课名单", said, (10, 28, 34, 20, 32, 32), grid(headings, lines, left=frozenset({2, 4, 5})), (), base, heads=1, small=True)


def _left_out(base: str) -> Sheet:
    return Sheet("leftout", "没有收入的部分", ("下面这些，系统里没有登记，没有编造：",), (46, 110), grid(("部分", "怎么办"), LEFT_OUT, left=frozenset({1})), (), base, heads=1)
