"""Runs that wait for somebody's consent, and limits: what the policy wants beyond a role."""

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest

from bot.sandbox.azureml import seed as azure
from tests.behaviours.team import CHEN, DANA, HELP, OLIVIA, RUI, TEAM_CHANNEL, Said, Seen, Team, eventually, team_in

RULES = """
[[limit]]
people = ["*"]
nodes = 4
hours = 24

[[limit]]
people = ["*"]
projects = ["few"]
runs = 1
reason = "The cluster is small."

[[approval]]
people = ["*"]
projects = ["one"]
by_roles = ["Owner"]
channel = "C0MLHELP"
reason = "Project one is paid for by others."

[[approval]]
people = ["*"]
projects = ["two"]
by_people = ["T0SANDBOX/U0OLIVIA", "T0SANDBOX/U0CHEN"]
needed = 2
channel = "C0MLHELP"

[[approval]]
people = ["*"]
projects = ["own"]
by_roles = ["AzureML Data Scientist"]
self = true
channel = "C0MLHELP"

[[approval]]
people = ["*"]
projects = ["brief"]
by_roles = ["Owner"]
open_hours = 0.001
channel = "C0MLHELP"

[[approval]]
people = ["*"]
projects = ["direct"]
by_people = ["T0SANDBOX/U0CHEN"]

[prices]
currency = "EUR"
[prices.node_hour]
cpu-cluster = 0.5
"""
PROJECTS = ("one", "two", "own", "brief", "direct", "few")


def with_rules(team: Team) -> Team:
    """Give a team that isn't started the rules, and a project for each."""
    policy = team.folder / "policy.toml"
    text = policy.read_text(encoding="utf-8").replace("version = 1", "version = 2")
    policy.write_text(text + RULES, encoding="utf-8")
    settings = team.settings.read_text(encoding="utf-8").replace("role_cache = 2", "role_cache = 0")
    demo = settings[settings.index("[projects.demo]") :].partition("\n\n")[0]
    tables = [demo.replace("projects.demo", f"projects.{name}", 1) for name in PROJECTS]
    team.settings.write_text("\n\n".join([settings.rstrip(), *tables]) + "\n", encoding="utf-8")
    return team


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    """A team with these rules and a running bot."""
    with team_in(tmp_path_factory.mktemp("approvals") / "demo") as made:
        with_rules(made).start()
        yield made


class Asked:
    """A submit of Dana's that waits: what she and the approvers see of it."""

    def __init__(self, team: Team, project: str, options: str = "") -> None:
        self.team = team
        said = team.type(DANA, TEAM_CHANNEL, f"/aml submit train.py --project {project} {options} -- --epochs 1")
        self.mark = said.mark
        self.asked = team.until(said.mark, "asks for your approval")
        self.waiting = team.until(said.mark, "waits for approval")
        self.run_id = self.waiting.run_id

    def press(self, user: str, label: str = "Approve") -> Said:
        """Somebody presses a button of the message to the approvers, as it is now."""
        screen = self.team.slack.screen(user, self.asked.channel)
        (self.asked.message,) = [message for message in screen if message["ts"] == self.asked.ts]
        return self.team.press(user, self.asked, label)

    def told(self, user: str) -> str:
        """What somebody alone is told who approves."""
        seen = self.team.private(self.press(user))
        assert seen.visible_to == (user,)
        return seen.text

    def ended(self) -> Seen:
        """The word in the thread that the run has ended."""
        return self.team.until(self.mark, f"run `{self.run_id}` has ended")

    def news(self, what: str) -> Seen:
        """A word to Dana in the thread."""
        seen = self.team.until(self.mark, f"<@{DANA}>: run `{self.run_id}` {what}")
        assert seen.thread_ts == self.waiting.ts
        return seen

    def runs(self) -> list[dict[str, Any]]:
        """The runs in Azure that this has led to."""
        return [run for run in self.team.azure.runs() if run["id"] == self.run_id]

    def results(self) -> list[str]:
        """What the audit says of it, beside the decisions."""
        query = "SELECT result FROM audit WHERE phase = 'approval' AND reason = ? ORDER BY id"
        return [row["result"] for row in self.team.rows(query, f"run={self.run_id}")]

    def form(self, user: str) -> dict[str, Any]:
        """The form that somebody has before them who presses “Reject”."""
        self.press(user, "Reject")
        eventually(lambda: bool(self.team.slack.views(user)))
        found: dict[str, Any] = self.team.slack.views(user)[-1]
        return found


@contextlib.contextmanager
def stale(team: Team) -> Iterator[None]:
    """Messages aren't brought up to date in here, so that their buttons stay."""
    team.slack.fault("chat.update", times=1000, error="cant_update_message")
    try:
        yield
    finally:
        team.slack.clear_faults()


def test_a_run_waits_with_all_that_it_is_and_starts_by_itself_once_it_is_approved(team: Team) -> None:
    one = Asked(team, "one", "--hours 2")
    by_others = one.told(RUI), one.told(DANA)
    assert one.runs() == []

    approving = one.press(OLIVIA)
    thanked = team.private(approving).text
    ended = one.ended()
    for delivery in approving.deliveries:
        team.slack.redeliver(delivery)

    assert one.asked.channel == HELP
    for seen in (one.asked, one.waiting):
        for line in (
            "Project: `one`, its folder as it is now",
            "Script: `train.py`",
            "Environment: `demo-env:1`",
            "Compute: `cpu-cluster`, 1 node",
            "Runs for at most: 2 h 0 min",
            "Costs at most: 1.00 EUR",
            "--epochs 1",
            "One of these must agree: holders of Owner. Project one is paid for by others.",
        ):
            assert line in seen.text
    assert "doesn't let you approve" in by_others[0]
    assert "You can't approve or reject what you asked for yourself" in by_others[1]
    assert f"You approved run `{one.run_id}`" in thanked
    assert ended.thread_ts == one.waiting.ts
    assert team.until(one.mark, f"`{one.run_id}`: Completed").ts == one.waiting.ts
    one.news(f"was approved by <@{OLIVIA}>")
    closed = team.until(one.mark, f"Run `{one.run_id}` of <@{DANA}> was approved and started")
    assert (closed.ts, closed.buttons) == (one.asked.ts, [])
    team.quiet()
    (run,) = one.runs()
    assert run["tags"]["approved_by_slack_id"] == f"T0SANDBOX/{OLIVIA}"
    assert one.results() == ["asked", "approved", "all approved", "started"]


def test_two_must_agree_and_each_step_is_told(team: Team) -> None:
    two = Asked(team, "two")

    first = two.told(CHEN)
    seen = team.until(two.mark, f"Approved so far by <@{CHEN}>")
    news = team.until(two.mark, "It still waits")
    twice = two.told(CHEN)
    assert two.runs() == []
    second = two.told(OLIVIA)
    two.ended()

    assert "1 more has to agree" in first
    assert "1 more has to agree" in twice
    assert seen.ts in {two.asked.ts, two.waiting.ts}
    assert f"<@{DANA}>: <@{CHEN}> approved" in news.text
    assert "It is being started" in second
    assert len(two.runs()) == 1
    assert two.results() == ["asked", "approved", "approved", "all approved", "started"]


def test_two_who_approve_at_once_start_one_run(team: Team) -> None:
    with stale(team):
        two = Asked(team, "two")
        clicks = [two.press(user) for user in (CHEN, OLIVIA, CHEN, OLIVIA)]
        two.ended()
        team.quiet()

    assert len(two.runs()) == 1
    assert two.results() == ["asked", "approved", "approved", "all approved", "started"]
    assert all("approved" in team.private(click).text for click in clicks)


def test_a_rejection_says_why_and_is_final(team: Team) -> None:
    one = Asked(team, "one")
    view = one.form(RUI)
    eventually(lambda: "You may not do that" in str(team.slack.views(RUI)[-1]["blocks"]))
    team.slack.close_view(RUI, view["id"])
    view = one.form(OLIVIA)

    empty = team.slack.submit(OLIVIA, view["id"], {"reason": {"value": " "}})
    with stale(team):
        answer = team.slack.submit(OLIVIA, view["id"], {"reason": {"value": "Not <!channel> before *Friday*"}})
        told = one.news("was rejected")
        after = one.told(OLIVIA)

    assert "reason" in empty["errors"]
    assert answer["ok"]
    assert f"was rejected by <@{OLIVIA}>: Not &lt;!channel&gt; before" in told.text
    assert "Nothing was started." in told.text
    assert "It has been rejected already." in after
    assert one.runs() == []
    assert one.results() == ["asked", "rejected"]


def test_what_nobody_agrees_to_expires_and_can_not_be_approved_then(team: Team) -> None:
    with stale(team):
        brief = Asked(team, "brief")
        told = brief.news("has expired")
        after = brief.told(OLIVIA)

    assert "Nothing was started." in told.text
    assert "Nobody agreed in time" in after
    assert brief.runs() == []
    assert brief.results() == ["asked", "expired"]


def test_who_asks_approves_where_the_policy_lets_them(team: Team) -> None:
    own = Asked(team, "own")

    assert "It is being started" in own.told(DANA)
    own.ended()

    assert len(own.runs()) == 1


def test_without_a_channel_each_approver_is_asked_directly(team: Team) -> None:
    direct = Asked(team, "direct")

    assert direct.asked.channel.startswith("D")
    direct.press(CHEN)
    direct.ended()

    assert len(direct.runs()) == 1


def test_who_asked_and_lost_the_right_gets_nothing_however_many_agree(team: Team) -> None:
    one = Asked(team, "one")
    with without_roles(team, azure.DANA.object_id):
        eventually(lambda: "*No:*" in team.command(DANA, "can submit"), 20)  # roles are kept for two seconds
        told = one.told(OLIVIA)
        news = one.news("can't be started any more")
    eventually(lambda: "*No:*" not in team.command(DANA, "can submit"), 20)

    closed = team.until(one.mark, f"Run `{one.run_id}` of <@{DANA}> can't be started any more")
    assert (closed.ts, closed.buttons) == (one.asked.ts, [])
    assert "Whoever asked for this may not start it any more" in told
    assert "Whoever asked may not start it any more" in news.text
    assert one.runs() == []
    assert one.results() == ["asked", "void"]
    refused = [row for row in team.audit() if row["user"] == DANA and row["result"] == "refused"]
    assert "approval: may not submit" in refused[-1]["reason"]


def test_the_consent_of_an_approver_who_lost_the_right_does_not_count(team: Team) -> None:
    two = Asked(team, "two")
    two.told(CHEN)
    with without_roles(team, azure.ONCALL_GROUP_ID):
        eventually(lambda: "*No:*" in team.command(CHEN, "can submit"), 20)  # roles are kept for two seconds
        by_chen, by_olivia = two.told(CHEN), two.told(OLIVIA)
        assert two.runs() == []
    eventually(lambda: "*No:*" not in team.command(CHEN, "can submit"), 20)
    two.told(CHEN)
    two.ended()

    assert "You may not do that" in by_chen
    assert "1 more has to agree" in by_olivia
    assert len(two.runs()) == 1


def test_files_that_changed_after_they_were_shown_are_not_started(team: Team) -> None:
    one = Asked(team, "one")
    extra = team.project / "sneaked_in.py"
    extra.write_text("print('not what was shown')\n", encoding="utf-8")
    try:
        one.press(OLIVIA)
        news = one.news("can't be started any more")
    finally:
        extra.unlink()

    assert "have changed since this was asked for" in news.text
    assert one.runs() == []


@contextlib.contextmanager
def without_roles(team: Team, principal: str) -> Iterator[None]:
    """In here the principal's assignments are gone."""
    listed = team.azure.ask("GET", "/role-assignments")["value"]
    held = [each for each in listed if each["properties"]["principalId"] == principal]
    for each in held:
        team.azure.ask("DELETE", f"/role-assignments/{each['name']}")
    try:
        yield
    finally:
        for each in held:
            role = each["properties"]["roleDefinitionId"]
            scope = each["properties"]["scope"]
            team.azure.ask("POST", "/role-assignments", {"principal_id": principal, "role": role, "scope": scope})


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ("--nodes 5", "allows you 4 nodes for a run at most, and you asked for 5 nodes"),
        ("--hours 25", "allows you 24 hours for a run at most, and you asked for 25 hours"),
    ],
)
def test_beyond_a_limit_nothing_is_started_and_both_numbers_are_named(team: Team, options: str, told: str) -> None:
    before = len(team.azure.runs())

    answer = team.command(DANA, f"submit train.py --project demo {options}")

    assert told in answer
    assert len(team.azure.runs()) == before
    rows = [row for row in team.audit() if row["user"] == DANA and row["command"] == "submit"][-2:]
    assert [(row["phase"], row["result"]) for row in rows] == [("decision", "allowed"), ("outcome", "refused")]
    assert "limit (line" in rows[1]["reason"]


def test_a_run_gets_the_longest_time_that_the_policy_allows_and_one_at_a_time_is_one(team: Team) -> None:
    (team.project / "slow.py").write_text(
        "import time\nprint('begun', flush=True)\ntime.sleep(300)\n", encoding="utf-8"
    )
    said = team.type(DANA, TEAM_CHANNEL, "/aml submit slow.py --project few")
    run_id = team.posted(said, "aml-").run_id
    team.until(said.mark, f"`{run_id}`: Running")

    answer = team.command(DANA, "submit train.py --project few")
    team.command(DANA, f"cancel {run_id}")
    team.until(said.mark, f"run `{run_id}` has ended")
    (team.project / "slow.py").unlink()

    assert f"allows you 1 run at a time at most, and you asked for one more while there are {run_id}." in answer
    assert "The cluster is small." in answer
    definition = next(run for run in team.azure.runs() if run["id"] == run_id)
    assert definition["status"] == "Canceled"
