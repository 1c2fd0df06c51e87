"""What the people who look after the bot may see of it."""

from bot.domain.access import Principal
from bot.domain.commands import ADMIN
from bot.domain.faq_source import FaqState
from bot.domain.policy import PolicyState
from bot.services.faq_source import FaqSource
from bot.services.guard import Guard
from bot.services.policy import PolicySource


class Admin:
    """The state of what the bot answers from, and of what it lets people do."""

    def __init__(self, faq: FaqSource, policies: PolicySource, guard: Guard) -> None:
        self._faq = faq
        self._policies = policies
        self._guard = guard

    def state(self, principal: Principal) -> tuple[FaqState, PolicyState]:
        """The FAQ and the policy in use, and what is wrong with them or with newer versions.

        Raises:
            PermissionDenied: `principal` may not see it.
        """
        with self._guard.allow(principal, ADMIN) as attempt:
            faq, policy = self._faq.state(), self._policies.state()
            attempt.detail = f"faq={faq.version} policy={policy.policy.digest}"
        return faq, policy
