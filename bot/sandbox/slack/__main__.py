"""`python -m bot.sandbox.slack`: run the sandbox until it is told to stop."""

import argparse
import asyncio
import json
import logging
import signal
import sys
from pathlib import Path
from typing import Any

from bot.sandbox.slack.sandbox import Options
from bot.sandbox.slack.server import HOST, Server


def _delays(text: str) -> tuple[float, ...]:
    delays = tuple(float(each) for each in text.split(",") if each.strip())
    if any(delay < 0 for delay in delays):
        raise argparse.ArgumentTypeError("delays are seconds, 0 or more")
    return delays


def _manifest(path: str) -> dict[str, Any]:
    try:
        found = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise argparse.ArgumentTypeError(f"{path} is no manifest: {error}") from error
    if not isinstance(found, dict):
        raise argparse.ArgumentTypeError(f"{path} is no manifest: it must be a JSON object")
    return found


def _declared(manifest: dict[str, Any]) -> tuple[str, ...]:
    commands = manifest.get("features", {}).get("slash_commands", [])
    return tuple(str(each["command"]) for each in commands)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bot.sandbox.slack", description="A Slack on this machine.")
    parser.add_argument("--state", type=Path, required=True, help="directory for its secrets and its address")
    parser.add_argument("--port", type=int, default=0, help=f"port on {HOST}; 0 takes a free one")
    parser.add_argument("--request-url", default="", help="send signed HTTP requests here, instead of Socket Mode")
    parser.add_argument(
        "--retry-delays", type=_delays, default=(0.0, 60.0, 300.0), help="seconds before each retry of an event"
    )
    parser.add_argument(
        "--command", action="append", default=[], help="a slash command of the app; the manifest's, or /aml"
    )
    parser.add_argument("--manifest", type=_manifest, default={}, help="JSON file with the app's manifest")
    parser.add_argument("--hold", action="append", default=[], metavar="METHOD", help="keep calls of METHOD open")
    parser.add_argument("--rate-limits", action="store_true", help="answer 429 by Slack's tiers")
    parser.add_argument("--exit-with-parent", action="store_true", help="stop when standard input ends")
    return parser


async def _serve(arguments: argparse.Namespace) -> None:
    options = Options(
        request_url=arguments.request_url,
        retry_delays=arguments.retry_delays,
        commands=tuple(arguments.command) or _declared(arguments.manifest) or ("/aml",),
        manifest=arguments.manifest,
        held=tuple(arguments.hold),
        rate_limits=arguments.rate_limits,
    )
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    server = await Server.started(arguments.state, arguments.port, options)
    print(json.dumps(server.ready()), flush=True)
    try:
        if arguments.exit_with_parent:
            await _stdin_closed(stop)
        await stop.wait()
    finally:
        await server.close()


async def _stdin_closed(stop: asyncio.Event) -> None:
    """Set `stop` when standard input ends, whoever held its other end."""
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    reading = asyncio.create_task(reader.read())
    reading.add_done_callback(lambda _: stop.set())
    await stop.wait()
    reading.cancel()


def main() -> int:
    """Run; returns the exit code: 0 when told to stop, 2 when it cannot start."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(name)s %(levelname)s %(message)s")
    logging.getLogger("aiohttp").setLevel(logging.ERROR)
    arguments = _parser().parse_args()
    try:
        asyncio.run(_serve(arguments))
    except (OSError, ValueError) as error:
        print(f"The Slack sandbox cannot start: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
