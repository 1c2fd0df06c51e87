"""Who may do what: role and deny assignments, evaluated as Azure RBAC does.

A deny assignment wins over every role. Scopes inherit downwards; groups count transitively.
"""

import json
import uuid
from typing import Any, Final

from bot.sandbox.azureml import roles, seed
from bot.sandbox.azureml.database import Database
from bot.sandbox.azureml.errors import ServiceError, bad_request, not_found
from bot.sandbox.azureml.wire import Caller, Route, now

EVERYONE: Final = "00000000-0000-0000-0000-000000000000"
"""The principal of deny assignments that are for all."""
_TYPE: Final = "Microsoft.Authorization/roleAssignments"
_DENY_TYPE: Final = "Microsoft.Authorization/denyAssignments"


def covers(scope: str, other: str) -> bool:
    """Whether `scope` is `other` or above it."""
    upper, lower = scope.rstrip("/").lower(), other.rstrip("/").lower()
    return lower == upper or lower.startswith(upper + "/")


def principals_of(object_id: str) -> set[str]:
    """A principal and every group that it is in, directly or through groups."""
    found, waiting = {object_id}, [object_id]
    while waiting:
        member = waiting.pop()
        for group, (_, members) in seed.GROUPS.items():
            if member in members and group not in found:
                found.add(group)
                waiting.append(group)
    return found


def kind_of(principal_id: str) -> str:
    if principal_id in seed.GROUPS:
        return "Group"
    return "ServicePrincipal" if principal_id == seed.BOT_OBJECT_ID else "User"


class Access:
    """The assignments of a state directory."""

    def __init__(self, database: Database) -> None:
        self._database = database
        with database.transaction():
            if not database.fact("roles_seeded", ""):
                for name, scope, principal, _, role in seed.SEEDED_ASSIGNMENTS:
                    self.grant(principal, role, scope, name=name)
                database.write("UPDATE facts SET value = 'yes' WHERE name = 'roles_seeded'")

    def grant(self, principal_id: str, role: str, scope: str, *, name: str | None = None) -> dict[str, Any]:
        """Assign a role (by name or id) at a scope.

        Raises:
            ServiceError: there is no such role; the principal already has it at that scope (409).
        """
        definition = roles.find(role)
        if definition is None:
            raise not_found("RoleDefinition", role)
        name = name or str(uuid.uuid4())
        with self._database.transaction():
            same = self._database.row(
                "SELECT 1 FROM role_assignments WHERE name = ? "
                "OR (lower(scope) = lower(?) AND principal_id = ? AND role_id = ?)",
                name, scope, principal_id, definition.id,
            )  # fmt: skip
            if same:
                raise ServiceError(409, "RoleAssignmentExists", "The role assignment already exists.")
            self._database.write(
                "INSERT INTO role_assignments VALUES (?, ?, ?, ?, ?, ?)",
                name, scope, principal_id, kind_of(principal_id), definition.id, now(),
            )  # fmt: skip
        return self.assignment(name)

    def assignment(self, name: str) -> dict[str, Any]:
        found = next((item for item in self._assignments() if item["name"] == name), None)
        if found is None:
            raise ServiceError(404, "RoleAssignmentNotFound", f"The role assignment '{name}' is not found.")
        return found

    def revoke(self, name: str) -> dict[str, Any]:
        found = self.assignment(name)
        self._database.write("DELETE FROM role_assignments WHERE name = ?", name)
        return found

    def deny(self, document: dict[str, Any]) -> dict[str, Any]:
        """Add a deny assignment: `actions`, and optionally `not_actions`, `principals`, `exclude_principals`, `scope`,
        `name`, `do_not_apply_to_child_scopes`. Without principals it is for everyone."""
        actions = document.get("actions")
        if not isinstance(actions, list) or not actions:
            raise bad_request('"actions" must be a list of actions to deny.')
        name = str(uuid.uuid4())
        scope = str(document.get("scope") or seed.WORKSPACE_SCOPE)
        principals = [str(item) for item in document.get("principals") or [EVERYONE]]
        properties = {
            "denyAssignmentName": str(document.get("name") or "sandbox-deny"),
            "description": "",
            "permissions": [
                {
                    "actions": [str(action) for action in actions],
                    "notActions": [str(action) for action in document.get("not_actions") or []],
                    "dataActions": [],
                    "notDataActions": [],
                }
            ],
            "scope": scope,
            "doNotApplyToChildScopes": bool(document.get("do_not_apply_to_child_scopes", False)),
            "principals": [{"id": item, "type": _deny_kind(item)} for item in principals],
            "excludePrincipals": [
                {"id": str(item), "type": _deny_kind(str(item))} for item in document.get("exclude_principals") or []
            ],
            "isSystemProtected": True,
        }
        found = {
            "id": f"{scope}/providers/{_DENY_TYPE}/{name}",
            "name": name,
            "type": _DENY_TYPE,
            "properties": properties,
        }
        self._database.write("INSERT INTO deny_assignments VALUES (?, ?, ?)", name, scope, json.dumps(found))
        return found

    def remove_deny(self, name: str) -> None:
        if not self._database.write("DELETE FROM deny_assignments WHERE name = ?", name):
            raise not_found("DenyAssignment", name)

    def assignments(self, scope: str, *, below: bool, principals: set[str] | None) -> list[dict[str, Any]]:
        """Role assignments that apply at `scope` (`below`: or under it), of all or of some principals."""
        return [
            item
            for item in self._assignments()
            if _applies(item["properties"]["scope"], scope, below=below)
            and (principals is None or item["properties"]["principalId"] in principals)
        ]

    def deny_assignments(self, scope: str, *, below: bool, principals: set[str] | None) -> list[dict[str, Any]]:
        """Deny assignments, chosen like role assignments."""
        return [
            item
            for item in self._denials()
            if _applies(item["properties"]["scope"], scope, below=below)
            and (principals is None or _ids(item, "principals") & (principals | {EVERYONE}))
        ]

    def allowed(self, object_id: str, action: str, scope: str) -> bool:
        principals = principals_of(object_id)
        for item in self.deny_assignments(scope, below=False, principals=principals):
            properties = item["properties"]
            elsewhere = properties["doNotApplyToChildScopes"] and properties["scope"].lower() != scope.lower()
            if elsewhere or _ids(item, "excludePrincipals") & principals:
                continue
            for permission in properties["permissions"]:
                denied = any(roles.matches(pattern, action) for pattern in permission["actions"])
                if denied and not any(roles.matches(pattern, action) for pattern in permission["notActions"]):
                    return False
        granted = (
            roles.find(item["properties"]["roleDefinitionId"])
            for item in self.assignments(scope, below=False, principals=principals)
        )
        return any(role is not None and role.allows(action) for role in granted)

    def check(self, caller: Caller, action: str, scope: str) -> None:
        """Raise Azure's AuthorizationFailed (403) unless the caller may do `action` at `scope`."""
        if caller.run_id is None and self.allowed(caller.object_id, action, scope):
            return
        raise ServiceError(
            403,
            "AuthorizationFailed",
            f"The client '{caller.name}' with object id '{caller.object_id}' does not have authorization to perform "
            f"action '{action}' over scope '{scope}' or the scope is invalid. If access was recently granted, please "
            "refresh your credentials.",
        )

    def check_run(self, caller: Caller, route: Route, values: dict[str, str]) -> None:
        """A training script's token reaches its own run and that run's children, and nothing else."""
        if route.run == "*":
            return
        subject = values.get(route.run) if route.run else None
        if subject is not None and caller.run_id is not None:
            run_id = subject.removeprefix("dcid.")
            if run_id == caller.run_id or self._is_child(run_id, caller.run_id):
                return
            # A script may create children of its run; whose child it becomes is checked where it is made.
            if route.method == "PATCH" and not self._database.row("SELECT 1 FROM runs WHERE run_id = ?", run_id):
                return
        raise ServiceError(403, "Forbidden", "The token of a run is good for that run only.")

    def _is_child(self, run_id: str, ancestor: str) -> bool:
        seen: set[str] = set()
        while run_id not in seen:
            seen.add(run_id)
            row = self._database.row("SELECT document FROM runs WHERE run_id = ?", run_id)
            parent = json.loads(row["document"]).get("parentRunId") if row else None
            if parent is None:
                return False
            if parent == ancestor:
                return True
            run_id = parent
        return False

    def _assignments(self) -> list[dict[str, Any]]:
        return [
            {
                "id": f"{row['scope']}/providers/{_TYPE}/{row['name']}",
                "name": row["name"],
                "type": _TYPE,
                "properties": {
                    "roleDefinitionId": roles.BY_ID[row["role_id"]].resource_id,
                    "principalId": row["principal_id"],
                    "principalType": row["principal_type"],
                    "scope": row["scope"],
                    "condition": None,
                    "conditionVersion": None,
                    "createdOn": row["created_utc"],
                    "updatedOn": row["created_utc"],
                },
            }
            for row in self._database.rows("SELECT * FROM role_assignments ORDER BY created_utc, name")
        ]

    def _denials(self) -> list[dict[str, Any]]:
        return [json.loads(row["document"]) for row in self._database.rows("SELECT document FROM deny_assignments")]


def _applies(item_scope: str, scope: str, *, below: bool) -> bool:
    return covers(item_scope, scope) or (below and covers(scope, item_scope))


def _ids(item: dict[str, Any], key: str) -> set[str]:
    return {principal["id"] for principal in item["properties"][key]}


def _deny_kind(principal_id: str) -> str:
    return "SystemDefined" if principal_id == EVERYONE else kind_of(principal_id)
