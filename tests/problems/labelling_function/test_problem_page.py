import re
from xml.etree import ElementTree

import torch

from analyses.labelling_function.picture import drawn
from analyses.labelling_function.seen import changing
from analyses.write_ups.products import sources
from models.labelling_function.task import SIDE, LabellingFunction
from tests.pages import printed_after


def test_the_worked_example_of_the_task_runs() -> None:
    read, colours = printed_after("labelling_function", "The task")
    assert read == "read    [[41, 12, 113], [41, 100, 113], [42, 12, 113], [42, 100, 113]]"
    assert colours == "colours ['blue', 'red', 'blue', 'blue']"


def test_the_snippet_that_loads_the_model_runs() -> None:
    assert printed_after("labelling_function", "Load it") == ["[1, 0, 0]"]


def test_the_page_does_not_say_the_rule() -> None:
    page = sources("labelling_function")["problem"].read_text(encoding="utf-8")
    assert not re.search(r"\b(200|600|133|sqrt|ROW_TYPES|sides)\b|X\^|X\*\*|not A", page)


def test_the_picture_draws_every_point_in_its_colour() -> None:
    red = torch.rand((SIDE, SIDE), generator=torch.Generator().manual_seed(2)) > 0.5
    painted = torch.full((SIDE, SIDE), -1)
    paths = ElementTree.fromstring(drawn(changing(red)))
    for colour, path in enumerate(paths):
        for y, x, width in re.findall(r"M(\d+) (\d+)\.5h(\d+)", path.attrib["d"]):
            run = painted[int(x), int(y) : int(y) + int(width)]
            assert (run == -1).all(), "nothing is drawn twice"
            run[:] = colour
    assert torch.equal(painted, red.long())


def test_the_picture_is_small_and_takes_its_colours_from_the_page() -> None:
    red = torch.zeros((SIDE, SIDE), dtype=torch.bool)
    red[:, 30:60] = True
    svg = drawn(changing(red))
    root = ElementTree.fromstring(svg)
    assert root.get("aria-label")
    assert {path.get("stroke") for path in root} == {"var(--mim-negative)", "var(--mim-positive)"}
    assert len(svg) < 10_000
    # Of one colour, there is one path.
    assert len(ElementTree.fromstring(drawn(changing(torch.zeros_like(red))))) == 1


def test_a_small_picture_has_a_dot_for_every_mistake_in_the_colour_said() -> None:
    task = LabellingFunction()
    said = task.answers(task.every()).reshape(SIDE, SIDE).bool()
    frame = ElementTree.fromstring(drawn(changing(said), small=True))
    assert len(frame) == 1, "the frame alone"
    # Row 42 is blue at Y = 12, and row 41 red at Y = 100.
    said[42, 12], said[41, 100] = True, False
    _, blue, red = ElementTree.fromstring(drawn(changing(said), small=True))
    assert (blue.get("stroke"), blue.get("d")) == ("var(--mim-negative)", "M100 41h2")
    assert (red.get("stroke"), red.get("d")) == ("var(--mim-positive)", "M12 42h2")
