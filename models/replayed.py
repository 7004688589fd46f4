"""A step on a GPU, recorded once as a CUDA graph: replayed, it is one launch, not hundreds."""

import warnings
from collections.abc import Callable

import torch
from torch import Tensor

Step = Callable[..., Tensor]
Recorder = Callable[[Step, tuple[Tensor, ...]], Callable[[], Tensor]]
"""Given a step and the tensors that it will find its inputs in, what runs it on them."""
WARM_UP = 3
"""Calls that run as they are before one is recorded: what is made on first use is made in them."""


def recorded_on_gpu(step: Step, inputs: tuple[Tensor, ...]) -> Callable[[], Tensor]:
    """Record a step that reads `inputs` and whatever it changes in place; it is not run by that.

    Raises:
        RuntimeError: if it does something that a recording cannot hold, such as to wait for a
            number, or if memory runs out.
    """
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        output = step(*inputs)

    def replay() -> Tensor:
        graph.replay()
        # The next replay writes into the same memory.
        return output.clone()

    return replay


class Replayed:
    """A step that is recorded when it has run a few times, and replayed from then on.

    Only calls whose inputs have the shapes of the first are replayed; others, such as the last
    batch of an epoch, run as they are. Where a step cannot be recorded, all do, and a warning says
    why.
    """

    def __init__(self, step: Step, record: Recorder = recorded_on_gpu) -> None:
        self.step, self.record = step, record
        self.calls = 0
        self.inputs: tuple[Tensor, ...] | None = None
        """Where the recorded step finds its inputs; before that, of the first call."""
        self.replay: Callable[[], Tensor] | None = None
        self.refused = False

    def __call__(self, *inputs: Tensor) -> Tensor:
        """Run the step on these inputs, in one way or the other."""
        if self.inputs is None:
            self.inputs = tuple(tensor.clone() for tensor in inputs)
        shapes = [tensor.shape for tensor in inputs]
        if self.refused or shapes != [tensor.shape for tensor in self.inputs]:
            return self.step(*inputs)
        self.calls += 1
        if self.calls <= WARM_UP:
            return aside(self.step, inputs)
        if self.replay is None:
            try:
                self.replay = self.record(self.step, self.inputs)
            except RuntimeError as error:
                self.refused = True
                warnings.warn(
                    f"this step cannot be recorded, and runs as it is, which takes longer: {error}",
                    stacklevel=2,
                )
                return self.step(*inputs)
        for held, given in zip(self.inputs, inputs, strict=True):
            held.copy_(given)
        return self.replay()


def aside(step: Step, inputs: tuple[Tensor, ...]) -> Tensor:
    """Run a step on a stream of its own where its inputs lie on a GPU, as one has to before it is
    recorded.
    """
    if not inputs[0].is_cuda:
        return step(*inputs)
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        output = step(*inputs)
    torch.cuda.current_stream().wait_stream(stream)
    return output
