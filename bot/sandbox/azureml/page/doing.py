"""What the page does: hand out roles and take them back, and cancel a run."""

from collections.abc import Callable
from typing import Any

from bot.sandbox.azureml import seed
from bot.sandbox.azureml.access import Access
from bot.sandbox.azureml.errors import ServiceError, bad_request
from bot.sandbox.azureml.page.names import SCOPES, is_principal
from bot.sandbox.azureml.runner import Runner
from bot.sandbox.azureml.runs import Runs


class Doing:
    """One answer by name; each takes the JSON body."""

    def __init__(self, access: Access, runs: Runs, runner: Runner) -> None:
        self._access, self._runs, self._runner = access, runs, runner
        self.answers: dict[str, Callable[[dict[str, Any]], Any]] = {
            "grant": self._grant,
            "revoke": self._revoke,
            "allow": self._allow,
            "cancel": self._cancel,
        }

    def _grant(self, asked: dict[str, Any]) -> Any:
        principal, role = str(asked.get("principal") or ""), str(asked.get("role") or "")
        scope = str(asked.get("scope") or seed.WORKSPACE_SCOPE)
        if not is_principal(principal):
            raise bad_request("Choose somebody of the tenant.")
        if scope not in SCOPES:
            raise bad_request("Choose a scope of the subscription.")
        return self._access.grant(principal, role, scope)

    def _revoke(self, asked: dict[str, Any]) -> Any:
        return self._access.revoke(str(asked.get("name") or ""))

    def _allow(self, asked: dict[str, Any]) -> Any:
        """Take a deny assignment away."""
        self._access.remove_deny(str(asked.get("name") or ""))
        return {}

    def _cancel(self, asked: dict[str, Any]) -> Any:
        run_id = str(asked.get("run") or "")
        if self._runs.get(run_id) is None:
            raise ServiceError(404, "NotFound", "There is no such run.")
        self._runner.cancel(run_id)
        return {}
