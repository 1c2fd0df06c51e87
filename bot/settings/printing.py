"""The settings as a commented file to start from."""

from collections.abc import Iterator

from pydantic import BaseModel, SecretStr

from bot.settings.tables import TO_FILL_IN
from bot.settings.whole import BY_NAME, Settings, sections


def reference() -> str:
    """Every setting as a commented TOML file."""
    lines = [
        "# Put your own value in place of each ...; lines that begin with # show defaults.",
        "",
        *_table(Settings, ""),
    ]
    for name, model in sections():
        title = f"{name}.NAME" if name in BY_NAME else name
        lines += ["", f"# {(model.__doc__ or '').strip().splitlines()[0]}", f"[{title}]", *_table(model, name)]
    return "\n".join(lines) + "\n"


def _table(model: type[BaseModel], prefix: str) -> Iterator[str]:
    tables = {name for name, _ in sections()} if not prefix else set()
    for name, field in model.model_fields.items():
        if name in tables:
            continue
        needed = field.is_required()
        default = field.get_default(call_default_factory=True)
        yield f"# {field.description}{' (required)' if needed else ''}"
        yield f"{name} = ..." if needed or field.json_schema_extra == TO_FILL_IN else f"# {name} = {_as_toml(default)}"


def _as_toml(value: object) -> str:
    if isinstance(value, SecretStr):
        return '""'
    if isinstance(value, bool):
        return str(value).lower()
    if value is None:
        return "..."
    if isinstance(value, tuple):
        return "[" + ", ".join(_as_toml(each) for each in value) + "]"
    if isinstance(value, int | float):
        return f"{value:g}"
    return '"' + str(value) + '"'
