"""What the enumeration found, stored with all that it depends on.

`nox -s verify -- cumulative_sum` derives the certificate and writes it; pages read it, since
the enumeration is the heaviest computation of the problem. A certificate of other weights, or
of other code, is refused.
"""

from pathlib import Path

from analyses import certificate
from analyses.certificate import Keeper, Strict, Tally, modules
from analyses.cumulative_sum import bounds, brute_force, one_dimensional
from analyses.cumulative_sum.cases import Case, Enumeration, count_cases
from analyses.cumulative_sum.enumeration import enumerate_cases
from analyses.cumulative_sum.kernel import OPERATIONS
from analyses.cumulative_sum.peak import multiply_add_peak
from analyses.cumulative_sum.uniform import uniform
from models.cumulative_sum.task import CumulativeSum
from models.problem import Problem
from models.progress import Progress, aside

TO_LENGTH = 6
"""Sequences of up to this length are run one by one."""


class Hardest(Strict):
    """A case of smallest margin: sequences that the model cannot tell apart."""

    n: int
    right: int
    """The right class."""
    margin: float
    before: tuple[int, ...]
    """How often each token was read before the last one."""
    last: int
    """The last token."""
    orderings: int
    """How many sequences the case stands for."""


class Position(Strict):
    """All sequences of n values."""

    n: int
    sequences: int
    cases: int
    wrong_cases: int
    wrong_sequences: int
    unproved_sequences: int
    """Those whose margin is not above the error bound."""
    hardest: tuple[Hardest, ...]
    """For each right class that occurs, the case of smallest margin."""
    error_attention: float
    error_float32: float
    error_float64: float
    """The bounds of `bounds.Errors`, in logits."""
    error: float
    """What they come to together."""

    @property
    def smallest_margin(self) -> float:
        """Of all sequences of n values, logits."""
        return min(case.margin for case in self.hardest)


class Certificate(certificate.Certificate):
    """The verdict on all sequences; tallies are by length, from one value on."""

    peak_share: float | None
    """Share of the arithmetic peak, as measured on the same threads, at which it ran; None on a
    device whose peak is not measured."""
    refused: str | None
    """Why the enumeration says nothing about this model, if it does not."""
    positions: tuple[Position, ...]
    wrong: tuple[Hardest, ...]
    """The wrong cases, or the first of them."""
    sums: tuple[Tally, ...]
    """What follows from position, last token and sum alone."""
    brute_force: tuple[Tally, ...]
    """What was run one by one, and came out right."""
    differing: int
    """Short sequences that the model answers otherwise than the enumeration."""

    @property
    def cases(self) -> int:
        """Cases enumerated, of all lengths."""
        return sum(position.cases for position in self.positions)

    @property
    def wrong_sequences(self) -> int:
        """Sequences with a wrong last answer, of all lengths."""
        return sum(position.wrong_sequences for position in self.positions)

    @property
    def margin_to_error(self) -> float:
        """The smallest margin divided by its error bound, least over positions; 0 if refused."""
        if self.refused:
            return 0.0
        return min(position.smallest_margin / position.error for position in self.positions)

    @property
    def multisets(self) -> tuple[Tally, ...]:
        """What the enumeration proves."""
        return tuple(
            Tally(
                cases=found.cases,
                inputs=found.sequences,
                proved=0 if self.refused else found.sequences - found.unproved_sequences,
            )
            for found in self.positions
        )

    @property
    def level(self) -> str:
        """How strong the evidence is, in the words of the page."""
        proved = all(found.proved == found.inputs for found in self.multisets)
        return "proved" if proved else "exhaustively executed in float64"

    def report(self) -> str:
        """The verdict in a few lines, for a terminal."""
        last = self.positions[-1]
        rate = self.cases / self.seconds
        share = f", {self.peak_share:.0%} of peak" if self.peak_share else ""
        return "\n".join(
            [
                f"{self.cases:,} cases in {self.seconds:.2f} s on {self.device} "
                f"({rate / 1e6:,.0f} million a second{share})",
                f"wrong: {last.wrong_sequences:,} of {last.sequences:,} sequences of {last.n} "
                f"values; {self.wrong_sequences:,} of all lengths",
                f"smallest margin {min(p.smallest_margin for p in self.positions):.6g} logits, "
                f"at least {self.margin_to_error:.3g} times its error bound",
                f"evidence: {self.level}",
            ]
        )


def refusal(problem: Problem[CumulativeSum]) -> str | None:
    """Why the proof refuses a model, or None: its attention has to be uniform."""
    largest = float(bounds.attention(problem).largest.max())
    if largest <= bounds.TOLERATED:
        return None
    return (
        f"attention is not uniform: a probability may be as far as {largest:.2g} from "
        f"1 / position, and {bounds.TOLERATED:g} is the most with which a sum of 1 can be told "
        "from 0. The answer then depends on the order of the tokens, which multisets do not "
        "know; this proof is not for such a model."
    )


def derive(
    problem: Problem[CumulativeSum], device: str = "cpu", state: Path | None = None
) -> Certificate:
    """Enumerate all cases and judge them. Seconds on two cores.

    Args:
        problem: whose weights are meant.
        device: where the enumeration runs, `cpu` or `cuda`.
        state: where an unfinished enumeration is kept, to go on with.
    """
    task, terms = problem.task, uniform(problem)
    errors, refused = bounds.errors(problem), refusal(problem)
    limits = errors.total.tolist()
    with Progress("enumerate", total=count_cases(task), console=aside()) as progress:
        enumeration = enumerate_cases(
            terms, task, bounds=limits, device=device, state=state, progress=progress
        )
    judged = brute_force.judge(problem, min(TO_LENGTH, task.length))
    sums = [one_dimensional.sums_at(terms, task, n) for n in range(1, task.length + 1)]
    return Certificate(
        **KEEPER.names(problem),
        device=enumeration.device,
        threads=enumeration.threads,
        seconds=round(enumeration.seconds, 3),
        peak_share=_peak_share(enumeration),
        refused=refused,
        positions=tuple(
            Position(
                n=found.n,
                sequences=task.d_vocab**found.n,
                cases=found.cases,
                wrong_cases=found.wrong_cases,
                wrong_sequences=found.wrong_sequences,
                unproved_sequences=found.unproved_sequences,
                hardest=tuple(map(_hardest, found.smallest)),
                error_attention=float(errors.attention[found.n - 1]),
                error_float32=float(errors.float32[found.n - 1]),
                error_float64=float(errors.float64[found.n - 1]),
                error=limits[found.n - 1],
            )
            for found in enumeration.positions
        ),
        wrong=tuple(map(_hardest, enumeration.wrong)),
        sums=tuple(
            Tally(
                cases=found.cases,
                inputs=task.d_vocab**found.n,
                proved=0 if refused else found.sequences_above(limits[found.n - 1]),
            )
            for found in sums
        ),
        brute_force=tuple(
            Tally(
                cases=task.d_vocab**n,
                inputs=task.d_vocab**n,
                proved=task.d_vocab**n - wrong,
            )
            for n, wrong in enumerate(judged.wrong, 1)
        ),
        differing=judged.differing,
    )


def _peak_share(enumeration: Enumeration) -> float | None:
    if enumeration.device != "cpu":
        return None
    rate = OPERATIONS * enumeration.cases / enumeration.seconds
    return round(rate / multiply_add_peak(enumeration.threads), 3)


def _hardest(case: Case) -> Hardest:
    return Hardest(
        n=case.n,
        right=case.right,
        margin=case.margin,
        before=case.before,
        last=case.last,
        orderings=case.orderings,
    )


KEEPER = Keeper(
    Certificate,
    Path(__file__).with_name("certificate.json"),
    modules(
        "analyses.bounds",
        *(
            f"analyses.cumulative_sum.{name}"
            for name in (
                "bounds",
                "brute_force",
                "cases",
                "certificate",
                "enumeration",
                "kernel",
                "kernel_torch",
                "one_dimensional",
                "tables",
                "uniform",
            )
        ),
        "models.cumulative_sum.task",
    ),
    derive,
)
