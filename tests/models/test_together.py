"""Training many seeds at once, held against training each by itself.

Largest differences measured after 100 steps: in float64 6e-14 of the largest weight; in float32
3e-5 of it, but 2e-4 for Labelling Function. There a neuron that is on for hardly any input makes
full steps from next to no gradient, and two runs one by one whose forward passes round otherwise
differ by as much. So the rule itself is tested in float64, and in float32 all weights at once.
"""

import math
import re

import pytest
import torch

from models import checkpoint
from models.card import Card, slugs
from models.checkpoint import NamedWeights
from models.plain import PlainTransformer
from models.progress import Progress
from models.scoring import answer_log_probs, loss
from models.sorted_list.task import SortedList
from models.task import Task
from models.together import Together, begun, train_together
from models.training import begin, fresh_sequences
from tests.models.one_by_one import alone, flat, shortened

CPU = torch.device("cpu")
SEEDS = (3, 1)
STEPS, FEW_STEPS = 100, 30
EXACT = 1e-9
"""Most that a float64 weight may differ by, as a share of the largest."""
ROUNDED = 1e-4
"""Length of the difference of all float32 weights, at most, as a share of their length."""
NATS = 1e-3
"""Most that a log probability of a right answer may differ by in float32."""


def together(card: Card, task: Task, dtype: torch.dtype) -> list[NamedWeights]:
    """The weights of models that were trained at once."""
    runs = Together(card, task, SEEDS, CPU, dtype)
    while runs.epochs_done < card.training.epochs_run:
        runs.epoch()
    return runs.weights()


def log_probs(card: Card, task: Task, weights: NamedWeights) -> torch.Tensor:
    """What a model gives the right answers to sequences that it was not trained on."""
    tokens = fresh_sequences(task, card.training, 50, seed=1)
    with torch.no_grad():
        return answer_log_probs(task, PlainTransformer(weights, card.architecture)(tokens), tokens)


@pytest.mark.every_month
@pytest.mark.parametrize("slug", slugs())
def test_in_double_precision_it_is_the_model_of_training_it_by_itself(slug: str) -> None:
    card, task = shortened(slug, FEW_STEPS)
    weights = together(card, task, torch.float64)[-1]
    expected = alone(card, task, SEEDS[-1], torch.float64)
    shapes, others = ({name: w.shape for name, w in all.items()} for all in (weights, expected))
    assert shapes == others
    largest = float(flat(expected).abs().max())
    assert float((flat(weights) - flat(expected)).abs().max()) <= EXACT * largest
    start = begun(card.architecture, SEEDS[-1])
    moved = flat({name: start.parameter(name).detach() for name in start.names}) - flat(weights)
    assert float(moved.abs().max()) > 0.01 * largest


@pytest.mark.every_month
@pytest.mark.parametrize("slug", slugs())
def test_in_single_precision_it_differs_by_rounding(slug: str) -> None:
    card, task = shortened(slug, STEPS)
    weights = train_together(card, task, SEEDS, CPU)[-1]
    expected = alone(card, task, SEEDS[-1])
    assert {tensor.dtype for tensor in weights.values()} == {torch.float32}
    apart = (flat(weights) - flat(expected)).norm()
    assert float(apart) <= ROUNDED * float(flat(expected).norm())
    torch.testing.assert_close(
        log_probs(card, task, weights), log_probs(card, task, expected), atol=NATS, rtol=0
    )


def changed(card: Card, part: str, **to: object) -> Card:
    """The card with another recipe or architecture."""
    return card.model_copy(update={part: getattr(card, part).model_copy(update=to)})


@pytest.mark.parametrize(
    ("part", "to"),
    [
        ("training", {"optimizer": "AdamW", "weight_decay": 0.5}),
        ("training", {"stopped_after": 4}),
        ("architecture", {"n_layers": 2, "d_mlp": 6, "act_fn": "gelu"}),
        ("architecture", {"n_heads": 1, "d_mlp": 6, "act_fn": "relu", "normalization": None}),
    ],
)
def test_they_follow_recipe_and_architecture(
    small_card: Card, small_task: SortedList, part: str, to: dict[str, object]
) -> None:
    card = changed(small_card, part, **to)
    found = together(card, small_task, torch.float64)
    for seed, weights in zip(SEEDS, found, strict=True):
        expected = alone(card, small_task, seed, torch.float64)
        torch.testing.assert_close(flat(weights), flat(expected), atol=EXACT, rtol=0)


def test_each_seed_makes_the_same_model_in_any_company(
    small_card: Card, small_task: SortedList
) -> None:
    three = train_together(small_card, small_task, [7, 2, 5], CPU)
    for weights, seed in zip(three, (7, 2, 5), strict=True):
        (single,) = train_together(small_card, small_task, [seed], CPU)
        torch.testing.assert_close(flat(weights), flat(single), atol=1e-5, rtol=0)
    one, two, _ = three
    assert float((flat(one) - flat(two)).abs().max()) > 0.1


def test_their_weights_are_a_checkpoint(small_card: Card, small_task: SortedList) -> None:
    for weights in train_together(small_card, small_task, SEEDS, CPU):
        sizes = small_card.architecture
        assert checkpoint.architecture_of(weights, sizes, "trained together") == sizes
        # Neither shares memory with the others, which would be written to a file with it.
        for tensor in weights.values():
            assert tensor.untyped_storage().nbytes() == tensor.nbytes
            assert not tensor.requires_grad


def test_biases_that_are_not_learnt_stay_zero(small_card: Card, small_task: SortedList) -> None:
    bare = changed(small_card, "architecture", attention_biases=False, d_mlp=4, act_fn="relu")
    decayed = changed(bare, "training", optimizer="AdamW", weight_decay=1.0)
    for weights in train_together(decayed, small_task, SEEDS, CPU):
        for part in "QKVO":
            assert not weights[f"blocks.0.attn.b_{part}"].any()
        assert not weights["unembed.b_U"].any()
        assert weights["blocks.0.mlp.b_in"].any()


def test_each_batch_holds_a_models_own_sequences_and_the_answers_to_them(
    small_card: Card, small_task: SortedList
) -> None:
    runs = Together(small_card, small_task, SEEDS, CPU)
    trainers = [
        begin(changed(small_card, "training", seed=seed), small_task, CPU) for seed in SEEDS
    ]
    for epoch in range(2):
        runs.epochs_done = epoch
        for trainer in trainers:
            trainer.epochs_done = epoch
        singly = zip(*(trainer.batches() for trainer in trainers), strict=True)
        for (tokens, answers), own in zip(runs.batches(), singly, strict=True):
            assert torch.equal(tokens, torch.stack(own))
            assert torch.equal(answers, torch.stack([small_task.answers(part) for part in own]))


def test_losses_are_those_of_the_models(small_card: Card, small_task: SortedList) -> None:
    runs = Together(small_card, small_task, SEEDS, CPU)
    tokens, answers = next(runs.batches())
    for own, found, weights in zip(
        tokens, runs.losses(tokens, answers), runs.weights(), strict=True
    ):
        expected = loss(small_task, PlainTransformer(weights, small_card.architecture)(own), own)
        assert float(found.detach()) == pytest.approx(float(expected.detach()), abs=1e-6)
    first, last = runs.epoch(), (runs.epoch(), runs.epoch())[-1]
    assert (last < first).all()


def test_progress_hears_of_every_step(small_card: Card, small_task: SortedList) -> None:
    with Progress("train", total=12) as progress:
        train_together(small_card, small_task, SEEDS, CPU, progress)
    assert progress.done == small_card.training.steps_planned


@pytest.mark.parametrize(
    ("seeds", "said"),
    [
        ([], "no seeds were given to train from; give at least one."),
        ([4, 2, 4, 2, 1], "the seeds 2, 4 were given more than once"),
    ],
)
def test_seeds_that_cannot_be_trained_from_are_refused(
    small_card: Card, small_task: SortedList, seeds: list[int], said: str
) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        train_together(small_card, small_task, seeds, CPU)


def test_a_model_that_comes_to_nothing_harms_no_other(
    small_card: Card, small_task: SortedList
) -> None:
    runs = Together(small_card, small_task, SEEDS, CPU)
    with torch.no_grad():
        runs.stacked["embed_W_E"][0] = math.nan
    while runs.epochs_done < small_card.training.epochs_run:
        runs.epoch()
    lost, kept = runs.weights()
    assert lost["embed.W_E"].isnan().all()
    expected = train_together(small_card, small_task, SEEDS, CPU)[1]
    assert all(torch.equal(kept[name], expected[name]) for name in kept)
