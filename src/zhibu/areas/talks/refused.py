"""Why an entry about talks cannot be kept (`zhibu.kernel.fault`)."""
from __future__ import annotations

from zhibu.kernel.fault import Fault, FaultyEntry

__all__ = ["Fault", "TalkRefused", "TalkStale"]


class TalkRefused(FaultyEntry):
    """An entry about talks that is refused as a whole; nothing was written."""


class TalkStale(TalkRefused):
    """Somebody else corrected the text since the form was opened (E044)."""
