"""What the frame of every page, the shared components and the plain form page need.

Every template gets two objects: ``shell`` (:class:`Shell`) and ``page`` (the class named after the page, in
``zhibu.web.<room>.context``). All strings are ready to show: Chinese, full-width punctuation, dates already formatted
(``9月20日``). URLs are strings; an empty URL means "no link", and the template then writes plain text.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Tone(StrEnum):
    """State 状态 of a thing. Each tone has a shape of its own; the word beside it is always given by the caller."""

    OK = "ok"  # dot, green
    WARN = "warn"  # triangle, amber
    BAD = "bad"  # square, vermilion
    WAIT = "wait"  # ring, grey
    PLAIN = ""  # grey dot, or an uncoloured tag


@dataclass(frozen=True, slots=True)
class Link:
    """A link 链接, or plain text where ``url`` is empty."""

    label: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class State:
    """Shape, colour and word 状态."""

    tone: Tone
    word: str


@dataclass(frozen=True, slots=True)
class Button:
    """A button 按钮: a link, or a one-button POST form with its hidden fields.

    ``style``: "" plain, "pri" filled (one a page), "sec" red outline (an overdue matter), "txt" text only. With ``disabled``
    (the reason, shown beside it) the button cannot be pressed. ``value`` goes out as ``name=value`` of the pressed button.
    """

    label: str
    url: str = ""
    method: str = "get"
    style: str = ""
    icon: str = ""  # a lucide name
    fields: tuple[tuple[str, str], ...] = ()
    disabled: str = ""
    small: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """One option 选项 of a filter, a segmented row or a select. A filter uses ``url``, a field uses ``value``."""

    label: str
    value: str = ""
    url: str = ""
    chosen: bool = False
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Pair:
    """A term and its value 名称与内容. ``note`` is small text below (arithmetic, clause); ``url`` makes the value a link."""

    label: str
    value: str
    note: str = ""
    url: str = ""
    tone: Tone = Tone.PLAIN


@dataclass(frozen=True, slots=True)
class Stat:
    """One figure of the strip 数字条."""

    label: str
    value: str
    unit: str = ""
    tone: Tone = Tone.PLAIN
    url: str = ""


@dataclass(frozen=True, slots=True)
class Callout:
    """A sentence with a coloured left edge 提示."""

    text: str
    tone: Tone = Tone.PLAIN
    link: Link | None = None


@dataclass(frozen=True, slots=True)
class MenuItem:
    """A menu entry 菜单项; only what is built is passed in. ``children`` are shown indented, ``url`` of a parent is its first child's."""

    label: str
    url: str
    icon: str = ""  # a lucide name
    badge: int = 0
    current: bool = False
    children: tuple[MenuItem, ...] = ()
    rule_above: bool = False  # a thin line before it (设置)


@dataclass(frozen=True, slots=True)
class Shell:
    """The frame 页框: top bar, side menu, phone tabs. Before sign-in ``menu`` and ``tabs`` are empty and ``person`` is "".

    Django's ``messages`` (context processor) are shown by the frame as well: levels success, warning and error get the colours.
    """

    scope_name: str = ""  # the organisation in the top bar: 柳树湾村党支部
    person: str = ""  # 王秀兰 · 书记
    menu: tuple[MenuItem, ...] = ()
    tabs: tuple[MenuItem, ...] = ()  # 待办, 开会记录, 支部台账 (offices above: 一张图), 我的: those that this person has
    large: bool = False  # 大字版 is on
    large_url: str = ""  # POST {"large": "1"|"0", "next": path}
    here: str = ""  # request.get_full_path(), goes into "next"
    signout_url: str = ""  # POST
    me_url: str = ""  # 我的
    home_url: str = "/"
    search_url: str = ""  # GET ?q= ; "" hides the search field
    search_hint: str = "找人：姓名、拼音首字母、电话"
    query: str = ""
    notices: int = 0  # unread 消息
    notices_url: str = ""
    sample: bool = False  # shows 示例数据 beside the title
    saved_key: str = ""  # key of a record just saved (or already there): the browser drops its draft
    form_key: str = ""  # hidden field "once" of the forms on this page: sent twice, done once


@dataclass(frozen=True, slots=True)
class Why:
    """The answer to "why is this cell so" 为什么: rule, clause, window, records used, and what would make it green."""

    title: str  # 柳树湾村党支部 · 8月支委会
    state: State
    rule: str  # 支部委员会每月 1 次
    clause: str  # 《中国共产党支部工作条例（试行）》第十二条
    rule_set: str  # 全国：支部工作条例（2018）
    window: str  # 8月1日至8月31日
    sum: str  # 应开 1 次，按期 0 次，补记 0 次，算完成 0 次
    cure: str  # 8月开过的，补记下来就算完成；没开的写明原因，报镇党委同意后免。
    records: tuple[Evidence, ...] = ()
    chosen_by: str = ""  # 由石桥镇党委 2025年1月1日 起采用; "" when the national value applies by itself
    verified: bool = True  # False shows 待核
    buttons: tuple[Button, ...] = ()
    ledger: Link | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """A record used by a judgement 用到的记录."""

    when: str
    what: str
    state: State
    url: str = ""


@dataclass(frozen=True, slots=True)
class Field:
    """One form field 字段.

    ``kind``: text, date, time, month, number, tel, password, textarea, select, radio, checks (several), check (one), file, hidden, shown
    (value only). ``value`` is the string to put back; select, radio and checks use ``choices`` with ``chosen``. ``width``: "" full, "half", "third".
    """

    name: str
    label: str
    kind: str = "text"
    value: str = ""
    choices: tuple[Choice, ...] = ()
    required: bool = False
    help: str = ""
    error: str = ""
    width: str = ""
    autocomplete: str = "off"
    inputmode: str = ""
    maxlength: int = 0
    rows: int = 3
    list_id: str = ""  # id of the datalist made of ``suggestions``
    suggestions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FieldGroup:
    """A card of fields 一组字段. ``facts`` stand above the fields."""

    title: str
    fields: tuple[Field, ...]
    hint: str = ""
    facts: tuple[Pair, ...] = ()


@dataclass(frozen=True, slots=True)
class ErrorLine:
    """One line of the error summary at the top of a form 错误: what, where, how to cure; ``anchor`` is the id of the field (``f-<name>``)."""

    text: str
    anchor: str = ""
    code: str = ""  # E042


@dataclass(frozen=True, slots=True)
class FormPage:
    """Any plain form 表单页 (shell/form.html): found, move or dissolve an organisation, add a member, ask for 免, decide a case, assign rules …"""

    title: str
    action_url: str
    groups: tuple[FieldGroup, ...]
    submit_label: str
    crumbs: tuple[Link, ...] = ()
    sub: str = ""
    callouts: tuple[Callout, ...] = ()
    errors: tuple[ErrorLine, ...] = ()
    cancel_url: str = ""
    hidden: tuple[tuple[str, str], ...] = ()  # idempotency key, version …
    other_buttons: tuple[tuple[str, str, str], ...] = ()  # (name, value, label): further submits of the same form, e.g. ("decision", "refuse", "不同意")
    submit_name: str = ""
    submit_value: str = ""
    upload: bool = False
    aside: tuple[Pair, ...] = ()  # a card of facts at the right
    aside_title: str = ""
    why: Why | None = None


@dataclass(frozen=True, slots=True)
class ErrorPage:
    """404, 403, 409, 500 and every other "cannot" 不能办: what happened, and what can be done."""

    title: str
    text: str
    cure: str = ""
    buttons: tuple[Button, ...] = field(default_factory=tuple)
    code: str = ""


@dataclass(frozen=True, slots=True)
class Pager:
    """Pages of a list 分页."""

    text: str  # 第 1 页，共 8 页
    previous_url: str = ""
    next_url: str = ""
