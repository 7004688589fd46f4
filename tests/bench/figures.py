"""One measured figure, its budget, and the table of all of them."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, TypeAdapter
from rich.table import Table


class Figure(BaseModel):
    """A quantity that was measured."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    value: float
    unit: str
    budget: float | None = None
    """The most that `value` may be; None where there is no budget."""

    @property
    def missed(self) -> bool:
        """Whether the budget is exceeded."""
        return self.budget is not None and self.value > self.budget


def table(figures: list[Figure]) -> Table:
    """The figures as a table to print."""
    shown = Table(title="Benchmark")
    shown.add_column("figure")
    for heading in ("value", "budget"):
        shown.add_column(heading, justify="right")
    shown.add_column("verdict")
    for figure in figures:
        budget = "" if figure.budget is None else f"≤ {figure.budget:,.4g} {figure.unit}"
        verdict = "" if figure.budget is None else "[red]missed" if figure.missed else "within"
        shown.add_row(figure.name, f"{figure.value:,.4g} {figure.unit}", budget, verdict)
    return shown


def write(figures: list[Figure], path: Path) -> None:
    """Write the figures as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(TypeAdapter(list[Figure]).dump_json(figures, indent=2) + b"\n")
