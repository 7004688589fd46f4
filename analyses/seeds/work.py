"""The work of one seed: train the model, judge it, put down what came out."""

import hashlib
import time
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import torch

from analyses.seeds import keep
from analyses.seeds.depends import Depends, depends
from analyses.seeds.forget import forget
from analyses.seeds.judge import judge, problem_of
from analyses.seeds.line import Line
from analyses.seeds.subject import Subject
from analyses.seeds.train import Trained, train, train_many


def work(subject: Subject, seed: int, device: str, folder: Path | None) -> Line:
    """Train a model, unless its weights are kept, and judge it.

    Args:
        subject: whose model it is.
        seed: that it is trained from.
        device: where it is trained, `cpu` or `cuda`; it is judged on the CPU.
        folder: where weights are kept; None: nowhere.
    """
    now = _begin(subject)
    path = folder and keep.place(folder, subject.slug, now.recipe, seed)
    trained = keep.find(path, now) if path else None
    if trained is None:
        trained = train(subject, seed, device)
        if path:
            keep.keep(path, trained, now)
    return _line(subject, seed, trained, now)


def train_batch(
    subject: Subject, seeds: Sequence[int], device: str, folder: Path | None, after: object = None
) -> dict[int, Trained]:
    """Train some models at once, those whose weights are not kept; all of them by seed.

    Args:
        subject: whose models they are.
        seeds: that they are trained from.
        device: where they are trained, `cpu` or `cuda`.
        folder: where weights are kept; None: nowhere.
        after: what has to be done before; one batch fills a device.
    """
    now = _begin(subject)
    found: dict[int, Trained] = {}
    for seed in seeds:
        path = folder and keep.place(folder, subject.slug, now.recipe, seed)
        if path and (kept := keep.find(path, now)):
            found[seed] = kept
    left = [seed for seed in seeds if seed not in found]
    made = dict(zip(left, train_many(subject, left, device), strict=True)) if left else {}
    for seed, trained in made.items():
        if folder:
            keep.keep(keep.place(folder, subject.slug, now.recipe, seed), trained, now)
    forget(_packages(subject))
    return found | made


def judge_trained(subject: Subject, seed: int, batch: dict[int, Trained]) -> Line:
    """Judge a model of a batch."""
    return _line(subject, seed, batch[seed], _begin(subject))


def _line(subject: Subject, seed: int, trained: Trained, now: Depends) -> Line:
    begun = time.perf_counter()
    try:
        found = judge(subject, problem_of(subject, seed, trained.weights))
    finally:
        forget(_packages(subject))
    return Line(
        seed=seed,
        recipe=now.recipe,
        code=now.code,
        versions=now.versions,
        device=trained.device,
        sha256=hashlib.sha256(keep.written(trained.weights)).hexdigest(),
        accuracy=trained.measured.accuracy,
        loss=trained.measured.loss,
        n_sequences=trained.measured.n_sequences,
        seconds_trained=trained.seconds,
        seconds_judged=round(time.perf_counter() - begun, 3),
        claims=found.claims,
        failures=found.failures,
        quantities=found.quantities,
        picture=found.picture,
    )


def _begin(subject: Subject) -> Depends:
    """What this process makes lines with; from now on it computes on one thread."""
    torch.set_num_threads(1)
    return _depends(subject)


@cache
def _depends(subject: Subject) -> Depends:
    """Of the code as it is when a process first works, and imports it."""
    return depends(subject)


def _packages(subject: Subject) -> set[str]:
    # This package is not among them: what it remembers is of no model.
    return {f"analyses.{room}" for room in ("evidence", "instruments", "write_ups")} | {
        "models",
        f"{subject.models}.{subject.slug}",
        f"{subject.analyses}.{subject.slug}",
    }
