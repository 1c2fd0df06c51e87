"""The Azure ML sandbox of the contracts, for what happens when the services behind the guard are in trouble."""

from tests.contracts.conftest import running_sandbox, sandbox

__all__ = ["running_sandbox", "sandbox"]
