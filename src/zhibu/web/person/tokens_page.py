"""Build the page of the own tokens, the form that makes one, and the one page on which a token stands."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from django.urls import reverse

from zhibu.ground.access.tokens import RIGHTS, WRITING, Offer, TokenLine
from zhibu.kernel.dates import show
from zhibu.web.shell.context import Callout, Choice, ErrorLine, Field, FieldGroup, FormPage, Link, Pair, State, Tone

from .context import TokenRow, TokensPage

SPANS = {"30": "30 天", "90": "90 天", "180": "半年", "365": "一年"}
Texts = Mapping[str, str]


def _crumbs(last: str) -> tuple[Link, ...]:
    return (Link("我的", reverse("person:me")), Link("程序令牌", reverse("person:tokens")), Link(last))


def row(t: TokenLine, end_url: str = "") -> TokenRow:
    """Build a line of the list; `end_url` for who may end it."""
    until = f"有效到{show(t.expires_on - timedelta(days=1))}" if t.works else ""
    used = f"最近用在{show(t.last_used_on)}" if t.last_used_on else "还没有用过"
    return TokenRow(
        t.label, f"{t.prefix}…", State(Tone.OK, "在用") if t.works else State(Tone.PLAIN, "已失效"), f"{t.org_name}{t.role_title}：{'；'.join(t.rights)}",
        "，".join(part for part in (f"{show(t.made_on)}做的", until, used) if part), end_url if t.works else "",
    )


def listing(lines: Sequence[TokenLine], may_make: bool) -> TokensPage:
    """Build the own list."""
    return TokensPage(
        "程序令牌", "给别的程序用的，只在您一项职责的范围里，不超过您的权限。职责收回、账号停用或者到期，当时就不能用了。",
        tuple(row(t, reverse("person:end-token", args=[t.token_id])) for t in lines), (Link("我的", reverse("person:me")), Link("程序令牌")),
        Link("做一个令牌", reverse("person:new-token")) if may_make else None,
        "还没有程序令牌。" if may_make else "您现在没有能做程序令牌的职责。系统管理员、安全管理员、审计员的账号不做程序令牌。",
    )


def form(offers: Sequence[Offer], texts: Texts, chosen: Sequence[str], errors: Texts, key: str) -> FormPage:
    """Build the form that makes a token."""
    known = {right for offer in offers for right in offer.rights}
    picked = texts.get("grant", "") or str(offers[0].grant_id)
    rights = tuple(Choice(says, right.value, chosen=right.value in chosen) for right, says in RIGHTS.items() if right in known)
    return FormPage(
        "做一个程序令牌", reverse("person:new-token"), (FieldGroup("", (
            Field("label", "给哪个程序用", value=texts.get("label", ""), required=True, maxlength=40, error=errors.get("label", ""), width="half", help="例如：村务公开平台"),
            Field("days", "多长时间有效", "select", choices=tuple(Choice(name, code, chosen=code == texts.get("days", "90")) for code, name in SPANS.items()),
                  required=True, error=errors.get("expires_on", ""), width="half"),
            Field("grant", "用哪一项职责", "radio", choices=tuple(Choice(f"{o.org_name}{o.role_title}", str(o.grant_id), chosen=str(o.grant_id) == picked) for o in offers),
                  required=True, error=errors.get("grant", "")),
            Field("rights", "可以做什么", "checks", choices=rights, required=True, error=errors.get("rights", ""), help="只选程序用得着的。选“记会”，程序就能以您的名义记会"),
        )),), "做令牌", _crumbs("做一个令牌"), "令牌等于您把这部分权限交给这个程序，请交给可靠的人保管。",
        errors=tuple(ErrorLine(text, f"f-{name}" if name else "") for name, text in errors.items()), cancel_url=reverse("person:tokens"), hidden=(("key", key),),
    )


def usual(offers: Sequence[Offer]) -> list[str]:
    """Preselect what reads, nothing that writes."""
    return sorted({right.value for offer in offers for right in offer.rights if right not in WRITING})


def shown(token: str, label: str, until: date) -> FormPage:
    """Build the one page on which a token stands; "" when it was shown before."""
    if not token:
        again = Callout("这张表单刚才已经办过，令牌只做了一个，也只显示一次。没有记下来的，请先停用再做一个。", Tone.WARN)
        return FormPage("令牌已经做好", reverse("person:tokens"), (), "", _crumbs("令牌已经做好"), callouts=(again,), cancel_url=reverse("person:tokens"))
    facts = (Pair("给哪个程序用", label), Pair("程序令牌", token, "整行复制，前后不要带空格"), Pair("有效到", show(until - timedelta(days=1)), "过了这一天请重新做"))
    warn = Callout("令牌只在这一页显示一次，离开就看不到了。请现在复制，交给管那个程序的人。不要发到群里。", Tone.WARN)
    return FormPage("令牌做好了", reverse("person:tokens"), (FieldGroup("", (), facts=facts),), "", _crumbs("令牌做好了"), callouts=(warn,), cancel_url=reverse("person:tokens"))
