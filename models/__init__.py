"""The problems: for each slug a task, a card and a checkpoint.

>>> from models import load
>>> problem = load("sorted_list")
>>> problem.card.title
'Sorted List'
"""

from os import PathLike
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from models.card import Architecture, Rows
    from models.problem import Problem

__all__ = ["load"]


def load(
    slug: str,
    checkpoint: str | PathLike[str] | None = None,
    device: str = "cpu",
    rows: "Rows | None" = None,
    architecture: "Architecture | None" = None,
) -> "Problem[Any]":
    """Load a problem: its model, its task and its card.

    Args:
        slug: a folder of `models/`, such as `sorted_list`.
        checkpoint: another checkpoint to put behind the same task: safetensors, or the
            `.pt` state dict of a HookedTransformer. None: the committed one.
        device: where the model runs, `cpu` or `cuda`.
        rows: how the embeddings lie in that checkpoint, `ascending` or `wrapped` (0 .. m, then
            -m .. -1). None: as the card says.
        architecture: of that checkpoint, where it differs from the card's in more than sizes:
            `read_card(slug).architecture.with_activation("gelu")`, or `(None)` of an attention-only
            model. Its width and number of heads are read off the checkpoint.

    Raises:
        CardError: unknown slug (the known ones are named), or a faulty card.
        CheckpointError: missing, damaged, tampered or ill-shaped weights, weights that are no
            finite floating-point numbers, or `rows` where there is nothing to choose.
        DeviceError: CUDA asked for where there is none.
    """
    # Cards are read, and pages rendered, on machines without torch.
    from models.problem import load_problem

    return load_problem(slug, checkpoint, device, rows=rows, architecture=architecture)
