"""How far a sweep is: models done, failed, and the time that the others will take."""

import time
from datetime import timedelta
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from models.progress import aside


class Tally:
    """A bar on a terminal, a line for each model in a log."""

    def __init__(self, what: str, total: int, console: Console | None = None) -> None:
        self.what, self.total = what, total
        self.done = self.failed = 0
        self.console = console or aside()
        self._begun = time.monotonic()
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rest]}"),
            console=self.console,
            disable=not self.console.is_terminal,
        )
        self._task = self._bar.add_task(what, total=total, rest="")

    def __enter__(self) -> "Tally":
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()

    def add(self, text: str, failed: bool = False) -> None:
        """One more is done, or has failed; `text` says what came of it."""
        self.done += not failed
        self.failed += failed
        failures = f"{self.failed} failed" if self.failed else ""
        rest = ", ".join(filter(None, (failures, self.left())))
        self._bar.update(self._task, completed=self.done, rest=rest)
        if failed or not self.console.is_terminal:
            many = f"{self.done} of {self.total} done"
            self.note("; ".join((text, ", ".join(filter(None, (many, rest))))))

    def left(self) -> str:
        """How long the others will take, if they take as long as those that are over."""
        over = self.done + self.failed
        if over in (0, self.total):
            return ""
        seconds = (time.monotonic() - self._begun) * (self.total - over) / over
        return f"about {timedelta(seconds=round(seconds))} left"

    def note(self, text: str) -> None:
        """Say something beside the bar, or as a line of the log."""
        self.console.print(f"{self.what}: {text}", highlight=False, markup=False, soft_wrap=True)
