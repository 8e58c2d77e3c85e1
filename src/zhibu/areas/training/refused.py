"""Why an entry about training cannot be kept (`zhibu.kernel.fault`)."""
from __future__ import annotations

from zhibu.kernel.fault import Fault, FaultyEntry, faults

__all__ = ["Fault", "TrainingRefused", "faults"]


class TrainingRefused(FaultyEntry):
    """An entry about training that is refused as a whole; nothing was written."""
