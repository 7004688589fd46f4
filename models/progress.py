"""Progress of long work: a bar on a terminal, plain lines in a log."""

import time
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

SECONDS_BETWEEN_LINES = 10.0


def aside() -> Console:
    """Standard error, in a notebook too: there, what went elsewhere would be part of the page."""
    return Console(stderr=True, force_jupyter=False)


class Progress:
    """Counts steps of a known total.

    >>> with Progress("search", total=2) as progress:  # doctest: +SKIP
    ...     progress.advance()
    """

    def __init__(
        self, what: str, total: int, done: int = 0, console: Console | None = None
    ) -> None:
        self.what, self.total, self.done = what, total, done
        self.console = console or Console()
        self._last_line = time.monotonic()
        self._bar = Bar(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=self.console,
            disable=not self.console.is_terminal,
        )
        self._task = self._bar.add_task(what, total=total, completed=done)

    def __enter__(self) -> "Progress":
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()

    def advance(self, steps: int = 1) -> None:
        """Some steps more are done."""
        self.done += steps
        self._bar.advance(self._task, steps)
        now = time.monotonic()
        if not self.console.is_terminal and now - self._last_line >= SECONDS_BETWEEN_LINES:
            self._last_line = now
            self.note(f"{self.done} of {self.total}")

    def note(self, text: str) -> None:
        """Say something beside the bar, or as a line of the log."""
        self.console.print(f"{self.what}: {text}", highlight=False, soft_wrap=True)
