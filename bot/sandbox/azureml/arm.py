"""management.azure.com: subscriptions, the workspace, and the roles on them."""

import re
import uuid
from typing import Any, Final

from bot.sandbox.azureml import roles, seed
from bot.sandbox.azureml.access import Access, covers, principals_of
from bot.sandbox.azureml.errors import ServiceError, bad_request, not_found
from bot.sandbox.azureml.wire import Request, Response, Route, json_response, route

_HOST: Final = seed.ARM_HOST
_AUTHORIZATION: Final = "{scope...}/providers/Microsoft.Authorization"
_ASSIGNED: Final = re.compile(r"assignedTo\(\s*'([^']*)'\s*\)", re.IGNORECASE)
_PRINCIPAL: Final = re.compile(r"principalId\s+eq\s+'([^']*)'", re.IGNORECASE)
_ROLE_FILTER: Final = re.compile(r"(roleName|type)\s+eq\s+'([^']*)'", re.IGNORECASE)


class ResourceManager:
    """One subscription with one resource group with one workspace."""

    def __init__(self, access: Access, workspace_id: str) -> None:
        self._access, self._workspace_id = access, workspace_id

    def routes(self) -> tuple[Route, ...]:
        read = "Microsoft.MachineLearningServices/workspaces/read"
        return (
            route("GET", _HOST, "/subscriptions", self.subscriptions),
            route("GET", _HOST, "/subscriptions/{id}", self.subscription),
            route("GET", _HOST, "{S}", self.workspace, action=read),
            route("GET", _HOST, f"{_AUTHORIZATION}/roleAssignments", self.assignments),
            route("GET", _HOST, f"{_AUTHORIZATION}/roleAssignments/{{name}}", self.assignment),
            route("PUT", _HOST, f"{_AUTHORIZATION}/roleAssignments/{{name}}", self.assign),
            route("DELETE", _HOST, f"{_AUTHORIZATION}/roleAssignments/{{name}}", self.unassign),
            route("GET", _HOST, f"{_AUTHORIZATION}/roleDefinitions", self.definitions),
            route("GET", _HOST, f"{_AUTHORIZATION}/roleDefinitions/{{id}}", self.definition),
            route("GET", _HOST, f"{_AUTHORIZATION}/denyAssignments", self.denials),
        )

    def subscriptions(self, request: Request) -> Response:
        """Those that the caller has any role in, as Azure lists them."""
        principals = principals_of(request.known_caller.object_id)
        seen = self._access.assignments(seed.SUBSCRIPTION_SCOPE, below=True, principals=principals)
        return json_response({"value": [_subscription()] if seen else []})

    def subscription(self, request: Request) -> Response:
        if request.values["id"].lower() != seed.SUBSCRIPTION_ID:
            raise not_found("Subscription", request.values["id"])
        return json_response(_subscription())

    def workspace(self, _request: Request) -> Response:
        return json_response(workspace_document(self._workspace_id))

    def assignments(self, request: Request) -> Response:
        scope = self._scope(request, "roleAssignments/read")
        below, principals = _filter(request)
        return json_response({"value": self._access.assignments(scope, below=below, principals=principals)})

    def assignment(self, request: Request) -> Response:
        self._scope(request, "roleAssignments/read")
        return json_response(self._access.assignment(request.values["name"]))

    def assign(self, request: Request) -> Response:
        scope = self._scope(request, "roleAssignments/write")
        properties = request.document().get("properties")
        if not isinstance(properties, dict) or not properties.get("principalId"):
            raise bad_request("A role assignment needs properties.principalId and properties.roleDefinitionId.")
        role = roles.find(str(properties.get("roleDefinitionId", "")))
        if role is None:
            raise not_found("RoleDefinition", str(properties.get("roleDefinitionId", "")))
        try:
            name = str(uuid.UUID(request.values["name"]))
        except ValueError as error:
            name = request.values["name"]
            message = f"The role assignment ID '{name}' is not valid. The role assignment ID must be a GUID."
            raise ServiceError(400, "InvalidRoleAssignmentId", message) from error
        found = self._access.grant(str(properties["principalId"]), role.id, scope, name=name)
        return json_response(found, 201)

    def unassign(self, request: Request) -> Response:
        self._scope(request, "roleAssignments/delete")
        return json_response(self._access.revoke(request.values["name"]))

    def definitions(self, request: Request) -> Response:
        self._check_definitions(request)
        chosen = list(roles.ROLES)
        condition = request.query_value("$filter")
        if condition and condition.lower() not in {"atscope()", "atscopeandbelow()"}:
            found = _ROLE_FILTER.fullmatch(condition.strip())
            if not found:
                raise bad_request(f"The filter '{condition}' is not supported.")
            key = "roleName" if found[1].lower() == "rolename" else "type"
            chosen = [role for role in chosen if role.document()["properties"][key].lower() == found[2].lower()]
        return json_response({"value": [role.document() for role in chosen]})

    def definition(self, request: Request) -> Response:
        self._check_definitions(request)
        role = roles.BY_ID.get(request.values["id"].lower())
        if role is None:
            message = f"The specified role definition with ID '{request.values['id']}' does not exist."
            raise ServiceError(404, "RoleDefinitionDoesNotExist", message)
        return json_response(role.document())

    def denials(self, request: Request) -> Response:
        scope = self._scope(request, "denyAssignments/read")
        below, principals = _filter(request)
        return json_response({"value": self._access.deny_assignments(scope, below=below, principals=principals)})

    def _check_definitions(self, request: Request) -> None:
        """Definitions are the same at every scope: who may read them at the workspace may read them by any address."""
        asked = request.values["scope"].rstrip("/")
        if asked and not covers(asked, seed.WORKSPACE_SCOPE) and not covers(seed.WORKSPACE_SCOPE, asked):
            raise ServiceError(404, "ResourceNotFound", f"The scope '{asked}' was not found.")
        action = "Microsoft.Authorization/roleDefinitions/read"
        self._access.check(request.known_caller, action, seed.WORKSPACE_SCOPE)

    def _scope(self, request: Request, action: str) -> str:
        """The scope in the path, once it is known to exist and the caller may do `action` there."""
        asked = request.values["scope"].rstrip("/")
        known = (seed.SUBSCRIPTION_SCOPE, seed.GROUP_SCOPE, seed.WORKSPACE_SCOPE)
        scope = next((scope for scope in known if scope.lower() == asked.lower()), None)
        if scope is None and covers(seed.WORKSPACE_SCOPE, asked):
            scope = asked
        if scope is None:
            raise ServiceError(404, "ResourceNotFound", f"The scope '{asked}' was not found.")
        self._access.check(request.known_caller, f"Microsoft.Authorization/{action}", scope)
        return scope


def _filter(request: Request) -> tuple[bool, set[str] | None]:
    """(whether assignments below the scope count, the principals asked for) of `$filter`."""
    condition = request.query_value("$filter")
    if not condition:
        return True, None
    below, principals = True, None
    for part in re.split(r"\s+and\s+", condition.strip(), flags=re.IGNORECASE):
        if part.lower() == "atscope()":
            below = False
        elif assigned := _ASSIGNED.fullmatch(part):
            principals = principals_of(assigned[1].lower())
        elif principal := _PRINCIPAL.fullmatch(part):
            principals = {principal[1].lower()}
        else:
            raise bad_request(f"The filter '{condition}' is not supported.")
    return below, principals


def _subscription() -> dict[str, Any]:
    return {
        "id": seed.SUBSCRIPTION_SCOPE,
        "subscriptionId": seed.SUBSCRIPTION_ID,
        "tenantId": seed.TENANT_ID,
        "displayName": "Sandbox",
        "state": "Enabled",
        "subscriptionPolicies": {"locationPlacementId": "Public_2014-09-01", "quotaId": "Sandbox"},
        "authorizationSource": "RoleBased",
    }


def workspace_document(workspace_id: str) -> dict[str, Any]:
    """The workspace as Azure Resource Manager and the data plane show it."""
    providers = f"{seed.GROUP_SCOPE}/providers"
    return {
        "id": seed.WORKSPACE_SCOPE,
        "name": seed.WORKSPACE,
        "type": "Microsoft.MachineLearningServices/workspaces",
        "location": seed.LOCATION,
        "tags": {},
        "sku": {"name": "Basic", "tier": "Basic"},
        "identity": {"type": "SystemAssigned", "principalId": workspace_id, "tenantId": seed.TENANT_ID},
        "properties": {
            "workspaceId": workspace_id,
            "friendlyName": seed.WORKSPACE,
            "description": "",
            "provisioningState": "Succeeded",
            "storageAccount": f"{providers}/Microsoft.Storage/storageAccounts/{seed.STORAGE_ACCOUNT}",
            "keyVault": f"{providers}/Microsoft.KeyVault/vaults/sandbox",
            "applicationInsights": f"{providers}/Microsoft.Insights/components/sandbox",
            "discoveryUrl": f"https://{seed.DATA_HOST}/discovery",
        },
    }
