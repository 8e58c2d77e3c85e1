"""The first page of an empty installation; gone as soon as somebody has an account."""
from __future__ import annotations

from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render, resolve_url
from django.views.decorators.http import require_http_methods

from zhibu.ground.access import passwords, setup
from zhibu.ground.access.refusals import WeakPassword
from zhibu.web.shell.context import Callout, Choice, ErrorLine, Field, FieldGroup, FormPage, Link, Tone

from .context import SlipsPage
from .slips import card

KINDS = (("party_committee", "党委"), ("work_committee", "党工委"), ("general_branch", "党总支"), ("branch", "党支部"))
ROLES = (
    ("county_org_dept", "县委组织部"), ("party_building_office", "乡镇党建办、基层党委"), ("general_branch_secretary", "党总支书记"),
    ("branch_secretary", "支部书记（只有一个支部时）"),
)
PEOPLE = (
    ("system_admin", "系统管理员（您自己）", "开账号、停用、重发一次性代码，管运行。现在就设密码"),
    ("security_admin", "安全管理员", "给账号授职责、收回职责"),
    ("auditor", "审计员", "查操作日志，看得到前两位办了什么"),
    ("office", "第一个办公账号", "管组织、花名册和组织生活；别的办公账号以后从里面加"),
)
FEW = "三个管理员最好是三个人。人手少的，一个人可以兼其中两个：两处写同样的姓名和账号。兼了以后，少一个人互相看着，人多了请分开。"


@require_http_methods(["GET", "POST"])
def first(request: HttpRequest) -> HttpResponse:
    """Ask for the setup code and the first accounts; the answer is the only page that ever shows their one-time codes."""
    if not setup.needed():
        raise Http404
    errors: dict[str, str] = {}
    if request.method == "POST":
        try:
            account, slips = setup.set_up(request.POST.get("code", "")[:100], _wanted(request), request.POST.get("password", "")[:256], request.now)  # type: ignore[attr-defined]
        except setup.SetupRefused as refused:
            errors[refused.field] = refused.reason
        except WeakPassword as weak:
            errors["password"] = "；".join(weak.reasons)
        else:
            login(request, account, backend="django.contrib.auth.backends.ModelBackend")
            page = SlipsPage("建好了", "下面每一张交给一个人。代码只在这一页显示一次，请先打印或抄好再离开", tuple(card(s) for s in slips), Link("开始用", resolve_url("desk")))
            return render(request, "access/slips.html", {"page": page})
    return render(request, "shell/form.html", {"page": _page(request, errors)}, status=422 if errors else 200)


def _wanted(request: HttpRequest) -> setup.First:
    def text(name: str) -> str:
        return "".join(c for c in request.POST.get(name, "")[:100] if c.isprintable()).strip()

    who = [setup.Who(text(f"{code}_name"), text(f"{code}_username")) for code, _, _ in PEOPLE]
    role, kind = text("role"), text("org_kind") or "party_committee"
    if kind not in dict(KINDS) or role not in dict(ROLES):
        raise Http404
    return setup.First(*who, role, text("org_name"), text("org_short")[:40], kind)


def _page(request: HttpRequest, errors: dict[str, str]) -> FormPage:
    def field(name: str, label: str, **more: object) -> Field:
        return Field(name, label, value=request.POST.get(name, "")[:100], error=errors.get(name, ""), required=True, **more)  # type: ignore[arg-type]

    chosen = {name: request.POST.get(name) or default for name, default in (("org_kind", "party_committee"), ("role", "party_building_office"))}
    org = () if setup.founded() else (FieldGroup("最上面的党组织", (
        field("org_name", "全称（与印章一致）"), Field("org_short", "简称", value=request.POST.get("org_short", "")[:40], maxlength=40),
        Field("org_kind", "类别", "select", choices=tuple(Choice(label, code, chosen=code == chosen["org_kind"]) for code, label in KINDS)),
    )),)
    more = {
        "system_admin": (Field("password", "密码", "password", error=errors.get("password", ""), required=True, autocomplete="new-password", help="；".join(passwords.says())),),
        "office": (Field("role", f"在{setup.founded() or '这个组织'}做什么", "select", error=errors.get("role", ""), choices=tuple(Choice(label, code, chosen=code == chosen["role"]) for code, label in ROLES)),),
    }
    people = tuple(
        FieldGroup(title, (field(f"{code}_name", "姓名", width="half"), field(f"{code}_username", "账号", width="half", autocomplete="off"), *more.get(code, ())), hint=hint)
        for code, title, hint in PEOPLE
    )
    return FormPage(
        title="第一次使用", action_url=resolve_url("setup"), submit_label="建好", sub="这一页只在还没有任何账号的时候有。别的组织和账号以后从里面加",
        groups=(
            FieldGroup("代码", (Field("code", "设置代码", value="", error=errors.get("code", ""), required=True, help="运行 zhibu init 或 zhibu serve 时终端里打印的，24 小时内有效，只用一次"),)),
            *org, *people,
        ),
        callouts=(Callout(FEW, Tone.WARN),), errors=tuple(ErrorLine(text, f"f-{name}") for name, text in errors.items()),
    )
