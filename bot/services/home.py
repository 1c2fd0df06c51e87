"""What somebody may do, told without their trying."""

from bot.domain import commands
from bot.domain.access import Caller
from bot.domain.errors import BotError
from bot.domain.home import Standing
from bot.services.doors import open_to_everyone
from bot.services.guard import Guard
from bot.services.identity import Identity


class Home:
    """Tells people their standing; whatever can't be found out counts as no."""

    def __init__(self, guard: Guard, identity: Identity) -> None:
        self._guard = guard
        self._identity = identity

    @open_to_everyone("tells a person what the guard would let them do, and does nothing")
    def standing(self, caller: Caller) -> Standing:
        """What `caller` may do now; no attempt, so it isn't audited."""
        try:
            principal = self._identity.known(caller)
            may = tuple(each for each in commands.ALL if not each.guarded or self._guard.may(principal, each))
            return Standing(may, principal, self._guard.access(principal.object_id).role_names())
        except BotError as error:
            return Standing(why=error.user_message)
