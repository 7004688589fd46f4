"""Searches against brute force and planted sets; families off against hooks; clusters by hand."""

import math
from itertools import combinations

import numpy as np
import pytest
import torch

from analyses.instruments.ablation import mean_ablate, zero_ablate
from analyses.instruments.parts import Neurons
from analyses.labelling_function.neurons import chosen, clusters, off, tables
from analyses.labelling_function.neurons.claims import CLAIMS
from analyses.labelling_function.neurons.effects import effects, says_red, whole
from analyses.labelling_function.neurons.families import FAMILIES
from analyses.labelling_function.points import every, red_over_blue
from analyses.labelling_function.rows import PATTERNS
from models.labelling_function.task import BLUE, RED, SIDE, LabellingFunction
from models.problem import Problem
from tests.problems.labelling_function.small_model import small_model

SLOW = ("output_weights_dealt",)
"""Claims that put another model together."""


@pytest.fixture(scope="module")
def small() -> Problem[LabellingFunction]:
    return small_model(d_mlp=40)


def random_maps(n: int, seed: int, side: int = 12) -> np.ndarray:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(n, side, side, generator=generator).numpy()


def brute_force(maps: np.ndarray, red: np.ndarray, size: int) -> float:
    return max(
        float(np.mean((maps[list(one)].sum(axis=0) > 0) == red))
        for one in combinations(range(len(maps)), size)
    )


@pytest.mark.parametrize("seed", range(3))
def test_ones_pairs_and_fours_are_the_best_there_are(seed: int) -> None:
    maps = random_maps(9, seed)
    red = random_maps(1, seed + 100)[0] > 0
    search = chosen.Search(maps, red)
    assert search.one().agreement == brute_force(maps, red, 1)
    pairs = chosen.pairs(search.maps, search.red)
    assert chosen.best_of(pairs)[0].agreement == brute_force(maps, red, 2)
    assert search.two().agreement >= brute_force(maps, red, 2) - 0.02
    assert search.four().agreement >= brute_force(maps, red, 4) - 0.02


def test_a_planted_set_is_found() -> None:
    maps = random_maps(60, 5, side=24)
    red = maps[[3, 20, 41, 59]].sum(axis=0) > 0
    found = chosen.Search(maps, red).four()
    assert set(found.neurons) == {3, 20, 41, 59}
    assert found.agreement == 1.0


def test_a_larger_set_holds_different_neurons_and_says_its_agreement() -> None:
    maps = random_maps(30, 6)
    red = random_maps(1, 7)[0] > 0
    search = chosen.Search(maps, red)
    found = search.more(search.four().neurons, 8)
    assert len(set(found.neurons)) == 8
    expected = np.mean((maps[list(found.neurons)].sum(axis=0) > 0) == red)
    assert found.agreement == pytest.approx(expected)


def test_agreement_of_a_set_counted_by_hand() -> None:
    maps = np.array([[1.0, -1.0, 2.0], [-2.0, 0.0, 1.0]], dtype=np.float32)
    red = np.array([False, True, True])
    # The sums are -1, -1 and 3; nothing at all is blue.
    assert chosen.scored(maps, red, [0, 1]).agreement == pytest.approx(2 / 3)
    assert chosen.scored(maps, red, []).agreement == pytest.approx(1 / 3)


def test_the_best_offset_is_that_of_every_cut(small: Problem[LabellingFunction]) -> None:
    neurons = [1, 5, 7]
    summed = effects(small)[neurons].sum(dim=0)
    cuts = [*summed.flatten().unique().tolist()[::101], float(summed.min()) - 1]
    best = max(float(((summed > cut) == says_red(small)).double().mean()) for cut in cuts)
    found = chosen.best_offset(small, neurons)
    assert best <= found <= best + 0.02
    assert found >= chosen.agreement_of(small, neurons)


def test_random_sets_are_the_generators(small: Problem[LabellingFunction]) -> None:
    def drawn() -> np.ndarray:
        return chosen.of_random_sets(small, 3, 2, torch.Generator().manual_seed(1))

    assert drawn().shape == (2, SIDE, SIDE)
    assert np.array_equal(drawn(), drawn())
    with pytest.raises(ValueError, match=r"sets of 41 neurons were asked for; \d+ fire"):
        chosen.of_random_sets(small, 41, 1, torch.Generator())


def test_families_off_are_neurons_ablated(small: Problem[LabellingFunction]) -> None:
    sets = [[2, 3, 11], [0]]
    tokens = small.task.sample(50, torch.Generator().manual_seed(2))
    for neurons, one in zip(sets, off.without(small, sets), strict=True):
        logits = zero_ablate(small, tokens, Neurons(0, neurons))[:, -1]
        found = one[tokens[:, 0], tokens[:, 1]]
        torch.testing.assert_close(found, logits[:, RED] - logits[:, BLUE], atol=1e-4, rtol=1e-4)


def test_mean_ablated_means_over_all_points(small: Problem[LabellingFunction]) -> None:
    (found,) = off.without(small, [[2, 3, 11]], mean=True)
    expected = red_over_blue(mean_ablate(small, every(small), Neurons(0, [2, 3, 11])))
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)


def test_nothing_off_changes_nothing(small: Problem[LabellingFunction]) -> None:
    assert off.kept_by_pattern(small, []) == dict.fromkeys(PATTERNS, 1.0)
    assert off.foreseen(small, ["red right"], [[]]) == 0.5


def test_rows_foreseen_by_hand() -> None:
    kept = torch.ones(4, 20, dtype=torch.bool)
    kept[0, :5] = False
    kept[1, :5] = False
    # A tenth of a row is not yet another row.
    kept[2, :2] = False
    made = torch.tensor([True, False, False, False])
    assert off.balanced(kept, made) == pytest.approx((1 + 2 / 3) / 2)
    assert off.balanced(kept, ~made) == pytest.approx((1 / 3 + 0) / 2)


def planted_maps() -> tuple[torch.Tensor, list[str]]:
    """Three kinds of map at random strengths, of which one is the negative of another."""
    generator = torch.Generator().manual_seed(8)
    kinds = torch.randn(2, 30, 30, generator=generator)
    kinds = torch.cat([kinds, -kinds[:1]])
    names = [number % 3 for number in range(24)]
    strengths = torch.rand(24, 1, 1, generator=generator) + 0.1
    noise = torch.randn(24, 30, 30, generator=generator) / 20
    return kinds[names] * strengths + noise, [f"kind {name}" for name in names]


def test_planted_clusters_are_found_and_others_are_not() -> None:
    maps, names = planted_maps()
    of = clusters.clustered(maps, 3).tolist()
    assert clusters.purity(of, names) == 1.0
    assert clusters.purity(of, sorted(names)) < 0.5
    assert clusters.purity([0, 0, 0, 1], ["a", "a", "b", "b"]) == 0.75
    assert clusters.most_like(maps[1:], maps[0]) % 3 == 2


def test_neurons_of_a_family_share_their_rows() -> None:
    generator = torch.Generator().manual_seed(9)
    rows = torch.rand(2, 30, 1, generator=generator)
    names = ["a", "a", "b", "b", "a"]
    maps = torch.stack([rows[0 if name == "a" else 1].expand(30, 30) for name in names])
    same, other = clusters.row_correlations(maps, names)
    assert same == pytest.approx(1.0, abs=1e-5)
    assert abs(other) < 0.6


def test_claims_have_names_of_their_own_and_controls() -> None:
    assert len({claim.name for claim in CLAIMS}) == len(CLAIMS)


def test_any_model_can_be_measured_and_shown(small: Problem[LabellingFunction]) -> None:
    values = [claim.measure(small).value for claim in CLAIMS if claim.name not in SLOW]
    assert all(map(math.isfinite, values))
    assert [row[0] for row in tables.family_rows(small)] == list(FAMILIES)
    assert len(tables.end_rows(small)) == 2 * len(PATTERNS)
    assert sum(tables.red_at_left(small).values()) == pytest.approx(1.0)
    curves = tables.by_size(small)
    # All neurons that fire are one set, however they are ordered.
    assert curves["of greatest norm"][1][-1] == pytest.approx(curves["random, mean"][1][-1])


def test_what_families_and_the_rest_add_up_to_is_the_model(
    small: Problem[LabellingFunction],
) -> None:
    rows = [row for row, its in enumerate(off.row_patterns(small)) if its == "blue-red"]
    parts = tables.at_ends(small)["blue-red", "right"]
    expected = whole(small)[rows, -10:].mean()
    assert sum(parts.values()) == pytest.approx(float(expected), abs=1e-3)
