from __future__ import annotations

from zhibu.kernel.result import YES, Decision, first_refusal, refusals, refuse, warn


def test_a_refusal_is_falsy_and_carries_code_and_sentence():
    no = refuse("E005", "单位太多。")
    assert not no and no == Decision(False, "E005", "单位太多。")
    assert YES and warn("", "提示。").ok


def test_first_refusal_is_lazy_and_keeps_the_order():
    def later():
        raise AssertionError("must not run")
        yield

    def stream():
        yield YES
        yield refuse("E001", "a")
        yield from later()

    assert first_refusal(stream()).code == "E001"
    assert first_refusal([]) is YES
    assert [d.code for d in refusals([refuse("E002", ""), YES, refuse("E001", "")])] == ["E002", "E001"]
