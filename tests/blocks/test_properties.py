"""Whatever text is in the values: Slack takes every message, and none pings or links what we didn't mean."""

import inspect
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.blocks import (
    Message,
    answers,
    approvals,
    audit,
    environments,
    errors,
    grants,
    help,  # noqa: A004 - the feature's name
    models,
    reports,
    roles,
    runs,
    snippets,
    views,
    wheels,
)
from bot.domain import commands
from bot.domain import errors as domain_errors
from bot.domain.help import Verdict
from bot.domain.reports import FetchedFile
from bot.domain.runs import SubmittedRun
from tests.blocks import samples as s
from tests.blocks import sound

_ERRORS = st.one_of(
    st.builds(domain_errors.InvalidRequest, s.texts),
    st.builds(domain_errors.UnknownCommand, s.texts, s.some),
    st.builds(domain_errors.NotFound, s.texts, s.texts, nearest=s.some, hint=s.texts),
    st.builds(domain_errors.NotLinked, s.texts),
    st.builds(domain_errors.PermissionDenied, s.texts, missing=s.texts, role=s.texts, scope=s.texts),
    st.builds(domain_errors.Unavailable, s.texts),
)


def _source(text: str) -> Callable[[object], str]:
    return lambda _: text


_BUILDERS: dict[str, st.SearchStrategy[Message]] = {
    "answer": st.builds(
        answers.answer,
        s.texts,
        st.lists(s.answers, min_size=1, max_size=3),
        source_url=st.none() | s.texts.map(_source),
        can_call_human=st.booleans(),
    ),
    "section": st.builds(answers.section, s.texts, s.sections, s.referred, source_url=s.texts.map(_source)),
    "help_overview": st.builds(help.help_overview, st.lists(st.sampled_from(commands.ALL)).map(tuple)),
    "help_command": st.builds(help.help_command, st.sampled_from(commands.ALL)),
    "small_talk": st.builds(help.small_talk),
    "already_called": st.builds(help.already_called),
    "called_in": st.builds(help.called_in, s.texts | st.just("C123ABC")),
    "feedback_thanks": st.builds(help.feedback_thanks, st.sampled_from(Verdict)),
    "submitted": st.builds(runs.submitted, st.builds(SubmittedRun, run=s.runs, spec=s.specs)),
    "progress": st.builds(runs.progress, s.details, s.texts, now=s.times),
    "status": st.builds(runs.status, s.details, own_latest=st.booleans(), now=s.times),
    "child_list": st.builds(runs.child_list, s.runs, st.lists(s.runs, max_size=30)),
    "outcome_unknown": st.builds(runs.outcome_unknown, s.texts),
    "run_list": st.builds(runs.run_list, s.run_pages, s.filters, mine=st.booleans()),
    "logs": st.builds(reports.logs, s.log_tails, own_latest=st.booleans()),
    "followed": st.builds(reports.followed, s.log_tails),
    "metrics": st.builds(reports.metrics, s.run_metrics, own_latest=st.booleans()),
    "files": st.builds(reports.files, s.runs, s.file_pages, own_latest=st.booleans()),
    "ended": st.builds(runs.ended, s.details, s.texts | st.just("U123ABC")),
    "never_started": st.builds(runs.never_started, s.texts),
    "cancel_requested": st.builds(runs.cancel_requested, s.runs),
    "environment_list": st.builds(environments.environment_list, s.environment_pages),
    "environment": st.builds(environments.environment, s.environment_views),
    "environment_difference": st.builds(environments.environment_difference, s.environment_diffs),
    "environment_made": st.builds(environments.environment_made, s.made_environments),
    "model_list": st.builds(models.model_list, s.model_lists),
    "model": st.builds(models.model, s.models, st.lists(s.models, max_size=14)),
    "model_registered": st.builds(models.model_registered, s.models),
    "deployment": st.builds(snippets.deployment, s.snippets),
    "wheel_added": st.builds(wheels.wheel_added, s.added_wheels),
    "whoami": st.builds(roles.whoami, s.people),
    "person_roles": st.builds(roles.person_roles, s.people),
    "workspace_roles": st.builds(roles.workspace_roles, s.workspaces),
    "role": st.builds(roles.role, s.role_holders),
    "ability": st.builds(roles.ability, s.abilities),
    "who_can": st.builds(roles.who_can, s.who_can),
    "request": st.builds(grants.request, s.role_requests),
    "asked": st.builds(grants.asked, s.some, s.some, st.datetimes()),
    "granted": st.builds(grants.granted, s.role_requests),
    "given_up": st.builds(grants.given_up, s.role_requests),
    "resumed": st.builds(grants.resumed, s.texts | st.just("C123ABC")),
    "approval_asked": st.builds(approvals.approval_asked, s.approval_requests),
    "approval_waits": st.builds(approvals.approval_waits, s.approval_requests),
    "approval_news": st.builds(approvals.approval_news, s.approval_requests),
    "approval_delayed": st.builds(approvals.approval_delayed, s.approval_requests, _ERRORS),
    "approval_given": st.builds(approvals.approval_given, st.integers(0, 9), s.texts),
    "approval_refused": st.builds(approvals.approval_refused, s.texts),
    "audit": st.builds(audit.audit, s.audit_pages, today=st.booleans()),
    "error": st.builds(errors.error, _ERRORS, s.texts, st.none() | s.offers),
    "bug": st.builds(errors.bug, s.texts),
}
# To the one who started a run; and of somebody to whom the message doesn't go.
_MAY_CALL = {"ended", "request", "approval_asked", "approval_waits", "approval_news", "approval_delayed"}
_LEAN = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@pytest.mark.parametrize("builder", _BUILDERS)
@_LEAN
@given(st.data())
def test_a_message_of_any_text_is_sound(builder: str, data: st.DataObject) -> None:
    sound.check(data.draw(_BUILDERS[builder]), may_call=builder in _MAY_CALL)


@_LEAN
@given(s.escalations)
def test_an_escalation_calls_only_ids(escalation: Any) -> None:
    message = help.escalation(escalation)

    sound.check(message, may_call=True)
    ids = {escalation.question.user, *escalation.on_call} & {"U123ABC", "S123ABC"}
    called = set(sound.OWN_MARKUP.findall(message.text)) - {""}
    assert called <= {f"<@{each}>" if each[0] == "U" else f"<!subteam^{each}>" for each in ids}


@_LEAN
@given(s.some, s.some, s.some, st.none() | s.requests)
def test_a_form_of_any_names_is_sound(
    projects: tuple[str, ...], computes: tuple[str, ...], others: tuple[str, ...], values: Any
) -> None:
    sound.check_view(views.submit_form(projects, computes, others, values))
    sound.check_view(views.submit_form_skeleton(projects, values))


@_LEAN
@given(st.none() | _ERRORS, s.texts)
def test_a_form_that_can_not_be_used_is_sound(error: domain_errors.BotError | None, reference: str) -> None:
    sound.check_view(views.submit_form_error(error, reference))


@_LEAN
@given(_ERRORS, s.texts)
def test_the_form_of_a_rejection_is_sound(error: domain_errors.BotError, text: str) -> None:
    sound.check_view(approvals.reject_form("aml-0123456789ab", "C123ABC"))
    sound.check_view(approvals.reject_form_error(error, text))


def _public_builders() -> Iterator[str]:
    for module in (
        answers,
        help,
        runs,
        reports,
        environments,
        roles,
        models,
        snippets,
        wheels,
        errors,
        grants,
        audit,
        approvals,
    ):
        for name, value in vars(module).items():
            if inspect.isfunction(value) and value.__module__ == module.__name__ and not name.startswith("_"):
                yield name


def test_every_builder_of_a_message_is_among_them() -> None:
    others = {
        *(
            "escalation",
            "reject_form",
            "reject_form_error",
            "summary",
            "listed",
            "command_lines",
            "able_people",
            "offered",
            "newest",
            "number",
            "series",
            "picture",
            "file",
        )
    }
    assert set(_public_builders()) - others == set(_BUILDERS)


@_LEAN
@given(s.texts, st.lists(s.metrics, max_size=10), s.texts, st.binary(max_size=20))
def test_an_upload_of_any_names_is_sound(run_id: str, metrics: list[Any], path: str, content: bytes) -> None:
    picture = reports.picture(run_id, reports.series(metrics), content)

    for upload in (picture, reports.file(FetchedFile(run_id, path, content))):
        sound.check_mrkdwn(upload.comment)
        assert len(upload.alt) <= 1_000
        assert upload.content == content
