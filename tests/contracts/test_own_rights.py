"""The role that `aml-bot manifest --azure` prints is enough for every method of both ports, and none of it is spare."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.adapters.authorization import AzureRoles
from bot.adapters.azureml import AzureMLWorkspace
from bot.domain.environments import EnvironmentDraft
from bot.domain.errors import BotError
from bot.domain.models import ModelRequest
from bot.domain.needs import needs
from bot.domain.wheels import Wheel
from bot.ports import RoleService, Workspace
from tests.contracts.conftest import Sandbox, Specs, ended

ACTIONS = tuple(need.action for need in needs())
NOT_CALLS = {"scope", "close"}


@pytest.fixture
def roles(sandbox: Sandbox, tmp_path: Path) -> Iterator[AzureRoles]:
    service = AzureRoles(sandbox.config(tmp_path))
    yield service
    service.close()


@pytest.fixture
def only(sandbox: Sandbox) -> Iterator[Callable[[tuple[str, ...]], None]]:
    """Leave the bot's identity nothing but some actions: everything else is denied to it."""
    denials: list[str] = []

    def leave(actions: tuple[str, ...]) -> None:
        while denials:
            sandbox.allow_again(denials.pop())
        denials.append(sandbox.deny(actions=["*"], not_actions=list(actions), principals=[sandbox.ready["object_id"]]))

    yield leave
    for name in denials:
        sandbox.allow_again(name)


def calls(workspace: Workspace, roles: RoleService, specs: Specs, finished: str) -> dict[str, Callable[[], object]]:
    """Each method of the two ports; the submit is of a project that the service hasn't seen."""
    spec = specs("wait.py", experiment=f"rights-{specs.name}-{specs.made}")
    Path(spec.folder, "changed.txt").write_text(spec.run_id)
    draft = EnvironmentDraft(f"rights-{specs.name}-{specs.made}", pip=("tabulate",))
    file = Path(spec.folder).parent / f"own_{specs.name}_{specs.made}-1.0-py3-none-any.whl"
    file.write_bytes(spec.run_id.encode())
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    wheel = Wheel(file.name, str(file), "own", "1.0", digest, file.stat().st_size)
    return {
        "submit": lambda: workspace.submit(spec),
        "find_run": lambda: workspace.find_run(finished),
        "metrics": lambda: workspace.metrics(finished),
        "log_tail": lambda: workspace.log_tail(finished, 5),
        "list_files": lambda: workspace.list_files(finished, 0, 5),
        "fetch_file": lambda: workspace.fetch_file(finished, "std_log.txt", file.with_suffix(".txt"), 1 << 20),
        "list_children": lambda: workspace.list_children(finished, 5),
        "recipe": lambda: workspace.recipe(finished),
        "cancel": lambda: workspace.cancel(spec.run_id),
        "list_runs": lambda: workspace.list_runs(5),
        "list_environments": workspace.list_environments,
        "environment": lambda: workspace.environment("demo-env"),
        "environment_versions": lambda: workspace.environment_versions("demo-env"),
        "environment_uses": lambda: workspace.environment_uses("demo-env", 5),
        "create_environment": lambda: workspace.create_environment(draft),
        "complete_tags": lambda: workspace.complete_tags(finished, ((spec.run_id, "yes"),)),
        "add_wheel": lambda: workspace.add_wheel(wheel),
        "register_model": lambda: workspace.register_model(ModelRequest(finished, "user_logs", draft.name)),
        "list_models": workspace.list_models,
        "model_versions": lambda: workspace.model_versions(draft.name),
        "list_compute_targets": workspace.list_compute_targets,
        "assignments_of": lambda: roles.assignments_of("00000000-0000-4000-8000-0000000000aa"),
        "assignments": roles.assignments,
        "definitions": roles.definitions,
        "denials": lambda: roles.denials("00000000-0000-4000-8000-0000000000aa"),
    }


def refused(made: dict[str, Callable[[], object]]) -> dict[str, str]:
    """The calls that failed, with what was said."""
    found = {}
    for name, call in made.items():
        try:
            call()
        except BotError as error:
            found[name] = f"{error.user_message} ({error.detail})"
    return found


@pytest.mark.slow
def test_the_role_is_enough_and_without_any_one_of_its_actions_something_fails(
    workspace: Workspace,
    roles: AzureRoles,
    specs: Specs,
    only: Callable[[tuple[str, ...]], None],
    sandbox: Sandbox,
    tmp_path: Path,
) -> None:
    done = specs("train.py")
    workspace.submit(done)
    ended(workspace, done.run_id)
    only(ACTIONS)

    assert refused(calls(workspace, roles, specs, done.run_id)) == {}

    spare = []
    for action in ACTIONS:
        only(tuple(each for each in ACTIONS if each != action))
        # Some are needed by a child's first calls only: one that has opened the workspace doesn't ask for it again.
        if refused(calls(workspace, roles, specs, done.run_id)):
            continue
        fresh = AzureMLWorkspace(replace(sandbox.config(tmp_path / action.replace("/", "-")), readers=1))
        if not refused(calls(fresh, roles, specs, done.run_id)):
            spare.append(action)
        fresh.close()
    assert spare == []


def test_every_method_of_the_ports_is_among_the_calls(workspace: Workspace, roles: AzureRoles, specs: Specs) -> None:
    methods = {name for port in (Workspace, RoleService) for name in vars(port) if not name.startswith("_")}

    assert set(calls(workspace, roles, specs, "")) == methods - NOT_CALLS
