"""All settings in one, and its tables by name."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import BaseModel, Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from bot.domain.workspaces import WorkspaceNames
from bot.settings.tables import (
    AnyPath,
    AuditSettings,
    AzureSettings,
    FaqSettings,
    HelpSettings,
    HttpSettings,
    IdentitySettings,
    ProjectSettings,
    SlackSettings,
    WorkspaceSettings,
)

PREFIX = "AML_BOT_"


class Settings(BaseSettings):
    """All settings of the bot."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True, toml_file=None
    )

    state: AnyPath = Field(description="folder for the bot's database and caches; mode 0700, local disk")
    policy: AnyPath = Field(description="the policy file; the bot doesn't start without it")
    policy_interval: float = Field(
        default=5, ge=0.1, le=600, description="seconds between two looks whether the policy file has changed"
    )
    policy_report_channel: str = Field(
        default="", description="id of the channel that hears of a policy file that can't be used (C...)"
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="how much is logged")
    slack: SlackSettings
    azure: AzureSettings
    faq: FaqSettings = FaqSettings()
    help: HelpSettings = HelpSettings()
    http: HttpSettings = HttpSettings()
    audit: AuditSettings = AuditSettings()
    identity: IdentitySettings = IdentitySettings()
    projects: dict[str, ProjectSettings] = Field(default_factory=dict, description="projects by name")
    workspaces: dict[Annotated[str, Field(pattern=r"^[A-Za-z0-9][\w-]{0,62}$")], WorkspaceSettings] = Field(
        default_factory=dict, description="more workspaces by name"
    )

    @model_validator(mode="after")
    def _apart(self) -> "Settings":
        names = [self.azure.workspace, *self.workspaces]
        if len({name.lower() for name in names}) < len(names):
            raise ValueError("two workspaces have the same name; azure.workspace counts as one of them")
        channels = [channel for each in self.workspaces.values() for channel in each.channels]
        if twice := next((channel for channel in channels if channels.count(channel) > 1), None):
            raise ValueError(f"the channel {twice} belongs to two workspaces; only one can be meant there")
        for name, each in self.workspaces.items():
            try:
                each.on(self.azure)
            except ValidationError as error:
                said = error.errors(include_input=False)[0]["msg"].removeprefix("Value error, ")
                raise ValueError(said.replace("azure.", f"workspaces.{name}.")) from error
        return self

    def azures(self) -> dict[str, AzureSettings]:
        """Every workspace's settings by its name, the default's first."""
        others = {name: each.on(self.azure) for name, each in self.workspaces.items()}
        return {self.azure.workspace: self.azure} | others

    def workspace_names(self) -> WorkspaceNames:
        """What the workspaces are called, and which channels are theirs."""
        channels = tuple((channel, name) for name, each in self.workspaces.items() for channel in each.channels)
        return WorkspaceNames(self.azure.workspace, tuple(self.workspaces), channels)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - the signature is pydantic's
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - see above
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - see above
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment over the file (which arrives as init arguments)."""
        return env_settings, init_settings


BY_NAME: dict[str, type[BaseModel]] = {"projects": ProjectSettings, "workspaces": WorkspaceSettings}
"""Tables of which there can be many."""


def sections() -> Iterator[tuple[str, type[BaseModel]]]:
    """The tables of the settings file by name."""
    for name, field in Settings.model_fields.items():
        model = BY_NAME.get(name, field.annotation)
        if isinstance(model, type) and issubclass(model, BaseModel):
            yield name, model
