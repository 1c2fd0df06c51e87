"""A stored request, worked off: parse, call one service, render, reply. It may run twice after a kill."""
