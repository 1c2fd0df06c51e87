"""The one way out of a confined script's network: to the sandbox's own services.

The script's launcher opens a listening socket in that network, at the address that HTTPS_PROXY names, and hands it to
the sandbox. A socket stays in the network it was made in, whoever accepts on it: so the sandbox answers there as it
does outside, and nothing else does.
"""

import array
import contextlib
import os
import socket
import threading
from collections.abc import Callable
from typing import Final

_ONE: Final = array.array("i", [0])


class Gateway:
    """For one start of one script. `answer` takes a connection and returns at once."""

    def __init__(self, answer: Callable[[socket.socket], None]) -> None:
        self._answer = answer
        self._ours, self._theirs = socket.socketpair()
        self._guard = threading.Lock()
        self._listener: socket.socket | None = None
        self._closed = False

    @property
    def descriptor(self) -> int:
        """What the launcher gets to hand its listening socket over."""
        return self._theirs.fileno()

    def open(self) -> None:
        """Answer in the script's network, as soon as the launcher (which has started) listens in it."""
        self._theirs.close()
        threading.Thread(target=self._serve, name="gateway", daemon=True).start()

    def close(self) -> None:
        """Answer no more. Connections that are open end with the script."""
        with self._guard:
            self._closed = True
            for waiting in (self._listener, self._ours):
                if waiting is not None:
                    with contextlib.suppress(OSError):
                        waiting.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits for it

    def _serve(self) -> None:
        with self._ours:
            listener = _received(self._ours)
        if listener is None:
            return
        with listener:
            with self._guard:
                if self._closed:
                    return
                self._listener = listener
            # It ends when `close` wakes it, or at once where the script handed over what isn't a listening socket.
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    self._answer(connection)


def _received(channel: socket.socket) -> socket.socket | None:
    """The socket that comes over `channel`; None when its other end is closed before, or when it is none."""
    try:
        _, ancillary, _, _ = channel.recvmsg(1, socket.CMSG_SPACE(_ONE.itemsize))
    except OSError:
        return None
    rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS)
    handed = next((data for level, kind, data in ancillary if (level, kind) == rights), b"")
    if len(handed) < _ONE.itemsize:
        return None
    descriptor = array.array("i", handed[: _ONE.itemsize])[0]
    try:
        return socket.socket(fileno=descriptor)
    except OSError:  # a script's own code may come before the launcher's, and hand over anything
        os.close(descriptor)
        return None
