"""Put the pages of the import together from what was read; everything is said in sentences, nothing is asked of the database here."""
from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from django.urls import reverse
from django.utils import timezone

from zhibu.exchange.intake import columns, cures
from zhibu.exchange.intake.findings import Correction, FileRead, FileRefused, Result, SheetRead, TableKind
from zhibu.exchange.intake.plan import Fate, Plan
from zhibu.ground.journal.batches import BatchView
from zhibu.web.shell.context import Button, Callout, Choice, ErrorLine, Field, Link, Pair, Stat, State, Tone

from . import forms
from .context import Ask, Batch, BatchPage, ColumnLine, ColumnsPage, Cure, CureRow, Question, ResultPage, SheetColumns, UploadPage
from .waiting import Waiting

QUESTIONS, ROWS, PREVIEW = 20, 12, 30
LIMITS = (
    "{}，.xlsx、.xls 和 .csv 都行，表头、合计行、合并单元格不用先整理",
    "单个文件不超过 10 MB，一次最多 20 个文件；一张表最多 2 万行、100 列",
    "文件不能有密码、不能含宏；隐藏的工作表和行不导入",
    "读完先给您看结果，点“确认导入”才写进去；写进去以后 7 天内可以整批撤销",
    "传上来的文件加密放着，导入以后或满 24 小时就删",
)
COUNTED = (
    ("organisations_new", "新建党组织", "个"), ("organisations_changed", "补充党组织", "个"), ("members_new", "新增党员", "人"), ("members_changed", "更新党员", "人"),
    ("members_same", "没有变化的党员", "人"), ("groups", "新建党小组", "个"), ("terms", "登记班子", "届"), ("posts", "登记党内职务", "个"), ("meetings", "记入会议", "次"),
    ("meetings_known", "早已记过的会议", "次"), ("dues_new", "核定党费", "人"), ("dues_changed", "改核定", "人"), ("dues_same", "核定没有变化", "人"),
)  # fmt: skip


def crumbs(*more: str) -> tuple[Link, ...]:
    """Give the way to a page of the import."""
    return (Link("导入", reverse("intake:upload")), *(Link(text) for text in more))


def upload(
    orgs: Sequence[tuple[int, str]], chosen: int | None, batches: Sequence[tuple[BatchView, bool]], errors: Sequence[str] = (),
    tables: Collection[TableKind] = tuple(TableKind),
) -> UploadPage:
    """Build step 1. batches: with whether this account may take it back. tables: the kinds that it may import."""
    kinds = [title for code, title in forms.KINDS_ZH.items() if code in tables]
    return UploadPage(
        action_url=reverse("intake:upload"),
        orgs=tuple(Choice(name, str(pk), chosen=pk == chosen) for pk, name in orgs),
        limits=(LIMITS[0].format("、".join(kinds)), *LIMITS[1:]),
        batches=tuple(_batch(b, undoable) for b, undoable in batches),
        templates=tuple(Link(f"空表：{title}", reverse("intake:blank", args=[kind])) for kind, title in forms.KINDS_ZH.items() if kind in tables),
        errors=tuple(ErrorLine(text, "f-files") for text in errors),
    )


def _batch(b: BatchView, undoable: bool) -> Batch:
    names = b.file_names[0] + (f" 等 {len(b.file_names)} 个文件" if len(b.file_names) > 1 else "") if b.file_names else ""
    undo = Button("撤销", reverse("intake:undo", args=[b.id]), small=True) if b.open and undoable else None
    return Batch(_when(b.at), names, counted(b.counts) or "没有写入内容", _state(b), reverse("intake:batch", args=[b.id]), undo)


def _state(b: BatchView) -> State:
    if b.undone_at is not None:
        return State(Tone.PLAIN, "已撤销")
    return State(Tone.OK, f"可撤销到{_day(b.until)}") if b.open else State(Tone.PLAIN, "已过撤销期")


def counted(counts: Mapping[str, int], *, all_of_it: bool = False) -> str:
    """Say the figures of a batch in one line."""
    quiet = ("members_same", "meetings_known", "dues_same")
    return "，".join(f"{title} {counts[key]} {unit}" for key, title, unit in COUNTED if counts.get(key) and (all_of_it or key not in quiet))


def _when(moment: datetime) -> str:
    at = timezone.localtime(moment)
    return f"{at.year}年{at.month}月{at.day}日 {at:%H:%M}"


def _day(moment: datetime) -> str:
    at = timezone.localtime(moment)
    return f"{at.month}月{at.day}日"


# ---------------------------------------------------------------- step 2


def columns_page(
    waiting: Waiting, found: Sequence[FileRead | FileRefused], learnt: Mapping[str, Mapping[str, str]], branches: Sequence[str], establish: Link | None,
    given: Mapping[str, str] | None = None, faults: Sequence[tuple[str, str]] = (), tables: Collection[TableKind] = tuple(TableKind),
) -> ColumnsPage:
    """Build step 2. given: what was posted, when the page comes back with faults. tables: the kinds that this account may import."""
    sheets: list[SheetColumns] = []
    left_out: list[str] = []
    callouts: list[Callout] = []
    wrong = {name: text for text, name in faults}
    for number, file in enumerate(found):
        if isinstance(file, FileRefused):
            callouts.append(Callout(f"“{file.name}”没有读进来：{file.message}（{file.code}）", Tone.BAD))
            continue
        of_sheet = {s.name: sum((r.sheet or "*") == s.name and r.result is not Result.SKIP for r in file.rows) for s in file.sheets}
        for at, sheet in enumerate(file.sheets):
            title = file.name if sheet.name == "*" else f"{file.name} · {sheet.name}"
            if sheet.action == "skip":
                if sheet.code == "NO_TABLE" and not sheet.kind:
                    sheets.append(SheetColumns(title, "", skipped=f"{sheet.message}。", points=_points(number, at, given or {}, wrong, tables)))
                else:
                    left_out.append(f"{file.name}：{sheet.message}。")
                continue
            head = "、".join(str(r) for r in sheet.header_rows)
            note = f"{forms.KINDS_ZH[sheet.kind]}，表头在第 {head} 行，{of_sheet[sheet.name]} 行数据"
            before = waiting.corrections.get(file.name, Correction()).orgs.get(sheet.name, {})
            asks = tuple(
                Ask(name, f"{q.message}（{q.rows} 行）", (given or {}).get(name, before.get(q.text, q.suggest or "")), wrong.get(name, ""))
                for n, q in enumerate(sheet.questions) for name in (forms.org_name(number, at, n),)
            )
            lines = tuple(_column(number, at, sheet, c, learnt, given) for c in sheet.columns)
            sheets.append(SheetColumns(title, note, lines, asks=asks, notices=tuple(f"{n.message}。" for n in sheet.notices)))
    if left_out:
        sheets.append(SheetColumns("没有读的", "", skipped="不用管，也不会导入。", notices=tuple(left_out)))
    needed = any(s.asks for s in sheets)
    return ColumnsPage(
        action_url=reverse("intake:columns", args=[waiting.key]), sheets=tuple(sheets), back_url=reverse("intake:upload"),
        branches=tuple(branches) if needed else (), establish=establish if needed else None,
        errors=tuple(ErrorLine(text, f"f-{name}") for text, name in faults), crumbs=crumbs("对列"), callouts=tuple(callouts),
    )


def _column(number: int, at: int, sheet: SheetRead, column: columns.Column, learnt: Mapping[str, Mapping[str, str]], given: Mapping[str, str] | None) -> ColumnLine:
    name = forms.column_name(number, at, column.letter)
    value = (given or {}).get(name, column.field or "")
    labels = columns.LABELS[TableKind(sheet.kind)]
    options = (Choice("不导入", "", chosen=not value), *(Choice(label, field, chosen=field == value) for field, label in labels.items()))
    taught = any(form in learnt.get(sheet.kind, {}) for form in columns.forms(column.heading))
    if column.field:
        state = State(Tone.OK, "上次这样对" if taught else "认出")
    else:
        state = State(Tone.PLAIN, f"{column.why}，不导入" if column.why else "不导入")
    return ColumnLine(name, column.letter, column.heading, column.samples, options, state)


def _points(number: int, at: int, given: Mapping[str, str], wrong: Mapping[str, str], tables: Collection[TableKind]) -> tuple[Field, ...]:
    kind, row = f"k-{number}-{at}", f"h-{number}-{at}"
    chosen = given.get(kind, "")
    choices = (Choice("不导入这张表", "", chosen=not chosen), *(Choice(title, code, chosen=code == chosen) for code, title in forms.KINDS_ZH.items() if code in tables))
    return (
        Field(kind, "其实是", "select", chosen, choices, error=wrong.get(kind, ""), width="half"),
        Field(row, "表头在第几行", "text", given.get(row, ""), inputmode="numeric", maxlength=4, error=wrong.get(row, ""), width="half"),
    )


# ---------------------------------------------------------------- step 3


def result_page(
    waiting: Waiting, plain: Sequence[FileRead | FileRefused], found: Sequence[FileRead | FileRefused], plan: Plan, *, page: int = 1, errors: Sequence[str] = (),
) -> ResultPage:
    """Build step 3. plain: as read without answers, from which the questions come; found: as read with them."""
    read = [f for f in found if isinstance(f, FileRead)]
    questions = all_questions(waiting, plain, found)
    pages = max(1, -(-len(questions) // QUESTIONS))
    page = min(max(page, 1), pages)
    totals = {result: sum(f.totals[result.value] for f in read) for result in Result}
    return ResultPage(
        action_url=reverse("intake:result", args=[waiting.key]),
        stats=(
            Stat("直接入库", str(totals[Result.OK]), "行"), Stat("待确认", str(totals[Result.CONFIRM]), "行", Tone.WARN if totals[Result.CONFIRM] else Tone.PLAIN),
            Stat("拒收", str(totals[Result.REJECT]), "行", Tone.BAD if totals[Result.REJECT] else Tone.PLAIN), Stat("不是数据行", str(totals[Result.SKIP]), "行"),
        ),  # fmt: skip
        questions=tuple(questions[(page - 1) * QUESTIONS : page * QUESTIONS]),
        cures=tuple(_cure(c, several=len(found) > 1) for c in (*cures.rejected(read), *cures.blocked(plan), *cures.kept(plan), *cures.noted(read), *cures.skipped(read))),
        seen=plan.digest,
        confirm_label=f"确认导入 {to_write(plan)} 行" if to_write(plan) else "确认导入",
        what_happens=what_happens(plan, totals),
        returned=tuple(
            Link(f"下载退回表：{f.name}" if len(read) > 1 else "下载退回表", reverse("intake:returned", args=[waiting.key, n]))
            for n, f in enumerate(found) if isinstance(f, FileRead) and to_return(f)
        ),
        files=tuple(_file(f) for f in found),
        preview=_preview(plan),
        preview_title="要写进去的" + (f"（前 {PREVIEW} 行）" if to_write(plan) > PREVIEW else ""),
        blocked="" if not plan.empty else "没有要写进去的：系统里都有了，或者都还要您定、要改" if read else "没有读进来的文件，请回去换文件",
        back_url=reverse("intake:columns", args=[waiting.key]),
        asked=f"{len(questions)} 处，已定 {sum(any(c.chosen for c in q.choices) for q in questions)} 处",
        pages=tuple(Choice(f"第 {n} 页", f"page-{n}", chosen=n == page) for n in range(1, pages + 1)) if pages > 1 else (),
        errors=tuple(ErrorLine(text) for text in errors), crumbs=crumbs("看结果"),
    )


def all_questions(waiting: Waiting, plain: Sequence[FileRead | FileRefused], found: Sequence[FileRead | FileRefused]) -> list[Question]:
    """List the questions in the order of the rows: those of the table, and those that an answer led to."""
    listed: list[Question] = []
    for number, (before, after) in enumerate(zip(plain, found, strict=True)):
        if not isinstance(before, FileRead) or not isinstance(after, FileRead):
            continue
        correction = waiting.corrections.get(before.name, Correction())
        later = {(r.sheet, r.row): r for r in after.rows}
        at = {s.name: n for n, s in enumerate(before.sheets)}
        several = len(before.sheets) > 1
        for row in before.rows:
            now = later.get((row.sheet, row.row), row)
            asked = forms.open_issues(row)
            known = {(i.field, i.code) for i in asked}
            led_to = tuple(i for i in forms.open_issues(now) if (i.field, i.code) not in known)
            for source, issue in (*((row, i) for i in asked), *((now, i) for i in led_to)):
                answer = forms.chosen(source, issue, correction)
                choices = tuple(Choice(o.label, str(n), chosen=n == answer) for n, o in enumerate(forms.options(source, issue)))
                name = forms.question_name(number, at[row.sheet or "*"], row.row, issue)
                text = issue.message if issue.message.endswith(("吗", "。")) else f"{issue.message}。"
                sheet = " ".join(t for t in (before.name if len(plain) > 1 else "", row.sheet if several else "") if t)
                listed.append(Question(name, f"第 {row.row} 行 {cures.name_of(source)}", text, choices, sheet))
    return listed


def to_write(plan: Plan) -> int:
    """Count the rows that will be written."""
    return sum(line.fate in (Fate.NEW, Fate.CHANGED) for line in plan.lines)


def to_return(file: FileRead) -> bool:
    """Tell whether a file has rows to mend."""
    return any(r.result in (Result.REJECT, Result.CONFIRM) for r in file.rows)


def what_happens(plan: Plan, totals: Mapping[Result, int]) -> tuple[str, ...]:
    """Say what a confirmation would do, and what it would not."""
    said = []
    for table, fate, text in (
        (TableKind.ORGANISATIONS, Fate.NEW, "新建党组织 {} 个"), (TableKind.ORGANISATIONS, Fate.CHANGED, "补充党组织 {} 个，已有的内容不盖掉"),
        (TableKind.ROSTER, Fate.NEW, "新增党员 {} 人"), (TableKind.ROSTER, Fate.CHANGED, "更新党员 {} 人，改了什么看左边"), (TableKind.LEDGER, Fate.NEW, "记入会议 {} 次"),
        (TableKind.DUES, Fate.NEW, "核定党费 {} 人"), (TableKind.DUES, Fate.CHANGED, "改核定 {} 人，原来的留在历史里"),
    ):  # fmt: skip
        if n := plan.count(table, fate):
            said.append(text.format(n))
    if plan.posts:
        said.append(f"登记党内职务 {len(plan.posts)} 个")
    if any(line.table == TableKind.DUES for line in plan.lines):
        said.append("“已交至”一列只供核对，不记成交费")
    if same := sum(plan.count(table, Fate.SAME) for table in TableKind):
        said.append(f"{same} 行系统里已有，不变")
    if blocked := sum(line.fate is Fate.BLOCKED for line in plan.lines):
        said.append(f"{blocked} 行现在不能导入，原因看左边")
    if totals[Result.CONFIRM]:
        said.append(f"{totals[Result.CONFIRM]} 行还没有定，不导入")
    if totals[Result.REJECT]:
        said.append(f"{totals[Result.REJECT]} 行拒收，改好退回表再导一次就行")
    return tuple(said)


def _cure(c: cures.Cure, *, several: bool) -> Cure:
    states = {
        "reject": State(Tone.BAD, "拒收"), "blocked": State(Tone.BAD, "不能导入"), "note": State(Tone.PLAIN, "提示"), "skip": State(Tone.PLAIN, "不是数据"),
    }  # fmt: skip
    rows = tuple(CureRow(" ".join(t for t in (p.file if several else "", p.sheet, f"第 {p.row} 行") if t), p.name, "", p.text) for p in c.rows[:ROWS])
    if c.level == "skip":
        rows = ()
        numbers = "、".join(str(p.row) for p in c.rows[:ROWS])
        more = f"第 {numbers} 行" + (f"等 {len(c.rows)} 行" if len(c.rows) > ROWS else "")
    else:
        more = f"还有 {len(c.rows) - ROWS} 行" + ("，退回表里每行都写明了原因" if c.level == "reject" else "") if len(c.rows) > ROWS else ""
    return Cure(c.title, c.cure, rows, states[c.level], c.code, more)


def _file(f: FileRead | FileRefused) -> Pair:
    if isinstance(f, FileRefused):
        return Pair(f.name, "没有读进来", f"{f.message}（{f.code}）", tone=Tone.BAD)
    skipped = "；".join(s.message for s in f.sheets if s.action == "skip")
    said = "；".join(s.note for s in f.sheets if s.note)
    return Pair(f.name, f"{len(f.rows)} 行", "；".join(t for t in (skipped, said) if t))


def _preview(plan: Plan) -> tuple[tuple[str, ...], ...]:
    lines = [line for line in plan.lines if line.fate in (Fate.NEW, Fate.CHANGED)][:PREVIEW]
    words = {Fate.NEW: "新增", Fate.CHANGED: "更新"}
    return (("行", "谁或什么", "怎么写", "内容"), *((f"{x.sheet or ''} 第 {x.row} 行".strip(), x.what, words[x.fate], "；".join(x.says)) for x in lines)) if lines else ()


def answered_badly(before: Sequence[FileRead | FileRefused], after: Sequence[FileRead | FileRefused]) -> int:
    """Count the rows that the answers just given turned from "to be confirmed" into refused."""
    waiting = {(f.name, r.sheet, r.row) for f in before if isinstance(f, FileRead) for r in f.rows if r.result is Result.CONFIRM}
    return sum((f.name, r.sheet, r.row) in waiting and r.result is Result.REJECT for f in after if isinstance(f, FileRead) for r in f.rows)


# ---------------------------------------------------------------- afterwards


def batch_page(b: BatchView, org: str, returned: Mapping[int, str], links: Sequence[Link], undoable: bool = True) -> BatchPage:
    """Build the page of a batch. undoable: this account may take it back."""
    facts = [Pair("导入到", org), Pair("谁导入", b.by), Pair("什么时候", _when(b.at)), Pair("文件", "、".join(b.file_names))]
    facts += [Pair(title, f"{b.counts[key]} {unit}") for key, title, unit in COUNTED if b.counts.get(key)]
    if b.counts.get("blocked"):
        facts.append(Pair("没有导入", f"{b.counts['blocked']} 行", "支部没有定下来，或和系统里的数据对不上"))
    if b.undone_at is not None:
        facts.append(Pair("撤销", f"{b.undone_by}，{_when(b.undone_at)}"))
    undo = Button("整批撤销", reverse("intake:undo", args=[b.id])) if b.open and undoable else None
    until = f"{_day(b.until)} {timezone.localtime(b.until):%H:%M} 以前可以整批撤销；里面的内容后来又用到了的，就不能撤了。" if b.open and undoable else ""
    text = "这一批已经撤销，数据回到导入以前。" if b.undone_at is not None else "已经写进去，不用再填。"
    return BatchPage(
        "已撤销的导入" if b.undone_at is not None else "已导入", text, tuple(facts), undo, until,
        tuple(Link(f"下载退回表：{name}", reverse("intake:batch-returned", args=[b.id, n])) for n, name in returned.items()),
        tuple(links) if b.undone_at is None else (), crumbs(f"第 {b.id} 批"),
    )


