"""Role data that was made up: case by case from a number, so that each can be made again.

The documents have the shape of Azure Resource Manager's; what is in them is anything that its rules speak of.
"""

import random
from dataclasses import dataclass
from typing import Any

from tests.domain.naive_rbac import EVERYBODY, Document

ME = "00000000-0000-4000-8000-0000000000a1"
SOMEBODY = "00000000-0000-4000-8000-0000000000a2"
MY_GROUPS = ("00000000-0000-4000-8000-0000000000b1", "00000000-0000-4000-8000-0000000000b2")
GROUP_ID = "/subscriptions/5c1c4ef7-1f4c-4c43-9f3a-6b0a4a4f9a11/resourceGroups/rg-team"
WORKSPACE = f"{GROUP_ID}/providers/Microsoft.MachineLearningServices/workspaces/ml-team"
SCOPES = (
    "/",
    "/providers/Microsoft.Management/managementGroups/all",
    "/subscriptions/5c1c4ef7-1f4c-4c43-9f3a-6b0a4a4f9a11",
    GROUP_ID,
    GROUP_ID.lower(),
    WORKSPACE,
    WORKSPACE.upper(),
    f"{WORKSPACE}/",
)
ELSEWHERE = (
    f"{GROUP_ID}-2",
    f"{WORKSPACE}/onlineEndpoints/e",
    WORKSPACE[:-1],
    "/subscriptions/00000000-0000-4000-8000-00000000ffff",
    f"{GROUP_ID}/providers/Microsoft.Storage/storageAccounts/data",
)
_ML = "Microsoft.MachineLearningServices/workspaces"
_BLOBS = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs"
CONTROL = (
    f"{_ML}/read", f"{_ML}/write", f"{_ML}/delete", f"{_ML}/listKeys/action", f"{_ML}/computes/read",
    f"{_ML}/computes/write", f"{_ML}/computes/start/action", f"{_ML}/environments/read", f"{_ML}/environments/write",
    f"{_ML}/experiments/runs/read", f"{_ML}/experiments/runs/write", f"{_ML}/experiments/runs/submit/action",
    "Microsoft.Authorization/roleAssignments/read", "Microsoft.Authorization/roleAssignments/write",
    "Microsoft.Storage/storageAccounts/listKeys/action", "Microsoft.Storage/storageAccounts/read",
)  # fmt: skip
DATA = (f"{_BLOBS}/read", f"{_BLOBS}/write", f"{_BLOBS}/delete", f"{_BLOBS}/move/action")


@dataclass(frozen=True, slots=True)
class Case:
    """A question about one principal, and the documents that answer it."""

    assignments: list[Document]
    definitions: list[Document]
    denials: list[Document]
    denials_of_principal: list[Document]
    action: str
    data: bool
    scope: str = WORKSPACE
    principal: str = ME

    @property
    def universe(self) -> frozenset[str]:
        """Every action there is, for the question's kind."""
        return frozenset(DATA if self.data else CONTROL) | {self.action}


def case(number: int) -> Case:
    """Case `number`, always the same."""
    return _Maker(number).case()


class _Maker:
    def __init__(self, number: int) -> None:
        self._chance = random.Random(number)  # noqa: S311 - made-up data
        # Ids are of one case only, so that many cases can be in one answer.
        self._mark = f"0000-4000-8000-{number:012x}"

    def case(self) -> Case:
        data = self._often(0.15)
        asked = self._chance.choice(DATA if data else CONTROL)
        definitions = [self._definition(number, asked) for number in range(self._chance.randint(1, 4))]
        assignments = [self._assignment(len(definitions)) for _ in range(self._chance.randint(1, 5))]
        denials = [self._denial(number, asked) for number in range(2) if self._often(0.35)]
        mine = [each for each in denials if self._often(0.3)]
        return Case(assignments, definitions, denials, mine, self._spelt(asked), data)

    def _often(self, share: float) -> bool:
        return self._chance.random() < share

    def _spelt(self, text: str) -> str:
        return self._chance.choice((text, text, text, text.upper(), text.lower()))

    def _pattern(self, asked: str) -> str:
        chance = self._chance
        action = asked if self._often(0.6) else chance.choice((*CONTROL, *DATA))
        parts = action.split("/")
        at = chance.randrange(len(parts))
        other = chance.randrange(len(parts))
        made = (
            action,
            "*",
            "*/read",
            f"*/{parts[-1]}",
            "/".join(parts[: at + 1]) + "/*",
            "/".join([*parts[:at], "*", *parts[at + 1 :]]),
            # A wildcard where there is nothing to stand for: read in two ways.
            "/".join([*parts[:at], "*", *parts[at:]]),
            "/".join("*" if place in {at, other} else part for place, part in enumerate(parts)),
            "/".join([*parts[:at], "*", "*", *parts[at:]]),
            action[: len(action) // 2] + "*",
            "*" + action[len(action) // 2 :],
            action[: len(action) // 3] + "*" + action[-len(action) // 3 :],
            f"**{action[3:9]}**",
            action[:-1],
            f"{action}x",
            "",
            "Contoso.Unknown/*",
        )
        weights = (6, 5, 4, 3, 5, 4, 3, 3, 1, 2, 2, 2, 1, 1, 1, 1, 1)
        return self._spelt(chance.choices(made, weights)[0])

    def _block(self, asked: str) -> Document:
        def some(most: int) -> list[str]:
            return [self._pattern(asked) for _ in range(self._chance.randint(0, most))]

        block: Document = {"actions": some(3), "notActions": some(1), "dataActions": some(2), "notDataActions": some(1)}
        if self._often(0.08):
            block["condition"] = "@Resource[name] StringEquals 'x'"
        return block

    def _definition(self, number: int, asked: str) -> Document:
        return {
            "id": f"/providers/Microsoft.Authorization/roleDefinitions/{number:08x}-{self._mark}",
            "type": "Microsoft.Authorization/roleDefinitions",
            "properties": {
                "roleName": f"Role {number}",
                "type": self._chance.choice(("BuiltInRole", "CustomRole")),
                "description": "made up",
                "assignableScopes": ["/"],
                "permissions": [self._block(asked) for _ in range(self._chance.choice((1, 1, 1, 2)))],
            },
        }

    def _assignment(self, definitions: int) -> Document:
        chance = self._chance
        number = chance.randrange(definitions) if self._often(0.93) else 99
        where, at = ("/subscriptions/s", "") if self._often(0.5) else ("", "/")
        role = f"{where}/providers/Microsoft.Authorization/roleDefinitions/{number:08x}-{self._mark}{at}"
        who, kind = chance.choices(((ME, "User"), (chance.choice(MY_GROUPS), "Group"), (SOMEBODY, "User")), (6, 3, 1))[
            0
        ]
        properties: Document = {
            "principalId": self._spelt(who),
            "principalType": kind,
            "roleDefinitionId": self._spelt(role),
            "scope": chance.choice(SCOPES) if self._often(0.85) else chance.choice(ELSEWHERE),
        }
        if self._often(0.12):
            properties["condition"] = "@Request[id] StringEquals 'x'"
        return {"id": f"/a/{chance.getrandbits(64):x}", "properties": properties}

    def _denial(self, number: int, asked: str) -> Document:
        chance = self._chance

        def people(*ids: str) -> list[dict[str, Any]]:
            return [{"id": self._spelt(each)} for each in chance.sample(ids, chance.randint(1, min(2, len(ids))))]

        properties: Document = {
            "denyAssignmentName": f"freeze {number}",
            "scope": chance.choice(SCOPES) if self._often(0.8) else chance.choice(ELSEWHERE),
            "permissions": [self._block(asked)],
            "principals": people(ME, SOMEBODY, *MY_GROUPS, EVERYBODY),
            "excludePrincipals": people(ME, SOMEBODY, *MY_GROUPS) if self._often(0.3) else [],
            "doNotApplyToChildScopes": self._often(0.2),
        }
        if self._often(0.15):
            properties["condition"] = "@Resource[x] Exists"
        return {"id": f"/d/{number:08x}-{self._mark}", "properties": properties}
