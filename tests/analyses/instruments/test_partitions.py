"""Cases exchanged within classes, and classes of the same sizes."""

import torch
from hypothesis import given
from hypothesis import strategies as st

from analyses.instruments.partitions import binned, combined, partners, shuffled

CLASSES = st.lists(st.integers(0, 4), min_size=1, max_size=40).map(torch.tensor)
SEEDS = st.integers(0, 2**31)


@given(CLASSES, SEEDS)
def test_partners_are_of_the_same_class_and_serve_once(classes: torch.Tensor, seed: int) -> None:
    found = partners(classes, torch.Generator().manual_seed(seed))
    assert torch.equal(classes[found], classes)
    assert torch.equal(found.sort().values, torch.arange(len(classes)))


def test_all_orders_within_a_class_occur() -> None:
    classes = torch.tensor([0, 1, 0, 0])
    generator = torch.Generator().manual_seed(0)
    drawn = [tuple(partners(classes, generator).tolist()) for _ in range(600)]
    counts = {order: drawn.count(order) for order in set(drawn)}
    # The three of class 0 in all six orders, each 100 times but for chance.
    assert len(counts) == 6
    assert all(60 < count < 140 for count in counts.values())


@given(CLASSES, SEEDS)
def test_a_shuffled_partition_has_classes_of_the_same_sizes(
    classes: torch.Tensor, seed: int
) -> None:
    found = shuffled(classes, torch.Generator().manual_seed(seed))
    assert torch.equal(found.bincount(), classes.bincount())


@given(CLASSES, SEEDS)
def test_combined_partitions_are_alike_where_both_are(classes: torch.Tensor, seed: int) -> None:
    other = shuffled(classes, torch.Generator().manual_seed(seed))
    both = combined(classes, other)
    alike = (classes[:, None] == classes) & (other[:, None] == other)
    assert torch.equal(both[:, None] == both, alike)


def test_bins_hold_equally_many_in_order() -> None:
    found = binned(torch.tensor([0.3, -1.0, 7.0, 0.2, 0.25, 9.0]), 3)
    assert found.tolist() == [1, 0, 2, 0, 1, 2]
