"""Durable jobs on DBOS, behind `ports.Jobs`. Nothing else in the bot knows DBOS.

A request is one workflow, its key the workflow id, of one piece of work that is tried as a step: at first soon again,
then as a second step with longer pauses. The work may run again after a kill, so what it does is safe to repeat: runs
are looked up by id, table rows have keys, replies look whether they were posted already.
DBOS's own defaults that would lose work are overridden here: the application version is a constant (a hash of the
source would strand pending jobs at every upgrade), payloads are JSON, the engine is ours.
"""

import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
import structlog
from dbos import DBOS, DBOSConfig, PortableWorkflowError, SetWorkflowID
from dbos import DBOSPortableJSONSerializer as JsonSerializer
from dbos import error as dbos_errors

from bot.adapters.turns import take_turns
from bot.domain.errors import Unavailable
from bot.ports import Job

log = structlog.get_logger(__name__)

# Bump only together with a drain: jobs of another version are not resumed.
_JOB_FORMAT = "1"
# Half an hour in all: Slack may be out for longer than a minute, and a reply that is given up is never made. No pause
# is longer than half a minute, so that a reply comes soon after Slack does; DBOS itself caps them at an hour.
_SOON_ATTEMPTS = 5
_PAUSE_SECONDS = 30.0
_LATER_ATTEMPTS = 60
# A job that waits for its next attempt keeps its thread.
_THREADS = 64
# Slack waits 3 s for an acknowledgement: this long for writers of this process, and again for those of others.
_STORE_SECONDS = 1.0
_FORGET_AT_ONCE = 1_000

Work = Callable[[Job], None]

# Which process accepted a request: another one that works it off is a recovery.
_PROCESS = uuid.uuid4().hex

# DBOS finds workflows by name in a process-wide registry, so the handlers it calls are process-wide, too.
_handlers: dict[str, Work] = {}


@DBOS.workflow(name="aml_bot_request")
def _request(handler: str, key: str, payload: dict[str, Any], accepted_by: str) -> None:
    try:
        _work(handler, key, payload, accepted_by)
    except (dbos_errors.DBOSMaxStepRetriesExceeded, PortableWorkflowError):
        # The latter is what the former is read back as after a kill.
        DBOS.sleep(_PAUSE_SECONDS)
        _work_later(handler, key, payload)


@DBOS.step(
    name="aml_bot_work", retries_allowed=True, max_attempts=_SOON_ATTEMPTS, interval_seconds=0.5, backoff_rate=3.0
)
def _work(handler: str, key: str, payload: dict[str, Any], accepted_by: str) -> None:
    status = DBOS.step_status
    _attempt(handler, key, payload, repeated=accepted_by != _PROCESS or bool(status and status.current_attempt))


@DBOS.step(
    name="aml_bot_work_later",
    retries_allowed=True,
    max_attempts=_LATER_ATTEMPTS,
    interval_seconds=_PAUSE_SECONDS,
    backoff_rate=1.0,
)
def _work_later(handler: str, key: str, payload: dict[str, Any]) -> None:
    _attempt(handler, key, payload, repeated=True)


def _attempt(handler: str, key: str, payload: dict[str, Any], *, repeated: bool) -> None:
    try:
        _handlers[handler](Job(key, payload, repeated, handler))
    except Exception:
        # What a person should hear was said by the handler; what comes here is retried, and must be findable.
        log.warning("job_attempt_failed", handler=handler, key=key, exc_info=True)
        raise


class DbosJobs:
    """`ports.Jobs`; one per process, because DBOS is."""

    def __init__(self, engine: sa.Engine) -> None:
        self._turns = take_turns(engine)
        self._probe = sa.create_engine(
            engine.url, pool_size=1, connect_args={"timeout": _STORE_SECONDS, "isolation_level": None}
        )
        config: DBOSConfig = {
            "name": "aml-bot",
            "system_database_engine": engine,
            "system_database_url": engine.url.render_as_string(hide_password=False),
            "application_version": _JOB_FORMAT,
            "executor_id": "aml-bot",  # one process holds the lock of the state folder
            "serializer": JsonSerializer(),
            "log_level": "ERROR",
            "max_executor_threads": _THREADS,
        }
        _handlers.clear()
        self._dbos = DBOS(config=config)

    def register(self, handler: str, work: Work) -> None:
        _handlers[handler] = work

    def start(self) -> None:
        DBOS.launch()

    def accept(self, key: str, handler: str, payload: Mapping[str, Any]) -> None:
        try:
            with self._turns.urgent(_STORE_SECONDS) as came:
                if not came:
                    raise TimeoutError("other writers took too long")  # noqa: TRY301 - told as whatever else stops it
                self._check_writable()
                with SetWorkflowID(key):
                    DBOS.start_workflow(_request, handler, key, dict(payload), _PROCESS)
        except Exception as error:  # whatever stops it, the request is not stored, and its sender must hear that
            raise Unavailable(
                "I couldn't store your request, so nothing was started. Try again in a minute.",
                detail=f"{type(error).__name__}: {error}",
            ) from error

    def _check_writable(self) -> None:
        # DBOS waits for a locked database without end, so a request would be carried out long after its sender was told
        # that it failed. A connection of its own: those of the pool may all be waiting for the same lock. One will do,
        # since requests come in one after the other.
        with self._probe.connect() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            connection.exec_driver_sql("ROLLBACK")

    def forget(self, older_than: timedelta) -> int:
        """Delete what was done that long ago; returns how many. Keys must outlive Slack's redeliveries (minutes)."""
        before = (datetime.now(UTC) - older_than).isoformat()
        done = DBOS.list_workflows(
            status=["SUCCESS", "ERROR"],
            completed_before=before,
            limit=_FORGET_AT_ONCE,
            load_input=False,
            load_output=False,
        )
        DBOS.delete_workflows([each.workflow_id for each in done])
        return len(done)

    def stop(self, grace: float) -> None:
        DBOS.destroy(workflow_completion_timeout_sec=int(grace))
