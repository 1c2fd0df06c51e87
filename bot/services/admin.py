"""What the people who look after the bot may see of it."""

from bot.domain.access import Principal
from bot.domain.commands import ADMIN
from bot.domain.faq_source import FaqState
from bot.services.faq_source import FaqSource
from bot.services.guard import Guard


class Admin:
    """The state of what the bot answers from."""

    def __init__(self, faq: FaqSource, guard: Guard) -> None:
        self._faq = faq
        self._guard = guard

    def faq(self, principal: Principal) -> FaqState:
        """The FAQ in use, and what is wrong with it or with a newer version.

        Raises:
            PermissionDenied: `principal` may not see it.
        """
        with self._guard.allow(principal, ADMIN) as attempt:
            state = self._faq.state()
            attempt.detail = f"version={state.version}"
        return state
