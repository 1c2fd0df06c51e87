"""`aml-bot faq ...` on the command line. Exit code 0: fine; 1: something to mend; 2: it couldn't be done."""

import sys
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.console import one_sentence
from bot.domain.errors import ConfigurationError

if TYPE_CHECKING:
    from bot.search import Faq

app = typer.Typer(
    help="Write a FAQ that proves itself: check it, score it, see it as Slack will show it.", no_args_is_help=True
)

TOLERANCE = 0.02
"""By how much a figure may be worse than the committed one: a case in fifty. Speed isn't compared, since it is the
machine's as well."""

FaqFolder = Annotated[
    Path | None,
    typer.Option("--faq", help="folder of Markdown; else the FAQ that ships with the bot", show_default=False),
]
Model = Annotated[
    Path | None,
    typer.Option(
        "--model", help="folder of a sentence model, as in the setting faq.semantic_model", show_default=False
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="JSON on standard output")]


class Form(StrEnum):
    """How findings are printed."""

    TEXT = "text"
    GITHUB = "github"
    JSON = "json"


class Split(StrEnum):
    """Which cases are asked."""

    TUNE = "tune"
    TEST = "test"
    ALL = "all"


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter("a date such as 2027-01-31 is needed") from None


@app.command()
def check(
    folder: Annotated[
        Path | None, typer.Argument(help="folder of Markdown; else the FAQ that ships with the bot", show_default=False)
    ] = None,
    form: Annotated[
        Form, typer.Option("--format", help="for people, for GitHub's workflows, for programs")
    ] = Form.TEXT,
    links: Annotated[bool, typer.Option("--links", help="also ask for every web page that is linked to")] = False,
    ignore: Annotated[
        list[str] | None,
        typer.Option("--ignore", metavar="RULE", help="leave a rule out; repeatable", show_default=False),
    ] = None,
    today: Annotated[
        date | None,
        typer.Option(parser=_day, metavar="DATE", help="for review dates; else today's", show_default=False),
    ] = None,
) -> None:
    """Find dead links, code that doesn't parse or asks too much of the SDK, clashes, and entries that nobody finds."""
    from bot.authoring import findings
    from bot.authoring.check import check as check_folder

    with one_sentence():
        unknown = [rule for rule in ignore or () if rule not in findings.RULES]
        if unknown:
            raise ConfigurationError(f"There is no rule “{unknown[0]}”. There are: {', '.join(findings.RULES)}.")
        where = folder or _shipped()
        report = check_folder(where, today=today or datetime.now(UTC).date(), web=links, ignored=ignore or ())
    prefix = _prefix(where)
    match form:
        case Form.JSON:
            _print_json(findings.as_json(report))
        case Form.GITHUB if report.findings:
            _print(findings.as_github(report.findings, prefix))
        case Form.TEXT:
            _print(findings.as_text(report, prefix))
        case _:
            pass
    raise typer.Exit(1 if report.findings else 0)


@app.command("eval")
def evaluate(
    faq: FaqFolder = None,
    cases: Annotated[
        Path | None,
        typer.Option(
            help='a file with a line {"q": "...", "gold": [...], "kind": "..."} a case; else those of the FAQ',
            show_default=False,
        ),
    ] = None,
    split: Annotated[Split, typer.Option(help="which cases are asked")] = Split.ALL,
    baseline: Annotated[
        Path | None,
        typer.Option(
            help="committed figures to compare with; else baseline.json of the FAQ, for its own cases without a model",
            show_default=False,
        ),
    ] = None,
    update_baseline: Annotated[bool, typer.Option("--update-baseline", help="commit to these figures")] = False,
    tolerance: Annotated[
        float, typer.Option(min=0, max=1, help="how much worse than committed a figure may be")
    ] = TOLERANCE,
    model: Model = None,
    json: AsJson = False,
) -> None:
    """Ask the FAQ its cases and print how well it answers; exit code 1 if a figure is worse than committed."""
    from bot.authoring import cases as all_cases
    from bot.authoring import evaluation, meaning, scores
    from bot.search import load_cases

    with one_sentence():
        folder = faq or _shipped()
        loaded = _loaded(folder)
        known = all_cases.of_file(cases, loaded) if cases else all_cases.Cases(load_cases(folder, strict=False))
        chosen = [case for case in known.cases if split in {Split.ALL, case.split}]
        if not chosen:
            raise ConfigurationError(
                f"There are no cases to ask in “{cases or folder}” (split: {split}). Write some into the entries "
                "(answers, not) or into a file beside them that ends in .cases.jsonl."
            )
        path = baseline or (folder / "baseline.json" if not cases and not model else None)
        if path is None and update_baseline:
            raise ConfigurationError("Where shall the figures be written to? Name the file with --baseline.")
        committed = scores.read(path, must_exist=bool(baseline) and not update_baseline) if path else None
        asked = evaluation.ask_all(meaning.added(loaded, model), chosen)
        worse = committed.worse(asked, tolerance) if committed and committed.splits else None
        if committed and update_baseline:
            committed.write(asked)
            worse = None
    if json:
        _print_json(scores.as_json(asked, worse, known.unmatched))
    else:
        _print(scores.as_text(asked, committed))
    for name in known.unmatched:
        _tell(f"no entry is called “{name}”; its questions count as lost.")
    for sentence in committed.other_counts(asked) if committed else ():
        _tell(sentence)
    for each in worse or ():
        _tell(f"{each} (tolerance {tolerance:g}).")
    raise typer.Exit(1 if worse else 0)


@app.command()
def preview(
    entry: Annotated[str, typer.Argument(help="its title or the number of it, its anchor, or file#anchor")],
    faq: FaqFolder = None,
    json: AsJson = False,
) -> None:
    """Show an entry as Slack will."""
    from bot.authoring.lookup import entry as find
    from bot.blocks import answers

    with one_sentence():
        loaded = _loaded(faq or _shipped())
        section = find(loaded, entry)
    message = answers.section("preview", section, loaded.referred(section), can_call_human=True)
    _show(message.as_dict(), json=json)


@app.command()
def ask(
    question: Annotated[str, typer.Argument(help="in quotes")],
    faq: FaqFolder = None,
    explain: Annotated[bool, typer.Option("--explain", help="also what the probability is made of")] = False,
    model: Model = None,
) -> None:
    """Ask the FAQ, and see how sure it is of which entries and what of the first it would show."""
    from bot.authoring import meaning
    from bot.authoring.asking import answer

    with one_sentence():
        loaded = meaning.added(_loaded(faq or _shipped()), model)
    _print(answer(loaded, question, explain=explain))


@app.command()
def calibrate(
    faq: FaqFolder = None,
    output: Annotated[
        Path | None, typer.Option(help="file to write; else calibration.json of the FAQ", show_default=False)
    ] = None,
    model: Model = None,
) -> None:
    """Learn from the FAQ's own cases how sure an answer is, and keep that: a start then needn't learn it."""
    from bot.authoring import meaning
    from bot.authoring.calibrating import calibrated, told, told_of_mix
    from bot.search import CALIBRATION_FILE

    with one_sentence():
        folder = faq or _shipped()
        learnt = calibrated(folder)
        mix = meaning.added(_loaded(folder), model).mix if model else None
        path = output or folder / CALIBRATION_FILE
        try:
            learnt.save(path)
        except OSError as error:
            raise ConfigurationError(
                f"The calibration can't be written to “{path}” ({error.strerror}). Name another file with --output.",
                detail=str(error),
            ) from error
    _print(f"{told(learnt)} Written to {path}.{f' {told_of_mix(mix)}' if mix else ''}")


def _loaded(folder: Path) -> "Faq":
    """The FAQ in a folder, also one that the bot would refuse; what isn't read as it stands is told."""
    from bot.authoring.lookup import unread
    from bot.search import load

    loaded = load(folder, strict=False)
    for problem in unread(folder):
        _tell(f"{problem}. The bot itself refuses such a FAQ.")
    return loaded


def _show(message: dict[str, object], *, json: bool) -> None:
    if json:
        from json import dumps

        _print_json(dumps(message, ensure_ascii=False, indent=2))
        return
    from rich.console import Console

    from bot.authoring.terminal import lines

    console = Console(highlight=False, markup=False, emoji=False)
    blocks = message["blocks"]
    assert isinstance(blocks, list)  # noqa: S101  # as `Message` makes it
    for line in lines(blocks):
        console.print(line, soft_wrap=True)


def _print(text: str) -> None:
    """Print what may have anything in it."""
    _write(_harmless(text))


def _print_json(text: str) -> None:
    """Print JSON; what a terminal would obey, which stands in strings only, is escaped in them."""
    from bot.blocks.mrkdwn import fit

    _write("".join(each if fit(each) else f"\\u{ord(each):04x}" for each in text))


def _write(text: str) -> None:
    """Write to a terminal or pipe that may not know every character."""
    sys.stdout.write(
        f"{text}\n".encode(sys.stdout.encoding or "utf-8", "replace").decode(sys.stdout.encoding or "utf-8")
    )


def _tell(sentence: str) -> None:
    """Say something beside the result, on standard error."""
    typer.echo(f"aml-bot: {_harmless(sentence)}", err=True)


def _harmless(text: str) -> str:
    """As Slack is shown it: a FAQ gives no orders to a terminal or to the log of a workflow."""
    from bot.blocks.mrkdwn import fit

    return fit(text).expandtabs(4)


def _shipped() -> Path:
    from bot.authoring.lookup import shipped_faq

    return shipped_faq()


def _prefix(folder: Path) -> str:
    """The folder as it is put in front of its files: from here if it is below, with a slash."""
    absolute, here = folder.resolve(), Path.cwd().resolve()
    shown = absolute.relative_to(here) if absolute.is_relative_to(here) else folder
    return "" if shown == Path() else f"{shown.as_posix()}/"
