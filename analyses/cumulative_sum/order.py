"""The cheapest order and choice of tokens, of all sequences with the same sum.

Where the cost of a sequence is a sum over its positions, and a position's cost depends on the
token that stands there and nothing else, the least cost of all sequences with a given sum is a
shortest path: of the first k tokens, only their sum matters for what can follow. Twenty positions,
some two hundred sums and eleven tokens then speak for all sequences, whatever their order.
"""

import numpy as np
from jaxtyping import Float, Int

Array = np.ndarray


def paths(costs: Float[Array, "place token row"]) -> list[Float[Array, "_ row"]]:
    """The least cost of all beginnings: of none, one, two and more tokens, by their sum.

    Args:
        costs: of each token at each position; rows are problems of their own.

    Returns:
        For each number of tokens a table. Its sums are of tokens, which count from 0.
    """
    tokens, rows = costs.shape[1:]
    found = [np.zeros((1, rows))]
    for place in costs:
        before = found[-1]
        least = np.full((len(before) + tokens - 1, rows), np.inf)
        candidate = np.empty_like(before)
        for token, cost in enumerate(place):
            reached = least[token : token + len(before)]
            np.add(before, cost, out=candidate)
            np.minimum(reached, candidate, out=reached)
        found.append(least)
    return found


def cheapest(
    tables: list[Float[Array, "_ row"]],
    costs: Float[Array, "place token row"],
    sums: Int[Array, " row"],
) -> Int[Array, "row place"]:
    """The tokens of a sequence of least cost with the sum that is asked for, in each row.

    Args:
        tables: of `paths`, for these costs.
        costs: of each token at each position.
        sums: of all tokens, in each row; one that there is.
    """
    tokens, rows = costs.shape[1:]
    row, token = np.arange(rows), np.arange(tokens)[:, None]
    found = np.zeros((rows, len(costs)), dtype=np.int64)
    left = sums.copy()
    for place in reversed(range(len(costs))):
        before = tables[place]
        from_sum = left - token
        inside = (from_sum >= 0) & (from_sum < len(before))
        through = before[np.where(inside, from_sum, 0), row] + costs[place]
        found[:, place] = np.where(inside, through, np.inf).argmin(axis=0)
        left = left - found[:, place]
    return found
