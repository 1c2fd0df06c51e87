"""A Slack that runs on this machine: Web API, Socket Mode, signed HTTP requests, and people who type.

Start it with `python -m bot.sandbox.slack --state DIR`; talk to the bot through it with
`python -m bot.sandbox.slack.terminal`. It listens on loopback only and imports nothing of the bot.
"""
