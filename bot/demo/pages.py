"""The two pages in the browser, each leading to the other."""

import json
import urllib.request
from typing import Any

from bot.sandbox.slack.client import SandboxClient


def link(slack: dict[str, Any], azure: dict[str, Any]) -> None:
    """Tell each sandbox (by its ready line) the address of the other's page; both hold a token."""
    SandboxClient.from_ready(slack).post("beside", name="Azure ML", address=azure["page"])
    request = urllib.request.Request(  # noqa: S310 - the sandbox's own loopback address
        f"{azure['control']}/beside",
        data=json.dumps({"name": "Slack", "address": slack["page"]}).encode(),
        headers={"Authorization": f"Bearer {azure['control_token']}", "Content-Type": "application/json"},
    )
    urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=10).close()
