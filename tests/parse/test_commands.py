"""The grammar of `/aml` and of mentions."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.domain import commands
from bot.domain.errors import BotError, InvalidRequest, UnknownCommand
from bot.domain.packages import Packages
from bot.domain.roles import Deed
from bot.domain.runs import RunStatus, SubmitRequest
from bot.parse import parse, parse_mention, plain
from bot.parse.commands import workspace_of
from bot.parse.requests import (
    Ask,
    Audit,
    Can,
    Cancel,
    EnvironmentInfo,
    Environments,
    Help,
    Logs,
    Request,
    RoleInfo,
    Roles,
    Runs,
    Status,
    Submit,
    SubmitForm,
    WhoAmI,
    WhoCan,
)
from bot.parse.submit import again

RUN = "aml-3f9a12bc44de"


@pytest.mark.parametrize(
    ("text", "request_"),
    [
        ("", Help()),
        ("help", Help()),
        ("HELP submit", Help(commands.SUBMIT)),
        ("ask how do I pin a package?", Ask("how do I pin a package?")),
        ("ask\nwhat's 'this", Ask("what's 'this")),
        ("submit", SubmitForm()),
        (f"status {RUN}", Status(RUN)),
        (f"logs `{RUN}`", Logs(RUN)),
        (f"`cancel {RUN}`", Cancel(RUN)),
        ("runs", Runs()),
        ("status", Status()),
        ("logs", Logs()),
        ("runs --mine", Runs(mine=True)),
        ("runs --experiment=churn --status failed --mine", Runs("churn", RunStatus.FAILED, mine=True)),
        (
            'submit train.py --conda scipy=1.11 --pip "pandas>=2,<3, dask[array]" --python 3.11',
            Submit(
                SubmitRequest("train.py", packages=Packages("3.11", ("scipy=1.11",), ("dask[array]", "pandas>=2,<3")))
            ),
        ),
        ("envs", Environments("")),
        ("envs sklearn", Environments("sklearn")),
        ("env demo-env", EnvironmentInfo("demo-env")),
        ("env AzureML-sklearn-1.5:12", EnvironmentInfo("AzureML-sklearn-1.5", "12")),
        ("roles", Roles()),
        ("audit", Audit()),
        ("audit today", Audit(today=True)),
        ("audit <@U2>", Audit(user_id="U2")),
        (f"audit {RUN}", Audit(RUN)),
        ("role Reader", RoleInfo("Reader")),
        ("role azureml  data scientist", RoleInfo("azureml data scientist")),
        ("can submit", Can(Deed(commands.SUBMIT))),
        ("can /env create", Can(Deed(commands.ENV_CREATE))),
        ("can env-create", Can(Deed(commands.ENV_CREATE))),
        ("can <@U2> `submit`", Can(Deed(commands.SUBMIT), "U2")),
        ("can Microsoft.Storage/x/y/read", Can(Deed(action="Microsoft.Storage/x/y/read"))),
        ("who-can submit", WhoCan(Deed(commands.SUBMIT))),
        ("who can submit", WhoCan(Deed(commands.SUBMIT))),
        ("roles <@U123>", Roles(user_id="U123")),
        ('roles "AzureML Data Scientist"', RoleInfo("AzureML Data Scientist")),
        ("roles AzureML   Data Scientist", RoleInfo("AzureML Data Scientist")),
        ("roles Reader", RoleInfo("Reader")),
        ("Whoami", WhoAmI()),
        ("submit train.py", Submit(SubmitRequest("train.py"))),
        ("submit ./jobs/fit.py", Submit(SubmitRequest("jobs/fit.py"))),
        (
            "submit train.py --project demo --compute=cpu-cluster --env demo-env:2 --experiment first -- --epochs 3",
            Submit(SubmitRequest("train.py", "demo", "cpu-cluster", "demo-env:2", "first", ("--epochs", "3"))),
        ),
        ("submit --project demo train.py", Submit(SubmitRequest("train.py", "demo"))),
        ("submit train.py --ref feature/x-1.2", Submit(SubmitRequest("train.py", ref="feature/x-1.2"))),
        ("submit train.py --ref=3f9a12b", Submit(SubmitRequest("train.py", ref="3f9a12b"))),
        (
            "submit 'my fit.py' -- --name \"a 'b' c\" --json '{\"x\": 1}' -- -v \"\"",
            Submit(SubmitRequest("my fit.py", arguments=("--name", "a 'b' c", "--json", '{"x": 1}', "--", "-v", ""))),
        ),
        ('submit train.py -- "C:\\data" "say \\"x\\"" $HOME `id` ; rm', None),
    ],
)
def test_a_command_is_understood(text: str, request_: Request | None) -> None:
    found = parse(text)

    if request_ is None:  # nothing is expanded: there is no shell
        assert isinstance(found, Submit)
        assert found.request.arguments == ("C:\\data", 'say "x"', "$HOME", "`id`", ";", "rm")
    else:
        assert found == request_


@pytest.mark.parametrize("command", commands.ALL, ids=lambda command: command.name)
def test_the_example_of_every_command_is_that_command(command: commands.Command) -> None:
    assert parse(command.example).command is command


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("submit train.py --projct demo", "Did you mean --project?"),
        ("submit train.py --epochs 3", "go behind “--”"),
        ("submit train.py -p demo", "no option “-p”"),
        ("submit train.py --project", "--project needs a value"),
        ("submit train.py --project --compute x", "--project needs a value"),
        ("submit train.py --project=", "--project needs a value"),
        ("submit train.py --project a --project b", "given twice"),
        ("submit train.py fit.py", "“fit.py” isn't expected"),
        ("submit --project demo", "Name the script"),
        ("runs --status broken", "isn't a status. There are: NotStarted, Queued"),
        ("runs --experiment", "--experiment needs a value"),
        ("runs --experiment --mine", "--experiment needs a value"),
        ("runs train.py", "isn't expected after “runs”"),
        ("submit train.py --pip git+https://evil.example.org/x", "isn't an address that I pass on"),
        ("submit train.py --pip ./wheel.whl", "isn't a pip package"),
        ("submit train.py --conda python=3.11", "--python 3.11"),
        ("submit train.py --conda 'a b'", "isn't a conda package"),
        ("submit train.py --python two", "isn't a version of Python"),
        ("submit train.py --env demo-env --pip pandas", "not both"),
        ('submit train.py --ref "--upload-pack=x"', "isn't a branch, a tag or a commit"),
        ("submit train.py --ref a..b", "isn't a branch, a tag or a commit"),
        ("submit train.py --ref main:refs/heads/x", "isn't a branch, a tag or a commit"),
        ("submit train.py --ref HEAD~1", "isn't a branch, a tag or a commit"),
        ("submit train.py --ref", "--ref needs a value"),
        ("submit -- --epochs 3", "Name the script"),
        ("submit ../train.py", "leads out of the project"),
        ("submit jobs/../../train.py", "leads out of the project"),
        ("submit /etc/train.py", "isn't inside the project"),
        ("submit ~/train.py", "isn't inside the project"),
        ("submit C:/train.py", "isn't inside the project"),
        ("submit jobs\\train.py", "forward slashes"),
        ("submit train.sh", "has to end in .py"),
        ("submit .py", "has to end in .py"),
        ("submit jobs//train.py", "isn't a path"),
        ("submit 'a\nb.py'", "control characters"),
        (f"submit {'x' * 400}.py", "too long"),
        ("submit train.py --compute 'a b'", "compute target"),
        ("submit train.py --env a:b:c", "NAME:VERSION"),
        ("submit train.py --experiment ../x", "experiment name"),
        ("submit train.py --project a/b", "project name"),
        ('submit train.py -- "open', "opened but not closed"),
        ("cancel", "Say which run"),
        ("status a b", "“b” isn't expected"),
        ("status run!", "isn't a run id"),
        ("logs -x", "no option “-x”"),
        ("cancel ünï", "isn't a run id"),
        (f"cancel {'a' * 257}", "isn't a run id"),
        ("cancel --force x", "no option “--force”"),
        ("runs all", "“all” isn't expected"),
        ("env", "Say which environment"),
        ("env a b", "“b” isn't expected"),
        ("env a:", "NAME:VERSION"),
        ("roles @ana", "choose the person"),
        ("roles <@U1> <@U2>", "one person or one role"),
        ("roles --all", "no option"),
        ("audit @ana", "choose the person"),
        ("audit today yesterday", "isn't expected"),
        ("role", "Say which role"),
        ("role <@U1>", "isn't the name"),
        ("can", "Say what"),
        ("can submti", "Did you mean “submit”"),
        ("can env craete", "Did you mean “env-create”"),
        ("can <@U1> <@U2> submit", "one person"),
        ("can @ana submit", "choose the person"),
        ("can */read", "isn't an Azure action"),
        ("who-can Microsoft.Storage/*/read", "isn't an Azure action"),
        ("who-can submit now please", "isn't expected"),
        ("ask", "Write your question"),
        ("help submit train", "“train” isn't expected"),
        ("whoami please", "“please” isn't expected"),
    ],
)
def test_a_mistake_is_named_in_one_sentence_with_the_usage(text: str, says: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        parse(text)

    assert says in refused.value.user_message
    command = commands.BY_NAME[text.split(maxsplit=1)[0]]
    assert f"Usage: {command.usage}" in refused.value.user_message or "quote" in refused.value.user_message


@pytest.mark.parametrize(
    ("text", "nearest"),
    [
        ("sumit train.py", ("submit",)),
        ("statsu x", ("status",)),
        ("log x", ("logs",)),
        ("environments", ("envs", "env")),
        ("how do I submit a run?", ("ask",)),
        ("frobnicate", ()),
        ("help sumit", ("submit",)),
    ],
)
def test_an_unknown_command_is_answered_with_the_nearest(text: str, nearest: tuple[str, ...]) -> None:
    with pytest.raises(UnknownCommand) as refused:
        parse(text)

    assert refused.value.nearest == nearest


@pytest.mark.parametrize(
    ("said", "request_"),
    [
        ("", Help()),
        ("help", Help()),
        ("help submit", Help(commands.SUBMIT)),
        ("runs", Runs()),
        ("/aml runs", Runs()),
        ("submit train.py --project demo", Submit(SubmitRequest("train.py", "demo"))),
        ("submit", Help(commands.SUBMIT)),
        ("status", Status()),
        ("cancel", Help(commands.CANCEL)),
        ("ask", Help(commands.ASK)),
        ("ask how do I pin a package?", Ask("how do I pin a package?")),
        ("roles Data Scientist", RoleInfo("Data Scientist")),
        ("can submit", Can(Deed(commands.SUBMIT))),
        ("can I submit a run on a GPU?", Ask("can I submit a run on a GPU?")),
        ("can you look at train.py", Ask("can you look at train.py")),
        ("can we use --gpu with submit", Ask("can we use --gpu with submit")),
        ("who can submit", WhoCan(Deed(commands.SUBMIT))),
        ("who can help me?", Ask("who can help me?")),
        ("role of the workspace", Ask("role of the workspace")),
        ("how do I submit a run", Ask("how do I submit a run")),
        ("hello there :wave:", Help()),
        ("help me submit a run", Ask("help me submit a run")),
        ("submit a run from a notebook", Ask("submit a run from a notebook")),
        ("submit train.py fails with a quota error?", Ask("submit train.py fails with a quota error?")),
        ("status of my pipeline?", Ask("status of my pipeline?")),
        ("cancel my subscription please", Ask("cancel my subscription please")),
        ("runs won't start", Ask("runs won't start")),
        ("envs are broken", Ask("envs are broken")),
        ("roles and permissions, explained", Ask("roles and permissions, explained")),
        ("roles who can submit?", Ask("roles who can submit?")),
        ("what's an environment", Ask("what's an environment")),
    ],
)
def test_after_a_mention_only_what_is_clearly_a_command_is_one(said: str, request_: Request) -> None:
    assert parse_mention(said) == request_


@pytest.mark.parametrize(
    "said",
    [
        "submit train.py --projct demo",
        "submit ../train.py",
        "submit train.py fit.py",
        "status --all x",
        "sumit train.py --project demo",
    ],
)
def test_after_a_mention_a_command_with_a_mistake_is_not_taken_for_a_question(said: str) -> None:
    with pytest.raises(InvalidRequest):
        parse_mention(said)


def test_a_script_that_slack_took_for_a_web_address_is_still_a_script() -> None:
    wire = "submit <http://train.py|train.py> \u2014project demo -- \u2014epochs 3"

    found = parse(plain(wire))

    assert found == Submit(SubmitRequest("train.py", "demo", arguments=("--epochs", "3")))


_LINES = st.one_of(
    st.text(max_size=80),
    st.lists(
        st.sampled_from(
            [
                *commands.BY_NAME,
                "--project",
                "--env=x",
                "--",
                "train.py",
                "'",
                '"',
                "a\\",
                "<@U1>",
                "..",
                "`",
                "x:y",
                "\n",
            ]
        ),
        max_size=8,
    ).map(" ".join),
)


@settings(deadline=None)
@given(_LINES)
@example("`")
@example("''")
@example('help ""')
@example("roles ''")
@example("submit '' -- ")
def test_any_text_gives_a_request_or_one_of_our_errors(text: str) -> None:
    for reader in (parse, parse_mention):
        for line in (text, plain(text)):
            try:
                said = reader(line).command.usage
            except BotError as error:
                said = error.user_message
            assert said.strip()


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"script": "../train.py"}, "leads out of the project"),
        ({"script": "/etc/x.py"}, "isn't inside the project"),
        ({"ref": "--upload-pack=touch x"}, "isn't a branch"),
        ({"commit": "--output=x"}, "isn't the full hash"),
        ({"commit": "a" * 12}, "isn't the full hash"),
        ({"environment": "a b"}, "isn't an environment"),
        ({"compute": "../x"}, "isn't the name of a compute target"),
        ({"nodes": 100_000}, "isn't a number of nodes"),
    ],
)
def test_what_is_read_from_a_run_is_checked_as_if_it_had_been_typed(changed: dict[str, Any], says: str) -> None:
    found = SubmitRequest("train.py", "demo", "cpu", "env:1", ref="main", commit="a" * 40, repeats="aml-1")
    found = replace(found, nodes=2, hours=1234 / 3600)

    assert again(found) == found
    with pytest.raises(InvalidRequest, match=says):
        again(replace(found, **changed))


@pytest.mark.parametrize(
    ("text", "workspace", "rest"),
    [
        ("runs", "", "runs"),
        ("runs --workspace lab", "lab", "runs"),
        ("runs --workspace=lab --mine", "lab", "runs --mine"),
        ('submit --workspace "lab" train.py -- --epochs 3', "lab", "submit train.py -- --epochs 3"),
        ("submit train.py -- --workspace lab", "", "submit train.py -- --workspace lab"),
        ("/aml status --workspace lab", "lab", "/aml status"),
        ("env create x --workspace lab --pip pandas", "lab", "env create x --pip pandas"),
        ("runs --workspace", "", "runs --workspace"),
        ("runs --workspace --mine", "", "runs --workspace --mine"),
        ("ask what is --workspace lab for", "", "ask what is --workspace lab for"),
        ("what is --workspace lab for", "", "what is --workspace lab for"),
        ("", "", ""),
    ],
)
def test_a_workspace_is_taken_out_of_commands_and_left_in_what_is_the_script_s_or_a_question(
    text: str, workspace: str, rest: str
) -> None:
    assert workspace_of(text) == (workspace, rest)
