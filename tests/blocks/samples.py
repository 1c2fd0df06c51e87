"""Domain values with any text in every field."""

import dataclasses
from datetime import UTC, datetime

from hypothesis import strategies as st

from bot.domain import commands
from bot.domain.access import Decision, Permission, RoleAssignment, RoleDefinition, Settled
from bot.domain.approvals import ApprovalRequest, ApprovalState, Requirement, Vote
from bot.domain.audit import COLUMNS, AuditPage, Wanted
from bot.domain.environments import (
    Change,
    EnvironmentDetail,
    EnvironmentDiff,
    EnvironmentName,
    EnvironmentPage,
    EnvironmentUse,
    EnvironmentView,
    MadeEnvironment,
    difference,
)
from bot.domain.faq import Answer, Hit, Outcome, Passage, Referred, Section, Substitution
from bot.domain.grants import Offer, RoleRequest
from bot.domain.help import Escalation, Question
from bot.domain.models import Model, ModelList
from bot.domain.packages import Packages
from bot.domain.projects import Project
from bot.domain.reports import FilePage, LogTail, RunFile, RunMetrics
from bot.domain.roles import Ability, Able, Deed, Holder, Holding, PersonRoles, RoleHolders, WhoCan, WorkspaceRoles
from bot.domain.runs import Metric, Run, RunDetail, RunFilter, RunPage, RunSpec, RunStatus, SubmitRequest
from bot.domain.snippets import Snippet
from bot.domain.wheels import AddedWheel, Wheel

texts = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        [
            "<!channel> and <!here>",
            "<@U12345678>",
            "<!subteam^S12345678>",
            "<https://evil.example.org|https://good.example.com>",
            "&lt;!channel&gt;",
            "```\n<!everyone>\n```",
            "*bold* _soft_ `code",
            "\n> quote\n",
            "\u202e\ud800\x00",
            "x" * 4_500,
            "<" * 2_000,
            "&\n" * 1_000,
            "word " * 1_500,
            "",
            " ",
            "https://e.com/<!here>",
            "https://example.com/" + "&" * 2_000,
        ]
    ),
)
some = st.lists(texts, max_size=4).map(tuple)
numbers = st.floats(allow_nan=True, allow_infinity=True)
times = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)) | st.none()  # noqa: DTZ001 - made aware by `timezones`
statuses = st.sampled_from(RunStatus)
sections = st.builds(
    Section, path=some, title=texts, level=st.integers(0, 6), anchor=texts, file=texts, line=st.integers(1, 9999),
    end_line=st.integers(1, 9999), body=texts, prose=texts,
)  # fmt: skip
passages = st.builds(Passage, markdown=texts, file=texts, line=st.integers(1, 9999), truncated=st.booleans())
referred = st.lists(
    st.builds(
        Referred,
        section=sections,
        passage=passages,
        told=texts,
        substitutions=st.lists(st.builds(Substitution, replaced=texts, by=texts), max_size=3).map(tuple),
    ),
    max_size=2,
).map(tuple)
hits = st.builds(Hit, section=sections, score=st.floats(0, 1), passage=passages, referred=referred)
answers = st.builds(
    Answer,
    query=texts,
    outcome=st.sampled_from(Outcome),
    hits=st.lists(hits, max_size=3).map(tuple),
    topic=st.none() | sections,
)
questions = st.builds(
    Question, key=texts, team=texts, channel=texts, user=texts | st.just("U123ABC"), thread_ts=texts, text=texts
)
escalations = st.builds(
    Escalation,
    question=questions,
    on_call=st.lists(texts | st.sampled_from(["U123ABC", "S123ABC"]), max_size=3).map(tuple),
    tried=some,
    first=st.booleans(),
)
runs = st.builds(
    Run, id=texts, experiment=texts, status=statuses, compute=texts, environment=texts, created=times, started=times,
    ended=times, portal_url=texts, error=texts, submitted_by=texts, waiting=texts, parent=texts,
)  # fmt: skip
run_pages = st.builds(
    RunPage, runs=st.lists(runs, max_size=5).map(tuple), start=st.integers(0, 300), more=st.booleans()
)
filters = st.builds(RunFilter, experiment=texts, status=st.none() | statuses, submitted_by=texts)
metrics = st.builds(Metric, name=texts, values=st.lists(numbers | texts, max_size=4).map(tuple))
run_metrics = st.builds(RunMetrics, run=runs, metrics=st.lists(metrics, max_size=45).map(tuple))
log_tails = st.builds(LogTail, run=runs, file=texts, lines=st.lists(texts, max_size=30).map(tuple))
file_pages = st.builds(
    FilePage,
    files=st.lists(st.builds(RunFile, path=texts, size=st.none() | st.integers(0, 10**14)), max_size=12).map(tuple),
    start=st.integers(0, 300),
    total=st.integers(0, 400),
)
details = st.builds(
    RunDetail,
    run=runs,
    metrics=st.lists(metrics, max_size=25).map(tuple),
    log=some,
    children=st.lists(runs, max_size=4).map(tuple),
)
specs = st.builds(
    RunSpec, run_id=texts, experiment=texts, folder=texts, script=texts, arguments=some, compute=texts,
    environment=texts, environment_version=texts, tags=st.just(()), project=texts,
    commit=texts, ref=texts, packages=st.none() | st.builds(Packages, python=texts, conda=some, pip=some),
)  # fmt: skip
approval_requests = st.builds(
    ApprovalRequest, key=texts, team=texts, user=texts | st.just("U123ABC"), channel=texts, object_id=texts,
    command=texts, spec=specs, asked=st.just(datetime(2026, 1, 1, tzinfo=UTC)),
    until=st.just(datetime(2026, 1, 2, tzinfo=UTC)),
    requirements=st.lists(
        st.builds(Requirement, needed=st.integers(1, 9), roles=some, people=some, groups=some, reason=texts),
        max_size=3,
    ).map(tuple),
    hours=st.none() | st.floats(0, 800), cost=st.none() | st.floats(0, 1e9), currency=texts,
    state=st.sampled_from(ApprovalState), by=texts | st.just("T123ABC/U123ABC"), reason=texts,
    votes=st.lists(st.builds(Vote, team=texts, user=texts, object_id=texts), max_size=3).map(tuple),
)  # fmt: skip
requests = st.builds(
    SubmitRequest, script=texts, project=texts, compute=texts, environment=texts, experiment=texts, arguments=some
)
environment_names = st.builds(EnvironmentName, name=texts, version=texts, curated=st.booleans())
environments = st.builds(
    EnvironmentDetail, name=texts, version=texts, curated=st.booleans(), python=texts, conda_packages=some,
    pip_packages=some, image=texts, dockerfile=texts,
    variables=st.lists(st.tuples(texts, texts), max_size=3).map(tuple),
)  # fmt: skip
environment_pages = st.builds(
    EnvironmentPage,
    names=st.lists(environment_names, max_size=25).map(tuple),
    start=st.integers(0, 99),
    total=st.integers(0, 200),
    filter=texts,
)
environment_views = st.builds(
    EnvironmentView,
    detail=environments,
    versions=some,
    uses=st.none() | st.lists(st.builds(EnvironmentUse, run=runs, version=texts), max_size=7).map(tuple),
)
environment_changes = st.builds(Change, name=texts, before=texts, after=texts)
environment_diffs = st.builds(difference, environments, environments) | st.builds(
    EnvironmentDiff,
    left=environments,
    right=environments,
    python=st.none() | environment_changes,
    image=st.none() | environment_changes,
    dockerfile=some,
    conda=st.lists(environment_changes, max_size=3).map(tuple),
    pip=st.lists(environment_changes, max_size=3).map(tuple),
    variables=st.lists(environment_changes, max_size=3).map(tuple),
    not_compared=some,
)
wheels = st.builds(Wheel, file=texts, path=texts, name=texts, version=texts, sha256=texts, size=st.integers(0, 10**9))
models = st.builds(
    Model, name=texts, version=texts, created=times, run_id=texts, experiment=texts, framework=texts,
    description=texts, registered_by=texts,
)  # fmt: skip
model_lists = st.builds(
    ModelList, models=st.lists(models, max_size=9).map(tuple), total=st.integers(0, 99), filter=texts
)
snippets = st.builds(
    Snippet,
    model=models,
    project=st.builds(Project, name=texts, folder=texts, git_folder=texts),
    entry=texts,
    environment=texts,
    environment_version=texts,
    files=some,
    total=st.integers(0, 99),
    commit=texts,
)
added_wheels = st.builds(AddedWheel, wheel=wheels, address=texts, new=st.booleans(), same=st.booleans())
made_environments = st.builds(MadeEnvironment, detail=environments, new=st.booleans())
permissions = st.builds(Permission, actions=some, not_actions=some, data_actions=some, not_data_actions=some)
definitions = st.builds(
    RoleDefinition, id=texts, name=texts, description=texts, permissions=st.lists(permissions, max_size=2).map(tuple),
    custom=st.booleans(),
)  # fmt: skip
assignments = st.builds(
    RoleAssignment, id=texts, principal_id=texts, principal_type=texts, role_definition_id=texts, scope=texts,
    condition=texts,
)  # fmt: skip
holdings = st.builds(
    Holding, role=definitions, assignment=assignments, inherited=st.booleans(), through_group=st.booleans()
)
holders = st.builds(Holder, principal_id=texts, principal_type=texts, user=texts, inherited=st.booleans(), name=texts)
people = st.builds(
    PersonRoles,
    team=texts,
    user=texts,
    object_id=texts,
    holdings=st.lists(holdings, max_size=3).map(tuple),
    commands=some,
    name=texts,
)
role_holders = st.builds(
    RoleHolders, role=definitions, holders=st.lists(holders, max_size=30).map(tuple), hidden=st.booleans()
)
workspaces = st.builds(
    WorkspaceRoles, scope=texts, roles=st.lists(role_holders, max_size=3).map(tuple), start=st.integers(0, 999),
    total=st.integers(0, 999), more=st.booleans(),
)  # fmt: skip
deeds = st.builds(Deed, command=st.none() | st.sampled_from(commands.ALL), action=texts)
decisions = st.builds(Decision, allowed=st.booleans(), settled_by=texts, kind=st.sampled_from(Settled))
abilities = st.builds(Ability, deed=deeds, decision=decisions, scope=texts, user=texts, name=texts, role=texts)
able = st.builds(Able, holder=holders, role=texts)
who_can = st.builds(
    WhoCan, deed=deeds, scope=texts, able=st.lists(able, max_size=30).map(tuple), unseen=st.integers(0, 99),
    limited=st.booleans(),
)  # fmt: skip
offers = st.builds(Offer, id=texts, able=st.lists(able, max_size=12).map(tuple))
role_requests = st.builds(
    RoleRequest, key=texts, handler=texts, payload=st.just({}), team=texts, user=texts | st.just("U123ABC"),
    channel=texts | st.just("C123ABC"), object_id=texts, command=texts, action=texts, role=texts, scope=texts,
    refused=times, since=times,
)  # fmt: skip
audit_rows = st.fixed_dictionaries(dict.fromkeys(COLUMNS, texts) | {"id": st.integers(1, 10**9)})
audit_pages = st.builds(
    AuditPage, wanted=st.builds(Wanted, last=st.just(12), user=texts, run=texts, before=st.integers(0, 99)),
    rows=st.lists(audit_rows, max_size=12).map(tuple), names=st.dictionaries(texts, texts, max_size=3),
    more=st.booleans(),
)  # fmt: skip


def section(title: str = "How do I pin a package?", *, file: str = "environments.md", **others: object) -> Section:
    """An entry that looks like one of the FAQ's."""
    plain = Section(
        path=("Environments", title),
        title=title,
        level=2,
        anchor="how-do-i-pin-a-package",
        file=file,
        line=42,
        end_line=60,
        body="Write the version:\n\n```python\npip_packages=['scikit-learn==1.5']\n```",
        prose="Write the version. It is kept with the environment.",
    )
    return dataclasses.replace(plain, **others)  # type: ignore[arg-type] # names and types are the caller's business


def hit(found: Section, score: float = 0.87) -> Hit:
    """A hit that shows the whole entry."""
    return Hit(found, score, Passage(found.body, found.file, found.line + 2, truncated=False))
