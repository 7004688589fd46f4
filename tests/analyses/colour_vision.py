"""How colours look to people who see them differently, and how far apart they are then."""

import numpy as np

SIMULATED = {
    "trichromat": np.eye(3),
    "protanope": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deuteranope": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "tritanope": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}
"""Linear RGB as it looks to each: severity 1.0 in Machado, Oliveira and Fernandes, "A
physiologically-based model for simulation of color vision deficiency", IEEE Transactions on
Visualization and Computer Graphics 15 (2009), 1291-1298."""

XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)
"""Linear sRGB to CIE XYZ, whose white is the sum of its columns (D65)."""


def linear(colour: str) -> np.ndarray:
    """`#rrggbb` as linear RGB from 0 to 1 (IEC 61966-2-1)."""
    coded = np.array([int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)])
    return np.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4)


def lab(rgb: np.ndarray) -> np.ndarray:
    """CIELAB 1976 of linear RGB, under D65."""
    ratio = XYZ @ rgb / XYZ.sum(axis=1)
    edge = 6 / 29
    x, y, z = np.where(ratio > edge**3, np.cbrt(ratio), ratio / (3 * edge**2) + 4 / 29)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def seen(colour: str, viewer: str) -> np.ndarray:
    """CIELAB of a colour as a viewer of `SIMULATED` sees it."""
    return lab(np.clip(SIMULATED[viewer] @ linear(colour), 0, 1))


def difference(first: str, second: str, viewer: str) -> float:
    """Euclidean distance in CIELAB, as a viewer sees both."""
    return float(np.linalg.norm(seen(first, viewer) - seen(second, viewer)))


def contrast(first: str, second: str) -> float:
    """Ratio of relative luminances, 1 to 21 (WCAG 2.2)."""
    light, dark = sorted(float(XYZ[1] @ linear(colour)) for colour in (first, second))[::-1]
    return (light + 0.05) / (dark + 0.05)
