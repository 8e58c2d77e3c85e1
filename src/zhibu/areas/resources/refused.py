"""Why an entry about funds and places cannot be kept (`zhibu.kernel.fault`)."""
from __future__ import annotations

from zhibu.kernel.fault import Fault, FaultyEntry

__all__ = ["Fault", "ResourceRefused"]


class ResourceRefused(FaultyEntry):
    """An entry about funds and places that is refused as a whole; nothing was written."""
