"""The workspace in a browser: what the studio is to the real one, on loopback.

`door` decides who may come in, `routes` serves the page, `looking` answers what it asks and `doing` what it does. The
address of a run here is what the sandbox's discovery gives out as its studio's, so links in messages lead here.
"""
