"""Every setting: name, type, default and help. Read once at start; a wrong one is refused with a sentence.

Settings come from a TOML file and from the environment (`AML_BOT_` + the name in capitals, `__` for the dot); the
environment wins, so that secrets need not be in a file. `aml-bot settings` prints them all.
"""

from bot.settings.printing import reference
from bot.settings.reading import load
from bot.settings.tables import AzureSettings, FaqSettings, IdentitySettings, ProjectSettings, WorkspaceSettings
from bot.settings.whole import Settings

__all__ = [
    "AzureSettings",
    "FaqSettings",
    "IdentitySettings",
    "ProjectSettings",
    "Settings",
    "WorkspaceSettings",
    "load",
    "reference",
]
