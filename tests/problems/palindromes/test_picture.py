import re
from xml.etree import ElementTree

import torch

from analyses.palindromes.picture import alike, carpet
from models.palindromes.task import Palindromes
from models.problem import Problem


def squares(svg: str) -> dict[tuple[int, int], tuple[str, float]]:
    """Colour and strength of each square, by row and column."""
    paths = ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}path")
    return {
        (int(row), int(column)): (path.attrib["stroke"], float(path.attrib["opacity"]))
        for path in paths
        for column, row in re.findall(r"M(\d+)\.04 (\d+)\.5h", path.attrib["d"])
    }


def test_a_square_has_the_colour_of_its_sign_and_the_strength_of_its_size() -> None:
    found = squares(carpet(torch.tensor([[0.0, 0.6, -0.3], [0.15, -0.6, 0.01]])))
    assert found == {
        (0, 1): ("var(--mim-positive)", 1.0),
        (0, 2): ("var(--mim-negative)", 0.5),
        (1, 0): ("var(--mim-positive)", 0.25),
        (1, 1): ("var(--mim-negative)", 1.0),
    }


def test_the_picture_is_that_of_the_positions_that_hold_values(
    palindromes: Problem[Palindromes],
) -> None:
    cosines = alike(palindromes)
    assert cosines.shape == (20, 20)
    torch.testing.assert_close(cosines, cosines.T)
    assert not cosines.diagonal().any()
    rows = palindromes.weights["pos_embed.W_pos"]
    middle = rows[1:21].mean(dim=0)
    expected = torch.cosine_similarity(rows[3] - middle, rows[18] - middle, dim=0)
    torch.testing.assert_close(cosines[2, 17], expected)
    assert {row for row, _ in squares(carpet(cosines))} == set(range(20))
