"""`aml-bot audit`: reading the audit, taking it out and checking that it is as it was written."""

import json
import re
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.console import one_sentence
from bot.domain.audit import Head, Wanted
from bot.domain.errors import InvalidRequest, NotFound

if TYPE_CHECKING:
    from bot.settings import Settings

app = typer.Typer(help="Who tried what, what was decided and how it ended.", no_args_is_help=True)

SettingsFile = Annotated[
    Path | None,
    typer.Option("--settings", help="settings file; else $AML_BOT_SETTINGS, else aml-bot.toml", show_default=False),
]
_SHOWN = ("at", "reference", "phase", "result", "command", "user", "object_id", "channel", "action", "reason")
_AGO = re.compile(r"([0-9]{1,5})([mhd])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


class Format(StrEnum):
    """How rows are printed."""

    TABLE = "table"
    TSV = "tsv"
    JSON = "json"


@app.command("list")
def list_rows(
    last: Annotated[int, typer.Option(min=1, help="how many rows")] = 50,
    user: Annotated[str, typer.Option(help="of this Slack user id or Entra object id", show_default=False)] = "",
    command: Annotated[str, typer.Option(help="of this command", show_default=False)] = "",
    since: Annotated[
        str, typer.Option(help="from then on: 2026-05-01, 2026-05-01T14:30 (UTC), today, 90m, 24h or 7d")
    ] = "",
    result: Annotated[str, typer.Option(help="allowed, refused, done, failed or unknown", show_default=False)] = "",
    run: Annotated[str, typer.Option(help="of every request that had to do with this run", show_default=False)] = "",
    reference: Annotated[str, typer.Option(help="of the request with this reference", show_default=False)] = "",
    names: Annotated[bool, typer.Option("--names", help="ask Slack what people are called (table only)")] = False,
    form: Annotated[Format, typer.Option("--format", help="a table to read, or to work on")] = Format.TABLE,
    settings: SettingsFile = None,
) -> None:
    """Print the last rows of the audit that fit, oldest first."""
    with one_sentence():
        from bot.bootstrap.tables import audit_table
        from bot.settings import load

        wanted = Wanted(last, user, command, _since(since), result, run, reference.upper())
        loaded = load(settings)
        rows = audit_table(loaded).rows(wanted)
        called = _names(loaded, rows) if names and form is Format.TABLE else {}
    if form is Format.JSON:
        for row in rows:
            typer.echo(json.dumps(row))
    elif form is Format.TSV:
        typer.echo("\t".join(_SHOWN))
        for row in rows:
            typer.echo("\t".join(_line(row[column]) for column in _SHOWN))
    else:
        _print_table(rows, called)


@app.command()
def export(settings: SettingsFile = None) -> None:
    """Print every row as JSON, one a line with its seal, and the head at the end: keep it for `verify --head`."""
    with one_sentence():
        from bot.bootstrap.tables import audit_table
        from bot.settings import load

        head = ""
        for row in audit_table(load(settings)).all():
            typer.echo(json.dumps(row))
            head = str(Head(int(str(row["id"])), str(row["seal"])))
        typer.echo(json.dumps({"head": head}))


@app.command()
def verify(
    head: Annotated[str, typer.Option(help="a head that was noted earlier (ID-SEAL)", show_default=False)] = "",
    settings: SettingsFile = None,
) -> None:
    """Check that no row was changed, swapped, added or taken out; with a head also that none is missing at the end.

    Ends with 1 when something is wrong.
    """
    with one_sentence():
        from bot.bootstrap.tables import audit_table
        from bot.settings import load

        known = Head.of(head) if head else None
        verdict = audit_table(load(settings)).verify(known)
    if verdict.problem:
        typer.echo(f"aml-bot: {verdict.problem} Rows 1 to {verdict.rows} are as they were written.", err=True)
        raise typer.Exit(1)
    typer.echo(f"All {verdict.rows} rows are as they were written. Head: {verdict.head}")


def _since(text: str) -> str:
    """The time that `text` means, as rows have it. Raises InvalidRequest."""
    now = datetime.now(UTC)
    if not text:
        return ""
    if text == "today":
        return now.date().isoformat()
    if ago := _AGO.fullmatch(text):
        return (now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})).isoformat(timespec="milliseconds")
    try:
        given = datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidRequest(
            f"“{_line(text)}” is no time that I know. Write 2026-05-01, 2026-05-01T14:30 (UTC), today, 90m, 24h or 7d."
        ) from error
    given = given.replace(tzinfo=UTC) if given.tzinfo is None else given.astimezone(UTC)
    return given.isoformat(timespec="milliseconds")


def _line(value: object) -> str:
    # One row is one line, and nothing in it gives orders to the terminal.
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in " ".join(str(value).split()))


def _names(settings: "Settings", rows: Sequence[Mapping[str, object]]) -> dict[str, str]:
    """What Slack calls the people in `rows`, by user id; who isn't known there keeps the id."""
    from bot.bootstrap.people import people

    known = people(settings)
    found = {}
    for team, user in {(str(row["team"]), str(row["user"])) for row in rows if row["user"]}:
        with suppress(NotFound):
            found[user] = known.person(team, user).name
    return found


def _print_table(rows: Sequence[Mapping[str, object]], names: Mapping[str, str]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    if not rows:
        typer.echo("There are no such rows.", err=True)
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("Time (UTC)", "Reference", "Who", "What", "", "Why"):
        table.add_column(title, overflow="fold", no_wrap=title in {"Time (UTC)", "Reference"})
    for row in rows:
        user = str(row["user"])
        who = _line(f"{names[user]} ({user})" if names.get(user) else user or row["object_id"])
        what = f"{_line(row['command'])} {_line(row['phase'])}"
        cells = (_line(row["at"])[:19].replace("T", " "), _line(row["reference"]), who, what, _line(row["result"]))
        table.add_row(*(Text(cell) for cell in (*cells, _line(row["reason"]))))
    # What is piped somewhere has no width: the lines are as long as they need to be.
    console = Console() if sys.stdout.isatty() else Console(width=10_000)
    console.print(table)
