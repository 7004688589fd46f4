"""How a model answers: what claims about its accuracy and its loss are measured on."""

from typing import Any, NamedTuple

from jaxtyping import Bool, Float, Int
from torch import Tensor

from analyses.evidence.claims import Measurement
from models.problem import Problem
from models.scoring import answer_log_probs, is_correct


class Answers(NamedTuple):
    """A model's answers to some sequences, at every label."""

    correct: Bool[Tensor, "batch label"]
    log_probs: Float[Tensor, "batch label"]
    """Of the right answer, nats."""

    def accuracy(self) -> Measurement:
        """Correct predictions, sequence by sequence."""
        return Measurement.clustered(self.correct)

    def loss(self) -> Measurement:
        """Cross entropy, sequence by sequence, nats."""
        return Measurement.mean((-self.log_probs).mean(dim=1).tolist())


def answers(problem: Problem[Any], tokens: Int[Tensor, "batch n_ctx"]) -> Answers:
    """Run the model on sequences."""
    logits = problem.logits(tokens)
    return Answers(
        is_correct(problem.task, logits, tokens), answer_log_probs(problem.task, logits, tokens)
    )
