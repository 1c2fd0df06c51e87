"""A configuration that can't be used: one sentence with what to do next, exit code 2, and no secret in it."""

import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace

import pytest

from tests.behaviours.team import clean_environment
from tests.cli.conftest import AML_BOT, Configuration, sentence

# What is wrong with the settings: a line (a regular expression), what stands there instead, and what is said.
WRONG_SETTINGS = {
    "not toml": ("policy = .*", "policy = ", "isn't valid TOML"),
    "unknown setting": ("watch_interval = .*", "watch_intervall = 5", "(did you mean watch_interval?)"),
    "unknown table": (r"\[help\]", "[helpp]", "helpp is not a setting (did you mean help?)"),
    "missing token": ("bot_token = .*", "", "slack.bot_token is missing (or set AML_BOT_SLACK__BOT_TOKEN)"),
    "missing policy": ("policy = .*", "", "policy is missing (or set AML_BOT_POLICY)"),
    "wrong type": ("watch_interval = .*", 'watch_interval = "often"', "azure.watch_interval: input should be a valid"),
    "out of range": ("role_cache = .*", "role_cache = 3600", "azure.role_cache: input should be less than or equal"),
    "not a guid": ("subscription_id = .*", 'subscription_id = "mine"', "azure.subscription_id must be a GUID"),
    "half a sign-in": ("client_secret = .*", "", "azure.client_secret (or azure.client_certificate)"),
    "project without folder": ("folder = .*", "", "either a folder or a Git repository"),
}


@pytest.mark.parametrize("case", WRONG_SETTINGS)
def test_a_wrong_setting_is_refused_by_name(configuration: Configuration, case: str) -> None:
    line, instead, said = WRONG_SETTINGS[case]
    configuration.change(line, instead)

    refusal = configuration.refusal()

    assert said in refusal
    assert "aml-bot.toml" in refusal


# The same of one more workspace: what its table holds besides its name in Azure.
WRONG_WORKSPACES = {
    "the default's name": ("[workspaces.ml-team]", "", ": two workspaces have the same name"),
    "no name for people": ('[workspaces."a b"]', "", "workspaces.a b"),
    "two secrets": (
        "[workspaces.lab]",
        'client_secret = "x"\nclient_certificate = "y"',
        ": workspaces.lab.client_secret",
    ),
    "half a sign-in": ("[workspaces.lab]", 'client_id = ""', ": a service principal needs workspaces.lab.client_id"),
    "nobody's browser": ("[workspaces.lab]", 'sign_in = "interactive"', "workspaces.lab.sign_in is interactive, but"),
    "not a channel": ("[workspaces.lab]", 'channels = ["general"]', "workspaces.lab.channels.0"),
}


@pytest.mark.parametrize("case", WRONG_WORKSPACES)
def test_what_is_wrong_with_another_workspace_is_refused_by_name(configuration: Configuration, case: str) -> None:
    table, line, said = WRONG_WORKSPACES[case]
    with configuration.settings.open("a", encoding="utf-8") as file:
        file.write(f'\n{table}\nworkspace = "ml-lab"\n{line}\n')

    assert said in configuration.refusal()


def test_all_that_is_wrong_is_said_at_once(configuration: Configuration) -> None:
    configuration.change("policy = .*", "")
    configuration.change("app_token = .*", "apptoken = 1")

    refusal = configuration.refusal()

    assert "policy is missing" in refusal
    assert "slack.apptoken is not a setting (did you mean app_token?)" in refusal


def test_without_settings_it_is_said_where_they_are_looked_for(configuration: Configuration) -> None:
    configuration.settings.unlink()

    refusal = configuration.refusal()

    assert "there is no settings file aml-bot.toml; name one with --settings" in refusal


@pytest.mark.parametrize("way", ["option", "environment"])
def test_a_settings_file_that_is_missing_is_named(configuration: Configuration, way: str) -> None:
    if way == "option":
        refusal = configuration.refusal("serve", "--settings", "nowhere.toml")
    else:
        refusal = replace(configuration, environment={"AML_BOT_SETTINGS": "nowhere.toml"}).refusal()

    assert "The settings file nowhere.toml can't be read" in refusal
    assert "`aml-bot settings` prints one to start from" in refusal


def test_a_settings_file_that_is_not_utf8_is_refused(configuration: Configuration) -> None:
    configuration.settings.write_bytes(b'state = "\xff"')

    assert "isn't valid TOML" in configuration.refusal()


def test_a_variable_that_is_not_json_where_it_must_be_is_refused(configuration: Configuration) -> None:
    wrong = replace(configuration, environment={"AML_BOT_HELP__CHANNELS": "C0MLHELP"})

    refusal = wrong.refusal()

    assert "AML_BOT_HELP__CHANNELS" in refusal
    assert "JSON" in refusal


def test_a_variable_that_is_no_setting_is_refused(configuration: Configuration) -> None:
    table = replace(configuration, environment={"AML_BOT_HELPP__CHANNELS": "[]"})
    field = replace(configuration, environment={"AML_BOT_AZURE__WATCH_INTERVALL": "5"})

    assert "AML_BOT_HELPP__CHANNELS is not a setting (did you mean help?)" in table.refusal()
    assert "azure.watch_intervall is not a setting (did you mean watch_interval?)" in field.refusal()


def test_the_environment_wins_over_the_file(configuration: Configuration) -> None:
    configuration.change("bot_token = .*", "")
    token_only = replace(configuration, environment={"AML_BOT_SLACK__BOT_TOKEN": "xoxb-from-the-environment"})
    wrong_level = replace(configuration, environment={"AML_BOT_LOG_LEVEL": "loud"})

    assert "log_level: input should be 'debug', 'info', 'warning' or 'error'" in wrong_level.refusal()
    assert token_only.run("link").code == 0


def test_a_secret_of_the_wrong_type_is_not_quoted(configuration: Configuration) -> None:
    secret = "xoxb-that-must-not-be-seen"
    configuration.change("bot_token = .*", f'bot_token = ["{secret}"]')
    strict = replace(configuration, secrets=(*configuration.secrets, secret))

    assert "slack.bot_token: input should be a valid string" in strict.refusal()


# What is found out when the bot puts its parts together. Loading them takes a second or two each time.


def _policy_missing(configuration: Configuration) -> str:
    configuration.policy.unlink()
    return "The bot doesn't start without a policy"


def _policy_without_rules(configuration: Configuration) -> str:
    configuration.policy.write_text("version = 1\n", encoding="utf-8")
    return "There is no [[allow]] rule, so nobody could do anything."


def _faq_folder_missing(configuration: Configuration) -> str:
    configuration.change(r"\[help\]", '[faq]\nfolder = "no-faq"\n[help]')
    return f"The FAQ folder “{configuration.folder / 'no-faq'}” doesn't exist."


def _faq_folder_empty(configuration: Configuration) -> str:
    (configuration.folder / "no-faq").mkdir()
    return _faq_folder_missing(configuration) and "has no Markdown file"


def _faq_not_utf8(configuration: Configuration) -> str:
    (configuration.folder / "no-faq").mkdir()
    (configuration.folder / "no-faq" / "old.md").write_bytes("# Gr\xfc\xdfe\n".encode("latin-1"))
    return _faq_folder_missing(configuration) and "old.md is not UTF-8"


def _project_folder_missing(configuration: Configuration) -> str:
    configuration.change("folder = .*", 'folder = "gone"')
    return "of project “demo” doesn't exist. Correct projects.demo.folder."


def _certificates_missing(configuration: Configuration) -> str:
    configuration.change("watch_interval = .*", 'ca_bundle = "no.pem"')
    return "Correct azure.ca_bundle."


def _state_open_to_others(configuration: Configuration) -> str:
    configuration.state.mkdir()
    configuration.state.chmod(0o755)
    return f"Take that away: chmod 700 {configuration.state}"


def _state_is_a_file(configuration: Configuration) -> str:
    configuration.state.write_text("", encoding="utf-8")
    return "Set `state` to a folder that I may write to."


def _database_is_newer(configuration: Configuration) -> str:
    configuration.state.mkdir(mode=0o700)
    with closing(sqlite3.connect(configuration.state / "aml-bot.db")) as connection, connection:
        connection.execute("CREATE TABLE schema_version (version INTEGER PRIMARY KEY)")
        connection.execute("INSERT INTO schema_version VALUES (99)")
    return "A newer aml-bot wrote the database"


def _database_is_garbage(configuration: Configuration) -> str:
    configuration.state.mkdir(mode=0o700)
    (configuration.state / "aml-bot.db").write_bytes(b"not a database, whatever it is called" * 100)
    return "can't be opened (file is not a database)"


def _token_refused(configuration: Configuration) -> str:
    configuration.change("bot_token = .*", 'bot_token = "xoxb-of-another-app"')
    return "Slack refuses the bot token (invalid_auth)."


def _token_with_a_line_end(configuration: Configuration) -> str:
    configuration.change("bot_token = .*", 'bot_token = "xoxb-copied\\n"')
    return "slack.bot_token"


def _app_token_missing(configuration: Configuration) -> str:
    configuration.change("app_token = .*", "")
    return "slack.app_token is missing: Socket Mode needs an app-level token (xapp-...)."


def _app_token_refused(configuration: Configuration) -> str:
    configuration.change("app_token = .*", 'app_token = "xapp-of-another-app"')
    return "Slack refuses the app token (invalid_auth)."


AT_START = (
    _policy_missing,
    _policy_without_rules,
    _faq_folder_missing,
    _faq_folder_empty,
    _faq_not_utf8,
    _project_folder_missing,
    _certificates_missing,
    _state_open_to_others,
    _state_is_a_file,
    _database_is_newer,
    _database_is_garbage,
    _token_refused,
    _token_with_a_line_end,
    _app_token_missing,
    _app_token_refused,
)


@pytest.mark.slow
@pytest.mark.parametrize("break_it", AT_START, ids=lambda each: each.__name__.strip("_").replace("_", " "))
def test_the_bot_does_not_start_and_says_why(
    configuration: Configuration, break_it: Callable[[Configuration], str]
) -> None:
    said = break_it(configuration)

    assert said in configuration.refusal()


def test_the_bot_does_not_start_without_a_policy(configuration: Configuration) -> None:
    said = _policy_missing(configuration)

    assert said in configuration.refusal()
    assert not configuration.state.exists()


@pytest.mark.slow
def test_a_newer_database_is_left_as_it_is(configuration: Configuration) -> None:
    said = _database_is_newer(configuration)

    assert said in configuration.refusal()
    with closing(sqlite3.connect(configuration.state / "aml-bot.db")) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    assert tables == ["schema_version"]


@pytest.mark.slow
def test_signed_http_needs_its_secret(configuration: Configuration) -> None:
    configuration.change("signing_secret = .*", "")

    assert "slack.signing_secret is missing" in configuration.refusal("serve", "--http")


@pytest.mark.slow
def test_a_port_that_is_taken_is_named(configuration: Configuration) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        configuration.change(r"\[help\]", f"[http]\nport = {port}\n[help]")

        refusal = configuration.refusal("serve", "--http")

    assert f"I can't listen on 127.0.0.1:{port} (Address already in use)." in refusal
    assert "http.port" in refusal


@pytest.mark.slow
def test_an_address_of_another_machine_is_named(configuration: Configuration) -> None:
    configuration.change(r"\[help\]", '[http]\nhost = "no such host"\n[help]')

    assert "I can't listen on no such host:3000" in configuration.refusal("serve", "--http")


@pytest.mark.slow
def test_a_slack_that_does_not_answer_is_named(configuration: Configuration) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    configuration.change("base_url = .*", f'base_url = "http://127.0.0.1:{port}/api/"')

    ended = configuration.run("serve")

    # The client's own log of its attempts stands before it.
    last = sentence(ended.err.splitlines()[-1])
    assert f"Slack can't be reached at http://127.0.0.1:{port}/api/" in last
    assert ended.code == 2
    assert "Traceback" not in ended.err


def test_no_secret_and_no_traceback_when_the_reader_of_the_output_is_gone(configuration: Configuration) -> None:
    command = [str(AML_BOT), "settings"]
    with subprocess.Popen(
        command, cwd=configuration.folder, env=clean_environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        words = process.stderr.read().decode()
        process.wait(30)

    assert "Traceback" not in words


def test_python_dash_m_bot_is_the_same_program(configuration: Configuration) -> None:
    configuration.settings.unlink()

    ended = subprocess.run(
        [sys.executable, "-m", "bot", "serve"],
        cwd=configuration.folder,
        env=clean_environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert ended.returncode == 2
    assert "there is no settings file" in sentence(ended.stderr)
