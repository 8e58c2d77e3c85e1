"""Every form that the other tests send is saved when it is sent as a person would; forms with a POST are all known."""
from __future__ import annotations

import pytest
from django.urls import resolve
from django.utils import timezone
from tests import world
from tests.everywhere.matrix import policy
from tests.everywhere.pages import read, send
from tests.everywhere.test_bad_input import rows, visitor
from tests.hostile.fillings import CREATES, EDITS, Filling
from tests.world import AT, World


@pytest.fixture
def w(db: None, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(timezone, "now", lambda: AT)
    return world.build()


@pytest.mark.parametrize("filling", CREATES + EDITS, ids=lambda f: f.id)
def test_the_form_is_saved(filling: Filling, w: World) -> None:
    filling.before(w)
    client, url = visitor(filling.user), filling.url(w)
    page = read(client.get(url), url)
    before = rows()
    response = send(client, page, page.form(filling.holds), filling.typed(w), filling.press)
    assert response.status_code == (200 if filling.pages else 302), [line for line in response.content.decode().split("\n") if "errs" in line or "form-err" in line]
    if filling.makes:
        assert rows()[filling.makes] - before[filling.makes] == filling.rows


#: addresses that take a POST and are no form of one thing: each with the reason
OTHERWISE = {
    "signin": "no account yet", "setup": "gone once there is an account; the code works once", "signout": "ending twice is ending", "set-password": "the same password twice is one",
    "end-sessions": "ending twice is ending", "large-print": "a switch", "notice-seen": "read twice is read", "roster:list": "a search", "roster:reveal": "each look is counted on purpose",
    "meetings:ledger-file": "a file is made, nothing is kept", "meetings:sheet": "a file is made, nothing is kept", "meetings:sign-in": "a file is made, nothing is kept",
    "training:file": "a file is made, nothing is kept", "resources:funds-file": "a file is made, nothing is kept", "resources:places-file": "a file is made, nothing is kept",
    "training:note-end": "taken away twice is taken away", "training:committee-end": "taken away twice is taken away", "resources:booking-end": "given back twice is given back",
    "overview:county-file": "a file is made, nothing is kept", "meetings:revoke-excuse": "taken back twice is taken back",
    "intake:upload": "nothing is kept in the database; swept after a day", "intake:columns": "nothing is kept in the database", "intake:undo": "undone once, refused then",
    "intake:result": "tests/hostile/test_sent_once.py::test_two_imports_at_once_are_one", "overview:remind": "tests/web/test_overview_pages.py::test_a_double_click_reminds_once",
    **dict.fromkeys(("org:handover", "paper:handbook", "paper:measures", "paper:member", "paper:organisation", "paper:roster", "paper:dues", "paper:quarter", "paper:receipt", "person:dues-paper", "person:receipt", "journal:file", "person:copy", "roster:copy-for"),
                    "a file or print page is made and noted; each one that leaves is a line of the journal on purpose"),
    **dict.fromkeys(("second", "safety:prove"), "proves who is there; a code works once: tests/web/test_second_factor.py"),
    "safety:totp": "a code works once, its secret is forgotten with it: tests/web/test_second_factor.py", "safety:passkey": "the question is forgotten with its first answer",
    "safety:recovery": "the new set stands in place of the old one; the last one shown holds", "safety:remove": "taken away twice is taken away", "safety:end-session": "ending twice is ending",
    "accounts:enable": "enabled once; the second press is told so: tests/hostile/test_sent_once.py::test_a_second_press_changes_nothing",
    "accounts:posts": "a post has its role once: tests/hostile/test_sent_once.py::test_a_second_press_changes_nothing",
    "accounts:second": "what is taken away stays away: tests/web/test_second_factor.py", "person:end-token": "ending twice is ending",
    "person:meetings": "one request per person and meeting, by a constraint: tests/hostile/test_sent_once.py::test_a_second_press_changes_nothing",
    "meetings:leave-decide": "decided once; the second press is told so: tests/hostile/test_sent_once.py::test_a_second_press_changes_nothing",
    "api:activities": "an Idempotency-Key is required: tests/api/test_api.py", "rules:upload": "a file: tests/hostile/test_sent_once.py::test_a_rule_set_uploaded_twice_is_one_draft",
    **dict.fromkeys(("talks:event-end", "care:event-end", "care:member-end", "talks:contact-end", "care:request-withdraw"), "ended twice is ended: tests/areas/test_talks.py, test_care.py"),
    "talks:sheet": "a file is made; each one that leaves is a line of the journal on purpose", "talks:contact-talked": "a day is noted once, by a constraint: tests/areas/test_talks.py",
    "talks:contact-undo": "names the day; the second press finds it taken back",
    **dict.fromkeys(
        tuple(f"transfers:{s}" for s in ("check", "issue", "reissue", "receive", "return", "receipt", "close", "file", "cancel")),
        "a step is taken once; whoever comes second is told how it stands: tests/web/test_transfers_pages.py::test_a_second_press_is_told_how_it_stands",
    ),
    "transfers:certificate": "a file or print page is made and noted; each one that leaves is a line of the journal on purpose",
    "transfers:letter": "a file or print page is made and noted; each one that leaves is a line of the journal on purpose",
    "transfers:float-edit": "saved with the version of the form, refused then: tests/areas/test_transfers.py::test_a_floating_record_is_corrected",
    "transfers:float-end": "ended once, refused then: tests/areas/test_transfers.py::test_a_floating_member_from_leaving_to_coming_back",
    "transfers:decline": "answered once; the second is told by whom (E044): tests/web/test_transfers_pages.py::test_a_member_takes_it_back_and_reads_a_no", "transfers:end-stay": "ending twice is ending", "transfers:restore": "one open case about a person: E053",
    "dues:bases": "confirmed once a year; what is confirmed is passed over", "dues:person": "one open review per person, by a constraint: tests/areas/test_dues.py::test_at_03_the_ladder_and_the_review",
    "bank:upload": "the same file once, by a constraint: tests/web/test_bank_pages.py::test_a_file_its_proposals_and_one_tap_for_the_certain_ones",
    **dict.fromkeys(("bank:confirm", "bank:exact"), "a receipt is booked once: tests/exchange/test_bank.py::test_a_file_is_taken_in_once_and_its_lines_are_booked_once"),
    "bank:reopen": "opened twice is open",
    "org:close-group": "a closed group is on no form; tests/areas/test_structure.py::test_close_a_group",
}


def test_every_post_of_the_product_is_known_here() -> None:
    """A new form gets a filling, or a reason here."""
    takes_posts = {name for name, row in policy().items() if "POST" in row.methods}
    filled = {f.view for f in CREATES + EDITS}
    assert takes_posts == filled | set(OTHERWISE), {"unknown": takes_posts - filled - set(OTHERWISE), "gone": (filled | set(OTHERWISE)) - takes_posts}
    assert resolve("/")
