"""导入 in three steps: 选文件, 对列, 看结果; afterwards the batch with its undo. Nothing is written before 确认导入."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import wraps
from pathlib import PurePath
from typing import Any

from django.contrib import messages
from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.timezone import localtime
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_GET, require_http_methods

from zhibu.exchange.intake import columns as table_columns
from zhibu.exchange.intake import confirm, returned, rights
from zhibu.exchange.intake.findings import NO_CORRECTION, FileRead, FileRefused, TableKind
from zhibu.exchange.intake.grid import Refused as FileRefusal
from zhibu.exchange.intake.installed import Installed, in_reach
from zhibu.exchange.intake.pipeline import read_files
from zhibu.exchange.intake.plan import Plan
from zhibu.ground.guard.actor import Actor, Refused
from zhibu.ground.guard.once import once
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.guard.scope import Scope
from zhibu.ground.journal import headings
from zhibu.ground.tree import queries as tree
from zhibu.ground.tree.queries import OrgView
from zhibu.web.shell.context import Callout, ErrorLine, ErrorPage, FieldGroup, FormPage, Link, Pair, Tone

from . import forms, pages, waiting
from .waiting import Waiting

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_ORGS = 60
Reads = tuple[FileRead | FileRefused, ...]


def importing(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Let in whoever may import somewhere."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not rights.somewhere(request.actor):  # type: ignore[attr-defined]
            raise Refused(rights.REFUSED)
        return view(request, *args, **kwargs)

    return guarded


# ---------------------------------------------------------------- step 1


@csrf_exempt
def upload(request: HttpRequest) -> HttpResponse:
    """Step 1 选文件. A file that is too large is not taken in to its end."""
    if request.method == "POST":
        request.upload_handlers = [forms.Limit(request), TemporaryFileUploadHandler(request)]
    return _upload(request)


@csrf_protect
@require_http_methods(["GET", "HEAD", "POST"])
@importing
def _upload(request: HttpRequest) -> HttpResponse:
    waiting.sweep(request.now)  # type: ignore[attr-defined]
    actor: Actor = request.actor  # type: ignore[attr-defined]
    orgs = _orgs(actor)
    if request.method != "POST":
        return _step1(request, orgs, None)
    text = request.POST.get("org", "")
    org_id = int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None
    if org_id not in dict(orgs):
        raise tree.NotFound("没有找到这个党组织")
    files = request.FILES.getlist("files")
    if name := getattr(request, "too_large", ""):
        return _step1(request, orgs, org_id, (f"“{name}”超过 10 MB，请拆分后上传（E102）",))
    if not files:
        return _step1(request, orgs, org_id, ("没有选文件。请选一个或几个表格文件",))
    if len(files) > forms.MOST_FILES:
        return _step1(request, orgs, org_id, (f"一次最多 {forms.MOST_FILES} 个文件，请分几次导入",))
    org = tree.organisation(rights.scope(actor), org_id)
    found = forms.parsed(files, Installed(org, request.today).parse)  # type: ignore[attr-defined]
    refused = {name: one for name, one in found.items() if isinstance(one, FileRefusal)}
    if len(refused) == len(found):
        return _step1(request, orgs, org_id, tuple(f"“{name}”没有读进来：{one.message}（{one.code}）" for name, one in refused.items()))
    one = waiting.begin(actor.account_id or 0, org.id, found)
    return HttpResponseRedirect(reverse("intake:columns", args=[one.key]))


def _step1(request: HttpRequest, orgs: list[tuple[int, str]], chosen: int | None, errors: tuple[str, ...] = ()) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    listed = confirm.batches_of(actor, at=request.now)  # type: ignore[attr-defined]
    return render(request, "intake/upload.html", {"page": pages.upload(orgs, chosen, listed, errors, rights.anywhere(actor))}, status=422 if errors else 200)


def _orgs(actor: Actor) -> list[tuple[int, str]]:
    """List where this account may import: its own organisation first, those below as far as the list stays short."""
    found = tree.organisations(rights.scope(actor))
    if len(found) > MOST_ORGS:
        found = [o for o in found if not o.is_branch]
    return [(o.id, o.name) for o in found]


@require_GET
@importing
def blank(request: HttpRequest, kind: str) -> HttpResponse:
    """Send an empty table to fill in."""
    if kind not in forms.KINDS_ZH:
        raise Http404
    return _xlsx(returned.blank(TableKind(kind)), f"空表_{forms.KINDS_ZH[kind]}.xlsx")


# ---------------------------------------------------------------- what is under way


@dataclass(slots=True)
class Under:
    """An import under way with everything a step needs."""

    actor: Actor
    one: Waiting
    org: OrgView
    office: OrgView
    installed: Installed

    def read(self, *, answers: bool = True, orgs: bool = True, columns: bool = True) -> Reads:
        """Read the files: with or without the answers about rows, the answers about branches, the corrections of columns."""
        corrections = {
            name: replace(c, resolutions=c.resolutions if answers else {}, orgs=c.orgs if orgs else {}, mapping=c.mapping if columns else {})
            for name, c in self.one.corrections.items()
        }

        def parse(name: str, data: bytes) -> Any:
            book = self.one.parse(name, data)
            self.installed.prime(book)
            return book

        return in_reach(read_files(self.one.uploads(), self.installed.known, corrections, parse=parse), self.installed)

    def answered(self) -> bool:
        """Tell whether the clerk has answered anything."""
        return any(c.resolutions for c in self.one.corrections.values())

    def branches(self) -> list[str]:
        """List the branches within reach."""
        return [o.name for o in self.installed.orgs.values() if o.is_branch]


def _under(request: HttpRequest, key: str) -> Under | HttpResponse:
    """Give the import under way; a page that says so when it is over."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    one = waiting.load(actor.account_id or 0, key)
    if one is None:
        page = ErrorPage(
            "这次导入已经结束", "文件导入以后或满 24 小时就删了，或者地址不对。", "要接着导入，请重新选文件；已经导入的在“导入”页面最下面。",
        )  # fmt: skip
        return render(request, "shell/error.html", {"page": page}, status=404)
    org = tree.organisation(rights.scope(actor), one.org_id)
    held = rights.office(actor, org.path_now)
    office = tree.organisation(rights.scope(actor), held.org_id) if held else org
    learnt = headings.learnt(Scope((office.path,)), office.id)
    return Under(actor, one, org, office, Installed(org, request.today, learnt, rights.tables(actor, org.path_now)))  # type: ignore[attr-defined]


def _only_read(found: Reads) -> list[FileRead | None]:
    return [f if isinstance(f, FileRead) else None for f in found]


# ---------------------------------------------------------------- step 2


@require_http_methods(["GET", "HEAD", "POST"])
@importing
def columns(request: HttpRequest, key: str) -> HttpResponse:
    """Step 2 对列: what each column is, and which branch a roster belongs to."""
    under = _under(request, key)
    if isinstance(under, HttpResponse):
        return under
    shown = under.read(answers=False, orgs=False)
    if request.method != "POST":
        return _step2(request, under, shown)
    given = forms.read_columns(request.POST, _only_read(under.read(answers=False, columns=False)), _only_read(shown), under.one.corrections, frozenset(under.branches()))
    if given.faults:
        return _step2(request, under, shown, given)
    under.one.corrections = given.corrections
    under.one.keep()
    return HttpResponseRedirect(reverse("intake:columns" if given.again else "intake:result", args=[key]))


def _step2(request: HttpRequest, under: Under, shown: Reads, given: forms.ColumnsGiven | None = None) -> HttpResponse:
    establish = Link("没有这个支部，先去建", reverse("org:establish", args=[under.org.id])) if under.actor.may(P.IMPORT, under.org.path_now) else None
    page = pages.columns_page(
        under.one, shown, under.installed.known.learnt, under.branches(), establish, request.POST.dict() if given else None, given.faults if given else (),
        under.installed.known.tables,
    )
    return render(request, "intake/columns.html", {"page": page}, status=422 if given else 200)


# ---------------------------------------------------------------- step 3


@require_http_methods(["GET", "HEAD", "POST"])
@importing
def result(request: HttpRequest, key: str) -> HttpResponse:
    """Step 3 看结果: what will be written, what is to be decided, what is to be mended; 确认导入."""
    under = _under(request, key)
    if isinstance(under, HttpResponse):
        return _again(request, key) or under
    plain = under.read(answers=False)
    before = under.read() if under.answered() else plain
    if request.method != "POST":
        return _step3(request, under, plain, before)
    stood = under.one.corrections
    found = forms.read_answers(request.POST, _only_read(plain), stood)
    found = forms.read_answers(request.POST, _only_read(before), found)
    after = before
    if found != stood:
        under.one.corrections = found
        under.one.keep()
        after = under.read()
    do = request.POST.get("do", "")
    if do != "confirm":
        number = do.removeprefix("page-")
        page = int(number) if number.isascii() and number.isdigit() and len(number) < 5 else 1
        return _step3(request, under, plain, after, page=page)
    if bad := pages.answered_badly(before, after):
        return _step3(request, under, plain, after, errors=(f"有 {bad} 行按您定的还是不能导入，原因在下面。请看过再确认",))
    shown = _draw(under, before, request)
    if shown.digest != request.POST.get("seen", ""):
        return _again(request, under.one.key) or _step3(request, under, plain, after, errors=(confirm.Changed.reason,), status=409)
    return _confirm(request, under, plain, after)


def _again(request: HttpRequest, key: str) -> HttpResponse | None:
    """A second click on 确认导入 leads to the batch that the first one made. Asked at the door, and again before telling that things have changed:
    what changed may be the first click itself."""
    if request.method != "POST" or request.POST.get("do") != "confirm":
        return None

    def nothing() -> str:
        raise LookupError

    try:
        target, _ = once(request.actor.account_id, f"intake-{key}", {"confirm": key}, request.now, nothing)  # type: ignore[attr-defined]
    except LookupError:
        return None
    return HttpResponseRedirect(target)


def _draw(under: Under, found: Reads, request: HttpRequest) -> Plan:
    return confirm.draw(under.actor, under.org, [f for f in found if isinstance(f, FileRead)], at=request.now)  # type: ignore[attr-defined]


def _step3(request: HttpRequest, under: Under, plain: Reads, found: Reads, *, page: int = 1, errors: tuple[str, ...] = (), status: int = 0) -> HttpResponse:
    shown = pages.result_page(under.one, plain, found, _draw(under, found, request), page=page, errors=errors)
    return render(request, "intake/result.html", {"page": shown}, status=status or (422 if errors else 200))


def _confirm(request: HttpRequest, under: Under, plain: Reads, found: Reads) -> HttpResponse:
    plan, read = _draw(under, found, request), [f for f in found if isinstance(f, FileRead)]
    if plan.empty:
        return _again(request, under.one.key) or _step3(request, under, plain, found, errors=("没有要写进去的：系统里都有了，或者都还要您定、要改",))
    done: list[confirm.Done] = []

    def write() -> str:
        at = request.now  # type: ignore[attr-defined]
        done.append(confirm.commit(under.actor, under.org, read, at=at, expected=plan.digest, learnt=_learnt(under, read), office=under.office))
        return reverse("intake:batch", args=[done[0].batch_id])

    key = under.one.key
    try:
        target, fresh = once(under.actor.account_id, f"intake-{key}", {"confirm": key}, request.now, write)  # type: ignore[attr-defined]
    except confirm.Changed as error:
        return _again(request, key) or _step3(request, under, plain, under.read(), errors=(error.reason,), status=409)
    if fresh and done[0].batch_id is not None:
        tables = {f.name: returned.write(f) for f in read if pages.to_return(f)}
        waiting.keep_returned(under.actor.account_id or 0, done[0].batch_id, tables)
        messages.success(request, f"已导入：{pages.counted(done[0].counts)}。")
    waiting.drop(under.actor.account_id or 0, key)
    return HttpResponseRedirect(target)


def _learnt(under: Under, read: list[FileRead]) -> dict[str, dict[str, str]]:
    """Gather what the clerk corrected in this import, by kind of table."""
    found: dict[str, dict[str, str]] = {}
    for file in read:
        mapping = under.one.corrections.get(file.name, NO_CORRECTION).mapping
        for sheet in file.sheets:
            if sheet.kind and mapping.get(sheet.name):
                found.setdefault(str(sheet.kind), {}).update(table_columns.learn(sheet.kind, sheet.columns, mapping[sheet.name]))
    return found


@require_GET
@importing
def returned_table(request: HttpRequest, key: str, number: int) -> HttpResponse:
    """Send the clerk's own file back with the red reason column."""
    under = _under(request, key)
    if isinstance(under, HttpResponse):
        return under
    found = under.read()
    if number >= len(found):
        raise Http404
    file = found[number]
    if isinstance(file, FileRefused):
        raise Http404
    return _xlsx(returned.write(file), _back_name(file.name))


def _back_name(name: str) -> str:
    return f"退回_{PurePath(name).stem}.xlsx"


def _xlsx(data: bytes, name: str) -> HttpResponse:
    response = HttpResponse(data, content_type=XLSX)
    response.headers["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


# ---------------------------------------------------------------- afterwards


@require_GET
@importing
def batch(request: HttpRequest, batch_id: int) -> HttpResponse:
    """Show a batch: what it wrote, until when it can be undone, the tables to send back."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = confirm.batch(actor, batch_id, at=request.now)  # type: ignore[attr-defined]
    org = tree.organisation(rights.scope(actor), found.org_id)
    back = {n: name for n, (name, _) in waiting.returned(actor.account_id or 0, batch_id).items()}
    links = [Link("看花名册", reverse("roster:list"))] if found.counts.get("members_new") or found.counts.get("members_changed") else []
    links += [Link("看台账", reverse("meetings:ledger"))] if found.counts.get("meetings") else []
    links += [Link("看组织树", reverse("org:tree"))] if found.counts.get("organisations_new") else []
    of_dues = found.counts.get("dues_new") or found.counts.get("dues_changed")
    links += [Link("看党费核定", reverse("dues:bases", args=[org.id]))] if of_dues and org.is_branch and rights.writes_dues(actor, org.path_now) else []
    return render(request, "intake/batch.html", {"page": pages.batch_page(found, org.name, back, [*links, Link("再导入", reverse("intake:upload"))], confirm.may_undo(actor, found, org.path_now))})


@require_GET
@importing
def batch_returned(request: HttpRequest, batch_id: int, number: int) -> HttpResponse:
    """Send a table back after the import, for 24 hours."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    confirm.batch(actor, batch_id, at=request.now)  # type: ignore[attr-defined]
    found = waiting.returned(actor.account_id or 0, batch_id).get(number)
    if found is None:
        raise Http404
    return _xlsx(found[1], _back_name(found[0]))


@require_http_methods(["GET", "HEAD", "POST"])
@importing
def undo(request: HttpRequest, batch_id: int) -> HttpResponse:
    """Ask once, then take the whole batch back."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = confirm.batch(actor, batch_id, at=request.now)  # type: ignore[attr-defined]
    errors: list[ErrorLine] = []
    if request.method == "POST":
        try:
            confirm.undo(actor, batch_id, at=request.now)  # type: ignore[attr-defined]
        except confirm.UndoRefused as error:
            errors = [ErrorLine(error.reason), *(ErrorLine(confirm.obstacle_text(o)) for o in error.obstacles)]
        else:
            messages.success(request, "已整批撤销，数据回到导入以前。")
            return HttpResponseRedirect(reverse("intake:batch", args=[batch_id]))
    at = localtime(found.at)
    back = reverse("intake:batch", args=[batch_id])
    page = FormPage(
        "整批撤销", reverse("intake:undo", args=[batch_id]),
        (FieldGroup("", (), facts=(Pair("哪一批", f"{at.year}年{at.month}月{at.day}日 {at:%H:%M}，{found.by}"), Pair("文件", "、".join(found.file_names)), Pair("写入的", pages.counted(found.counts)))),),
        "撤销这一批", pages.crumbs("整批撤销"), "这一批新增的都去掉，改过的都改回去。别的数据不动。",
        (Callout("这一批已经不能撤销了。", Tone.WARN),) if not found.open and not errors else (), tuple(errors), back,
    )  # fmt: skip
    return render(request, "shell/form.html", {"page": page}, status=409 if errors else 200)
