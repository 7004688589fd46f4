"""Lower bounds on leads over all sequences, with attention as it is.

What a neuron reads, and what the logits are without the neurons, is a mean over keys that attention
weights. Any linear combination of these is one too, and that it is at least m in every sequence
means that a sum over keys, of weight times what the key writes less m, is at least 0 in every
sequence: the least sum is a shortest path (`order`), with tokens in their worst places. So the
least value of a linear combination, over all sequences with a given last token and sum, is found
exactly.

A lead is not linear, since neurons are not. It is bounded from below by one that is: within the
range of what a neuron reads, a straight line below its term. Where a neuron's range has no zero in
it, that is the term itself, and nothing is lost. Else slopes are chosen that make the bound large;
where it is still not enough, the sequences are parted into those in which the neuron reads more
than zero, and those in which it reads less, and each part is bounded by itself. What does not hold
within a part may have any slope, so that its line also weighs what is known of the part.

Every bound comes with a sequence that attains the linear one. Its own lead says how near the bound
is, and if the model answers it wrong, there is no proof to look for.
"""

import time
from collections.abc import Callable
from itertools import permutations
from math import inf
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from analyses.cumulative_sum.keys import Keys
from analyses.cumulative_sum.order import cheapest, paths
from models.cumulative_sum.task import CLASSES, CumulativeSum

Array = np.ndarray
AT_ONCE = 128
"""Decisions, or parts of them, that are looked at together."""
STEPS = 12
"""How often slopes are changed to make a bound larger."""
GUESSES = 3
"""How often the range of a neuron is bounded: the lowest value found is the next guess."""
STEEPEST = 4.0
"""The largest slope of a line, in units of the neuron's own."""
NEAR = 1e-6
"""A bound that is this near to a lead that occurs, relatively, gets no larger."""


class Decisions(NamedTuple):
    """The decisions at one position: by last token and sum, for each class that the right one has
    to lead.
    """

    last: Int[Array, " decision"]
    before: Int[Array, " decision"]
    """The sum of the tokens before the last; tokens count from 0."""
    right: Int[Array, " decision"]
    other: Int[Array, " decision"]

    def some(self, which: Int[Array, " part"]) -> "Decisions":
        """Those that are named."""
        return Decisions(*(part[which] for part in self))


class Judged(NamedTuple):
    """What is known of decisions."""

    decisions: Decisions
    bounds: Float[Array, " decision"]
    """No sequence has a smaller lead, logits, but for rounding."""
    errors: Float[Array, " decision"]
    """By how much rounding may change a lead or its bound."""
    least: float
    """The smallest lead of all sequences that were tried, logits; infinite if none was."""
    wrong: Int[Array, " n"] | None
    """The tokens of a sequence that the model answers wrong, if one was found."""

    @property
    def margin(self) -> float:
        """No sequence has a smaller one, logits, but for rounding."""
        return float(self.bounds.min())

    @property
    def margin_to_error(self) -> float:
        """The smallest bound divided by what rounding may change, least over decisions."""
        return float((self.bounds / self.errors).min())

    @property
    def open(self) -> Int[Array, " part"]:
        """Which decisions are not proved."""
        # A bound that is NaN proves nothing either.
        return np.flatnonzero(~(self.bounds > self.errors))


def judge(
    keys: Keys,
    task: CumulativeSum,
    errors: Float[Array, "last right other"],
    is_wrong: Callable[[Int[Array, " n"]], bool],
    least: float = inf,
    deadline: float = inf,
) -> Judged:
    """Bound the leads of all sequences at a position.

    Decisions that a first look does not prove are looked at closely; those as well whose bound
    is below the smallest lead so far, so that the smallest bound is near to a lead that occurs.

    Args:
        keys: of the position.
        task: whose sequences are meant.
        errors: what rounding may change, by last token and classes, logits.
        is_wrong: whether the model answers a sequence of tokens wrong; asked of those whose lead
            is within the error, until it says yes.
        least: the smallest lead that is known so far.
        deadline: when to stop looking closer, by `time.monotonic`.
    """
    decisions, bounds = first_look(keys, task)
    allowed = errors[decisions.last, decisions.right, decisions.other]
    judged = Judged(decisions, bounds, allowed, least, None)
    looked = np.zeros(len(bounds), dtype=bool)
    while judged.wrong is None and time.monotonic() < deadline:
        worth = ~looked & (~(bounds > allowed) | (bounds < judged.least))
        which = np.flatnonzero(worth)
        if not len(which):
            break
        which = which[np.argsort(bounds[which], kind="stable")][:AT_ONCE]
        looked[which] = True
        search = Search(keys, decisions.some(which), allowed[which], judged.least, is_wrong)
        bounds[which] = np.maximum(bounds[which], search.run(deadline))
        judged = judged._replace(least=min(judged.least, search.least), wrong=search.wrong)
    return judged


def first_look(keys: Keys, task: CumulativeSum) -> tuple[Decisions, Float[Array, " decision"]]:
    """All decisions at a position, with bounds from the range of each neuron by itself."""
    d_mlp, lasts = len(keys.out), np.arange(len(keys.here))
    pairs = list(permutations(range(len(CLASSES)), 2))
    columns = np.eye(keys.here.shape[1])
    neurons, logits = columns[:d_mlp], columns[d_mlp:]
    slopes = [*neurons, *-neurons, *(logits[right] - logits[other] for right, other in pairs)]
    readings = Readings(keys, lasts.repeat(len(slopes)), np.tile(slopes, (len(lasts), 1)))
    found = readings.at_every_sum(readings.somewhere())
    found = found.reshape(len(found), len(lasts), len(slopes))
    low, high = found[..., :d_mlp], -found[..., d_mlp : 2 * d_mlp]
    before, last = np.indices(found.shape[:2])
    right_class = np.sign(before + last - task.max_value * keys.n) + 1
    parts, bounds = [], []
    for (right, other), direct in zip(
        pairs, np.moveaxis(found[..., 2 * d_mlp :], -1, 0), strict=True
    ):
        lifts = keys.out[:, right] - keys.out[:, other]
        leads = direct + np.maximum(np.where(lifts > 0, low, high), 0) @ lifts
        here = right_class == right
        shape = np.full(int(here.sum()), 1)
        parts.append(Decisions(last[here], before[here], right * shape, other * shape))
        bounds.append(leads[here])
    decisions = Decisions(*(np.concatenate(part) for part in zip(*parts, strict=True)))
    return decisions, np.concatenate(bounds)


class Readings:
    """Linear combinations of what a query reads, a row for each; over all sequences."""

    def __init__(
        self, keys: Keys, last: Int[Array, " row"], slopes: Float[Array, "row column"]
    ) -> None:
        self.keys, self.last, self.slopes = keys, last, slopes
        self.weights = keys.weights[last]
        self.low, self.high = (total[last] for total in keys.sums)
        self.token, self.place = slopes @ keys.token.T, slopes @ keys.place.T
        self.here = (slopes * keys.here[last]).sum(axis=1)

    def somewhere(self) -> Float[Array, " row"]:
        """A value in the midst of those that there can be."""
        return self.token.mean(axis=1) + self.place.mean(axis=1) + self.here

    def of(self, columns: Float[Array, "row column"]) -> Float[Array, " row"]:
        """Their values, where something is read."""
        return (self.slopes * columns).sum(axis=1)

    def at_every_sum(self, guess: Float[Array, " row"]) -> Float[Array, "sum row"]:
        """Lower bounds, by the sum of the tokens before the last; best near the guess."""
        costs, own = self._costs(guess)
        return self._divided(paths(costs)[-1] + own, guess)

    def at(
        self, sums: Int[Array, " row"], guess: Float[Array, " row"]
    ) -> tuple[Float[Array, " row"], Int[Array, "row place"]]:
        """Lower bounds at one sum for each row, and the tokens before the last of a sequence that
        is nearly the lowest; exactly, if the guess is the lowest value.
        """
        costs, own = self._costs(guess)
        tables = paths(costs)
        least = tables[-1][sums, np.arange(len(sums))] + own
        return self._divided(least, guess), cheapest(tables, costs, sums)

    def _costs(
        self, guess: Float[Array, " row"]
    ) -> tuple[Float[Array, "place token row"], Float[Array, " row"]]:
        """Of each key its weight times what it writes less the guess, and that of the last."""
        above = self.token[:, None] + self.place[..., None] + (self.here - guess)[:, None, None]
        costs = self.weights * above
        own = costs[np.arange(len(self.last)), -1, self.last]
        return np.ascontiguousarray(costs[:, :-1].transpose(1, 2, 0)), own

    def _divided(self, least: Float[Array, "*sum row"], guess: Float[Array, " row"]) -> Array:
        """Values from sums over keys; the sum of the weights is between two others."""
        return guess + np.minimum(least / self.low, least / self.high)


class _Nodes(NamedTuple):
    """Parts of decisions: sequences in which neurons read what is within their ranges."""

    which: Int[Array, " node"]
    """Of which decision."""
    low: Float[Array, "node neuron"]
    high: Float[Array, "node neuron"]

    def some(self, chosen: Array | slice) -> "_Nodes":
        return _Nodes(*(part[chosen] for part in self))

    def beside(self, others: "_Nodes") -> "_Nodes":
        return _Nodes(*(np.concatenate(parts) for parts in zip(self, others, strict=True)))


class Search:
    """A close look at some decisions at a position."""

    def __init__(
        self,
        keys: Keys,
        decisions: Decisions,
        errors: Float[Array, " decision"],
        least: float,
        is_wrong: Callable[[Int[Array, " n"]], bool],
    ) -> None:
        self.keys, self.decisions, self.errors, self.is_wrong = keys, decisions, errors, is_wrong
        self.lifts = (keys.out[:, decisions.right] - keys.out[:, decisions.other]).T
        self.logits = np.eye(len(CLASSES))[decisions.right] - np.eye(len(CLASSES))[decisions.other]
        self.leads = np.full(len(errors), inf)
        """The smallest lead tried, of each decision."""
        self.least, self.wrong = least, None
        self.asked = inf
        self.ranges = self._ranges()

    def _ranges(self) -> tuple[Float[Array, "decision neuron"], Float[Array, "decision neuron"]]:
        """What each neuron reads, in each decision."""
        keys, d_mlp = self.keys, len(self.keys.out)
        asked = np.stack([self.decisions.last, self.decisions.before], axis=1)
        pairs, where = np.unique(asked, axis=0, return_inverse=True)
        last, before = pairs.repeat(2 * d_mlp, axis=0).T
        neurons = np.eye(keys.here.shape[1])[:d_mlp]
        slopes = np.tile(np.concatenate([neurons, -neurons]), (len(pairs), 1))
        readings = Readings(keys, last, slopes)
        guess, bounds = readings.somewhere(), np.full(len(last), -inf)
        for _ in range(GUESSES):
            found, tokens = readings.at(before, guess)
            bounds = np.maximum(bounds, found)
            guess = readings.of(keys.columns(last, tokens))
        bounds = bounds.reshape(len(pairs), 2, d_mlp)[where.ravel()]
        return bounds[:, 0], -bounds[:, 1]

    def run(self, deadline: float) -> Float[Array, " decision"]:
        """The bounds: of each decision the smallest of its parts."""
        found = np.full(len(self.errors), inf)
        nodes = _Nodes(np.arange(len(found)), *self.ranges)
        # What is proved may still be sharpened, up to the smallest lead; parts need not.
        wanted = np.maximum(self.errors, self.least)
        while len(nodes.which):
            now, nodes = nodes.some(slice(-AT_ONCE, None)), nodes.some(slice(-AT_ONCE))
            bounds, gaps = self._bounds(now, wanted[now.which])
            wanted = self.errors
            late = self.wrong is not None or time.monotonic() > deadline
            # Of a decision in which a lead is within the error nothing can be proved.
            lost = self.leads[now.which] <= self.errors[now.which]
            closed = (bounds > self.errors[now.which]) | lost | ~(gaps.max(axis=1) > 0) | late
            np.minimum.at(found, now.which[closed], bounds[closed])
            if late:
                found[nodes.which] = -inf
                break
            nodes = nodes.beside(self._parted(now.some(~closed), gaps[~closed]))
        return found

    def _parted(self, nodes: _Nodes, gaps: Float[Array, "node neuron"]) -> _Nodes:
        """Each node in two, by the neuron whose line is furthest below its term."""
        rows, neuron = np.arange(len(gaps)), gaps.argmax(axis=1)
        below, above = nodes.high.copy(), nodes.low.copy()
        below[rows, neuron] = above[rows, neuron] = 0.0
        return nodes._replace(high=below).beside(nodes._replace(low=above))

    def _bounds(
        self, nodes: _Nodes, wanted: Float[Array, " node"]
    ) -> tuple[Float[Array, " node"], Float[Array, "node neuron"]]:
        """Bounds of nodes, and for each neuron of either sign how far its line is below its term
        in the sequence that attains the bound. They are sharpened, by steps along subgradients,
        until they are as large as wanted.
        """
        decisions, d_mlp = self.decisions.some(nodes.which), len(self.keys.out)
        lifts, logits = self.lifts[nodes.which], self.logits[nodes.which]
        slopes = _chords(lifts, nodes)
        steepest = STEEPEST * np.abs(lifts)
        free = self._free(nodes)
        best, gaps = np.full(len(wanted), -inf), np.zeros_like(lifts)
        guess = np.zeros(len(wanted))
        rows = np.arange(len(wanted))
        for step in range(STEPS):
            part = nodes.some(rows)
            last, before = decisions.last[rows], decisions.before[rows]
            readings = Readings(
                self.keys, last, np.concatenate([slopes[rows], logits[rows]], axis=1)
            )
            if step == 0:
                guess = readings.somewhere()
            linear, tokens = readings.at(before, guess[rows])
            columns = self.keys.columns(last, tokens)
            guess[rows] = readings.of(columns)
            read = columns[:, :d_mlp]
            terms = lifts[rows] * np.maximum(read, 0)
            self._try(
                part.which, (logits[rows] * columns[:, d_mlp:]).sum(axis=1) + terms.sum(axis=1),
                np.concatenate([tokens, last[:, None]], axis=1),
            )  # fmt: skip
            offset, touches = _lines(lifts[rows], slopes[rows], part)
            bounds = linear + offset.sum(axis=1)
            better = bounds > best[rows]
            best[rows[better]] = bounds[better]
            lost = np.where(_bent(part), terms - slopes[rows] * read - offset, 0.0)
            gaps[rows[better]] = lost[better]
            aim = self.leads[part.which] - bounds
            along = np.where(free[rows], read - touches, 0.0)
            size = (along**2).sum(axis=1)
            moves = size > 0
            step_size = np.divide(aim, size, out=np.zeros_like(size), where=moves)
            changed = slopes[rows] + step_size[:, None] * along
            slopes[rows] = np.clip(changed, -steepest[rows], steepest[rows])
            near = self.leads[part.which] - best[rows] <= NEAR * np.abs(best[rows])
            # A better guess makes a bound larger too.
            rows = rows[~(best[rows] > wanted[rows]) & ~near & (moves | better)]
            if not len(rows) or self.wrong is not None:
                break
        return best, gaps

    def _free(self, nodes: _Nodes) -> Array:
        """Neurons whose slope can be chosen: those not of one sign, and those of a part."""
        low, high = (part[nodes.which] for part in self.ranges)
        return _bent(nodes) | (nodes.low > low) | (nodes.high < high)

    def _try(
        self, which: Int[Array, " row"], leads: Float[Array, " row"], tokens: Int[Array, "row n"]
    ) -> None:
        """Note the leads of sequences, and ask the model about the worst, if it may be wrong."""
        np.minimum.at(self.leads, which, leads)
        worst = int(leads.argmin())
        self.least = min(self.least, float(leads[worst]))
        if leads[worst] <= self.errors[which[worst]] and leads[worst] < self.asked:
            self.asked = float(leads[worst])
            if self.is_wrong(tokens[worst]):
                self.wrong = tokens[worst]


def _bent(nodes: _Nodes) -> Array:
    """Neurons that may fire or not."""
    return (nodes.low < 0) & (nodes.high > 0)


def _chords(lifts: Float[Array, "node neuron"], nodes: _Nodes) -> Float[Array, "node neuron"]:
    """Slopes to begin with: of the line through both ends of a term."""
    low, high = np.maximum(nodes.low, 0), np.maximum(nodes.high, 0)
    width = nodes.high - nodes.low
    steady = np.where(nodes.low >= 0, lifts, 0.0)
    return np.divide(lifts * (high - low), width, out=steady, where=_bent(nodes))


def _lines(
    lifts: Float[Array, "node neuron"], slopes: Float[Array, "node neuron"], nodes: _Nodes
) -> tuple[Float[Array, "node neuron"], Float[Array, "node neuron"]]:
    """Offsets of the highest lines with these slopes that are nowhere above a neuron's term within
    its range, and where they touch it: at an end, or where the neuron begins to fire.
    """
    ends = np.stack([nodes.low, np.clip(0.0, nodes.low, nodes.high), nodes.high])
    above = lifts * np.maximum(ends, 0) - slopes * ends
    touches = above.argmin(axis=0)[None]
    offset, where = (np.take_along_axis(each, touches, axis=0)[0] for each in (above, ends))
    return offset, where
