"""The composition root: settings in, a bot out, or what one command needs. The only place that names adapters.

A module for each, so that a command loads no more than it uses: `bot` (the whole), `azure`, `faq`, `policy`, `tables`.
"""
