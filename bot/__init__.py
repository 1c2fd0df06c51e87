"""A Slack bot for teams that work on Azure Machine Learning."""
