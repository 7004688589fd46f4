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
    negative: str
    """What is below zero, where it is a thing by itself; the class blue."""
    positive: str
    """What is above zero, where it is a thing by itself; the class red."""
    heads: tuple[str, ...]
    """Colours of head 0.0, 0.1, ... on every figure; nothing else has them."""
    series: tuple[str, ...]
    """Colours of the first, second, ... thing in one figure that is no head; none is red."""
    scales: dict[Scale, ColourScale]


LIGHT = Palette(
    paper="#f7f6f1",
    ink="#16181a",
    quiet="#5b5b57",
    grid="#dddbd2",
    accent="#c8330f",
    negative="#1f5673",
    positive="#c8442a",
    heads=(
        "#1c5eaf",
        "#b17d19",
        "#5e1f7a",
        "#618c59",
        "#af3a87",
        "#003b42",
        "#492f0f",
        "#87868b",
    ),
    series=("#4c5565", "#825c2d", "#8d75bc", "#17866b", "#1e5036", "#ab6d9a"),
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
    negative="#79b8d6",
    positive="#f0795a",
    heads=(
        "#67b7fc",
        "#e3b54d",
        "#aa70c1",
        "#60b26a",
        "#ec95c9",
        "#4297a1",
        "#93713e",
        "#a69f9f",
    ),
    series=("#a5bedc", "#e3c99c", "#7f87ee", "#7ee9dd", "#88a378", "#a57290"),
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

DASHES = ("solid", "dash", "dot", "dashdot", "longdash")
SYMBOLS = ("circle", "square", "diamond", "cross", "triangle-up", "x")
FILLS = ("solid", "hollow", "half")
"""How curves, points and bars differ by more than hue. Like colours they go by the number of the
head or of the series, and begin again when they are used up."""
