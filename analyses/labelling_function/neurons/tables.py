"""Families and sets of neurons as tables and curves."""

import numpy as np
import torch

from analyses.labelling_function.neurons import chosen, clusters, off
from analyses.labelling_function.neurons.effects import Maps, effects, rest
from analyses.labelling_function.neurons.families import FAMILIES, PUBLISHED, ends, families
from analyses.labelling_function.rows import PATTERNS
from analyses.write_ups.numerals import percent
from models.labelling_function.task import LabellingFunction
from models.problem import Problem

RANDOM_SETS = 20
"""Of each size, in curves."""
SEED = 2303
SHOWN = ("red right", "blue right", "red left", "blue left")
"""Families that have a column of their own where all add up; the others are small."""


def family_rows(problem: Problem[LabellingFunction]) -> list[list[str]]:
    """A row for each family: its sizes by the published rule and by ours, its strongest neuron,
    its share of all squared effects, and how many answers stay without it.
    """
    published, ours = families(problem, PUBLISHED), families(problem)
    squares = effects(problem).square().sum(dim=(1, 2))
    cells = []
    for name in FAMILIES:
        of = ours[name]
        stays = [float(off.kept(problem, [of], mean).double().mean()) for mean in (False, True)]
        cells.append(
            [
                name,
                str(len(published[name])),
                str(len(of)),
                str(of[0]) if of else "none",
                percent(float(squares[of].sum() / squares.sum()), 1),
                *(percent(share, 1) for share in stays),
            ]
        )
    return cells


def pattern_rows(problem: Problem[LabellingFunction]) -> list[list[str]]:
    """A row for each family: how many answers stay without it, in rows of each true pattern,
    switched off and mean ablated.
    """
    cells = []
    for name, of in families(problem).items():
        zero, mean = (off.kept_by_pattern(problem, of, mean) for mean in (False, True))
        both = ([percent(share[its], 1) for share in (zero, mean)] for its in PATTERNS)
        cells.append([name, *map(", ".join, both)])
    return cells


def families_named(problem: Problem[LabellingFunction], neurons: list[int]) -> str:
    """Neurons with what they paint, in words."""
    of = {neuron: name for name, members in families(problem).items() for neuron in members}
    return ", ".join(f"{neuron} ({of[neuron]})" for neuron in neurons)


def by_size(
    problem: Problem[LabellingFunction],
) -> dict[str, tuple[list[int], list[float]]]:
    """Agreement of sets with the model's answers by their size: those found by search, those of
    greatest norm, and random ones in the mean.
    """
    found = chosen.search(problem)
    firing = len(chosen.firing(problem))
    sizes = [size for size in (*found, 128, 256) if size < firing] + [firing]
    generator = torch.Generator().manual_seed(SEED)
    red = chosen.answers(problem)
    random = [
        np.mean(chosen.of_random_sets(problem, size, RANDOM_SETS, generator) == red).item()
        for size in sizes
    ]
    norm = [chosen.agreement_of(problem, chosen.strongest(problem, size)) for size in sizes]
    return {
        "found by search": (list(found), [each.agreement for each in found.values()]),
        "of greatest norm": (sizes, norm),
        "random, mean": (sizes, random),
    }


def near_best(problem: Problem[LabellingFunction], within: float) -> float:
    """The share of climbs to sets of four that end so near to the best one."""
    ends = [found.agreement for found in chosen.ends(problem)]
    return sum(end >= max(ends) - within for end in ends) / len(ends)


def every_map(problem: Problem[LabellingFunction]) -> tuple[Maps, list[str]]:
    """The maps of all neurons that fire, with their families."""
    of = families(problem)
    members = [neuron for neurons in of.values() for neuron in neurons]
    return effects(problem)[members], [name for name in of for _ in of[name]]


def purity_of_all(problem: Problem[LabellingFunction]) -> float:
    """`clusters.purity` with every neuron that fires."""
    maps, names = every_map(problem)
    return clusters.purity(clusters.clustered(maps, len(set(names))).tolist(), names)


def row_correlation_of_all(problem: Problem[LabellingFunction]) -> float:
    """`clusters.row_correlations` within families, with every neuron that fires."""
    return clusters.row_correlations(*every_map(problem))[0]


def at_ends(problem: Problem[LabellingFunction]) -> dict[tuple[str, str], dict[str, float]]:
    """By true pattern and end of its rows, what each family adds there, and the rest of the
    model: logits, mean over the rows of the pattern and the columns at that end.
    """
    parts = {name: effects(problem)[of].sum(dim=0) for name, of in families(problem).items()}
    both = {name: ends(part) for name, part in (parts | {"rest": rest(problem)}).items()}
    found = off.row_patterns(problem)
    by_pattern = {its: [row for row, one in enumerate(found) if one == its] for its in PATTERNS}
    return {
        (its, end): {name: float(of[side][rows].mean()) for name, of in both.items()}
        for its, rows in by_pattern.items()
        for side, end in enumerate(("left", "right"))
    }


def end_rows(problem: Problem[LabellingFunction]) -> list[list[str]]:
    """`at_ends` as the rows of a table, the smaller families and the rest in one."""
    cells = []
    for (its, end), by_part in at_ends(problem).items():
        shown = [by_part[name] for name in SHOWN]
        total = sum(by_part.values())
        values = (*shown, total - sum(shown), total)
        cells.append([f"{its}, {end}", *(f"{value:+.1f}" for value in values)])
    return cells


def red_at_left(problem: Problem[LabellingFunction]) -> dict[str, float]:
    """Of all red effects at the left end of rows that are red all over, the share of each family
    that paints red.
    """
    left = at_ends(problem)["red", "left"]
    red = {name: value for name, value in left.items() if name.startswith("red")}
    return {name: value / sum(red.values()) for name, value in red.items()}
