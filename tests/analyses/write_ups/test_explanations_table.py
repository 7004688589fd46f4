"""How explanations are shown."""

import pytest

from analyses.write_ups.explanations_table import explanations_table
from analyses.write_ups.numerals import percent
from tests.analyses.records import explained


def test_the_table_escapes_and_shows_every_family() -> None:
    html = explanations_table(
        [explained(sentence="<b> & c"), explained(name="other", sentence="Other.")], "Agreement"
    )
    assert html.count("<tr id=") == 2
    assert 'id="explanation-in_words"' in html
    assert "&lt;b&gt; &amp; c" in html
    assert "<b>" not in html
    assert "1,234" in html and "75.0 %" in html and "50.0 %" in html and "10.0 %" in html
    # The explanation, bits, two families, mistakes, confidence, interventions.
    assert html.count('scope="col"') == 7


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.0, "0 %"), (1.0, "100 %"), (0.5, "50.0 %"), (0.99999, "99.999 %"), (1e-5, "0.001 %")],
)
def test_nearly_all_is_not_all(share: float, text: str) -> None:
    assert percent(share) == text
