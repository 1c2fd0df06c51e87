"""The policy in force, exchanged as a whole when its file changes."""

import re
import threading
import uuid
from datetime import UTC, datetime

import structlog

from bot.domain.audit import change
from bot.domain.errors import ConfigurationError, Unavailable
from bot.domain.policy import InvalidPolicy, Policy, PolicyState
from bot.ports import Audit, PolicyOrigin
from bot.services.doors import open_to_everyone

log = structlog.get_logger(__name__)

CHANGE = "policy"
"""What the audit calls a change of the policy."""
_DIGEST = re.compile(r"digest ([0-9a-f]{12})\b")


class PolicySource:
    """`ports.Policies`. `current` never reads the file; `refresh` takes over what has changed there.

    A content that isn't understood is refused: the policy before it stays in force. When the file is gone or can't be
    read, none is. A change is taken once two looks in a row have seen it, as half of a file can be a policy, too; and
    only once the audit has it. `last_known` is what the audit's last row of a change says, "" when there is none.

    Raises (when made):
        ConfigurationError: there is no usable policy, or the audit doesn't take that it has changed.
    """

    def __init__(self, origin: PolicyOrigin, audit: Audit, *, last_known: str = "") -> None:
        self._origin = origin
        self._audit = audit
        self._refreshing = threading.Lock()
        self._seen = ""
        policy = origin.read()
        self._state = PolicyState(policy, datetime.now(UTC))
        found = _DIGEST.search(last_known)
        before = found[1] if found else ""
        if before != policy.digest:
            try:
                self._note("done", f"digest {policy.digest}, {f'was {before}' if before else 'the first one'}")
            except Unavailable as error:
                raise ConfigurationError(error.user_message, detail=error.detail) from error

    @open_to_everyone("the guard and the identities ask it; it only reads")
    def current(self) -> Policy:
        """The policy in force. Raises Unavailable when its file is gone."""
        state = self._state
        if state.missing:
            raise Unavailable(
                "My policy file is gone or can't be read, so I do nothing that needs a permission. An administrator of "
                "the bot must restore it.",
                detail="policy missing",
            )
        return state.policy

    @open_to_everyone("it only looks; who may see it is asked by Admin")
    def state(self) -> PolicyState:
        """What is in force, and what isn't."""
        return self._state

    @open_to_everyone("the clock calls it, nobody else")
    def refresh(self) -> PolicyState:
        """Look at the file and take over what has changed. Never raises for what is written there."""
        with self._refreshing:
            try:
                self._look()
            except Unavailable as error:
                # Without its row in the audit nothing changes; the next look tries again.
                log.warning("policy_change_not_audited", cause=error.detail)
            return self._state

    def _look(self) -> None:
        policy, wrong = None, None
        try:
            policy = self._origin.read()
        except InvalidPolicy as error:
            wrong = error
        except ConfigurationError as error:
            self._miss(error)
            return
        digest = policy.digest if policy else wrong.digest if wrong else ""
        state = self._state
        if state.missing and digest == state.policy.digest:
            self._note("done", f"digest {digest}, readable again")
        if digest == state.policy.digest:
            self._state, self._seen = PolicyState(state.policy, state.loaded), digest
        elif digest != self._seen:
            self._seen = digest  # it may still be written
        elif policy is not None:
            self._note("done", f"digest {digest}, was {state.policy.digest}")
            self._state = PolicyState(policy, datetime.now(UTC))
            log.info("policy_changed", digest=digest, was=state.policy.digest)
        elif wrong is not None and digest != state.refused_digest:
            self._refuse(wrong)

    def _refuse(self, wrong: InvalidPolicy) -> None:
        # One that was missing is there again, but what it says now isn't what was in force: nothing is, as before.
        state = self._state
        self._state = PolicyState(state.policy, state.loaded, wrong.sentences, wrong.digest, state.missing)
        log.error("policy_change_refused", digest=wrong.digest, complaints=wrong.sentences)
        self._note("failed", f"refused {wrong.digest}, {wrong.detail}; in force: digest {state.policy.digest}")

    def _miss(self, error: ConfigurationError) -> None:
        state = self._state
        if state.missing:
            return
        self._state, self._seen = PolicyState(state.policy, state.loaded, missing=error.user_message), ""
        log.error("policy_missing", reason=error.user_message)
        self._note("failed", f"missing; was digest {state.policy.digest}")

    def _note(self, result: str, reason: str) -> None:
        self._audit.write(change(CHANGE, f"policy:{uuid.uuid4()}", reason, result=result))
