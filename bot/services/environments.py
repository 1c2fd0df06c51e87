"""Looking at the workspace's environments."""

from bot.domain.access import Principal
from bot.domain.commands import ENV, ENVS
from bot.domain.environments import EnvironmentDetail, EnvironmentName
from bot.ports import Workspace
from bot.services.guard import Guard


class Environments:
    """Lists and details of environments."""

    def __init__(self, workspace: Workspace, guard: Guard) -> None:
        self._workspace = workspace
        self._guard = guard

    def list(self, principal: Principal, containing: str = "") -> tuple[EnvironmentName, ...]:
        """Own environments by name, then curated ones; only those whose name contains `containing`, in any case.

        Raises:
            PermissionDenied: `principal` may not read environments.
        """
        with self._guard.allow(principal, ENVS):
            found = self._workspace.list_environments()
        wanted = containing.lower()
        return tuple(sorted((e for e in found if wanted in e.name.lower()), key=lambda e: (e.curated, e.name.lower())))

    def get(self, principal: Principal, name: str, version: str = "") -> EnvironmentDetail:
        """An environment's content; the latest version for "".

        Raises:
            PermissionDenied: `principal` may not read environments.
            NotFound: there is no such environment or version.
        """
        with self._guard.allow(principal, ENV):
            return self._workspace.environment(name, version)
