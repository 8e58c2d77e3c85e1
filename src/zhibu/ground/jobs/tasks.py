"""The one task of the library: every job is it, with the name of the work and its arguments."""
from __future__ import annotations

from typing import Any

from django_tasks import task


@task()
def perform(name: str, arguments: dict[str, Any]) -> None:
    """Stand for a piece of work in the table of jobs. Only our own loop runs it: it alone retries, fences and sweeps."""
    raise RuntimeError("jobs are run by `zhibu serve` or `zhibu worker`, not by the library's worker")
