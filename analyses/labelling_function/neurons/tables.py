"""Families and sets of neurons as tables and curves."""

import numpy as np
import torch

from analyses.labelling_function.neurons import chosen, clusters, off
from analyses.labelling_function.neurons.effects import effects
from analyses.labelling_function.neurons.families import FAMILIES, PUBLISHED, families
from analyses.labelling_function.rows import PATTERNS
from models.labelling_function.task import LabellingFunction
from models.problem import Problem

RANDOM_SETS = 20
"""Of each size, in curves."""
SEED = 2303


def share(value: float) -> str:
    """A share as a percentage."""
    return f"{100 * value:.1f} %"


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
                share(float(squares[of].sum() / squares.sum())),
                *map(share, stays),
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
        cells.append([name, *(f"{share(zero[its])}, {share(mean[its])}" for its in PATTERNS)])
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


def all_purity(problem: Problem[LabellingFunction]) -> float:
    """`clusters.purity` with every neuron that fires."""
    named = {neuron: name for name, of in families(problem).items() for neuron in of}
    found = clusters.clustered(effects(problem)[list(named)], len(set(named.values())))
    return clusters.purity(found.tolist(), list(named.values()))


def red_at_left(problem: Problem[LabellingFunction]) -> dict[str, float]:
    """Of all red effects at the left end of rows that are red all over, the share of each family
    that paints red.
    """
    rows = [row for row, its in enumerate(off.row_patterns(problem)) if its == "red"]
    by_family = {
        name: float(effects(problem)[of][:, rows, 0].sum())
        for name, of in families(problem).items()
        if name.startswith("red")
    }
    return {name: value / sum(by_family.values()) for name, value in by_family.items()}
