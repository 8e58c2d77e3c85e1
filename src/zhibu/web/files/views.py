"""The one authorised download."""
from __future__ import annotations

from django.http import FileResponse, Http404, HttpRequest
from django.views.decorators.http import require_GET

from zhibu.ground.files.queries import FileMissing, attachment
from zhibu.ground.guard.permission import Permission


@require_GET
def download(request: HttpRequest, attachment_id: int) -> FileResponse:
    """Send an attachment to somebody who may read the activity's organisation; never shown inside a page."""
    try:
        found = attachment(request.actor.scope(Permission.ACTIVITY_READ), attachment_id)  # type: ignore[attr-defined]
    except FileMissing as error:
        raise Http404 from error
    response = FileResponse(found.path.open("rb"), as_attachment=True, filename=found.name, content_type=found.media_type)
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response
