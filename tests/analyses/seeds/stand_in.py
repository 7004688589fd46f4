"""What stands in for training and judging where a sweep itself is tested: it takes no time, and
goes wrong as files in the folder of kept weights say.
"""

import os
import signal
from pathlib import Path

from analyses.seeds.depends import Depends
from analyses.seeds.line import Judged, JudgedControl, Line
from analyses.seeds.subject import Subject

NOW = Depends("recipe", "code", {"torch": "2"})


def line(seed: int, now: Depends = NOW, accuracy: float = 1.0) -> Line:
    """A model on which one claim holds, and another raised."""
    control = JudgedControl(what="untrained", value=0.1, satisfies=False)
    held = Judged(value=0.9, interval=(0.8, 0.95), n=100, controls=(control,), verdict="holds")
    return Line(
        seed=seed,
        recipe=now.recipe,
        code=now.code,
        versions=now.versions,
        device="cpu",
        sha256="0" * 64,
        accuracy=accuracy,
        loss=0.1,
        n_sequences=10_000,
        seconds_trained=1.0,
        seconds_judged=2.0,
        claims={"holds": held},
        failures={"raises": "ValueError: no such head"},
        quantities={"ranges": 7.0, "unknown": None},
        picture={"points": [1, 2]},
    )


def do(subject: Subject, seed: int, device: str, folder: Path | None) -> Line:
    """A line, unless the folder has a file that says otherwise of the seed."""
    assert folder is not None
    with (folder / f"{seed}.begun").open("a") as begun:
        begun.write("x")
    if (folder / f"{seed}.dies").exists():
        os.kill(os.getpid(), signal.SIGKILL)
    if (folder / f"{seed}.raises").exists():
        raise ValueError("as it was told")
    other = (folder / f"{seed}.other").exists()
    accuracy = 0.5 if (folder / f"{seed}.unlearned").exists() else 1.0
    return line(seed, NOW._replace(code="other") if other else NOW, accuracy)
