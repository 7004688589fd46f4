from xml.etree import ElementTree

from analyses.write_ups.svg import svg


def test_what_is_drawn_stands_in_a_frame_that_says_what_it_is() -> None:
    label = 'A "line", the model\'s & <ours>'
    drawn = ElementTree.fromstring(svg(640.0, 2.5, label, ['<path d="M0 1H2"/>', "<g/>"]))
    assert drawn.attrib["viewBox"] == "0 0 640 2.5"
    assert drawn.attrib["aria-label"] == label
    assert [part.tag.rpartition("}")[2] for part in drawn] == ["path", "g"]
