"""Trouble behind the guard, times every door: refused, audited where that is possible, said clearly, nothing asked.

The role service is the sandbox's through the real adapter, the policy a real file, the audit a real database. Without
trouble each door is open to the person who tries, so that it is the trouble that shuts it.
"""

import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from bot.adapters.audit import AuditTable, audit_key
from bot.adapters.authorization import AzureRoles
from bot.adapters.database import open_database, open_state
from bot.adapters.directory import GraphDirectory
from bot.adapters.policy_file import PolicyFile
from bot.domain.access import Principal
from bot.domain.audit import AuditEntry, Phase
from bot.domain.commands import SUBMIT
from bot.domain.errors import BotError, NotLinked, PermissionDenied, Unavailable
from bot.ports import Person
from bot.sandbox.azureml.seed import OLIVIA
from bot.services.identity import Identity
from bot.services.policy import PolicySource
from tests.contracts.conftest import Sandbox
from tests.services.doors import DOORS, House
from tests.services.fakes import ADA, FakeLinks, FakePeople, FakeRoles, assigned
from tests.services.fakes import SCIENTIST as ADAS_ROLE

OWNER = "00000000-0000-4000-8000-0000000000a1"
POLICY = """
version = 2
[[allow]]
commands = ["*"]
roles = ["*"]
[[approval]]
people = ["*"]
compute = ["nowhere"]
by_people = ["*"]
channel = "C024BE91L"
"""
ROLE_DATA = "/role(Assignments|Definitions)$|/denyAssignments$"
SOME_DOORS = ("runs.Runs.submit", "models.Models.list", "roles.Roles.role")
"""Of the guarded methods one that acts, one that looks, and one that needs no Azure action."""
ONE_S_OWN = ("roles.Roles.whoami",)
"""Open to whoever is linked, also without a role."""


@dataclass(slots=True)
class Scene:
    """A house of an owner's with everything in it real but what lies behind the guard."""

    house: House
    sandbox: Sandbox
    engine: sa.Engine
    policy: Path
    state: Path
    pragmas: list[str]

    def pragma(self, text: str) -> None:
        """Let every connection that is opened from now on have a PRAGMA."""
        self.pragmas.append(text)
        self.engine.dispose()

    @property
    def database(self) -> Path:
        """The file of the database."""
        return self.state / "aml-bot.db"

    def audited(self) -> list[tuple[str, str]]:
        """Phase and result of the audit's rows."""
        with contextlib.closing(sqlite3.connect(self.database)) as connection:
            return list(connection.execute("SELECT phase, result FROM audit WHERE key = 'c:1' ORDER BY id"))


@pytest.fixture(scope="module")
def azure(running_sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AzureRoles]:
    """The role service's adapter; its deadline is short so that a slow service is a late one."""
    adapter = AzureRoles(running_sandbox.config(tmp_path_factory.mktemp("unused")), deadline=0.4)
    adapter.token()
    yield adapter
    adapter.close()


@pytest.fixture(scope="module")
def patient(running_sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AzureRoles]:
    """The same with the usual deadline, for what a busy machine must not make late."""
    adapter = AzureRoles(running_sandbox.config(tmp_path_factory.mktemp("unused")))
    yield adapter
    adapter.close()


@pytest.fixture
def scene(sandbox: Sandbox, azure: AzureRoles, tmp_path: Path) -> Iterator[Scene]:
    state, policy, pragmas = open_state(tmp_path / "state"), tmp_path / "policy.toml", ["busy_timeout=50"]
    policy.write_text(POLICY)
    engine = open_database(state)

    def prepare(connection: Any, _record: Any) -> None:
        for text in pragmas:
            connection.execute(f"PRAGMA {text}")

    event.listen(engine, "connect", prepare)
    engine.dispose()
    (tmp_path / "project").mkdir()
    house = House(tmp_path / "project")
    house.person = Principal(OWNER, ADA, "ada")
    house.audit = AuditTable(engine, audit_key(state / "audit.key", engine))
    house.azure, house.policies = azure, PolicySource(PolicyFile(policy), house.audit)
    yield Scene(house, sandbox, engine, policy, state, pragmas)
    engine.dispose()


Trouble = Callable[[Scene], contextlib.AbstractContextManager[None]]


def _roles(**fault: Any) -> Trouble:
    @contextlib.contextmanager
    def trouble(scene: Scene) -> Iterator[None]:
        scene.sandbox.fault(path=ROLE_DATA, **fault)
        yield

    return trouble


def look_up(scene: Scene) -> None:
    """Look the owner's roles up: once more where the short deadline was too short for a busy machine."""
    for _ in range(9):
        with contextlib.suppress(Unavailable):
            scene.house.guard.access(OWNER)
            return
    scene.house.guard.access(OWNER)


@contextlib.contextmanager
def _expired_while_down(scene: Scene) -> Iterator[None]:
    """Role data that was good a minute ago, and a service that gives no newer."""
    now = [1000.0]
    scene.house.clock, scene.house.cache_seconds = lambda: now[0], 60.0
    look_up(scene)
    now[0] += 60.0
    scene.sandbox.fault(path=ROLE_DATA, status=503)
    yield


@contextlib.contextmanager
def _clock_back_while_down(scene: Scene) -> Iterator[None]:
    """The clock goes back: role data that seems to be of the future isn't used."""
    now = [1000.0]
    scene.house.clock, scene.house.cache_seconds = lambda: now[0], 60.0
    look_up(scene)
    now[0] -= 500.0
    scene.sandbox.fault(path=ROLE_DATA, status=503)
    yield


@contextlib.contextmanager
def _locked(scene: Scene) -> Iterator[None]:
    with contextlib.closing(sqlite3.connect(scene.database, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")


@contextlib.contextmanager
def _full(scene: Scene) -> Iterator[None]:
    """No page more than there are, and those filled to the last row that fits."""
    with scene.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    scene.pragma(f"max_page_count={pages}")
    row = AuditEntry("filler", Phase.DECISION, *[""] * 11)

    def fill() -> None:
        for number in range(10_000):
            scene.house.audit.write(replace(row, reason=f"{number} " + "x" * 20))

    with pytest.raises(Unavailable):
        fill()
    yield


@contextlib.contextmanager
def _read_only(scene: Scene) -> Iterator[None]:
    scene.pragma("query_only=ON")
    yield


OF_ROLES: dict[str, Trouble] = {
    "role service down": _roles(drop=True),
    "role service slow": _roles(delay=0.6),
    "role service answers 403": _roles(status=403),
    "role service answers 500": _roles(status=500),
    "role service answers garbage": _roles(status=200, body="<html>busy</html>"),
    "role service answers half": _roles(broken=True),
    "role service answers with nothing": _roles(status=200, body='{"value": []}'),
    "role data expired, service down": _expired_while_down,
    "clock went back, service down": _clock_back_while_down,
}
OF_THE_DATABASE: dict[str, Trouble] = {
    "database locked": _locked,
    "database full": _full,
    "database read-only": _read_only,
}


def is_clear(error: BotError) -> bool:
    """Whether it says what happened and what to do, in sentences without a trace of the machinery."""
    said = error.user_message
    of_machinery = any(word in said for word in ("Traceback", "Error:", "/"))
    ends = said.endswith((".", "YOUR-ENTRA-OBJECT-ID"))  # the latter is the end of a command to copy
    return ends and len(said.split()) > 5 and not of_machinery


def shut(scene: Scene, door: str) -> BotError:
    """What somebody is told who finds `door` shut; nothing was asked behind it."""
    with pytest.raises((PermissionDenied, Unavailable)) as told:
        scene.house.use(door)

    assert scene.house.calls == []
    assert is_clear(told.value), told.value.user_message
    return told.value


@pytest.mark.parametrize("door", SOME_DOORS)
@pytest.mark.parametrize("trouble", OF_ROLES)
def test_trouble_with_roles_shuts_the_doors(trouble: str, door: str, scene: Scene) -> None:
    with OF_ROLES[trouble](scene):
        shut(scene, door)

    assert scene.audited() == [("decision", "refused")]


@pytest.mark.parametrize("door", SOME_DOORS)
@pytest.mark.parametrize("trouble", ["gone", "no file"])
def test_without_a_policy_file_the_doors_are_shut(trouble: str, door: str, scene: Scene) -> None:
    scene.policy.unlink()
    if trouble == "no file":
        scene.policy.mkdir()
    scene.house.policies.refresh()

    told = shut(scene, door)

    assert "policy file is gone or can't be read" in told.user_message
    assert scene.audited() == [("decision", "refused")]


@pytest.fixture(scope="module")
def graph(running_sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[GraphDirectory]:
    """Microsoft Graph's adapter."""
    adapter = GraphDirectory(running_sandbox.config(tmp_path_factory.mktemp("unused")))
    yield adapter
    adapter.close()


def by_mail(scene: Scene, graph: GraphDirectory) -> Identity:
    """Finds Ada, who isn't linked, by her e-mail address."""
    people = FakePeople({ADA.user: Person("ada", email=OLIVIA.mail, is_email_confirmed=True)})
    return Identity(people, FakeLinks(), scene.house.policies, scene.house.guard, directory=graph)


@pytest.mark.parametrize(
    "fault",
    [
        {"drop": True},
        {"status": 403},
        {"status": 503},
        {"status": 200, "body": "<html>busy</html>"},
        {"broken": True},
        {"status": 200, "body": '{"value": []}'},
    ],
    ids=["down", "403", "503", "garbage", "half", "nothing"],
)
def test_trouble_with_graph_lets_nobody_in_by_their_address(
    fault: dict[str, Any], scene: Scene, graph: GraphDirectory
) -> None:
    scene.sandbox.fault(path="/v1.0/users$", host="graph.microsoft.com", **fault)

    with pytest.raises((NotLinked, Unavailable)) as told:
        by_mail(scene, graph).principal(ADA, SUBMIT)

    assert is_clear(told.value), told.value.user_message
    assert scene.house.calls == []
    assert scene.audited() == [("decision", "refused")]


def test_without_trouble_graph_lets_her_in(scene: Scene, graph: GraphDirectory) -> None:
    assert by_mail(scene, graph).principal(ADA, SUBMIT).object_id == OWNER
    assert scene.audited() == []


@pytest.mark.parametrize("content", ["version = ", "version = 2\ncolour = 1\n", "\0"])
def test_a_broken_policy_file_keeps_the_one_before(content: str, scene: Scene, patient: AzureRoles) -> None:
    scene.house.azure = patient
    scene.policy.write_text(content)
    for _ in range(3):
        scene.house.policies.refresh()

    with contextlib.suppress(BotError):
        scene.house.use("runs.Runs.submit")

    assert scene.audited()[0] == ("decision", "allowed")


@pytest.mark.parametrize("door", SOME_DOORS)
@pytest.mark.parametrize("trouble", OF_THE_DATABASE)
def test_trouble_with_the_audit_shuts_the_doors(trouble: str, door: str, scene: Scene) -> None:
    with OF_THE_DATABASE[trouble](scene):
        told = shut(scene, door)

    assert "nothing was done" in told.user_message
    assert scene.audited() == []


@pytest.mark.slow
@pytest.mark.parametrize("door", sorted(set(DOORS) - set(SOME_DOORS)))
def test_every_trouble_shuts_every_other_door(door: str, scene: Scene) -> None:
    troubles = dict(OF_ROLES)
    if door in ONE_S_OWN:
        del troubles["role service answers with nothing"]
    for trouble in troubles.values():
        with trouble(scene):
            shut(scene, door)
        scene.sandbox.calm()
        del scene.house.__dict__["guard"]
        scene.house.cache_seconds = 0.0
    # One row: the same refusal again is no second event.
    assert set(scene.audited()) == {("decision", "refused")}


@pytest.mark.parametrize("door", DOORS)
def test_without_trouble_the_doors_are_open(door: str, scene: Scene, patient: AzureRoles) -> None:
    scene.house.azure = patient

    with contextlib.suppress(BotError):
        scene.house.use(door)

    assert scene.audited()[0] == ("decision", "allowed")


def test_a_clock_that_jumps_ahead_makes_role_data_old_and_never_new(tmp_path: Path) -> None:
    now = [1000.0]
    roles = FakeRoles(assigned(ADAS_ROLE))
    house = House(tmp_path)
    house.azure, house.clock, house.cache_seconds = roles, lambda: now[0], 60.0
    house.use("models.Models.list")
    roles.held.clear()

    for jump in (3600.0, -7200.0, 86_400.0):
        now[0] += jump
        house.calls.clear()
        with pytest.raises(PermissionDenied):
            house.use("models.Models.list")
        assert house.calls == []
