"""A bank's list of the demo's village branch: receipts that fit, one that only the sum points to, one that is no dues, one line that cannot be read."""
from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.utils.timezone import localdate

from zhibu.areas.dues.rules import yuan
from zhibu.exchange.bank import booking
from zhibu.exchange.intake import read_csv
from zhibu.ground.access.queries import office

from . import plan as p


def fill(orgs: Mapping[str, int], at: datetime) -> str:
    """Take the list in as the secretary would; nothing of it is booked."""
    org_id = orgs[p.LIUSHUWAN]
    secretary, today = office("王秀兰", "branch_secretary", org_id), localdate(at)
    owing = [d for d in booking.debtors(booking.scope_of(secretary, org_id), org_id, at) if d.owed]
    rows: list[tuple[str, ...]] = [("交易日期", "借贷标志", "贷方发生额", "对方户名", "附言", "交易流水号")]
    for n, one in enumerate(owing[:4]):
        payer, note = (one.name, "党费") if n < 3 else ("家属", "")
        rows.append((str(today - timedelta(days=1)), "贷", yuan(one.owed[0][1]), payer, note, f"DEMO{n}"))
    rows += [(str(today - timedelta(days=2)), "贷", "300.00", "石桥镇某合作社", "房租", "DEMO8"), ("日期看不清", "贷", "5.00", "", "", "DEMO9")]
    data = "".join(",".join(row) + "\n" for row in rows).encode()
    _, taken = booking.take_in(secretary, org_id, name="示例银行流水.csv", data=data, book=read_csv.read(data), told={}, at=at)
    return f"银行到账 {taken.added if taken else 0} 笔等登记"
