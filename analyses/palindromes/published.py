"""Figures published for the original Palindromes model, quoted with their source."""

SOURCE = "Callum McDougall, github.com/callummcdougall/ARENA_2.0, commit e805ad8"
"""His solution of July 2023 is part of
`chapter1_transformers/instructions/pages/09_Monthly_Algorithmic_Problems.py` there."""

COMPARES = "0.0"
"""The head that compares."""
LOSS = "0.008"
"""Nats."""
LOGIT_DIFFERENCE = 7.489
"""Right less wrong, with nothing ablated; logits."""
LEFT = {"0.0": 0.614, "0.1": 6.642, "1.0": 0.299, "1.1": 6.815}
"""The same with a head mean ablated."""
UNREAD = "17, 19 and 20; 1.1 covers 20"
"""Places that head 1.0 does not read."""
BLIND = "17 and 19"
"""Places at which a single change fools it always."""
FOOLED_ELSEWHERE = "0.4 to 6.3 %"
"""How often a single change fools it at other places; at these, always."""


def left(head: str) -> str:
    """The part of the logit difference that is left with a head mean ablated, as printed figures
    give it.

    >>> left("0.0"), left("1.1")
    ('0.08', '0.91')
    """
    return f"{LEFT[head] / LOGIT_DIFFERENCE:.2f}"
