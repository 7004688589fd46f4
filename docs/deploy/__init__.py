"""Publishing: the built site as one version among others on a branch that a host serves."""

LATEST = "latest"
"""The address under which the newest version is found, whichever it is."""


class DeployError(Exception):
    """Nothing was published; the message says what to do about it."""
