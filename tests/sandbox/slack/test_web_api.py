"""The Web API as slack_sdk's client meets it: answers, refusals, paging, faults."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from tests.sandbox.slack.harness import Sandbox, eventually


def refusal(call: Callable[[], Any]) -> str:
    """The error code of a refused call."""
    with pytest.raises(SlackApiError) as refused:
        call()
    return str(refused.value.response["error"])


def test_the_token_decides_what_may_be_called(slack: Sandbox) -> None:
    base = slack.ready["api"]

    assert slack.web().auth_test()["user_id"] == "U0AMLBOT"
    assert refusal(lambda: WebClient(token="xoxb-wrong", base_url=base).auth_test()) == "invalid_auth"
    assert refusal(lambda: WebClient(base_url=base).auth_test()) == "not_authed"
    app = WebClient(token=slack.ready["app_token"], base_url=base)
    assert refusal(app.auth_test) == "not_allowed_token_type"
    bot_token = slack.ready["bot_token"]
    assert refusal(lambda: slack.web().apps_connections_open(app_token=bot_token)) == "not_allowed_token_type"


def test_unknown_methods_and_missing_arguments_are_refused_as_slack_does(web: WebClient) -> None:
    assert refusal(lambda: web.api_call("chat.shout")) == "unknown_method"

    with pytest.raises(SlackApiError) as refused:
        web.api_call("chat.postMessage", params={"text": "hello"})

    answer = refused.value.response
    assert answer["error"] == "invalid_arguments"
    assert answer["response_metadata"]["messages"] == ["[ERROR] missing required field: channel"]


def test_a_form_and_a_json_body_say_the_same(web: WebClient) -> None:
    blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": "hello"}}]

    as_json = web.api_call("chat.postMessage", json={"channel": "C0MLHELP", "text": "a", "blocks": blocks})
    as_form = web.api_call(
        "chat.postMessage", params={"channel": "C0MLHELP", "text": "a", "blocks": str(blocks).replace("'", '"')}
    )

    assert [each["text"] for each in as_json["message"]["blocks"]] == [
        each["text"] for each in as_form["message"]["blocks"]
    ]


def test_messages_go_only_where_the_bot_is(slack: Sandbox, web: WebClient) -> None:
    slack.client.add_channel("quiet", ["dana"], bot=False, id="C0QUIET")
    slack.client.add_channel("secret", ["dana"], bot=False, is_private=True, id="C0SECRET")
    nothing = {"channel": "C0MLHELP"}

    assert refusal(lambda: web.chat_postMessage(channel="C0QUIET", text="x")) == "not_in_channel"
    assert refusal(lambda: web.chat_postMessage(channel="C0SECRET", text="x")) == "channel_not_found"
    assert refusal(lambda: web.conversations_history(channel="C0QUIET")) == "not_in_channel"
    assert refusal(lambda: web.chat_postMessage(channel="C0NOWHERE", text="x")) == "channel_not_found"
    assert refusal(lambda: web.api_call("chat.postMessage", params=nothing)) == "no_text"
    error = refusal(lambda: web.chat_postEphemeral(channel="C0GENERAL", user="U0GUS", text="x"))
    assert error == "user_not_in_channel"


def test_the_bot_edits_and_deletes_its_own_messages_only(slack: Sandbox, web: WebClient) -> None:
    theirs = slack.client.type("dana", "#ml-help", "mine").ts
    ours = web.chat_postMessage(channel="C0MLHELP", text="one", blocks=[{"type": "divider"}])["ts"]

    web.chat_update(channel="C0MLHELP", ts=ours, text="two")
    kept = slack.client.screen("rui", "#ml-help")[-1]
    web.chat_update(channel="C0MLHELP", ts=ours, text="three", blocks=[])
    bare = slack.client.screen("rui", "#ml-help")[-1]

    assert (kept["text"], [each["type"] for each in kept["blocks"]]) == ("two", ["divider"])
    assert (bare["text"], bare.get("blocks")) == ("three", None)
    assert refusal(lambda: web.chat_update(channel="C0MLHELP", ts=theirs, text="x")) == "cant_update_message"
    assert refusal(lambda: web.chat_delete(channel="C0MLHELP", ts=theirs)) == "cant_delete_message"
    assert refusal(lambda: web.chat_update(channel="C0MLHELP", ts="1.2", text="x")) == "message_not_found"
    assert refusal(lambda: web.chat_update(channel="C0MLHELP", ts=ours, text="x" * 4001)) == "msg_too_long"
    web.chat_delete(channel="C0MLHELP", ts=ours)
    assert [each["ts"] for each in slack.client.screen("rui", "#ml-help")] == [theirs]


def test_metadata_is_given_back_only_when_asked_for(web: WebClient) -> None:
    metadata = {"event_type": "answer", "event_payload": {"key": "k1"}}
    ts = web.chat_postMessage(channel="C0MLHELP", text="root", metadata=metadata)["ts"]
    web.chat_postMessage(channel="C0MLHELP", text="reply", thread_ts=ts, metadata=metadata)

    plain = web.conversations_replies(channel="C0MLHELP", ts=ts)["messages"]
    whole = web.conversations_replies(channel="C0MLHELP", ts=ts, include_all_metadata=True)["messages"]
    history = web.conversations_history(channel="C0MLHELP", include_all_metadata=True)["messages"]

    assert [each.get("metadata") for each in plain] == [None, None]
    assert [each["metadata"] for each in whole] == [metadata, metadata]
    assert [each["text"] for each in history] == ["root"]
    bad = {"event_type": "answer"}
    assert (
        refusal(lambda: web.chat_postMessage(channel="C0MLHELP", text="x", metadata=bad)) == "invalid_metadata_format"
    )


def test_long_text_is_cut_and_bare_signs_are_escaped(web: WebClient) -> None:
    long = web.chat_postMessage(channel="C0MLHELP", text="x" * 50_000)
    signs = web.chat_postMessage(channel="C0MLHELP", text="a < b & <@U0DANA> &amp; <https://x.y|z>")

    assert len(long["message"]["text"]) == 40_000
    assert signs["message"]["text"] == "a &lt; b &amp; <@U0DANA> &amp; <https://x.y|z>"


def test_long_lists_come_in_pages(slack: Sandbox, web: WebClient) -> None:
    for number in range(5):
        web.chat_postMessage(channel="C0MLTEAM", text=str(number))

    pages = [page["messages"] for page in web.conversations_history(channel="C0MLTEAM", limit=2)]
    people = [person["name"] for page in web.users_list(limit=4) for person in page["members"]]

    assert [[each["text"] for each in page] for page in pages] == [["4", "3"], ["2", "1"], ["0"]]
    assert sorted(people) == ["aml-bot", "chen", "dana", "gus", "olivia", "rui"]
    assert refusal(lambda: web.users_list(cursor="nonsense")) == "invalid_cursor"


def test_people_channels_and_groups_can_be_looked_up(web: WebClient) -> None:
    assert web.users_info(user="U0GUS")["user"]["is_restricted"] is True
    assert web.users_lookupByEmail(email="Dana@example.com")["user"]["id"] == "U0DANA"
    assert refusal(lambda: web.users_lookupByEmail(email="who@example.com")) == "users_not_found"
    assert refusal(lambda: web.users_info(user="U0WHO")) == "user_not_found"
    assert web.conversations_info(channel="C0MLHELP")["channel"]["name"] == "ml-help"
    assert "U0GUS" in web.conversations_members(channel="C0MLHELP")["members"]
    assert {each["name"] for each in web.conversations_list()["channels"]} == {"general", "ml-help", "ml-team"}
    assert web.usergroups_users_list(usergroup="S0ONCALL")["users"] == ["U0CHEN"]
    assert refusal(lambda: web.usergroups_users_list(usergroup="S0WHO")) == "no_such_subteam"
    opened = web.conversations_open(users="U0DANA")["channel"]["id"]
    assert opened == web.chat_postMessage(channel="U0DANA", text="psst")["channel"]


def test_a_file_is_uploaded_and_shown(slack: Sandbox, web: WebClient) -> None:
    web.files_upload_v2(channel="C0MLTEAM", filename="loss.txt", content="0.25", initial_comment="the loss")

    shown = eventually(lambda: [each for each in slack.client.screen("rui", "#ml-team") if each.get("files")])

    assert shown[0]["text"] == "the loss"
    assert shown[0]["files"][0]["name"] == "loss.txt"
    assert shown[0]["files"][0]["size"] == 4


def test_a_picture_keeps_its_description_and_goes_into_a_thread(slack: Sandbox, web: WebClient) -> None:
    root = web.chat_postMessage(channel="C0MLTEAM", text="a table")["ts"]

    uploaded = web.files_upload_v2(
        channel="C0MLTEAM",
        thread_ts=root,
        filename="loss.png",
        title="The loss",
        content=b"\x89PNG",
        alt_txt="falls from 1 to 0",
        initial_comment="loss < 1 & falling",
    )

    (file,) = uploaded["files"]
    assert (file["mimetype"], file["filetype"], file["title"]) == ("image/png", "png", "The loss")
    assert file["alt_txt"] == "falls from 1 to 0"
    (shown,) = (each for each in slack.client.screen("rui", "#ml-team") if each.get("files"))
    assert (shown["thread_ts"], shown["text"]) == (root, "loss &lt; 1 &amp; falling")
    assert shown["files"][0]["alt_txt"] == "falls from 1 to 0"


def test_what_slack_takes_no_upload_for_is_refused_by_name(web: WebClient) -> None:
    def ask(length: int, alt_txt: str = "") -> str:
        return refusal(lambda: web.files_getUploadURLExternal(filename="a.png", length=length, alt_txt=alt_txt))

    assert ask(0) == "missing_argument"
    assert ask(1, "x" * 1001) == "alt_txt_too_large"
    file = web.files_getUploadURLExternal(filename="a.png", length=1)["file_id"]
    assert refusal(lambda: web.files_completeUploadExternal(files=[{"id": file}], channel_id="C0MLTEAM")) == (
        "file_not_found"
    )


def test_a_call_can_be_told_to_fail_slow_down_or_lose_its_answer(slack: Sandbox, web: WebClient) -> None:
    slack.client.fault("chat.postMessage", retry_after=7)
    slack.client.fault("chat.postMessage", error="fatal_error")
    slack.client.fault("chat.postMessage", http_status=503)
    slack.client.fault("chat.postMessage", drop_response=True)

    def post() -> Any:
        return web.chat_postMessage(channel="C0MLHELP", text="hello")

    with pytest.raises(SlackApiError) as limited:
        post()
    assert limited.value.response.status_code == 429
    assert limited.value.response.headers["Retry-After"] == "7"
    assert refusal(post) == "fatal_error"
    with pytest.raises(SlackApiError) as unavailable:
        post()
    assert unavailable.value.response.status_code == 503
    assert slack.client.screen("dana", "#ml-help") == []
    with pytest.raises(OSError):
        post()
    assert len(slack.client.screen("dana", "#ml-help")) == 1
    assert post()["ok"]
    assert [call["ok"] for call in slack.client.calls("chat.postMessage")] == [False, False, False, True, True]


def test_a_held_call_waits_until_it_is_released(start: Callable[..., Sandbox]) -> None:
    slack = start("--hold", "chat.postMessage")
    answers: list[Any] = []
    calling = threading.Thread(
        target=lambda: answers.append(slack.web().chat_postMessage(channel="C0MLHELP", text="hello"))
    )
    calling.start()

    held = eventually(slack.client.held)
    assert (held[0]["method"], held[0]["args"]["text"]) == ("chat.postMessage", "hello")
    assert slack.client.screen("dana", "#ml-help") == []
    assert slack.client.release("chat.postMessage") == 1

    calling.join(timeout=5)
    assert answers[0]["ok"]


def test_slacks_tiers_can_be_switched_on(slack: Sandbox, web: WebClient) -> None:
    slack.client.rate_limits(on=True)

    answers = []
    for _ in range(21):
        try:
            answers.append(web.users_list()["ok"])
        except SlackApiError as limited:
            answers.append(limited.response["error"])

    assert answers == [True] * 20 + ["ratelimited"]


def test_the_record_of_calls_holds_no_token(slack: Sandbox) -> None:
    slack.web().chat_postMessage(channel="C0MLHELP", text="hello")
    slack.web().api_call("auth.test", params={"token": slack.ready["bot_token"]})

    record = str(slack.client.calls())

    assert "chat.postMessage" in record
    assert slack.ready["bot_token"] not in record


def test_secrets_are_kept_with_the_state(start: Callable[..., Sandbox]) -> None:
    first = start()
    first.process.terminate()
    assert first.process.wait(timeout=10) == 0

    second = start(state=first.state)

    assert second.ready["bot_token"] == first.ready["bot_token"]
    assert second.ready["signing_secret"] == first.ready["signing_secret"]


def test_a_taken_port_is_said_and_nothing_starts(slack: Sandbox, tmp_path: Path) -> None:
    port = slack.ready["url"].rpartition(":")[2]
    command = [sys.executable, "-m", "bot.sandbox.slack", "--state", str(tmp_path / "other"), "--port", port]

    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)

    assert done.returncode == 2
    assert done.stdout == ""
    assert "cannot start" in done.stderr


def test_the_sandbox_ends_with_the_process_that_holds_its_input(start: Callable[..., Sandbox]) -> None:
    slack = start()
    assert slack.process.stdin is not None
    began = time.monotonic()

    slack.process.stdin.close()

    assert slack.process.wait(timeout=10) == 0
    assert time.monotonic() - began < 8
    slack.process.stdin = None


@pytest.fixture
def changes(slack: Sandbox) -> Iterator[list[Any]]:
    """What a follower of the changes got, read in the background."""
    found: list[Any] = []
    stop = threading.Event()

    def follow() -> None:
        seq = 0
        while not stop.is_set():
            seq, news = slack.client.changes(seq, 0.2)
            found.extend(news)

    following = threading.Thread(target=follow)
    following.start()
    yield found
    stop.set()
    following.join(timeout=5)


def test_a_follower_sees_each_change_once_and_who_sees_it(slack: Sandbox, web: WebClient, changes: list[Any]) -> None:
    ts = web.chat_postMessage(channel="C0GENERAL", text="one")["ts"]
    web.chat_update(channel="C0GENERAL", ts=ts, text="two")
    web.chat_postEphemeral(channel="C0GENERAL", user="U0RUI", text="only rui")

    eventually(lambda: len(changes) == 3)

    assert [(each.kind, (each.message or {})["text"]) for each in changes] == [
        ("posted", "one"),
        ("updated", "two"),
        ("ephemeral", "only rui"),
    ]
    assert changes[0].visible_to == ("U0CHEN", "U0DANA", "U0OLIVIA", "U0RUI")
    assert changes[2].visible_to == ("U0RUI",)
    assert [each.seq for each in changes] == sorted({each.seq for each in changes})
