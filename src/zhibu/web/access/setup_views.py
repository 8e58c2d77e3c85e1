"""The first page of an empty installation; gone as soon as somebody has an account."""
from __future__ import annotations

from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render, resolve_url
from django.views.decorators.http import require_http_methods

from zhibu.ground.access import setup
from zhibu.ground.access.actions import WeakPassword
from zhibu.web.shell.context import Choice, ErrorLine, Field, FieldGroup, FormPage

KINDS = (("party_committee", "党委"), ("work_committee", "党工委"), ("general_branch", "党总支"), ("branch", "党支部"))
ROLES = (("county_org_dept", "县委组织部"), ("party_building_office", "乡镇党建办、基层党委"), ("branch_secretary", "支部书记（只有一个支部时）"))


@require_http_methods(["GET", "POST"])
def first(request: HttpRequest) -> HttpResponse:
    """Ask for the setup code, the topmost organisation and the first account."""
    if not setup.needed():
        raise Http404
    errors: dict[str, str] = {}
    if request.method == "POST":
        value = {k: request.POST.get(k, "")[:100] for k in ("code", "org_name", "org_short", "org_kind", "name", "username", "role")}
        wanted = setup.First(value["org_name"], value["org_short"], value["org_kind"], value["name"], value["username"][:40], value["role"])
        if wanted.org_kind not in dict(KINDS) or wanted.role not in dict(ROLES):
            raise Http404
        try:
            account = setup.set_up(value["code"], wanted, request.POST.get("password", "")[:256], request.now)  # type: ignore[attr-defined]
            login(request, account, backend="django.contrib.auth.backends.ModelBackend")
            return HttpResponseRedirect(resolve_url("desk"))
        except setup.SetupRefused as refused:
            errors[refused.field] = refused.reason
        except WeakPassword as weak:
            errors["password"] = "；".join(weak.reasons)
    return render(request, "shell/form.html", {"page": _page(request, errors)}, status=422 if errors else 200)


def _page(request: HttpRequest, errors: dict[str, str]) -> FormPage:
    def field(name: str, label: str, **more: object) -> Field:
        return Field(name, label, value=request.POST.get(name, "")[:100], error=errors.get(name, ""), required=True, **more)  # type: ignore[arg-type]

    chosen = {name: request.POST.get(name) or default for name, default in (("org_kind", "party_committee"), ("role", "party_building_office"))}
    return FormPage(
        title="第一次使用", action_url=resolve_url("setup"), submit_label="建好，开始用", sub="这一页只在还没有任何账号的时候有。建好以后，别的组织和账号都从里面加",
        groups=(
            FieldGroup("代码", (Field("code", "设置代码", value="", error=errors.get("code", ""), required=True, help="运行 zhibu serve 的终端里打印的，24 小时内有效，只用一次"),)),
            FieldGroup("最上面的党组织", (
                field("org_name", "全称（与印章一致）"), Field("org_short", "简称", value=request.POST.get("org_short", "")[:40], maxlength=40),
                Field("org_kind", "类别", "select", choices=tuple(Choice(label, code, chosen=code == chosen["org_kind"]) for code, label in KINDS)),
            )),
            FieldGroup("第一个账号", (
                field("name", "姓名"), field("username", "账号", autocomplete="username"),
                Field("role", "在这个组织里做什么", "select", choices=tuple(Choice(label, code, chosen=code == chosen["role"]) for code, label in ROLES)),
                Field("password", "密码", "password", error=errors.get("password", ""), required=True, autocomplete="new-password", help="至少 8 个字，不要只用数字"),
            ), hint="先由一个人兼系统管理员和安全管理员，人多了再分开"),
        ),
        errors=tuple(ErrorLine(text, f"f-{name}") for name, text in errors.items()),
    )
