"""The sandboxes, tested through their own addresses."""
