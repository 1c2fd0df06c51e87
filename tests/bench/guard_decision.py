"""What a decision of the guard costs beside Bolt's own dispatch of the request that it is for.

    python -m tests.bench.guard_decision [ROUNDS]

A thousand different pairs of principal and action are decided in each round, for principals with 500 assignments of 50
definitions each, by `Guard.may`: role data from its cache, then Azure's rules and the policy; no audit row, and no
decision is kept. Before each decision Bolt dispatches the slash command that would ask for it, with a listener that
only acknowledges. Ends with 1 when the median or the mean of the decisions isn't below that of the dispatches.
"""

import random
import statistics
import sys
import time
from collections.abc import Sequence

from slack_bolt import Ack, App, BoltRequest
from slack_bolt.authorization import AuthorizeResult
from slack_sdk import WebClient

from bot.domain.access import Access, Caller, DenyAssignment, Permission, Principal, RoleAssignment, RoleDefinition
from bot.domain.commands import Command
from bot.domain.policy import AllowRule, Policy
from bot.services.guard import Guard

ASSIGNMENTS, DEFINITIONS, PRINCIPALS, ACTIONS = 500, 50, 50, 20
SCOPE = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.MachineLearningServices/workspaces/ws"
_ML = "Microsoft.MachineLearningServices/workspaces"
_KINDS = ("experiments/runs", "environments", "computes", "datastores", "models", "jobs", "schedules", "endpoints")


class Directory:
    """`ports.RoleService`, full of made-up roles. Half of the actions that are asked for are allowed by the last of the
    fifty roles only or by none, so that the rest is looked at in vain."""

    scope = SCOPE

    def __init__(self) -> None:
        self._roles = tuple(self._role(number) for number in range(DEFINITIONS))

    def assignments_of(self, object_id: str) -> tuple[RoleAssignment, ...]:
        chance = random.Random(object_id)  # noqa: S311 - made-up data
        scopes = ("/", "/subscriptions/s", "/subscriptions/s/resourceGroups/rg", SCOPE, f"{SCOPE}/computes/c")
        return tuple(
            RoleAssignment(
                f"/a/{object_id}/{number}",
                object_id if number % 3 else f"group-{number % 7}",
                "User" if number % 3 else "Group",
                self._roles[number % DEFINITIONS].id,
                chance.choice(scopes),
                "@Resource[x] Exists" if chance.random() < 0.1 else "",
            )
            for number in range(ASSIGNMENTS)
        )

    def assignments(self) -> tuple[RoleAssignment, ...]:
        return ()

    def definitions(self) -> tuple[RoleDefinition, ...]:
        return self._roles

    def denials(self, object_id: str) -> tuple[DenyAssignment, ...]:
        block = Permission((f"{_ML}/frozen/*", "Microsoft.Blueprint/*/write"), (f"{_ML}/frozen/read",))
        return tuple(DenyAssignment(f"/d/{n}", "freeze", SCOPE, (block,), (), everyone=True) for n in range(5))

    @staticmethod
    def _role(number: int) -> RoleDefinition:
        kind = _KINDS[number % len(_KINDS)]
        given = (
            f"{_ML}/{kind}/read",
            f"{_ML}/{kind}{number}/*",
            f"Microsoft.Storage/*/kind{number}/read",
            "*/status/get",
        )
        taken = (f"{_ML}/{kind}/secret{number}/action", f"{_ML}/*/delete")
        last = ("*/write",) if number == DEFINITIONS - 1 else ()
        role_id = f"/providers/Microsoft.Authorization/roleDefinitions/{number:08x}-0000-4000-8000-000000000000"
        return RoleDefinition(role_id, f"Role {number}", "", (Permission(given + last, taken),))


class Rules:
    """`ports.Policies`: everybody who holds a role may do everything."""

    def current(self) -> Policy:
        return Policy(1, (), (AllowRule(("*",), ("*",)),), digest="open")


class NoAudit:
    """`ports.Audit` that must not be written: looking isn't an attempt."""

    def write(self, entry: object) -> None:
        raise AssertionError(f"{entry} was written")


def bare_app() -> App:
    """Bolt with one listener that acknowledges."""
    me = AuthorizeResult(enterprise_id=None, team_id="T1", bot_user_id="U1", bot_id="B1", bot_token="xoxb-1")
    app = App(
        client=WebClient(base_url="http://127.0.0.1:9/"),
        authorize=lambda: me,
        signing_secret="",
        process_before_response=True,
        request_verification_enabled=False,
        token_verification_enabled=False,
        attaching_conversation_kwargs_enabled=False,
    )

    @app.command("/aml")
    def acknowledge(ack: Ack) -> None:
        ack()

    return app


def payload(number: int) -> dict[str, str]:
    """A slash command as Socket Mode delivers it."""
    return {
        "command": "/aml",
        "text": "submit train.py --project churn --compute cpu-cluster -- --epochs 3",
        "team_id": "T1",
        "team_domain": "team",
        "user_id": f"U{number % PRINCIPALS}",
        "user_name": "somebody",
        "channel_id": "C1",
        "channel_name": "ml-team",
        "api_app_id": "A1",
        "is_enterprise_install": "false",
        "response_url": "http://127.0.0.1:9/commands/1",
        "trigger_id": f"{number}.1.1",
        "token": "t",
    }


def pairs() -> list[tuple[Principal, Command]]:
    """A thousand different ones, in no order."""
    verbs = ("read", "write", "submit/action", "listKeys/action")
    actions = [f"{_ML}/{_KINDS[number % len(_KINDS)]}/{verbs[number % 4]}" for number in range(ACTIONS - 8)]
    actions += [f"{_ML}/other{number}/{verbs[number % 4]}" for number in range(8)]
    commands = [Command(f"command{number}", "", "", action=action) for number, action in enumerate(actions)]
    people = [
        Principal(f"person-{number}", Caller("T1", f"U{number}", "C1", f"c:{number}")) for number in range(PRINCIPALS)
    ]
    found = [(person, command) for person in people for command in commands]
    random.Random(1).shuffle(found)  # noqa: S311 - an order
    return found


def show(name: str, seconds: Sequence[float]) -> tuple[float, float]:
    """Print a row; the median and the mean in microseconds."""
    median, mean = statistics.median(seconds) * 1e6, statistics.fmean(seconds) * 1e6
    print(f"{name:34} {median:9.1f} {mean:9.1f} {statistics.quantiles(seconds, n=20)[-1] * 1e6:9.1f}   us")
    return median, mean


def main() -> int:
    """Measure and print."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    app, directory, asked = bare_app(), Directory(), pairs()
    # The clock stands: a machine that is busy elsewhere must not make the cache run out.
    guard = Guard(directory, Rules(), NoAudit(), clock=lambda: 0.0)
    made, dispatches, decisions = [], [], []
    for person in {person.object_id for person, _ in asked}:
        data = directory.assignments_of(person), directory.definitions(), directory.denials(person)
        begin = time.perf_counter()
        Access(person, SCOPE, *data)
        made.append(time.perf_counter() - begin)
        guard.access(person)
    allowed = 0
    for _ in range(rounds):
        for number, (principal, command) in enumerate(asked):
            request = BoltRequest(body=payload(number), mode="socket_mode")
            begin = time.perf_counter()
            answer = app.dispatch(request)
            between = time.perf_counter()
            verdict = guard.may(principal, command)
            end = time.perf_counter()
            if answer.status != 200:
                raise RuntimeError(f"Bolt answered {answer.status}")
            dispatches.append(between - begin)
            decisions.append(end - between)
            allowed += verdict
    print(f"{len(asked)} pairs x {rounds} rounds, {allowed / len(decisions):.0%} allowed.")
    print(f"{'':34} {'median':>9} {'mean':>9} {'95%':>9}")
    bolt, decision = show("bare Bolt dispatch", dispatches), show("decision of the guard", decisions)
    show("role data made ready, per look-up", made)
    print(f"A decision costs {decision[0] / bolt[0]:.0%} of a dispatch (median), {decision[1] / bolt[1]:.0%} (mean).")
    return int(decision[0] >= bolt[0] or decision[1] >= bolt[1])


if __name__ == "__main__":
    sys.exit(main())
