"""Benchmark commands: they print the machine, the versions and the figures."""
