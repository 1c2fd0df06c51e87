"""`python -m bot.adapters.azureml.child`: does the SDK's calls for the parent that started it; see `wire` for the talk.

The SDK prints to standard output, so the parent's pipe is moved away from there first and prints go to standard error.
When standard input closes the parent is gone, and so is this process, whatever it was doing.
"""

import json
import os
import queue
import sys
import threading
import traceback
from typing import IO, Any

from bot.adapters.azureml import wire
from bot.adapters.azureml.redaction import redacted
from bot.adapters.azureml.translation import Refused
from bot.domain.errors import BotError, Unavailable


def main() -> None:
    """Serve requests until standard input closes."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb", buffering=0)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    config = wire.CONFIG.validate_python(json.loads(sys.stdin.buffer.readline())["config"])

    requests: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(sys.stdin.buffer, requests), name="requests", daemon=True).start()

    from bot.adapters.azureml.sdk import Sdk

    sdk = Sdk(config)
    answers.write(wire.line({"ready": True}))
    while True:
        request = requests.get()
        number = request["id"]
        begun = False

        def effect(number: int = number) -> None:
            nonlocal begun
            begun = True
            answers.write(wire.line({"id": number, "effect": True}))

        try:
            answer = {"id": number, "value": sdk.call(request["method"], request["args"], effect)}
        except BotError as error:
            answer = {"id": number, "error": wire.error_to_wire(judged(error, begun=begun))}
        except Exception:  # noqa: BLE001 - the SDK raises anything; the parent must get an answer, the log the traceback
            trace = redacted(traceback.format_exc(), config.secrets)
            sys.stderr.write(trace)
            answer = {"id": number, "error": wire.error_to_wire(_nonsense(trace, begun=begun))}
        answers.write(wire.line(answer))


def _listen(requests_pipe: IO[bytes], requests: queue.SimpleQueue[dict[str, Any]]) -> None:
    for line in requests_pipe:
        requests.put(json.loads(line))
    # Not sys.exit: the main thread may sit in a call that lasts minutes.
    os._exit(0)


def judged(error: BotError, *, begun: bool) -> BotError:
    """The error to tell of a call whose effect had `begun` or not.

    "Nothing was done" is said before the effect, or when the service refused it; never on a mere silence after it.
    """
    if begun and isinstance(error, Unavailable) and not isinstance(error, Refused):
        kind = wire.CutOff if isinstance(error, wire.NoAnswer) else wire.Garbled
        return kind("I can't say yet whether that happened.", detail=error.detail)
    return error


def _nonsense(trace: str, *, begun: bool) -> BotError:
    if begun:
        return wire.Garbled("I can't say yet whether that happened.", detail=trace[-2000:])
    return Unavailable(
        "Azure Machine Learning's answer made no sense to me, so nothing was done. Try again in a minute.",
        detail=trace[-2000:],
    )


if __name__ == "__main__":
    main()
