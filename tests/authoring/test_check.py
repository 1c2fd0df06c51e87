"""What a check finds in a folder, beside what is wrong with code."""

import threading
from collections.abc import Iterator
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from bot.authoring.check import check
from bot.authoring.findings import RULES, Finding
from bot.domain.errors import ConfigurationError
from tests.authoring.conftest import Write

TODAY = date(2026, 7, 1)
OWNED = '<!-- faq\nowner = "ml-platform"\n-->\n'


def findings(folder: Path, *rules: str, web: bool = False) -> list[tuple[str, int, str]]:
    """File, line and message of what is found by these rules."""
    report = check(folder, today=TODAY, web=web)
    assert {each.rule for each in report.findings} <= RULES.keys()
    return [(each.file, each.line, each.message) for each in report.findings if each.rule in rules]


def places(found: list[tuple[str, int, str]]) -> list[tuple[str, int]]:
    """Only file and line."""
    return [each[:2] for each in found]


def test_a_faq_in_order_has_no_findings(write: Write) -> None:
    folder = write(runs=f"{OWNED}# Runs\n\n## How do I start one?\n\nPress the button.\n")

    report = check(folder, today=TODAY)

    assert (report.findings, report.sections, report.files) == ((), 1, 1)


def test_links_and_images_that_lead_nowhere_are_found_on_their_lines(write: Write) -> None:
    (folder := write(other="## What is it?\n\nThat.\n")).joinpath("plan.png").touch()
    (folder.parent / "docs.md").write_text("# Setup\n")
    write(
        links="## What is dead?\n\n[a](#nowhere) text\n\n[b](gone.md)\n\n![c](gone.png)\n\n[d](data/gone.csv)\n\n"
        "[e](../docs.md#nowhere)\n\n[f](other.md#nowhere)\n\n[g](../gone.md)\n",
        fine="## What is alive?\n\n[a](#what-is-alive) [b](other.md#what-is-it) ![c](plan.png) [d](../docs.md#setup)\n"
        "[e](https://example.com/nothing#at-all) [f](mailto:a@example.com) [g](//example.com/x) [h](plan.png?raw=1)\n",
    )

    found = findings(folder, "dead-link")

    assert places(found) == [("links.md", line) for line in (3, 5, 7, 9, 11, 13, 15)]
    assert "“data/gone.csv” names no file" in found[3][2]


def test_a_link_from_the_repository_root_is_followed_as_on_github(write: Write, tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "LICENSE").touch()
    folder = write(a="## What may I do?\n\nSee the [licence](/LICENSE) and the [rules](/RULES).\n")

    assert [each[2].partition("”")[0] for each in findings(folder, "dead-link")] == ["“/RULES"]


@pytest.fixture
def site() -> Iterator[tuple[str, list[str]]]:
    """A web site with its address and what it was asked for."""
    asked: list[str] = []

    class Site(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            asked.append(f"{self.command} {self.path}")
            codes = {"/ok": 200, "/gone": 404, "/get-only": 405 if self.command == "HEAD" else 200, "/private": 401}
            self.send_response(codes.get(self.path, 500))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def do_GET(self) -> None:
            self.do_HEAD()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name in the base class
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    thread.join(10)
    server.server_close()


def test_web_pages_are_asked_for_once_and_only_on_request(write: Write, site: tuple[str, list[str]]) -> None:
    url, asked = site
    folder = write(
        a=f"## Where is it?\n\n[a]({url}/ok) [b]({url}/get-only) [c]({url}/private)\n\n"
        f"[d]({url}/gone#x)\n\n[e]({url}/broken)\n",
        b=f"## And then?\n\n[d]({url}/gone)\n",
    )

    assert findings(folder, "external-link") == []
    assert asked == []
    found = findings(folder, "external-link", web=True)
    assert places(found) == [("a.md", 5), ("a.md", 7), ("b.md", 3)]
    assert "(404)" in found[0][2]
    assert len([each for each in asked if each == "HEAD /gone"]) == 1


def test_a_page_on_a_machine_that_does_not_answer_is_reported(write: Write, site: tuple[str, list[str]]) -> None:
    port = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    url = f"http://127.0.0.1:{port.server_port}"
    port.server_close()

    assert "can't be reached" in findings(write(a=f"## Where?\n\n[a]({url}/)\n"), "external-link", web=True)[0][2]


def test_two_entries_with_one_title_and_path_are_found_but_not_those_told_apart_by_their_path(write: Write) -> None:
    folder = write(
        a="# Training\n\n## More files?\n\nOne.\n\n# Deploying\n\n## More files?\n\nTwo.\n",
        b="# Training\n\n## More  files\n\nThree.\n",
    )

    found = findings(folder, "duplicate")

    assert places(found) == [("b.md", 3)]
    assert "a.md:3" in found[0][2]


def test_a_question_claimed_by_two_entries_or_denied_by_one_is_found(write: Write) -> None:
    folder = write(
        a='## First?\n<!-- faq\nalso = ["How much is it?", "second"]\n-->\nA.\n\n'
        '## Second?\n<!-- faq\nalso = ["how much is it"]\nnot = ["who pays?"]\n-->\nB.\n\n'
        '## Third?\n<!-- faq\nanswers = ["Who pays"]\n-->\nC.\n'
    )

    found = findings(folder, "clash")

    assert len(found) == 3
    for question in ("“second”", "“how much is it”", "“who pays?”"):
        assert sum(question in message for _, _, message in found) == 1


def test_reviews_that_are_due_and_entries_without_owner_are_found(write: Write) -> None:
    folder = write(
        a='## Due?\n<!-- faq\nowner = "a"\nreview = 2026-06-30\n-->\nA.\n\n'
        '## Today?\n<!-- faq\nowner = "a"\nreview = 2026-07-01\n-->\nB.\n\n## Whose?\n\nC.\n'
    )

    assert places(findings(folder, "review-past")) == [("a.md", 1)]
    assert places(findings(folder, "owner-missing")) == [("a.md", 15)]


def test_entries_that_lose_their_own_questions_are_named_with_those(write: Write) -> None:
    folder = write(
        {
            "mine.cases.jsonl": '{"q": "conda packages", "gold": ["Which compute targets are there?"]}\n'
            '{"q": "scikit learn", "gold": ["compute.md#which-compute-targets-are-there"], "split": "test"}\n'
        },
        packages="## How do I install conda packages?\n\nWith scikit-learn and others.\n",
        compute='## Which compute targets are there?\n<!-- faq\nanswers = ["list compute targets"]\n-->\nMany.\n',
    )

    found = findings(folder, "not-found")

    assert places(found) == [("compute.md", 1)]
    assert "1 of 2 questions" in found[0][2]
    assert "“conda packages” finds packages.md:1" in found[0][2]


def test_a_question_without_an_answer_that_gets_one_is_found(write: Write) -> None:
    folder = write(
        a='## How do I install conda packages?\n<!-- faq\nnot = ["how do i install conda packages for r"]\n-->\nSo.\n'
    )

    assert places(findings(folder, "false-answer")) == [("a.md", 1)]


def test_what_the_reader_could_not_use_is_reported(write: Write) -> None:
    folder = write({"a.cases.jsonl": "no json\n"}, a="## Empty?\n\n## Full?\n<!-- faq\nownr = 1\n-->\nText.\n")
    (folder / "b.md").write_bytes(b"## Broken?\n\n\xff\xfe text\n")

    found = findings(folder, "problem")

    assert {("a.md", 1), ("a.md", 5), ("a.cases.jsonl", 1)} <= set(places(found))
    assert any(file == "b.md" for file, _, _ in found)
    assert all(message.endswith(".") for _, _, message in found)


def test_code_is_looked_at_entry_by_entry(write: Write) -> None:
    folder = write(
        a="## One?\n\n```python\nimport os\n```\n\n```python\nprint(os.sep)\n```\n\n"
        "## Two?\n\n- so\n\n  ```python\n  print(os.sep)\n  ```\n"
    )

    assert places(findings(folder, "undefined-name", "unused-name")) == [("a.md", 16)]


def test_a_rule_can_be_left_out(write: Write) -> None:
    assert check(write(a="## One?\n\nText.\n"), today=TODAY, ignored={"owner-missing"}).findings == ()


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError):
        check(tmp_path / "nowhere", today=TODAY)


def test_findings_are_in_order_of_places() -> None:
    assert Finding("a.md", 2, "syntax", "") < Finding("a.md", 10, "dead-link", "") < Finding("b.md", 1, "clash", "")
