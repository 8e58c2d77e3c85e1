"""花名册 and what is done with a member."""
from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from zhibu.areas.roster import actions, duplicates, queries, rules
from zhibu.areas.roster.queries import Member
from zhibu.ground.guard.actor import Refused
from zhibu.ground.guard.once import KeyReused
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.people import actions as people
from zhibu.ground.people import correcting
from zhibu.ground.people.actions import NewMember, PeopleError, TooManyReveals
from zhibu.ground.people.queries import is_number
from zhibu.ground.record import queries as recorded
from zhibu.ground.tree.actions import Stale
from zhibu.ground.tree.queries import NotFound
from zhibu.web.shell.context import ErrorPage
from zhibu.web.shell.sent import sent_once
from zhibu.web.shell.stale import PERSON, by_whom

from . import form_pages, forms, roster_page

GET_POST = require_http_methods(["GET", "POST"])
NO_ROSTER = "花名册由支部书记、委员和上级党组织看。您自己的信息在“我的”里"


@GET_POST
def roster(request: HttpRequest) -> HttpResponse:
    """Show the roster. A search is posted, so that a number never stands in an address: it leads to its member's drawer, a name to ?q=."""
    ask = roster_page.asked(request.POST if request.method == "POST" else request.GET, request.today)  # type: ignore[attr-defined]
    actor = request.actor  # type: ignore[attr-defined]
    if not actor.holds(P.MEMBER_READ):
        raise Refused(NO_ROSTER)
    if request.method == "POST" and not is_number(ask.text):
        return HttpResponseRedirect(ask.url())
    scope = actor.scope(P.MEMBER_READ)
    try:
        found = queries.roster(scope, ask.on, ask.search, org_id=ask.org_id, page=ask.page)
    except NotFound as error:
        return render(request, "shell/error.html", {"page": ErrorPage("没有这份花名册", f"{error}。", "请换一个组织或日期。")}, status=404)
    if is_number(ask.text) and found.total == 1:
        return HttpResponseRedirect(ask.url(text="", person_id=found.rows[0].person_id) + "#drawer")  # on a phone the list stands above it
    if ask.person_id and (stays := duplicates.merged_into(ask.person_id)) is not None:
        queries.member(scope, ask.person_id, ask.on)  # 404 outside the scope, as for everybody
        messages.info(request, "您点的登记是重复的，已并入下面这一个")
        return HttpResponseRedirect(ask.url(person_id=stays) + "#drawer")
    drawer = roster_page.drawer(queries.member(scope, ask.person_id, ask.on), ask, actor) if ask.person_id else None
    return render(request, "roster/roster.html", {"page": roster_page.build(found, ask, actor, drawer)})


def _member(request: HttpRequest, person_id: int, permission: P = P.MEMBER_WRITE) -> Member:
    """Give the member for a form: NotFound outside the scope, Refused to readers."""
    member = queries.member(request.actor.scope(P.MEMBER_READ), person_id, request.today)  # type: ignore[attr-defined]
    request.actor.require(permission, member.org.path)  # type: ignore[attr-defined]
    if duplicates.merged_into(person_id) is not None:
        raise NotFound("这个登记是重复的，已并入另一个。请从花名册打开")
    return member


def _saved(request: HttpRequest, person_id: int, said: str) -> HttpResponse:
    messages.success(request, said)
    return HttpResponseRedirect(form_pages.drawer_url(person_id))


def _reused(request: HttpRequest, error: KeyReused) -> HttpResponse:
    page = ErrorPage("这张表单已经存过", str(error), "请从花名册重新打开再填。")
    return render(request, "shell/409.html", {"page": page}, status=409)


@GET_POST
def add(request: HttpRequest) -> HttpResponse:
    """Add a member."""
    actor, key = request.actor, forms.key_of(request.POST)  # type: ignore[attr-defined]
    if not actor.holds(P.MEMBER_WRITE):
        raise Refused("您没有登记党员的权限，请找支部书记或镇党建办")
    branches = queries.branches(actor.scope(P.MEMBER_WRITE))
    asked = roster_page.asked(request.GET, request.today).org_id  # type: ignore[attr-defined]
    filled = forms.member(request.POST, new=True) if request.method == "POST" else forms.blank(request.today, asked)  # type: ignore[attr-defined]
    if request.method == "POST" and not filled.problems:
        new = NewMember(**filled.values)
        try:
            person_id = actions.add_member(actor, new, key=key, at=request.now)  # type: ignore[attr-defined]
        except PeopleError as error:
            filled = filled.refused(error)
        except KeyReused as error:
            return _reused(request, error)
        else:
            _note(request, new.id_no, filled)
            return _saved(request, person_id, f"已登记{new.name}")
    return render(request, "shell/form.html", {"page": form_pages.add(filled, branches, key)}, status=422 if filled.problems else 200)


def _note(request: HttpRequest, id_no: str, filled: forms.Filled) -> None:
    values = filled.values
    notes = rules.differences(id_no, values["birth_on"], values["birth_precision"], values["gender"])
    notes += rules.young(values["birth_on"], values["birth_precision"], values["joined_on"], values["joined_precision"])
    for note in notes:
        messages.warning(request, note)


@GET_POST
def edit(request: HttpRequest, person_id: int) -> HttpResponse:
    """Change items of a member's sheet; a stale form comes back with both versions (409)."""
    member = _member(request, person_id)
    if request.method == "GET":
        return render(request, "shell/form.html", {"page": form_pages.edit(member, forms.of_file(member.file))})
    filled = forms.member(request.POST, new=False)
    version = filled.texts["version"]
    stale, status = None, 422
    if not filled.problems:
        try:
            people.edit(request.actor, person_id, values=filled.values, version=int(version) if version.isdecimal() else 0, reason=filled.texts["reason"], at=request.now)  # type: ignore[attr-defined]
        except PeopleError as error:
            filled = filled.refused(error)
        except Stale:
            stale, status = forms.of_file(member.file), 409
        else:
            _note(request, filled.values["id_no"], filled)
            return _saved(request, person_id, f"{filled.values['name']}的资料已保存")
    by = by_whom(request.actor.scope(P.MEMBER_READ), "person", person_id, PERSON) if stale else ()  # type: ignore[attr-defined]
    return render(request, "shell/form.html", {"page": form_pages.edit(member, filled, stale, by)}, status=status)


@GET_POST
def end(request: HttpRequest, person_id: int) -> HttpResponse:
    """End a membership."""
    member, key = _member(request, person_id), forms.key_of(request.POST)
    transfers = request.actor.may(P.TRANSFER_REQUEST, member.org.path)  # type: ignore[attr-defined]
    filled = forms.ending(request.POST) if request.method == "POST" else forms.Filled({"on": request.today.isoformat()})  # type: ignore[attr-defined]
    if request.method == "POST" and not filled.problems:
        try:
            actions.end_member(request.actor, person_id, **filled.values, key=key, at=request.now)  # type: ignore[attr-defined]
        except PeopleError as error:
            filled = filled.refused(error)
        except KeyReused as error:
            return _reused(request, error)
        else:
            late = recorded.on_roll_since(request.actor.scope(P.ACTIVITY_READ), member.org.id, person_id, filled.values["on"])  # type: ignore[attr-defined]
            if late:
                messages.warning(request, f"从那天起已记的会里，有 {late} 次应到名单还有{member.file.name}，请到台账里更正那几次记录")
            return _saved(request, person_id, f"{member.file.name}的组织关系已结束")
    return render(request, "shell/form.html", {"page": form_pages.end(member, filled, key, transfers=transfers)}, status=422 if filled.problems else 200)


@GET_POST
@sent_once
def revive(request: HttpRequest, person_id: int) -> HttpResponse:
    """Take back a death that was entered by mistake."""
    member, key = _member(request, person_id), forms.key_of(request.POST)
    last = member.file.spells[-1] if member.file.spells else None
    if last is None or not correcting.may_revive(request.actor, member.org.path, last.ended_as, last.to_on):  # type: ignore[attr-defined]
        page = ErrorPage("不用更正", f"“{member.file.name}”没有登记去世。", "请回花名册核对。")
        return render(request, "shell/error.html", {"page": page}, status=409)
    filled = forms.reviving(request.POST) if request.method == "POST" else forms.Filled({})
    if request.method == "POST":
        try:
            actions.revive(request.actor, person_id, reason=filled.texts["reason"], key=key, at=request.now)  # type: ignore[attr-defined]
        except PeopleError as error:
            filled = filled.refused(error)
        except KeyReused as error:
            return _reused(request, error)
        else:
            return _saved(request, person_id, f"{member.file.name}已恢复登记")
    return render(request, "shell/form.html", {"page": form_pages.revive(member, filled, key)}, status=422 if filled.problems else 200)


@GET_POST
def standing(request: HttpRequest, person_id: int) -> HttpResponse:
    """Change 人员类别, 党籍状态 or rights from a day on."""
    member, key = _member(request, person_id), forms.key_of(request.POST)
    spell = member.file.spells[-1]
    now = {"on": request.today.isoformat(), "standing": spell.standing, "rights": spell.rights}  # type: ignore[attr-defined]
    filled = forms.standing(request.POST) if request.method == "POST" else forms.Filled(now)
    if request.method == "POST" and not filled.problems:
        try:
            actions.change_standing(request.actor, person_id, **filled.values, key=key, at=request.now)  # type: ignore[attr-defined]
        except PeopleError as error:
            filled = filled.refused(error)
        except KeyReused as error:
            return _reused(request, error)
        else:
            return _saved(request, person_id, f"{member.file.name}的状态已改")
    page = form_pages.standing(member, filled, key, rules.standing_moves(spell.standing))
    return render(request, "shell/form.html", {"page": page}, status=422 if filled.problems else 200)


@GET_POST
def reveal(request: HttpRequest, person_id: int) -> HttpResponse:
    """Show an ID number or phone in full for a purpose. The number stands in this one answer and nowhere else."""
    member = _member(request, person_id, P.MEMBER_REVEAL)
    what = request.GET.get("what", "")
    what = what if what in roster_page.NUMBERS else "id_no"
    filled, number, status = forms.purpose(request.POST), None, 200
    if request.method == "POST":
        try:
            number = people.reveal(request.actor, person_id, what=what, purpose=filled.texts["purpose"], at=request.now)  # type: ignore[attr-defined]
        except PeopleError as error:
            filled, status = filled.refused(error), 429 if isinstance(error, TooManyReveals) else 422
    return render(request, "shell/form.html", {"page": form_pages.reveal(member, what, filled, number)}, status=status)
