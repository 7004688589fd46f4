"""Many seeds at once on a GPU, where a step of all is recorded and replayed.

That a step could be recorded is tested with all else: a warning that says otherwise is an error.
"""

import pytest
import torch

from analyses.instruments.statistics import proportion_interval
from analyses.seeds.judge import judge, problem_of
from analyses.seeds.lines import read_lines
from analyses.seeds.subject import Subject
from models.card import read_card, slugs
from models.together import Together, train_together
from tests.apart import Apart
from tests.bench import together as bench
from tests.models.one_by_one import alone, flat, shortened

CPU = torch.device("cpu")
STEPS, FEW_STEPS = 100, 10
SEEDS = (3, 1)
EXACT = 1e-6
"""Most that a float64 weight may differ by, as a share of the largest: a recorded step reads its
learning rate in float32."""
TIMES, PER_HOUR = 20, 600
"""How many times the models of training one by one, and models of Sorted List in an hour: 100 in
ten minutes."""
COMPARED = 32
"""Models that are trained to the end and judged."""


@pytest.mark.gpu
@pytest.mark.every_month
@pytest.mark.parametrize("slug", slugs())
def test_they_are_the_models_of_training_one_by_one(slug: str) -> None:
    card, task = shortened(slug, STEPS)
    device = torch.device("cuda")
    runs = Together(card, task, SEEDS, device, torch.float64)
    while runs.epochs_done < card.training.epochs_run:
        runs.epoch()
    for seed, weights in zip(SEEDS, runs.weights(), strict=True):
        expected = flat(alone(card, task, seed, torch.float64, device))
        apart = (flat(weights) - expected).abs().max()
        assert float(apart) <= EXACT * float(expected.abs().max())


@pytest.mark.every_month
def test_devices_are_not_mixed_on_the_way_to_a_loss(apart: Apart) -> None:
    """On a machine without a GPU too; what looks like one computes no gradients."""
    expected = {}
    for slug in slugs():
        card, task = shortened(slug, FEW_STEPS)
        runs = Together(card, task, SEEDS, CPU)
        expected[slug] = runs.losses(*next(runs.batches())).tolist()
    found = apart(losses_on_lookalike, slugs())
    assert found == {slug: pytest.approx(losses) for slug, losses in expected.items()}


def losses_on_lookalike(slugs: list[str]) -> dict[str, list[float]]:
    # Registers the device with PyTorch for good.
    from tests.gpu.lookalike import DEVICE, lookalike

    found = {}
    with lookalike():
        for slug in slugs:
            card, task = shortened(slug, FEW_STEPS)
            runs = Together(card, task, SEEDS, DEVICE)
            found[slug] = runs.losses(*next(runs.batches())).tolist()
    return found


@pytest.mark.gpu
def test_sequences_that_do_not_fit_stay_in_the_computers_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    card, task = shortened("cumulative_sum", FEW_STEPS)
    device = torch.device("cuda")
    expected = train_together(card, task, SEEDS, device)
    monkeypatch.setattr("models.together.SHARE_FOR_SEQUENCES", 0.0)
    assert Together(card, task, SEEDS, device).sequences.device.type == "cpu"
    for one, other in zip(expected, train_together(card, task, SEEDS, device), strict=True):
        torch.testing.assert_close(flat(one), flat(other), atol=1e-5, rtol=0)


@pytest.mark.gpu
def test_100_at_once_are_trained_20_times_as_fast_as_one_by_one() -> None:
    found = {figure.name: figure.value for figure in bench.figures("sorted_list")}
    what = "sorted_list on cuda, 100 at once"
    assert found[what] >= PER_HOUR, found
    assert found[f"{what} / one by one"] >= TIMES, found


@pytest.mark.gpu
@pytest.mark.parametrize("slug", ["cumulative_sum", "labelling_function"])
def test_their_claims_come_out_as_often_as_those_of_models_trained_one_by_one(slug: str) -> None:
    """Against the committed sweep. Of each claim, the 95 % intervals of both shares overlap."""
    lines = [line for line in read_lines(slug) if line.device == "cpu"]
    if not lines:
        pytest.skip(f"no models of {slug} that were trained on a CPU are committed")
    subject = Subject(slug)
    seeds = range(10_000, 10_000 + COMPARED)
    trained = train_together(read_card(slug), subject.task(), seeds, torch.device("cuda"))
    judged = [
        judge(subject, problem_of(subject, seed, weights)).claims
        for seed, weights in zip(seeds, trained, strict=True)
    ]
    for name in lines[0].claims:
        shares = []
        for models in ([line.claims for line in lines], judged):
            as_stated = sum(name in claims and claims[name].as_stated for claims in models)
            shares.append(proportion_interval(as_stated, len(models)))
        (low, high), (low_too, high_too) = shares
        assert low <= high_too and low_too <= high, (name, shares)
