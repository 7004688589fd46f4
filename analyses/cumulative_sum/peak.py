"""How fast this machine can calculate at most: what a kernel's speed is measured against."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import no_type_check

import numpy as np
from numba import njit

CHAINS = 128
"""Numbers that are multiplied and added to independently of each other: sixteen vectors of 512
bits, enough to keep every multiplier busy."""
ROUNDS = 10_000_000
TRIES = 5


@njit(fastmath={"contract"}, nogil=True, cache=True)
@no_type_check
def _multiply_and_add(numbers, rounds, factor, term):
    for _ in range(rounds):
        for i in range(128):
            numbers[i] = numbers[i] * factor + term


def multiply_add_peak(threads: int) -> float:
    """Float64 operations a second, a fused multiplication and addition counting as two; the best
    of a few tries, on so many threads at once.
    """
    seconds = [_timed(threads, ROUNDS) for _ in range(TRIES + 1)]
    # The first may have had to compile.
    return threads * ROUNDS * CHAINS * 2 / min(seconds[1:])


def _timed(threads: int, rounds: int) -> float:
    numbers = np.ones((threads, CHAINS))
    with ThreadPoolExecutor(threads) as pool:
        started = time.perf_counter()
        list(pool.map(lambda row: _multiply_and_add(row, rounds, 0.99, 0.01), numbers))
        return time.perf_counter() - started
