"""Whether all pieces of a month are there, and its card describes its checkpoint."""

import re
from collections.abc import Iterator

from safetensors import SafetensorError, safe_open

from docs.contribute.month import Fault, Month
from models.card import Card, read_card, sha256_of
from models.errors import CardError

LARGEST = 2_000_000
"""Bytes of a checkpoint."""
OTHER_FORMATS = (".pt", ".pth", ".bin", ".ckpt", ".pkl", ".pickle", ".npy", ".npz", ".h5")
OTHER_MODELS = "analyses.write_ups.other_models"
"""What a page imports that shows what other models have of it."""
UNFINISHED = re.compile(
    r'(?:class="unfinished"\W{0,20})?still to be written|class="unfinished"', re.IGNORECASE
)


def missing(month: Month) -> Iterator[Fault]:
    """Pieces that every month has and this one lacks."""
    needed = {
        month.model / "task.py": "write the task there",
        month.model / "task.js": "write the task's rules for the page there, as task.py has them",
        month.card: "describe the problem there; models/card.py says how",
        month.problem: "write the problem's page there",
        month.solution: "write the solution's page there",
        month.analysis / "claims.py": "state the claims there",
        month.analysis / "results.json": f"run `nox -s analyses -- {month.slug} --update`",
    }
    if month.solution.is_file() and OTHER_MODELS in month.solution.read_text("utf-8"):
        needed |= {
            month.analysis / "expected.toml": "write down what you expect of each claim, and why, "
            "before other models are judged",
            month.analysis / "differ.py": "name there what may vary between models",
            month.analysis / "varies.py": "measure it there",
            month.analysis / "seeds.jsonl": f"run `nox -s seeds -- {month.slug} --n 32`",
        }
    for path, mend in needed.items():
        if not path.is_file():
            yield month.fault(path, f"is missing; {mend}.")
    if not any(month.tests.glob("test_*.py")):
        test = month.tests / "test_task.py"
        yield month.fault(test, "is missing; test the task there, its worked example first.")


def unfinished(month: Month) -> Iterator[Fault]:
    """What the template left to be written."""
    for path in month.files():
        if path.suffix not in (".py", ".js", ".json", ".md", ".yaml"):
            continue
        text = path.read_text(encoding="utf-8")
        for match in UNFINISHED.finditer(text):
            line = text.count("\n", 0, match.end()) + 1
            yield month.fault(path, "is still to be written; write it, remove the notice.", line)


def card_faults(month: Month) -> Iterator[Fault]:
    """What is wrong with the card itself."""
    try:
        read_card(month.slug, month.root / "models")
    except CardError as error:
        keys = re.findall(r"^  (\S+): (.+)$", str(error), re.MULTILINE)
        for key, text in keys:
            at = f'"{key.split(".")[-1]}"'
            yield month.fault(
                month.card, f"{key}: {text}; models/card.py says what is meant.", at=at
            )
        if not keys:
            yield month.fault(month.card, str(error), at='"slug"')


def explanation_faults(month: Month, card: Card) -> Iterator[Fault]:
    """A solved month whose explanations are programs, and none of them runs in the page."""
    path = month.analysis / "explanation.js"
    if card.state == "solved" and month.explanations.is_file() and not path.is_file():
        text = f"is missing; write the best of {month.explanations.name} for the page there."
        yield month.fault(path, text)


def checkpoint_faults(month: Month, card: Card) -> Iterator[Fault]:
    """What is wrong with the checkpoint, or with what the card says about it."""
    train = f"nox -s train -- {month.slug}"
    if not card.training.command.startswith(train):
        yield month.fault(
            month.card,
            f"the training command is {card.training.command!r}; record the one that made the "
            f"checkpoint: {train}",
            at='"command"',
        )
    for path in sorted(month.model.iterdir()):
        if path.suffix in OTHER_FORMATS:
            text = "weights are safetensors, which cannot hold code; convert it, then remove it."
            yield month.fault(path, text)
    if card.weights is None:
        yield month.fault(month.card, f"there is no checkpoint yet; run `{train}`.", at='"weights"')
        return
    path = month.model / card.weights.file
    if not path.is_file():
        yield month.fault(month.card, f"{path.name} is missing; add it, or `{train}`.", at='"file"')
        return
    size, digest = path.stat().st_size, sha256_of(path)
    if size > LARGEST:
        text = f"is {size:,} bytes, at most {LARGEST:,} are allowed; train a smaller model."
        yield month.fault(path, text)
    if digest != card.weights.sha256:
        text = f"sha256 of {path.name} is {digest}; the card belongs to another file: `{train}`."
        yield month.fault(month.card, text, at='"sha256"')
    if size != card.weights.bytes:
        text = f"{path.name} has {size:,} bytes, the card says {card.weights.bytes:,}; `{train}`."
        yield month.fault(month.card, text, at='"bytes"')
    try:
        with safe_open(path, framework="numpy"):
            pass
    except SafetensorError as error:
        yield month.fault(path, f"is not a whole safetensors file ({error}); `{train}` writes one.")
