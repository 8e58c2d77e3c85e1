"""党费核定表 through the import: what is written, by whom, that it is undone as one batch, and that nobody else learns what people earn."""
from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from tests.everywhere.lasting import lasting
from tests.exchange import importers
from tests.exchange.dirty import GRAIN, VILLAGE
from tests.exchange.importers import dirty, do, id_no, member, place, read, table
from tests.world import AT, FOUNDED, PASSWORD, World

from zhibu.areas.dues import assessing, bases, paper, paying
from zhibu.areas.dues.reach import DuesRefused
from zhibu.areas.dues.rules import Method
from zhibu.exchange.intake import confirm, rights
from zhibu.exchange.intake.findings import Correction, FileRead, TableKind
from zhibu.exchange.intake.installed import Installed
from zhibu.exchange.intake.plan import Fate
from zhibu.ground.access.models import Account, Grant
from zhibu.ground.guard.actor import Actor, Refused
from zhibu.ground.guard.permission import Compartment
from zhibu.ground.guard.scope import Scope
from zhibu.ground.journal.models import Entry
from zhibu.ground.people import queries as people

pytestmark = pytest.mark.django_db
YEAR = 2026
HEAD = f"{VILLAGE}{YEAR}年党员月交纳党费核定表\n姓名,身份证号,党员类别,核定基数,交纳比例,每月应交,备注\n"
WANG, LI, ZHAO = id_no("19700101", 11), id_no("19800202", 21), id_no("19550303", 31)


@pytest.fixture(scope="module")
def built(django_db_setup: None, django_db_blocker) -> Iterator[World]:
    with lasting(django_db_blocker):
        w = importers.county()
        for username, role, name in (("keeper", "dues_keeper", VILLAGE), ("village", "branch_secretary", VILLAGE)):
            account = Account(username=username, name=username, made_at=AT)
            account.set_password(PASSWORD)
            account.save()
            Grant.objects.create(account=account, org_id=place(name).id, role=role, valid_from=FOUNDED, granted_by="系统", granted_at=AT)
            w.accounts[username] = account.pk
        roster = table(VILLAGE + importers.ROSTER + member("王甲", WANG) + member("李乙", LI) + member("赵丙", ZHAO), "b.csv")
        do(w.actor("sq"), roster)
        yield w


@pytest.fixture
def keeper(built: World) -> Actor:
    return built.actor("keeper")


def rows(*lines: str, name: str = "核定表.csv", year: int = YEAR):
    return table(HEAD.replace(str(YEAR), str(year)) + "".join(f"{line}\n" for line in lines), name)


def here() -> Scope:
    path = place(VILLAGE).path
    return Scope((path,), frozenset({(Compartment.INCOME, path)}))


def held() -> dict[str, tuple[str, int, int, int | None]]:
    """Give the bases of the village by name: category, base, first month, end."""
    found = paper.bases(here(), [place(VILLAGE).id], 0)
    names = people.names_of(Scope((place(VILLAGE).path,)), found)
    return {names[p]: (b[-1].category, b[-1].base, b[-1].from_month, b[-1].to_month) for p, b in found.items()}


def dump() -> dict[str, Any]:
    found: dict[str, Any] = {}
    for label in ("dues.IncomeBase", "dues.Assessment", "dues.Payment", "dues.Exemption", "dues.Consent"):
        found[label] = list(apps.get_model(label).objects.unscoped("a test compares everything").order_by("pk").values())
    return found


def person(number: str) -> int:
    return people.known_by_id_no([number])[number][0]


THREE = (f"王甲,{WANG},在职,4850,1%,48.50,", f"李乙,{LI},农民,,,0.50,", f"赵丙,{ZHAO},退休,5600.00,,,")


def test_a_keeper_without_the_right_to_import_writes_the_bases_of_the_own_branch(keeper: Actor) -> None:
    assert rights.tables(keeper, place(VILLAGE).path) == {TableKind.DUES}
    before = dump()
    done = do(keeper, rows(*THREE), org=place(VILLAGE))
    assert done.counts["dues_new"] == 3 and done.batch_id is not None
    january = YEAR * 12
    assert held() == {"王甲": ("wage", 485000, january, None), "李乙": ("farmer", 50, january, None), "赵丙": ("pension", 560000, january, None)}
    row = apps.get_model("dues.IncomeBase").objects.within(here()).order_by("pk").last()
    assert row.verified_by == "keeper" and row.declared_at == AT
    said = str(list(Entry.objects.unscoped("a test reads the journal").order_by("-id").values_list("changes", flat=True)[:10]))
    assert "category" in said and "4850" not in said
    again = do(keeper, rows(*THREE), org=place(VILLAGE))
    assert again.batch_id is None and [x.fate for x in again.plan.lines] == [Fate.SAME] * 3
    confirm.undo(keeper, done.batch_id, at=AT)
    assert dump() == before


def test_the_sample_file_after_the_sample_roster(built: World) -> None:
    do(built.actor("sq"), *dirty("01"))
    done = do(built.actor("village"), *dirty("03"), org=place(VILLAGE))
    assert done.counts["dues_new"] == 5
    found = held()
    assert found["王样一"] == ("wage", 485000, 2025 * 12, None) and found["赵示例"][0] == "pension" and found["阿木·示例"] == ("farmer", 20, 2025 * 12, None)
    assert found["孙样"][1] == 333300 and "周范本" not in found, "what waits for an answer is not written"


def test_an_answer_takes_what_the_rule_asks(keeper: Actor) -> None:
    file = rows(f"王甲,{WANG},在职,5200,1%,52,")
    (found,) = read([file], place(VILLAGE))
    assert isinstance(found, FileRead) and [i.code for i in found.rows[0].issues] == ["FEE_RATE"]
    suggest = found.rows[0].issues[0].suggest
    assert suggest == {"rate": "0.015", "monthly": "78.00"}
    done = do(keeper, file, org=place(VILLAGE), corrections={file.name: Correction(resolutions={(None, 3): dict(suggest)})})
    assert done.counts["dues_new"] == 1 and held()["王甲"][1] == 520000


def test_a_new_base_in_the_year_counts_from_this_month_and_the_old_one_stays_in_the_history(keeper: Actor) -> None:
    do(keeper, rows(*THREE), org=place(VILLAGE))
    done = do(keeper, rows(f"王甲,{WANG},在职,6000,1.5%,90,"), org=place(VILLAGE))
    assert done.counts["dues_changed"] == 1
    all_of = paper.bases(here(), [place(VILLAGE).id], 0)[person(WANG)]
    assert [(b.base, b.from_month, b.to_month) for b in all_of] == [(485000, YEAR * 12, YEAR * 12 + 10), (600000, YEAR * 12 + 10, None)]
    assert "4850.00" in done.plan.lines[0].says[0] and "6000.00" in done.plan.lines[0].says[0]
    confirm.undo(keeper, done.batch_id or 0, at=AT)
    assert held()["王甲"] == ("wage", 485000, YEAR * 12, None)


def test_last_years_table_does_not_overwrite_this_years(keeper: Actor) -> None:
    do(keeper, rows(*THREE), org=place(VILLAGE))
    done = do(keeper, rows(f"王甲,{WANG},在职,3000,0.5%,15,", year=YEAR - 1), org=place(VILLAGE))
    assert done.batch_id is None and done.plan.lines[0].fate is Fate.BLOCKED and "已经有核定" in done.plan.lines[0].says[0]


def test_undo_brings_assessed_months_back_and_stops_at_a_payment(keeper: Actor) -> None:
    org_id, wang = place(VILLAGE).id, person(WANG)
    bases.declare(keeper, org_id, bases.NewBase(wang, "wage", 300000, (YEAR - 1) * 12), at=AT)
    assessing.assess(keeper, org_id, YEAR * 12 + 9, at=AT)
    before = dump()
    done = do(keeper, rows(*THREE), org=place(VILLAGE))
    living = apps.get_model("dues.Assessment").objects.within(here()).filter(person_id=wang, ended_at__isnull=True)
    assert [a.amount_fen for a in living] == [4850], "the month was assessed anew by the new base"
    confirm.undo(keeper, done.batch_id or 0, at=AT)
    assert dump() == before
    done = do(keeper, rows(*THREE, name="c.csv"), org=place(VILLAGE))
    paying.pay(keeper, org_id, wang, [YEAR * 12 + 9], paid_on=AT.date(), method=Method.CASH, at=AT)
    before = dump()
    with pytest.raises(confirm.UndoRefused) as refused:
        confirm.undo(keeper, done.batch_id or 0, at=AT)
    assert any("应交党费" in confirm.obstacle_text(o) for o in refused.value.obstacles) and dump() == before


# ---------------------------------------------------------------- rights


def test_rank_neither_imports_nor_undoes_incomes(built: World, keeper: Actor) -> None:
    found = [f for f in read([rows(*THREE)], place(VILLAGE)) if isinstance(f, FileRead)]
    for username, hidden in (("sq", False), ("county", False), ("grain", True), ("secretary", True)):
        with pytest.raises(Refused) as error:
            confirm.commit(built.actor(username), place(VILLAGE), found, at=AT)
        assert error.value.hidden is hidden, username
    done = do(keeper, rows(*THREE), org=place(VILLAGE))
    clerk = built.actor("sq")
    listed = dict((b.id, undoable) for b, undoable in confirm.batches_of(clerk, at=AT))
    assert listed[done.batch_id] is False, "the clerk sees that there was an import, and may not take it back"
    with pytest.raises(Refused):
        confirm.undo(clerk, done.batch_id or 0, at=AT)
    with pytest.raises(Refused) as error:
        confirm.undo(built.actor("grain"), done.batch_id or 0, at=AT)
    assert error.value.hidden


def test_a_keeper_sees_and_undoes_no_other_import(built: World, keeper: Actor) -> None:
    roster = do(built.actor("sq"), table(VILLAGE + importers.ROSTER + member("钱丁", id_no("19820202", 41)), "d.csv"), org=place(VILLAGE))
    assert confirm.batches_of(keeper, at=AT) == []
    for call in (lambda: confirm.batch(keeper, roster.batch_id or 0, at=AT), lambda: confirm.undo(keeper, roster.batch_id or 0, at=AT)):
        with pytest.raises(Refused):
            call()
    found = [f for f in read([table(VILLAGE + importers.ROSTER + member("孙戊", id_no("19830303", 51)))], place(VILLAGE)) if isinstance(f, FileRead)]
    with pytest.raises(Refused):
        confirm.commit(keeper, place(VILLAGE), found, at=AT)


def test_without_the_compartment_the_right_alone_imports_nothing(built: World, keeper: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Actor, "scope", lambda self, permission: Scope((place(VILLAGE).path,)))
    assert rights.tables(keeper, place(VILLAGE).path) == frozenset()


def test_a_member_of_another_branch_is_not_told_of(built: World, keeper: Actor) -> None:
    other = id_no("19660606", 61)
    do(built.actor("sq"), table(GRAIN + importers.ROSTER + member("周己", other), "e.csv"), org=place(GRAIN))
    (found,) = read([rows(f"周己,{other},在职,4850,1%,48.50,")], place(VILLAGE))
    assert isinstance(found, FileRead)
    assert [(i.code, i.message) for i in found.rows[0].issues] == [("MEMBER_NOT_FOUND", "花名册里没有这个人，先导入党员再核定党费")]
    done = do(keeper, rows(f"周己,{other},在职,4850,1%,48.50,"), org=place(VILLAGE), corrections={"核定表.csv": Correction(resolutions={(None, 3): {"id_no": other}})})
    assert done.batch_id is None and [x.fate for x in done.plan.lines] == [Fate.BLOCKED], "an answer cannot force it in"


def test_a_masked_number_is_taken_with_the_name_where_one_member_fits(keeper: Actor) -> None:
    masked = f"{WANG[:6]}{'*' * 9}{WANG[15:]}"
    done = do(keeper, rows(f"王甲,{masked},在职,4850,1%,48.50,", f"李乙,{masked},在职,4850,1%,48.50,"), org=place(VILLAGE))
    assert done.counts["dues_new"] == 1 and list(held()) == ["王甲"]
    assert WANG not in repr(Installed(place(VILLAGE), AT.date()).masked(VILLAGE, "王甲", masked))


# ---------------------------------------------------------------- X items of S11 in a table


@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        (f"王甲,{WANG},在职,-1,1%,48.50,", "BASE_NEGATIVE", "不能是负数"),
        (f"王甲,{WANG},在职,4850.005,1%,48.50,", "AMOUNT_INVALID", "E026"),
        (f"王甲,{WANG},在职,一千,1%,48.50,", "AMOUNT_INVALID", "不是金额"),
        (f"王甲,{WANG},在职,1000000,2%,20000,", "AMOUNT_INVALID", "太大"),
        (f"王甲,{WANG},在职,4850,三成,48.50,", "AMOUNT_INVALID", "比例"),
        (f"王甲,{WANG},在职,,1%,48.50,", "BASE_EMPTY", "没有写核定基数"),
        (f"王甲,{WANG},农民,,,1.20,", "FEE_RATE", "E027"),
        (f"王甲,{WANG},农民,,,,", "FEE_RATE", "没有写每月应交"),
        (f"王甲,{WANG},在职,4850,1%,0,困难免交", "FEE_EXEMPT", "批准的文件"),
        (f",{WANG},在职,4850,1%,48.50,", "NAME_EMPTY", "没有姓名"),
    ],
)
def test_what_the_rules_refuse_is_refused_in_the_table(keeper: Actor, line: str, code: str, said: str) -> None:
    before = dump()
    (found,) = read([rows(line)], place(VILLAGE))
    assert isinstance(found, FileRead) and found.totals["reject"] == 1
    assert found.rows[0].issues[0].code == code and said in found.rows[0].issues[0].message
    assert do(keeper, rows(line), org=place(VILLAGE)).batch_id is None and dump() == before


@pytest.mark.parametrize(
    ("line", "code", "choices"),
    [
        (f"王甲,{WANG},,4850,1%,48.50,", "TYPE_GUESSED", 8),
        (f"王甲,{WANG},驻村,4850,1%,48.50,", "TYPE_GUESSED", 8),
        (f"王甲,{WANG},学生,,,0.50,", "FEE_RATE", 0),
        (f"王甲,{WANG},在职,4850,1%,40.00,", "FEE_RATE", 0),
    ],
)
def test_what_is_not_certain_is_asked(line: str, code: str, choices: int, built: World) -> None:
    (found,) = read([rows(line)], place(VILLAGE))
    assert isinstance(found, FileRead) and found.totals["confirm"] == 1
    assert found.rows[0].issues[0].code == code and len(found.rows[0].issues[0].choices) == choices


def test_the_items_of_pay_come_along_and_a_new_year_is_a_new_verification(keeper: Actor) -> None:
    file = table(f"{VILLAGE}{YEAR}年核定表\n姓名,身份证号,党员类别,岗位工资,薪级工资,养老,税后合计,比例,每月应交\n王甲,{WANG},事业编,3000,2500.5,650.5,4850,1%,48.50\n")
    assert do(keeper, file, org=place(VILLAGE)).counts["dues_new"] == 1
    (base,) = paper.bases(here(), [place(VILLAGE).id], 0)[person(WANG)]
    assert base.parts == {"post": 300000, "grade": 250050, "pension": 65050} and base.base == 485000
    assert do(keeper, rows(f"王甲,{WANG},在职,4850,1%,48.50,"), org=place(VILLAGE)).batch_id is None, "a table without the items says nothing against them"
    later = AT.replace(year=YEAR + 1)
    done = do(keeper, rows(f"王甲,{WANG},在职,4850,1%,48.50,", year=YEAR + 1), org=place(VILLAGE), at=later)
    assert done.counts["dues_changed"] == 1 and "照旧，重新核定" in done.plan.lines[0].says[0]
    assert paper.bases(here(), [place(VILLAGE).id], 0)[person(WANG)][-1].verified_year == YEAR + 1
    assert do(keeper, rows(f"王甲,{WANG},在职,4850,1%,48.50,", year=YEAR + 1), org=place(VILLAGE), at=later).batch_id is None


def test_a_sum_that_the_clerk_rounded_stays_as_the_table_has_it(keeper: Actor) -> None:
    org_id, wang = place(VILLAGE).id, person(WANG)
    (found,) = read([rows(f"王甲,{WANG},在职,3333,1%,33.30,")], place(VILLAGE))
    assert isinstance(found, FileRead) and [i.code for i in found.rows[0].issues] == ["FEE_ROUNDED"]
    do(keeper, rows(f"王甲,{WANG},在职,3333,1%,33.30,"), org=place(VILLAGE))
    assessing.assess(keeper, org_id, YEAR * 12 + 9, at=AT)
    living = apps.get_model("dues.Assessment").objects.within(here()).filter(person_id=wang, ended_at__isnull=True)
    assert [a.amount_fen for a in living] == [3330] and {y.person_id: y.monthly for y in paper.year(here(), org_id, YEAR, AT.date())} == {wang: 3330}
    assert do(keeper, rows(f"王甲,{WANG},在职,3333,1%,33.30,"), org=place(VILLAGE)).batch_id is None
    with pytest.raises(DuesRefused) as refused:
        bases.declare(keeper, org_id, bases.NewBase(wang, "wage", 333300, YEAR * 12 + 10, kept=3000), at=AT)
    assert refused.value.code == "E026"
    done = do(keeper, rows(f"王甲,{WANG},在职,3333,1%,33.33,"), org=place(VILLAGE))
    assert done.counts["dues_changed"] == 1
