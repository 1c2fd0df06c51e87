"""Who is behind a stored request."""

from bot.domain.access import Caller
from bot.domain.audit import digest_of
from bot.handlers.reply import Place
from bot.ports import Job

# What was asked, whatever it came as: words, the fields of a form, a button and its value.
_ASKED = ("text", "request", "action_id", "value", "run_id")


def caller_of(job: Job, place: Place) -> Caller:
    """The person at `place` whose request `job` is, with a digest of what they asked."""
    asked = {name: job.payload[name] for name in _ASKED if name in job.payload}
    delivery = str(job.payload.get("delivery", ""))
    return Caller(place.team, place.user, place.channel, job.key, delivery, digest_of(job.key, asked))
