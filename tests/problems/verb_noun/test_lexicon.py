"""Which words a model knows as one token."""

from pathlib import Path

import pytest

from analyses.verb_noun.lexicon import Lexicon, Pair
from analyses.verb_noun.on_hub import guesses
from models.hub import load_hub
from models.verb_noun.task import PLACES, VERBS, task
from tests.models.folder import write_folder
from tests.problems.verb_noun.random_model import random_model, written


def test_the_language_knows_all_its_words() -> None:
    language = task()
    lexicon = Lexicon.of(language)
    assert lexicon.left_out == ()
    assert len(lexicon.pairs) == sum(map(len, VERBS.values()))
    assert {pair.place for pair in lexicon.pairs} == set(PLACES)
    assert all(lexicon.name(token) == word for word, token in lexicon.tokens.items())
    tokens = lexicon.prompt(lexicon.sentence("pray"))
    assert [lexicon.name(token) for token in tokens[0].tolist()] == [
        "START",
        "they",
        "pray",
        "in",
        "the",
    ]
    with pytest.raises(ValueError, match=r"the word 'prey' is not in .* near ones are pray"):
        lexicon.prompt("they prey in the")


def test_a_tokenizer_knows_those_that_it_does_not_cut(tmp_path: Path) -> None:
    written(tmp_path)
    write_folder(tmp_path / "model", ["read", "library", "pray", "pool"])
    problem = load_hub(str(tmp_path / "model"), "verb_noun", models=tmp_path)
    lexicon = Lexicon.of(problem.task)
    assert lexicon.pairs == (Pair("read", "library"),)
    assert {*lexicon.tokens} == {"read", "library", "pray", "pool"}
    assert "park" in lexicon.left_out and "church" in lexicon.left_out
    assert len(lexicon.left_out) == len({*VERBS, *PLACES}) - 4
    assert lexicon.name(lexicon.tokens["pool"]) == " pool"
    text = lexicon.sentence("read")
    assert text == "They read in the"
    names = [lexicon.name(token) for token in lexicon.prompt(text)[0].tolist()]
    assert names[0] == "<|BOS|>" and "".join(names[1:]) == text and " read" in names
    # Whatever is written, it is text.
    assert lexicon.prompt("Quux!").shape[1] > 2


def test_a_guess_is_the_probability_and_rank_of_the_place() -> None:
    problem = random_model()
    lexicon = Lexicon.of(problem.task)
    found = guesses(problem, lexicon)
    assert [guess.pair for guess in found] == list(lexicon.pairs)
    for guess in found[::7]:
        tokens = problem.task.prompt(f"they {guess.pair.verb} in the")
        logits = problem.logits(tokens)[0, -1]
        token = problem.task.token(guess.pair.place)
        assert guess.probability == pytest.approx(float(logits.softmax(0)[token]), rel=1e-4)
        assert logits.argsort(descending=True)[guess.rank - 1] == token
    assert guesses(problem, Lexicon(problem.task, {}, "they")) == []
