"""The tests of aml-bot."""
