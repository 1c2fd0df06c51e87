"""The same run once more: what a run was made of, as a request that goes through the very same door."""

from bot.domain.access import Principal
from bot.domain.commands import RETRY
from bot.domain.errors import InvalidRequest, NotFound
from bot.domain.runs import RunRecipe, SubmitRequest
from bot.ports import Workspace
from bot.services.finding import existing
from bot.services.guard import Guard
from bot.services.projects import Projects


class Repeating:
    """Of the workspace's runs, for who may submit them; `projects` are what can be submitted now."""

    def __init__(self, workspace: Workspace, guard: Guard, projects: Projects) -> None:
        self._workspace = workspace
        self._guard = guard
        self._projects = projects

    def request_of(self, principal: Principal, run_id: str) -> SubmitRequest:
        """What would have to be asked for to get the run `run_id` once more: the same commit, script, arguments,
        environment and compute target. It isn't trusted: `Runs.submit` decides on it as if it had been typed.

        Raises:
            PermissionDenied: `principal` may not repeat runs.
            NotFound: there is no such run (with the nearest ids).
            InvalidRequest: it wasn't submitted through this bot, or its project isn't registered any more.
        """
        with self._guard.allow(principal, RETRY) as attempt:
            attempt.detail = f"run={run_id}"
            existing(self._workspace, run_id)
            recipe = self._workspace.recipe(run_id)
            tags = dict(recipe.tags)
            project = self._project_of(recipe, tags)
            version = recipe.environment_version
            return SubmitRequest(
                script=recipe.script,
                project=project,
                compute=recipe.compute,
                environment=f"{recipe.environment}:{version}" if version else recipe.environment,
                experiment=recipe.run.experiment,
                arguments=recipe.arguments,
                nodes=recipe.nodes,
                hours=recipe.hours,
                ref=tags.get("git_ref", ""),
                commit=tags.get("git_commit", ""),
                repeats=run_id,
            )

    def _project_of(self, recipe: RunRecipe, tags: dict[str, str]) -> str:
        run_id, project = recipe.run.id, tags.get("project", "")
        if not (project and tags.get("aml_bot_reference") and recipe.script and recipe.environment and recipe.compute):
            raise InvalidRequest(
                f"Run {run_id} wasn't submitted through me, so I don't know the project that its code is in. Submit it "
                "by name: submit SCRIPT --project NAME."
            )
        try:
            return self._projects.find(project).name
        except NotFound as error:
            there = ", ".join(self._projects.names) or "none"
            raise InvalidRequest(
                f"Run {run_id} is of project “{project}”, which isn't registered any more. An administrator can put it "
                f"back into my settings; there are now: {there}."
            ) from error
