"""`aml-bot demo`: a team that isn't there, on this machine."""
