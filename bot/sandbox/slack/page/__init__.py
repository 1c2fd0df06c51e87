"""The chat page: the sandbox's workspace in a browser, with an inspector and the means to break things.

`door` decides who may come in, `routes` serves the page, `looking` answers what it asks, `inspection` explains a
message. What runs in the browser is in `static`: small modules as they are, without a build step or anybody else's
code.
"""
