"""Importing 10,000 members beside django-import-export with its defaults, and beside reading the file alone."""
from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import xlsxwriter
from django.db import connection, models, transaction
from django.utils import timezone

from zhibu.exchange.intake import confirm, container
from zhibu.exchange.intake.findings import FileRead, Upload
from zhibu.exchange.intake.installed import Installed, in_reach
from zhibu.exchange.intake.pipeline import read_files
from zhibu.ground.access.queries import office
from zhibu.ground.guard.scope import Scope
from zhibu.ground.tree import queries as tree

from . import load
from .compliance import Where
from .table import Table, Took, once

MANY = 10_000
HEADINGS = ("所在党支部", "姓名", "性别", "身份证号", "文化程度", "入党时间", "转正时间", "党员类别", "联系电话", "备注")
FIELDS = ("org", "name", "gender", "id_no", "education", "joined_on", "full_on", "standing", "phone", "remark")


def workbook(branches: Sequence[str], many: int, education: str, remark: str, first: int = 2_000_000) -> bytes:
    """Write a roster of some branches as .xlsx; the headings stand in the first row."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    page = book.add_worksheet("花名册")
    page.write_row(0, 0, HEADINGS)
    for row in range(many):
        number = first + row
        number_id = load.id_no(number)
        gender = "男" if int(number_id[16]) % 2 else "女"
        page.write_row(row + 1, 0, (
            branches[row * len(branches) // many], load.name_of(number), gender, number_id, education, "1999-07-01", "2000-07-01", "正式党员", f"155{number:08d}",
            f"{remark}{row}"))
    book.close()
    return out.getvalue()


def imported(county_id: int, data: bytes) -> confirm.Done:
    """Read, check against what is installed, plan and write, as the page and the command do."""
    now = timezone.now()
    org = tree.views([county_id])[county_id]
    installed = Installed(org, timezone.localdate(now))
    found = in_reach(read_files([Upload("花名册.xlsx", data)], installed.known, parse=installed.parse), installed)
    ready = [f for f in found if isinstance(f, FileRead)]
    return confirm.commit(office("bench", "party_building_office", county_id), org, ready, at=now)


def rows(table: Table, where: Where) -> None:
    """Measure new members, then the same ones changed; what was written is taken back."""
    county_id, path = where.county
    names = [o.name for o in tree.organisations(Scope((path,))) if o.is_branch][-200:]
    new, changed = workbook(names, MANY, "大专", "新"), workbook(names, MANY, "大学本科", "改")
    reading = once(lambda: container.read("花名册.xlsx", new))
    done: list[confirm.Done] = []
    with transaction.atomic():
        first = once(lambda: done.append(imported(county_id, new)))
        second = once(lambda: done.append(imported(county_id, changed)))
        transaction.set_rollback(True)
    if (done[0].counts["members_new"], done[1].counts["members_changed"]) != (MANY, MANY):
        raise SystemExit(f"bench: the import wrote {done[0].counts} and {done[1].counts}")
    theirs = _import_export(new)
    table.ratio(f"import of {MANY:,} new members (.xlsx)", first, reading, "reading and parsing the same file alone", "≤ 60 s, ≤ 1.5")
    table.ratio(f"import of {MANY:,} changed members", second, reading, "reading and parsing the same file alone", "≤ 60 s, ≤ 1.5")
    if theirs is not None:
        table.ratio(f"import of {MANY:,} new members", first, theirs, "django-import-export with its defaults, a plain table", "≥ 8×", inverse=True)


def _import_export(data: bytes) -> Took | None:
    """Import the same file with django-import-export as it comes; None where the requirements of the bench are not installed."""
    try:
        import tablib
        from import_export import resources
    except ImportError:
        return None

    meta = type("Meta", (), {"app_label": "config", "db_table": "bench_member"})
    members: dict[str, Any] = {f: models.CharField(max_length=60, default="") for f in FIELDS}
    members["id_no"] = models.CharField(max_length=18, unique=True)
    plain = type("Member", (models.Model,), {"__module__": "bench.importing", "Meta": meta, **members})
    options = type("Meta", (), {"model": plain, "import_id_fields": ["id_no"], "fields": FIELDS})
    resource = type("Resource", (resources.ModelResource,), {"Meta": options})()

    def theirs() -> None:
        dataset = tablib.Dataset().load(data, format="xlsx")
        dataset.headers = list(FIELDS)
        result = resource.import_data(dataset, raise_errors=True)
        assert result.totals["new"] == MANY, result.totals

    with connection.schema_editor() as editor:
        editor.create_model(plain)  # type: ignore[arg-type]
    try:
        return once(theirs)
    finally:
        with connection.schema_editor() as editor:
            editor.delete_model(plain)  # type: ignore[arg-type]
