"""What runs report, asked for in Slack: metrics with their picture, logs to the end, and files."""

import urllib.request
from typing import Any

import pytest

from tests.behaviours.team import DANA, RUI, TEAM_CHANNEL, Said, Seen, Team, eventually

SCRIPT = """\
import sys, time
from pathlib import Path
from azureml.core import Run

run = Run.get_context()
for step in range(5):
    run.log("loss", 1 / (step + 1))
    run.log("accuracy <&>", step / 5)
run.log("seed", 7)
run.log("note", "fine")
run.log("broken", float("nan"))
Path("outputs").mkdir(exist_ok=True)
for number in range(14):
    Path(f"outputs/part{number:02}.txt").write_text("x" * number)
Path("outputs/model.bin").write_bytes(bytes(range(256)) * 8)
Path("logs").mkdir(exist_ok=True)
Path("logs/own.log").write_text("first own line\\nlast own line\\n")
for number in range(100):
    print("line", number)
stop = Path(sys.argv[1]) if len(sys.argv) > 1 else None
while stop is not None and not stop.exists():
    time.sleep(0.1)
print("the end")
"""


def uploaded(team: Team, said: Said) -> Seen:
    """The bot's message with a file after `said`."""
    return Seen(team.wait(said.mark, lambda c: c.kind == "posted" and bool((c.message or {}).get("files"))))


def content(team: Team, file: dict[str, Any]) -> bytes:
    """What is in a file, fetched as Slack's clients do."""
    headers = {"Authorization": f"Bearer {team.web().token}"}
    request = urllib.request.Request(file["url_private"], headers=headers)  # noqa: S310 - the sandbox's own address
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=10) as answer:
        return bytes(answer.read())


@pytest.fixture(scope="module")
def finished(team: Team) -> str:
    """A run of Dana's that has ended, with metrics, logs and outputs."""
    (team.project / "report.py").write_text(SCRIPT)
    said = team.type(DANA, TEAM_CHANNEL, "/aml submit report.py --experiment reports")
    run_id = team.posted(said, "aml-").run_id
    assert "Completed" in team.until(said.mark, f"run `{run_id}` has ended").text
    return run_id


def test_metrics_are_a_table_and_a_picture_with_alt_text_in_its_thread(team: Team, finished: str) -> None:
    said = team.type(RUI, TEAM_CHANNEL, f"/aml metrics {finished}")

    shown = team.posted(said, f"Metrics of run `{finished}`")
    picture = uploaded(team, said)

    assert "loss" in shown.text
    assert "greatest" in shown.text
    assert "accuracy &lt;&amp;&gt;" in shown.text
    assert (picture.channel, picture.thread_ts) == (shown.channel, shown.ts)
    (file,) = picture.message["files"]
    assert file["mimetype"] == "image/png"
    assert "loss from 1 to 0.2 in 5 values" in file["alt_txt"]
    assert "seed" not in file["alt_txt"]
    assert "course of" in picture.text
    png = content(team, file)
    assert png.startswith(b"\x89PNG")
    assert len(png) == file["size"] > 5_000


def test_metrics_without_a_course_get_no_picture_and_stay_private(team: Team) -> None:
    said = team.type(DANA, TEAM_CHANNEL, "/aml submit train.py -- --epochs 1")
    run_id = team.posted(said, "aml-").run_id
    team.until(said.mark, f"run `{run_id}` has ended")

    answer = team.command(DANA, "metrics")

    assert f"Metrics of your latest run `{run_id}`: Completed" in answer
    assert "accuracy" in answer


def test_one_of_a_run_s_logs_is_shown_and_the_whole_of_it_uploaded_by_command_and_button(
    team: Team, finished: str
) -> None:
    asked = team.type(DANA, TEAM_CHANNEL, f"/aml logs {finished}")
    tail = team.private(asked)
    assert "the end" in tail.text
    assert "line 10\n" not in tail.text
    assert "last own line" in team.command(RUI, f"logs {finished} --file own.log")

    by_command = uploaded(team, team.type(DANA, TEAM_CHANNEL, f"/aml logs {finished} --all"))
    by_button = uploaded(team, team.press(DANA, tail, "Whole log"))

    for shown in (by_command, by_button):
        (file,) = shown.message["files"]
        assert file["title"] == f"user_logs/std_log.txt of run {finished}"
        lines = content(team, file).decode().splitlines()
        assert [line for line in lines if line.startswith("line ")] == [f"line {number}" for number in range(100)]
    answer = team.command(DANA, f"logs {finished} --file ownn.log")
    assert "Did you mean “logs/own.log”" in answer
    assert "Either --follow or --all" in team.command(DANA, f"logs {finished} --follow --all")


def test_files_come_in_pages_with_sizes_and_each_can_be_fetched(team: Team, finished: str) -> None:
    first = team.private(team.type(DANA, TEAM_CHANNEL, f"/aml files {finished}"))
    second = team.private(team.press(DANA, first, "More files"))

    both = first.text + second.text
    assert "`outputs/part13.txt`, 13 bytes" in both
    assert "`outputs/model.bin`, 2.05 kB" in both
    assert "user_logs/std_log.txt" in both
    assert "`outputs/part00.txt`, 0 bytes" in both
    with pytest.raises(AssertionError, match="no button"):
        first.button("Get outputs/part00.txt")

    got = uploaded(team, team.press(DANA, first, "Get outputs/model.bin"))
    assert content(team, got.message["files"][0]) == bytes(range(256)) * 8
    assert "`outputs/model.bin` of run" in got.text

    typed = uploaded(team, team.type(RUI, TEAM_CHANNEL, f"@aml-bot files {finished} --get part13.txt"))
    assert content(team, typed.message["files"][0]) == b"x" * 13
    assert "is empty" in team.command(RUI, f"files {finished} --get outputs/part00.txt")
    assert "There is no file of run" in team.command(RUI, f"files {finished} --get outputs/part99.bin")
    row = [row for row in team.audit() if row["command"] == "files"][-1]
    assert row["action"] == "Microsoft.MachineLearningServices/workspaces/metadata/artifacts/read"


def test_an_app_without_the_scope_says_what_an_administrator_must_do(team: Team, finished: str) -> None:
    team.slack.fault("files.getUploadURLExternal", error="missing_scope")

    answer = team.command(DANA, f"logs {finished} --all")

    assert "files:write" in answer


@pytest.mark.slow
def test_a_followed_log_is_one_message_that_survives_a_kill_and_ends_with_the_run(own_team: Team) -> None:
    team = own_team
    stop = team.folder / "stop"
    (team.project / "report.py").write_text(SCRIPT)
    team.start()
    run_id = team.posted(team.type(DANA, TEAM_CHANNEL, f"/aml submit report.py -- {stop}"), "aml-").run_id
    eventually(lambda: "line 99" in team.command(DANA, f"logs {run_id}"))

    said = team.type(DANA, TEAM_CHANNEL, f"/aml logs {run_id} --follow")
    followed = team.posted(said, f"Log of run `{run_id}`: Running")
    assert "line 99" in followed.text
    team.kill()
    mark = team.mark()
    stop.touch()
    team.start()
    ended = team.until(mark, f"Log of run `{run_id}`: Completed")

    assert (ended.ts, ended.channel) == (followed.ts, followed.channel)
    assert "the end" in ended.text
    assert "so this is the log's end" in ended.text
    eventually(lambda: not team.rows("SELECT * FROM followed_log"))
    assert len(team.messages_with(f"Log of run `{run_id}`", TEAM_CHANNEL)) == 1
    edits = [call for call in team.slack.calls("chat.update") if call["args"]["ts"] == followed.ts]
    texts = [call["args"]["text"] for call in edits]
    assert len(texts) == len(set(texts))
    assert f"Log of run `{run_id}`: Completed" in team.command(DANA, f"logs {run_id} --follow")


@pytest.mark.slow
def test_a_kill_after_the_upload_and_before_its_note_posts_no_second_file(own_team: Team) -> None:
    team = own_team
    (team.project / "report.py").write_text(SCRIPT)
    team.start()
    submitted = team.type(DANA, TEAM_CHANNEL, "/aml submit report.py")
    run_id = team.posted(submitted, "aml-").run_id
    team.until(submitted.mark, f"run `{run_id}` has ended")

    for number, command in enumerate((f"metrics {run_id}", f"logs {run_id} --all"), start=1):
        team.slack.hold("files.completeUploadExternal", when="after")
        said = team.type(DANA, TEAM_CHANNEL, f"/aml {command}")
        eventually(lambda: bool(team.slack.held()))
        team.kill()
        team.slack.release()
        team.start()
        team.quiet()

        assert "reference" in uploaded(team, said).text
        shown = [message for message in team.slack.screen(DANA, TEAM_CHANNEL) if message.get("files")]
        assert len(shown) == number


def test_a_followed_log_whose_message_is_deleted_is_followed_no_more(team: Team) -> None:
    (team.project / "report.py").write_text(SCRIPT)
    stop = team.folder / "stop"
    submitted = team.type(DANA, TEAM_CHANNEL, f"/aml submit report.py -- {stop}")
    run_id = team.posted(submitted, "aml-").run_id
    followed = team.posted(team.type(DANA, TEAM_CHANNEL, f"/aml logs {run_id} --follow"), "Log of run")
    rows = "SELECT * FROM followed_log WHERE run_id = ?"
    eventually(lambda: bool(team.rows(rows, run_id)))

    team.web().chat_delete(channel=followed.channel, ts=followed.ts)
    stop.touch()

    eventually(lambda: not team.rows(rows, run_id))
    assert team.messages_with(f"Log of run `{run_id}`", TEAM_CHANNEL) == []
    team.until(submitted.mark, f"run `{run_id}` has ended")
