"""Each case as a row and a column, so that what tokens add is summed once and not case by case.

The tokens are parted into two groups. Of the n - 1 tokens before the last, k belong to the first
group: for each k there is a table of all multisets of k tokens of the first group, and one of all
multisets of n - 1 - k tokens of the second. The longer one gives the columns, the shorter one,
with each last token, the rows. A unit of work is one n, one k and some of the rows.

Where attention depends on tokens, the mean over what was read is a weighted one, and weights
depend on position and last token. A margin times the sum of weights over n has the same form as
before, since `relu(x) w = relu(x w)` for `w > 0`; tables then hold what tokens, place included,
add times their weights, and a unit has one last token. With weights of at most 1 this is
a margin times a scale of at most 1, which the tables add up beside it.
"""

from itertools import chain, combinations, product
from math import comb, factorial
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int
from torch import Tensor

from analyses.cumulative_sum.cases import Case, multisets
from analyses.cumulative_sum.uniform import Uniform
from models.cumulative_sum.task import CumulativeSum

Array = np.ndarray
LARGEST = 1e60
"""No term may be larger in size: products of two, summed over neurons, are then finite."""


class Terms(NamedTuple):
    """Those of `Uniform` in other coordinates: neurons, then two differences of logits.

    The differences, a and b, are those of zero and negative, and of zero and positive.
    """

    token: Float[Array, "d_vocab column"]
    place: Float[Array, "n_ctx d_vocab column"]
    u: Float[Array, " d_mlp"]
    """What a unit of each neuron adds to a."""
    v: Float[Array, " d_mlp"]
    """What a unit of each neuron adds to b."""

    @property
    def d_mlp(self) -> int:
        """Number of neurons; the two columns after them are a and b."""
        return len(self.u)


def terms(uniform: Uniform, at_least: int = 0) -> Terms:
    """Take differences of logits.

    Args:
        uniform: the model's terms.
        at_least: neurons there shall be; if there are fewer, some that do nothing are added.

    Raises:
        ValueError: if a term is not finite, or too large to add up.
    """
    for name, tensor in zip(uniform._fields, uniform, strict=True):
        _check(name, tensor)
    d_mlp = uniform.d_mlp
    none = max(at_least - d_mlp, 0)
    found = []
    for tensor in (uniform.token, uniform.place):
        # Rounding of a difference of logits is within the error bounds: it is one operation more.
        table = tensor.double().cpu().numpy()
        logits = table[..., d_mlp:]
        filled = np.zeros((*table.shape[:-1], none))
        differences = logits[..., [1, 1]] - logits[..., [0, 2]]
        found.append(np.concatenate([table[..., :d_mlp], filled, differences], axis=-1))
    out = uniform.out.double().cpu().numpy()
    u, v = (np.pad(out[:, 1] - out[:, other], (0, none)) for other in (0, 2))
    return Terms(found[0], found[1], u, v)


def _check(name: str, tensor: Tensor) -> None:
    bad = (~(tensor.abs() <= LARGEST)).nonzero()
    if len(bad):
        index = bad[0].tolist()
        raise ValueError(
            f"{name}{index} of the model at uniform attention is {float(tensor[tuple(index)])}; "
            f"expected numbers of size at most {LARGEST:g}. The weights hold NaN, an infinity or "
            "an absurd value: train the model again, or load another checkpoint."
        )


class Multisets(NamedTuple):
    """All multisets of some size of a group of tokens, by the sum of their values, rising."""

    counts: Int[Array, "multiset token"]
    real_counts: Float[Array, "multiset token"]
    """The same as real numbers, for products."""
    sums: Int[Array, " multiset"]
    orderings: Int[Array, " multiset"]
    terms: Float[Array, "multiset column"]
    """What the tokens add, each at full attention."""


class Unit(NamedTuple):
    """Some cases that are gone through at once."""

    n: int
    k: int
    """How many of the tokens before the last are of the first group."""
    start: int
    """First multiset among the rows."""
    stop: int
    """Last one, plus 1."""
    cases: int
    last: int | None = None
    """The last token, where attention depends on it."""


class Work(NamedTuple):
    """The tables of a unit."""

    rows: Float[Array, "row column"]
    """What rows add, the last token and the position included; a row is a multiset and a
    last token, which changes fastest. The last column is the scale."""
    row_sums: Int[Array, " row"]
    row_orderings: Int[Array, " row"]
    columns: Float[Array, "multiset column"]
    column_sums: Int[Array, " multiset"]
    column_orderings: Int[Array, " multiset"]
    u: Float[Array, " d_mlp"]
    v: Float[Array, " d_mlp"]


Weights = Float[Array, "n_ctx last token"]
"""Attention of a query to tokens, up to a factor; the largest is 1."""


class Tables:
    """All tables for a model, and the units of work."""

    def __init__(
        self, terms: Terms, task: CumulativeSum, up_to: int, weights: Weights | None = None
    ) -> None:
        self.terms, self.task, self.up_to, self.weights = terms, task, up_to, weights
        # Every other token, so that both groups have values of either sign.
        self.groups = tuple(np.arange(first, task.d_vocab, 2) for first in (0, 1))
        most = len(self.groups[0]) ** (up_to - 1) * task.d_vocab
        if max(most, factorial(up_to - 1)) >= 2**63:
            raise ValueError(
                f"sequences of {up_to} values from {-task.max_value} to {task.max_value} are too "
                "many to count a unit of work in 64 bits; ask for fewer values, or smaller ones."
            )
        self.multisets = tuple(
            tuple(self._multisets(group, size) for size in range(up_to)) for group in self.groups
        )

    def _multisets(self, group: Array, size: int) -> Multisets:
        counts = compositions(size, len(group))
        sums = counts @ (group - self.task.max_value)
        order = np.argsort(sums, kind="stable")
        counts, sums = counts[order], sums[order]
        factorials = np.array([factorial(count) for count in range(size + 1)], dtype=np.int64)
        orderings = factorials[size] // factorials[counts].prod(axis=1)
        real = counts.astype(np.float64)
        return Multisets(counts, real, sums, orderings, real @ self.terms.token[group])

    def units(self, cases: int) -> list[Unit]:
        """All units of work for positions from 1 on, of about so many cases each at most."""
        found = []
        for n in range(1, self.up_to + 1):
            for k in range(n):
                shorter, longer = sorted(
                    multisets(size, len(group))
                    for size, group in zip((k, n - 1 - k), self.groups, strict=True)
                )
                lasts = [None] if self.weights is None else range(self.task.d_vocab)
                each = longer * self.task.d_vocab // len(lasts)
                pieces = -(-shorter * each // max(cases, each))
                for last, piece in product(lasts, range(pieces)):
                    start, stop = (shorter * edge // pieces for edge in (piece, piece + 1))
                    found.append(Unit(n, k, start, stop, (stop - start) * each, last))
        return found

    def sides(self, unit: Unit) -> tuple[int, int]:
        """Which group gives the rows, and which the columns."""
        sizes = [len(self.multisets[i][size].sums) for i, size in enumerate(self.split(unit))]
        return (0, 1) if sizes[0] < sizes[1] else (1, 0)

    def split(self, unit: Unit) -> tuple[int, int]:
        """How many of the tokens before the last are of each group."""
        return unit.k, unit.n - 1 - unit.k

    def work(self, unit: Unit) -> Work:
        """The tables of a unit."""
        split, (short, long) = self.split(unit), self.sides(unit)
        rows, columns = (self.multisets[side][split[side]] for side in (short, long))
        part = slice(unit.start, unit.stop)
        last, (row_terms, column_terms) = self._added(unit, rows, columns)
        summed = row_terms[part, None] + last
        return Work(
            rows=summed.reshape(-1, summed.shape[-1]),
            row_sums=np.add.outer(rows.sums[part], self._lasts(unit) - self.task.max_value).ravel(),
            row_orderings=np.repeat(rows.orderings[part], len(last)),
            columns=column_terms,
            column_sums=columns.sums,
            column_orderings=columns.orderings,
            u=self.terms.u,
            v=self.terms.v,
        )

    def _lasts(self, unit: Unit) -> Int[Array, " last"]:
        return np.arange(self.task.d_vocab) if unit.last is None else np.array([unit.last])

    def _added(
        self, unit: Unit, rows: Multisets, columns: Multisets
    ) -> tuple[Float[Array, "last column"], list[Float[Array, "multiset column"]]]:
        """What each last token adds, and what the multisets do."""
        place = self.terms.place[unit.n - 1]
        if self.weights is None or unit.last is None:
            last = np.pad(self.terms.token / unit.n + place, ((0, 0), (0, 1)), constant_values=1.0)
            return last, [np.pad(side.terms / unit.n, ((0, 0), (0, 1))) for side in (rows, columns)]
        scale = self.weights[unit.n - 1, unit.last][:, None] / unit.n
        each = np.concatenate([scale * (self.terms.token + place[unit.last]), scale], axis=1)
        short, long = self.sides(unit)
        sides = ((rows, self.groups[short]), (columns, self.groups[long]))
        return each[[unit.last]], [side.real_counts @ each[group] for side, group in sides]

    def multiplicity(self, unit: Unit) -> int:
        """In how many ways the tokens of both groups can be mixed, orders within them kept."""
        return comb(unit.n - 1, unit.k)

    def case(self, unit: Unit, row: int, column: int, margin: float) -> Case:
        """The case at a row and a column of a unit."""
        split, (short, long) = self.split(unit), self.sides(unit)
        lasts = self._lasts(unit)
        multiset, which = divmod(row, len(lasts))
        last = int(lasts[which])
        before = np.zeros(self.task.d_vocab, dtype=np.int64)
        before[self.groups[short]] = self.multisets[short][split[short]].counts[
            unit.start + multiset
        ]
        before[self.groups[long]] = self.multisets[long][split[long]].counts[column]
        return Case(unit.n, tuple(before.tolist()), last, margin)


def compositions(size: int, kinds: int) -> Int[Array, "multiset kind"]:
    """All multisets of so many things of so many kinds, as counts.

    >>> compositions(2, 2).tolist()
    [[0, 2], [1, 1], [2, 0]]
    """
    if kinds == 0:
        return np.zeros((size == 0, 0), dtype=np.int64)
    # Where the bars stand among the stars.
    places = size + kinds - 1
    chosen = chain.from_iterable(combinations(range(places), kinds - 1))
    bars = np.fromiter(chosen, np.int64).reshape(multisets(size, kinds), kinds - 1)
    edges = np.pad(bars, ((0, 0), (1, 1)), constant_values=((0, 0), (-1, places)))
    return np.diff(edges, axis=1) - 1


class Found(NamedTuple):
    """What an engine finds in a unit; orderings not yet times the unit's multiplicity."""

    wrong: int
    wrong_orderings: int
    unproved: int
    unproved_orderings: int
    smallest: tuple[tuple[float, int, int], ...]
    """For each right class the smallest margin, its row and its column; infinity if the class
    does not occur."""
    listed: tuple[tuple[float, int, int], ...]
    """The first wrong cases in the same form."""
