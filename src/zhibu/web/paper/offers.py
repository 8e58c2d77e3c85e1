"""The blocks 打印和导出 of other pages: which sheets and files there are of a record, or of an organisation and a year."""
from __future__ import annotations

from urllib.parse import urlencode

from django.urls import reverse

from zhibu.areas.meetings.form import LEADING
from zhibu.exchange.sheets.dues_forms import TITLES
from zhibu.ground.guard.actor import Actor
from zhibu.ground.guard.permission import Compartment
from zhibu.ground.guard.permission import Permission as P
from zhibu.ground.record.queries import ActivityView
from zhibu.ground.tree.queries import OrgView
from zhibu.kernel.activities import ActivityKind
from zhibu.web.shell.context import Button

#: sheets of one record: address, label, the kinds that have it (none: every record)
OF_RECORD: tuple[tuple[str, str, frozenset[str]], ...] = (
    ("minutes", "打印会议记录", frozenset()),
    ("sign-in", "打印签到表", frozenset()),
    ("lecture", "打印党课记录", frozenset({ActivityKind.LECTURE})),
    ("theme-day", "打印主题党日活动登记表", frozenset({ActivityKind.THEME_DAY})),
    ("measures", "打印整改清单", frozenset({ActivityKind.ORG_LIFE_MEETING, ActivityKind.APPRAISAL, ActivityKind.DEM_LIFE_MEETING})),
)


def address(name: str, **query: object) -> str:
    """Give the address of a page with its query."""
    return f"{reverse(name)}?{urlencode(query)}"


def forms_of(v: ActivityView) -> dict[str, str]:
    """Give the sheets that a record has: address -> label."""
    kinds = {k for k, _ in v.kinds}
    return {form: label for form, label, wanted in OF_RECORD if not wanted or wanted & kinds}


def of_record(v: ActivityView) -> tuple[Button, ...]:
    """Offer the sheets of one record."""
    return tuple(Button(label, reverse("meetings:sheet", args=[v.id, form])) for form, label in forms_of(v).items())


def for_branch(actor: Actor, org: OrgView, year: int) -> tuple[Button, ...]:
    """Offer the sheets and files of an organisation and a year, as far as this reader may have them."""
    path, found = org.path_now, []
    stands = org.dissolved_on is None
    if org.is_branch and (org.dissolved_on is None or org.dissolved_on.year >= year) and actor.may(P.ACTIVITY_READ, path) and actor.may(P.MEMBER_READ, path):
        found.append(Button(f"{year}年工作手册", address("paper:handbook", org=org.id, year=year)))
    if org.is_branch and stands and actor.may(P.ACTIVITY_READ, path):
        found.append(Button("空白签到表", address("meetings:sign-in", org=org.id)))
    found += of_dues(actor, org, year)
    if (org.is_branch or org.kind in LEADING) and actor.may(P.ACTIVITY_READ, path):
        found.append(Button("整改清单", address("paper:measures", org=org.id, year=year)))
    if stands and actor.may(P.MEMBER_READ, path):
        found.append(Button("花名册 Excel", address("paper:roster", org=org.id)))
    if stands and actor.may(P.COMPLIANCE_READ, path):
        found.append(Button("党组织采集表", reverse("paper:organisation", args=[org.id])))
    return tuple(found)


def of_dues(actor: Actor, org: OrgView, year: int) -> tuple[Button, ...]:
    """Offer the forms about dues of a branch and a year to whoever may see the amounts."""
    path = org.path_now
    if not (org.is_branch and actor.may(P.DUES_READ, path) and actor.scope(P.DUES_READ).opens(Compartment.INCOME, path)):
        return ()
    return tuple(Button(f"{year}年{title}", f"{reverse('paper:dues', args=[form])}?{urlencode({'org': org.id, 'year': year})}") for form, title in TITLES.items())


def of_payment(actor: Actor, path: str, payment_id: int) -> tuple[Button, ...]:
    """Offer the receipt of a payment at the organisation with this path."""
    sees = actor.may(P.DUES_READ, path) and actor.scope(P.DUES_READ).opens(Compartment.INCOME, path)
    return (Button("打印收据", reverse("paper:receipt", args=[payment_id])),) if sees else ()
