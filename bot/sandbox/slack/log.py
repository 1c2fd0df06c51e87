"""The sandbox's log: on standard error, because standard output carries the one line that says it is ready."""

import logging

log = logging.getLogger("slack-sandbox")
