"""Published numbers about care: what superiors see. Counts and sums, never a name."""
from __future__ import annotations

from zhibu.ground.facts.catalogue import Fact

from . import queries

FACTS = (
    Fact("care.overdue", "五必访超期", "件", "五必访：事情发生后的期限按系统约定", queries.overdue),
    Fact("care.calls", "走访党员", "次", "走访：本年到当日", queries.call_counts),
    Fact("care.approved", "批准的帮扶资金", "分", "帮扶资金：本年到当日批准的", queries.approved),
    Fact("care.paid", "支付的帮扶资金", "分", "帮扶资金：本年到当日支付的", queries.paid),
)
