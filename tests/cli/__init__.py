"""The command line as people meet it: a process, its words and its exit code."""
