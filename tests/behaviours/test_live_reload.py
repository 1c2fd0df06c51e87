"""What people change in the FAQ is answered without a restart; what they break is told and changes nothing."""

import hashlib
import hmac
import http.client
import json
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.behaviours.repository import Repository
from tests.behaviours.team import DANA, GENERAL, HELP, OLIVIA, RUI, Team, eventually, settings_of, team_in

QUESTION = "how do i warm up the flux capacitor?"
SECRET = "a-webhook-secret"


def entry(answer: str) -> str:
    """A FAQ of two entries; `answer` is the first one's."""
    return (
        f"# How do I warm up the flux capacitor?\n\n{answer}\n\n"
        "# Where is the coffee machine?\n\nIn the kitchen, behind the door.\n"
    )


def answers(team: Team, expected: str) -> bool:
    """Whether the question is answered with `expected` now."""
    return expected in team.command(DANA, f"ask {QUESTION}", HELP)


def configure(team: Team, faq: dict[str, object], http: dict[str, object] | None = None) -> None:
    """Add tables to the bot's settings."""
    with team.settings.open("a", encoding="utf-8") as file:
        for table, values in (("faq", faq), ("http", http or {})):
            file.write(f"\n[{table}]\n" + "".join(f"{name} = {json.dumps(value)}\n" for name, value in values.items()))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The watched FAQ folder."""
    made = tmp_path_factory.mktemp("watched")
    (made / "faq.md").write_text(entry("Pull the lever."), encoding="utf-8")
    return made


@pytest.fixture(scope="module")
def watching(tmp_path_factory: pytest.TempPathFactory, folder: Path) -> Iterator[Team]:
    """A team whose bot watches `folder`."""
    settings = {"folder": str(folder), "reload_interval": 0.1, "report_channel": GENERAL}
    with team_in(tmp_path_factory.mktemp("reload") / "demo") as team:
        configure(team, settings)
        team.start()
        yield team


def test_an_edited_file_is_answered_from_without_a_restart(watching: Team, folder: Path) -> None:
    (folder / "faq.md").write_text(entry("Turn the wheel."), encoding="utf-8")

    eventually(lambda: answers(watching, "Turn the wheel."))


def test_a_broken_change_keeps_the_old_answers_and_is_told_once(watching: Team, folder: Path) -> None:
    (folder / "faq.md").write_text(entry("Press the button."), encoding="utf-8")
    eventually(lambda: answers(watching, "Press the button."))
    mark = watching.mark()

    text = (folder / "faq.md").read_bytes()
    (folder / "faq.md").unlink()
    told = watching.until(mark, "A change to the FAQ can't be used")

    assert told.channel == GENERAL
    assert "no Markdown file" in told.text
    assert "I answer from the version before (2 entries)" in told.text
    assert answers(watching, "Press the button.")
    assert "faq_change_refused" in watching.log()
    (folder / "faq.md").write_bytes(text.replace(b"Press", b"Push"))
    eventually(lambda: answers(watching, "Push the button."))
    reports = [c for c in watching.slack.changes(mark)[1] if c.channel == GENERAL and c.kind == "posted"]
    assert len(reports) == 1


def test_who_looks_after_the_bot_sees_the_state_of_the_faq(watching: Team, folder: Path) -> None:
    (folder / "faq.md").write_text(entry("See [the plan](#gone)."), encoding="utf-8")
    eventually(lambda: answers(watching, "the plan"))

    state = watching.command(OLIVIA, "admin")

    assert "2 entries" in state
    assert "faq.md:3: “#gone” leads to no heading" in state
    assert "matched by their words" in state
    assert "as shipped; it has 0 cases" in state

    (folder / "faq.md").write_bytes(b"# How?\n\nBy \xff.\n")
    eventually(lambda: "can't be used" in watching.command(OLIVIA, "admin"))
    refused = watching.command(OLIVIA, "admin")
    assert "faq.md" in refused.partition("can't be used")[2]
    assert "2 entries" in refused
    assert answers(watching, "the plan")

    (folder / "faq.md").write_text(entry("Pull the lever."), encoding="utf-8")
    eventually(lambda: "Nothing is wrong with it." in watching.command(OLIVIA, "admin"))


def test_the_state_of_the_faq_is_not_everybodys(watching: Team) -> None:
    for person in (DANA, RUI):
        assert "The FAQ that I answer from" not in watching.command(person, "admin")


def test_an_entry_that_was_offered_and_is_gone_is_said_to_be_gone(watching: Team, folder: Path) -> None:
    (folder / "faq.md").write_text(
        "# Capacitor\n\n## How do I cool it down?\n\nPull the lever.\n\n"
        "# Engine\n\n## How do I cool it down?\n\nPush the lever.\n",
        encoding="utf-8",
    )
    eventually(lambda: "Engine" in watching.command(DANA, "ask how do i cool it down?", HELP))
    offered = watching.reply(watching.type(DANA, HELP, "@aml-bot how do i cool it down?"))
    (folder / "faq.md").write_text("# Where is the coffee machine?\n\nIn the kitchen.\n", encoding="utf-8")
    eventually(lambda: "kitchen" in watching.command(DANA, "ask where is the coffee machine?", HELP))

    clicked = watching.click(DANA, offered, "show_choice")

    assert "The FAQ has changed since; ask again." in watching.private(clicked).text


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """The repository that the FAQ is in."""
    made = Repository(tmp_path_factory.mktemp("git") / "team-faq")
    made.commit({"docs/faq/faq.md": entry("Pull the lever.")})
    return made


@pytest.fixture(scope="module")
def following(tmp_path_factory: pytest.TempPathFactory, repository: Repository) -> Iterator[Team]:
    """A team whose bot follows `repository`, by webhook alone."""
    settings = {
        "git": str(repository.folder),
        "git_ref": "main",
        "git_folder": "docs/faq",
        "reload_interval": 0,
        "webhook_secret": SECRET,
        "report_channel": GENERAL,
        "source_url": "https://git.example.com/team/faq/blob/{commit}/docs/faq",
    }
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder = tmp_path_factory.mktemp("webhook") / "demo"
    with team_in(folder, http=True, slack_arguments=("--request-url", f"http://127.0.0.1:{port}/slack/events")) as team:
        configure(team, settings, {"port": port})
        team.start("--http")
        yield team


def push(team: Team, secret: str = SECRET, *, signature: str | None = None, method: str = "POST") -> int:
    """The Git host's webhook calls; the status of the answer."""
    body = b'{"ref": "refs/heads/main"}'
    made = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    headers = {"X-Hub-Signature-256": made if signature is None else signature, "Content-Type": "application/json"}
    with closing(http.client.HTTPConnection("127.0.0.1", settings_of(team)["http"]["port"], timeout=10)) as connection:
        connection.request(method, "/faq/reload", body, headers)
        return connection.getresponse().status


def test_a_webhook_brings_the_pushed_commit_and_sources_name_it(following: Team, repository: Repository) -> None:
    commit = repository.commit({"docs/faq/faq.md": entry("Kick the box.")})

    status = push(following)

    assert status == 202
    eventually(lambda: answers(following, "Kick the box."))
    source = f"https://git.example.com/team/faq/blob/{commit}/docs/faq/faq.md#how-do-i-warm-up-the-flux-capacitor"
    assert source in following.command(DANA, f"ask {QUESTION}", HELP)


def test_a_broken_push_keeps_the_old_answers_and_names_the_commit(following: Team, repository: Repository) -> None:
    repository.commit({"docs/faq/faq.md": entry("Ring the bell.")})
    push(following)
    eventually(lambda: answers(following, "Ring the bell."))
    mark = following.mark()

    (repository.folder / "docs" / "faq" / "faq.md").unlink()
    broken = repository.commit({"docs/faq/README.md": "# Nothing here\n"})
    push(following)
    told = following.until(mark, "A change to the FAQ can't be used")

    assert broken[:12] in told.text
    assert answers(following, "Ring the bell.")


@pytest.mark.parametrize(
    "signature",
    ["", "sha256=", "sha256=" + "0" * 64, "sha1=abc", "sha256=\u00e9"],
    ids=["none", "empty", "wrong", "another kind", "not ascii"],
)
def test_a_webhook_that_is_not_signed_is_refused(following: Team, signature: str) -> None:
    assert push(following, signature=signature) == 401


def test_a_webhook_signed_with_another_secret_is_refused(following: Team) -> None:
    assert push(following, "another-secret") == 401


def test_a_webhook_is_a_post(following: Team) -> None:
    assert push(following, method="GET") == 405
