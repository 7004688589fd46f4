"""Check a month as its reviewers will: `python -m docs.contribute.check SLUG`."""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from docs.contribute import artefacts, changes, confined, executed, links
from docs.contribute.execution import PRODUCTS
from docs.contribute.forbidden import forbidden_faults
from docs.contribute.lint import ToolFailed, lint_faults
from docs.contribute.month import ROOT, Fault, Month
from docs.contribute.prose import typed_results
from docs.contribute.suite import suite_faults
from models.card import MODELS, Card, read_card


def faults(month: Month, alone: bool = True) -> Iterator[Fault]:
    """Everything there is to mend, what is found fast first.

    Args:
        month: to be checked.
        alone: whether nothing else may have changed.
    """
    if alone:
        yield from changes_faults(month)
    missing = list(artefacts.missing(month))
    yield from missing
    yield from artefacts.unfinished(month)
    found = list(artefacts.card_faults(month)) if month.card.is_file() else []
    yield from found
    card = read_card(month.slug) if month.card.is_file() and not found else None
    yield from typed_results(month, heads(card))
    reached = list(forbidden_faults(month))
    yield from reached
    yield from lint_faults(month)
    if card is None:
        print("Not executed: the card comes first.", flush=True)
        return
    yield from artefacts.explanation_faults(month, card)
    wrong = list(artefacts.checkpoint_faults(month, card))
    yield from wrong
    if wrong or any(not fault.path.endswith("results.json") for fault in missing):
        print("Not executed: mend card, checkpoint and missing files first.", flush=True)
        return
    if reached:
        print("Not executed: it reaches for more than its model; mend that first.", flush=True)
        return
    yield from executed_faults(month)


def changes_faults(month: Month) -> Iterator[Fault]:
    """Changes outside the month, or a word on why nobody knows."""
    try:
        yield from changes.outside(month)
    except changes.NotCompared as reason:
        print(f"Changes outside the month were not looked for: {reason}.", flush=True)


def heads(card: Card | None) -> set[str]:
    """How the heads of the model are written."""
    if card is None:
        return set()
    sizes = card.architecture
    return {f"{layer}.{n}" for layer in range(sizes.n_layers) for n in range(sizes.n_heads)}


def executed_faults(month: Month) -> Iterator[Fault]:
    """What shows only when the month is executed, its claims measured and the site is built."""
    found = list(confined_faults(month))
    yield from found
    if found:
        print("Neither site nor tests were tried: mend the rest first.", flush=True)
        return
    elsewhere = list(executed.others(month))
    yield from elsewhere
    if elsewhere:
        return
    with tempfile.TemporaryDirectory(prefix="site-") as name:
        yield from links.site_faults(month, Path(name))
        yield from suite_faults(month, Path(name))


def confined_faults(month: Month) -> Iterator[Fault]:
    """Execute the pages, measure the claims, and see to it that nothing else has happened; keep
    what the pages gave if there is nothing to mend.
    """
    # Before anything that the month brings along runs.
    before = changes.contents(month.root)
    committed, faults = executed.committed_results(month)
    with tempfile.TemporaryDirectory(prefix="gate-") as name:
        folder = Path(name).resolve()
        products = folder / PRODUCTS
        faults += confined.run("docs.contribute.execution", month, folder).faults
        print(f"Executed {confined.confinement(folder)}.", flush=True)
        if products.is_dir():
            faults += executed.product_faults(month, products, committed)
            measured = confined.run("docs.contribute.measured", month, folder)
            faults += measured.faults
            for words in measured.words:
                print(f"For the reviewers: {words}", flush=True)
        faults += changes.rewritten(month.root, before)
        if not faults:
            executed.keep(month, products)
    yield from faults


def touched(revision: str) -> list[Month]:
    """The months that changed since a revision."""
    changed = changes.changed_since(revision, ROOT)
    return [month for month in map(Month, known()) if any(map(month.owns, changed))]


def known() -> list[str]:
    """The slugs that have a card, faulty ones too."""
    return sorted(path.parent.name for path in MODELS.glob("*/card.json"))


def report(month: Month, alone: bool) -> bool:
    """Print what there is to mend; returns whether all was looked at and there is nothing."""
    count = 0
    try:
        for fault in faults(month, alone):
            count += 1
            print(fault, flush=True)
    except ToolFailed as reason:
        print(f"\n{month.slug}: could not be checked: {reason}.")
        return False
    if count:
        print(f"\n{month.slug}: {count} thing{'s' * (count > 1)} to mend.")
        return False
    print(f"{month.slug} is ready.")
    return True


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m docs.contribute.check", description=__doc__)
    parser.add_argument("slug", nargs="?", metavar="SLUG", help="such as caesar_cipher")
    parser.add_argument(
        "--changed-since", metavar="REVISION", help="check the months that a branch touches"
    )
    options = parser.parse_args(arguments)
    if (options.slug is None) == (options.changed_since is None):
        parser.error("give either SLUG or --changed-since REVISION")
    if options.slug is not None:
        month = Month(options.slug)
        if not options.slug.isidentifier() or not month.files():
            names = ", ".join(known())
            print(f"No month is called {options.slug!r}; known: {names}.", file=sys.stderr)
            return 1
        return 0 if report(month, alone=True) else 1
    revision = options.changed_since
    try:
        months = touched(revision)
        # A change of the machinery may have to touch the months that there are.
        asked = [(month, changes.is_new_since(month, revision)) for month in months]
    except subprocess.CalledProcessError as error:
        print(f"{revision!r}: {error.stderr.strip()}; fetch it.", file=sys.stderr)
        return 1
    if not asked:
        print(f"No month has changed since {revision}.")
    return 0 if all([report(month, alone) for month, alone in asked]) else 1


if __name__ == "__main__":
    sys.exit(main())
