"""What the enumeration found, stored with all that it depends on.

`nox -s verify -- cumulative_sum` derives the certificate and writes it; pages read it, since
the enumeration is the heaviest computation of the problem. A certificate of other weights, or
of other code, is refused.
"""

import hashlib
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from analyses.cumulative_sum import bounds, brute_force, one_dimensional
from analyses.cumulative_sum.cases import Case, Enumeration, count_cases
from analyses.cumulative_sum.enumeration import enumerate_cases
from analyses.cumulative_sum.kernel import OPERATIONS
from analyses.cumulative_sum.peak import multiply_add_peak
from analyses.cumulative_sum.uniform import uniform
from models.card import sha256_of
from models.cumulative_sum import task as task_module
from models.cumulative_sum.task import CumulativeSum
from models.errors import CheckpointError
from models.problem import Problem
from models.progress import Progress, aside

COMMITTED = Path(__file__).with_name("certificate.json")
TO_LENGTH = 6
"""Sequences of up to this length are run one by one."""
DEPENDS_ON = (
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
"""The modules of this package that the content of a certificate depends on."""


class CertificateError(CheckpointError):
    """A stored certificate is missing, malformed, or one of something else."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Hardest(_Strict):
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


class Position(_Strict):
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


class ByLength(_Strict):
    """What another method proves of all sequences of n values."""

    n: int
    cases: int
    """Cases that were judged."""
    sequences: int
    """Sequences there are."""
    proved_sequences: int
    """Sequences whose last answer is thereby known to be right."""


class Certificate(_Strict):
    """The verdict on all sequences."""

    slug: str
    checkpoint_sha256: str | None
    """Of the checkpoint file; None for a model that was never saved."""
    weights_sha256: str
    """Of the tensors themselves."""
    code_sha256: str
    device: str
    threads: int
    seconds: float
    """That the enumeration of all multisets took."""
    peak_share: float | None
    """Share of the arithmetic peak, as measured on the same threads, at which it ran; None on a
    device whose peak is not measured."""
    refused: str | None
    """Why the enumeration says nothing about this model, if it does not."""
    positions: tuple[Position, ...]
    wrong: tuple[Hardest, ...]
    """The wrong cases, or the first of them."""
    sums: tuple[ByLength, ...]
    """What follows from position, last token and sum alone."""
    brute_force: tuple[ByLength, ...]
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
    def multisets(self) -> tuple[ByLength, ...]:
        """What the enumeration proves."""
        return tuple(
            ByLength(
                n=found.n,
                cases=found.cases,
                sequences=found.sequences,
                proved_sequences=0 if self.refused else found.sequences - found.unproved_sequences,
            )
            for found in self.positions
        )

    @property
    def level(self) -> str:
        """How strong the evidence is, in the words of the page."""
        proved = all(found.proved_sequences == found.sequences for found in self.multisets)
        return "proved" if proved else "exhaustively executed in float64"


def proved_share(found: tuple[ByLength, ...], lengths: int) -> float:
    """Share of sequences proved right at their last position, mean over all lengths."""
    return sum(length.proved_sequences / length.sequences for length in found) / lengths


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
        slug=problem.card.slug,
        checkpoint_sha256=problem.sha256,
        weights_sha256=weights_sha256(problem),
        code_sha256=code_sha256(),
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
            ByLength(
                n=found.n,
                cases=found.cases,
                sequences=task.d_vocab**found.n,
                proved_sequences=0 if refused else found.sequences_above(limits[found.n - 1]),
            )
            for found in sums
        ),
        brute_force=tuple(
            ByLength(
                n=n,
                cases=task.d_vocab**n,
                sequences=task.d_vocab**n,
                proved_sequences=task.d_vocab**n - wrong,
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


@cache
def of(problem: Problem[CumulativeSum]) -> Certificate:
    """The certificate of a model: the stored one of the committed weights, else a new one."""
    weights = problem.card.weights
    if weights is not None and problem.sha256 == weights.sha256:
        return read(problem)
    return derive(problem)


def read(problem: Problem[CumulativeSum], path: Path = COMMITTED) -> Certificate:
    """Read a stored certificate, if it is one of this model.

    Raises:
        CertificateError: it is missing, malformed, or was derived from other weights or by
            other code.
    """
    again = f"derive it: nox -s verify -- {problem.card.slug}"
    if not path.is_file():
        raise CertificateError(f"{path} is missing; {again}")
    try:
        found = Certificate.model_validate_json(path.read_text(encoding="utf-8"))
    except ValidationError as error:
        raise CertificateError(f"{path} is malformed: {error}; {again}") from error
    for what, stored, now in (
        ("weights", found.weights_sha256, weights_sha256(problem)),
        ("code", found.code_sha256, code_sha256()),
    ):
        if stored != now:
            raise CertificateError(
                f"{path} is a certificate of other {what} (sha256 {stored[:12]}..., these have "
                f"{now[:12]}...) and says nothing about these; {again}"
            )
    return found


def write(certificate: Certificate, path: Path = COMMITTED) -> None:
    """Store a certificate, whole or not at all."""
    part = path.with_suffix(".part")
    part.write_text(certificate.model_dump_json(indent=1) + "\n", encoding="utf-8")
    part.replace(path)


def weights_sha256(problem: Problem[CumulativeSum]) -> str:
    """Of the names, shapes and entries of all weights."""
    digest = hashlib.sha256()
    for name, tensor in sorted(problem.weights.items()):
        digest.update(f"{name} {tuple(tensor.shape)} {tensor.dtype}".encode())
        digest.update(tensor.contiguous().numpy().tobytes())
    return digest.hexdigest()


def code_sha256() -> str:
    """Of the modules that the content of a certificate depends on."""
    here = Path(__file__).parent
    digest = hashlib.sha256()
    for path in (*(here / f"{name}.py" for name in DEPENDS_ON), Path(task_module.__file__)):
        digest.update(f"{path.name} {sha256_of(path)}\n".encode())
    return digest.hexdigest()


def report(certificate: Certificate) -> str:
    """The verdict in a few lines, for a terminal."""
    last = certificate.positions[-1]
    rate = certificate.cases / certificate.seconds
    share = f", {certificate.peak_share:.0%} of peak" if certificate.peak_share else ""
    return "\n".join(
        [
            f"{certificate.cases:,} cases in {certificate.seconds:.2f} s on {certificate.device} "
            f"({rate / 1e6:,.0f} million a second{share})",
            f"wrong: {last.wrong_sequences:,} of {last.sequences:,} sequences of {last.n} values; "
            f"{certificate.wrong_sequences:,} of all lengths",
            f"smallest margin {min(p.smallest_margin for p in certificate.positions):.6g} logits, "
            f"at least {certificate.margin_to_error:.3g} times its error bound",
            f"evidence: {certificate.level}",
        ]
    )
