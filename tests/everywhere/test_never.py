"""What the product never does (product.md, ux.md §1.1), as far as a machine can see it: in the tables, the statements, the rule sets and the words."""
from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import date, time
from pathlib import Path
from typing import Any, cast

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone
from tests import world
from tests.everywhere.pages import read, send
from tests.world import AT, PASSWORD

from zhibu.areas.meetings import reminders
from zhibu.areas.meetings.form import BRANCH_KINDS
from zhibu.ground.access.models import Account
from zhibu.ground.access.roles import roles
from zhibu.ground.guard.permission import Permission
from zhibu.ground.people.queries import Search
from zhibu.ground.policy import actions as policy
from zhibu.ground.policy.catalogue import FAMILIES
from zhibu.ground.policy.library import shipped
from zhibu.ground.policy.resolve import resolve
from zhibu.ground.policy.spec import LifeRule
from zhibu.ground.record import queries as recorded
from zhibu.kernel.activities import RECORD_BIT, mask_of

SRC = Path(__file__).parents[2] / "src" / "zhibu"
OWN_APPS = {c.label for c in apps.get_app_configs() if c.name.startswith("zhibu.")}

# ---------------------------------------------------------------- fields

#: parts of a name that a field must not have
NEVER = re.compile(
    r"(^|_)(religion|faith|belief|creed|ethnic_group|points?|scores?|rank|ranking|leader_?board|league|level_up|badge|stars?_total|"
    r"lat|lng|lon|latitude|longitude|location|geo\w*|gps|coordinates?|track|device|imei|user_agent|browser|fingerprint|face|biometric|"
    r"online|seconds|minutes_online|duration|reading_time|login|logins|logged|last_login|last_seen|visits?|clicks?|views?|likes?|activity_score|active_days|quota|installed)($|_)"
)
#: fields of Django and its lock-out that cannot be left out, and what keeps them empty or harmless
EXPLAINED = {
    "axes_accessattempt.user_agent": "always empty: web/access/lockout.py", "axes_accessfailurelog.user_agent": "never written: AXES_ENABLE_ACCESS_FAILURE_LOG is off",
    "axes_accesslog.user_agent": "never written: AXES_DISABLE_ACCESS_LOG",
}


def named(pattern: re.Pattern[str]) -> list[str]:
    """List the columns whose name a pattern finds."""
    return [
        f"{m._meta.db_table}.{f.name}" for m in apps.get_models(include_auto_created=True) for f in m._meta.get_fields() if f.concrete and pattern.search(f.name)
    ]


def test_no_field_for_what_is_never_kept() -> None:
    assert [f for f in named(NEVER) if f not in EXPLAINED] == []


@pytest.mark.parametrize("name", ["religion", "member_points", "rank", "gps_lat", "device_id", "online_minutes", "last_login", "face_hash", "login_count"])
def test_the_scan_of_fields_sees(name: str) -> None:
    assert NEVER.search(name) or NEVER.search(name.split("_")[0])


def test_no_json_column_keeps_it_either(django_user_model: Any) -> None:
    """Free-form columns hold what is listed here and nothing about devices or places."""
    free = {f"{m._meta.label_lower}.{f.name}" for m in apps.get_models() if m._meta.app_label in OWN_APPS for f in m._meta.get_fields() if f.concrete and f.get_internal_type() == "JSONField"}
    assert free <= {
        "journal.entry.changes", "journal.importbatch.file_names", "journal.importbatch.counts", "journal.importbatch.made", "journal.importbatch.changed",
        "journal.importbatch.removed", "process.case.wish", "people.personmerge.detail", "meetings.draft.form", "record.activity.contents", "record.activity.expected", "record.activity.held_as",
        "policy.localset.content", "policy.localset.tables",  # values of rules with their clauses; decision tables
        "transfers.transfer.steps",  # what was done, when, by whom
        "meetings.plan.kinds", "meetings.plan.topics", "meetings.plan.host_said",
        "access.apitoken.permissions",
        "bank.bankfile.faults",  # rows that could not be read, with the reason
        "dues.incomebase.parts", "dues.payment.months", "dues.publication.figures",  # items of a base, months with sums, sums as made known
        "training.session.expected", "training.session.absent", "resources.placecheck.listed", "resources.placecheck.present",
    }, free


# ---------------------------------------------------------------- 民族

ASKING = {
    "filter", "exclude", "get", "order_by", "values", "values_list", "annotate", "aggregate", "distinct", "alias", "group_by", "Q", "F", "Count", "Index", "UniqueConstraint",
    "search", "only", "defer", "groupby", "Counter", "sorted", "sort",
}


def asked_by_ethnicity(tree: ast.AST) -> Iterator[int]:
    """Find calls that filter, sort, count or index by a name that contains "ethnic"."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id if isinstance(node.func, ast.Name) else ""
        if called not in ASKING:
            continue
        names = [k.arg or "" for k in node.keywords]
        for inner in (n for part in (*node.args, *(k.value for k in node.keywords)) for n in ast.walk(part)):
            if isinstance(inner, ast.Constant) and isinstance(inner.value, str):
                names.append(inner.value)
            elif isinstance(inner, ast.Attribute):
                names.append(inner.attr)
        if any("ethnic" in name or name == "民族" for name in names):
            yield node.lineno


def test_nothing_filters_sorts_or_counts_by_ethnicity() -> None:
    found = [f"{path.relative_to(SRC)}:{line}" for path in sorted(SRC.rglob("*.py")) if "migrations" not in path.parts for line in asked_by_ethnicity(ast.parse(path.read_text(encoding="utf-8")))]
    assert found == []
    for bad in ("x.filter(ethnicity='汉族')", "x.order_by('ethnicity')", "Counter(p.ethnicity for p in x)", "Q(person__ethnicity__in=y)", "sorted(x, key=lambda p: p.ethnicity)"):
        assert list(asked_by_ethnicity(ast.parse(bad))), bad


#: where the item may stand: the row, its input and output as a sheet, the sample data (docs/adr/0010)
SHEET_FILES = {
    "ground/people/models.py", "ground/people/actions.py", "ground/people/queries.py", "ground/people/sheets.py", "areas/roster/queries.py", "areas/roster/rules.py", "web/roster/forms.py",
    "exchange/intake/roster.py", "exchange/intake/plan_members.py", "exchange/intake/columns.py", "exchange/sheets/roster_table.py", "cli/demo/plan.py", "cli/demo/fill.py", "cli/demo/folk.py",
}


def test_ethnicity_is_an_item_of_the_sheet_and_nothing_else() -> None:
    files = {str(p.relative_to(SRC)) for p in [*SRC.rglob("*.py"), *SRC.rglob("*.html"), *SRC.rglob("*.js"), *SRC.rglob("*.toml")] if "migrations" not in p.parts and re.search(r"ethnic|民族", p.read_text(encoding="utf-8"))}
    assert files <= SHEET_FILES, files - SHEET_FILES
    assert not [f for f in Search.__dataclass_fields__ if "ethnic" in f]
    assert named(re.compile("ethnic|nationality")) == ["people_person.ethnicity"]
    field = apps.get_model("people", "Person")._meta.get_field("ethnicity")
    assert not field.db_index and not field.unique
    indexes = [name for i in apps.get_model("people", "Person")._meta.indexes for name in i.fields]
    assert "ethnicity" not in indexes and "ethnicity" not in apps.get_model("people", "Person")._meta.ordering


AFTER = re.compile(r"\b(WHERE|GROUP BY|ORDER BY|HAVING|ON|COUNT|DISTINCT)\b.*ethnicity", re.I | re.S)


@pytest.mark.django_db
def test_no_statement_asks_by_ethnicity(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every way to list members is tried; 民族 stands only among the columns that are read."""
    w = world.build()
    monkeypatch.setattr(timezone, "now", lambda: AT)
    client, seen = Client(), []
    client.force_login(Account.objects.get(username="county"))

    def watch(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        if isinstance(sql, str) and "ethnicity" in sql:
            seen.append(sql)
        return execute(sql, params, many, context)

    listed = reverse("roster:list")
    with connection.execute_wrapper(watch):
        page = read(client.get(listed), listed)
        for url in {link for link, _ in page.links if link.startswith((listed, "?"))}:
            client.get(listed + url if url.startswith("?") else url)
        for word in ("汉族", "土家族", "王一", "wy"):
            answer = client.post(listed, {"q": word}, follow=True).content.decode()
            assert ("王一11" in answer) == word.startswith(("王", "w")), word
        client.get(f"{listed}?person={w.persons['T1-B1'][0]}")
    assert seen and [sql for sql in seen if AFTER.search(re.sub(r"SELECT.*?FROM", "", sql, count=1, flags=re.S))] == []


# ---------------------------------------------------------------- uploads, photos

def life_rules() -> Iterator[tuple[str, str, LifeRule]]:
    for rule_set in shipped().all():
        for key, item in rule_set.values.items():
            if isinstance(item.value, LifeRule):
                yield rule_set.code, key, item.value


def test_rule_sets_say_which_records_never_which_medium() -> None:
    found = list(life_rules())
    assert found
    for code, key, rule in found:
        assert {str(r) for r in rule.records or ()} <= set(RECORD_BIT), f"{code} {key}"
        assert not {f for f in type(rule).__dataclass_fields__} & {"medium", "upload", "photo", "photos_min", "files_min", "scan"}
    media = re.compile(r"upload|photo|scan|image|video")
    assert not [f"{s.code} {key}" for s in shipped().all() for key in s.values if media.search(key)]


@pytest.mark.django_db
def test_a_branch_records_every_kind_without_a_single_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every required record is satisfied by the entry itself, by paper with its place, or by 无."""
    w = world.build()
    monkeypatch.setattr(timezone, "now", lambda: AT)
    policy.assign(w.actor("county"), org_id=w.orgs["T1"], family="life", rule_set="seed-003", valid_from=date(2020, 1, 1), valid_to=None, at=AT, reason="测试")
    client = Client()
    client.force_login(Account.objects.get(username="secretary"))
    form_url = reverse("meetings:record")
    for hour, kind in enumerate(BRANCH_KINDS, 8):
        url = f"{form_url}?kind={kind}"
        page = read(client.get(url), url)
        form = page.form("held_on")
        asked = [v for k, v in form.fields if k == "r-shown"]
        answers = {f"r-{r}": "paper" if n % 2 else "none" for n, r in enumerate(asked)} | {f"r-{r}-place": "村档案柜" for r in asked} | {f"r-{r}-reason": "没有" for r in asked}
        more = {"group": str(w.groups["T1-B1"][0])} if kind == "group_meeting" else {}
        sent = {"held_on": "2026-11-12", "starts": f"{hour:02d}:00", "ends": f"{hour:02d}:30", "t-0-title": "学习", "t-0-text": "说了", "t-0-vote": None, **answers, **more}
        assert send(client, page, form, sent, "save").status_code == 302, kind
        (slot,) = [s for s in recorded.slots(w.actor("county").scope(Permission.ACTIVITY_READ), w.orgs["T1-B1"], date(2026, 11, 1), date(2026, 11, 30), kind)]
        assert not mask_of(asked) & ~slot.records, kind


def test_no_file_field_is_required() -> None:
    files = re.compile(r"<input[^>]*type=\"file\"[^>]*>")
    inputs = [(p.name, tag) for p in (SRC / "web" / "templates").rglob("*.html") for tag in files.findall(p.read_text(encoding="utf-8"))]
    assert inputs
    assert [one for one in inputs if re.search(r"\brequired\b", one[1]) and one[0] != "upload.html"] == []  # an import without a file is no import
    assert not re.search(r"\bcapture\b", "".join(tag for _, tag in inputs)), "no camera is forced"


# ---------------------------------------------------------------- sign-ins, quotas, statistics


@pytest.mark.django_db
def test_signing_in_leaves_no_count_and_no_trace_of_the_device() -> None:
    world.build()
    client = Client(headers={"user-agent": "Mozilla/5.0 (Linux; Android 9; HUAWEI)", "accept": "text/html,x-device"})
    for password in ("falsch", PASSWORD):
        client.post(reverse("signin"), {"username": "secretary", "password": password})
    assert client.get("/").status_code == 200
    with connection.cursor() as cursor:
        for model in apps.get_models(include_auto_created=True):
            table = model._meta.db_table
            if table.startswith("axes_"):
                cursor.execute(f'SELECT * FROM "{table}"')
                assert "HUAWEI" not in repr(cursor.fetchall()), table
    assert not hasattr(Account, "last_login") or Account.last_login is None


@pytest.mark.django_db
def test_a_failed_sign_in_keeps_the_account_and_not_the_device() -> None:
    world.build()
    Client(headers={"user-agent": "HUAWEI", "accept": "x-device"}).post(reverse("signin"), {"username": "secretary", "password": "falsch"})
    attempt = apps.get_model("axes", "AccessAttempt").objects.get()
    assert (attempt.username, attempt.user_agent, attempt.http_accept, attempt.failures_since_start) == ("secretary", "", "", 1)


def names_of_addresses(resolver: URLResolver | None = None) -> Iterator[str]:
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLResolver):
            yield from names_of_addresses(pattern)
        elif isinstance(pattern, URLPattern):
            yield f"{pattern.name or ''} {pattern.pattern}"


def test_no_address_and_no_right_for_statistics_of_use() -> None:
    use = re.compile(r"rank|leader.?board|points|check.?in|statistics.?of.?use|usage|logins?\b|online|quota")
    assert [a for a in names_of_addresses() if use.search(a)] == []
    assert [p.value for p in Permission if use.search(p.value)] == []
    assert [r for r in roles() if use.search(r)] == []
    assert [f for f in FAMILIES if use.search(f)] == []


USE = re.compile(r"排名|排行|积分|活跃度|打卡|在线时长|登录次数|点赞|人脸|(?<!功能)定位|扫脸|安装率|登录率|学习时长")
#: sentences that say that it is not done, and rating schemes of the founding texts in which 积分 or 排名 is a word of the rule
DENIED = re.compile(r"不(?:看|统计|做|设|排|用|算)|没有|不得|无需|从不|without")


def texts() -> Iterator[tuple[str, str]]:
    """Give (place, text) of every string with Chinese in code, and every line of the templates."""
    for path in sorted(SRC.rglob("*.py")):
        if "migrations" in path.parts or "demo" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and re.search(r"[\u4e00-\u9fff]", node.value):
                yield f"{path.relative_to(SRC)}:{node.lineno}", node.value
    for path in sorted((SRC / "web" / "templates").rglob("*.html")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            yield f"{path.name}:{number}", line


def test_no_page_speaks_of_points_ranks_or_check_ins() -> None:
    found = [f"{place}: {s.strip()}" for place, text in texts() for s in re.split(r"[。；\n]", text) if USE.search(s) and not DENIED.search(s)]
    assert [f for f in found if not f.startswith("ground/policy/")] == []


# ---------------------------------------------------------------- reminders


class _Says:
    """A rule set that says something about reminders."""

    def __init__(self, **values: object) -> None:
        self.values = values

    def value(self, key: str) -> object:
        name = key.rpartition(".")[2]
        return self.values.get(name, shipped().conventions().values[key].value)


@pytest.mark.parametrize(("laxer", "stricter", "which"), [
    ({"every_days": 1}, {"every_days": 14}, "days_between"), ({"from": "00:00"}, {"from": "09:00"}, "earliest"), ({"to": "23:59"}, {"to": "18:00"}, "latest"),
    ({"working_days_only": False}, {"working_days_only": True}, "working_days_only"),
])
def test_a_rule_set_can_tighten_the_limits_of_reminders_and_never_raise_them(laxer: dict[str, object], stricter: dict[str, object], which: str) -> None:
    own = reminders.limits(resolve(shipped(), (), "conventions", AT.date()))
    assert (own.days_between, own.earliest, own.latest, own.working_days_only) == (7, time(8), time(20), True)
    assert reminders.limits(cast(Any, _Says(**laxer))) == own
    tightened = reminders.limits(cast(Any, _Says(**stricter)))
    assert getattr(tightened, which) == own.working_days_only if which == "working_days_only" else getattr(tightened, which) != getattr(own, which)


def test_the_limits_are_asked_in_the_action_and_no_page_sends_them() -> None:
    source = (SRC / "areas" / "meetings" / "reminders.py").read_text(encoding="utf-8")
    assert "limits=allowed[item.org_id]" in source
    for path in (SRC / "web").rglob("*.py"):
        assert "Limits(" not in path.read_text(encoding="utf-8"), path
