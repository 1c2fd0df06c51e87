"""Every door to Azure: each guarded service method, how it is used, and a house of services to use it in.

The ports are stand-ins that note each call. A house can be built with a mutated module in place of a service's own, so
that a test can show that it would notice a door without its guard.
"""

import ast
import importlib
import inspect
import pkgutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any

import bot.services
from bot.domain.access import RoleDefinition
from bot.domain.audit import Wanted
from bot.domain.commands import SUBMIT
from bot.domain.environments import EnvironmentDraft
from bot.domain.models import ModelRequest
from bot.domain.packages import Packages
from bot.domain.policy import Policy
from bot.domain.projects import Project, ProjectFiles
from bot.domain.roles import Deed
from bot.domain.runs import ANY_RUN, Run, RunStatus, SubmitRequest
from bot.domain.snippets import SnippetRequest
from bot.domain.wheels import SharedFile
from bot.services.guard import Guard
from bot.services.identity import Identity
from bot.services.policy import PolicySource
from bot.services.projects import Projects
from tests.services.fakes import (
    OPEN,
    FakeAudit,
    FakeDesk,
    FakeLinks,
    FakePeople,
    FakePolicies,
    FakeRoles,
    assigned,
    principal,
)
from tests.services.workspace import FakeFollowList, FakeWatchList, FakeWorkspace

RUN = "aml-0123456789ab"
ADD = SharedFile("tool-1.0-py3-none-any.whl", "https://files.example/tool.whl", 10)


@dataclass(slots=True)
class Noted:
    """Passes every call on to `target` and notes its name in `calls`."""

    target: Any
    calls: list[str]

    def __getattr__(self, name: str) -> Any:
        value = getattr(self.target, name)
        if not callable(value):
            return value

        def call(*arguments: Any, **options: Any) -> Any:
            self.calls.append(name)
            return value(*arguments, **options)

        return call


class _Files:
    """`ports.SharedFiles` and `ports.ProjectSources` over a folder that is there."""

    def fetch(self, url: str, into: Path, limit: int) -> None:
        into.write_bytes(b"no wheel")

    def files_of(self, project: Project, ref: str = "") -> ProjectFiles:
        return ProjectFiles(project.folder)


class _Written:
    """`ports.PolicyOrigin` that allows everything."""

    def read(self) -> Policy:
        return OPEN


class _Rows:
    """`ports.AuditRows` without any."""

    def rows(self, wanted: Wanted) -> tuple[Any, ...]:
        return ()


class _Faq:
    """`FaqSource` as far as its state goes."""

    def state(self) -> Any:
        return type("State", (), {"version": "1"})()


class House:
    """The services, for `person` (Ada) who holds `roles`. `calls` are those that went past the guard, by name.

    `person`, `audit`, `azure` (the role service), `policies` and the guard's `clock` can be replaced before a door is
    used for the first time; `mutated` is a module that stands in for the one of the same name.
    """

    def __init__(self, folder: Path, *roles: RoleDefinition, mutated: ModuleType | None = None) -> None:
        self.calls: list[str] = []
        self.folder = folder
        self.person = principal()
        self.clock: Callable[[], float] = time.monotonic
        self.cache_seconds = 0.0
        self.audit: Any = FakeAudit()
        self.azure: Any = FakeRoles(*(assigned(role) for role in roles))
        self.policies: Any = FakePolicies()
        self.desk: Any = Noted(FakeDesk(), self.calls)
        self._mutated = mutated
        (folder / "train.py").touch()

    def use(self, door: str) -> Any:
        """Go through a door; returns what the method returns."""
        return DOORS[door](self)

    @cached_property
    def guard(self) -> Guard:
        """The guard; it caches nothing unless `cache_seconds` says so."""
        return Guard(self.azure, self.policies, self.audit, cache_seconds=self.cache_seconds, clock=self.clock)

    def workspace(self) -> Any:
        """A workspace with one run of Ada's."""
        run = Run(RUN, "demo", RunStatus.RUNNING)
        return Noted(FakeWorkspace(run), self.calls)

    def service(self, name: str, *arguments: Any) -> Any:
        """The service `module.Class`, mutated where it was asked for."""
        module, _, kind = name.partition(".")
        home = importlib.import_module(f"bot.services.{module}")
        if self._mutated is not None and self._mutated.__name__ == home.__name__:
            home = self._mutated
        return getattr(home, kind)(*arguments)

    @property
    def runs(self) -> Any:
        """`Runs`, with one project."""
        project = Project("demo", str(self.folder), "train.py", "", "demo-env", "cpu-cluster")
        projects = Projects({"demo": project}, Noted(_Files(), self.calls))
        return self.service("runs.Runs", self.workspace(), self.guard, FakeWatchList(), projects, self.desk)

    @property
    def approvals(self) -> Any:
        """`Approvals`, with nothing to approve."""
        identity = Identity(FakePeople({}), FakeLinks(), self.policies, self.guard)
        return self.service("approvals.Approvals", self.desk, self.guard, identity, self.runs)

    @property
    def repeating(self) -> Any:
        """`Repeating`, with one project."""
        projects = Projects({"demo": Project("demo", str(self.folder))}, Noted(_Files(), self.calls))
        return self.service("repeating.Repeating", self.workspace(), self.guard, projects)

    @property
    def environments(self) -> Any:
        """`Environments`."""
        return self.service("environments.Environments", self.workspace(), self.guard)

    @property
    def models(self) -> Any:
        """`Models`."""
        return self.service("models.Models", self.workspace(), self.guard)

    @property
    def reports(self) -> Any:
        """`Reports`."""
        follow_list = FakeFollowList()
        return self.service("reports.Reports", self.workspace(), self.guard, follow_list, self.folder / "run-files")

    @property
    def snippets(self) -> Any:
        """`Snippets`, with one project."""
        projects = Projects({"demo": Project("demo", str(self.folder))}, Noted(_Files(), self.calls))
        return self.service("snippets.Snippets", self.workspace(), self.guard, projects)

    @property
    def wheels(self) -> Any:
        """`Wheels`."""
        files = Noted(_Files(), self.calls)
        return self.service("wheels.Wheels", self.workspace(), self.guard, files, self.folder / "wheels")

    @property
    def roles(self) -> Any:
        """`Roles`; the guard's own look-ups aren't noted, those for an answer are."""
        identity = Identity(FakePeople({}), FakeLinks(), self.policies, self.guard)
        return self.service("roles.Roles", Noted(self.azure, self.calls), self.guard, identity)

    @property
    def audit_log(self) -> Any:
        """`AuditLog`."""
        identity = Identity(FakePeople({}), FakeLinks(), self.policies, self.guard)
        return self.service("audit.AuditLog", Noted(_Rows(), self.calls), self.guard, identity)

    @property
    def admin(self) -> Any:
        """`Admin`."""
        faq = Noted(_Faq(), self.calls)
        return self.service("admin.Admin", faq, PolicySource(_Written(), FakeAudit()), self.guard)


DOORS: dict[str, Callable[[House], Any]] = {
    "runs.Runs.submit": lambda house: house.runs.submit(house.person, SubmitRequest("train.py")),
    "runs.Runs.start_approved": lambda house: house.runs.start_approved(house.person, RUN),
    "approvals.Approvals.agree": lambda house: house.approvals.agree(house.person, RUN),
    "approvals.Approvals.reject": lambda house: house.approvals.reject(house.person, RUN, "no"),
    "approvals.Approvals.may_judge": lambda house: house.approvals.may_judge(house.person, RUN),
    "runs.Runs.status": lambda house: house.runs.status(house.person, RUN),
    "reports.Reports.metrics": lambda house: house.reports.metrics(house.person, RUN),
    "reports.Reports.logs": lambda house: house.reports.logs(house.person, RUN, 10),
    "reports.Reports.whole_log": lambda house: house.reports.whole_log(house.person, RUN),
    "reports.Reports.files": lambda house: house.reports.files(house.person, RUN, 0, 10),
    "reports.Reports.fetch": lambda house: house.reports.fetch(house.person, RUN, "std_log.txt"),
    "runs.Runs.children": lambda house: house.runs.children(house.person, RUN),
    "repeating.Repeating.request_of": lambda house: house.repeating.request_of(house.person, RUN),
    "runs.Runs.cancel": lambda house: house.runs.cancel(house.person, RUN),
    "runs.Runs.latest": lambda house: house.runs.latest(house.person, ANY_RUN, start=0, limit=5, mine=False),
    "runs.Runs.choices": lambda house: house.runs.choices(house.person),
    "environments.Environments.list": lambda house: house.environments.list(house.person),
    "environments.Environments.get": lambda house: house.environments.get(house.person, "demo-env"),
    "environments.Environments.compare": lambda house: house.environments.compare(house.person, ("a", ""), ("b", "")),
    "environments.Environments.create": lambda house: house.environments.create(house.person, EnvironmentDraft("e")),
    "models.Models.list": lambda house: house.models.list(house.person),
    "models.Models.get": lambda house: house.models.get(house.person, "churn"),
    "models.Models.register": lambda house: house.models.register(
        house.person, ModelRequest(RUN, "outputs/m.pkl", "m", "c:1")
    ),
    "snippets.Snippets.deployment": lambda house: house.snippets.deployment(house.person, SnippetRequest("churn")),
    "wheels.Wheels.add": lambda house: house.wheels.add(house.person, ADD),
    "roles.Roles.whoami": lambda house: house.roles.whoami(house.person),
    "roles.Roles.of_person": lambda house: house.roles.of_person(house.person, "UBOB"),
    "roles.Roles.workspace": lambda house: house.roles.workspace(house.person, start=0, limit=20),
    "roles.Roles.role": lambda house: house.roles.role(house.person, "Reader"),
    "audit.AuditLog.look": lambda house: house.audit_log.look(house.person, Wanted()),
    "admin.Admin.state": lambda house: house.admin.state(house.person),
    "roles.Roles.can": lambda house: house.roles.can(house.person, Deed(SUBMIT), "UBOB"),
    "roles.Roles.who_can": lambda house: house.roles.who_can(house.person, Deed(SUBMIT)),
}
"""How each guarded method is used, by `module.Class.method`."""

OWN = ("roles.Roles.whoami",)
"""What everybody who is linked sees of themselves."""

PACKAGES = SubmitRequest("train.py", packages=Packages(python="", pip=("pandas",)))


def public_methods() -> Iterator[tuple[str, Any]]:
    """Every public method (and property) of every class in bot.services, by `module.Class.method`."""
    for info in pkgutil.iter_modules(bot.services.__path__):
        module = importlib.import_module(f"bot.services.{info.name}")
        for kind in vars(module).values():
            if not inspect.isclass(kind) or kind.__module__ != module.__name__ or _is_plain_data(kind):
                continue
            for name, member in vars(kind).items():
                method = member.fget if isinstance(member, property) else getattr(member, "__func__", member)
                if not name.startswith("_") and inspect.isfunction(method):
                    yield f"{info.name}.{kind.__name__}.{name}", method


def _is_plain_data(kind: type) -> bool:
    return hasattr(kind, "__dataclass_fields__") or issubclass(kind, BaseException)


def without_guard(door: str) -> tuple[ModuleType, str]:
    """The door's module with the guard taken out of the method's source (and of the private methods that it calls),
    and that source.

    Raises:
        LookupError: there is no guard in it.
    """
    module, kind, method = door.split(".")
    home = importlib.import_module(f"bot.services.{module}")
    tree = ast.parse(inspect.getsource(home))
    body = next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == kind).body
    functions = {node.name: node for node in body if isinstance(node, ast.FunctionDef)}
    remover = _GuardRemover()
    for name in _reached(method, functions):
        remover.visit(functions[name])
    if not remover.removed:
        raise LookupError(f"{door} has no guard to take out.")
    source = _PREAMBLE + ast.unparse(ast.fix_missing_locations(tree))
    mutant = ModuleType(home.__name__)
    exec(compile(source, f"<{door} without its guard>", "exec"), mutant.__dict__)  # noqa: S102 - our own source
    return mutant, source


def take_out_all_guards(package: Path) -> int:
    """Take every guard out of the services' source in a copy of the package; how many there were."""
    removed = 0
    for file in sorted((package / "services").glob("*.py")):
        remover = _GuardRemover()
        tree = remover.visit(ast.parse(file.read_text(encoding="utf-8")))
        if remover.removed:
            file.write_text(_PREAMBLE + ast.unparse(ast.fix_missing_locations(tree)), encoding="utf-8")
        removed += remover.removed
    return removed


_PREAMBLE = "import contextlib as _open\nfrom bot.services.guard import Attempt as _Attempt\n"


def _reached(method: str, functions: dict[str, ast.FunctionDef]) -> list[str]:
    found = [method]
    for name in found:
        for node in ast.walk(functions[name]):
            called = node.attr if isinstance(node, ast.Attribute) else ""
            if called.startswith("_") and called in functions and called not in found:
                found.append(called)
    return found


class _GuardRemover(ast.NodeTransformer):
    """Makes `self._guard.allow(...)` a context that lets everybody through."""

    removed = 0

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if ast.unparse(node.func).endswith("_guard.allow"):
            self.removed += 1
            return ast.parse("_open.nullcontext(_Attempt())", mode="eval").body
        return node
