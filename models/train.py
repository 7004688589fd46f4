"""`python -m models.train SLUG`: train a problem's model by its card."""

import argparse
import importlib
import sys
from pathlib import Path

from models.card import CardError, read_card
from models.errors import TrainingError
from models.problem import DeviceError, device_named
from models.training import publish_unfinished, train


def main(arguments: list[str] | None = None) -> int:
    """Parse the command line, train, say what came out; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m models.train", description=__doc__)
    parser.add_argument("slug", metavar="SLUG")
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    either = parser.add_mutually_exclusive_group()
    either.add_argument(
        "--restart", action="store_true", help="throw away the run that was left unfinished"
    )
    either.add_argument(
        "--publish",
        action="store_true",
        help="train no further: publish the run as it stands after its last whole epoch",
    )
    options = parser.parse_args(arguments)
    state = Path("build/training") / f"{options.slug}.pt"
    try:
        read_card(options.slug)
        device = device_named(options.device)
        task = importlib.import_module(f"models.{options.slug}.task").task()
        if options.publish:
            card = publish_unfinished(options.slug, task, state, device)
        else:
            card = train(options.slug, task, state, device, restart=options.restart)
    except (CardError, DeviceError, TrainingError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(
            "Interrupted; run it again to go on after the last whole epoch, or publish that as it "
            f"stands: nox -s train -- {options.slug} --publish",
            file=sys.stderr,
        )
        return 130
    print(card.expected, card.weights)
    return 0


if __name__ == "__main__":
    sys.exit(main())
