"""个人党费交纳情况: a member's own year on one sheet, month by month, for himself to keep."""
from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from zhibu.areas.dues.queries import AccountMonth, PersonAccount
from zhibu.areas.dues.rules import BY_BASE, CATEGORY_ZH, rate_zh, yuan
from zhibu.kernel.dates import show
from zhibu.kernel.periods import month_of_index

from .dues_forms import rule_sets
from .sheet import Sheet, day, foot, grid

WIDTHS = (22, 30, 56, 48)


def reckoned(month: AccountMonth) -> str:
    """Say how a month's sum came about."""
    if month.exempt:
        return "已批准减免"
    if month.category in BY_BASE and month.rate is not None:
        return f"{yuan(month.base)}元 × {rate_zh(month.rate)}"
    return CATEGORY_ZH.get(month.category, "")


def settled(month: AccountMonth) -> str:
    """Say whether a month is paid, and when."""
    if month.payment_id is not None:
        return show(month.paid_on) if month.paid_on else "已交"
    return "还没交" if month.amount else "不用交"


@dataclass(frozen=True, slots=True)
class DuesYear:
    """The content of the sheet. account: what the member may read about himself."""

    org_name: str
    account: PersonAccount
    year: int
    rule_sets: tuple[str, ...]
    printed_on: date

    @property
    def file_title(self) -> str:
        """Give the part of the file name that says what it is."""
        return f"{self.year}年个人党费交纳情况"

    @property
    def months(self) -> tuple[AccountMonth, ...]:
        """Give the months of the year, in their order."""
        return tuple(sorted((m for m in self.account.months if month_of_index(m.month)[0] == self.year), key=lambda m: m.month))

    @property
    def due(self) -> int:
        """Give what was assessed for the year."""
        return sum(m.amount for m in self.months)

    @property
    def paid(self) -> int:
        """Give what was paid for months of the year."""
        return sum(m.amount for m in self.months if m.payment_id is not None)

    def sheet(self) -> Sheet:
        """Lay the year out for paper."""
        lines = [(f"{month_of_index(m.month)[1]}月", yuan(m.amount), reckoned(m), settled(m)) for m in self.months]
        lines.append(("合计", yuan(self.due), "", f"已交{yuan(self.paid)}元"))
        said = (f"{day(self.printed_on)}以前登记的交费。有出入的，请和支部管党费的同志核对。",)
        return Sheet(
            "dues year", f"{self.year}年党费交纳情况", (f"姓名：{self.account.name}　党支部：{self.org_name}　单位：元",), WIDTHS,
            grid(("月份", "应交", "怎么算的", "哪天交的"), lines, tall=10), ("党支部（盖章）：",), foot(self.rule_sets, self.printed_on), heads=1, below=said,
        )


def dues_year(account: PersonAccount, org_name: str, year: int, printed_on: date) -> DuesYear:
    """Fill the sheet of a member's year from the account that the reader was given."""
    return DuesYear(org_name, account, year, rule_sets(account.org_id, min(printed_on, date(year, 12, 31))), printed_on)
