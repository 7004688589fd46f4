"""The bound on a case, and the search for cases that it proves, compiled.

Of a case, a class t that is not the answer y, and a head: let s be the keys' scores for the query
and c what the head writes to `logit y - logit t` where it attends to one key alone. What the head
writes is more than a number `threshold` for all lists of the case, if and only if

    sum over keys of e^s (c - threshold)  >  0

for all of them. The sum falls into one term for each sorted value (one key in the unsorted half,
and a second one in the sorted half if the value was written already) and one for SEP. Which
position a value has in the unsorted half is left open: each takes the worst for it, though in a
list two cannot have the same. Then the least sum over all ascending values within the intervals
is found from rank to rank, from the least of the sums that end at a value or below it.

Let y be right by `needed` or more where the heads write `needed` together: thresholds of all
heads that add up to as much prove it. For every head but the last the highest threshold is found
by Newton's method: the sum is concave and decreasing in the threshold, so that the steps come
from above. The last head has to reach what is missing.

Every e^s may be off by a factor: a term is taken as lower by that share of its size, which is
more than what adding up can round.
"""

from typing import no_type_check

import numpy as np
from numba import njit

STEPS = 20
"""Newton steps at most; three or four is what it takes."""
CLOSE = 1e-6
"""Newton's method ends with a step of less, in units of `scale` times logits; by as much a
threshold is then lowered, to be reached surely."""
MORE = 1e-12
"""Thresholds are asked for more than needed, by this share of their sizes and of 1: more than
adding them up rounds."""
CASES, PROVED = range(2)
"""What is counted at each level: cases, none of them halved, and lists in those that are proved
to be answered right."""
UNBOUNDED = np.iinfo(np.int64).max
_compiled = njit(nogil=True, cache=True)


@_compiled
@no_type_check
def least(weights, error, answer, other, threshold, label, low, high, term, best, mass):
    """The least sum of a case, and the sum of its weights.

    Args:
        weights: e^s of each key, `[n_ctx, d_vocab]`.
        error: by what share each may be off.
        answer: what the head writes to the answer's logit, `[n_ctx, d_vocab]`.
        other: the same of the other class.
        threshold: what is taken off `answer - other`.
        label: of the case.
        low: of the case, by rank, as `tighten` leaves it: of what no list has, nothing was summed.
        high: likewise.
        term: scratch, `[2, d_vocab]`.
        best: scratch, `[rank, d_vocab]`.
        mass: scratch, `[rank, d_vocab]`.
    """
    n, d_vocab = low.shape[0], weights.shape[1]
    term[0] = np.inf
    for place in range(n):
        # Over all values, counted from 0, and what is chosen from is read before: so it is compiled
        # to vector instructions.
        for value in range(d_vocab):
            weight, lowest, its = weights[place, value], term[0, value], term[1, value]
            x = weight * (answer[place, value] - other[place, value] - threshold)
            x -= error * abs(x)
            lower = x < lowest
            term[0, value] = x if lower else lowest
            term[1, value] = weight if lower else its
    lowest, its = 0.0, 0.0
    for rank in range(n):
        # Over what ends, at this rank, at a value or below it.
        lowest, its = np.inf, 0.0
        place, again = n + 1 + rank, rank < label
        for value in range(low[rank], high[rank] + 1):
            x, weight = term[0, value], term[1, value]
            if rank > 0:
                x += best[rank - 1, value - 1]
                weight += mass[rank - 1, value - 1]
            if again:
                more = weights[place, value]
                y = more * (answer[place, value] - other[place, value] - threshold)
                x += y - error * abs(y)
                weight += more
            if x < lowest:
                lowest, its = x, weight
            best[rank, value], mass[rank, value] = lowest, its
        if rank + 1 < n:
            for value in range(high[rank] + 1, high[rank + 1]):
                best[rank, value], mass[rank, value] = lowest, its
    sep = d_vocab - 1
    weight = weights[n, sep]
    x = weight * (answer[n, sep] - other[n, sep] - threshold)
    x -= error * abs(x)
    return x + lowest, weight + its


@_compiled
@no_type_check
def highest(weights, error, answer, other, start, label, low, high, term, best, mass):
    """A threshold that the head surely reaches, nearly the highest; -inf if none was found."""
    case = (label, low, high, term, best, mass)
    threshold = start
    for _ in range(STEPS):
        total, weight = least(weights, error, answer, other, threshold, *case)
        if not weight > 0:
            # Scores so far apart that every other e^s is 0 in float64.
            return -np.inf
        step = total / weight
        threshold += step
        if abs(step) < CLOSE:
            break
    lowered = CLOSE
    for _ in range(STEPS):
        threshold -= lowered
        if least(weights, error, answer, other, threshold, *case)[0] > 0:
            return threshold
        lowered *= 4
    return -np.inf


@_compiled
@no_type_check
def shown(weights, errors, writes, missing, start, y, t, label, low, high, term, best, mass):
    """Whether y's logit is above t's in all lists of a case; leaves thresholds in `start`."""
    if not missing < np.inf:
        return False
    case = (label, low, high, term, best, mass)
    last, size = weights.shape[0] - 1, 1 + abs(missing)
    for head in range(last):
        w, c, o = weights[head], writes[head, y], writes[head, t]
        reached = highest(w, errors[head], c, o, start[head], *case)
        if reached == -np.inf:
            return False
        start[head] = reached
        missing -= reached
        size += abs(reached)
    missing += MORE * size
    start[last] = missing
    w, c, o = weights[last], writes[last, y], writes[last, t]
    return least(w, errors[last], c, o, missing, *case)[0] > 0


@_compiled
@no_type_check
def count(low, high, ways):
    """Number of sets of a case."""
    n = low.shape[0]
    for rank in range(n):
        below = 1 if rank == 0 else 0
        before = 0 if rank == 0 else low[rank - 1]
        for value in range(low[rank], high[rank] + 1):
            if rank > 0:
                while before < value and before <= high[rank - 1]:
                    below += ways[rank - 1, before]
                    before += 1
            ways[rank, value] = below
    total = 0
    for value in range(low[n - 1], high[n - 1] + 1):
        total += ways[n - 1, value]
    return total


@_compiled
@no_type_check
def tighten(low, high):
    """Take away values that no list of a case has, in place."""
    n = low.shape[0]
    for rank in range(1, n):
        low[rank] = max(low[rank], low[rank - 1] + 1)
    for rank in range(n - 2, -1, -1):
        high[rank] = min(high[rank], high[rank + 1] - 1)


@_compiled
@no_type_check
def rank_to_split(weights, errors, writes, thresholds, y, t, label, low, high, term, best, mass):
    """The rank whose values differ most in what they add to the margin, all heads together."""
    n, heads = low.shape[0], weights.shape[0]
    total = np.zeros((n, weights.shape[2]))
    for head in range(heads):
        w, c, o, limit = weights[head], writes[head, y], writes[head, t], thresholds[head]
        case = (label, low, high, term, best, mass)
        _, weight = least(w, errors[head], c, o, limit, *case)
        for rank in range(n):
            for value in range(low[rank], high[rank] + 1):
                x = term[0, value]
                if rank < label:
                    place = n + 1 + rank
                    x += w[place, value] * (c[place, value] - o[place, value] - limit)
                if weight > 0:
                    total[rank, value] += x / weight
    widest, found = -1.0, -1
    for rank in range(n):
        if low[rank] == high[rank]:
            continue
        values = total[rank, low[rank] : high[rank] + 1]
        spread = values.max() - values.min()
        if spread > widest:
            widest, found = spread, rank
    return found


@_compiled
@no_type_check
def branch(weights, errors, writes, needed, label, low, high, smallest, found):
    """Bound a case; where that does not prove it, halve it, and so on.

    Args:
        weights: e^s of each key for the case's query, `[head, n_ctx, d_vocab]`.
        errors: by what share these may be off, `[head]`.
        writes: what each head writes to each logit, `[head, d_vocab_out, n_ctx, d_vocab]`.
        needed: what heads have to write to `logit y - logit t`, `[d_vocab_out]`.
        label: of the case.
        low: of the case, by rank.
        high: of the case, by rank.
        smallest: for each level how many lists a case must have at least to be halved, in
            descending order; 2 or more.
        found: what is counted, added to, `[level, 2]`.
    """
    n, d_vocab = low.shape[0], weights.shape[2]
    heads, classes, levels = writes.shape[0], writes.shape[1], smallest.shape[0]
    y = low[label]
    # Each halving leaves one case behind, and a rank is halved no more often than 2^k reaches.
    room = 2 + n * int(np.ceil(np.log2(d_vocab)) + 1)
    lows, highs = np.empty((room, n), np.int64), np.empty((room, n), np.int64)
    open_ = np.ones((room, classes), np.bool_)
    starts = np.zeros((room, classes, heads))
    worst, above = np.zeros(room, np.int64), np.zeros(room, np.int64)
    scratch = np.empty((2, d_vocab)), np.empty((n, d_vocab)), np.empty((n, d_vocab))
    ways = np.empty((n, d_vocab), np.int64)
    lows[0], highs[0] = low, high
    tighten(lows[0], highs[0])
    open_[0, y] = False
    worst[0], above[0] = (y + 1) % classes, UNBOUNDED
    size = 1
    while size > 0:
        top = size - 1
        case = (label, lows[top], highs[top], *scratch)
        # The class that was not shown in the whole case comes first; one is enough. Only at the
        # root all are tried, to leave the easy ones behind.
        stuck = -1
        for turn in range(-1, classes):
            t = worst[top] if turn < 0 else turn
            if open_[top, t]:
                if shown(weights, errors, writes, needed[t], starts[top, t], y, t, *case):
                    open_[top, t] = False
                elif stuck < 0:
                    stuck = t
                    if above[top] != UNBOUNDED:
                        break
        proved = stuck < 0
        lists = count(lows[top], highs[top], ways)
        for level in range(levels):
            whole = proved or lists < smallest[level]
            if smallest[level] <= above[top] and whole:
                found[level, CASES] += 1
                if proved:
                    found[level, PROVED] += lists
        if proved or lists < smallest[levels - 1]:
            size -= 1
            continue
        rank = rank_to_split(weights, errors, writes, starts[top, stuck], y, stuck, *case)
        middle = (lows[top, rank] + highs[top, rank]) // 2
        lows[size], highs[size] = lows[top], highs[top]
        open_[size], starts[size] = open_[top], starts[top]
        worst[top] = worst[size] = stuck
        above[top] = above[size] = lists
        lows[top, rank] = middle + 1
        highs[size, rank] = middle
        tighten(lows[top], highs[top])
        tighten(lows[size], highs[size])
        size += 1
