"""`python -m analyses [SLUG ...]`: execute write-ups and compare their results, or look at a model
by itself.
"""

import argparse
import sys
from pathlib import Path
from typing import get_args

from rich.console import Console
from rich.table import Table

from analyses.evidence.findings import ClaimsDoNotStand
from analyses.write_ups.build import Outcome, analyse
from analyses.write_ups.clock import ClockError
from analyses.write_ups.notebook import PageError
from analyses.write_ups.results import Results, ResultsError
from models.card import Rows, slugs
from models.errors import CardError, CheckpointError, DeviceError, PromptError

EXPECTED = (
    CardError,
    CheckpointError,
    ClaimsDoNotStand,
    ClockError,
    DeviceError,
    PageError,
    PromptError,
    ResultsError,
    OSError,
)
"""What a user can mend: shown as one message, without a traceback."""


def main(arguments: list[str] | None = None) -> int:
    """Run the analyse stage; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m analyses", description=__doc__)
    parser.add_argument("slugs", nargs="*", metavar="SLUG", help="default: all")
    parser.add_argument(
        "--device", help="cpu or cuda; default: cpu, but unchanged pages of either are kept"
    )
    parser.add_argument(
        "--checkpoint",
        metavar="FILE|hub:NAME",
        help="analyse this one instead; hub:NAME is a language model of the Hugging Face hub, or "
        "a folder with one",
    )
    parser.add_argument(
        "--prompt", metavar="TEXT", help="show what the model goes on with, and which parts say so"
    )
    parser.add_argument("--against", metavar="WORD", help="than which it says it sooner")
    parser.add_argument(
        "--rows",
        choices=get_args(Rows),
        help="how the embeddings of numbers lie in that checkpoint; wrapped: 0 .. m, then "
        "-m .. -1; default: as the problem's card says",
    )
    parser.add_argument("--update", action="store_true", help="rewrite the committed results")
    options = parser.parse_args(arguments)
    try:
        on_hub = (options.checkpoint or "").startswith("hub:")
        if options.rows and (options.checkpoint is None or on_hub):
            parser.error("--rows says how a checkpoint is read, so it needs --checkpoint FILE")
        if options.against and options.prompt is None:
            parser.error("--against compares what may follow a text, so it needs --prompt")
        chosen = slugs() if options.slugs in ([], ["all"]) else options.slugs
        for name in ("prompt", "checkpoint"):
            if getattr(options, name) is not None and (len(chosen) != 1 or options.update):
                parser.error(f"--{name} needs exactly one SLUG, and no --update")
        if options.prompt is not None:
            from analyses.write_ups.prompting import show_prompt

            device = options.device or "cpu"
            checkpoint, against = options.checkpoint, options.against
            show_prompt(chosen[0], options.prompt, checkpoint, device, against, options.rows)
        elif options.checkpoint is None:
            # What is committed names its device, and that is not left to chance.
            device = options.device or ("cpu" if options.update else None)
            analyse(chosen, device, options.update, say)
        elif on_hub:
            from analyses.write_ups.on_hub import analyse_hub

            name = options.checkpoint.removeprefix("hub:")
            analyse_hub(chosen[0], name, options.device or "cpu")
        else:
            # Unchanged pages are found to be so without torch, which takes seconds to import.
            from analyses.write_ups.other_checkpoint import analyse_checkpoint

            device = options.device or "cpu"
            folder, results = analyse_checkpoint(
                chosen[0], Path(options.checkpoint), device, rows=options.rows
            )
            report(results)
            print(f"Executed write-up, numbers and verdicts: {folder}")
    except EXPECTED as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted; what was there before is untouched.", file=sys.stderr)
        return 130
    return 0


def say(slug: str, outcome: Outcome) -> None:
    """Print what it took to bring a problem up to date."""
    written = "written" if outcome.written else "as committed"
    executed = "executed" if outcome.executed else "unchanged"
    print(f"{slug}: {executed}, results {written}.", flush=True)


def report(results: Results) -> None:
    """Print the verdict on each claim."""
    shown = Table("claim", "measured", "stated", "verdict", title=results.title)
    for found in results.claims:
        shown.add_row(
            found.name,
            f"{found.value:.4g}",
            f"{found.comparison} {found.threshold:g}",
            found.verdict,
        )
    Console().print(shown)


if __name__ == "__main__":
    sys.exit(main())
