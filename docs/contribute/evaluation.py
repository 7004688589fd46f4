"""Whether evaluation data are disjoint from training data, and the model was trained at all."""

import importlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor

from docs.contribute.month import Fault, Month
from models import checkpoint
from models.card import Card, Training
from models.task import Task
from models.training import training_sequences
from models.transformer import initialise


def evaluation_faults(month: Month, card: Card, products: Path) -> Iterator[Fault]:
    """Compare what the solution declared as evaluation data with the training data.

    Args:
        month: the month.
        card: its card, whose recipe gives the training data anew.
        products: what executing its pages left.
    """
    declared = sorted(products.glob("evaluation-*.npz"))
    if not declared:
        text = "declares no evaluation data; pass what it is judged on through `data(...)`."
        yield month.fault(month.solution, text, at="analyses.write_ups.page")
    task: Task = importlib.import_module(f"models.{month.slug}.task").task()
    for path in declared:
        tokens = np.load(path)["tokens"]
        for complaint in overlap(task, card.training, torch.from_numpy(tokens)):
            yield month.fault(month.solution, complaint, at="data(")


def overlap(task: Task, recipe: Training, tokens: Int[Tensor, "batch n_ctx"]) -> list[str]:
    """What speaks against evaluating on these sequences a model trained by this recipe."""
    if tokens.ndim != 2 or tokens.shape[1] != task.n_ctx or not len(tokens):
        return [
            f"the evaluation data have shape {tuple(tokens.shape)}, expected (n, {task.n_ctx}) "
            "with n of 1 or more; declare the sequences that the page is judged on."
        ]
    complaints = []
    training = training_sequences(task, recipe)
    seen, keys = task.keys(training), task.keys(tokens)
    known = torch.isin(keys, seen)
    if known.any():
        complaints.append(
            f"{int(known.sum()):,} of {len(tokens):,} evaluation sequences are training sequences; "
            "draw them with `problem.fresh(n, seed)`."
        )
    rows = {row.tobytes() for row in training.numpy()}
    same = torch.tensor([row.tobytes() in rows for row in tokens.numpy()])
    if (same & ~known).any() or not torch.equal(task.keys(training.flip(0)), seen.flip(0)):
        complaints.append(
            "task.keys gives equal sequences different keys, so it proves nothing; compute the key "
            "of a sequence from its tokens alone."
        )
    return complaints


def untrained(month: Month, card: Card) -> Iterator[Fault]:
    """Whether the checkpoint is what its recipe begins with."""
    assert card.weights
    weights = checkpoint.read(month.model / card.weights.file)
    model = initialise(card.architecture, card.training.seed, torch.device("cpu"))
    initial = checkpoint.named(model.state_dict(), card.architecture.n_heads)
    if weights.keys() == initial.keys() and all(
        torch.equal(weights[name], initial[name]) for name in weights
    ):
        text = f"the checkpoint was never trained; run `{card.training.command}`."
        yield month.fault(month.card, text, at='"weights"')
