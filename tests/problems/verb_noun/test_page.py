"""What the explanation on the page says nothing of."""

from models.verb_noun.task import VerbNoun
from tests.live.explained import of_page


def test_skip_trigrams_say_nothing_of_other_prompts() -> None:
    language = VerbNoun()
    prompts = ["", "they", "they swim often in", "they do not swim in the", "in the", "they swim."]
    rows = [language.prompt(prompt)[0].tolist() for prompt in prompts]
    assert of_page("verb_noun", rows) == [[None]] * len(rows)
