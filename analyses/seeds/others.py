"""The other models of a problem, as its pages show them. Needs no torch."""

import re
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass

from analyses.seeds.depends import PACKAGES, Depends, code, recipe
from analyses.seeds.expected import read_expected
from analyses.seeds.learned import learned
from analyses.seeds.line import Line
from analyses.seeds.lines import ROOT, read_lines
from analyses.seeds.subject import Subject
from models.card import Card


@dataclass(frozen=True)
class Others:
    """The models of a sweep that the card's present recipe gives; where there is none yet, those
    that an earlier one gave.
    """

    lines: tuple[Line, ...]
    """By seed."""
    learned: frozenset[int]
    """Seeds of those that learned the task."""
    left_out: int = 0
    """Lines of models of another recipe, beside those of the present one; none of `lines`."""
    other_recipe: int = 0
    """How many of `lines` another recipe gave, or other code of training: all or none."""
    other_code: int = 0
    """How many of `lines` were judged by other code than the present one."""
    other_versions: int = 0
    """How many were made with other versions of packages."""
    missing: tuple[int, ...] = ()
    """Seeds below the greatest that is recorded of which nothing is, the card's own left out."""
    fixed: frozenset[str] = frozenset()
    """Claims that come out alike on all models by construction."""

    @classmethod
    def of(
        cls, lines: Sequence[Line], card: Card, now: Depends, fixed: Iterable[str] = ()
    ) -> "Others":
        """Those of a problem's lines that are of the present recipe, or else all.

        Args:
            lines: all that were recorded, by seed.
            card: of the problem.
            now: what a line would be made with now.
            fixed: claims that come out alike on all models by construction.
        """
        kept = [line for line in lines if line.recipe == now.recipe] or lines
        return cls(
            lines=tuple(kept),
            learned=frozenset(line.seed for line in kept if learned(line, card)),
            left_out=len(lines) - len(kept),
            other_recipe=sum(line.recipe != now.recipe for line in kept),
            other_code=sum(line.code != now.code for line in kept),
            other_versions=sum(line.versions != now.versions for line in kept),
            missing=_missing({line.seed for line in lines}, card),
            fixed=frozenset(fixed),
        )

    def caveats(self) -> list[str]:
        """What must be known of the lines, in sentences; none where all are as they should be."""
        counted = {
            "Left out, as another recipe gave them": self.left_out,
            "Trained by another version of the recipe or of its code": self.other_recipe,
            "Judged by another version of the code": self.other_code,
            "Made with other versions of packages": self.other_versions,
        }
        said = [f"{words}: {_models(n)}." for words, n in counted.items() if n]
        if self.missing:
            said.append(
                f"No model is recorded of these seeds: {', '.join(map(str, self.missing))}."
            )
        return said

    def __str__(self) -> str:
        if len(self.learned) == len(self.lines):
            return f"{_models(len(self.lines))}, all of which learned the task"
        return f"{_models(len(self.lines))}, {len(self.learned)} of which learned the task"


def _missing(seeds: Set[int], card: Card) -> tuple[int, ...]:
    return tuple(sorted(set(range(1, max(seeds, default=0))) - seeds - {card.training.seed}))


def _models(n: int) -> str:
    return f"{n:,} model{'s' * (n != 1)}"


def others_of(slug: str) -> Others | None:
    """The other models of a problem; None where none are recorded.

    Raises:
        LinesError: if a line is malformed.
        ExpectationsError: if nothing is written down of what was expected.
    """
    lines = read_lines(slug)
    if not lines:
        return None
    subject = Subject(slug)
    now = Depends(recipe(subject), code(subject), pinned())
    expected = read_expected(slug)
    fixed = [name for name, expectation in expected.items() if expectation.by_construction]
    return Others.of(lines, subject.card(), now, fixed)


def pinned() -> dict[str, str]:
    """The versions that models and measurements rest on, as they are pinned: pages are rendered
    where not all of them are installed.
    """
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    pins = dict(re.findall(r"^([\w.-]+)==([^\s;+]+)", text, re.MULTILINE))
    return {name: pins[name] for name in PACKAGES}
