"""What the bot decides and does: one module per feature, each method checked by the guard. No Slack, no SDK."""
