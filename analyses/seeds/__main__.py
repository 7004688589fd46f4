"""`python -m analyses.seeds SLUG --n N`: check a problem's claims on models of other seeds.

Trains the card's recipe from seeds 1 to N and writes a line for each model to
`analyses/<slug>/seeds.jsonl`. Run it again to go on.
"""

import argparse
import sys
from pathlib import Path

from analyses.seeds.depends import depends
from analyses.seeds.lines import LinesError
from analyses.seeds.subject import Subject
from models.errors import CardError, DeviceError


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    options = parsed(arguments)
    return run(Subject(options.slug), options)


def parsed(arguments: list[str] | None) -> argparse.Namespace:
    """What a command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m analyses.seeds", description=__doc__)
    parser.add_argument("slug", metavar="SLUG")
    parser.add_argument("--n", type=_positive, required=True, help="train from seeds 1 to N")
    parser.add_argument(
        "--scheduler", metavar="ADDRESS", help="of a Dask cluster; default: this machine's cores"
    )
    parser.add_argument(
        "--workers", type=_positive, help="processes on this machine; default: one for each core"
    )
    parser.add_argument(
        "--keep", type=Path, metavar="FOLDER", help="keep the weights there, and find them there"
    )
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu", help="to train on")
    parser.add_argument(
        "--batch-seeds", type=_positive, metavar="K", help="train so many models at once"
    )
    options = parser.parse_args(arguments)
    if options.scheduler and options.workers:
        parser.error("--workers is for this machine; a cluster at --scheduler has its own")
    return options


def run(subject: Subject, options: argparse.Namespace) -> int:
    """Run a sweep; returns the exit status."""
    again = f"Run the same command again to go on: nox -s seeds -- {subject.slug} --n {options.n}"
    try:
        now = depends(subject)
        # Dask and torch take seconds to import, which a wrong name need not wait for.
        from analyses.seeds.cluster import NoScheduler, connected, has_dashboard
        from analyses.seeds.sweep import Asked, plan, settle, sweep
        from analyses.seeds.tally import Tally
        from models.problem import device_named

        if not options.scheduler:
            device_named(options.device)
        folder = options.keep.resolve() if options.keep else None
        asked = Asked(options.n, options.device, options.batch_seeds, folder)
        planned = plan(subject, asked, now)
    except (CardError, DeviceError, LinesError, OSError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    tally = Tally(subject.slug, len(planned.seeds))
    for words in planned.words:
        tally.note(words)
    if not planned.seeds:
        settle(subject)
        tally.note(f"all seeds to {options.n} are recorded; nothing to do")
        return 0
    try:
        with connected(options.scheduler, options.workers) as client:
            if has_dashboard():
                tally.note(f"what the workers do: {client.dashboard_link}")
            with tally:
                outcome = sweep(subject, asked, client, planned, now, tally)
        settle(subject)
    except NoScheduler as error:
        print(f"{error}. {tally.done} models were recorded. {again}", file=sys.stderr)
        return 1
    except OSError as error:
        print(
            f"{subject.lines}: {error}. {tally.done} models were recorded before; make room. "
            f"{again}",
            file=sys.stderr,
        )
        return 1
    except KeyboardInterrupt:
        print(f"Interrupted; {tally.done} models were recorded. {again}", file=sys.stderr)
        return 130
    for seed, error in sorted(outcome.failed.items()):
        print(f"seed {seed} gave no model and is not recorded: {error}", file=sys.stderr)
    return 1 if outcome.failed else 0


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text}, expected 1 or more")
    return number


if __name__ == "__main__":
    sys.exit(main())
