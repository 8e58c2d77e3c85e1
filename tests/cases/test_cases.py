"""The decision tables hold, and a table that cannot be read is named with file, case and key."""
from __future__ import annotations

import io
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from zhibu.cli import cases
from zhibu.exchange import decisions
from zhibu.ground.policy.library import shipped

TABLES = Path(decisions.__file__).with_name("tables")


def run(*paths, **more):
    out, err = io.StringIO(), io.StringIO()
    code = cases.run(paths, out, err, **more)
    return code, out.getvalue(), err.getvalue()


def write(folder, text, name="t.toml"):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("table", sorted(TABLES.glob("*.toml")), ids=lambda path: path.stem)
def test_table_holds(table):
    code, out, err = run(table)
    assert (code, err) == (0, "") and out.splitlines()[-1].endswith(" passed, 0 failed") and len(out.splitlines()) == 1


def test_a_folder_is_searched_and_the_sum_is_the_last_line():
    code, out, err = run(TABLES)
    total = sum(path.read_text(encoding="utf-8").count("[[case]]") for path in TABLES.glob("*.toml"))
    assert (code, out, err) == (0, f"{total} passed, 0 failed\n", "")


DECISION = 'family = "meetings.decision"\n'
GOOD = 'given = { rules = "cn-branch-2018", kind = "general_meeting", expected_voting = 31, present = 16, ayes = 16 }\n'


def test_a_case_that_fails_is_one_line_with_file_case_key_expected_got(tmp_path):
    path = write(tmp_path, f'{DECISION}[[case]]\nname = "wrong"\n{GOOD}expect = {{ quorate = true, passed = false }}\n[[case]]\nname = "right"\n{GOOD}expect = {{ passed = true }}\n')
    code, out, err = run(path)
    assert code == 1 and err == ""
    assert out.splitlines() == [f"{path}: wrong: passed: expected False, got True", "1 passed, 1 failed"]


@pytest.mark.parametrize(
    ("expect", "line"),
    [
        ('error = "E010"', "error: expected 'E010', got no error"),
        ("passed = 1", "passed: expected 1, got True"),
        ('passed = "true"', "passed: expected 'true', got True"),
    ],
)
def test_types_are_compared_too(tmp_path, expect, line):
    code, out, _ = run(write(tmp_path, f'{DECISION}[[case]]\nname = "n"\n{GOOD}expect = {{ {expect} }}\n'))
    assert code == 1 and line in out


def test_a_refusal_where_values_were_expected_is_shown(tmp_path):
    given = GOOD.replace("present = 16", "present = 40")
    code, out, _ = run(write(tmp_path, f'{DECISION}[[case]]\nname = "n"\n{given}expect = {{ passed = true }}\n'))
    assert code == 1 and "passed: expected True, got error E009" in out


YEAR = 'rules = "seed-003"\nyear = 2025\nas_of = "2026-01-31"\nmembers = 3\ngroups = 1\n'


def case_of(family, given, expect="error = \"E001\""):
    return f'family = "{family}"\n[[case]]\nname = "the case"\nexpect = {{ {expect} }}\n[case.given]\n{given}'


SUGGEST = 'rules = "cn-branch-2018"\nfull = 3\nprobationary = 0\n'


@pytest.mark.parametrize(
    ("text", "case", "key"),
    [
        ('family = "dues.unheard"\n', "-", "family"),
        ("[[case]]\n", "-", "family"),
        ("family = 3\n", "-", "family"),
        ("family = \n", "-", "-"),
        ('family = "structure.term"\nother = 1\n', "-", "other"),
        ('family = "structure.term"\ncase = 1\n', "-", "case"),
        ('family = "structure.term"\n[[case]]\ngiven = {}\nexpect = {}\n', "第 1 例", "name"),
        ('family = "structure.term"\n[[case]]\nname = "the case"\nexpect = {}\n', "the case", "given"),
        ('family = "structure.term"\n[[case]]\nname = "the case"\ngiven = {}\n', "the case", "expect"),
        ('family = "structure.term"\n[[case]]\nname = "the case"\ngiven = 1\nexpect = {}\n', "the case", "given"),
        ('family = "structure.term"\n[[case]]\nname = "the case"\nnote = ""\ngiven = {}\nexpect = {}\n', "the case", "note"),
        (case_of("structure.suggest", SUGGEST + "fool = 3\n"), "the case", "given.fool"),
        (case_of("structure.suggest", SUGGEST, "fool = 3"), "the case", "expect.fool"),
        (case_of("structure.suggest", 'rules = "cn-branch-2018"\nfull = "3"\nprobationary = 0\n'), "the case", "full"),
        (case_of("structure.suggest", 'rules = "cn-branch-2018"\nfull = true\nprobationary = 0\n'), "the case", "full"),
        (case_of("structure.suggest", 'rules = "cn-branch-2018"\nfull = 3.0\nprobationary = 0\n'), "the case", "full"),
        (case_of("structure.suggest", 'rules = "cn-branch-2018"\nfull = -1\nprobationary = 0\n'), "the case", "full"),
        (case_of("structure.suggest", 'rules = "cn-branch-2018"\nfull = 3\n'), "the case", "probationary"),
        (case_of("structure.suggest", SUGGEST + "units = 0\n"), "the case", "units"),
        (case_of("structure.suggest", SUGGEST + "village_or_community = 1\n"), "the case", "village_or_community"),
        (case_of("structure.suggest", 'rules = "cn-nowhere"\nfull = 3\nprobationary = 0\n'), "the case", "rules"),
        (case_of("structure.suggest", "rules = []\nfull = 3\nprobationary = 0\n"), "the case", "rules"),
        (case_of("structure.suggest", "rules = [3]\nfull = 3\nprobationary = 0\n"), "the case", "rules"),
        (case_of("structure.term", 'rules = "seed-000"\ntype = "branch"\nelected_on = "2024-06-28"\n'), "the case", "years"),
        (case_of("structure.term", 'rules = "seed-000"\ntype = "none"\nelected_on = "2024-06-28"\n'), "the case", "type"),
        (case_of("structure.term", 'rules = "seed-000"\ntype = "branch"\nelected_on = "2024-02-30"\n'), "the case", "elected_on"),
        (case_of("structure.term", 'rules = "seed-000"\ntype = "branch"\nelected_on = "20240228"\n'), "the case", "elected_on"),
        (case_of("structure.term", 'rules = "seed-000"\ntype = "branch"\nelected_on = 2024-06-28T00:00:00\n'), "the case", "elected_on"),
        (case_of("meetings.decision", 'rules = "seed-003"\nkind = "lecture"\nexpected_voting = 1\npresent = 1\nayes = 1\n'), "the case", "kind"),
        (case_of("meetings.year", YEAR), "the case", "held"),
        (case_of("meetings.year", YEAR + "held = 1\n"), "the case", "held"),
        (case_of("meetings.year", YEAR + "held = [1]\n"), "the case", "held[0]"),
        (case_of("meetings.year", YEAR + 'held = [{ on = [], records = "all" }]\n'), "the case", "held[0].kind"),
        (case_of("meetings.year", YEAR + 'held = [{ kind = "party", on = [], records = "all" }]\n'), "the case", "held[0].kind"),
        (case_of("meetings.year", YEAR + 'held = [{ kind = "lecture", on = [], records = "all", at = 1 }]\n'), "the case", "held[0].at"),
        (case_of("meetings.year", YEAR + 'held = [{ kind = "lecture", on = ["2025-13-01"], records = "all" }]\n'), "the case", "held[0].on"),
        (case_of("meetings.year", YEAR + 'held = [{ kind = "lecture", on = [], records = "most" }]\n'), "the case", "held[0].records"),
        (case_of("meetings.year", YEAR + 'held = [{ kind = "lecture", on = [], records = ["novel"] }]\n'), "the case", "held[0].records"),
        (case_of("meetings.year", YEAR + 'held = [{ kind = "lecture", on = [] }]\n'), "the case", "held[0].records"),
        (case_of("meetings.year", YEAR + 'held = [{ kind = "group_meeting", on = [], records = "all" }]\n'), "the case", "held[0].group"),
        (case_of("meetings.year", YEAR + 'held = [{ kind = "group_meeting", group = 2, on = [], records = "all" }]\n'), "the case", "held[0].group"),
    ],
)
def test_a_table_that_cannot_be_read_is_exit_2_with_file_case_and_key(tmp_path, text, case, key):
    path = write(tmp_path, text)
    code, out, err = run(path)
    assert code == 2 and out == "0 passed, 0 failed\n"
    assert err.startswith(f"{path}: {case}: {key}: "), err


def test_exit_2_comes_before_exit_1_and_the_rest_still_runs(tmp_path):
    write(tmp_path, f'{DECISION}[[case]]\nname = "wrong"\n{GOOD}expect = {{ passed = false }}\n', "a.toml")
    write(tmp_path, 'family = "x"\n', "b.toml")
    write(tmp_path, f'{DECISION}[[case]]\nname = "right"\n{GOOD}expect = {{ passed = true }}\n', "c.toml")
    code, out, err = run(tmp_path)
    assert code == 2 and out.splitlines()[-1] == "1 passed, 1 failed" and "b.toml" in err


def test_a_missing_file_and_a_file_in_another_encoding_are_exit_2(tmp_path):
    code, _, err = run(tmp_path / "nowhere.toml")
    assert code == 2 and "nowhere.toml" in err
    (tmp_path / "gbk.toml").write_bytes('family = "党"'.encode("gbk"))
    assert run(tmp_path / "gbk.toml")[0] == 2


def test_a_byte_order_mark_and_native_dates_are_read(tmp_path):
    path = tmp_path / "bom.toml"
    text = 'family = "structure.term"\n[[case]]\nname = "n"\ngiven = { rules = "cn-term-2018", type = "branch", elected_on = 2024-06-28 }\nexpect = { expires_on = 2027-06-28 }\n'
    path.write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert run(path)[0] == 0


def test_the_fallback_of_undated_families_is_the_national_set_of_the_day_of_the_run(tmp_path):
    path = write(tmp_path, case_of("structure.suggest", 'rules = "seed-003"\nfull = 3\nprobationary = 0\n', 'type = "branch"'))
    assert run(path, today=date(2018, 10, 28))[0] == 0
    code, out, _ = run(path, today=date(2018, 10, 27))
    assert code == 1 and "error E055" in out


@pytest.mark.parametrize(
    ("code", "key", "value"),
    [
        ("cn-branch-2018", "org.joint_max_units", 2),
        ("cn-branch-2018", "org.branch_full_min", 4),
        ("cn-branch-2018", "org.general_branch_min", 30),
        ("cn-branch-2018", "org.committee_min", 200),
        ("cn-branch-2018", "org.threshold_op", ">"),
        ("cn-branch-2018", "org.committee_from_full", 40),
        ("cn-branch-2018", "org.committee_size_min", 1),
        ("cn-branch-2018", "org.committee_size_max", 9),
        ("cn-branch-2018", "org.project_months_min", 8),
        ("seed-000", "org.branch_below", 40),
        ("seed-000", "org.general_branch_above", 60),
        ("seed-000", "org.general_branch_below", 90),
        ("seed-000", "org.committee_above", 200),
        ("seed-000", "org.threshold_op", ">="),
        ("cn-term-2018", "term.branch", (4,)),
        ("cn-term-2018", "term.general_branch", (4,)),
        ("cn-term-2018", "term.party_committee", (4,)),
        ("cn-term-2018", "term.village_or_community", (4,)),
        ("cn-term-2018", "term.remind_months_before", 3),
        ("seed-000", "term.branch", (9,)),
        ("zhibu-conventions", "conventions.records.theme_day", ("minutes",)),
    ],
)
def test_a_changed_value_of_a_rule_set_makes_some_case_fail(code, key, value):
    assert run(TABLES, library=shipped().with_value(code, key, value))[0] != 0


def test_the_command_runs_without_settings_and_without_database():
    script = "import sys; from zhibu.cli.cases import main; code = main(sys.argv[1:]); assert 'django' not in sys.modules; sys.exit(code)"
    done = subprocess.run(
        [sys.executable, "-c", script, str(TABLES)], capture_output=True, text=True, cwd=Path(cases.__file__).parents[2], env={"PYTHONUTF8": "1"}, check=False
    )
    assert done.returncode == 0 and done.stdout.endswith(" passed, 0 failed\n"), done.stderr
