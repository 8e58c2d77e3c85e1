"""The introduction letter and the certificate for a short stay: shown, printed, or taken away as a Word file. A POST notes it; the letter then has the numbers in full."""
from __future__ import annotations

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from zhibu.areas.transfers import certificates, letters, queries
from zhibu.areas.transfers.rules import State
from zhibu.exchange import excel, letter_word, word
from zhibu.exchange.sheets.introduction_letter import introduction_letter
from zhibu.exchange.sheets.stay_certificate import stay_certificate
from zhibu.ground.guard.actor import Refused
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.guard.scope import Scope
from zhibu.ground.people.actions import PeopleError
from zhibu.kernel.dates import show
from zhibu.web.paper.answer import attached, made_as
from zhibu.web.shell.context import Button, Callout, ErrorPage, Tone

from . import away_forms
from .context import LetterPage
from .forms import crumbs
from .views import seen


@require_http_methods(["GET", "POST"])
def letter(request: HttpRequest, transfer_id: int) -> HttpResponseBase:
    """Show the letter; a POST notes who printed it and why the full numbers were read."""
    view, actor = seen(request, transfer_id), request.actor  # type: ignore[attr-defined]
    if not actor.may(P.TRANSFER_DECIDE, view.from_committee_path or view.to_committee_path):
        raise Refused(letters.NO_LETTER)
    facts = queries.letter(Scope((view.from_path,)) if view.from_path else Scope(), view.id)
    taken, here, numbers = request.method == "POST", reverse("transfers:letter", args=[view.id]), None
    if taken:
        try:
            numbers = letters.note_paper(actor, view.id, made_as=made_as(request), at=request.now)  # type: ignore[attr-defined]
        except PeopleError as error:
            return render(request, "shell/error.html", {"page": ErrorPage("现在不能打印", f"{error.reason}。", "请过一会儿再打印。")}, status=429)
    made = introduction_letter(facts, numbers)
    if taken and made_as(request) == "docx":
        name = excel.file_name(made.unit, made.file_title, request.today).removesuffix(".xlsx") + ".docx"  # type: ignore[attr-defined]
        return attached(letter_word.write(made), name, word.MEDIA_TYPE)
    buttons = (Button("下载 Word", here, "post", fields=(("as", "docx"),)), *(() if taken else (Button("打印", here, "post", "pri", fields=(("as", "page"),)),)))
    said = () if taken else (Callout("预览里的号码没有写全，打印和下载的是完整的，谁打印的会记一笔。", Tone.PLAIN),)
    if view.state == State.CANCELLED:
        said = (Callout("这件转接已经撤销，这封介绍信作废，不要再给人用。", Tone.WARN), *said)
    page = LetterPage(f"介绍信第{view.letter_no}号", crumbs("介绍信", view=view), made.parts, made.note, buttons, said, taken)
    return render(request, "transfers/letter.html", {"page": page})


@require_http_methods(["GET", "POST"])
def certificate(request: HttpRequest, stay_id: int) -> HttpResponseBase:
    """Show the certificate of a short stay; a POST notes who printed it or took it away."""
    actor, taken, here = request.actor, request.method == "POST", reverse("transfers:certificate", args=[stay_id])  # type: ignore[attr-defined]
    facts = certificates.certificate(Scope(actor.sees().paths), stay_id)
    actor.require(P.TRANSFER_REQUEST, facts.org_path)
    made = stay_certificate(facts)
    if taken:
        certificates.note_paper(actor, stay_id, made_as=made_as(request), at=request.now)  # type: ignore[attr-defined]
        if made_as(request) == "docx":
            name = excel.file_name(made.unit, made.file_title, request.today).removesuffix(".xlsx") + ".docx"  # type: ignore[attr-defined]
            return attached(letter_word.write(made), name, word.MEDIA_TYPE)
    buttons = (Button("下载 Word", here, "post", fields=(("as", "docx"),)), *(() if taken else (Button("打印", here, "post", "pri", fields=(("as", "page"),)),)))
    said = (Callout(f"{facts.name}已经在{show(facts.ended_on)}返回，这封证明信不再用。", Tone.WARN),) if facts.ended_on else ()
    page = LetterPage(
        f"党员证明信第{made.number}号", away_forms.crumbs(f"{facts.name}的证明信"), made.parts, made.note, buttons, said, taken,
        "存根留在支部，证明信交本人，沿虚线盖骑缝章；盖章处用章，空处用笔填。",
    )
    return render(request, "transfers/letter.html", {"page": page})
