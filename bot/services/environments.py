"""Looking at the workspace's environments, comparing them, and making new ones."""

from bot.domain.access import Principal
from bot.domain.commands import ENV, ENV_CREATE, ENV_DIFF, ENVS, RUNS
from bot.domain.environments import (
    EnvironmentDiff,
    EnvironmentDraft,
    EnvironmentPage,
    EnvironmentUse,
    EnvironmentView,
    MadeEnvironment,
    difference,
)
from bot.domain.errors import Unavailable
from bot.ports import Workspace
from bot.services.guard import Guard

PAGE = 20
RUNS_LOOKED_AT = 25


class Environments:
    """Lists, details, differences and new versions of environments."""

    def __init__(self, workspace: Workspace, guard: Guard) -> None:
        self._workspace = workspace
        self._guard = guard

    def list(self, principal: Principal, containing: str = "", start: int = 0) -> EnvironmentPage:
        """Up to `PAGE` environments from number `start` on: own ones by name, then curated ones; only those whose name
        contains `containing`, in any case.

        Raises:
            PermissionDenied: `principal` may not read environments.
        """
        with self._guard.allow(principal, ENVS):
            found = self._workspace.list_environments()
        wanted = containing.lower()
        names = sorted((e for e in found if wanted in e.name.lower()), key=lambda e: (e.curated, e.name.lower()))
        return EnvironmentPage(tuple(names[start : start + PAGE]), start, len(names), containing)

    def get(self, principal: Principal, name: str, version: str = "") -> EnvironmentView:
        """An environment's content, its versions, and which of the latest runs used it; the latest version for "".

        Raises:
            PermissionDenied: `principal` may not read environments.
            NotFound: there is no such environment or version.
        """
        with self._guard.allow(principal, ENV):
            detail = self._workspace.environment(name, version)
            return EnvironmentView(
                detail, self._workspace.environment_versions(detail.name), self._uses(principal, detail.name)
            )

    def compare(self, principal: Principal, left: tuple[str, str], right: tuple[str, str]) -> EnvironmentDiff:
        """What the environment `right` (name, version) has in place of `left`; the latest version for "".

        Raises:
            PermissionDenied: `principal` may not read environments.
            NotFound: one of them isn't there.
        """
        with self._guard.allow(principal, ENV_DIFF):
            return difference(self._workspace.environment(*left), self._workspace.environment(*right))

    def create(self, principal: Principal, draft: EnvironmentDraft) -> MadeEnvironment:
        """Make an environment, or a new version of one. The same draft again makes no second version.

        Raises:
            PermissionDenied: `principal` may not write environments.
            NotFound: what it starts from, or a wheel, isn't there.
            InvalidRequest: Azure ML refuses it.
            OutcomeUnknown: Azure ML didn't say in time whether it was made.
        """
        with self._guard.allow(principal, ENV_CREATE) as attempt:
            attempt.detail = f"environment={draft.name}"
            made = self._workspace.create_environment(draft)
            attempt.detail = f"environment={made.detail.name}:{made.detail.version}"
        return made

    def _uses(self, principal: Principal, name: str) -> tuple[EnvironmentUse, ...] | None:
        # Runs are somebody's own business: who may not list them doesn't see them here. The rest of the answer stands.
        try:
            if not self._guard.may(principal, RUNS):
                return None
            return self._workspace.environment_uses(name, RUNS_LOOKED_AT)
        except Unavailable:
            return None
