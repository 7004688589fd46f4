"""The palette of `analyses`, as a style sheet and as a script, so that pages cannot disagree."""

import json
from dataclasses import asdict

from analyses.palette import PALETTES, Palette


def _variables(palette: Palette) -> str:
    single = ("paper", "ink", "quiet", "grid", "accent", "negative", "positive")
    named = {name: getattr(palette, name) for name in single}
    for name, colours in (("series", palette.series), ("head", palette.heads)):
        named |= {f"{name}-{index}": colour for index, colour in enumerate(colours)}
    return "".join(f"--mim-{name}:{colour};" for name, colour in named.items())


def stylesheet() -> str:
    """CSS variables of both palettes; paper is always printed light."""
    light, dark = _variables(PALETTES["light"]), _variables(PALETTES["dark"])
    return (
        f":root,[data-md-color-scheme=default]{{{light}color-scheme:light}}\n"
        f"[data-md-color-scheme=slate]{{{dark}color-scheme:dark}}\n"
        f"@media print{{:root,[data-md-color-scheme]{{{light}color-scheme:light}}}}\n"
    )


def script() -> str:
    """Both palettes as a global that the figures' script reads."""
    palettes = {name: asdict(palette) for name, palette in PALETTES.items()}
    return f"window.palettes={json.dumps(palettes, separators=(',', ':'))};\n"
