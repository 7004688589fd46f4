"""`python -m analyses.evidence.verify SLUG`: derive a problem's certificate anew and store it."""

import argparse
import importlib
import sys
from pathlib import Path
from typing import get_args

from models.card import Rows, slugs
from models.errors import CardError, CheckpointError, DeviceError

ANALYSES = Path(__file__).parents[1]


def verifiable() -> list[str]:
    """The problems that have something to verify."""
    return [slug for slug in slugs() if (ANALYSES / slug / "certificate.py").is_file()]


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m analyses.evidence.verify", description=__doc__)
    parser.add_argument("slug", metavar="SLUG", help=f"one of: {', '.join(verifiable())}")
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--checkpoint", type=Path, help="verify this one; nothing is stored")
    parser.add_argument("--rows", choices=get_args(Rows), help="how its embeddings lie")
    options = parser.parse_args(arguments)
    if options.slug not in verifiable():
        known = ", ".join(verifiable())
        print(f"{options.slug!r} has nothing to verify; these have: {known}.", file=sys.stderr)
        return 1
    # Torch takes seconds to import, which a wrong name need not wait for.
    from models import load

    module = importlib.import_module(f"analyses.{options.slug}.certificate")
    state = Path("build/verify") / f"{options.slug}.json"
    try:
        problem = load(options.slug, options.checkpoint, options.device, options.rows)
        certificate = module.derive(problem, options.device, state)
    except (CardError, CheckpointError, DeviceError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted; run it again to go on from there.", file=sys.stderr)
        return 130
    print(certificate.report())
    if options.checkpoint is None:
        if module.KEEPER.write(certificate):
            print(f"Stored: {module.KEEPER.path}")
        else:
            print(
                f"As committed, but for the time that it took; left as it is: {module.KEEPER.path}"
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
