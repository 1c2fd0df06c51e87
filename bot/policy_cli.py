"""`aml-bot policy`: whether a policy file can be used, and what it says of somebody."""

import re
from pathlib import Path
from typing import Annotated

import typer

from bot.console import one_sentence
from bot.domain.access import Access, Caller, Principal, decide
from bot.domain.commands import ALL, APPROVE, Command
from bot.domain.errors import ConfigurationError, InvalidRequest
from bot.domain.policy import (
    About,
    Asker,
    Exceeded,
    InvalidPolicy,
    Link,
    Policy,
    approvals_for,
    explain,
    judge,
    money,
    terms,
)

app = typer.Typer(help="Who may do what through the bot, on top of Azure's roles.", no_args_is_help=True)

SettingsFile = Annotated[
    Path | None,
    typer.Option("--settings", help="settings file; else $AML_BOT_SETTINGS, else aml-bot.toml", show_default=False),
]


@app.command()
def check(
    file: Annotated[Path | None, typer.Argument(help="policy file; else that of the settings", show_default=False)] = (
        None
    ),
    settings: SettingsFile = None,
) -> None:
    """Say what is wrong with a policy file, each mistake as FILE:LINE: SENTENCE.

    Ends with 1 when something is wrong, and with 2 when there is no such file.
    """
    with one_sentence():
        from bot.bootstrap.policy import read_policy

        if file is None:
            from bot.settings import load

            file = load(settings).policy
        try:
            policy = read_policy(file)
        except InvalidPolicy as error:
            for sentence in error.sentences:
                typer.echo(sentence)
            raise typer.Exit(1) from error
    rules = {"allow": policy.rules, "deny": policy.denials, "limit": policy.limits, "approval": policy.approvals}
    counts = ", ".join(f"{len(found)} {name}" for name, found in rules.items())
    typer.echo(f"{file} can be used: {counts}, {len(policy.links)} links; digest {policy.digest}.")


@app.command("explain")
def explain_command(
    user: Annotated[str, typer.Argument(help="TEAM/USER in Slack, USER where that is clear, or an Entra object id")],
    command: Annotated[str, typer.Argument(help='a command, such as submit or "env create"')],
    channel: Annotated[str, typer.Option(help="asked in this channel (C...)", show_default=False)] = "",
    project: Annotated[str, typer.Option(help="of a run: its project", show_default=False)] = "",
    compute: Annotated[str, typer.Option(help="its compute target", show_default=False)] = "",
    env: Annotated[str, typer.Option(help="its environment, NAME or NAME:VERSION", show_default=False)] = "",
    nodes: Annotated[int, typer.Option(min=1, help="its nodes")] = 1,
    hours: Annotated[float | None, typer.Option(min=0, help="how long it may take", show_default=False)] = None,
    settings: SettingsFile = None,
) -> None:
    """Say whether somebody may use a command, and what decides it: Azure's roles, then the policy rule by rule.

    Reads the links of the database and of the policy, and asks Azure for the roles. Ends with 1 when they may not.
    """
    name, _, version = env.partition(":")
    about = About(project, compute, name, version, nodes, hours) if project or compute or env else None
    with one_sentence():
        from bot.bootstrap.policy import what_decides
        from bot.settings import load

        wanted = _command(command)
        decides = what_decides(load(settings))
        team, person, object_id = _who(user, decides.links)
        principal = Principal(object_id, Caller(team, person, channel, "policy explain"))
        policy, asker = decides.guard.asker(principal)
        allowed = _azure(wanted, decides.guard.access(object_id), asker) and _policy(policy, wanted, asker, about)
    typer.echo(f"So “{wanted.name}” is {'allowed' if allowed else 'refused'}.")
    raise typer.Exit(0 if allowed else 1)


def _command(name: str) -> Command:
    guarded = {command.name: command for command in (*ALL, APPROVE) if command.guarded}
    found = guarded.get(name.strip().replace(" ", "-").lower())
    if found is None:
        raise InvalidRequest(f"There is no guarded command “{name}”. There are: {', '.join(sorted(guarded))}.")
    return found


def _who(text: str, links: tuple[Link, ...]) -> tuple[str, str, str]:
    """Team, user and object id of the person that `text` names. Raises ConfigurationError."""
    team, slash, user = text.rpartition("/")
    by_id = [each for each in links if each.object_id.lower() == text.lower()]
    found = by_id or [each for each in links if each.user == user and (not slash or each.team == team)]
    people = {(each.team, each.user, each.object_id.lower()) for each in found}
    if len(people) == 1:
        who = people.pop()
        typer.echo(f"{who[0]}/{who[1]} is linked to {who[2]}.")
        return who
    if not people and re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", text.lower()):
        typer.echo(f"Nobody in Slack is linked to {text.lower()}.")
        return "", "", text.lower()
    if not people:
        raise ConfigurationError(f"“{text}” isn't linked to an Azure identity, so all that needs one is refused.")
    several = ", ".join(f"{each[0]}/{each[1]} as {each[2]}" for each in sorted(people))
    raise ConfigurationError(f"“{text}” can be several: {several}. Two identities of one person are refused.")


def _azure(command: Command, access: Access, asker: Asker) -> bool:
    typer.echo(f"Roles at the workspace: {', '.join(asker.roles) or 'none'}.")
    if command.action is None:
        typer.echo(f"Azure: “{command.name}” needs no action there.")
        return True
    decision = decide(access, command.action)
    typer.echo(f"Azure: {'allowed' if decision.allowed else 'refused'} by {decision.settled_by}.")
    return decision.allowed


def _policy(policy: Policy, command: Command, asker: Asker, about: About | None) -> bool:
    typer.echo(f"Policy {policy.digest}:")
    for line in explain(policy, command.name, asker, about):
        typer.echo(f"  {line}")
    ruling = judge(policy, command.name, asker, about)
    typer.echo(f"  {ruling.sentence}")
    if not ruling.allowed or about is None or not command.starts_run:
        return ruling.allowed
    found = terms(policy, command.name, asker, about)
    if isinstance(found, Exceeded):
        typer.echo(f"  line {found.rule.line}, limit: {found.allowed} is the most; asked for: {found.asked}")
        return False
    length = "without a limit" if found.hours is None else f"{found.hours:g} hours"
    cost = "unknown" if found.cost is None else money(found.cost, found.currency)
    typer.echo(f"  longest run: {length}; cost at most: {cost}")
    for rule in approvals_for(policy, command.name, asker, about, found):
        typer.echo(f"  line {rule.line}, approval: waits for {rule.needed}")
    return True
