"""Build the list of accounts, its forms and the page with a one-time code."""
from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from urllib.parse import urlencode

from django.urls import reverse

from zhibu.ground.access.queries import AccountLine, GrantLine, PostLine
from zhibu.ground.access.roles import roles
from zhibu.ground.access.setup import Slip
from zhibu.ground.access.tokens import TokenLine
from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Permission as P
from zhibu.kernel.dates import show
from zhibu.web.access.context import SlipsPage
from zhibu.web.access.slips import card
from zhibu.web.shell.context import Button, Callout, Choice, ErrorLine, Field, FieldGroup, FormPage, Link, Pager, Pair, State, Tone

from .context import AccountRow, AccountsPage, GrantRow, PostRow, PostsPage

PER_PAGE = 50
Texts = Mapping[str, str]


def key_of(post: Texts) -> str:
    """Give the idempotency key of a form that comes back, or a fresh one."""
    return post.get("key", "")[:64] or secrets.token_urlsafe(16)


def link(name: str, username: str) -> str:
    """Give the address of a form about an account."""
    return f"{reverse(f'accounts:{name}')}?{urlencode({'account': username})}"


def span(grant: GrantLine) -> str:
    """Say from when to when a grant is held."""
    if grant.with_post:
        return f"{show(grant.valid_from)}起，{'职务已结束' if grant.post_over else '随职务走'}"
    if grant.valid_to is None:
        return f"{show(grant.valid_from)}起"
    return f"{show(grant.valid_from)}至{show(grant.valid_to - timedelta(days=1))}" if grant.valid_to > grant.valid_from else f"{show(grant.valid_from)}当天收回"


def what(grant: GrantLine) -> str:
    """Name a grant."""
    return f"{grant.role_title} · {grant.org_name or '本系统'}"


def _grant(grant: GrantLine, today: date) -> GrantRow:
    running = State(Tone.OK, "在任") if grant.valid_from <= today else State(Tone.WAIT, "没开始")
    return GrantRow(State(Tone.PLAIN, "已到期") if grant.ended(today) else running, f"{what(grant)}，{span(grant)}")


def _state(line: AccountLine) -> State:
    if not line.is_active:
        return State(Tone.BAD, "已停用")
    return State(Tone.WAIT, "等设密码") if line.one_time else State(Tone.OK, "在用")


def _buttons(line: AccountLine, actor: Actor, today: date) -> tuple[Button, ...]:
    offered = []
    own = line.account_id == actor.account_id
    manages = actor.holds(P.ACCOUNT_MANAGE)
    if (manages or actor.holds(P.ACCOUNT_HELP)) and line.is_active and not own:
        offered += [("重发代码", "renew")] + ([("重设第二道验证", "second")] if line.factors else [])
    if manages:
        offered += [] if line.person_linked or not line.is_active else [("对上党员", "link")]
        offered += [("停用" if line.is_active else "恢复", "disable" if line.is_active else "enable")] if not own else []
    if actor.holds(P.GRANT_MANAGE) and not own:
        offered += [("授权", "grant")] if line.is_active else []
        offered += [("收回授权", "end"), ("程序令牌", "tokens")] if any(not g.ended(today) for g in line.grants) else []
    return tuple(Button(label, link(name, line.username), small=True) for label, name in offered)


def listing(lines: Sequence[AccountLine], total: int, text: str, page: int, actor: Actor, today: date) -> AccountsPage:
    """Build the list."""
    pages = max(1, -(-total // PER_PAGE))

    def url(number: int) -> str:
        return f"{reverse('accounts:list')}?{urlencode({'q': text, 'page': number} if text else {'page': number})}" if 1 <= number <= pages else ""

    words = (("开账号、重发一次性代码、停用和恢复", P.ACCOUNT_MANAGE), ("授权、收回授权", P.GRANT_MANAGE), ("给下级的账号重发一次性代码", P.ACCOUNT_HELP))
    may = [word for word, right in words if actor.holds(right)]
    rows = tuple(AccountRow(n.name, n.username, _state(n), tuple(_grant(g, today) for g in n.grants), _buttons(n, actor, today)) for n in lines)
    return AccountsPage(
        "账号", f"您可以{'、'.join(may)}。不要求任何党员有账号", rows, f"{total} 个", reverse("accounts:list"), text,
        Link("开账号", reverse("accounts:open")) if actor.holds(P.ACCOUNT_MANAGE) else None,
        Pager(f"第 {page} 页，共 {pages} 页", url(page - 1), url(page + 1)) if pages > 1 else None,
        posts=Link("职务变动", reverse("accounts:posts")) if actor.holds(P.GRANT_MANAGE) else None,
    )


def _crumbs(last: str) -> tuple[Link, ...]:
    return (Link("账号", reverse("accounts:list")), Link(last))


def _errors(errors: Texts) -> tuple[ErrorLine, ...]:
    return tuple(ErrorLine(text, f"f-{name}" if name else "") for name, text in errors.items())


def opening(texts: Texts, errors: Texts, key: str) -> FormPage:
    """Build the form that opens an account."""
    return FormPage(
        "开账号", reverse("accounts:open"), (FieldGroup("", (
            Field("name", "姓名", value=texts.get("name", ""), required=True, maxlength=50, error=errors.get("name", ""), width="half"),
            Field("username", "账号", value=texts.get("username", ""), required=True, maxlength=40, error=errors.get("username", ""), width="half",
                  help="登录时输入的，3 到 40 个小写字母、数字、点或横线，例如 wangxiulan"),
        )),), "开账号", _crumbs("开账号"), "保存以后显示一次性代码，请当面念给本人或打印交给本人。职责由安全管理员另外授", errors=_errors(errors),
        cancel_url=reverse("accounts:list"), hidden=(("key", key),),
    )


def slip(slip: Slip, title: str) -> SlipsPage:
    """Build the one page on which a one-time code stands."""
    return SlipsPage(title, "代码只在这一页显示一次，离开就看不到了。请现在打印，交给本人", (card(slip),), Link("回到账号", reverse("accounts:list")), _crumbs(title))


def shown_already(username: str, name: str) -> FormPage:
    """Build the answer to a form that was sent twice: the account is there, its code is kept nowhere."""
    again = Callout("这张表单刚才已经办过，账号只开了一个。一次性代码只显示一次；没有看到的，请", Tone.WARN, Link("重发代码", link("renew", username)))
    return FormPage(
        "账号已经开好", reverse("accounts:list"), (FieldGroup("", (), facts=(Pair("姓名", name), Pair("账号", username))),), "", _crumbs("账号已经开好"),
        callouts=(again,), cancel_url=reverse("accounts:list"),
    )


def _facts(line: AccountLine, today: date) -> tuple[Pair, ...]:
    held = tuple(Pair("已有授权", what(g), span(g)) for g in line.grants if not g.ended(today))
    return (Pair("姓名", line.name), Pair("账号", line.username), *held)


def granting(line: AccountLine, texts: Texts, errors: Texts, key: str, today: date, alike: Sequence[str] = ()) -> FormPage:
    """Build the form that grants a role."""
    chosen = texts.get("role", "")
    options = (Choice("请选择", ""), *(Choice(f"{r.title}（不挂在党组织上）" if r.system else r.title, r.code, chosen=r.code == chosen) for r in roles().values()))
    return FormPage(
        f"授权：{line.name}", reverse("accounts:grant"), (FieldGroup("", (
            Field("role", "职责", "select", choices=options, required=True, error=errors.get("role", ""), width="half"),
            Field("org", "在哪个党组织", value=texts.get("org", ""), maxlength=100, error=errors.get("org", ""), width="half", suggestions=tuple(alike),
                  list_id="l-org" if alike else "", help="写全称或代码；权限到这个组织和它的下级。系统管理员、安全管理员、审计员不用写"),
            Field("valid_from", "从哪天起", "date", texts.get("valid_from", ""), required=True, error=errors.get("valid_from", ""), width="half"),
            Field("valid_to", "到哪天为止", "date", texts.get("valid_to", ""), error=errors.get("valid_to", ""), width="half", help="这一天还算；空着就一直有效"),
        ), facts=_facts(line, today)),), "授权", _crumbs("授权"), "有新的职责以后，本人要重新登录", errors=_errors(errors), cancel_url=reverse("accounts:list"),
        hidden=(("key", key), ("account", line.username)),
    )


def ending(line: AccountLine, texts: Texts, errors: Texts, today: date) -> FormPage:
    """Build the form that ends a grant."""
    held = tuple(Choice(what(g), str(g.grant_id), chosen=texts.get("grant") == str(g.grant_id), hint=span(g)) for g in line.grants if not g.ended(today))
    fields = (
        Field("grant", "收回哪一项", "radio", choices=held, required=True, error=errors.get("grant", "")),
        Field("on", "从哪天起收回", "date", texts.get("on", ""), required=True, error=errors.get("on", ""), width="half", help="这一天起就没有了，已登录的要重新登录"),
    ) if held else ()
    return FormPage(
        f"收回授权：{line.name}", reverse("accounts:end"), (FieldGroup("", fields, facts=(Pair("姓名", line.name), Pair("账号", line.username))),),
        "收回" if held else "", _crumbs("收回授权"), "" if held else "这个账号现在没有授权", errors=_errors(errors), cancel_url=reverse("accounts:list"),
        hidden=(("account", line.username),),
    )


def linking(line: AccountLine, errors: Texts, today: date) -> FormPage:
    """Build the form that says which member an account belongs to."""
    return FormPage(
        f"对上党员：{line.name}", reverse("accounts:link"), (FieldGroup("", (
            Field("id_no", "本人的身份证号", required=True, maxlength=18, error=errors.get("id_no", ""), width="half", help="姓名和身份证号都和花名册一样才算对上；这里不显示党员资料"),
        ), facts=_facts(line, today)),), "对上", _crumbs("对上党员"), "对上以后，本人能看自己的材料，职责可以随党内职务走", errors=_errors(errors),
        cancel_url=reverse("accounts:list"), hidden=(("account", line.username),),
    )


def with_posts(lines: Sequence[PostLine]) -> PostsPage:
    """Build the list of posts with the roles that go with them; what waits for a grant stands first."""
    rows = tuple(
        PostRow(
            p.name, p.username, f"{p.role_title} · {p.org_name}", State(Tone.OK, "已授权") if p.granted or p.loose_id else State(Tone.WAIT, "还没授权"),
            None if p.granted else Button("改成随职务走" if p.loose_id else "授权", reverse("accounts:posts"), "post", fields=(("post", f"{p.account_id}-{p.post_id}"),), small=True),
        )
        for p in sorted(lines, key=lambda p: (p.granted, bool(p.loose_id)))
    )
    return PostsPage("职务变动", "书记、委员换了人，在这里点一下，新任的账号就有相应的职责；职务一结束，职责当天自动没有", rows, _crumbs("职务变动"))


def asking(line: AccountLine, name: str, title: str, button: str, says: str, errors: Texts, today: date) -> FormPage:
    """Build the page that asks before an account is renewed or disabled."""
    return FormPage(
        f"{title}：{line.name}", reverse(f"accounts:{name}"), (FieldGroup("", (), facts=_facts(line, today)),), button, _crumbs(title), errors=_errors(errors),
        callouts=(Callout(says, Tone.WARN),), cancel_url=reverse("accounts:list"), hidden=(("account", line.username),),
    )


def tokens_of(line: AccountLine, held: Sequence[TokenLine], errors: Texts) -> FormPage:
    """Build the form that ends a token of somebody."""
    choices = tuple(
        Choice(f"{t.label}（{t.prefix}…）", str(t.token_id), hint=f"{t.org_name}{t.role_title}：{'；'.join(t.rights)}；{show(t.expires_on - timedelta(days=1))}到期") for t in held
    )
    fields = (Field("token", "停用哪一个", "radio", choices=choices, required=True, error=errors.get("token", "")),)
    return FormPage(
        f"程序令牌：{line.name}", reverse("accounts:tokens"), (FieldGroup("", fields, facts=(Pair("姓名", line.name), Pair("账号", line.username))),),
        "停用", _crumbs("程序令牌"), "停用以后，用它的程序当时就读不到了", errors=_errors(errors),
        cancel_url=reverse("accounts:list"), hidden=(("account", line.username),),
    )
