"""Plain data and pure rules: what the bot is about, with no Slack, no SDK and no network in it."""
