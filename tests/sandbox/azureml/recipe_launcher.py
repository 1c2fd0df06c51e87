"""Runs a recipe of the FAQ as a reader would: its code, verbatim, in a fresh process. Started by test_recipes.

    python recipe_launcher.py SANDBOX.json CODE.py

It supplies what a reader has and the page can't: a config.json, and a sign-in in place of the browser.
"""

import json
import runpy
import sys
from pathlib import Path
from typing import Any

from azureml.core import workspace
from azureml.core.authentication import ServicePrincipalAuthentication


def main() -> None:
    info: dict[str, Any] = json.loads(Path(sys.argv[1]).read_text())
    names = {"subscription_id": "subscription_id", "resource_group": "resource_group", "workspace_name": "workspace"}
    Path("config.json").write_text(json.dumps({key: info[name] for key, name in names.items()}))

    def sign_in(*_: Any, **__: Any) -> ServicePrincipalAuthentication:
        return ServicePrincipalAuthentication(
            info["tenant_id"], info["client_id"], info["client_secret"], cloud="AzureCloud"
        )

    workspace.InteractiveLoginAuthentication = sign_in
    runpy.run_path(sys.argv[2], run_name="__main__")


if __name__ == "__main__":
    main()
