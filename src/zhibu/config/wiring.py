"""The plain list of what each area offers to the seams (facts, duties, case effects)."""
from __future__ import annotations


def connect() -> None:
    """Connect every provider; called once when the last app is ready."""
    import zhibu.areas.meetings.actions as meetings_actions
    import zhibu.areas.meetings.duties as meetings_duties
    import zhibu.areas.meetings.form as meetings_form
    import zhibu.areas.meetings.procedures as meetings_procedures
    import zhibu.areas.roster.facts as roster_facts
    import zhibu.areas.structure.actions as structure_actions
    import zhibu.areas.structure.duties as structure_duties
    import zhibu.areas.structure.procedures as structure_procedures
    from zhibu.ground.duties import duty
    from zhibu.ground.facts import catalogue
    from zhibu.ground.files import sweep
    from zhibu.ground.process import spec
    from zhibu.ground.record import queries as recorded

    duty.register("structure", structure_duties.due)
    duty.register("meetings", meetings_duties.due)
    catalogue.register(roster_facts.FACTS)
    sweep.register(recorded.naming)
    sweep.register(meetings_form.naming)
    for kind in structure_procedures.KINDS:
        spec.register(kind, structure_actions.EFFECTS[kind.code])
    spec.register(meetings_procedures.EXCUSE, meetings_actions.grant_excuse)
