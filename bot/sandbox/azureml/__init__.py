"""A loopback stand-in for Azure Machine Learning that the unmodified azureml-core can work against.

It serves sign-in, Azure Resource Manager (workspace, roles), Microsoft Graph users, the Azure ML data plane and blob
storage under their real host names, through a CONNECT proxy that ends TLS with a certificate authority of its own,
and it really runs the scripts that are submitted. What it doesn't have is answered with 501 and its name.

`python -m bot.sandbox.azureml --state DIR` starts it.
"""
