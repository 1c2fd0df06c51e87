"""The workspace's page over plain HTTP: who may come in, what it shows as it happens, and what it refuses."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests

from bot.sandbox.azureml import seed
from tests.sandbox.azureml.conftest import SandboxProcess, until

LOGGING = """
import time
from azureml.core import Run
run = Run.get_context()
print("caf\\u00e9 <b>begins</b>", flush=True)
for step in range(3):
    run.log("loss", 1 / (step + 1))
run.log_row("points", x=1, y=2)
with open("outputs/plot.png", "wb") as file:
    file.write(b"\\x89PNG\\r\\n\\x1a\\n")
with open("outputs/page.html", "w") as file:
    file.write("<script>alert(1)</script>")
while True:
    print("tick", flush=True)
    time.sleep(0.1)
"""


@dataclass
class Visitor:
    """Somebody who sends requests to the page; `token` is what was in the printed address."""

    address: str
    token: str = ""
    session: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self) -> None:
        self.session.trust_env = False

    @property
    def origin(self) -> str:
        return self.address.partition("/studio")[0]

    def ask(self, path: str, method: str = "GET", body: Any = None, **headers: str) -> requests.Response:
        """A request; a header that is "" is left out."""
        data = body if body is None or isinstance(body, str) else json.dumps(body)
        sent = {
            "Authorization": f"Bearer {self.token}" if self.token else "",
            "Content_Type": "application/json" if data else "",
            **headers,
        }
        named = {name.replace("_", "-"): value for name, value in sent.items() if value}
        address = f"{self.origin}{path}" if path.startswith("/") else f"{self.origin}/studio/{path}"
        return self.session.request(method, address, data=data, headers=named, timeout=40)

    def see(self, path: str) -> Any:
        answer = self.ask(f"see/{path}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def do(self, what: str, **body: Any) -> requests.Response:
        return self.ask(f"do/{what}", "POST", body, Origin=self.origin)


@pytest.fixture
def stranger(sandbox: SandboxProcess) -> Visitor:
    """Somebody on this machine who knows the address, and has no token."""
    return Visitor(sandbox.info["page"].partition("#")[0])


@pytest.fixture
def visitor(sandbox: SandboxProcess) -> Iterator[Visitor]:
    """Somebody who opened the address that the sandbox printed."""
    address, _, token = sandbox.info["page"].partition("#token=")
    made = Visitor(address, token)
    yield made
    made.session.close()


def test_the_token_is_in_the_printed_address_where_it_is_sent_to_nobody(visitor: Visitor) -> None:
    shell = visitor.ask("")

    assert len(visitor.token) >= 32
    assert shell.status_code == 200
    assert "<main" in shell.text
    assert visitor.token not in shell.text
    assert "Set-Cookie" not in shell.headers


@pytest.mark.parametrize("path", ["see/workspace", "see/run?id=x", "file/x/user_logs/std_log.txt"])
def test_without_the_token_nothing_is_shown(stranger: Visitor, path: str) -> None:
    for answer in (stranger.ask(path), stranger.ask(path, Authorization="Bearer wrong")):
        assert answer.status_code == 403
        assert "whole address" in answer.json()["message"]


def test_without_the_token_no_role_is_handed_out(stranger: Visitor, sandbox: SandboxProcess) -> None:
    before = sandbox.control("GET", "role-assignments")

    answer = stranger.do("grant", principal=seed.RUI.object_id, role="Owner")

    assert answer.status_code == 403
    assert sandbox.control("GET", "role-assignments") == before


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "127.0.0.1", "localhost"])
def test_a_name_that_was_rebound_to_loopback_is_refused_with_the_right_token_even(visitor: Visitor, host: str) -> None:
    body = {"principal": seed.RUI.object_id, "role": "Owner"}

    assert visitor.ask("", Host=host).status_code == 421
    assert visitor.ask("see/workspace", Host=host).status_code == 421
    assert visitor.ask("do/grant", "POST", body, Host=host, Origin=f"http://{host}").status_code == 421


FOREIGN = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://127.0.0.1:1"},
    {"Origin": ""},
    {"Sec_Fetch_Site": "cross-site"},
    {"Sec_Fetch_Site": "same-site"},
    {"Content_Type": "text/plain"},
]


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_another_page_can_do_nothing_even_with_the_token(visitor: Visitor, headers: dict[str, str]) -> None:
    body = {"principal": seed.RUI.object_id, "role": "Owner"}

    answer = visitor.ask("do/grant", "POST", body, **{"Origin": visitor.origin, **headers})

    assert answer.status_code in (403, 415)
    assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize("path", ["", "runs/x", "see/workspace", "static/app.js", "static/nothing.js", "see/no", "/"])
def test_every_answer_forbids_inline_scripts_foreign_assets_and_frames(stranger: Visitor, path: str) -> None:
    headers = stranger.ask(path).headers

    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert policy["img-src"] == "'self' blob:"
    assert policy["frame-ancestors"] == policy["base-uri"] == policy["form-action"] == "'none'"
    assert policy["require-trusted-types-for"] == "'script'"
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "Access-Control-Allow-Origin" not in headers


@pytest.mark.parametrize("name", ["..%2froutes.py", "%2e%2e/door.py", "app.js%00.css", "routes.py", "__init__.py"])
def test_only_the_page_s_own_files_are_served(stranger: Visitor, name: str) -> None:
    assert stranger.ask(f"static/{name}").status_code in (403, 404, 200)
    assert "import" not in stranger.ask(f"static/{name}").text.partition("<!doctype")[0]


def test_it_can_t_be_a_part_of_another_page(stranger: Visitor) -> None:
    assert stranger.ask("", Sec_Fetch_Dest="iframe").status_code == 403


def test_the_studio_that_clients_are_told_of_is_this_page_without_its_secret(
    sandbox: SandboxProcess, visitor: Visitor
) -> None:
    studio = sandbox.call("GET", seed.DATA_HOST, "/discovery", token=None).json()["studio"]

    assert studio == f"{visitor.origin}/studio"
    run = visitor.session.get(f"{studio}/runs/some-run?wsid=/subscriptions/1&tid=2", timeout=10)
    assert run.status_code == 200
    assert visitor.token not in run.text


def test_a_run_is_seen_from_its_first_line_to_its_files(sandbox: SandboxProcess, visitor: Visitor) -> None:
    sandbox.submit(LOGGING, "live-1").raise_for_status()
    until(lambda: len(visitor.see("run?id=live-1")["metrics"]) == 3, "the metrics")

    run = visitor.see("run?id=live-1")
    first = visitor.see("log?id=live-1&path=user_logs/std_log.txt&from=-1")
    more = visitor.see(f"log?id=live-1&path=user_logs/std_log.txt&from={first['next']}")

    assert run["status"] == "Running"
    assert not run["is_final"]
    loss, x, y = run["metrics"]
    assert (loss["name"], [round(value, 2) for value in loss["values"]]) == ("loss", [1, 0.5, 0.33])
    assert (x, y) == ({"name": "points/x", "values": [1]}, {"name": "points/y", "values": [2]})
    assert "caf\u00e9 <b>begins</b>" in first["text"]
    assert "tick" in more["text"]
    assert not more["is_over"]
    cluster = visitor.see("workspace")["compute"][0]
    assert (cluster["busy"], cluster["running"]) == (1, ["live-1"])

    assert visitor.do("cancel", run="live-1").status_code == 200
    assert sandbox.ended("live-1") == "Canceled"
    files = [file["path"] for file in visitor.see("run?id=live-1")["files"]]
    assert {"outputs/plot.png", "outputs/page.html", "user_logs/std_log.txt"} <= set(files)
    assert visitor.ask("file/live-1/outputs/plot.png").headers["Content-Type"] == "image/png"
    assert visitor.ask("file/live-1/outputs/page.html").headers["Content-Type"] == "application/octet-stream"
    assert visitor.ask("file/live-1/%2e%2e/%2e%2e/sandbox.db").status_code in (403, 404)
    end = visitor.see(f"log?id=live-1&path=user_logs/std_log.txt&from={more['next']}")
    while not end["is_over"]:
        end = visitor.see(f"log?id=live-1&path=user_logs/std_log.txt&from={end['next']}")


def test_an_answer_waits_for_news_and_comes_with_them(sandbox: SandboxProcess, visitor: Visitor) -> None:
    before = visitor.see("workspace")
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(visitor.see, f"workspace?stamp={before['stamp']}")
        assert not waiting.done()

        made = sandbox.control("POST", "role-assignments", {"principal_id": seed.CHEN.object_id, "role": "Reader"})

        after = waiting.result(30)
    assert made["name"] in [each["name"] for each in after["access"]["assignments"]]
    assert after["stamp"] != before["stamp"]
    sandbox.control("DELETE", f"role-assignments/{made['name']}")


def test_a_role_is_granted_and_revoked_and_what_it_allows_is_shown(visitor: Visitor) -> None:
    def may_submit() -> bool:
        access = visitor.see("workspace")["access"]
        row = next(each for each in access["may"] if each["name"] == "Rui Reis")
        return bool(row["deeds"][access["deeds"].index("Submit runs")])

    assert not may_submit()

    made = visitor.do("grant", principal=seed.RUI.object_id, role="AzureML Data Scientist").json()
    again = visitor.do("grant", principal=seed.RUI.object_id, role="AzureML Data Scientist")

    assert may_submit()
    assert again.status_code == 409
    assert "already exists" in again.json()["message"]
    assert visitor.do("revoke", name=made["name"]).status_code == 200
    assert not may_submit()


@pytest.mark.parametrize(
    "asked",
    [
        {"principal": "nobody", "role": "Reader"},
        {"principal": seed.RUI.object_id, "role": "No such role"},
        {"principal": seed.RUI.object_id, "role": "Owner", "scope": "/subscriptions/other"},
    ],
    ids=str,
)
def test_what_can_t_be_granted_is_refused_in_words(visitor: Visitor, asked: dict[str, str]) -> None:
    answer = visitor.do("grant", **asked)

    assert answer.status_code in (400, 404)
    assert answer.json()["message"]


def test_a_deny_assignment_is_shown_and_taken_away(sandbox: SandboxProcess, visitor: Visitor) -> None:
    made = sandbox.control("POST", "deny-assignments", {"actions": ["*/write"], "name": "freeze"})

    shown = visitor.see("workspace")["access"]["denials"]

    assert [(each["called"], each["principals"]) for each in shown] == [("freeze", ["Everyone"])]
    assert visitor.do("allow", name=made["name"]).status_code == 200
    assert visitor.see("workspace")["access"]["denials"] == []


def test_environments_tell_whether_they_are_built(sandbox: SandboxProcess, visitor: Visitor) -> None:
    definition = next(each for each in seed.ENVIRONMENTS if each["name"] == "demo-env")
    sandbox.submit("print('built')", "uses-demo-env", environment=definition).raise_for_status()
    old = definition | {"python": {"condaDependencies": {"dependencies": ["python=2.6"]}}}
    address = f"/environment/v1.0{seed.WORKSPACE_SCOPE}/environments/old-env"
    sandbox.call("PUT", seed.DATA_HOST, address, json=old).raise_for_status()
    assert sandbox.ended("uses-demo-env") == "Completed"

    shown = {each["name"]: each for each in visitor.see("workspace")["environments"]}

    assert shown["demo-env"]["state"] == "Built"
    assert shown["AzureML-pytorch-2.2-cpu"]["state"] in ("Not built", "Can't be built")
    assert shown["old-env"]["state"] == "Can't be built"
    assert "Python 2.6" in shown["old-env"]["why"]
