"""The control API on the plain port: looking on, handing out roles, and making trouble. For tests and front ends."""

import hmac
from collections.abc import Callable

from bot.sandbox.azureml import seed
from bot.sandbox.azureml.access import Access
from bot.sandbox.azureml.directory import Directory
from bot.sandbox.azureml.errors import ServiceError, bad_request
from bot.sandbox.azureml.interference import Interference, fault_of, span
from bot.sandbox.azureml.runs import Runs
from bot.sandbox.azureml.wire import PLAIN, Request, Response, Route, json_response, route


class Control:
    """Every call needs the control token; it is no token of the services."""

    def __init__(
        self,
        token: str,
        access: Access,
        runs: Runs,
        interference: Interference,
        beside: dict[str, str],
        people: Directory,
    ) -> None:
        self._token, self._access, self._runs, self._interference = token, access, runs, interference
        self._beside = beside
        self._people = people

    def routes(self) -> tuple[Route, ...]:
        def guarded(method: str, path: str, handler: Callable[[Request], Response]) -> Route:
            def check(request: Request) -> Response:
                self._check(request)
                return handler(request)

            return route(method, PLAIN, f"/sandbox/{path}", check, anonymous=True)

        return (
            guarded("GET", "runs", self.runs),
            guarded("GET", "requests", self.requests),
            guarded("GET", "role-assignments", self.assignments),
            guarded("POST", "role-assignments", self.assign),
            guarded("DELETE", "role-assignments/{name}", self.unassign),
            guarded("POST", "deny-assignments", self.deny),
            guarded("DELETE", "deny-assignments/{name}", self.remove_deny),
            guarded("POST", "users", self.put_user),
            guarded("DELETE", "users/{name}", self.remove_user),
            guarded("POST", "faults", self.add_fault),
            guarded("DELETE", "faults", self.clear_faults),
            guarded("POST", "latency", self.set_latency),
            guarded("DELETE", "latency", self.clear_latency),
            guarded("POST", "hold", self.hold),
            guarded("GET", "held", self.held),
            guarded("POST", "release", self.release),
            guarded("POST", "beside", self.beside),
        )

    def _check(self, request: Request) -> None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not hmac.compare_digest(token.encode(), self._token.encode()):
            raise ServiceError(401, "Unauthorized", "The control API needs the control token of the state directory.")

    def runs(self, _request: Request) -> Response:
        """All runs, newest first. `submitter` is the tag that the bot puts on a run."""
        found = [
            {
                "id": run["runId"],
                "experiment": self._runs.experiment_of(run["runId"]),
                "status": run["status"],
                "submitter": run["tags"].get("submitted_by"),
                "tags": run["tags"],
                "target": run["target"],
                "created": run["createdUtc"],
                "started": run["startTimeUtc"],
                "ended": run["endTimeUtc"],
                "error": ((run["error"] or {}).get("error") or {}).get("message"),
            }
            for run in reversed(self._runs.all())
        ]
        return json_response({"runs": found})

    def requests(self, _request: Request) -> Response:
        return json_response({"requests": self._interference.requests()})

    def assignments(self, _request: Request) -> Response:
        found = self._access.assignments(seed.SUBSCRIPTION_SCOPE, below=True, principals=None)
        return json_response({"value": found})

    def assign(self, request: Request) -> Response:
        document = request.document()
        principal, role = document.get("principal_id"), document.get("role")
        if not principal or not role:
            raise bad_request('"principal_id" and "role" (a name or an id) are needed.')
        scope = str(document.get("scope") or seed.WORKSPACE_SCOPE)
        return json_response(self._access.grant(str(principal), str(role), scope), 201)

    def unassign(self, request: Request) -> Response:
        return json_response(self._access.revoke(request.values["name"]))

    def deny(self, request: Request) -> Response:
        return json_response(self._access.deny(request.document()), 201)

    def remove_deny(self, request: Request) -> Response:
        self._access.remove_deny(request.values["name"])
        return json_response({})

    def put_user(self, request: Request) -> Response:
        """Add a user of the tenant, or change the one with this `id`; fields as Microsoft Graph names them."""
        return json_response(self._people.put(request.document()), 201)

    def remove_user(self, request: Request) -> Response:
        self._people.remove(request.values["name"])
        return json_response({})

    def add_fault(self, request: Request) -> Response:
        """A fault in full, or `{"fail": ...}` in the words of the command line."""
        document = request.document()
        try:
            asked = fault_of(str(document["fail"])) if "fail" in document else document
        except ValueError as error:
            raise bad_request(f"{error}.") from error
        self._interference.add_fault(asked)
        return json_response({}, 201)

    def clear_faults(self, _request: Request) -> Response:
        self._interference.clear_faults()
        return json_response({})

    def set_latency(self, request: Request) -> Response:
        try:
            low, high = span(str(request.document().get("seconds")))
        except ValueError as error:
            raise bad_request('"seconds" is a number or a span such as "0.2-1.5".') from error
        self._interference.set_latency(low, high)
        return json_response({}, 201)

    def clear_latency(self, _request: Request) -> Response:
        self._interference.set_latency(0, 0)
        return json_response({})

    def hold(self, request: Request) -> Response:
        self._interference.add_hold(request.document())
        return json_response({}, 201)

    def held(self, _request: Request) -> Response:
        return json_response({"held": self._interference.held()})

    def release(self, request: Request) -> Response:
        self._interference.release(drop=bool(request.document().get("drop", False)))
        return json_response({})

    def beside(self, request: Request) -> Response:
        """Name another page that this one leads to: `name` and `address`."""
        document = request.document()
        name, address = str(document.get("name") or ""), str(document.get("address") or "")
        if not name or not address.startswith("http://127.0.0.1:"):
            raise bad_request('"name" and an "address" on this machine are needed.')
        self._beside |= {"name": name, "address": address}
        return json_response({})
