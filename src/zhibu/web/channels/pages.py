"""Build the page of an organisation's channels and the form of one."""
from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import date, datetime

from django.urls import reverse
from django.utils import timezone

from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.notice import limits as hours
from zhibu.ground.notice import queries
from zhibu.ground.notice.channels import ChannelRefused, Wish
from zhibu.ground.notice.outbox import ADDRESSED, KIND_ZH, ROBOTS, SORT_ZH, STATE_ZH, Kind, Sort
from zhibu.ground.notice.outbox import State as Went
from zhibu.ground.notice.queries import ChannelView, MessageView
from zhibu.ground.tree.queries import OrgView
from zhibu.web.shell.context import Button, Callout, Choice, ErrorLine, Field, FieldGroup, FormPage, Link, Pair, State, Tone

from .context import ChannelLine, ChannelsPage, MessageLine

STALE = "您打开这一页以后，别人先保存了一次。右边是现在保存的内容，下面是您填的；核对好再点保存。地址和密钥要改的，请再填一次。"
TONES = {"waiting": Tone.WAIT, "sending": Tone.WAIT, "sent": Tone.OK, "failed": Tone.BAD, "dropped": Tone.PLAIN}
ADDRESS = {
    Kind.WECOM: ("机器人地址", "在群里添加“消息推送”（群机器人），整行复制它的地址"), Kind.DINGTALK: ("机器人地址", "群设置里添加“自定义机器人”，安全设置只选“加签”，整行复制它的地址"),
    Kind.FEISHU: ("机器人地址", "群设置里添加“自定义机器人”，安全设置只选“签名校验”，整行复制它的地址"), Kind.MAIL: ("收件邮箱", "最多 5 个，用逗号隔开；收信的人互相看不到"),
    Kind.WEBHOOK: ("接收地址", "由对方系统的管理员给，要以 https:// 开头；它的主机请系统管理员按运行手册加上"),
    Kind.SMS: ("收短信的手机号", "最多 5 个，用逗号隔开；只发“有几件事，请登录看”，不写人名和内容"),
}


def _at(moment: datetime) -> str:
    local = timezone.localtime(moment)
    return f"{local.month}月{local.day}日 {local:%H:%M}"


def home(org_id: int) -> str:
    """Give the address of the page of an organisation's channels."""
    return f"{reverse('channels:list')}?org={org_id}"


def listing(actor: Actor, org: OrgView, today: date) -> ChannelsPage:
    """Build the page."""
    scope = actor.scope(P.CHANNEL_MANAGE)
    found = queries.channels(scope, org.id)
    limit = hours.of(org.id, today)
    bad = [c for c in found if c.is_on and c.fault]
    copy = (Link("开会通知：打开一次计划，点“复制群通知”", f"{reverse('meetings:plans')}?org={org.id}"),) if org.is_branch else ()
    copy += (Link("提醒下级：在一张图里选好，复制“发到群里的话”", reverse("overview:county")),) if actor.holds(P.REMIND) else ()
    return ChannelsPage(
        "通知渠道", f"{org.name} · 不设也能用：群通知随时可以复制，自己发到群里", copy, tuple(_line(c) for c in found),
        tuple(Link(KIND_ZH[kind], f"{reverse('channels:new')}?org={org.id}&kind={kind}") for kind in Kind), tuple(_message(m) for m in queries.messages(scope, org.id)),
        f"同一件事 {limit.days_between} 天内只发一次；{limit.earliest:%H:%M} 到 {limit.latest:%H:%M} 之间发" + ("，提醒只在工作日发" if limit.working_days_only else "")
        + "。几条攒在一起的，合成一条。通知里不写身份证号、电话、金额，也不写谈话和帮扶的内容。",
        (Link("工作台", reverse("desk")), Link("通知渠道")), tuple(Callout(f"“{c.label}”没有发成：{c.fault}。", Tone.BAD, Link("去改", reverse("channels:edit", args=[c.id]))) for c in bad),
    )


def _line(c: ChannelView) -> ChannelLine:
    takes = _takes(c)
    state = State(Tone.PLAIN, "停着") if not c.is_on else State(Tone.BAD, "发不出去") if c.fault else State(Tone.OK, "在用")
    return ChannelLine(
        c.label, KIND_ZH[Kind(c.kind)], f"发往 {c.shown}{'，有加签' if c.secret else ''}；发：{takes}", state,
        (Button("发一条测试", reverse("channels:trial", args=[c.id]), "post", fields=(("once", secrets.token_urlsafe(16)),), small=True), Button("改", reverse("channels:edit", args=[c.id]), small=True),
         Button("删去", reverse("channels:end", args=[c.id]), small=True)),
    )


def _takes(c: ChannelView) -> str:
    return "、".join(p for p in ("您点“发到渠道”的通知", "上级提醒" if c.reminders else "", "提醒下级的名单" if c.lists else "", "每天到期的事" if c.daily else "", "存好的会议记录" if c.events else "") if p)


def _message(m: MessageView) -> MessageLine:
    when = _at(m.ended_at or (m.not_before if m.state == "waiting" else m.written_at))
    note = f"{'到时候发' if m.state == 'waiting' and not m.fault else ''}{m.fault}" + (f"（试了 {m.attempts} 次）" if m.attempts > 1 else "")
    return MessageLine(when, f"{m.channel}（{KIND_ZH[Kind(m.kind)]}）", _text(m), State(TONES[m.state], STATE_ZH[Went(m.state)]), f"{SORT_ZH[Sort(m.sort)]}。{note}")


def _text(m: MessageView) -> str:
    if m.sort == Sort.EVENT:
        return "告诉对方：有一条会议记录存好了。"
    return m.text if len(m.text) <= 120 else m.text[:119] + "…"


def form(
    org_id: int, kind: Kind, wish: Wish, error: ChannelRefused | None, channel: ChannelView | None = None, *, version: int = 0, by: tuple[Pair, ...] = (), above: bool = False,
) -> FormPage:
    """Build the form of a new or a known channel. What was typed as an address or secret is not given back either. `by`: who saved before; the form then
    shows what is kept now, and may be saved knowingly. `above`: the organisation has others below it, of which it reminds."""
    def bad(name: str) -> str:
        return error.reason if error and error.field == name else ""

    label, help_ = ADDRESS[kind]
    kept = channel is not None
    fields = [
        Field("label", "叫什么", value=wish.label, required=True, maxlength=40, error=bad("label"), width="half", help="例如：支部工作群"),
        Field("address", label, value="", required=not kept, maxlength=500, error=bad("address"), help=("不改就空着。现在发往 " + channel.shown + "。" if channel else "") + help_),
    ]
    if kind in ADDRESSED:
        need = kind is not Kind.WECOM
        fields.append(Field("secret", "签名密钥" if kind is Kind.WEBHOOK else "加签密钥", "password", required=need and not kept, maxlength=200, error=bad("secret"), autocomplete="new-password",
                            help="存好以后不再显示。" + ("不改就空着。" if kept else "") + ("" if need else "企业微信没有加签，空着")))
    chosen = {**({"events": wish.events} if kind is Kind.WEBHOOK else {}), "reminders": wish.reminders, **({"lists": wish.lists} if above else {}), "daily": wish.daily, **({"is_on": wish.is_on} if kept else {})}
    words = {"reminders": ("上级的提醒也发到这里", "群里的人都看得到；不选，提醒只在工作台上"), "lists": ("提醒下级时，名单也发到这里", "适合各支部书记都在的群；写支部和会议的名称，不写人"),
             "events": ("会议记录存好时告诉对方", "本组织和下级的；只给编号，内容由对方自己来取"),
             "daily": ("工作日早上，把快到和过了时间的事合成一条发到这里", "只写会议和换届这类事的名称，涉及个人的只写件数"), "is_on": ("在用", "")}
    fields.append(Field("takes", "还发什么", "checks", choices=tuple(Choice(words[name][0], name, chosen=on, hint=words[name][1]) for name, on in chosen.items())))
    return FormPage(
        f"{'改' if kept else '加'}{KIND_ZH[kind]}", reverse("channels:edit", args=[channel.id]) if channel else f"{reverse('channels:new')}?org={org_id}&kind={kind}", (FieldGroup("", tuple(fields)),),
        "保存", (Link("通知渠道", home(org_id)), Link("改" if kept else "加")), "先在群里把机器人加好，再填这里；填好后发一条测试。" if kind in ROBOTS else "",
        errors=(ErrorLine(error.reason, f"f-{error.field}" if error.field else ""),) if error else (), cancel_url=home(org_id),
        hidden=(("version", str(version or channel.version)),) if channel else (("kind", str(kind)),), callouts=(Callout(STALE, Tone.WARN),) if by else (),
        aside=(Pair("叫什么", channel.label), Pair("发往", channel.shown), Pair("还发什么", _takes(channel)), *by) if by and channel else (), aside_title="现在保存的内容",
    )


def ending(channel: ChannelView) -> FormPage:
    """Build the page that asks once more."""
    return FormPage(
        f"删去“{channel.label}”", reverse("channels:end", args=[channel.id]), (), "删去", (Link("通知渠道", home(channel.org_id)), Link("删去")),
        callouts=(Callout("地址和密钥马上清掉，等着发的通知不再发。发过的留在记录里。", Tone.WARN),), cancel_url=home(channel.org_id),
    )


def typed(post: Mapping[str, str], takes: list[str], kind: str, *, new: bool) -> Wish:
    """Read the form."""
    def text(name: str, most: int) -> str:
        return post.get(name, "").replace("\0", "")[: most + 1]

    return Wish(kind, text("label", 40), text("address", 500), text("secret", 200), "reminders" in takes, "daily" in takes, new or "is_on" in takes, "lists" in takes, "events" in takes)
