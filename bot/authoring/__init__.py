"""Tools for those who write the FAQ: what is wrong with it, how well it answers, what an entry looks like in Slack.

Everything here works on a folder of Markdown, without settings, Slack or Azure. `commands` puts it on the command line.
"""
