"""What can be wrong with a problem, for those who catch it without importing torch."""


class CardError(ValueError):
    """A card is missing, malformed, or does not describe what lies next to it."""


class CheckpointError(ValueError):
    """A file is not a checkpoint of the problem."""


class PromptError(ValueError):
    """A text is none that a problem's model can go on with."""


class TrainingError(ValueError):
    """A training run cannot be taken up, or published, as it was left."""


class DeviceError(RuntimeError):
    """The device that was asked for is not there."""
