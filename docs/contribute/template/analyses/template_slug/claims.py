"""Claims of Template Title, each with its measurement.

Still to be written: your claims, with thresholds stated before you measure.
"""

from functools import cache

from jaxtyping import Int
from torch import Tensor

from analyses.evidence.claims import Claim, Control, Measurement
from models.problem import Problem
from models.scoring import is_correct
from models.template_slug.task import TemplateSlug

N_SEQUENCES = 1_000
"""Fresh sequences that the claims are sampled on."""
SEED = 1


@cache
def evaluation(problem: Problem[TemplateSlug]) -> Int[Tensor, "batch n_ctx"]:
    """The evaluation sequences: none of them a training sequence, the same for every model."""
    return problem.fresh(N_SEQUENCES, SEED)


def accuracy(problem: Problem[TemplateSlug]) -> Measurement:
    """The share of correct predictions."""
    tokens = evaluation(problem)
    correct = is_correct(problem.task, problem.logits(tokens), tokens)
    return Measurement.share(correct.flatten().tolist())


def accuracy_of_truth(problem: Problem[TemplateSlug]) -> Measurement:
    """The same for somebody who looks at the first digit."""
    tokens = evaluation(problem)
    correct = (tokens[:, :1] >= 5) == problem.task.answers(tokens)
    return Measurement.share(correct.flatten().tolist())


CLAIMS = [
    # True of a model that was never trained. So its control is not the one that claims have for
    # which none is named, an untrained model; choose such as could fool yours
    # (analyses.evidence.controls).
    Claim(
        name="has_not_learnt",
        sentence="The model has not learnt the task.",
        quantity="share of correct predictions",
        unit="",
        evidence="sampled",
        comparison="at most",
        threshold=0.75,
        counted="predictions",
        measure=accuracy,
        controls=(Control("the right answers", measure=accuracy_of_truth),),
    ),
]
"""In the order of the write-up."""
