"""Loopback stand-ins for the services the bot talks to: a Slack and an Azure ML that run on this machine."""
