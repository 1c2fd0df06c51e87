"""The command line. A mistake in what was given ends with one sentence on standard error and exit code 2."""

import getpass
from pathlib import Path
from typing import Annotated

import typer

from bot.audit_cli import app as audit_app
from bot.authoring.commands import app as faq_app
from bot.authoring.meaning import run_models_by
from bot.console import one_sentence
from bot.domain.errors import ConfigurationError
from bot.policy_cli import app as policy_app
from bot.ports import Embedder

app = typer.Typer(
    name="aml-bot",
    help="A Slack bot for teams that work on Azure Machine Learning.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(audit_app, name="audit")
app.add_typer(faq_app, name="faq")
app.add_typer(policy_app, name="policy")


def _model_in(folder: Path) -> Embedder:
    from bot.bootstrap.faq import model_in

    return model_in(folder)


run_models_by(_model_in)

SettingsFile = Annotated[
    Path | None,
    typer.Option("--settings", help="settings file; else $AML_BOT_SETTINGS, else aml-bot.toml", show_default=False),
]


def main() -> None:
    """Run the command line."""
    app()


@app.command()
def serve(
    settings: SettingsFile = None,
    http: Annotated[bool, typer.Option("--http", help="signed HTTP requests instead of Socket Mode")] = False,
    exit_with_parent: Annotated[bool, typer.Option(hidden=True, help="stop at the end of standard input")] = False,
) -> None:
    """Run the bot until it is told to stop (SIGTERM or Ctrl-C)."""
    from bot import logs
    from bot.settings import load

    with one_sentence():
        loaded = load(settings)
        logs.configure(loaded.log_level)
        from bot.bootstrap.bot import serve as serve_bot

        serve_bot(loaded, http=http, exit_with_parent=exit_with_parent)


@app.command()
def demo(
    state: Annotated[Path, typer.Option(help="folder for everything the demo keeps")] = Path(".demo"),
    faq: Annotated[Path | None, typer.Option(help="answer from this folder of Markdown", show_default=False)] = None,
    port: Annotated[int, typer.Option(help="port of the Slack sandbox; another one is used when it is taken")] = 8765,
    minutes: Annotated[float, typer.Option(min=0.1, help="bound on a script from standard input")] = 10.0,
    latency: Annotated[str, typer.Option(metavar="S[-S]", help="seconds that Azure takes for each answer")] = "0",
    fail: Annotated[
        list[str] | None,
        typer.Option(metavar="PATTERN=KIND", help="let Azure fail: 'POST /snapshotrun=429:2', 'history=5xx:0.1'"),
    ] = None,
    any_python: Annotated[
        bool, typer.Option("--any-python", help="use this Python for runs whose own version isn't installed")
    ] = False,
) -> None:
    """A sandbox Slack, a sandbox Azure ML and the bot, with you in a terminal as any of five people.

    Where standard input isn't a terminal its lines are typed one after the other, and the exit code says whether all
    were answered.
    """
    from bot.demo.start import run

    with one_sentence():
        azure = ("--latency", latency, *(word for text in fail or () for word in ("--fail", text)))
        azure += ("--any-python",) if any_python else ()
        folder = faq.absolute() if faq else None
        code = run(state.absolute(), faq=folder, port=port, seconds=minutes * 60, options=azure)
    raise typer.Exit(code)


@app.command()
def manifest(
    url: Annotated[
        str | None,
        typer.Option("--http", metavar="URL", help="for `serve --http`, reached by Slack at URL", show_default=False),
    ] = None,
    email: Annotated[
        bool, typer.Option("--email", help="with the scope that identity.by_email needs, to read e-mail addresses")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="JSON, without the reasons")] = False,
    azure: Annotated[bool, typer.Option("--azure", help="instead: the Azure role of the bot's identity")] = False,
    settings: SettingsFile = None,
) -> None:
    """Print the manifest that the Slack app is made from, every scope with its reason.

    With --azure: the smallest custom role for the bot's own identity, for `az role definition create`, on standard
    output, and the reason of each action on standard error.
    """
    from bot.manifest import as_json, as_yaml

    with one_sentence():
        if azure:
            _print_role(settings)
            return
        typer.echo(as_json(url, email=email) if json else as_yaml(url, email=email), nl=json)


def _print_role(settings: Path | None) -> None:
    from bot import azure_role
    from bot.settings import load

    try:
        found = load(settings).azures().values()
        scopes = [f"/subscriptions/{each.subscription_id}/resourceGroups/{each.resource_group}" for each in found]
    except ConfigurationError:
        if settings is not None:
            raise
        scopes = []
        typer.echo("There are no settings yet: put your resource group into AssignableScopes.\n", err=True)
    typer.echo(azure_role.as_json(*scopes))
    typer.echo(f"\n{azure_role.as_table()}", err=True)


@app.command()
def doctor(settings: SettingsFile = None) -> None:
    """Try everything the bot needs, step by step, and say what to do about what fails; exit code 1 when something does.

    With azure.sign_in = "interactive" it signs in to Azure as you, in a browser.
    """
    from bot import logs
    from bot.doctor import Doctor

    logs.configure("error")
    well = True
    for finding in Doctor(settings).examine():
        typer.echo(finding)
        well = well and finding.result != "failed"
    raise typer.Exit(0 if well else 1)


@app.command("settings")
def show_settings() -> None:
    """Print every setting with its default and what it is for: a settings file to start from."""
    from bot.settings import reference

    typer.echo(reference(), nl=False)


@app.command()
def link(
    team: Annotated[str, typer.Argument(help="Slack team id (T...)", show_default=False)] = "",
    user: Annotated[str, typer.Argument(help="Slack user id (U...)", show_default=False)] = "",
    object_id: Annotated[str, typer.Argument(help="Entra object id of the same person", show_default=False)] = "",
    settings: SettingsFile = None,
) -> None:
    """Let a Slack person act as an Azure identity; without arguments, list who is linked."""
    with one_sentence():
        if team and not (user and object_id):
            raise ConfigurationError(
                "A link needs three ids: aml-bot link TEAM USER OBJECT-ID. Without any, who is linked is listed."
            )
        from bot.bootstrap.tables import link_table, valid_link
        from bot.settings import load

        new = valid_link(team, user, object_id) if team else None
        table = link_table(load(settings))
        if new is not None:
            table.link(new, getpass.getuser())
        everybody = table.all()
        if not everybody:
            typer.echo("Nobody is linked on the command line; the policy file may link people, too.", err=True)
        for each in everybody:
            typer.echo(f"{each.team} {each.user} {each.object_id}")


@app.command()
def unlink(
    team: Annotated[str, typer.Argument(help="Slack team id (T...)")],
    user: Annotated[str, typer.Argument(help="Slack user id (U...)")],
    settings: SettingsFile = None,
) -> None:
    """Forget a Slack person's Azure identity."""
    with one_sentence():
        from bot.bootstrap.tables import link_table
        from bot.settings import load

        if not link_table(load(settings)).unlink(team, user, getpass.getuser()):
            typer.echo(f"aml-bot: {team} {user} isn't linked.", err=True)
            raise typer.Exit(2)
