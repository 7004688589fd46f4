"""What the cases prove, stored with all that it depends on.

`nox -s verify -- sorted_list` derives the certificate and writes it; pages read it, since going
through the cases takes minutes. A certificate of other weights, or of other code, is refused.
"""

from math import factorial
from pathlib import Path

from analyses.evidence import certificate
from analyses.evidence.certificate import Keeper, Strict, Tally, modules
from analyses.sorted_list import branching, rounding, terms
from models.problem import Problem
from models.sorted_list.task import SortedList


class Level(Strict):
    """What is proved if cases of fewer lists than `smallest` are not halved; a list is a set of
    values, in any order.
    """

    smallest: int
    labels: tuple[Tally, ...]
    """Cases, lists, and lists that are surely answered right there, by label."""

    @property
    def cases(self) -> int:
        """Cases at all labels, none of which is part of another."""
        return sum(label.cases for label in self.labels)

    @property
    def share(self) -> float:
        """Lower bound on the accuracy per label over all lists: share of answers proved."""
        answers = sum(label.inputs for label in self.labels)
        return sum(label.proved for label in self.labels) / answers

    @property
    def all_right(self) -> float:
        """Lower bound on the share of lists that are sorted without a mistake.

        No list is left out of the lists proved at all labels more often than it is unproved at
        some label; 0 if that bounds nothing.
        """
        lists = self.labels[0].inputs
        unproved = sum(label.inputs - label.proved for label in self.labels)
        return max(lists - unproved, 0) / lists


class Certificate(certificate.Certificate):
    """The verdict on all lists, in all orders."""

    orders: int
    """Orders of each list, every one of which is covered."""
    levels: tuple[Level, ...]
    """The ladder, from the coarsest cases to the finest."""
    score_error: float
    """By what share float32 and float64 may be off in a key's `exp(score)`, at most."""
    margin_error: float
    """By what everything else that rounds moves a margin at most, in units of `scale` times
    logits: the final LayerNorm divides by `scale`."""

    @property
    def finest(self) -> Level:
        """What is proved in the end."""
        return self.levels[-1]

    def report(self) -> str:
        """The verdict in a few lines, for a terminal."""
        found = self.finest
        lists = found.labels[0].inputs
        return "\n".join(
            [
                f"{found.cases:,} cases of {lists:,} lists at {len(found.labels)} labels, each in "
                f"{self.orders:,} orders, in {self.seconds:.0f} s",
                f"proved right: {found.share:.4%} of all answers",
                "by label: " + ", ".join(f"{label.share:.4%}" for label in found.labels),
                f"proved right at all labels: at least {found.all_right:.4%} of all lists",
            ]
        )


def refusal(problem: Problem[SortedList]) -> str | None:
    """Why the proof refuses a model, or None."""
    return terms.unsuited(problem)


def derive(
    problem: Problem[SortedList], device: str = "cpu", state: Path | None = None
) -> Certificate:
    """Go through the cases. Minutes on two cores.

    Args:
        problem: whose weights are meant.
        device: where the problem lies; the cases are gone through on the CPU.
        state: where an unfinished proof is kept, to go on with.
    """
    # Of the code that the proof begins with: it takes long enough to be edited meanwhile.
    names = KEEPER.names(problem)
    found = branching.prove_as_far_as_it_pays(problem, state=state)
    off = rounding.rounding(problem)
    return Certificate(
        **names,
        device=device,
        threads=found.threads,
        seconds=round(found.seconds, 3),
        orders=factorial(problem.task.list_length),
        levels=tuple(
            Level(
                smallest=level.smallest,
                labels=tuple(
                    Tally(cases=cases, inputs=found.lists, proved=proved)
                    for cases, proved in zip(level.cases, level.proved, strict=True)
                ),
            )
            for level in found.levels
        ),
        score_error=float(off.weight.max()),
        margin_error=2 * float(off.logit.max()),
    )


KEEPER = Keeper(
    Certificate,
    Path(__file__).with_name("certificate.json"),
    modules(
        "analyses.evidence.bounds",
        "analyses.evidence.unfinished",
        *(
            f"analyses.sorted_list.{name}"
            for name in ("branching", "cases", "certificate", "kernel", "rounding", "terms")
        ),
        "models.sorted_list.task",
    ),
    derive,
)
