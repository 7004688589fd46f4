import pytest

from analyses.write_ups.numerals import how_many, listed


@pytest.mark.parametrize(
    ("share", "words"),
    [(1.0, "all"), (0.0, "none"), (0.982, "98.2 %"), (0.99996, "99.996 %"), (0.0004, "0.04 %")],
)
def test_only_what_is_exact_is_called_all_or_none(share: float, words: str) -> None:
    assert how_many(share) == words


@pytest.mark.parametrize(
    ("names", "text"),
    [([], "none"), ([0], "0"), (["0.1", "0.2"], "0.1 and 0.2"), (range(4), "0, 1, 2 and 3")],
)
def test_names_stand_in_a_sentence(names: list[object], text: str) -> None:
    assert listed(names) == text
