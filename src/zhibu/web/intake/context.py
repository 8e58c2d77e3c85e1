"""What the three steps of the import need: intake/upload.html, columns.html, result.html; and batches.html."""

from __future__ import annotations

from dataclasses import dataclass

from zhibu.web.shell.context import Button, Callout, Choice, ErrorLine, Field, Link, Pair, Stat, State


@dataclass(frozen=True, slots=True)
class Batch:
    """An import already done 导入批次, undoable for 7 days."""

    when: str
    name: str
    text: str  # 新增 12 人，更新 3 人
    state: State  # 可撤销到 9月25日 | 已撤销
    url: str = ""
    undo: Button | None = None


@dataclass(frozen=True, slots=True)
class UploadPage:
    """Step 1 选文件: ``org``, ``files`` (several)."""

    action_url: str
    orgs: tuple[Choice, ...]
    limits: tuple[str, ...]  # 单个文件不超过 10 MB …
    batches: tuple[Batch, ...] = ()
    templates: tuple[Link, ...] = ()  # empty tables to download
    errors: tuple[ErrorLine, ...] = ()
    crumbs: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class ColumnLine:
    """One column of the clerk's table: select ``c-<file>-<sheet>-<letter>``."""

    name: str
    letter: str  # D
    header: str  # 公民身份证号
    samples: tuple[str, ...]
    choices: tuple[Choice, ...]  # "" = 不导入
    state: State  # 认出 | 上次这样对 | 不导入


@dataclass(frozen=True, slots=True)
class Ask:
    """A branch asked once for the sheet: text field ``o-<file>-<sheet>-<n>`` with the list of branches."""

    name: str
    text: str  # “柳树湾支部”认作“石桥镇柳树湾村党支部”，对吗
    value: str
    error: str = ""


@dataclass(frozen=True, slots=True)
class SheetColumns:
    """One sheet. ``points``: fields by which the clerk points out a table that was not found (kind, row of the header)."""

    title: str  # 01_花名册.xls · Sheet1
    note: str  # 党员花名册，表头在第 3、4 行，数据从第 5 行起，31 行
    columns: tuple[ColumnLine, ...] = ()
    skipped: str = ""  # 隐藏工作表，不导入
    asks: tuple[Ask, ...] = ()
    points: tuple[Field, ...] = ()
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ColumnsPage:
    """Step 2 对列. POST ``do`` = next | again."""

    action_url: str
    sheets: tuple[SheetColumns, ...]
    back_url: str
    branches: tuple[str, ...] = ()  # the list behind the asked branches
    establish: Link | None = None
    errors: tuple[ErrorLine, ...] = ()
    crumbs: tuple[Link, ...] = ()
    callouts: tuple[Callout, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """A row that waits for the clerk 待确认: radio ``q-<id>``."""

    name: str
    row: str  # 第 12 行 李大山
    text: str  # “1988.1”可能是 1 月，也可能是 10 月。转正是 1989年10月，一般早一年。
    choices: tuple[Choice, ...]
    sheet: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class CureRow:
    """A row under a cure."""

    row: str
    name: str
    value: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Cure:
    """Rows with the same cure 同一种改法."""

    title: str  # 3 行身份证号末几位已丢失
    cure: str  # 把这一列设为“文本”，按证件重新填写。
    rows: tuple[CureRow, ...]
    state: State  # 拒收 | 提示 | 跳过
    code: str = ""
    more: str = ""  # 还有 12 行，见退回表


@dataclass(frozen=True, slots=True)
class ResultPage:
    """Step 3 看结果. POST ``do`` = confirm | check (answers given, look again) | page-<n> (the same, then other questions)."""

    action_url: str
    stats: tuple[Stat, ...]  # 直接入库 12, 待确认 5, 拒收 7, 不是数据行 5
    questions: tuple[Question, ...]
    cures: tuple[Cure, ...]
    seen: str  # digest of the plan shown
    confirm_label: str  # 确认导入 17 行
    what_happens: tuple[str, ...] = ()  # 新增 14 人；更新 3 人；拒收的 7 行不导入
    returned: tuple[Link, ...] = ()  # 下载退回表
    files: tuple[Pair, ...] = ()
    preview: tuple[tuple[str, ...], ...] = ()  # first row = heads
    preview_title: str = ""
    blocked: str = ""  # why nothing can be imported yet
    back_url: str = ""
    asked: str = ""  # 5 处，已定 2 处
    pages: tuple[Choice, ...] = ()  # further questions: buttons do=<value>
    errors: tuple[ErrorLine, ...] = ()
    crumbs: tuple[Link, ...] = ()
    callouts: tuple[Callout, ...] = ()


@dataclass(frozen=True, slots=True)
class BatchPage:
    """After the import 已导入: what was written, and undo."""

    title: str
    text: str
    facts: tuple[Pair, ...]
    undo: Button | None = None
    undo_until: str = ""
    returned: tuple[Link, ...] = ()
    links: tuple[Link, ...] = ()
    crumbs: tuple[Link, ...] = ()
    callouts: tuple[Callout, ...] = ()
