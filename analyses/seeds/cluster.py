"""Where a sweep's work is done: on the cores of this machine, or on any Dask cluster."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec

import dask.config
from distributed import Client, LocalCluster
from distributed.utils import silence_logging_cmgr

from analyses.evidence.unfinished import cores

HOST = "127.0.0.1"
"""Whoever reaches a scheduler has it run what they like, so nobody else's machine may."""
PATIENCE = "30s"
"""How long to look for a scheduler."""
TRIES = 3
"""How often a model is begun whose worker died, or raised, before it is given up."""
SETTINGS = {
    "distributed.scheduler.allowed-failures": TRIES - 1,
    # A worker is given one model at a time: else one that dies is blamed on those that waited.
    "distributed.scheduler.worker-saturation": 1.0,
    # A compiled proof may be silent for minutes; whether its process lives, the nanny sees.
    "distributed.scheduler.worker-ttl": None,
    # Python's lock may be held for seconds, which is no news.
    "distributed.admin.tick.limit": "1h",
    # Without Dask's own MALLOC_TRIM_THRESHOLD_: freed memory would go back to the system at once,
    # and all that a step of training allocates be asked for anew, page by page.
    "distributed.nanny.pre-spawn-environ": {
        f"{library}_NUM_THREADS": 1 for library in ("OMP", "MKL", "OPENBLAS", "NUMBA")
    },
}


def has_dashboard() -> bool:
    """Whether what Dask draws its dashboard with is installed."""
    return find_spec("bokeh") is not None


class NoScheduler(RuntimeError):
    """The scheduler that was named cannot be reached, or is gone."""


@contextmanager
def connected(scheduler: str | None, workers: int | None = None) -> Iterator[Client]:
    """Give a client of a cluster; a local one ends with the block, however that ends.

    Args:
        scheduler: address of a running one, such as `tcp://head:8786`; None: a local cluster.
        workers: processes of a local cluster, each of one thread; None: one for each core.

    Raises:
        NoScheduler: if nobody answers at the address.
    """
    if scheduler is not None:
        with silence_logging_cmgr(logging.CRITICAL), _client(scheduler) as client:
            yield client
        return
    with (
        dask.config.set(SETTINGS),
        _local(workers or cores()) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        yield client


def _client(scheduler: str) -> Client:
    try:
        return Client(scheduler, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError) as error:
        raise NoScheduler(
            f"{scheduler}: no Dask scheduler answers there ({error}); start one with "
            "`dask scheduler`, or leave --scheduler out to use this machine."
        ) from error


@contextmanager
def _local(workers: int) -> Iterator[LocalCluster]:
    cluster = LocalCluster(
        # A port that is free; the default one another sweep may have.
        dashboard_address=f"{HOST}:0",
        n_workers=workers,
        threads_per_worker=1,
        processes=True,
        host=HOST,
        # A share of the memory for each would pause workers of a small machine for good.
        memory_limit=0,
        silence_logs=logging.CRITICAL,
    )
    try:
        yield cluster
    finally:
        cluster.close()
