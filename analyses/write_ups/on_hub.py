"""Look at a language model of the hub with what a problem's language is looked at with."""

import importlib

from rich.console import Console

from analyses.write_ups.reach import ROOT
from models.card import read_card
from models.errors import CheckpointError
from models.hub import HUB, load_hub


def analyse_hub(slug: str, name: str, device: str) -> None:
    """Print what `analyses/<slug>/on_hub.py` finds in a model of the hub.

    Raises:
        CardError: if there is no such problem.
        CheckpointError: if the problem has nothing for models of the hub, or there is no such
            model, or no network.
    """
    read_card(slug)
    if not (ROOT / "analyses" / slug / "on_hub.py").is_file():
        raise CheckpointError(
            f"{HUB}{name}: a language model, and {slug} has nothing to look at one with; name a "
            "checkpoint of its own task."
        )
    problem = load_hub(name, slug, device)
    module = importlib.import_module(f"analyses.{slug}.on_hub")
    module.show(problem, Console(markup=False, highlight=False, soft_wrap=True))
