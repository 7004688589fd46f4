"""The enumeration in batched operations of PyTorch, for a GPU.

A unit of work is one batch: all pairs of its rows and columns at once, in float64, with the
host waiting once, for what was found.

By calculation, not measured: eager operations read and write some 500 bytes for each case (the
eight neurons are written, cut off in place and read by the product of matrices, 32 numbers; a
dozen operations on margins and masks read and write about 30 more). The 6e8 cases of twenty
values so move 3e11 bytes, 0.09 s at the 3.35e12 bytes per second of an H100. There are some 400
units of about 50 launches each, which the host issues in about 0.2 s at 10 microseconds a launch.
Both together stay below a second. A batch needs at most half a GB, 250 bytes for each case: the
neurons 64, the differences 48, and margins, masks and sums.
"""

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from analyses.cumulative_sum.tables import Found, Work

CASES = 2**21
"""Cases of a unit."""


class TorchEngine:
    """Goes through units on a device of PyTorch's."""

    cases = CASES
    neurons = 0
    threads = 1

    def __init__(self, device: torch.device | str) -> None:
        self.device = torch.device(device)

    @property
    def name(self) -> str:
        """What is named as the device in results."""
        return str(self.device)

    def prepare(self) -> None:
        """Nothing has to be compiled."""

    @torch.no_grad()
    def __call__(self, work: Work, errors: Float[np.ndarray, "right other"], limit: int) -> Found:
        """Go through a unit.

        Args:
            work: its tables.
            errors: by right class and other; cases that do not win by more count as unproved,
                logits.
            limit: how many wrong cases are listed.
        """
        rows, columns = self._moved(work.rows), self._moved(work.columns)
        out = self._moved(np.stack([work.u, work.v], axis=1))
        d_mlp = len(work.u)
        neurons = (rows[:, None, :d_mlp] + columns[None, :, :d_mlp]).relu_()
        differences = neurons @ out
        del neurons
        differences += rows[:, None, d_mlp:-1]
        differences += columns[None, :, d_mlp:-1]
        a, b = differences.unbind(dim=-1)
        sums = self._moved(work.row_sums)[:, None] + self._moved(work.column_sums)[None]
        low, mid, high = b.clamp(max=0) - a, torch.minimum(a, b), a.clamp(max=0) - b
        margins = torch.where(sums < 0, low, torch.where(sums > 0, high, mid))
        del low, mid, high
        # What is left of the right class's lead over each other when the error is taken off.
        scale = rows[:, None, -1] + columns[None, :, -1]
        (_, low_mid, low_high), (mid_low, _, mid_high), (high_low, high_mid, _) = errors.tolist()
        low = torch.minimum(-a - low_mid * scale, b - a - low_high * scale)
        mid = torch.minimum(a - mid_low * scale, b - mid_high * scale)
        high = torch.minimum(-b - high_mid * scale, a - b - high_low * scale)
        surplus = torch.where(sums < 0, low, torch.where(sums > 0, high, mid))
        del low, mid, high, differences, a, b
        orderings = self._moved(work.row_orderings), self._moved(work.column_orderings)
        # Not "at most": a margin that is NaN is to count, too.
        wrong, unproved = ~(margins > 0), ~(surplus > 0)
        counts = [part for mask in (wrong, unproved) for part in _counted(mask, *orderings)]
        smallest = []
        for sign in (-1, 0, 1):
            least = torch.where(sums.sign() == sign, margins, torch.inf).flatten().min(dim=0)
            smallest.append(least.values)
            counts.append(least.indices)
        least, found = torch.stack(smallest).tolist(), torch.stack(counts).tolist()
        pairs = [divmod(index, len(work.columns)) for index in found[4:]]
        return Found(
            *found[:4],
            smallest=tuple((m, *pair) for m, pair in zip(least, pairs, strict=True)),
            listed=_listed(wrong, margins, limit) if found[0] and limit else (),
        )

    def _moved(self, array: np.ndarray) -> Tensor:
        return torch.tensor(array, device=self.device)


def _counted(mask: Tensor, rows: Tensor, columns: Tensor) -> tuple[Tensor, Tensor]:
    """How many cases, and how many orderings."""
    return mask.sum(), (torch.where(mask, columns, 0).sum(dim=1) * rows).sum()


def _listed(wrong: Tensor, margins: Tensor, limit: int) -> tuple[tuple[float, int, int], ...]:
    where = wrong.nonzero()[:limit]
    values = margins[where[:, 0], where[:, 1]].tolist()
    return tuple((m, row, column) for m, (row, column) in zip(values, where.tolist(), strict=True))
