"""`python -m models.train SLUG`: train a problem's model by its card."""

import argparse
import importlib
import sys
from pathlib import Path

from models.card import CardError, read_card
from models.problem import DeviceError, device_named
from models.training import train


def main(arguments: list[str] | None = None) -> int:
    """Parse the command line, train, say what came out; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m models.train", description=__doc__)
    parser.add_argument("slug", metavar="SLUG")
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    options = parser.parse_args(arguments)
    state = Path("build/training") / f"{options.slug}.pt"
    try:
        read_card(options.slug)
        device = device_named(options.device)
        task = importlib.import_module(f"models.{options.slug}.task").task()
        card = train(options.slug, task, state, device)
    except (CardError, DeviceError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted; run it again to go on after the last whole epoch.", file=sys.stderr)
        return 130
    print(card.expected, card.weights)
    return 0


if __name__ == "__main__":
    sys.exit(main())
