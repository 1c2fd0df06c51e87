"""What a check found, and the forms in which it is reported."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

RULES = {
    "problem": "Read, but not as written",
    "dead-link": "Link that leads nowhere",
    "external-link": "Web page that isn't there",
    "syntax": "Python that doesn't parse",
    "undefined-name": "Name that nothing defines",
    "unused-name": "Name that nothing uses",
    "sdk-missing": "Module that the installed SDK doesn't have",
    "sdk-name": "Name that the installed SDK doesn't have",
    "sdk-call": "Call that the installed SDK refuses",
    "duplicate": "Two entries with one title and path",
    "clash": "One question claimed by several entries",
    "not-found": "Entry that its own questions don't find",
    "false-answer": "Answer to a question that has none",
    "review-past": "Review date that has passed",
    "owner-missing": "Entry without an owner",
}
"""Every rule with its title. The names are stable: people put them into `--ignore`."""


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One thing to mend: where (`line` from 1, `file` relative to the FAQ folder), which rule, and a sentence that says
    what is wrong and what to do."""

    file: str
    line: int
    rule: str
    message: str


@dataclass(frozen=True, slots=True)
class Report:
    """The findings in order of files and lines, and how much was looked at."""

    findings: tuple[Finding, ...]
    sections: int
    files: int


def as_text(report: Report, prefix: str) -> str:
    """One line a finding and one in the end; `prefix` (the folder, with a slash) makes the places clickable."""
    lines = [f"{prefix}{each.file}:{each.line}: {each.rule}: {each.message}" for each in report.findings]
    looked_at = f"{_count(report.sections, 'entry', 'entries')} in {_count(report.files, 'file', 'files')}"
    if not report.findings:
        return f"{looked_at}: nothing to mend."
    by_rule = Counter(sorted(each.rule for each in report.findings))
    rules = ", ".join(f"{count} {rule}" for rule, count in by_rule.most_common())
    return "\n".join([*lines, f"{looked_at}: {_count(len(report.findings), 'finding', 'findings')} ({rules})."])


def as_github(findings: Iterable[Finding], prefix: str) -> str:
    """Workflow commands, which GitHub shows beside the lines of a pull request."""
    return "\n".join(
        f"::warning file={_property(prefix + each.file)},line={each.line},title={_property(RULES[each.rule])}"
        f"::{_message(f'{each.message} ({each.rule})')}"
        for each in findings
    )


def as_json(report: Report) -> str:
    """An object with `findings` (`file`, `line`, `rule`, `message`), `sections` and `files`."""
    findings: Sequence[dict[str, object]] = [
        {"file": each.file, "line": each.line, "rule": each.rule, "message": each.message} for each in report.findings
    ]
    return json.dumps(
        {"findings": findings, "sections": report.sections, "files": report.files}, ensure_ascii=False, indent=2
    )


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _message(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")
