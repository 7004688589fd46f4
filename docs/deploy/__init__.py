"""Publishing: the built site as one version among others on a branch that a host serves."""


class DeployError(Exception):
    """Nothing was published; the message says what to do about it."""
