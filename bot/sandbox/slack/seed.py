"""Who and what is in the workspace when the sandbox starts: fixed, public ids that tests and scripts may name."""

from dataclasses import dataclass

TEAM_ID = "T0SANDBOX"
TEAM_NAME = "sandbox"
ENTERPRISE_ID = "E0SANDBOX"
APP_ID = "A0AMLBOT"
BOT_ID = "B0AMLBOT"
BOT_USER_ID = "U0AMLBOT"
BOT_NAME = "aml-bot"


@dataclass(frozen=True, slots=True)
class Person:
    """One account, as `users.info` describes it. `team_id` differs for a guest of another organisation."""

    id: str
    name: str
    real_name: str
    title: str = ""
    team_id: str = TEAM_ID
    email: str = ""
    is_restricted: bool = False
    is_ultra_restricted: bool = False
    is_owner: bool = False
    is_bot: bool = False
    deleted: bool = False
    email_confirmed: bool = True
    is_workflow_bot: bool = False
    enterprise_user: str = ""
    """Their id in the organisation, where this workspace is one of several of it (Enterprise Grid)."""

    @property
    def is_stranger(self) -> bool:
        """From another organisation, met in a channel that both share."""
        return self.team_id != TEAM_ID


@dataclass(frozen=True, slots=True)
class Room:
    """One channel of the seed; `members` are user ids, the bot's among them where it has been invited."""

    id: str
    name: str
    members: tuple[str, ...]
    is_private: bool = False


def _colleague(name: str, real_name: str, title: str, *, is_owner: bool = False, is_restricted: bool = False) -> Person:
    return Person(
        id=f"U0{name.upper()}",
        name=name,
        real_name=real_name,
        title=title,
        email=f"{name}@example.com",
        is_owner=is_owner,
        is_restricted=is_restricted,
    )


BOT = Person(BOT_USER_ID, BOT_NAME, BOT_NAME, is_bot=True)
OLIVIA = _colleague("olivia", "Olivia Ortiz", "Owner of the workspace", is_owner=True)
DANA = _colleague("dana", "Dana Diaz", "Data scientist")
RUI = _colleague("rui", "Rui Reis", "Reader")
GUS = _colleague("gus", "Gus Grant", "Guest", is_restricted=True)
CHEN = _colleague("chen", "Chen Cho", "On call")
PEOPLE = (BOT, OLIVIA, DANA, RUI, GUS, CHEN)

_COLLEAGUES = tuple(person.id for person in (BOT, OLIVIA, DANA, RUI, CHEN))
CHANNELS = (
    Room("C0GENERAL", "general", _COLLEAGUES),
    Room("C0MLHELP", "ml-help", (*_COLLEAGUES, GUS.id)),
    Room("C0MLTEAM", "ml-team", _COLLEAGUES),
)
