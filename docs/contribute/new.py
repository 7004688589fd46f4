"""Begin a month: `python -m docs.contribute.new SLUG --title TITLE --month YYYY-MM [--layers N]
[--heads N]`.
"""

import argparse
import calendar
import keyword
import re
import runpy
import shutil
import sys
import tempfile
from pathlib import Path

from models.card import next_number, read_card

ROOT = Path(__file__).parents[2]
TEMPLATE = Path(__file__).parent / "template"
LONGEST_SLUG, LONGEST_TITLE = 32, 60
MOST_LAYERS, MOST_HEADS = 8, 8
"""Of a model that begins a month: figures tell so many heads of a layer apart by their colours."""
IMPORT = re.compile(r"(?:from (?:analyses|models)\S* import [^\n(]+\n)+")


class Refused(ValueError):
    """A month cannot be begun as asked; the message says why and what to ask instead."""


def begin(
    slug: str, title: str, month: str, root: Path = ROOT, layers: int = 1, heads: int = 1
) -> list[Path]:
    """Make the files of a month that runs, with an untrained model; returns them.

    Either all of them are there at the end, or none.

    Args:
        slug: names the month in folders, modules and URLs.
        title: of its pages.
        month: such as `2024-01`.
        root: of the repository.
        layers: of the model.
        heads: in each of them.

    Raises:
        Refused: if the slug, the title, the month or the sizes cannot be used.
    """
    check_slug(slug, root)
    check_title(title)
    check_month(month, root)
    check_sizes(layers, heads)
    (root / "build").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=root / "build", prefix="new-") as folder:
        made = Path(folder)
        words = words_of(slug, title, month, next_number(root / "models"), layers, heads)
        files = [fill_in(path, made, words) for path in template_files()]
        files.append(save_untrained(slug, made / "models"))
        put_in_place(slug, made, root)
        return sorted(root / path.relative_to(made) for path in files)


def check_slug(slug: str, root: Path) -> None:
    """Raise Refused if the slug is no name for a module, or is taken."""
    if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", slug) or len(slug) > LONGEST_SLUG:
        raise Refused(
            f"{slug!r} is no slug: expected lower-case words and digits joined by underscores, "
            f"at most {LONGEST_SLUG} characters, such as caesar_cipher."
        )
    if keyword.iskeyword(slug):
        raise Refused(f"{slug!r} is a word of Python's own; choose a longer slug.")
    for place in (*pieces(slug), f"models/{slug}.py"):
        if (root / place).exists():
            raise Refused(f"{slug!r} is taken: {place} exists; choose another slug.")
    if any(re.search(rf"\b{class_name(slug)}\b", p.read_text()) for p in template_files()):
        raise Refused(
            f"{slug!r} would call its task {class_name(slug)}, which means something else in the "
            "pages; choose a longer slug."
        )


def check_title(title: str) -> None:
    """Raise Refused if the title does not fit into a heading."""
    if not re.fullmatch(r"\w[\w ,.:;!?'’&()+–-]*", title) or len(title) > LONGEST_TITLE:
        raise Refused(
            f"{title!r} is no title: expected one line of letters, digits and simple punctuation, "
            f"at most {LONGEST_TITLE} characters."
        )


def check_month(month: str, root: Path) -> None:
    """Raise Refused if it is no month, or another problem has it."""
    if not re.fullmatch(r"20\d\d-(0[1-9]|1[0-2])", month):
        raise Refused(f"{month!r} is no month: expected year and month, such as 2024-01.")
    for path in sorted((root / "models").glob("*/card.json")):
        if read_card(path.parent.name, root / "models").month == month:
            raise Refused(
                f"{month} is the month of {path.parent.name}, and each month has one problem; "
                "choose another month."
            )


def check_sizes(layers: int, heads: int) -> None:
    """Raise Refused if a month cannot begin with so many layers, or heads in each."""
    for what, given, most in (("layers", layers, MOST_LAYERS), ("heads", heads, MOST_HEADS)):
        if not 1 <= given <= most:
            raise Refused(
                f"{given} {what} were asked for, expected 1 to {most}; another size can be written "
                "into the card."
            )


def pieces(slug: str) -> list[str]:
    """What a month consists of, relative to the root; the part that makes it known is last."""
    return [
        f"tests/problems/{slug}",
        f"docs/problems/{slug}",
        f"analyses/{slug}",
        f"models/{slug}",
    ]


def template_files() -> list[Path]:
    """The files that every month begins with."""
    found = (path for path in TEMPLATE.rglob("*") if path.suffix in (".py", ".js", ".json"))
    return sorted(path for path in found if path.is_file())


def class_name(slug: str) -> str:
    """What the class of the task is called.

    >>> class_name("caesar_cipher")
    'CaesarCipher'
    """
    return "".join(word.capitalize() for word in slug.split("_"))


def words_of(
    slug: str, title: str, month: str, number: int, layers: int, heads: int
) -> dict[str, str]:
    """What stands in a month's files for what stands in the template's, in this order."""
    year, of_year = map(int, month.split("-"))
    return {
        "template_slug": slug,
        "TemplateSlug": class_name(slug),
        "Template Title": title,
        '"number": 1000': f'"number": {number}',
        "2000-01-31": f"{month}-{calendar.monthrange(year, of_year)[1]}",
        "2000-01": month,
        '"n_layers": 1': f'"n_layers": {layers}',
        '"n_heads": 1': f'"n_heads": {heads}',
    }


def fill_in(path: Path, made: Path, words: dict[str, str]) -> Path:
    """Copy a file of the template to its place below `made`, under the month's names."""
    name, text = path.relative_to(TEMPLATE).as_posix(), path.read_text(encoding="utf-8")
    for placeholder, word in words.items():
        name, text = name.replace(placeholder, word), text.replace(placeholder, word)
    target = made / name
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(IMPORT.sub(in_order, text), encoding="utf-8")
    return target


def in_order(imports: re.Match[str]) -> str:
    """The same imports, sorted: where the slug belongs depends on its letters."""
    return "".join(sorted(imports[0].splitlines(True), key=lambda line: line.split()[1]))


def save_untrained(slug: str, models: Path) -> Path:
    """Save the model as its recipe initialises it, and describe it in the card."""
    # What is refused is refused at once: torch takes seconds to import.
    import torch

    from models.training import Trainer, publish
    from models.transformer import initialise

    card = read_card(slug, models)
    task = runpy.run_path(str(models / slug / "task.py"))["task"]()
    model = initialise(card.architecture, card.training.seed, torch.device("cpu"))
    card = publish(card, Trainer(model, task, card.training, torch.device("cpu")), models)
    assert card.weights
    return models / slug / card.weights.file


def put_in_place(slug: str, made: Path, root: Path) -> None:
    """Move the pieces to their places, all or none."""
    moved: list[Path] = []
    try:
        for piece in pieces(slug):
            (root / piece).parent.mkdir(parents=True, exist_ok=True)
            moved.append(root / piece)
            (made / piece).rename(root / piece)
    except BaseException:
        for path in moved:
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        raise


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m docs.contribute.new", description="Begin a month that already runs."
    )
    parser.add_argument("slug", metavar="SLUG", help="such as caesar_cipher")
    parser.add_argument("--title", required=True, help='such as "Caesar Cipher"')
    parser.add_argument("--month", required=True, help="such as 2024-01")
    parser.add_argument("--layers", type=int, default=1, help="of the model; 1 unless given")
    parser.add_argument("--heads", type=int, default=1, help="in each layer; 1 unless given")
    options = parser.parse_args(arguments)
    try:
        files = begin(
            options.slug,
            options.title,
            options.month,
            layers=options.layers,
            heads=options.heads,
        )
    except (Refused, OSError) as error:
        print(f"Nothing was made. {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped; nothing was made.", file=sys.stderr)
        return 130
    for path in files:
        print(path.relative_to(ROOT))
    print(
        f"\nIt runs as it is: `nox -s analyses -- {options.slug} --update`, then `nox -s serve`.\n"
        "What is still to be written says so; CONTRIBUTING.md says how."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
