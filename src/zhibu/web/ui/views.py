"""The gallery of components, for whoever builds a page."""
from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from .context import sample


@require_GET
def gallery(request: HttpRequest) -> HttpResponse:
    """Show one of each component with invented content."""
    return render(request, "ui/gallery.html", {"page": sample()})
