"""A form that did not arrive whole is not there at all: a connection that broke leaves neither half a text nor half a file (trust.md E5)."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.files.uploadhandler import FileUploadHandler
from django.http import HttpRequest, HttpResponse, UnreadablePostError

from .errors import bad_request


def _length(request: HttpRequest) -> int:
    told = request.META.get("CONTENT_LENGTH") or ""
    return int(told) if told.isascii() and told.isdigit() else 0


class WholeForm:
    """Refuse (400) a plain form that is shorter than its sender said. Forms with files are judged by WholeUpload, when they have been read."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        plain = request.method == "POST" and request.content_type == "application/x-www-form-urlencoded"
        if plain and len(request.body) < _length(request):
            return bad_request(request)
        return self.get_response(request)


class WholeUpload(FileUploadHandler):
    """Raise when the connection broke before the last byte: Django would take the part that came for the whole file."""

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        """Hand the chunk on."""
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """Leave the file to the next handler."""

    def upload_complete(self) -> Any:
        """Compare what was read with what was announced."""
        stream = getattr(self.request, "_stream", None)
        read = getattr(stream, "_pos", None)
        if self.request is not None and read is not None and read < _length(self.request):
            raise UnreadablePostError("the upload was cut")
