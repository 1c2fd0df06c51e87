"""Requests about what runs report: metrics, logs and files."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from bot.blocks import plots, reports
from bot.domain import commands as table
from bot.domain.access import Caller
from bot.domain.reports import FollowedLog
from bot.handlers.reply import Posted, Reply
from bot.parse import actions, requests
from bot.services.identity import Identity
from bot.services.reports import Reports

LOG_LINES = 60
FILES_SHOWN = 12


class ReportCommands:
    """Carries them out. Pictures and files are for everybody at the place: Slack shows no file to one person alone."""

    def __init__(self, identity: Identity, service: Reports) -> None:
        self._identity = identity
        self._service = service

    def handlers(self) -> Mapping[type[Any], Callable[[Any, Caller, Reply], None]]:
        """What works off which kind of request."""
        return {
            requests.Metrics: self._metrics,
            requests.Logs: self._logs,
            requests.Files: self._files,
            requests.FetchFile: self._fetch,
        }

    def clicks(self) -> Mapping[str, Callable[[str, Caller, Reply, Posted | None], None]]:
        """What works off a click, by the button's action; it is given the button's value and the message it is in,
        where others see that message too."""
        return {"more_files": self._more_files, "get_file": self._get_file, "whole_log": self._whole_log}

    def _metrics(self, request: requests.Metrics, caller: Caller, reply: Reply) -> None:
        found = self._service.metrics(self._identity.principal(caller, table.METRICS), request.run_id)
        message = reports.metrics(found, own_latest=not request.run_id)
        shown = reports.series(found.metrics)[: reports.PANELS]
        if not shown:
            reply.shown(message)
            return
        posted = reply.public(message)
        png = plots.series_png(f"Run {found.run.id}", shown)
        reply.upload(reports.picture(found.run.id, shown, png), beside=posted)

    def _logs(self, request: requests.Logs, caller: Caller, reply: Reply) -> None:
        principal = self._identity.principal(caller, table.LOGS)
        if request.whole:
            reply.upload(reports.file(self._service.whole_log(principal, request.run_id, request.file)))
            return
        tail = self._service.logs(principal, request.run_id, LOG_LINES, request.file)
        if not request.follow:
            reply.shown(reports.logs(tail, own_latest=not request.run_id))
        elif tail.run.status.is_final and not reply.repeated:
            reply.shown(reports.followed(tail))
        else:
            # An earlier try may have posted while the run went on: that message must be brought to the end too.
            posted = reply.public(reports.followed(tail))
            here = posted.channel == reply.place.channel
            self._service.follow(
                FollowedLog(
                    key=caller.key,
                    run_id=tail.run.id,
                    file=tail.file,
                    team=caller.team,
                    user=caller.user,
                    channel=posted.channel,
                    ts=posted.ts,
                    thread_ts=(reply.place.thread_ts if here else "") or posted.ts,
                    since=datetime.now(UTC),
                )
            )

    def _files(self, request: requests.Files, caller: Caller, reply: Reply) -> None:
        principal = self._identity.principal(caller, table.FILES)
        run, page = self._service.files(principal, request.run_id, request.start, FILES_SHOWN)
        reply.shown(reports.files(run, page, own_latest=not request.run_id))

    def _fetch(self, request: requests.FetchFile, caller: Caller, reply: Reply, beside: Posted | None = None) -> None:
        principal = self._identity.principal(caller, table.FILES)
        reply.upload(reports.file(self._service.fetch(principal, request.run_id, request.file)), beside=beside)

    def _more_files(self, value: str, caller: Caller, reply: Reply, _message: Posted | None) -> None:
        self._files(actions.files_page(value), caller, reply)

    def _get_file(self, value: str, caller: Caller, reply: Reply, message: Posted | None) -> None:
        self._fetch(actions.run_file(value), caller, reply, message)

    def _whole_log(self, value: str, caller: Caller, reply: Reply, message: Posted | None) -> None:
        request = actions.run_log(value)
        principal = self._identity.principal(caller, table.LOGS)
        fetched = self._service.whole_log(principal, request.run_id, request.file)
        reply.upload(reports.file(fetched), beside=message)
