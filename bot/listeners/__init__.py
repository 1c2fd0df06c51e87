"""What Slack and the clock say to us: is it for us, store it under its key, acknowledge. No work is done here."""
