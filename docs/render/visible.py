"""Text that is what it looks like: one line, composed, with nothing in it that cannot be seen."""

import unicodedata
from typing import Any

from pydantic import BeforeValidator

BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Letters, marks and signs that show nothing, though Unicode calls them printable."""


def visible(text: str) -> str:
    r"""A text as pages show it: one space for many, one character for a letter with its accent.

    So two names that look the same are the same.

    Raises:
        ValueError: for a character that cannot be seen or that changes the order of others.

    >>> visible(" Ada\u00a0 Lovelace\n")
    'Ada Lovelace'
    >>> visible("Ada\u202e")
    Traceback (most recent call last):
    ValueError: character 4 is RIGHT-TO-LEFT OVERRIDE (U+202E), which cannot be seen; take it out
    """
    shown = unicodedata.normalize("NFC", " ".join(text.split()))
    for place, character in enumerate(shown, 1):
        if not character.isprintable() or character in BLANK or _is_selector(shown, place - 1):
            name = unicodedata.name(character, "a control character")
            raise ValueError(
                f"character {place} is {name} (U+{ord(character):04X}), which cannot be seen; "
                "take it out"
            )
    return shown


def _is_selector(text: str, place: int) -> bool:
    """Whether a character chooses a variant of the one before it, which is no sign."""
    after_sign = place > 0 and unicodedata.category(text[place - 1]).startswith("S")
    character = text[place]
    return not after_sign and (
        "\ufe00" <= character <= "\ufe0f"
        or "\u180b" <= character <= "\u180f"
        or "\U000e0100" <= character <= "\U000e01ef"
    )


def _visible(value: Any) -> Any:
    return visible(value) if isinstance(value, str) else value


VISIBLE = BeforeValidator(_visible)
"""Annotates a text of a schema that is to be such a text, behind its other constraints."""
