"""What a sweep asks of a problem, found by where it lies.

    analyses/<slug>/claims.py    CLAIMS: what is said of the model
    analyses/<slug>/varies.py    varies(problem): quantities in which models differ, by name
    analyses/<slug>/seen.py      seen(problem): what the model's own picture is drawn from, as JSON

The last two a problem may lack. Needs no torch until it is asked for one of them.
"""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analyses.seeds.lines import SEEDS
from models.card import Card, read_card

if TYPE_CHECKING:
    from analyses.evidence.claims import Claim
    from models.problem import Problem
    from models.task import Task


@dataclass(frozen=True)
class Subject:
    """A problem whose model is trained from many seeds.

    It names packages and no paths, so that it means the same on every machine of a cluster.
    """

    slug: str
    models: str = "models"
    """Package of the tasks, in whose folder the cards lie."""
    analyses: str = "analyses"
    """Package of the claims, in whose folder the lines lie."""

    @property
    def lines(self) -> Path:
        """Where its models are recorded."""
        return folder(self.analyses) / self.slug / SEEDS

    def card(self, seed: int | None = None) -> Card:
        """The card; with `seed`, as the card of the model that is trained from that one.

        Such a card names no weights: what is kept with the committed ones, such as a certificate,
        is none of this model's.

        Raises:
            CardError: if there is no such problem, or its card is faulty.
        """
        card = read_card(self.slug, folder(self.models))
        if seed is None:
            return card
        recipe = card.training.model_copy(update={"seed": seed})
        return card.model_copy(update={"training": recipe, "weights": None, "expected": None})

    def task(self) -> "Task":
        """The task that is trained on."""
        return importlib.import_module(f"{self.models}.{self.slug}.task").task()

    def claims(self) -> "list[Claim]":
        """What is said of the model; not what is said of the task alone."""
        stated = importlib.import_module(f"{self.analyses}.{self.slug}.claims").CLAIMS
        return [claim for claim in stated if not claim.of_task]

    def varies(self) -> "Callable[[Problem[Any]], dict[str, float | None]] | None":
        """What measures the quantities that vary, if the problem says which do."""
        return self._given("varies", "varies")

    def seen(self) -> "Callable[[Problem[Any]], dict[str, Any]] | None":
        """What a picture is drawn from, if the problem tells that from its drawing."""
        return self._given("seen", "seen")

    def _given(self, module: str, name: str) -> Callable[..., Any] | None:
        place = f"{self.analyses}.{self.slug}.{module}"
        return getattr(importlib.import_module(place), name, None) if find_spec(place) else None


def folder(package: str) -> Path:
    """Where the files of a package lie.

    Raises:
        ModuleNotFoundError: if there is no such package.
    """
    found = find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise ModuleNotFoundError(f"{package!r} is no package; run this in the project's root")
    return Path(next(iter(found.submodule_search_locations))).resolve()
