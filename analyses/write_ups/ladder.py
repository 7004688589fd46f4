"""How much understanding buys: the cases a proof looks at, and what share of inputs they prove."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from analyses.evidence.certificate import Tally
from analyses.write_ups import figures


def all_cases(tallies: Sequence[Tally]) -> int:
    """Cases of all of them."""
    return sum(tally.cases for tally in tallies)


def unproved(tallies: Sequence[Tally]) -> int:
    """Inputs that none of them proves."""
    return sum(tally.inputs - tally.proved for tally in tallies)


def mean_share(tallies: Sequence[Tally], groups: int) -> float:
    """Share proved, mean over so many groups of inputs; groups without a tally count as 0."""
    return sum(tally.share for tally in tallies) / groups


class Rung(NamedTuple):
    """One method, applied to more and more groups of inputs."""

    cases: list[int]
    """Cases judged so far."""
    share: list[float]
    """Share of inputs proved so far, mean over all groups."""


def rung(tallies: Sequence[Tally], groups: int) -> Rung:
    """Follow a method from the first group of inputs to the last it reaches."""
    steps = range(1, len(tallies) + 1)
    return Rung(
        [all_cases(tallies[:step]) for step in steps],
        [mean_share(tallies[:step], groups) for step in steps],
    )


def figure(rungs: Mapping[str, Rung], *, y_title: str, caption: str, alt: str) -> figures.Figure:
    """All methods: cases on a logarithmic scale, shares in per cent."""
    return figures.scatter(
        {
            name: ([float(n) for n in found.cases], [100 * share for share in found.share])
            for name, found in rungs.items()
        },
        joined=True,
        log_x=True,
        x_title="cases looked at",
        y_title=y_title,
        caption=caption,
        alt=alt,
    )
