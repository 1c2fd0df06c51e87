"""How the command line tells a failure: one sentence, no traceback, and the exit code."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from bot.domain.errors import BotError


@contextmanager
def one_sentence() -> Iterator[None]:
    """End with the sentence of a foreseen error on standard error and exit code 2."""
    try:
        yield
    except BotError as error:
        typer.echo(f"aml-bot: {error.user_message}", err=True)
        raise typer.Exit(2) from error
