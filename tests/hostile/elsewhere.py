"""The whole list of hostile input: where each of the 66 cases is met."""
from __future__ import annotations

INTAKE, ODD, FORMS = "tests/web/test_intake_pages.py", "tests/everywhere/test_canary.py", "tests/hostile/test_forms.py"
CONFIRM, FILES, PAPER, RETURNED = "tests/exchange/test_confirm.py", "tests/ground/test_files.py", "tests/web/test_paper.py", "tests/exchange/test_returned.py"

#: cases that are no single file, or that are met where their room is tested; the others are rows of containers.py, sheets.py and attachments.py
ELSEWHERE: dict[int, tuple[str, ...]] = {
    2: (f"{INTAKE}::test_a_file_that_is_too_large_is_not_taken_in",),
    42: ("tests/kernel/test_identity.py::test_phones",),
    43: ("tests/exchange/test_dates.py::test_texts", "tests/exchange/test_dates.py::test_any_text_is_answered"),
    47: (f"{CONFIRM}::test_known_members_are_changed_only_where_the_table_says_otherwise",),
    48: (f"{CONFIRM}::test_members_of_other_branches_and_strangers_are_told_apart_by_nothing", f"{INTAKE}::test_the_branch_of_a_title_is_asked_once"),
    52: (f"{RETURNED}::test_formula_signs_stay_text", f"{PAPER}::test_no_cell_of_an_export_is_alive", f"{PAPER}::test_the_ledger_reads_again_identically"),
    53: ("tests/hostile/test_stored_markup.py::test_no_element_or_attribute_of_a_page_comes_from_data", f"{INTAKE}::test_names_of_files_and_cells_are_only_text"),
    58: (f"{FILES}::test_names_are_harmless", f"{FORMS}::test_file_names_break_no_path_and_no_header"),
    59: (f"{FORMS}::test_what_is_kept_is_only_ever_downloaded",),
    63: (f"{FORMS}::test_a_form_beyond_the_limits_is_answered_in_words", f"{FORMS}::test_names_of_columns_in_an_address_ask_nothing"),
    64: (f"{ODD}::test_odd_values_in_an_address_are_no_fault_of_the_program", f"{FORMS}::test_names_of_columns_in_an_address_ask_nothing"),
    66: (
        f"{INTAKE}::test_the_same_file_twice_has_nothing_new", f"{INTAKE}::test_a_double_click_imports_once",
        f"{CONFIRM}::test_what_changed_since_it_was_shown_is_shown_again", "tests/exchange/test_killed.py::test_a_killed_import_leaves_nothing",
    ),
}
#: documents that are JSON come in through the programming interface only
OF_THE_API = {65: "tests/api"}
