"""The palette of `analyses`, as a style sheet and as a script, so that pages cannot disagree."""

import json
from dataclasses import asdict

from analyses.write_ups.palette import PALETTES, Palette, Scale
from docs.render.stills import levels


def _variables(palette: Palette) -> str:
    single = ("paper", "ink", "quiet", "grid", "accent", "negative", "positive")
    named = {name: getattr(palette, name) for name in single}
    for name, colours in (("series", palette.series), ("head", palette.heads)):
        named |= {f"{name}-{index}": colour for index, colour in enumerate(colours)}
    return "".join(f"--mim-{name}:{colour};" for name, colour in named.items())


def _steps(palette: Palette, scale: Scale) -> str:
    steps = enumerate(levels.colours(palette.scales[scale]))
    return "".join(f"--l{step}:{colour};" for step, colour in steps)


def _schemed(light: str, dark: str, within: str = "") -> str:
    """Rules for something within the page; paper is always printed light."""
    return (
        f":root{within},[data-md-color-scheme=default]{within}{{{light}}}\n"
        f"[data-md-color-scheme=slate]{within}{{{dark}}}\n"
        f"@media print{{:root{within},[data-md-color-scheme]{within}{{{light}}}}}\n"
    )


def stylesheet() -> str:
    """CSS variables of both palettes, and the classes by which stills are coloured."""
    light, dark = PALETTES["light"], PALETTES["dark"]
    sheet = _schemed(
        f"{_variables(light)}color-scheme:light", f"{_variables(dark)}color-scheme:dark"
    )
    for scale in light.scales:
        sheet += _schemed(_steps(light, scale), _steps(dark, scale), f" .{scale}")
    sheet += "".join(f".l{step}{{stroke:var(--l{step})}}" for step in range(levels.STEPS))
    for letter, name, colours in (("s", "series", light.series), ("h", "head", light.heads)):
        sheet += "".join(
            f".{letter}{index}{{color:var(--mim-{name}-{index})}}" for index in range(len(colours))
        )
    for name in ("positive", "negative"):
        sheet += f".{name}{{color:var(--mim-{name})}}"
    return sheet


def script() -> str:
    """Both palettes as a global that the figures' script reads."""
    palettes = {name: asdict(palette) for name, palette in PALETTES.items()}
    return f"window.palettes={json.dumps(palettes, separators=(',', ':'))};\n"
