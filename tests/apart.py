"""Functions called in a process of their own, without its taking seconds to import what they need.

Each is called in a fork of a process that has imported PyTorch and TransformerLens, and done
nothing else: what it registers, patches or leaves behind is gone with it.
"""

import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from typing import Any

Apart = Callable[..., Any]


@contextmanager
def processes() -> Iterator[Apart]:
    """Within it, `apart(function, *arguments)` gives what the function returns, or raises."""
    # Where there is no fork, each imports for itself.
    forks = "forkserver" in multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context("forkserver" if forks else "spawn")
    if forks:
        context.set_forkserver_preload(
            ["transformer_lens.model_bridge", "analyses.write_ups.build"]
        )
    with ProcessPoolExecutor(1, context, max_tasks_per_child=1) as pool:
        yield lambda function, *arguments: pool.submit(function, *arguments).result()
