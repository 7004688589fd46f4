"""A problem's write-up on a device that is no CPU.

For a process of its own, since the device stays registered.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import torch

from analyses.evidence.claims import Claim, Control, Measurement
from analyses.evidence.findings import Controlled
from analyses.instruments.statistics import Interval
from analyses.write_ups.products import committed_results
from analyses.write_ups.results import Results
from models.problem import Problem
from tests.gpu.lookalike import NAME, lookalike
from tests.pages import executed


def drift_on_lookalike(slug: str) -> list[str]:
    """What the write-up of a problem records on the device otherwise than was committed.

    Raises:
        RuntimeError: if it mixes devices.
    """
    committed = Results.read(committed_results(slug))
    with lookalike(), controls_as_committed(committed):
        _, found = executed(slug, NAME)
    return found.drift_from(committed)


@contextmanager
def controls_as_committed(committed: Results) -> Iterator[None]:
    """Within it, what is measured on the problem's model is not measured once more on each model
    that is its control: the same code, it meets the same devices. The other model is made, and run.
    """
    of = Control.of
    values = {
        (claim.name, control.what): control
        for claim in committed.claims
        for control in claim.controls
    }

    def instead(self: Control, claim: Claim, problem: Problem[Any]) -> Measurement:
        known = values.get((claim.name, self.what))
        if self.model is None or known is None:
            return of(self, claim, problem)
        other = self.model(problem)
        other.logits(torch.zeros(1, other.architecture.n_ctx, dtype=torch.long))
        return judged_like(known, claim)

    with patch.object(Control, "of", instead):
        yield


def judged_like(known: Controlled, claim: Claim) -> Measurement:
    """A measurement that gives the same value and verdict."""
    exact = Measurement(known.value, 1)
    if claim.satisfied_by(exact) == known.satisfies:
        return exact
    # Of a sample, whose whole interval would have to meet the threshold.
    return Measurement(known.value, 1, Interval(-sys.float_info.max, sys.float_info.max))
