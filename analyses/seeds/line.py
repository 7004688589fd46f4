"""One model of a sweep, as it stands in `analyses/<slug>/seeds.jsonl`. Needs no torch."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from analyses.evidence.findings import Verdict


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class JudgedControl(_Strict):
    """What a control of a claim gave on one model."""

    what: str
    """The control, in words."""
    value: float | None
    """None where no number came out."""
    satisfies: bool
    """Whether it meets the claim's threshold, of a sample with its whole interval."""


class Judged(_Strict):
    """What a claim gave on one model, judged by the committed threshold."""

    value: float | None
    """None where no number came out."""
    interval: tuple[float | None, float | None] | None
    """95 % interval, for a sample; None where every case was computed."""
    n: int
    """Number of cases."""
    controls: tuple[JudgedControl, ...]
    verdict: Verdict

    @property
    def as_stated(self) -> bool:
        """Whether it comes out as the write-up says: holds, or is refuted, as it is there."""
        return self.verdict in ("holds", "refuted")


class Line(_Strict):
    """A model that was trained from a seed, and what every claim gave on it."""

    seed: int = Field(ge=0)
    """Of the card's recipe, in place of the card's own."""
    recipe: str
    """Hash of what decides which model comes out: the card's recipe and architecture, the task,
    the code of training."""
    code: str
    """Hash of the code that judged it: claims, quantities, what is seen, and all they import."""
    versions: dict[str, str]
    """Of the packages that both rest on, by name."""
    device: str
    """What it was trained on: `cpu`, or the name of a GPU."""
    sha256: str
    """Of the weights."""
    accuracy: float
    """Share of predictions that are right, on `n_sequences` sequences it was not trained on."""
    loss: float
    """On the same, in nats."""
    n_sequences: int
    seconds_trained: float
    seconds_judged: float
    claims: dict[str, Judged]
    """By the claim's name."""
    failures: dict[str, str]
    """Claims and quantities that could not be measured: the error each raised."""
    quantities: dict[str, float | None]
    """What varies between models, as `analyses/<slug>/varies.py` names it."""
    picture: dict[str, Any] | None
    """What the model's own picture is drawn from; see `analyses/<slug>/seen.py`."""
