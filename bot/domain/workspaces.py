"""Several workspaces in one bot: each has a name, and a channel has one of them as its default."""

from dataclasses import dataclass

from bot.domain.errors import NotFound

_MARK = "aml-workspace:"


@dataclass(frozen=True, slots=True)
class WorkspaceNames:
    """`default` is the workspace of every channel that `channels` (id, name) doesn't give to one of `others`."""

    default: str
    others: tuple[str, ...] = ()
    channels: tuple[tuple[str, str], ...] = ()

    @property
    def several(self) -> bool:
        """Whether there is a choice, so that people must be told which workspace they see."""
        return bool(self.others)

    @property
    def all(self) -> tuple[str, ...]:
        """Every name, the default's first."""
        return (self.default, *self.others)

    def at(self, channel: str) -> str:
        """The workspace of a channel."""
        return dict(self.channels).get(channel, self.default)

    def named(self, name: str) -> str:
        """The workspace that somebody named. Raises NotFound (with all there are)."""
        for known in self.all:
            if known.lower() == name.lower():
                return known
        raise NotFound("workspace", name, nearest=self.all[:5])


def mark(name: str, number: int) -> str:
    """The id of a message's block `number`, which says that its buttons are about the workspace `name`."""
    return f"{_MARK}{number}:{name}"


def marked(block_id: str) -> str:
    """The workspace that a block's id names, or ""."""
    return block_id.removeprefix(_MARK).partition(":")[2] if block_id.startswith(_MARK) else ""
