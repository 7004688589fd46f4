"""All cases of the Cumulative Sum model at uniform attention: on threads, or on a GPU.

    from analyses.cumulative_sum.enumeration import enumerate_cases
    found = enumerate_cases(uniform(problem), problem.task)

Or with attention that depends on tokens alone, if weights are given for it.

An enumeration that is interrupted goes on where it was, if it is given a file to keep its state
in. The file belongs to the weights, what was asked and this code; with any other it is not used.
"""

import time
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import closing
from itertools import islice
from math import isfinite
from operator import mul
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float
from torch import Tensor

from analyses.cumulative_sum.cases import Case, Enumeration, Position
from analyses.cumulative_sum.kernel import NEURONS, NumbaEngine
from analyses.cumulative_sum.kernel_torch import TorchEngine
from analyses.cumulative_sum.tables import Array, Found, Tables, Unit, Work, terms
from analyses.cumulative_sum.uniform import Uniform
from analyses.evidence.unfinished import Unfinished, cores, key
from models.cumulative_sum.task import CLASSES, CumulativeSum
from models.progress import Progress

LISTED = 1000
"""Wrong cases that are listed, if there are so many."""
SECONDS_BETWEEN_SAVES = 1.0
CODE = ("enumeration.py", "kernel.py", "kernel_torch.py", "tables.py")
"""The files on which stored results of units depend."""


@runtime_checkable
class Engine(Protocol):
    """What goes through the cases of a unit."""

    cases: int
    """Cases that a unit should have at most."""
    neurons: int
    """Neurons that it wants at least; those that are added do nothing."""
    threads: int

    @property
    def name(self) -> str:
        """What is named as the device in results."""
        ...

    def prepare(self) -> None:
        """Do what takes time only once, such as to compile."""
        ...

    def __call__(self, work: Work, errors: Array, limit: int) -> Found:
        """Go through a unit and list at most so many wrong cases."""
        ...


def enumerate_cases(
    uniform: Uniform,
    task: CumulativeSum,
    *,
    up_to: int | None = None,
    errors: Float[Tensor, "n_ctx last right other"] | None = None,
    weights: Float[Tensor, "n_ctx d_vocab token"] | None = None,
    threads: int | None = None,
    device: str = "cpu",
    state: Path | None = None,
    progress: Progress | None = None,
    limit: int = LISTED,
    engine: Engine | None = None,
) -> Enumeration:
    """Find the margins of all cases.

    Args:
        uniform: the model's terms.
        task: whose sequences are meant.
        up_to: the last position that is gone through; all, if not given.
        errors: for each position, last token and pair of classes, the lead in logits up to which
            cases count as unproved; 0 if not given. Without weights, a case counts with the
            largest over last tokens.
        weights: attention of each position and last token to the tokens read, up to a factor;
            the largest is 1. Uniform if not given. Margins then come multiplied by the mean
            weight of the tokens read, so that none is larger than it is.
        threads: on the CPU; as many as there are cores, if not given.
        device: `cpu`, or a device of PyTorch's, such as `cuda`.
        state: a file in which finished units are kept until all are; it may not exist yet.
        progress: told of the cases done; `cases.count_cases` says how many there are.
        limit: how many wrong cases are listed.
        engine: what goes through the cases, if not what suits the device.

    Raises:
        ValueError: if a term is not finite, errors are no numbers from 0 up, or weights none
            from 0 to 1.
        KeyboardInterrupt: as it came; what was done is then in the file.
    """
    up_to = task.length if up_to is None else up_to
    if not 1 <= up_to <= task.length:
        raise ValueError(f"up_to is {up_to}; expected a position from 1 to {task.length}.")
    classes = len(CLASSES)
    limits = np.zeros((up_to, 1, classes, classes)) if errors is None else errors.cpu().numpy()
    _check(limits, weights, up_to)
    shares = None if weights is None else weights.cpu().numpy()
    if engine is None:
        # The compiled loops are written out for the neurons that the task's model has.
        compiled = device == "cpu" and uniform.d_mlp <= NEURONS
        engine = NumbaEngine(threads or cores()) if compiled else TorchEngine(device)
    tables = Tables(terms(uniform, engine.neurons), task, up_to, shares)
    given = (*tables.terms, limits[:up_to], *([] if shares is None else [shares]))
    asked = (task, [up_to, limit, engine.name, engine.cases])
    code = [Path(__file__).with_name(name) for name in CODE]
    kept = Unfinished.load(state, key(asked, given, code), _read)
    run = _Run(tables, limits, limit, kept, engine)
    engine.prepare()
    run.finish(progress)
    return run.result()


def _check(errors: Array, weights: Tensor | None, up_to: int) -> None:
    if len(errors) < up_to:
        raise ValueError(f"errors for {len(errors)} of {up_to} positions; give some for each.")
    for n, limits in enumerate(errors, 1):
        # An infinite one proves nothing, and is no fault.
        if not (limits >= 0).all():
            raise ValueError(f"an error at position {n} is {limits.min()}; expected 0 or more.")
    if weights is not None and not bool(((weights > 0) & (weights <= 1)).all()):
        raise ValueError("a weight is not above 0, or above 1; divide them by the largest.")


def _read(kept: list[Any]) -> Found:
    w, x, y, z, smallest, listed = kept
    return Found(w, x, y, z, _tuples(smallest), _tuples(listed))


def _tuples(triples: list[list[int | float]]) -> tuple[tuple[float, int, int], ...]:
    return tuple((float(margin), int(row), int(column)) for margin, row, column in triples)


class _Run:
    """An enumeration under way."""

    def __init__(
        self, tables: Tables, errors: Array, limit: int, state: Unfinished[Found], engine: Engine
    ) -> None:
        self.tables, self.errors, self.limit = tables, errors, limit
        self.state, self.engine = state, engine
        self.units = tables.units(engine.cases)

    def finish(self, progress: Progress | None) -> None:
        """Go through all units that are not done yet."""
        advance = progress.advance if progress else lambda steps: None
        advance(sum(self.units[number].cases for number in self.state.found))
        before, started = self.state.seconds, time.perf_counter()
        saved = started
        try:
            with closing(self._threads() if self.engine.threads > 1 else self._here()) as finished:
                for number, found in finished:
                    self.state.found[number] = self._without_listed_in_vain(number, found)
                    now = time.perf_counter()
                    self.state.seconds = before + now - started
                    advance(self.units[number].cases)
                    if now - saved > SECONDS_BETWEEN_SAVES:
                        self.state.save()
                        saved = time.perf_counter()
        except BaseException:
            self.state.save()
            raise
        self.state.remove()

    def _here(self) -> Generator[tuple[int, Found], None, None]:
        for number in self._left():
            yield number, self._found(number)

    def _threads(self) -> Generator[tuple[int, Found], None, None]:
        with ThreadPoolExecutor(self.engine.threads) as pool:
            begun = {pool.submit(self._found, number): number for number in self._left()}
            try:
                for future in as_completed(begun):
                    yield begun[future], future.result()
            finally:
                # What runs is waited for: milliseconds.
                pool.shutdown(cancel_futures=True)

    def _left(self) -> list[int]:
        return [number for number in range(len(self.units)) if number not in self.state.found]

    def _found(self, number: int) -> Found:
        unit = self.units[number]
        errors = self.errors[unit.n - 1]
        # One row of errors may stand for all last tokens.
        one = unit.last is None or len(errors) == 1
        asked = errors.max(axis=0) if one else errors[unit.last]
        return self.engine(self.tables.work(unit), asked, self.limit)

    def _without_listed_in_vain(self, number: int, found: Found) -> Found:
        """Forget wrong cases if the units before already have as many as are listed."""
        if not found.listed:
            return found
        earlier = (len(other.listed) for i, other in self.state.found.items() if i < number)
        return found._replace(listed=()) if sum(earlier) >= self.limit else found

    def result(self) -> Enumeration:
        """What the units found, taken together."""
        return Enumeration(
            positions=tuple(self._position(n) for n in range(1, self.tables.up_to + 1)),
            wrong=tuple(islice(self._wrong(), self.limit)),
            seconds=self.state.seconds,
            device=self.engine.name,
            threads=self.engine.threads,
        )

    def _at(self, n: int) -> list[tuple[Unit, Found]]:
        found = self.state.found
        return [(unit, found[i]) for i, unit in enumerate(self.units) if unit.n == n]

    def _position(self, n: int) -> Position:
        units = self._at(n)
        mixed = [self.tables.multiplicity(unit) for unit, _ in units]
        found = [found for _, found in units]
        return Position(
            n=n,
            cases=sum(unit.cases for unit, _ in units),
            wrong_cases=sum(each.wrong for each in found),
            wrong_sequences=sum(map(mul, mixed, (each.wrong_orderings for each in found))),
            unproved_cases=sum(each.unproved for each in found),
            unproved_sequences=sum(map(mul, mixed, (each.unproved_orderings for each in found))),
            smallest=tuple(self._smallest(units)),
        )

    def _smallest(self, units: list[tuple[Unit, Found]]) -> Iterator[Case]:
        for right in range(len(CLASSES)):
            # Of equal margins the first, so that threads make no difference.
            unit, found = min(units, key=lambda pair: pair[1].smallest[right][0])
            margin, row, column = found.smallest[right]
            if isfinite(margin):
                yield self.tables.case(unit, row, column, margin)

    def _wrong(self) -> Iterator[Case]:
        for n in range(1, self.tables.up_to + 1):
            for unit, found in self._at(n):
                for margin, row, column in found.listed:
                    yield self.tables.case(unit, row, column, margin)
