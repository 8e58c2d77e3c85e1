"""Actor: who asks, with the grants that were valid when the request began."""
from __future__ import annotations

from dataclasses import dataclass, field

from .permission import Compartment, Permission
from .scope import Scope, collapse


class Refused(Exception):
    """The actor may not do this here. `hidden` = out of scope: faces answer 404, else 403 with the reason."""

    def __init__(self, reason: str, *, hidden: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.hidden = hidden


@dataclass(frozen=True, slots=True)
class Held:
    """A grant as loaded: role at an organisation, its permissions and compartments."""

    role: str
    role_title: str
    org_id: int
    org_path: str
    org_name: str
    permissions: frozenset[Permission]
    compartments: frozenset[Compartment] = frozenset()


@dataclass(frozen=True, slots=True)
class Actor:
    """The acting person or system process with the grants held right now."""

    account_id: int | None
    name: str
    person_id: int | None = None
    grants: tuple[Held, ...] = field(default_factory=tuple)

    def scope(self, permission: Permission) -> Scope:
        """Give the scope in which `permission` is held; empty when it is held nowhere. OWN_FILE reaches one's own rows and nothing else."""
        held = [g for g in self.grants if permission in g.permissions]
        if permission is Permission.OWN_FILE:
            return Scope(person_id=self.person_id if held else None)
        return Scope(collapse(g.org_path for g in held), frozenset((c, g.org_path) for g in held for c in g.compartments))

    def sees(self) -> Scope:
        """Give the union of everything the actor holds anything on (decides 404 against 403)."""
        return Scope(collapse(g.org_path for g in self.grants))

    def may(self, permission: Permission, at: str) -> bool:
        """Tell whether the actor holds `permission` at the organisation with path `at`."""
        return any(permission in g.permissions and at.startswith(g.org_path) for g in self.grants)

    def holds(self, permission: Permission) -> bool:
        """Tell whether the actor holds `permission` anywhere."""
        return any(permission in g.permissions for g in self.grants)

    def require(self, permission: Permission, at: str) -> None:
        """Raise Refused unless the actor holds `permission` at path `at`."""
        if self.may(permission, at):
            return
        if self.sees().covers(at):
            raise Refused("您在这个组织没有办理这件事的权限，请找本级或上级党组织办理")
        raise Refused("没有找到", hidden=True)
