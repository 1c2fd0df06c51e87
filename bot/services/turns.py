"""One run at a time is started for a person who may have only so many: two submits at once can't both be the last."""

import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

from bot.domain.access import Caller
from bot.domain.policy import Exceeded
from bot.domain.runs import RunFilter
from bot.ports import WatchList, Workspace
from bot.services.admission import Admitted, beyond
from bot.services.doors import open_to_everyone

_LOOKED_AT = 100
_NAMED = 5


class Turns:
    """Counts runs under way: those that Azure ML lists as the person's, and those whose start isn't settled yet."""

    def __init__(self, workspace: Workspace, watch_list: WatchList, scope: str) -> None:
        self._workspace = workspace
        self._watch_list = watch_list
        self._scope = scope
        self._locks: defaultdict[tuple[str, str], threading.Lock] = defaultdict(threading.Lock)
        self._making = threading.Lock()

    @open_to_everyone("Runs asks the guard before it takes a turn")
    @contextmanager
    def take(self, caller: Caller, admitted: Admitted, run_id: str) -> Iterator[None]:
        """Start the run inside this context.

        Raises:
            PermissionDenied: the person has as many runs as the policy lets them have.
        """
        limit = admitted.terms.runs
        if limit is None or admitted.terms.runs_by is None:
            yield
            return
        with self._making:
            lock = self._locks[caller.team, caller.user]
        with lock:
            running = sorted(self._running(caller) - {run_id})
            if len(running) >= limit:
                named = ", ".join(running[:_NAMED]) + (" and more" if len(running) > _NAMED else "")
                most = "1 run at a time" if limit == 1 else f"{limit} runs at a time"
                exceeded = Exceeded(most, f"one more while there are {named}", admitted.terms.runs_by)
                raise beyond(exceeded, admitted.policy, self._scope)
            yield

    def _running(self, caller: Caller) -> set[str]:
        listed = self._workspace.list_runs(_LOOKED_AT, RunFilter(submitted_by=f"{caller.team}/{caller.user}"))
        unsettled = {
            each.run_id
            for each in self._watch_list.all()
            if each.unsettled and (each.team, each.user) == (caller.team, caller.user)
        }
        return {run.id for run in listed if not run.status.is_final} | unsettled
