"""Tests of the FAQ search, through `bot.search.load` and `Faq.ask`."""
