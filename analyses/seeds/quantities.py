"""Quantities in which the models of a sweep differ, and which of them may vary together.

Each problem states its own in `analyses/<slug>/differ.py`; its `varies.py` measures them. Needs no
torch.
"""

from dataclasses import dataclass

from analyses.seeds.line import Line

OF_LINE = ("accuracy", "loss")
"""What every line has besides, and a pair may name."""


@dataclass(frozen=True)
class Quantity:
    """A number that each model of a problem has, and not the same one."""

    name: str
    words: str
    """What is counted or measured, as it stands beside its distribution."""
    unit: str = ""
    digits: int = 2
    """Behind the point; of a share, of the share and not of per cent."""
    shown: bool = True
    """Whether a page draws its distribution; else it is there for the pairs alone."""


@dataclass(frozen=True)
class Pair:
    """Two quantities that may vary together, named before any model was judged."""

    x: str
    y: str
    """Names of quantities, or of `OF_LINE`."""
    why: str
    """What one would learn from it."""


def value_of(line: Line, name: str) -> float | None:
    """A quantity of one model; None where no number came out.

    Raises:
        KeyError: if the line has no such quantity.
    """
    if name in OF_LINE:
        return {"accuracy": line.accuracy, "loss": line.loss}[name]
    if name in line.quantities:
        return line.quantities[name]
    if name in line.failures:
        return None
    known = ", ".join((*line.quantities, *OF_LINE))
    raise KeyError(f"the model of seed {line.seed} has no quantity {name!r}; known: {known}")
