"""The site's colours, for figures, pictures and style sheets alike.

This module imports nothing heavy: pages are rendered without torch or plotly.
"""

from dataclasses import dataclass
from typing import Literal

Scale = Literal["signed", "share", "magnitude"]
"""`signed`: two hues around zero. `share`: 0 to 1. `magnitude`: from zero upwards."""

ColourScale = list[tuple[float, str]]


@dataclass(frozen=True)
class Palette:
    """One palette; colours are hex strings."""

    paper: str
    ink: str
    quiet: str
    """Secondary ink: axis labels, captions."""
    grid: str
    accent: str
    series: tuple[str, ...]
    """Colours of the first, second, ... thing in one figure; head 0.0 is always the first."""
    scales: dict[Scale, ColourScale]


LIGHT = Palette(
    paper="#f7f6f1",
    ink="#16181a",
    quiet="#5b5b57",
    grid="#dddbd2",
    accent="#c8330f",
    series=("#1f5673", "#c8442a", "#8a6a00", "#6b4a8e", "#3f7d4e", "#7a716a"),
    scales={
        "signed": [
            (0.0, "#0f3a52"),
            (0.25, "#5e93ad"),
            (0.5, "#f7f6f1"),
            (0.75, "#e58a70"),
            (1.0, "#9c2410"),
        ],
        "share": [(0.0, "#f7f6f1"), (0.25, "#f2cdb8"), (0.6, "#db6a4b"), (1.0, "#7c1a0a")],
        "magnitude": [(0.0, "#f7f6f1"), (0.3, "#b9d0d8"), (0.7, "#4d8199"), (1.0, "#0f3a52")],
    },
)

DARK = Palette(
    paper="#121619",
    ink="#e9e6dd",
    quiet="#a3a29b",
    grid="#2c3337",
    accent="#ff7a52",
    series=("#79b8d6", "#f0795a", "#d9b44a", "#b99be0", "#86c795", "#a79f92"),
    scales={
        "signed": [
            (0.0, "#9fd8f2"),
            (0.25, "#3f7c99"),
            (0.5, "#121619"),
            (0.75, "#b3472c"),
            (1.0, "#ffb199"),
        ],
        "share": [(0.0, "#121619"), (0.25, "#5a2a1d"), (0.6, "#c9573a"), (1.0, "#ffd0bf")],
        "magnitude": [(0.0, "#121619"), (0.3, "#25475a"), (0.7, "#5a9dbd"), (1.0, "#c9ecfb")],
    },
)

PALETTES: dict[Literal["light", "dark"], Palette] = {"light": LIGHT, "dark": DARK}
