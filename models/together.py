"""Many models at once: runs of a card that differ in their seed alone, a step of all together.

Each has the initial weights, the training sequences and the order of batches that
`models.training` gives its seed. All runs make the same number of steps at the same learning
rates, and the optimisers compute each weight by itself, so that one optimiser over the stacked
weights is one for each model. What comes out is what training one by one gives, but for rounding.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.func import functional_call, stack_module_state, vmap
from torch.nn.functional import cross_entropy

from models.card import Architecture, Card
from models.checkpoint import NamedWeights, named
from models.plain import PlainTransformer, underscored
from models.progress import Progress
from models.replayed import Replayed
from models.task import Task
from models.training import OPTIMIZERS, Trainer
from models.transformer import initialise

CPU = torch.device("cpu")
SHARE_FOR_SEQUENCES = 0.5
"""Of a GPU's free memory: where all sequences take more, they stay in the computer's."""


def train_together(
    card: Card,
    task: Task,
    seeds: Sequence[int],
    device: torch.device,
    progress: Progress | None = None,
) -> list[NamedWeights]:
    """Train a model by a card from each of some seeds, all at once.

    Memory grows with the number of seeds: on a GPU all their sequences lie there if they take no
    more than half of what is free, and the activations of a step always do. Where those do not
    fit, PyTorch raises its `OutOfMemoryError`: take fewer seeds at a time.

    Args:
        card: whose recipe is followed, but for its seed.
        task: what is trained on.
        seeds: one for each model, all different.
        device: where the models run.
        progress: is told of every step, in which all models advance; None: nobody is.

    Returns:
        The trained weights under HookedTransformer's names, on the CPU, in order of the seeds.

    Raises:
        ValueError: if there is no seed, or one is given twice.
    """
    together = Together(card, task, seeds, device)
    while together.epochs_done < card.training.epochs_run:
        together.epoch(progress)
    weights = together.weights()
    # A recorded step and its runs hold each other, and a GPU's memory until they are let go.
    del together.update
    return weights


@dataclass
class Together:
    """Training runs, one for each seed, and how many epochs all of them have done."""

    card: Card
    task: Task
    seeds: Sequence[int]
    device: torch.device
    dtype: torch.dtype = torch.float32
    """What is computed in."""

    def __post_init__(self) -> None:
        if not self.seeds:
            raise ValueError("no seeds were given to train from; give at least one.")
        if twice := sorted({seed for seed in self.seeds if list(self.seeds).count(seed) > 1}):
            raise ValueError(
                f"the seeds {', '.join(map(str, twice))} were given more than once, which would "
                "train the same model twice; give each seed once."
            )
        self.epochs_done = 0
        self.runs: list[Trainer] = []
        """One for each seed, none of which makes a step: they know where it begins, and its order
        of batches, in which a sequence is its number.
        """
        models = [begun(self.card.architecture, seed) for seed in self.seeds]
        self.sequences, self.answers = self._drawn(models)
        models = [model.to(self.device, self.dtype) for model in models]
        self.form = models[0]
        """Whose forward pass all models share; the weights it holds itself are not used."""
        self.stacked: dict[str, Tensor]
        """By the parameter's name in `form`, those of all models, `[model, ...]`."""
        self.stacked, _ = stack_module_state(models)
        self._prepare_steps()

    def _drawn(
        self, models: list[PlainTransformer]
    ) -> tuple[Int[Tensor, "model sequence n_ctx"], Int[Tensor, "model sequence label"]]:
        """Begin the runs; their training sequences, and the right answers to them."""
        recipe = self.card.training
        shape = (len(self.seeds), recipe.n_sequences)
        labels = range(self.task.n_ctx)[self.task.label_positions]
        # Half of the memory that int64 takes.
        sequences = torch.empty(*shape, self.task.n_ctx, dtype=torch.int32)
        answers = torch.empty(*shape, len(labels), dtype=torch.int32)
        for number, (seed, model) in enumerate(zip(self.seeds, models, strict=True)):
            run = Trainer(model, self.task, recipe.model_copy(update={"seed": seed}), CPU)
            sequences[number], answers[number] = run.sequences, self.task.answers(run.sequences)
            run.sequences = torch.arange(len(run.sequences))
            self.runs.append(run)
        taken = sequences.nbytes + answers.nbytes
        if self.device.type == "cuda":
            free, _ = torch.cuda.mem_get_info(self.device)
            if taken > SHARE_FOR_SEQUENCES * free:
                return sequences, answers
        return sequences.to(self.device), answers.to(self.device)

    def _prepare_steps(self) -> None:
        recipe = self.card.training
        self.learnt = [tensor for tensor in self.stacked.values() if tensor.requires_grad]
        make = OPTIMIZERS[recipe.optimizer]
        if self.device.type != "cuda":
            self.optimizer = make(self.learnt, lr=recipe.lr, weight_decay=recipe.weight_decay)
            self.update = self._update
            return
        # A recorded step reads the present learning rate from the GPU's memory.
        self.optimizer = make(
            self.learnt,
            lr=torch.tensor(recipe.lr, device=self.device),
            weight_decay=recipe.weight_decay,
            fused=True,
            capturable=True,
        )
        self.update = Replayed(self._update)

    def _update(
        self, tokens: Int[Tensor, "model batch n_ctx"], answers: Int[Tensor, "model batch label"]
    ) -> Float[Tensor, " model"]:
        losses = self.losses(tokens, answers)
        # No model's loss depends on another's weights: the gradient of the sum is that of each.
        gradients = torch.autograd.grad(losses.sum(), self.learnt)
        for tensor, gradient in zip(self.learnt, gradients, strict=True):
            tensor.grad = gradient
        self.optimizer.step()
        return losses.detach()

    def losses(
        self, tokens: Int[Tensor, "model batch n_ctx"], answers: Int[Tensor, "model batch label"]
    ) -> Float[Tensor, " model"]:
        """The mean cross entropy of each model on its own sequences, in nats."""

        def logits(weights: dict[str, Tensor], own: Tensor) -> Tensor:
            return functional_call(self.form, weights, (own,))

        found = vmap(logits)(self.stacked, tokens)[:, :, self.task.label_positions]
        each = cross_entropy(found.flatten(0, 2), answers.flatten(), reduction="none")
        return each.unflatten(0, answers.shape).mean(dim=(1, 2))

    def batches(
        self,
    ) -> Iterator[tuple[Int[Tensor, "model batch n_ctx"], Int[Tensor, "model batch label"]]]:
        """The batches of the current epoch, each model's in its own order, with their answers."""
        for run in self.runs:
            run.epochs_done = self.epochs_done
        orders = [torch.cat(list(run.batches())) for run in self.runs]
        order = torch.stack(orders).to(self.sequences.device)
        model = torch.arange(len(order), device=order.device)[:, None]
        for rows in order.split(self.card.training.batch_size, dim=1):
            tokens, answers = self.sequences[model, rows], self.answers[model, rows]
            yield tokens.to(self.device).long(), answers.to(self.device).long()

    def step(
        self,
        tokens: Int[Tensor, "model batch n_ctx"],
        answers: Int[Tensor, "model batch label"],
        lr: float,
    ) -> Float[Tensor, " model"]:
        """One optimiser step of all models; returns the loss of each (nats) before it."""
        for group in self.optimizer.param_groups:
            if isinstance(group["lr"], Tensor):
                group["lr"].fill_(lr)
            else:
                group["lr"] = lr
        return self.update(tokens, answers)

    def epoch(self, progress: Progress | None = None) -> Float[Tensor, " model"]:
        """Train for one epoch; returns the mean loss of each model in nats."""
        losses = []
        first = self.epochs_done * self.card.training.steps_per_epoch
        for offset, (tokens, answers) in enumerate(self.batches()):
            losses.append(self.step(tokens, answers, self.runs[0].lr_at(first + offset)))
            if progress is not None:
                progress.advance()
        self.epochs_done += 1
        return torch.stack(losses).mean(dim=0)

    def weights(self) -> list[NamedWeights]:
        """The weights of each model as they are now, on the CPU, in order of the seeds."""
        stacked = {name: self.stacked[underscored(name)].detach().cpu() for name in self.form.names}
        return [
            {name: tensor[number].clone() for name, tensor in stacked.items()}
            for number in range(len(self.seeds))
        ]


def begun(architecture: Architecture, seed: int) -> PlainTransformer:
    """A model before its first step, as a run from this seed begins with; what is not learnt does
    not require gradients.
    """
    state = initialise(architecture, seed, CPU).state_dict(keep_vars=True)
    model = PlainTransformer(named(state, architecture.n_heads), architecture)
    fixed = {name: tensor for name, tensor in state.items() if not tensor.requires_grad}
    for name in named(fixed, architecture.n_heads):
        model.parameter(name).requires_grad_(False)
    return model
