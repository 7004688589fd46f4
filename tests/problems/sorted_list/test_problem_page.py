from xml.etree import ElementTree

import pytest
import torch

from analyses.sorted_list.picture import drawn
from analyses.sorted_list.seen import looking
from tests.pages import printed_after


def test_the_snippet_that_loads_the_model_runs_and_sorts() -> None:
    in_order = sorted([17, 3, 44, 8, 25, 50, 31, 12, 0, 39])
    assert printed_after("sorted_list", "Load it") == [str(in_order)]


def test_the_worked_example_of_the_task_runs() -> None:
    shown, asked, answers = printed_after("sorted_list", "The task")
    assert shown == str([*map(str, [11, 2, 5, 0, 3, 9]), "SEP", *map(str, [0, 2, 3, 5, 9, 11])])
    assert asked.removeprefix("asked at ").strip() == str(["SEP", *map(str, [0, 2, 3, 5, 9])])
    assert answers.removeprefix("answers ").strip() == str([0, 2, 3, 5, 9, 11])


@pytest.fixture
def picture() -> ElementTree.Element:
    """Three values; head 0.0 copies 0 and 1, head 0.1 copies 2."""
    ov = torch.zeros(2, 3, 3)
    ov[0, [0, 1], [0, 1]] = 1
    ov[1, 2, 2] = 1
    qk = torch.zeros(2, 3, 3)
    # From 0, head 0.0 looks at 1 and head 0.1 at 2; what is not above does not count.
    qk[0, 0] = torch.tensor([9.0, 2, 1])
    qk[1, 0] = torch.tensor([9.0, 1, 2])
    return ElementTree.fromstring(drawn(looking(qk, ov)))


def test_the_picture_has_an_arc_from_each_value_but_the_last_for_each_head(
    picture: ElementTree.Element,
) -> None:
    paths = [path for path in picture if "C" in path.attrib["d"]]
    ends = [
        (path.attrib["stroke"][-2], path.attrib["d"].split()[0], path.attrib["d"].split()[-2])
        for path in paths
    ]
    # Values stand at 16, 320 and 624.
    assert ends == [
        ("0", "M16.0", "320.0"),
        ("0", "M320.0", "624.0"),
        ("1", "M16.0", "624.0"),
        ("1", "M320.0", "624.0"),
    ]
    strong = [path.attrib["opacity"] == "0.9" for path in paths]
    # A head's arc is strong where it also copies what it looks at.
    assert strong == [True, False, True, True]


def test_the_line_of_the_picture_changes_colour_with_the_copying_head(
    picture: ElementTree.Element,
) -> None:
    lines = [path for path in picture if "H" in path.attrib["d"]]
    assert [(line.attrib["stroke"], line.attrib["d"]) for line in lines] == [
        ("var(--mim-head-0)", "M-136.0 150H472.0"),
        ("var(--mim-head-1)", "M472.0 150H776.0"),
    ]
    assert picture.attrib["aria-label"]
