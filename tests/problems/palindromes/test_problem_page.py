import re
from xml.etree import ElementTree

import torch

from analyses.palindromes.picture import LOOKS, drawn
from analyses.palindromes.seen import alike, seen
from analyses.write_ups.carpet import carpet, woven
from analyses.write_ups.products import sources
from models.palindromes.task import Palindromes
from models.problem import Problem
from tests.pages import printed_after


def test_the_worked_example_of_the_task_runs() -> None:
    first, second = printed_after("palindromes", "The task")
    assert first == f"{['START', '11', '2', '5', '5', '2', '11', 'END']} -> palindrome"
    assert second == f"{['START', '11', '2', '5', '5', '9', '11', 'END']} -> not a palindrome"


def test_the_snippet_that_loads_the_model_runs_and_tells_the_two_apart() -> None:
    assert printed_after("palindromes", "Load it") == ["['palindrome', 'not a palindrome']"]


def test_the_page_names_no_head_and_no_place() -> None:
    page = sources("palindromes")["problem"].read_text(encoding="utf-8")
    assert not re.search(r"\b[01]\.[01]\b|\b1[1-9]\b(?!,)", page.split("## Hints")[1])


def squares(svg: str) -> dict[tuple[int, int], tuple[str, float]]:
    """Colour and strength of each square, by row and column."""
    paths = ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}path")
    return {
        (int(row), int(column)): (path.attrib["stroke"], float(path.attrib["opacity"]))
        for path in paths
        for column, row in re.findall(r"M(\d+)\.04 (\d+)\.5h", path.attrib["d"])
    }


def test_a_square_has_the_colour_of_its_sign_and_the_strength_of_its_size() -> None:
    numbers = torch.tensor([[0.0, 0.6, -0.3], [0.15, -0.6, 0.01]])
    found = squares(carpet(woven(numbers), LOOKS))
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
    assert {row for row, _ in squares(drawn(seen(palindromes)))} == set(range(20))
