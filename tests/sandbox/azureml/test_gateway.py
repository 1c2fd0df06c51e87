"""The hand-over of a listening socket out of a script's network, and what a script could hand over in its place."""

import os
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.sandbox.azureml.gateway import Gateway
from tests.sandbox.azureml.conftest import until


@pytest.fixture
def answered() -> list[socket.socket]:
    return []


@pytest.fixture
def gateway(answered: list[socket.socket]) -> Iterator[Gateway]:
    made = Gateway(answered.append)
    yield made
    made.close()
    for connection in answered:
        connection.close()


def hand_over(gateway: Gateway, *descriptors: int) -> None:
    """What a launcher does with its end of the channel."""
    with socket.socket(fileno=os.dup(gateway.descriptor)) as channel:
        gateway.open()
        if descriptors:
            socket.send_fds(channel, [b"."], descriptors)


def serving() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "gateway"]


def test_connections_are_answered_until_it_is_closed(gateway: Gateway, answered: list[socket.socket]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = listener.getsockname()
        hand_over(gateway, listener.fileno())
    for _ in range(2):
        socket.create_connection(address, 5).close()
    until(lambda: len(answered) == 2, "both connections")

    gateway.close()

    until(lambda: not serving(), "the end of the thread")
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(address, 5)


def nothing(_folder: Path) -> tuple[int, ...]:
    return ()


def a_file(folder: Path) -> tuple[int, ...]:
    return (os.open(folder / "file", os.O_CREAT | os.O_RDWR),)


def a_socket_that_listens_to_nobody(_folder: Path) -> tuple[int, ...]:
    return (socket.socket().detach(),)


@pytest.mark.parametrize("handed", [nothing, a_file, a_socket_that_listens_to_nobody])
def test_anything_else_ends_it_quietly(
    gateway: Gateway, tmp_path: Path, handed: Callable[[Path], tuple[int, ...]]
) -> None:
    descriptors = handed(tmp_path)

    hand_over(gateway, *descriptors)

    until(lambda: not serving(), "the end of the thread")
    for descriptor in descriptors:
        os.close(descriptor)


def test_one_that_is_closed_before_anything_came_ends(gateway: Gateway) -> None:
    with socket.socket(fileno=os.dup(gateway.descriptor)):
        gateway.open()

        gateway.close()

        until(lambda: not serving(), "the end of the thread")
