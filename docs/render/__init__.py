"""The render stage: executed notebooks and cards in, a static site out. Needs no torch."""


class RenderError(Exception):
    """The site cannot be built; the message says what to do about it."""
