"""What the bot's own identity must be allowed in Azure, each action with its reason."""

from dataclasses import dataclass

from bot.domain.commands import ALL

_ML = "Microsoft.MachineLearningServices/workspaces"


@dataclass(frozen=True, slots=True)
class Need:
    """An Azure action and why the bot asks for it."""

    action: str
    why: str


# Besides what the commands themselves stand for: what Azure asks for on the way.
_ON_THE_WAY = (
    Need(f"{_ML}/read", "to find the workspace and its addresses"),
    Need(f"{_ML}/experiments/read", "to list the experiments whose runs are shown"),
    Need(f"{_ML}/experiments/write", "to make the experiment that a run is submitted to"),
    Need(f"{_ML}/metadata/snapshots/read", "to send only those files of a project that have changed"),
    Need(f"{_ML}/metadata/snapshots/write", "to send a project's files along with a run"),
    Need(f"{_ML}/metadata/artifacts/read", "to show a run's log"),
    Need(f"{_ML}/computes/read", "to offer the compute targets and check the one that was named"),
    Need("Microsoft.Authorization/roleDefinitions/read", "to know what somebody's role allows"),
    Need("Microsoft.Authorization/denyAssignments/read", "to know what is denied to somebody whatever their role"),
)


def needs() -> tuple[Need, ...]:
    """Everything that the bot's identity needs at the workspace, by action."""
    by_action: dict[str, list[str]] = {}
    for command in ALL:
        if command.action is not None:
            by_action.setdefault(command.action, []).append(f"/aml {command.name}")
    found = {need.action: need for need in _ON_THE_WAY}
    for action, names in by_action.items():
        reason = f"for {', '.join(names)}"
        also = found.get(action)
        found[action] = Need(action, f"{also.why}; {reason}" if also else reason)
    return tuple(found[action] for action in sorted(found, key=str.lower))
