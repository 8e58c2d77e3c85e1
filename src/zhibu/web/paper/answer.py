"""Answer with sheets: a page that shows them, a page to print, or a Word file; and with any file to save.

A GET shows the sheets and cannot be printed; what is printed or taken away is asked for by POST, and the caller notes it in the journal first."""
from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date

from django.http import FileResponse, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render

from zhibu.exchange import excel, word
from zhibu.exchange.sheets.sheet import Sheet
from zhibu.web.shell.context import Button, Link

from .context import SheetPage


def attached(data: bytes, name: str, media_type: str) -> FileResponse:
    """Answer with a file to save; the name is written by RFC 6266."""
    response = FileResponse(io.BytesIO(data), as_attachment=True, filename=name, content_type=media_type)
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


def made_as(request: HttpRequest) -> str:
    """Tell what a POST asks for: docx or page."""
    return "docx" if request.POST.get("as") == "docx" else "page"


def sheets(
    request: HttpRequest, laid: Sequence[Sheet], *, title: str, unit: str, on: date, crumbs: tuple[Link, ...], more: tuple[Button, ...] = (), again: bool = True
) -> HttpResponseBase:
    """Show sheets, give the page to print, or send the Word file. again: False when the file has to be asked for anew (numbers in full)."""
    taken, here = request.method == "POST", request.get_full_path()
    if taken and made_as(request) == "docx":
        return attached(word.write(*laid), excel.file_name(unit, title, on).removesuffix(".xlsx") + ".docx", word.MEDIA_TYPE)
    word_file, to_print = Button("下载 Word", here, "post", fields=(("as", "docx"),)), Button("打印", here, "post", "pri", fields=(("as", "page"),))
    buttons = (*((word_file,) if again else ()), *((to_print, *more) if not taken else ()))
    return render(request, "paper/sheet.html", {"page": SheetPage(title, tuple(laid), (*crumbs, Link(title)), buttons, taken)})
