"""What each workspace has of its own: the ways to Azure, the guard at its scope, the services behind it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from bot.adapters.approvals import ApprovalTable
from bot.adapters.audit import AuditTable
from bot.adapters.authorization import AzureRoles
from bot.adapters.azureml import AzureMLWorkspace
from bot.adapters.grants import RoleRequestTable
from bot.adapters.slack_files import SlackFiles
from bot.adapters.slack_people import SlackPeople
from bot.adapters.store import FollowTable, LinkTable, WatchTable
from bot.bootstrap.azure import azure_config, graph_of
from bot.handlers.approvals import APPROVED, ApprovalHandlers
from bot.handlers.commands import Commands, SourceUrl
from bot.handlers.follow import Follow
from bot.handlers.grants import RoleRequests
from bot.handlers.replies import Replies, Workers
from bot.handlers.watch import Watch
from bot.ports import Job, Jobs
from bot.services.admin import Admin
from bot.services.approvals import Approvals
from bot.services.audit import AuditLog
from bot.services.environments import Environments
from bot.services.faq_source import FaqSource
from bot.services.grants import Grants
from bot.services.guard import Guard
from bot.services.help import Help
from bot.services.holders import Holders
from bot.services.home import Home
from bot.services.identity import Identity
from bot.services.models import Models
from bot.services.policy import PolicySource
from bot.services.projects import Projects
from bot.services.repeating import Repeating
from bot.services.reports import Reports
from bot.services.roles import Roles
from bot.services.runs import Runs
from bot.services.snippets import Snippets
from bot.services.wheels import Wheels
from bot.settings import Settings


@dataclass(frozen=True, slots=True)
class Shared:
    """What all workspaces share."""

    settings: Settings
    engine: sa.Engine
    audit: AuditTable
    policies: PolicySource
    people: SlackPeople
    files: SlackFiles
    projects: Projects
    faq: FaqSource
    help_service: Help
    replies: Replies
    workers: Workers
    jobs: Jobs
    source_url: SourceUrl | None


@dataclass(frozen=True, slots=True)
class AtWorkspace:
    """A workspace's part of the bot. Its children are started when it is first used."""

    identity: Identity
    runs: Runs
    commands: Commands
    grants: Grants
    role_requests: RoleRequests
    home: Home
    approvals: ApprovalHandlers
    ticks: tuple[Callable[[], None], ...]
    """What the clock does for it."""


def workspaces(shared: Shared) -> dict[str, AtWorkspace]:
    """Every workspace's part by its name, the default's first. Raises ConfigurationError."""
    return {name: _part(name, shared) for name in shared.settings.azures()}


def approval_workers(
    parts: Mapping[str, AtWorkspace], default: AtWorkspace, table: ApprovalTable
) -> dict[str, Callable[[Job], None]]:
    """What works off jobs about approvals: each where its run is to be."""

    def at(run_id: str) -> ApprovalHandlers:
        return parts.get(table.workspace_of(run_id), default).approvals

    return {
        "rejection_opened": lambda job: at(job.payload["run_id"]).work_rejection_opened(job),
        "rejection": lambda job: at(job.payload["run_id"]).work_rejection(job),
        APPROVED: lambda job: at(job.payload["run_id"]).work_approved(job),
    }


def _part(name: str, shared: Shared) -> AtWorkspace:
    settings = shared.settings
    azure = settings.azures()[name]
    # The default's rows and folders have no name in them: it may be renamed, and there was a time before others.
    key = "" if name == settings.azure.workspace else name
    config = azure_config(azure, settings.state, key)
    workspace, role_service = AzureMLWorkspace(config), AzureRoles(config)
    graph = graph_of(settings.identity, config)
    guard = Guard(
        role_service,
        shared.policies,
        shared.audit,
        memberships=graph if settings.identity.groups else None,
        cache_seconds=azure.role_cache,
    )
    identity = Identity(
        shared.people,
        LinkTable(shared.engine, shared.audit),
        shared.policies,
        guard,
        directory=graph if settings.identity.by_email else None,
        domains=settings.identity.email_domains,
    )
    shown = name if settings.workspaces else ""
    desk = ApprovalTable(shared.engine, shared.audit, key)
    runs = Runs(workspace, guard, WatchTable(shared.engine, key), shared.projects, desk)
    approvals = ApprovalHandlers(
        shared.replies, identity, Approvals(desk, guard, identity, runs), runs, shared.jobs, workspace=shown
    )
    reports = Reports(workspace, guard, FollowTable(shared.engine, key), settings.state / "run-files")
    patience = timedelta(hours=settings.azure.grant_hours)
    requests = RoleRequestTable(shared.engine, guard.scope)
    grants = Grants(requests, Holders(role_service, guard, identity), guard, identity, patience=patience)
    role_requests = RoleRequests(shared.replies, grants, shared.workers, workspace=shown)
    commands = Commands(
        identity=identity,
        help_service=shared.help_service,
        admin_service=Admin(shared.faq, shared.policies, guard),
        runs_service=runs,
        repeating_service=Repeating(workspace, guard, shared.projects),
        environments_service=Environments(workspace, guard),
        models_service=Models(workspace, guard),
        snippets_service=Snippets(workspace, guard, shared.projects),
        wheels_service=Wheels(workspace, guard, shared.files, settings.state / "wheels"),
        reports_service=reports,
        roles_service=Roles(role_service, guard, identity),
        role_requests=role_requests,
        approvals=approvals,
        audit_service=AuditLog(shared.audit, guard, identity),
        source_url=shared.source_url,
    )
    watch, follow = Watch(shared.replies, runs, workspace=shown), Follow(shared.replies, reports, workspace=shown)
    home, ticks = Home(guard, identity), (watch.tick, follow.tick)
    return AtWorkspace(identity, runs, commands, grants, role_requests, home, approvals, ticks)
