"""The Slack sandbox, driven by the real client libraries over real sockets."""
