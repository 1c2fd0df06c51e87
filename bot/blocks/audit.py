"""Rows of the audit, for who looks after the bot."""

from collections.abc import Mapping

from bot.blocks import mrkdwn
from bot.blocks.layout import Layout, button, json_value
from bot.blocks.message import Message
from bot.domain.audit import AuditPage


def audit(page: AuditPage, *, today: bool = False) -> Message:
    """Rows, newest first; “Older” shows those before them. People are shown by name, and called by nothing here."""
    layout = Layout().header("Audit")
    wanted = page.wanted
    about = [
        f"of run {mrkdwn.code(wanted.run)}" if wanted.run else "",
        f"of {_name(page.names, wanted.user)}" if wanted.user else "",
        "of today (UTC)" if today else "",
    ]
    if chosen := ", ".join(each for each in about if each):
        layout.text(f"Only what is {chosen}.")
    if not page.rows:
        return layout.text("There are no such rows." if not wanted.before else "There are no older rows.").message()
    for row in reversed(page.rows):
        layout.text(_row(row, page.names))
    layout.context(f"All of it, and whether it is whole: {mrkdwn.code('aml-bot audit list | export | verify')}")
    if page.more:
        value = json_value(
            run=wanted.run, user=wanted.user, today="yes" if today else "", before=str(page.rows[0]["id"])
        )
        layout.buttons(button("Older", "older_audit", value, says="Show older rows of the audit"))
    return layout.message()


def _row(row: Mapping[str, object], names: Mapping[str, str]) -> str:
    at = mrkdwn.line(str(row["at"])[:19].replace("T", " "))
    user = str(row["user"])
    who = _name(names, user) if user else mrkdwn.code(str(row["object_id"]))
    what = f"{mrkdwn.code(str(row['command']))} {mrkdwn.line(str(row['phase']))}"
    head = f"{at} UTC  {who or 'nobody'}  {what}: {mrkdwn.bold(str(row['result']))}"
    reference = mrkdwn.code(str(row["reference"]))
    return f"{head}  {reference}\n{mrkdwn.line(str(row['reason']), 300)}".rstrip()


def _name(names: Mapping[str, str], user: str) -> str:
    return mrkdwn.line(names.get(user, ""), 80) or mrkdwn.code(user, 80)
