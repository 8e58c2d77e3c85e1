"""The plain list of what each area offers to the seams (facts, duties, case effects)."""
from __future__ import annotations


def connect() -> None:
    """Connect every provider; called once when the last app is ready."""
    import zhibu.areas.meetings.actions as meetings_actions
    import zhibu.areas.meetings.duties as meetings_duties
    import zhibu.areas.meetings.procedures as meetings_procedures
    from zhibu.ground.duties import duty
    from zhibu.ground.process import spec

    duty.register("meetings", meetings_duties.due)
    spec.register(meetings_procedures.EXCUSE, meetings_actions.grant_excuse)
