"""Call a function where no event loop runs: the browser's may run in the thread of the tests."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def in_a_thread(call: Callable[[], T]) -> T:
    """Call it in a thread of its own; returns what it returns."""
    with ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(call).result()
