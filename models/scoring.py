"""How well a model does a task: log probability of the right answer, loss, accuracy."""

from jaxtyping import Bool, Float, Int
from torch import Tensor

from models.task import Task


def answer_log_probs(
    task: Task,
    logits: Float[Tensor, "batch pos d_vocab_out"],
    tokens: Int[Tensor, "batch n_ctx"],
) -> Float[Tensor, "batch label"]:
    """Log probability (nats) that the model gives the right answer, at each label."""
    log_probs = logits[:, task.label_positions].log_softmax(dim=-1)
    return log_probs.gather(-1, task.answers(tokens).unsqueeze(-1)).squeeze(-1)


def loss(
    task: Task,
    logits: Float[Tensor, "batch pos d_vocab_out"],
    tokens: Int[Tensor, "batch n_ctx"],
) -> Float[Tensor, ""]:
    """Mean cross entropy over all labels, in nats."""
    return -answer_log_probs(task, logits, tokens).mean()


def is_correct(
    task: Task,
    logits: Float[Tensor, "batch pos d_vocab_out"],
    tokens: Int[Tensor, "batch n_ctx"],
) -> Bool[Tensor, "batch label"]:
    """Whether the largest logit is the right answer's, at each label."""
    return logits[:, task.label_positions].argmax(dim=-1) == task.answers(tokens)


def margins(
    task: Task,
    logits: Float[Tensor, "batch pos d_vocab_out"],
    tokens: Int[Tensor, "batch n_ctx"],
) -> Float[Tensor, "batch label"]:
    """The right answer's logit less the largest other, at each label; negative where wrong."""
    labels = logits[:, task.label_positions]
    right = task.answers(tokens).unsqueeze(-1)
    others = labels.scatter(-1, right, float("-inf")).amax(dim=-1)
    return labels.gather(-1, right).squeeze(-1) - others
