"""Rule sets of organisations: copies, drafts that only their organisation sees, review, activation, the end, files. Source: rules.md §1, E041, E042, E055."""
from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests import world
from tests.world import AT, TODAY, World

from zhibu.areas.structure import queries as structure
from zhibu.ground.guard.actor import Refused
from zhibu.ground.guard.permission import Permission
from zhibu.ground.journal.models import Entry
from zhibu.ground.policy import actions, queries, sets
from zhibu.ground.policy.actions import PolicyError
from zhibu.ground.policy.catalogue import KEYS
from zhibu.ground.policy.files import MOST_BYTES, FileRefused, read_set
from zhibu.ground.policy.library import Item, RuleSet, parse, shipped
from zhibu.ground.policy.models import LocalSet
from zhibu.ground.policy.review import faults
from zhibu.ground.policy.writing import digest_of, dump, packed, raw, unpacked
from zhibu.ground.tree import queries as tree

FROM = date(2026, 4, 1)


@pytest.fixture
def w(db: None) -> World:
    return world.build()


def quarterly(clause: str = "青组〔2026〕5号第三条", reason: str = "山区支部居住分散") -> Item:
    value = shipped().get("cn-branch-2018").values["life.theme_day"].value
    return Item(replace(value, window="quarter"), clause, reason=reason)  # type: ignore[type-var]


def header(**more: object) -> sets.Header:
    return sets.Header(**{"title": "青禾县组织生活规定", "document_no": "青组〔2026〕5号", "source": "县委常委会审定", "effective_from": FROM, **more})  # type: ignore[arg-type]


def drafted(w: World, code: str = "cn-branch-2018") -> int:
    """Copy a set for the county and give it a header."""
    made = sets.copy(w.actor("county"), org_id=w.orgs["QH"], code=code, title="", at=AT)
    sets.edit_header(w.actor("county"), made, header(), version=1, at=AT)
    return made


def activated(w: World, item: Item | None = None) -> str:
    """Make the county's set with a quarterly theme day active; gives its code."""
    made = drafted(w)
    sets.edit_values(w.actor("county"), made, {"life.theme_day": item or quarterly()}, version=2, at=AT)
    sets.activate(w.actor("county"), made, version=3, at=AT, on=TODAY)
    return LocalSet.objects.within(w.actor("county").scope(Permission.POLICY_WRITE)).get(pk=made).code


def assign(w: World, code: str, org: str = "T1", **more: object) -> int:
    given: dict = {"family": "life", "valid_from": FROM, "valid_to": None, "reason": "山区", **more}
    return actions.assign(w.actor("county"), org_id=w.orgs[org], rule_set=code, at=AT, **given)


def theme_day(w: World, org: str, on: date) -> str:
    found = queries.effective(w.orgs[org], "life", on).life()["theme_day"]
    return f"{found.rule_set.code} {found.value.window}"  # type: ignore[union-attr]


def refusal(do: object) -> str:
    with pytest.raises(PolicyError) as error:
        do()  # type: ignore[operator]
    return error.value.code


# ---------------------------------------------------------------- what is written can be read


@pytest.mark.parametrize("one", shipped().all(), ids=lambda one: one.code)
def test_a_set_comes_out_of_file_and_database_as_it_went_in(one: RuleSet) -> None:
    assert dict(parse(dump(one), "x.toml").values) == dict(one.values)
    assert unpacked(packed(one.values)) == dict(one.values)
    assert dict(read_set(dump(one).encode(), "x.toml").values) == dict(one.values)


def test_a_text_with_quotes_and_lines_survives_the_file() -> None:
    one = parse('code = "x1x"\ntitle = "某县"\nshort = "某县"\nkind = "local"\nstatus = "draft"\nsource = "某"\n[org]\ngroup_min = { value = 4, clause = "" }\n', "x")
    odd = Item(4, 'a"b\\c\nd\te\x7f', note="“引”", reason="'''")
    again = parse(dump(replace(one, values={"org.group_min": odd}, title='题"目\\', reason="理\"由")), "x")
    assert (again.values["org.group_min"], again.title, again.reason) == (odd, '题"目\\', "理\"由")


# ---------------------------------------------------------------- drafts


def test_a_copy_has_every_value_and_belongs_to_its_organisation(w: World) -> None:
    made = sets.copy(w.actor("county"), org_id=w.orgs["QH"], code="cn-branch-2018", title="县规定", at=AT)
    found = queries.local_set(w.actor("county").scope(Permission.POLICY_WRITE), made)
    assert found is not None and dict(found.rule_set.values) == dict(shipped().get("cn-branch-2018").values)
    assert (found.rule_set.kind, found.rule_set.status, found.rule_set.based_on, found.rule_set.issuer) == ("local", "draft", "cn-branch-2018", "中共青禾县委员会")
    for other in ("clerk1", "secretary", "reader", "secadmin", "member"):
        scope = w.actor(other).scope(Permission.POLICY_WRITE)
        assert queries.local_set(scope, made) is None and queries.drafts(scope) == []
    assert queries.published() == [] and queries.library() is shipped()


def test_a_draft_can_neither_be_assigned_nor_copied_nor_found_by_its_code(w: World) -> None:
    made = drafted(w)
    code = LocalSet.objects.within(w.actor("county").scope(Permission.POLICY_WRITE)).get(pk=made).code
    assert refusal(lambda: assign(w, code)) == "E055"
    assert refusal(lambda: sets.copy(w.actor("county"), org_id=w.orgs["QH"], code=code, title="", at=AT)) == "E055"
    assert code not in queries.library_for([code]).sets


def test_only_who_holds_the_right_makes_and_edits(w: World) -> None:
    with pytest.raises(Refused):
        sets.copy(w.actor("clerk1"), org_id=w.orgs["T1"], code="cn-branch-2018", title="", at=AT)
    with pytest.raises(Refused):
        sets.take_in(w.actor("secretary"), org_id=w.orgs["T1-B1"], rule_set=shipped().get("seed-003"), at=AT)
    made = drafted(w)
    before = list(LocalSet.objects.unscoped("a test compares").values())
    for do in (
        lambda a: sets.edit_header(a, made, header(title="x"), version=2, at=AT), lambda a: sets.edit_values(a, made, {"org.group_min": None}, version=2, at=AT),
        lambda a: sets.activate(a, made, version=2, at=AT, on=TODAY), lambda a: sets.discard(a, made, version=2, at=AT), lambda a: sets.keep_table(a, made, "t", "", at=AT),
        lambda a: sets.retire(a, made, last_day=TODAY, on=TODAY, at=AT),
    ):
        for other in ("clerk1", "secadmin"):
            with pytest.raises(PolicyError):
                do(w.actor(other))
    assert list(LocalSet.objects.unscoped("a test compares").values()) == before


def test_the_second_of_two_savers_is_told(w: World) -> None:
    made = drafted(w)
    sets.edit_values(w.actor("county"), made, {"org.group_min": None}, version=2, at=AT)
    with pytest.raises(sets.StaleSet) as stale:
        sets.edit_values(w.actor("county"), made, {"life.theme_day": quarterly()}, version=2, at=AT)
    assert (stale.value.version, stale.value.by) == (3, "county")
    for late in (lambda: sets.edit_header(w.actor("county"), made, header(), version=2, at=AT), lambda: sets.activate(w.actor("county"), made, version=2, at=AT, on=TODAY)):
        with pytest.raises(sets.StaleSet):
            late()


def test_a_draft_thrown_away_stays_in_the_journal(w: World) -> None:
    made = drafted(w)
    sets.discard(w.actor("county"), made, version=2, at=AT)
    assert not LocalSet.objects.unscoped("a test counts").exists()
    entry = Entry.objects.unscoped("a test reads the journal").get(action="policy.discard_set")
    assert entry.subject_id == made and "life.theme_day" in entry.changes["content"]


# ---------------------------------------------------------------- review


def review(w: World, **values: Item | None) -> list[str]:
    base = shipped().get("cn-branch-2018")
    standing = {**base.values, **{k.replace("__", "."): v for k, v in values.items()}}
    draft = replace(base, code="local-x", kind="local", document_no="文", based_on=base.code, effective_from=FROM, values={k: v for k, v in standing.items() if v})
    return [f"{one.code} {one.key}" for one in faults(shipped(), draft, TODAY)]


def test_a_plain_copy_lacks_only_its_header(w: World) -> None:
    made = sets.copy(w.actor("county"), org_id=w.orgs["QH"], code="cn-branch-2018", title="", at=AT)
    with pytest.raises(sets.NotReady) as error:
        sets.activate(w.actor("county"), made, version=1, at=AT, on=TODAY)
    assert [(f.code, f.key) for f in error.value.faults] == [("E055", "document_no"), ("E055", "effective_from")]


def test_e042_a_laxer_value_needs_its_reason(w: World) -> None:
    assert review(w, life__theme_day=quarterly()) == []
    assert review(w, life__theme_day=quarterly(reason=" ")) == ["E042 life.theme_day"]
    assert review(w, org__joint_max_units=Item(6, "第四条")) == ["E042 org.joint_max_units"]
    assert review(w, org__joint_max_units=Item(4, "第四条")) == []      # stricter: no reason


def test_e042_a_kind_left_out_needs_the_reason_of_the_set(w: World) -> None:
    assert review(w, life__theme_day=None) == ["E042 life.theme_day"]


def test_e055_a_value_that_nobody_defines_any_more() -> None:
    base = shipped().get("seed-002e")
    kept = {k: v for k, v in base.values.items() if k != "star.win"}
    draft = replace(base, code="local-x", kind="local", document_no="文", based_on=base.code, effective_from=FROM, values=kept)
    assert [(one.code, one.key) for one in faults(shipped(), draft, TODAY)] == [("E055", "star.win")]
    assert [one.code for one in faults(shipped(), replace(draft, values={}, based_on=""), TODAY)] == ["E055"]


def test_a_clause_that_belongs_to_another_value(w: World) -> None:
    old = shipped().get("cn-branch-2018").values["org.committee_size_max"]
    assert review(w, org__committee_size_max=replace(old, value=6)) == [" org.committee_size_max"]
    assert review(w, org__committee_size_max=Item(6, "")) == [" org.committee_size_max"]


def test_limits_that_contradict_each_other(w: World) -> None:
    assert "E055 org.committee_size_min" in review(w, org__committee_size_min=Item(9, "文第一条"))


# ---------------------------------------------------------------- in force


def test_an_active_set_never_changes(w: World) -> None:
    code = activated(w)
    row = LocalSet.objects.within(w.actor("county").scope(Permission.POLICY_WRITE)).get(code=code)
    before = (row.content, digest_of(row.content))
    for do in (
        lambda: sets.edit_values(w.actor("county"), row.pk, {"life.theme_day": None}, version=row.version, at=AT),
        lambda: sets.edit_header(w.actor("county"), row.pk, header(title="x"), version=row.version, at=AT),
        lambda: sets.keep_table(w.actor("county"), row.pk, "t", "", at=AT), lambda: sets.discard(w.actor("county"), row.pk, version=1, at=AT),
        lambda: sets.activate(w.actor("county"), row.pk, version=row.version, at=AT, on=TODAY),
    ):
        with pytest.raises(PolicyError):
            do()
    row.refresh_from_db()
    assert (row.content, digest_of(row.content)) == before and queries.library().get(code).version == before[1]


def test_an_active_set_is_readable_to_everybody_and_assigned_from_a_day(w: World) -> None:
    code = activated(w)
    assert [one.rule_set.code for one in queries.published()] == [code]
    found = queries.published()[0]
    assert queries.local_set(w.actor("member").scope(Permission.POLICY_WRITE), found.id) is not None
    assert refusal(lambda: assign(w, code, reason="")) == "E042"
    assert refusal(lambda: assign(w, code, valid_from=FROM - timedelta(days=1))) == "E055"     # not yet in force
    assert refusal(lambda: assign(w, code, family="dues")) == "E055"
    assign(w, code)
    assert refusal(lambda: assign(w, code)) == "E041"
    assert theme_day(w, "T1-B1", FROM) == f"{code} quarter"
    assert theme_day(w, "T1-B1", FROM - timedelta(days=1)) == "cn-branch-2018 month"
    assert theme_day(w, "T2-B1", FROM) == "cn-branch-2018 month"


def test_the_other_families_of_a_local_set_hold_only_where_they_are_assigned(w: World) -> None:
    made = drafted(w)
    sets.edit_values(w.actor("county"), made, {"org.joint_max_units": Item(4, "青组〔2026〕5号第一条")}, version=2, at=AT)
    sets.activate(w.actor("county"), made, version=3, at=AT, on=TODAY)
    code = queries.published()[0].rule_set.code
    assign(w, code, family="org")
    orgs = tree.organisations(w.actor("county").sees())
    found = structure.rules_for(orgs, "org", TODAY)
    assert [found[w.orgs[c]].value("org.joint_max_units") for c in ("T1", "T1-B1", "T2-B1")] == [4, 4, 5]
    assert theme_day(w, "T1-B1", TODAY) == "cn-branch-2018 month"


def test_a_retired_set_keeps_the_past_and_ends_by_itself(w: World) -> None:
    code = activated(w)
    assign(w, code)
    found = queries.published()[0]
    assert refusal(lambda: sets.retire(w.actor("county"), found.id, last_day=TODAY - timedelta(days=1), on=TODAY, at=AT)) == "E002"
    sets.retire(w.actor("county"), found.id, last_day=TODAY, on=TODAY, at=AT)
    assert theme_day(w, "T1-B1", TODAY) == f"{code} quarter" and theme_day(w, "T1-B1", TODAY + timedelta(days=1)) == "cn-branch-2018 month"
    assert refusal(lambda: assign(w, code, org="T2")) == "E055"
    with pytest.raises(PolicyError):
        sets.retire(w.actor("county"), found.id, last_day=TODAY, on=TODAY, at=AT)


def test_a_new_set_supersedes_without_touching_the_old(w: World) -> None:
    code = activated(w)
    made = sets.copy(w.actor("county"), org_id=w.orgs["QH"], code=code, title="第二版", at=AT, supersede=True)
    new = queries.local_set(w.actor("county").scope(Permission.POLICY_WRITE), made)
    assert new is not None and new.rule_set.supersedes == code and new.rule_set.code != code
    assert dict(new.rule_set.values) == dict(queries.library().get(code).values)
    assert refusal(lambda: sets.copy(w.actor("county"), org_id=w.orgs["QH"], code="cn-branch-2018", title="", at=AT, supersede=True)) == "E055"


def test_who_ended_an_assignment_is_kept(w: World) -> None:
    number = assign(w, activated(w))
    actions.end_assignment(w.actor("county"), number, on=date(2026, 7, 1), at=AT)
    (one,) = queries.assignments_of([w.orgs["T1"]])
    assert (one.title, one.decided_by, one.ended_by, one.valid_to) == ("青禾县组织生活规定", "county", "county", date(2026, 7, 1))
    assert refusal(lambda: actions.end_assignment(w.actor("county"), number, on=date(2026, 8, 1), at=AT)) == "E002"


# ---------------------------------------------------------------- statements, processes


def test_one_statement_more_however_many_follow_a_local_set(w: World) -> None:
    orgs = tree.organisations(w.actor("county").sees())

    def count() -> int:
        with CaptureQueriesContext(connection) as told:
            structure.rules_for(orgs, "life", TODAY)
        return len(told)

    before = count()
    code = activated(w)
    assert count() == before            # nobody follows it yet
    assign(w, code)
    assert count() == before + 1
    assign(w, code, org="T2")
    assign(w, code, org="T1-B2")
    assert count() == before + 1


def test_what_another_process_changed_holds_at_once(w: World) -> None:
    """Another process retires the set or writes a row: the next question sees it, whatever was read before."""
    code = activated(w)
    assign(w, code)
    assert theme_day(w, "T1-B1", TODAY) == f"{code} quarter"
    LocalSet.objects.within(w.actor("county").scope(Permission.POLICY_WRITE)).filter(code=code).update(effective_to=date(2026, 6, 30), status="retired")
    assert theme_day(w, "T1-B1", TODAY) == "cn-branch-2018 month" and theme_day(w, "T1-B1", date(2026, 6, 30)) == f"{code} quarter"


# ---------------------------------------------------------------- files


def upload(text: str | bytes) -> list[str]:
    with pytest.raises(FileRefused) as error:
        read_set(text.encode() if isinstance(text, str) else text, "县.toml")
    return error.value.reasons


HEAD = 'code = "local-a"\ntitle = "某县规定"\nshort = "某县规定"\nkind = "local"\nstatus = "draft"\nsource = "某县文件"\n'


def test_an_uploaded_file_becomes_a_draft_under_its_own_code_once(w: World) -> None:
    one = read_set((HEAD + '[org]\ngroup_min = { value = 4, clause = "第一条" }\n').encode(), "县.toml")
    for code in ("local-a", "local-qh-1"):
        made = sets.take_in(w.actor("county"), org_id=w.orgs["QH"], rule_set=one, at=AT)
        found = queries.local_set(w.actor("county").scope(Permission.POLICY_WRITE), made)
        assert found is not None and (found.rule_set.code, found.rule_set.status) == (code, "draft")
        assert found.rule_set.values["org.group_min"] == Item(4, "某县规定第一条")


def test_a_file_cannot_pretend_to_be_national_or_active(w: World) -> None:
    one = read_set(dump(shipped().get("cn-branch-2018")).encode(), "x.toml")
    made = sets.take_in(w.actor("county"), org_id=w.orgs["QH"], rule_set=one, at=AT)
    found = queries.local_set(w.actor("county").scope(Permission.POLICY_WRITE), made)
    assert found is not None and (found.rule_set.kind, found.rule_set.status, found.rule_set.based_on) == ("local", "draft", "cn-branch-2018")
    assert found.rule_set.code != "cn-branch-2018" and queries.library() is shipped()


def test_every_fault_of_a_file_is_named_with_its_place() -> None:
    told = upload(HEAD + '[org]\nunheard = { value = 1, clause = "" }\ngroup_min = { value = "三", clause = "" }\n[life]\nmagic = { value = 1, clause = "" }\n[life.lecture]\nvalue = { window = "week" }\nclause = ""\n')
    assert [line.partition("：")[0] for line in told] == ["org.unheard", "org.group_min", "life.magic", "life.lecture"]
    assert upload("a = 1\nb = \n")[0].startswith("“县.toml”第 2 行") and "第 2 行" in upload(b'code = "a"\ntitle = "\xb5\xb3"\n')[0]
    assert any("unknown_family" in line for line in upload(HEAD + "[unknown_family]\nx = 1\n"))


@pytest.mark.parametrize(
    "text",
    [
        b"x" * (MOST_BYTES + 1), b"\x00\x01\xff", b"", "a = " + "[" * 60_000, "a" + ".a" * 50_000 + " = 1", "x = " + "9" * 20_000, HEAD + "[org]\ngroup_min = { value = 99999999999999, clause = '' }",
        HEAD.replace("某县规定", "长" * 5000, 1), HEAD + '[org]\ngroup_min = { value = 4, clause = "a\\u0000b" }', HEAD + "[org]\n" + "".join(f'k{i} = {{ value = 1, clause = "" }}\n' for i in range(2000)),
        HEAD + "org = 3\n", HEAD + "[org.group_min.value.value.value.value.value.value]\na = 1\n", HEAD + 'effective_from = "gestern"\n', HEAD + "effective_from = 2026-01-01T00:00:00\n",
        '[org]\ngroup_min = { value = 4, clause = "" }\n', HEAD.replace('"local"', '"system2"'), HEAD + "[life.lecture]\nvalue = " + "{ window = " * 200 + "1" + " }" * 200 + "\nclause = ''\n",
    ],
    ids=lambda text: str(len(text)),
)
def test_hostile_files_are_refused_in_words(text: str | bytes) -> None:
    told = upload(text)
    assert told and len(told) <= 31 and all(len(line) < 400 and "Traceback" not in line for line in told)


def test_every_key_can_be_written_and_read_back() -> None:
    seen = {key for one in shipped().all() for key in one.values}
    assert seen <= set(KEYS) and len(seen) > 150
    for one in shipped().all():
        for key, item in one.values.items():
            assert raw(key, item.value) is not None


def test_families_read_together_are_those_read_alone(w: World) -> None:
    """An assignment of one family does not leak into another one."""
    assign(w, activated(w))
    families = ("conventions", "votes", "life", "dem_life")
    branch = w.orgs["T1-B1"]
    together = queries.effective_each(branch, families, TODAY)
    assert {f: e.rows() for f, e in together.items()} == {f: queries.effective(branch, f, TODAY).rows() for f in families}
    assert {f for f, e in together.items() if any(layer.choice for layer in e.layers)} == {"life"}
