"""Explanations that were put to the test: what they got right. Needs no torch."""

from pydantic import BaseModel, ConfigDict, Field


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Agreement(_Strict):
    """How often a prediction was what the model answered."""

    inputs: str
    """What was answered, in words."""
    share: float
    """Of the model's answers, mean over sequences that have some; 0 if none has."""
    interval: tuple[float, float] | None
    """Of 95 %, with predictions on one sequence taken together; None where all were run."""
    n: int
    """Number of sequences with such an answer."""


class Ranked(_Strict):
    """How well it knows where the model is sure."""

    correlation: float
    """Spearman's, of how sure the two are of their answers."""
    n: int
    """Number of answers."""


class Foreseen(_Strict):
    """How well it predicted what an intervention makes of the model's answers."""

    intervention: str
    """Its name."""
    what: str
    """In words."""
    stated: bool
    """Whether the explanation says anything of interventions."""
    share: float
    """Of all answers under the intervention, those predicted."""
    n: int
    """Number of these answers."""
    changed: int
    """How many of them are others than without it."""
    foreseen: int
    """How many of those were predicted."""


class Explained(_Strict):
    """An explanation together with how well it predicted, as it stands in `results.json`."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    """An anchor of the page too."""
    sentence: str
    bits: int = Field(ge=0)
    """Size, by the one rule of `explanations.size`."""
    agreements: tuple[Agreement, ...] = Field(min_length=1)
    """With all of the model's answers, by where its inputs come from; the first at random."""
    mistakes: Agreement
    """With those of the model's answers, to any of these inputs, that are wrong."""
    confidence: Ranked | None = None
    """None if it does not say how sure it is."""
    foreseen: tuple[Foreseen, ...] = ()
    """Interventions, on the first inputs."""

    @property
    def changed(self) -> int:
        """How many answers the interventions change, all of them together."""
        return sum(found.changed for found in self.foreseen)

    @property
    def foreseen_share(self) -> float:
        """Of these, how many it predicted; nothing but the parts helps there."""
        return sum(found.foreseen for found in self.foreseen) / max(self.changed, 1)

    @property
    def worst(self) -> Agreement:
        """Where it agrees least."""
        return min(self.agreements, key=lambda agreement: agreement.share)
