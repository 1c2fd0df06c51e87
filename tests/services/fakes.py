"""Ports with nothing behind them: what they answer is set by the test, and each can be out of order."""

from collections.abc import Mapping
from dataclasses import replace

from bot.domain.access import Caller, DenyAssignment, Permission, Principal, RoleAssignment, RoleDefinition
from bot.domain.approvals import ApprovalMessage, ApprovalRequest, ApprovalState, Vote
from bot.domain.audit import AuditEntry
from bot.domain.errors import NotFound, Unavailable
from bot.domain.policy import AllowRule, ApprovalRule, Link, Policy
from bot.ports import Person

GROUP = "/subscriptions/s/resourceGroups/rg"
SCOPE = f"{GROUP}/providers/Microsoft.MachineLearningServices/workspaces/ws"
ML = "Microsoft.MachineLearningServices/workspaces"

READER = RoleDefinition("/roles/reader", "Reader", "", (Permission(("*/read",)),))
SCIENTIST = RoleDefinition(
    "/roles/scientist", "AzureML Data Scientist", "", (Permission((f"{ML}/*/action", f"{ML}/*/read", f"{ML}/*/write")),)
)
_APPROVAL = ApprovalRule(people=("*",), compute=("nowhere",), by_people=("*",))
OPEN = Policy(1, (), (AllowRule(("*",), ("*",)),), digest="open", approvals=(_APPROVAL,))
"""Lets every holder of any role use every command, and approve what runs nowhere."""

ADA = Caller("T1", "UADA", "C1", "c:1")


def principal(object_id: str = "oid-ada", key: str = "c:1") -> Principal:
    """Ada, with a request of this key."""
    return Principal(object_id, Caller(ADA.team, ADA.user, ADA.channel, key), "ada")


def assigned(role: RoleDefinition, to: str = "oid-ada", at: str = SCOPE, condition: str = "") -> RoleAssignment:
    """An assignment of `role`."""
    return RoleAssignment(f"/assignments/{role.name}/{to}", to, "User", role.id, at, condition)


class FakeRoles:
    """`ports.RoleService`; `broken` is raised by every look-up, `lookups` counts those of assignments."""

    scope = SCOPE

    def __init__(self, *assignments: RoleAssignment) -> None:
        self.held = list(assignments)
        self.denied: list[DenyAssignment] = []
        self.broken: Exception | None = None
        self.lookups = 0
        self.known: tuple[RoleDefinition, ...] = (READER, SCIENTIST)

    def assignments_of(self, object_id: str) -> tuple[RoleAssignment, ...]:
        self.lookups += 1
        if self.broken is not None:
            raise self.broken
        return tuple(each for each in self.held if each.principal_id == object_id)

    def assignments(self) -> tuple[RoleAssignment, ...]:
        return tuple(self.held)

    def definitions(self) -> tuple[RoleDefinition, ...]:
        return self.known

    def denials(self, object_id: str) -> tuple[DenyAssignment, ...]:
        return tuple(self.denied)


class FakePolicies:
    """`ports.Policies`; None is a policy that can't be read."""

    def __init__(self, policy: Policy | None = OPEN) -> None:
        self.policy = policy

    def current(self) -> Policy:
        if self.policy is None:
            raise Unavailable("The policy can't be read.", detail="policy gone")
        return self.policy


class FakeAudit:
    """`ports.Audit`, in a list; `full_after` rows it takes no more."""

    def __init__(self, full_after: int | None = None) -> None:
        self.rows: list[AuditEntry] = []
        self.full_after = full_after

    def write(self, entry: AuditEntry) -> None:
        if self.full_after is not None and len(self.rows) >= self.full_after:
            raise Unavailable("The audit can't be written.", detail="disk full")
        self.rows.append(entry)

    @property
    def results(self) -> list[tuple[str, str]]:
        """Phase and result of each row."""
        return [(str(row.phase), row.result) for row in self.rows]


class FakePeople:
    """`ports.People`: whoever is listed."""

    def __init__(self, people: Mapping[str, Person]) -> None:
        self.people = dict(people)
        self.broken: Exception | None = None

    def person(self, team: str, user: str) -> Person:
        if self.broken is not None:
            raise self.broken
        if user not in self.people:
            raise NotFound("person", f"{team}/{user}")
        return self.people[user]


class FakeLinks:
    """`ports.Links`: whatever is listed."""

    def __init__(self, *links: Link) -> None:
        self.links = links

    def object_ids(self, team: str, user: str) -> frozenset[str]:
        return frozenset(link.object_id for link in self.links if (link.team, link.user) == (team, user))

    def all(self) -> tuple[Link, ...]:
        return self.links


class FakeDesk:
    """`ports.ApprovalDesk` in a dictionary, without an audit."""

    def __init__(self, *requests: ApprovalRequest) -> None:
        self.requests = {request.run_id: request for request in requests}

    def ask(self, request: ApprovalRequest, entry: AuditEntry) -> ApprovalRequest:
        return self.requests.setdefault(request.run_id, request)

    def find(self, run_id: str) -> ApprovalRequest | None:
        return self.requests.get(run_id)

    def all(self, *states: ApprovalState) -> tuple[ApprovalRequest, ...]:
        return tuple(request for request in self.requests.values() if request.state in states)

    def agree(self, run_id: str, vote: Vote, entry: AuditEntry) -> ApprovalRequest:
        request = self.requests[run_id]
        self.requests[run_id] = replace(request, votes=(*request.votes, vote))
        return self.requests[run_id]

    def move(
        self, run_id: str, state: ApprovalState, entry: AuditEntry, *, by: str = "", reason: str = ""
    ) -> ApprovalRequest | None:
        self.requests[run_id] = replace(self.requests[run_id], state=state, by=by, reason=reason)
        return self.requests[run_id]

    def unshown(self) -> tuple[tuple[ApprovalRequest, str], ...]:
        return ()

    def shown(self, run_id: str, what: str) -> None:
        """Nothing is shown."""

    def posted(self, run_id: str, message: ApprovalMessage) -> None:
        """Nothing is shown."""

    def messages(self, run_id: str) -> tuple[ApprovalMessage, ...]:
        return ()
