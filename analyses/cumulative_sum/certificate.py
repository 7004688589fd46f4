"""What the enumeration found, stored with all that it depends on.

`nox -s verify -- cumulative_sum` derives the certificate and writes it; pages read it, since
the enumeration is the heaviest computation of the problem. It speaks of every model: bounds
are held against margins, case by case, and what is not above its bound is not proved.
"""

from functools import partial
from pathlib import Path

from analyses.cumulative_sum import brute_force, cases, one_dimensional, proof
from analyses.cumulative_sum.cases import Case, Enumeration, count_cases
from analyses.cumulative_sum.enumeration import enumerate_cases
from analyses.cumulative_sum.formula import Formula, formula
from analyses.cumulative_sum.kernel import OPERATIONS
from analyses.cumulative_sum.peak import multiply_add_peak
from analyses.evidence import certificate
from analyses.evidence.certificate import Keeper, Strict, Tally, modules
from models.cumulative_sum.task import CumulativeSum
from models.problem import Problem
from models.progress import Progress, aside

TO_LENGTH = 4
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


class Closer(Strict):
    """What `closer` finds of all sequences of n values: lower bounds with attention as it is."""

    margin: float
    """No sequence has a smaller one, logits."""
    margin_to_error: float
    """The smallest bound divided by what rounding may change."""
    unproved_sequences: int
    """Those with a bound that is not above it."""


class Position(Strict):
    """All sequences of n values."""

    n: int
    sequences: int
    cases: int
    wrong_cases: int
    wrong_sequences: int
    unproved_sequences: int
    """Those whose right logit does not lead over each other by more than the error bound, as
    enumerated."""
    hardest: tuple[Hardest, ...]
    """For each right class that occurs, the case of smallest margin."""
    error_attention: float
    error_float32: float
    error_float64: float
    """The bounds of `bounds.Errors`, in logits: the largest over last tokens and classes."""
    error: float
    """What they come to together."""
    closer: Closer | None
    """Where the enumeration proves some but not all, and finds none wrong."""

    @property
    def unproved(self) -> int:
        """Sequences that are proved in neither way."""
        return min(part.unproved_sequences for part in (self, self.closer) if part)

    @property
    def margin_to_error(self) -> float:
        """The smallest margin divided by its error bound, in the way that proves more."""
        enumerated = self.smallest_margin / self.error
        return max(enumerated, self.closer.margin_to_error) if self.closer else enumerated

    @property
    def smallest_margin(self) -> float:
        """Of all sequences of n values, logits; with attention by token a lower bound on it."""
        return min(case.margin for case in self.hardest)


class Certificate(certificate.Certificate):
    """The verdict on all sequences; tallies are by length, from one value on."""

    peak_share: float | None
    """Share of the arithmetic peak, as measured on the same threads, at which it ran; None where
    the peak was not measured."""
    by_token: bool
    """Whether attention was taken to depend on tokens, and not to be uniform."""
    positions: tuple[Position, ...]
    wrong: tuple[Hardest, ...]
    """The wrong cases, or the first of them."""
    sums: tuple[Tally, ...]
    """What follows from position, last token and sum alone."""
    signs: tuple[Tally, ...]
    """The same, if of the sums of one sign the one nearest to zero is looked at alone."""
    brute_force: tuple[Tally, ...]
    """What was run one by one, and came out right."""
    apart: float
    """The largest distance of their logits from the enumeration's, in units of the bound."""

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
        """The smallest margin divided by its error bound, least over positions."""
        return min(position.margin_to_error for position in self.positions)

    @property
    def multisets(self) -> tuple[Tally, ...]:
        """What the enumeration proves."""
        return tuple(
            Tally(
                cases=found.cases,
                inputs=found.sequences,
                proved=found.sequences - found.unproved_sequences,
            )
            for found in self.positions
        )

    @property
    def unproved_sequences(self) -> int:
        """Sequences, of all lengths, whose last answer is not proved right."""
        return sum(position.unproved for position in self.positions)

    @property
    def level(self) -> str:
        """How strong the evidence is, in the words of the page."""
        return "not proved" if self.unproved_sequences else "proved"

    def report(self) -> str:
        """The verdict in a few lines, for a terminal."""
        last = self.positions[-1]
        rate = self.cases / self.seconds
        share = f", {self.peak_share:.0%} of peak" if self.peak_share else ""
        return "\n".join(
            [
                f"{self.cases:,} cases in {self.seconds:.2f} s on {self.device} "
                f"({rate / 1e6:,.0f} million a second{share})",
                f"wrong, as enumerated: {last.wrong_sequences:,} of {last.sequences:,} sequences "
                f"of {last.n} values; {self.wrong_sequences:,} of all lengths",
                f"smallest margin {min(p.smallest_margin for p in self.positions):.6g} logits, "
                f"at least {self.margin_to_error:.3g} times its error bound",
                f"evidence: {self.level}"
                + (f", {self.unproved_sequences:,} sequences" if self.unproved_sequences else ""),
            ]
        )


def derive(
    problem: Problem[CumulativeSum],
    device: str = "cpu",
    state: Path | None = None,
    peak: bool = True,
) -> Certificate:
    """Enumerate all cases and judge them. Seconds on two cores.

    Attention is taken to be uniform, or to depend on tokens if that makes errors less than half as
    large somewhere. Where no case is wrong, but margins are not above what attention may change,
    sequences are looked at with attention as it is.

    Args:
        problem: whose weights are meant.
        device: where the enumeration runs, `cpu` or `cuda`.
        state: where an unfinished enumeration is kept, to go on with.
        peak: whether to measure what the machine can do at most, a second.
    """
    task = problem.task
    uniform, by_token = formula(problem), formula(problem, by_token=True)
    nearer = (by_token.errors.total < uniform.errors.total / 2).any()
    used = by_token if nearer else uniform
    enumeration = _enumerate(problem, used, device, state)
    unproved = [found.n for found in enumeration.positions if found.unproved_sequences]
    closer = {} if enumeration.wrong_cases else _closer(problem, unproved)
    judged = brute_force.judge(problem, used, min(TO_LENGTH, task.length))
    return Certificate(
        **KEEPER.names(problem),
        device=enumeration.device,
        threads=enumeration.threads,
        seconds=round(enumeration.seconds, 3),
        peak_share=_peak_share(enumeration) if peak else None,
        by_token=used.weights is not None,
        positions=tuple(
            _position(task, used, found, closer.get(found.n)) for found in enumeration.positions
        ),
        wrong=tuple(map(_hardest, enumeration.wrong)),
        sums=one_dimensional.every_length(uniform, task, chained=False),
        signs=one_dimensional.every_length(uniform, task, chained=True),
        brute_force=tuple(
            Tally(cases=task.d_vocab**n, inputs=task.d_vocab**n, proved=task.d_vocab**n - wrong)
            for n, wrong in enumerate(judged.wrong, 1)
        ),
        apart=judged.apart,
    )


def _enumerate(
    problem: Problem[CumulativeSum], formula: Formula, device: str, state: Path | None
) -> Enumeration:
    task = problem.task
    with Progress("enumerate", total=count_cases(task), console=aside()) as progress:
        return enumerate_cases(
            formula.terms,
            task,
            errors=formula.errors.total,
            weights=formula.weights,
            device=device,
            state=state,
            progress=progress,
        )


def _closer(problem: Problem[CumulativeSum], lengths: list[int]) -> dict[int, Closer]:
    return {
        n: Closer(
            margin=judged.margin,
            margin_to_error=judged.margin_to_error,
            unproved_sequences=proof.unproved_sequences(judged, problem.task, n),
        )
        for n, judged in proof.looked_at(problem, lengths)
    }


def _position(
    task: CumulativeSum, used: Formula, found: cases.Position, closer: Closer | None
) -> Position:
    n = found.n
    attention, float32, float64 = (float(part[n - 1].max()) for part in used.errors)
    return Position(
        n=n,
        sequences=task.d_vocab**n,
        cases=found.cases,
        wrong_cases=found.wrong_cases,
        wrong_sequences=found.wrong_sequences,
        unproved_sequences=found.unproved_sequences,
        hardest=tuple(map(_hardest, found.smallest)),
        error_attention=attention,
        error_float32=float32,
        error_float64=float64,
        error=float(used.errors.total[n - 1].max()),
        closer=closer,
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
        "analyses.evidence.bounds",
        "analyses.evidence.unfinished",
        *(
            f"analyses.cumulative_sum.{name}"
            for name in (
                "bounds",
                "brute_force",
                "cases",
                "certificate",
                "closer",
                "enumeration",
                "formula",
                "kernel",
                "kernel_torch",
                "keys",
                "one_dimensional",
                "order",
                "proof",
                "tables",
                "uniform",
            )
        ),
        "models.cumulative_sum.task",
    ),
    partial(derive, peak=False),
)
