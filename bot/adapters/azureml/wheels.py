"""Private wheels on azureml-core. A part of `sdk.Sdk`; imported by the child only."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import requests
from azureml._restclient.artifacts_client import ArtifactsClient
from azureml.core import Environment

from bot.adapters.azureml import content
from bot.adapters.azureml.environments import WHEELS, EnvironmentCalls
from bot.adapters.azureml.translation import failed, refused_or_unknown, status_of
from bot.domain.errors import Unavailable
from bot.domain.wheels import LARGEST, AddedWheel, Wheel

_SECONDS = (5.0, 30.0)
_PIECE = 1 << 18


class WheelCalls(EnvironmentCalls):
    """What `Sdk` does with wheels."""

    def add_wheel(self, wheel: Wheel, effect: Callable[[], None]) -> AddedWheel:
        """See `ports.Workspace.add_wheel`."""
        if (kept := self._kept(wheel.file)) is not None:
            return AddedWheel(wheel, kept.partition("?")[0], new=False, same=self._digest(kept) == wheel.sha256)
        workspace = self._workspace()
        effect()
        try:
            address = Environment.add_private_pip_wheel(workspace, str(Path(wheel.path)), exist_ok=False)
        except Exception as error:  # noqa: BLE001 - judged after a look-up
            return self._settled_wheel(wheel, error)
        return AddedWheel(wheel, str(address), new=True)

    def _settled_wheel(self, wheel: Wheel, failure: Exception) -> AddedWheel:
        # Somebody else may have added one of that name meanwhile, or the answer was lost: what is kept decides.
        try:
            kept = self._kept(wheel.file)
            same = kept is not None and self._digest(kept) == wheel.sha256
        except Unavailable:
            kept, same = None, False
        if kept is not None and same:
            return AddedWheel(wheel, kept.partition("?")[0], new=True)
        raise refused_or_unknown(failure, "add wheels", self._secrets) from failure

    def _kept(self, file: str) -> str | None:
        try:
            return str(ArtifactsClient(self._workspace().service_context).get_file_uri(*WHEELS, file))
        except Exception as error:
            if status_of(error) == 404:
                return None
            raise failed(error, "read wheels", self._secrets) from error

    def _digest(self, address: str) -> str:
        # The address carries its own signature: no token goes there.
        digest, size = hashlib.sha256(), 0
        try:
            with requests.get(address, stream=True, timeout=_SECONDS) as answer:
                if answer.status_code == 404:
                    return ""
                content.check_storage(answer)
                for piece in answer.iter_content(_PIECE):
                    size += len(piece)
                    if size > LARGEST:
                        return ""
                    digest.update(piece)
        except Exception as error:
            raise failed(error, "read wheels", self._secrets) from error
        return digest.hexdigest()
