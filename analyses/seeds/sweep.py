"""Train and judge a problem's model from many seeds, and record each as soon as it is done."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from distributed import Client, Future, as_completed

from analyses.seeds import lines
from analyses.seeds.cluster import TRIES, NoScheduler
from analyses.seeds.depends import Depends, differences
from analyses.seeds.learned import learned
from analyses.seeds.line import Line
from analyses.seeds.subject import Subject
from analyses.seeds.tally import Tally
from analyses.seeds.work import judge_trained, train_batch, work
from models.card import Card

Work = Callable[[Subject, int, str, Path | None], Line]
"""What is done for one seed; see `work`."""


@dataclass(frozen=True)
class Asked:
    """What is to be done, and how."""

    n: int
    """Seeds 1 to `n`, but for the card's own: that is the committed model."""
    device: str = "cpu"
    """Where models are trained."""
    batch: int | None = None
    """How many are trained at once; None: one by one."""
    folder: Path | None = None
    """Where weights are kept, as the workers name it; None: nowhere."""


class Plan(NamedTuple):
    """What is there, and what is left to be done."""

    lines: dict[int, Line]
    """Those of the file, stale ones too, by seed."""
    seeds: list[int]
    """To be trained and judged."""
    words: list[str]
    """Why, as far as it is not that they were never done."""


@dataclass
class Outcome:
    """What a sweep gave."""

    done: list[Line] = field(default_factory=list)
    failed: dict[int, str] = field(default_factory=dict)
    """The seeds that gave no model, with what went wrong."""


def plan(subject: Subject, asked: Asked, now: Depends) -> Plan:
    """Look at what is recorded already; what was cut off at its end is dropped.

    Raises:
        CardError: if there is no such problem, or its card is faulty.
        LinesError: if something else in the file is no line.
    """
    words = []
    if lines.mend(subject.lines):
        words.append("the last line was cut off while it was written; it is made anew")
    found = {line.seed: line for line in lines.read(subject.lines)}
    stale = {seed: reasons for seed, line in found.items() if (reasons := differences(line, now))}
    wanted = set(range(1, asked.n + 1)) - {subject.card().training.seed}
    again = Counter(reason for seed in stale.keys() & wanted for reason in stale[seed])
    words += [f"{_lines(many)} made anew: {reason}" for reason, many in sorted(again.items())]
    if beyond := stale.keys() - wanted:
        words.append(
            f"{_lines(len(beyond))} of seeds beyond {asked.n} are stale and stay so; "
            f"--n {max(beyond)} makes them anew"
        )
    return Plan(found, sorted(wanted - (found.keys() - stale.keys())), words)


def _lines(many: int) -> str:
    return f"{many} line{'s' * (many != 1)}"


def sweep(
    subject: Subject,
    asked: Asked,
    client: Client,
    planned: Plan,
    now: Depends,
    tally: Tally,
    do: Work = work,
) -> Outcome:
    """Do what is left, on a cluster, and write each line when its model is done.

    Args:
        subject: whose models they are.
        asked: how they are made.
        client: of the cluster.
        planned: what is left.
        now: what lines are to be made with.
        tally: is told of every model.
        do: what is done for one seed, unless models are trained in batches.

    Raises:
        NoScheduler: if the scheduler goes away; what was done is recorded.
        OSError: if a line cannot be written; so are those before it.
    """
    outcome = Outcome()
    for seed, found in _results(client, submit(subject, asked, planned.seeds, client, do)):
        if isinstance(found, Line) and (reasons := differences(found, now)):
            found = RuntimeError(
                f"a worker judged it otherwise than this machine would: {'; '.join(reasons)}; "
                "start all workers in the same commit and environment, and leave the code as it "
                "is while a sweep runs"
            )
        if isinstance(found, Line):
            lines.append(subject.lines, found)
            outcome.done.append(found)
            tally.add(described(found, subject.card()))
        else:
            outcome.failed[seed] = f"{type(found).__name__}: {found}"
            tally.add(f"seed {seed} FAILED: {outcome.failed[seed]}", failed=True)
    return outcome


def submit(
    subject: Subject, asked: Asked, seeds: Sequence[int], client: Client, do: Work = work
) -> dict[Future, int]:
    """Give the work to a cluster, the first seeds first; gives the seed of each future."""
    given = {"pure": False, "retries": TRIES - 1}
    if not asked.batch:
        return {
            client.submit(do, subject, seed, asked.device, asked.folder, **given): seed
            for seed in seeds
        }
    futures: dict[Future, int] = {}
    batch = None
    for first in range(0, len(seeds), asked.batch):
        part = list(seeds[first : first + asked.batch])
        # The device is to train the next batch while cores judge this one.
        batch = client.submit(
            train_batch, subject, part, asked.device, asked.folder, batch, priority=1, **given
        )
        for seed in part:
            futures[client.submit(judge_trained, subject, seed, batch, **given)] = seed
    return futures


def _results(
    client: Client, futures: dict[Future, int]
) -> Iterator[tuple[int, Line | BaseException]]:
    """What each gave, as it comes, with its seed.

    Raises:
        NoScheduler: if the scheduler goes away.
    """
    try:
        for future in as_completed(futures, loop=client.loop):
            seed = futures.pop(future)
            if future.status in ("cancelled", "lost"):
                raise NoScheduler("the scheduler is gone, or somebody took the work back")
            # Not all is raised: a worker that was killed time and again raises nothing.
            error = future.exception()
            yield seed, error if error is not None else future.result()
            future.release()
    finally:
        if futures and client.status == "running":
            client.cancel(list(futures), force=True)


def described(line: Line, card: Card) -> str:
    """What came of a model, in a line of a log."""
    as_stated = sum(judged.as_stated for judged in line.claims.values())
    words = [
        f"seed {line.seed}: accuracy {line.accuracy:.4g}",
        f"{as_stated} of {len(line.claims)} claims as stated",
        f"{line.seconds_trained:.0f} s + {line.seconds_judged:.0f} s",
    ]
    if card.expected and not learned(line, card):
        words.insert(1, "did not learn the task")
    if line.failures:
        words.append(f"not measured: {', '.join(line.failures)}")
    return ", ".join(words)


def settle(subject: Subject) -> None:
    """Put the lines in the order of their seeds, and drop those that were made anew.

    Raises:
        OSError: if that cannot be written; the file is as before.
    """
    lines.rewrite(subject.lines, lines.read(subject.lines))
