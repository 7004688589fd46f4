"""A problem's write-up on a device that is no CPU.

For a process of its own, since the device stays registered.
"""

from analyses.write_ups.products import committed_results
from analyses.write_ups.results import Results
from tests.gpu.lookalike import NAME, lookalike
from tests.pages import executed


def drift_on_lookalike(slug: str) -> list[str]:
    """What the write-up of a problem records on the device otherwise than was committed.

    Raises:
        RuntimeError: if it mixes devices.
    """
    with lookalike():
        _, found = executed(slug, NAME)
    return found.drift_from(Results.read(committed_results(slug)))
