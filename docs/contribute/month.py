"""The files of one month, and what can be said against them."""

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]


class Fault(NamedTuple):
    """One thing to mend."""

    path: str
    """Relative to the root of the repository."""
    line: int
    text: str
    """What is wrong, and what to do about it."""

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.text}"


@dataclass(frozen=True)
class Month:
    """Where everything of a month lies."""

    slug: str
    root: Path = ROOT

    @property
    def model(self) -> Path:
        """Folder of the task, the card and the checkpoint."""
        return self.root / "models" / self.slug

    @property
    def card(self) -> Path:
        """The card."""
        return self.model / "card.json"

    @property
    def analysis(self) -> Path:
        """Folder of the solution."""
        return self.root / "analyses" / self.slug

    @property
    def tests(self) -> Path:
        """Folder of the tests."""
        return self.root / "tests" / "problems" / self.slug

    @property
    def problem(self) -> Path:
        """The problem's page."""
        return self.root / "docs" / "problems" / self.slug / "problem.py"

    @property
    def solution(self) -> Path:
        """The solution's page."""
        return self.analysis / "solution.py"

    @property
    def explanations(self) -> Path:
        """The explanations as programs, if there are any."""
        return self.analysis / "explanations.py"

    @property
    def pages(self) -> dict[str, Path]:
        """The pages that there are, by the name of their notebook."""
        both = {"problem": self.problem, "solution": self.solution}
        return {name: path for name, path in both.items() if path.is_file()}

    @property
    def folders(self) -> tuple[Path, ...]:
        """The folders that hold all of the month and nothing else."""
        return self.model, self.analysis, self.problem.parent, self.tests

    def files(self) -> list[Path]:
        """All files of the month."""
        found = (path for folder in self.folders for path in folder.rglob("*") if path.is_file())
        return sorted(path for path in found if "__pycache__" not in path.parts)

    def owns(self, path: str) -> bool:
        """Whether a file, relative to the root, belongs to the month."""
        return any((self.root / path).is_relative_to(folder) for folder in self.folders)

    def fault(self, path: Path, text: str, line: int | None = None, at: str = "") -> Fault:
        """A fault of a file: in a line, or where the text `at` first stands in it."""
        return Fault(
            path.relative_to(self.root).as_posix(), line or first_line_with(at, path), text
        )

    def claim_fault(self, name: str, text: str) -> Fault:
        """A fault where a claim, or an explanation, is stated."""
        for at in (f'name="{name}"', f'Explanation("{name}"'):
            for path in sorted(self.analysis.rglob("*.py")):
                if at in path.read_text("utf-8"):
                    return self.fault(path, text, at=at)
        return self.fault(self.solution, text)


def first_line_with(text: str, path: Path) -> int:
    """The number of the first line that holds a text; 1 where none does."""
    if not text or not path.is_file():
        return 1
    lines = path.read_text(encoding="utf-8").splitlines()
    return next((number for number, line in enumerate(lines, 1) if text in line), 1)
