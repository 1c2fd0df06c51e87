"""`aml-bot faq ...` as people and workflows call it."""

import json
from pathlib import Path

import pytest

from tests.authoring.conftest import Write, faq_command

ENTRY = """# Runs, 100 %

## How do I install conda packages?
<!-- faq
owner = "ml-platform"
answers = ["install packages with conda"]
not = ["who won the football game"]
-->

List them in the *environment*:

```python
import os
```

## Which compute targets are there?
<!-- faq
owner = "ml-platform"
-->

Look into the [portal](#gone).
"""


@pytest.fixture
def folder(write: Write) -> Path:
    """A FAQ with an unused import and a dead link."""
    return write({"runs,all.md": ENTRY})


def test_check_prints_places_rules_and_what_to_do(folder: Path) -> None:
    ended = faq_command("check", "faq", cwd=folder.parent)

    assert (ended.code, ended.err) == (1, "")
    lines = ended.out.splitlines()
    assert lines[0].startswith("faq/runs,all.md:13: unused-name: `os` is imported and never used.")
    assert lines[1].startswith("faq/runs,all.md:21: dead-link: “#gone”")
    assert lines[2] == "2 entries in 1 file: 2 findings (1 dead-link, 1 unused-name)."


def test_check_annotates_lines_on_github(folder: Path) -> None:
    ended = faq_command("check", "faq", "--format", "github", "--ignore", "dead-link", cwd=folder.parent)

    assert ended.code == 1
    assert ended.out.startswith("::warning file=faq/runs%2Call.md,line=13,title=Name that nothing uses::`os` is")


def test_check_prints_json_for_programs(folder: Path) -> None:
    ended = faq_command("check", folder, "--format", "json", cwd=folder.parent)

    report = json.loads(ended.out)
    assert ended.code == 1
    assert (report["sections"], report["files"]) == (2, 1)
    assert [(each["file"], each["line"], each["rule"]) for each in report["findings"]] == [
        ("runs,all.md", 13, "unused-name"),
        ("runs,all.md", 21, "dead-link"),
    ]


def test_check_ends_with_zero_when_nothing_is_to_be_mended(folder: Path) -> None:
    quiet = ("--ignore", "dead-link", "--ignore", "unused-name")

    assert faq_command("check", "faq", *quiet, cwd=folder.parent).out == "2 entries in 1 file: nothing to mend.\n"
    ended = faq_command("check", "faq", *quiet, "--format", "github", cwd=folder.parent)
    assert (ended.code, ended.out) == (0, "")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("check", "nowhere"), "doesn't exist"),
        (("check", "faq", "--ignore", "spelling"), "no rule “spelling”. There are: problem,"),
        (("check", "faq", "--today", "tomorrow"), "a date such as"),
        (("eval", "--faq", "faq", "--split", "test"), "no cases to ask"),
        (("eval", "--faq", "faq", "--cases", "gone.jsonl"), "can't be read"),
        (("eval", "--faq", "faq", "--baseline", "gone.json"), "can't be read as figures"),
        (("eval", "--faq", "faq", "--cases", "q.jsonl", "--update-baseline"), "--baseline"),
        (
            ("preview", "Install Conda Package", "--faq", "faq"),
            "Did you mean “runs,all.md#how-do-i-install-conda-packages”",
        ),
        (("ask", "x", "--faq", "nowhere"), "doesn't exist"),
        (("calibrate", "--faq", "faq", "--output", "no/such/folder.json"), "can't be written"),
    ],
)
def test_what_can_not_be_done_ends_with_two_and_a_sentence(folder: Path, arguments: tuple[str, ...], says: str) -> None:
    (folder.parent / "q.jsonl").write_text('{"q": "x"}\n')

    ended = faq_command(*arguments, cwd=folder.parent)

    assert (ended.code, ended.out) == (2, "")
    assert says in " ".join(ended.err.split())


def test_eval_scores_any_faq_with_any_cases(folder: Path) -> None:
    cases = [
        {"q": "conda packages", "gold": ["How do I install conda packages?"], "kind": "plain"},
        {"q": "compute targets", "gold": ["runs,all.md#which-compute-targets-are-there"], "kind": "plain"},
        {"q": "conda packages again", "gold": ["No such heading"], "kind": "lost"},
        {"q": "what is for lunch", "gold": [], "kind": "off-topic"},
    ]
    (folder.parent / "q.jsonl").write_text("\n".join(map(json.dumps, cases)))

    ended = faq_command("eval", "--faq", "faq", "--cases", "q.jsonl", "--json", cwd=folder.parent)

    figures = json.loads(ended.out)
    assert ended.code == 0
    assert (figures["n"], figures["hit1"], figures["hit3"]) == (4, 0.6667, 0.6667)
    assert figures["false_answers"] == 0
    assert {"mrr", "decision_accuracy", "ece", "p50_ms", "p99_ms"} <= figures.keys()
    assert {kind: part["n"] for kind, part in figures["per_kind"].items()} == {"lost": 1, "off-topic": 1, "plain": 2}
    assert figures["per_kind"]["off-topic"]["hit1"] is None
    assert figures["unmatched"] == ["No such heading"]
    assert "no entry is called “No such heading”" in ended.err


def test_eval_ends_with_one_when_a_figure_is_worse_than_committed(folder: Path) -> None:
    first = faq_command("eval", "--faq", "faq", "--update-baseline", cwd=folder.parent)
    same = faq_command("eval", "--faq", "faq", cwd=folder.parent)
    spoilt = (
        (folder / "runs,all.md").read_text().replace("conda", "cooking").replace("install packages with cooking", "x")
    )
    (folder / "runs,all.md").write_text(spoilt.replace('answers = ["x"]', 'answers = ["install packages with conda"]'))
    (folder / "b.md").write_text("## Where is conda?\n\nInstall packages with conda.\n")
    fallen = faq_command("eval", "--faq", "faq", cwd=folder.parent)
    lenient = faq_command("eval", "--faq", "faq", "--tolerance", "1", cwd=folder.parent)

    assert (first.code, same.code, fallen.code, lenient.code) == (0, 0, 1, 0)
    assert json.loads((folder / "baseline.json").read_text())["splits"]["tune"]["hit1"] == 1
    assert "95 % interval  committed" in same.out
    assert "Hit@1 (tune) fell from 1.000 to 0.000 (tolerance 0.02)" in fallen.err


def test_preview_shows_an_entry_as_slack_will(folder: Path) -> None:
    text = faq_command("preview", "how do i install conda packages", "--faq", "faq", cwd=folder.parent)
    blocks = faq_command("preview", "which-compute-targets-are-there", "--faq", "faq", "--json", cwd=folder.parent)

    assert text.out.splitlines()[:5] == [
        "How do I install conda packages?",
        "",
        "List them in the environment:",
        "",
        "  \u2502 import os",
    ]
    assert "[ Ask a human ]" in text.out
    assert [block["type"] for block in json.loads(blocks.out)["blocks"]] == ["header", "section", "context", "actions"]


def test_preview_asks_which_of_two_entries_is_meant(folder: Path) -> None:
    (folder / "b.md").write_text("# Other\n\n## Which compute targets are there?\n\nNone.\n")

    ended = faq_command("preview", "Which compute targets are there?", "--faq", "faq", cwd=folder.parent)

    assert ended.code == 2
    assert "b.md#which-compute-targets-are-there, runs,all.md#which-compute-targets-are-there" in ended.err


def test_ask_prints_outcome_entries_and_passage(folder: Path) -> None:
    known = faq_command("ask", "How do I install conda packages?", "--faq", "faq", "--explain", cwd=folder.parent)
    unknown = faq_command("ask", "zzz", "--faq", "faq", "--explain", cwd=folder.parent)

    assert known.code == unknown.code == 0
    assert known.out.startswith("confident: ")
    assert "Runs, 100 % > How do I install conda packages?" in known.out
    assert "List them in the *environment*:" in known.out
    assert "covered 1.00" in known.out
    assert unknown.out.startswith("unknown: ")


ORDER = "\x1b[31m \x1b]0;pwn\x07 \x9b31m \x7f \u202e \t"


@pytest.fixture
def hostile(write: Write) -> Path:
    """A FAQ and cases whose texts would recolour a terminal, rename its window and turn its lines round."""
    folder = write(a=f"# A\n\n## How {ORDER}do I?\n\nSo {ORDER}[there](#gone).\n\n## How {ORDER}do I?\n\nOr so.\n")
    case = {"q": "How do I?", "gold": [f"Gone {ORDER}."], "kind": f"k{ORDER}"}
    (folder.parent / "q.jsonl").write_text(json.dumps(case))
    return folder


@pytest.mark.parametrize(
    "command",
    [
        ("check", "faq"),
        ("check", "faq", "--format", "github"),
        ("check", "faq", "--format", "json"),
        ("ask", "How do I?", "--faq", "faq"),
        ("eval", "--faq", "faq", "--cases", "q.jsonl"),
        ("eval", "--faq", "faq", "--cases", "q.jsonl", "--json"),
    ],
)
def test_a_faq_gives_no_orders_to_the_terminal(hostile: Path, command: tuple[str, ...]) -> None:
    ended = faq_command(*command, cwd=hostile.parent)

    shown = ended.out + ended.err
    assert "pwn" in shown
    assert [each for each in shown if each != "\n" and not each.isprintable()] == []


def test_programs_get_what_a_terminal_would_obey(hostile: Path) -> None:
    ended = faq_command("eval", "--faq", "faq", "--cases", "q.jsonl", "--json", cwd=hostile.parent)

    assert json.loads(ended.out)["unmatched"] == [f"Gone {ORDER}."]


def test_calibrate_writes_what_the_cases_say(folder: Path) -> None:
    ended = faq_command("calibrate", "--faq", "faq", "--output", "c.json", cwd=folder.parent)

    assert ended.code == 0
    assert "stay" in ended.out
    assert json.loads((folder.parent / "c.json").read_text())["learnt"] is False


def test_preview_follows_a_reference_and_shows_links_by_reference(write: Write) -> None:
    folder = write(
        a="## 1.1 How do I start?\n\nCall `begin()` as the [manual][m] says.\n\n"
        "## 1.2 How do I start for deployment?\n\nSee 1.1, but replace `begin` by `launch`.\n\n"
        "[m]: https://example.com/manual\n"
    )

    pointer = faq_command("preview", "1.2", "--faq", folder, cwd=folder.parent)
    shown = faq_command("preview", "1.1 How do I start?", "--faq", folder, "--json", cwd=folder.parent)

    assert "1.1 How do I start?" in pointer.out
    assert "begin \u2192 launch" in pointer.out
    assert "Call begin()" in pointer.out
    assert "<https://example.com/manual|manual>" in shown.out


def test_links_of_the_same_text_lead_each_to_its_own_definition(write: Write) -> None:
    folder = write(
        a="## How do I read more?\n\n"
        "Read it [here][docs], or the source [here][src]. "
        '<a href="https://tracker.example/"><img src="t.png"></a>\n\n'
        "The [guide](https://guide.example/), then the [guide][2].\n\n"
        "- [ ] open the studio\n\n"
        "[docs]: https://docs.example/\n[src]: https://source.example/\n[2]: https://second.example/\n"
    )

    shown = faq_command("preview", "How do I read more?", "--faq", folder, "--json", cwd=folder.parent).out

    assert "<https://docs.example/|here>, or the source <https://source.example/|here>" in shown
    assert "<https://guide.example/|guide>, then the <https://second.example/|guide>" in shown
    assert "[ ] open the studio" in shown
    assert "<https://tracker.example/" not in shown


def test_inline_code_is_shown_as_it_is_written(write: Write) -> None:
    folder = write(a='## How do I commit?\n\nRun ``echo `date` <!here>`` and `git commit -m "x   y"`.\n')

    shown = faq_command("preview", "How do I commit?", "--faq", folder, "--json", cwd=folder.parent).out

    texts = [block["text"]["text"] for block in json.loads(shown)["blocks"] if block["type"] == "section"]
    assert texts == ["Run", "```\necho `date` &lt;!here&gt;\n```", 'and `git commit -m "x   y"`.']


def test_links_in_a_table_can_be_followed(write: Write) -> None:
    folder = write(
        a="## Where is everything?\n\n| What | Where |\n|---|---|\n"
        "| Studio | [open](https://ml.azure.com) |\n| Chat | [ask][1] <!here> |\n\n[1]: https://chat.example/\n"
    )

    shown = faq_command("preview", "Where is everything?", "--faq", folder, "--json", cwd=folder.parent).out

    (text,) = [block["text"]["text"] for block in json.loads(shown)["blocks"] if block["type"] == "section"]
    assert text == (
        "• *Studio* — Where: <https://ml.azure.com|open>\n• *Chat* — Where: <https://chat.example/|ask> &lt;!here&gt;"
    )


@pytest.mark.parametrize("command", [("eval",), ("ask", "conda"), ("calibrate",)])
def test_a_model_that_cannot_be_run_is_named(folder: Path, command: tuple[str, ...]) -> None:
    ended = faq_command(*command, "--faq", folder, "--model", "nowhere", cwd=folder.parent)

    assert ended.code == 2
    assert ended.err.startswith("aml-bot: ")
    assert "nowhere" in ended.err
    assert ended.out == ""


@pytest.mark.parametrize("command", [("ask", "how do I decode"), ("preview", "How do I decode?"), ("eval",)])
def test_bytes_that_are_not_utf8_are_replaced_and_told(folder: Path, command: tuple[str, ...]) -> None:
    (folder / "old.md").write_bytes(b"# Old\n\n## How do I decode?\n\nCaf\xe9.\n")

    ended = faq_command(*command, "--faq", folder, cwd=folder.parent)

    assert ended.code == 0
    assert ended.err.startswith(
        "aml-bot: old.md:5: byte 31 is not UTF-8; what isn't was replaced: save the file as UTF-8."
    )
    assert command == ("eval",) or "Caf\ufffd" in ended.out
