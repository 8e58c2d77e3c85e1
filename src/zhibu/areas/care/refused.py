"""Why an entry about care cannot be kept (`zhibu.kernel.fault`)."""
from __future__ import annotations

from zhibu.kernel.fault import Fault, FaultyEntry

__all__ = ["CareRefused", "Fault"]


class CareRefused(FaultyEntry):
    """An entry about care that is refused as a whole; nothing was written."""
