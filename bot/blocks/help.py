"""Help texts, the call for a human, and thanks for feedback."""

from collections.abc import Sequence
from itertools import takewhile

from bot.blocks import mrkdwn
from bot.blocks.layout import Layout
from bot.blocks.message import Message
from bot.domain import commands
from bot.domain.commands import Command
from bot.domain.help import Escalation, Verdict

_SLASH = "/aml"
_NOTES = {
    commands.SUBMIT.name: (
        "What you leave out comes from the project's defaults. Everything behind `--` goes to the script as it is. "
        "The script is a path in the project's folder. `/aml submit` alone opens a form; after a mention there is none."
    ),
    commands.ROLES.name: "Alone it lists everybody who holds a role at the workspace; your own roles you always see.",
    commands.CAN.name: (
        "COMMAND is one of mine, such as `submit`; ACTION is one of Azure's, such as "
        "`Microsoft.MachineLearningServices/workspaces/computes/write`."
    ),
    commands.ENV.name: "Without a version it shows the latest.",
    commands.ASK.name: "After a mention, and in a direct message, you can leave out the word “ask”.",
}


def help_overview(allowed: Sequence[Command] = commands.ALL) -> Message:
    """What the bot can do for somebody who may use the commands `allowed`, in the table's order."""
    names = {command.name for command in allowed}
    layout = Layout().header("What I can do")
    layout.text("Ask me anything about Azure Machine Learning: mention me, or write to me directly.", keep=True)
    layout.text(command_lines(allowed))
    layout.context(
        "The same words work after a mention of me, in threads too. "
        f"More about one of them: {mrkdwn.code(f'{_SLASH} {commands.HELP.example}')}"
    )
    missing = [command.name for command in commands.ALL if command.name not in names]
    if missing:
        layout.context(f"Not shown, because you may not use them here: {', '.join(missing)}.")
    return layout.message()


def command_lines(allowed: Sequence[Command], *, brief: bool = False) -> str:
    """How the commands `allowed` are written and what they do, a line each, in the table's order; `brief` without what
    can be left out of them."""
    names = {command.name for command in allowed}
    usages = {each.name: _shortest(each) if brief else each.usage for each in commands.ALL}
    return "\n".join(
        f"• {mrkdwn.code(f'{_SLASH} {usages[command.name]}')} — {mrkdwn.line(command.summary)}"
        for command in commands.ALL
        if command.name in names
    )


def _shortest(command: Command) -> str:
    return " ".join(takewhile(lambda word: not word.startswith(("[", "|")), command.usage.split()))


def help_command(command: Command) -> Message:
    """One command in detail."""
    layout = Layout().header(f"{_SLASH} {command.name}")
    layout.text(
        f"{mrkdwn.line(_sentence(command.summary))}\nUsage: {mrkdwn.code(f'{_SLASH} {command.usage}')}", keep=True
    )
    if command.example:
        layout.text(f"Example: {mrkdwn.code(f'{_SLASH} {command.example}')}", keep=True)
    if command.name in _NOTES:
        layout.text(_NOTES[command.name], keep=True)
    if command.action:
        layout.context(f"Needs the Azure action {mrkdwn.code(command.action)} at the workspace.")
    return layout.message()


def escalation(escalation: Escalation) -> Message:
    """The call for whoever is on call, with the question and what was tried. It calls nobody a second time."""
    if not escalation.first:
        return already_called()
    called = " ".join(filter(None, map(mrkdwn.mention, escalation.on_call)))
    asker = mrkdwn.mention(escalation.question.user) or "Somebody"
    layout = Layout().header("A human is needed")
    if called:
        layout.text(f"{called}: {asker} asks for your help.", keep=True)
    else:
        layout.text(f"{asker} asks for help, and nobody is on call: who can, please answer here.", keep=True)
    layout.text(mrkdwn.quote(escalation.question.text) if escalation.question.text.strip() else "", keep=True)
    if escalation.tried:
        layout.text("What I found in the FAQ before:\n" + _list(escalation.tried), keep=True)
    else:
        layout.text("The FAQ has nothing about it.", keep=True)
    return layout.message()


def small_talk() -> Message:
    """Said to somebody whose words are neither a question nor a command."""
    return Layout().text("Here I am. Ask me about Azure Machine Learning, or say `help` for what I can do.").message()


def already_called() -> Message:
    """Said to the second person who asks for a human."""
    return Layout().text("Somebody has called a human for this question already; they are told once.").message()


def called_in(channel: str) -> Message:
    """Said to somebody who asked in a direct message; `channel` is the id of the channel where a human was called."""
    return Layout().text(f"I called a human in {mrkdwn.channel(channel)}, with your question.").message()


def feedback_thanks(verdict: Verdict) -> Message:
    """Said to the one who gave feedback."""
    if verdict is Verdict.HELPFUL:
        return Layout().text("Thank you: noted that this answer helped.").message()
    return (
        Layout()
        .text("Thank you: noted that this answer didn't help. You can still ask a human, or put it in other words.")
        .message()
    )


def _list(titles: Sequence[str]) -> str:
    shown = [f"• {mrkdwn.line(title, 120)}" for title in titles[:5] if title.strip()]
    return "\n".join([*shown, *([f"• … and {len(titles) - 5} more"] if len(titles) > 5 else [])])


def _sentence(summary: str) -> str:
    return f"{summary[:1].upper()}{summary[1:]}."
