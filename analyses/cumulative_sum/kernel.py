"""The inner loops of the enumeration, compiled for the machine's vector unit.

A unit of work is a table of rows and a table of columns; each pair of the two, with each last
token, is a case. What a neuron reads of a case is a sum `row + column`, where the row knows the
last token and position too, and `relu(row + column) = max(column, -row) + row`. The last
term, weighted, is the same for all columns, so that a neuron costs one maximum and two fused
multiplications and additions: one for each difference of logits,

    a = logit of zero - logit of negative,    b = logit of zero - logit of positive.

They say everything about margins, see `_low`, `_mid` and `_high`. The columns are sorted by the
sum of their values, so that nearly all loops run over cases of a single right class and have no
branch. Only where a loop finds a margin that is not above the error are cases counted, each with
the errors of its own pairs of classes.

Of fast math there is `contract`, which fuses a multiplication with an addition and so only
leaves out a rounding, and, in `_larger` and `_smaller` alone, `nnan` and `nsz`: no operand is
NaN, and it does not matter which of two zeros is found. The first holds because `terms` refuses
tables whose entries are not finite or so large that a sum could overflow; the second since
zeros of either sign compare alike.
"""

from typing import Any, no_type_check

import numpy as np
from jaxtyping import Float
from numba import njit, types
from numba.extending import intrinsic

from analyses.cumulative_sum.tables import Found, Work

LANES = 8
"""Columns are padded to a multiple of this: the float64 numbers in a vector of 512 bits."""
NEURONS = 8
"""Neurons that the loops are written out for; fewer are padded with neurons that do nothing."""
BLOCK = 512
"""Columns that are passed over by all rows before the next: they stay in the first cache, with
`NEURONS + 2` numbers each."""
CASES = 4_000_000
"""Cases of a unit."""
OPERATIONS = 45
"""Floating-point operations of a case: for each of eight neurons a maximum and two fused
multiplications and additions, which count as two each; two additions, and three operations on
the margin and the smallest so far."""
WRONG, WRONG_WEIGHT, UNPROVED, UNPROVED_WEIGHT, LISTED = range(5)
"""What `sweep` counts, as places in an array."""


@no_type_check
def _compare(operator: str) -> Any:
    """`a if a operator b else b`, for numbers that are not NaN.

    Numba attaches fast-math flags to comparisons, but not to what selects by them; LLVM wants
    them there to turn a loop that finds a minimum into vector instructions.
    """

    @intrinsic
    def choose(context, a, b):
        def generate(context, builder, signature, operands):
            flags = ("nnan", "nsz")
            a, b = operands
            return builder.select(
                builder.fcmp_ordered(operator, a, b, flags=flags), a, b, flags=flags
            )

        return types.float64(types.float64, types.float64), generate

    return choose


_larger, _smaller = _compare(">"), _compare("<")
_inlined = njit(fastmath={"contract"})
_compiled = njit(fastmath={"contract"}, nogil=True, cache=True)


@_inlined
@no_type_check
def _differences(columns, i, row, u, v):
    """The differences a and b of a case, from column i and what the row adds."""
    a, b = columns[8, i] + row[8], columns[9, i] + row[9]
    x = _larger(columns[0, i], row[0])
    a, b = a + u[0] * x, b + v[0] * x
    x = _larger(columns[1, i], row[1])
    a, b = a + u[1] * x, b + v[1] * x
    x = _larger(columns[2, i], row[2])
    a, b = a + u[2] * x, b + v[2] * x
    x = _larger(columns[3, i], row[3])
    a, b = a + u[3] * x, b + v[3] * x
    x = _larger(columns[4, i], row[4])
    a, b = a + u[4] * x, b + v[4] * x
    x = _larger(columns[5, i], row[5])
    a, b = a + u[5] * x, b + v[5] * x
    x = _larger(columns[6, i], row[6])
    a, b = a + u[6] * x, b + v[6] * x
    x = _larger(columns[7, i], row[7])
    return a + u[7] * x, b + v[7] * x


@_inlined
@no_type_check
def _low(a, b):
    """Margin where the sum is negative: -a above zero, b - a above positive."""
    return _smaller(b, 0.0) - a


@_inlined
@no_type_check
def _mid(a, b):
    """Margin where the sum is zero."""
    return _smaller(a, b)


@_inlined
@no_type_check
def _high(a, b):
    """Margin where the sum is positive: -b above zero, a - b above negative."""
    return _smaller(a, 0.0) - b


@_inlined
@no_type_check
def _margin(a, b, total):
    return _low(a, b) if total < 0 else (_high(a, b) if total > 0 else _mid(a, b))


@_inlined
@no_type_check
def _least_low(columns, start, stop, row, u, v):
    """The smallest margin of columns that make the sum negative."""
    least = np.inf
    for i in range(start, stop):
        a, b = _differences(columns, i, row, u, v)
        least = _smaller(_low(a, b), least)
    return least


@_inlined
@no_type_check
def _least_high(columns, start, stop, row, u, v):
    """The smallest margin of columns that make the sum positive."""
    least = np.inf
    for i in range(start, stop):
        a, b = _differences(columns, i, row, u, v)
        least = _smaller(_high(a, b), least)
    return least


@_inlined
@no_type_check
def _least_mixed(columns, sums, start, stop, row, row_sum, u, v):
    """The smallest margin of columns, for each right class."""
    low, mid, high = np.inf, np.inf, np.inf
    for i in range(start, stop):
        a, b = _differences(columns, i, row, u, v)
        total = sums[i] + row_sum
        low = _smaller(_low(a, b) if total < 0 else np.inf, low)
        mid = _smaller(_mid(a, b) if total == 0 else np.inf, mid)
        high = _smaller(_high(a, b) if total > 0 else np.inf, high)
    return low, mid, high


@_inlined
@no_type_check
def _proved(a, b, total, errors, scale):
    """Whether both differences that the right class has to win are above their errors."""
    if total < 0:
        return -a > errors[0, 1] * scale and b - a > errors[0, 2] * scale
    if total > 0:
        return -b > errors[2, 1] * scale and a - b > errors[2, 0] * scale
    return a > errors[1, 0] * scale and b > errors[1, 2] * scale


@_inlined
@no_type_check
def _count(columns, sums, weights, start, stop, row, row_sum, row_scale, u, v, errors):
    """Cases with a margin of at most 0, and those not proved, and their weights."""
    wrong, wrong_weight, unproved, unproved_weight = 0, 0, 0, 0
    for i in range(start, stop):
        a, b = _differences(columns, i, row, u, v)
        total, weight = sums[i] + row_sum, weights[i]
        real = 1 if weight > 0 else 0
        right = _margin(a, b, total) > 0
        wrong += 0 if right else real
        wrong_weight += 0 if right else weight
        proved = right and _proved(a, b, total, errors, columns[10, i] + row_scale)
        unproved += 0 if proved else real
        unproved_weight += 0 if proved else weight
    return wrong, wrong_weight, unproved, unproved_weight


@_compiled
@no_type_check
def sweep(
    columns, sums, weights, below, rows, row_sums, row_weights, u, v, errors, counts, least,
    where, listed, listed_margins,
):  # fmt: skip
    """Go through all cases of a unit.

    Args:
        columns: table of the columns, `[NEURONS + 3, column]`: neurons, a and b, and the scale:
            by what errors are multiplied, together with that of the row.
        sums: sum of values of each column, `[column]`, rising; as many as are a multiple of
            `LANES`, the last ones repeated to fill up.
        weights: number of orderings of each column, `[column]`; 0 if only there to fill up.
        below: `below[s]` is the number of columns, filled up, whose sum is less than
            `sums[0] + s`, for s from 0 to one more than the range of sums.
        rows: what each row adds, `[row, NEURONS + 3]`.
        row_sums: sum of values of each row, `[row]`.
        row_weights: number of orderings of each row, `[row]`.
        u: what a unit of each neuron adds to a, `[NEURONS]`.
        v: what a unit of each neuron adds to b, `[NEURONS]`.
        errors: by right class and other; a case is proved if the right logit is above each
            other by more than this times its scale; at least 0, logits, `[3, 3]`.
        counts: filled in; places as named above.
        least: filled in: the smallest margin for each right class, or infinity, `[3]`.
        where: filled in: row and column where it is, `[3, 2]`.
        listed: filled in: rows and columns of the first wrong cases, `[limit, 2]`.
        listed_margins: filled in: their margins, `[limit]`.
    """
    u = (u[0], u[1], u[2], u[3], u[4], u[5], u[6], u[7])
    v = (v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7])
    size, end = np.int64(LANES), np.int64(len(sums))
    # No scale is larger than 1: what is above these needs no closer look.
    low_error = max(errors[0, 1], errors[0, 2])
    mid_error = max(errors[1, 0], errors[1, 2])
    high_error = max(errors[2, 0], errors[2, 1])
    first, last = sums[0], sums[end - 1]
    counts[:] = 0
    least[:] = np.inf
    where[:] = 0
    for start in range(0, end, BLOCK):
        stop = min(start + BLOCK, end)
        for r in range(len(rows)):
            row, row_sum = _prepared(rows[r], u, v), row_sums[r]
            # The sums of columns less than this make the sum of all values negative.
            needed = -row_sum
            to = end if needed > last else below[max(needed - first, 0)]
            since = end if needed >= last else below[max(needed + 1 - first, 0)]
            to = min(max(to // size * size, start), stop)
            since = min(max((since + size - 1) // size * size, to), stop)
            # Unsigned, because Numba lets negative indices count from the end.
            low = _least_low(columns, np.uint64(start), np.uint64(to), row, u, v)
            high = _least_high(columns, np.uint64(since), np.uint64(stop), row, u, v)
            lower, mid, higher = _least_mixed(
                columns, sums, np.uint64(to), np.uint64(since), row, row_sum, u, v
            )
            low, high = min(low, lower), min(high, higher)
            if low < least[0]:
                least[0], where[0, 0], where[0, 1] = low, r, start
            if mid < least[1]:
                least[1], where[1, 0], where[1, 1] = mid, r, start
            if high < least[2]:
                least[2], where[2, 0], where[2, 1] = high, r, start
            if low > low_error and mid > mid_error and high > high_error:
                continue
            wrong, wrong_weight, unproved, unproved_weight = _count(
                columns, sums, weights, np.uint64(start), np.uint64(stop), row, row_sum,
                rows[r, 10], u, v, errors,
            )  # fmt: skip
            counts[WRONG] += wrong
            counts[WRONG_WEIGHT] += wrong_weight * row_weights[r]
            counts[UNPROVED] += unproved
            counts[UNPROVED_WEIGHT] += unproved_weight * row_weights[r]
            if wrong == 0 or counts[LISTED] == len(listed):
                continue
            for i in range(start, stop):
                a, b = _differences(columns, np.uint64(i), row, u, v)
                margin = _margin(a, b, sums[i] + row_sum)
                if not margin > 0 and weights[i] > 0 and counts[LISTED] < len(listed):
                    listed[counts[LISTED], 0], listed[counts[LISTED], 1] = r, i
                    listed_margins[counts[LISTED]] = margin
                    counts[LISTED] += 1
    # Blocks and rows of the smallest margins are known; now the columns.
    for right in range(3):
        if least[right] == np.inf:
            continue
        r, start = where[right, 0], where[right, 1]
        row, row_sum = _prepared(rows[r], u, v), row_sums[r]
        least[right] = np.inf
        for i in range(start, min(start + BLOCK, end)):
            total = sums[i] + row_sum
            if (total > 0) - (total < 0) + 1 != right:
                continue
            a, b = _differences(columns, np.uint64(i), row, u, v)
            margin = _margin(a, b, total)
            if margin < least[right]:
                least[right], where[right, 1] = margin, i


@_inlined
@no_type_check
def _prepared(row, u, v):
    """A row as the loops want it: where each ReLU starts, and what all columns share."""
    a, b = row[8], row[9]
    a += u[0] * row[0] + u[1] * row[1] + u[2] * row[2] + u[3] * row[3]
    a += u[4] * row[4] + u[5] * row[5] + u[6] * row[6] + u[7] * row[7]
    b += v[0] * row[0] + v[1] * row[1] + v[2] * row[2] + v[3] * row[3]
    b += v[4] * row[4] + v[5] * row[5] + v[6] * row[6] + v[7] * row[7]
    return (
        -row[0], -row[1], -row[2], -row[3], -row[4], -row[5], -row[6], -row[7], a, b
    )  # fmt: skip


class NumbaEngine:
    """Goes through units on the CPU, on as many threads as call it."""

    cases = CASES
    neurons = NEURONS
    name = "cpu"

    def __init__(self, threads: int) -> None:
        self.threads = threads

    def prepare(self) -> None:
        """Compile, or load what was compiled before."""
        one = np.zeros((1, NEURONS + 3))
        nothing, single = np.zeros(NEURONS), np.ones(1, dtype=np.int64)
        work = Work(one, single, single, one, single, single, nothing, nothing)
        self(work, np.zeros((3, 3)), 1)

    def __call__(self, work: Work, errors: Float[np.ndarray, "right other"], limit: int) -> Found:
        """Go through a unit.

        Args:
            work: its tables.
            errors: by right class and other; cases that do not win by more count as unproved,
                logits.
            limit: how many wrong cases are listed.
        """
        if len(work.u) != NEURONS:
            raise ValueError(
                f"the model has {len(work.u)} neurons, and the loops on the CPU are written out "
                f"for {NEURONS}; change them in {__name__}, or enumerate on another device."
            )
        fill = (0, -len(work.columns) % LANES)
        sums = np.pad(work.column_sums, fill, mode="edge")
        below = np.searchsorted(sums, np.arange(sums[0], sums[-1] + 2))
        counts = np.zeros(5, dtype=np.int64)
        least, where = np.zeros(3), np.zeros((3, 2), dtype=np.int64)
        listed, margins = np.zeros((limit, 2), dtype=np.int64), np.zeros(limit)
        sweep(
            # The loops need each number of neighbouring columns side by side.
            np.ascontiguousarray(np.pad(work.columns, (fill, (0, 0)), mode="edge").T),
            sums,
            np.pad(work.column_orderings, fill),
            below,
            work.rows,
            work.row_sums,
            work.row_orderings,
            work.u,
            work.v,
            errors,
            counts,
            least,
            where,
            listed,
            margins,
        )
        number = int(counts[LISTED])
        return Found(
            int(counts[WRONG]),
            int(counts[WRONG_WEIGHT]),
            int(counts[UNPROVED]),
            int(counts[UNPROVED_WEIGHT]),
            smallest=_triples(least, where),
            listed=_triples(margins[:number], listed[:number]),
        )


def _triples(margins: np.ndarray, where: np.ndarray) -> tuple[tuple[float, int, int], ...]:
    pairs = zip(margins.tolist(), where.tolist(), strict=True)
    return tuple((margin, row, column) for margin, (row, column) in pairs)
