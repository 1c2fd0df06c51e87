"""Which service methods ask no guard, and why: whatever isn't marked here is held to asking it, by tests/services."""

from collections.abc import Callable
from typing import Any, TypeVar

Method = TypeVar("Method", bound=Callable[..., Any])


def open_to_everyone(because: str) -> Callable[[Method], Method]:
    """Mark a public service method that everybody reaches, whatever their roles; `because` is read by people."""

    def mark(method: Method) -> Method:
        method.__dict__["open_because"] = because
        return method

    return mark
