import math
import runpy
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import models.verb_noun.task
from models.task import Finite, Task, fresh
from models.verb_noun.task import (
    ADVERBS,
    HELD_OUT,
    PEOPLE,
    PLACES,
    STRAY,
    SUBJECTS,
    TEMPLATES,
    TIMES,
    VERBS,
    VerbNoun,
    task,
)

JANUARY = task()
OTHERS = VerbNoun(held_out=True)
SLOTS = {"SUBJECT": SUBJECTS, "PEOPLE": PEOPLE, "ADVERB": ADVERBS, "TIME": TIMES}
seeds = st.integers(0, 2**32 - 1)


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def words(row: torch.Tensor) -> list[str]:
    return [JANUARY.vocabulary[token] for token in row.tolist()]


def in_slot(slot: str, verb: str) -> dict[str, float]:
    """What may stand in a slot and with what odds, word by word."""
    if slot == "VERB":
        return {verb: 1.0}
    if slot == "PLACE":
        stray = STRAY / len(PLACES)
        return {place: stray + (1 - STRAY) * VERBS[verb].get(place, 0.0) for place in PLACES}
    if slot == "ELSEWHERE":
        elsewhere = [place for place in PLACES if place not in VERBS[verb]]
        return {place: 1 / len(elsewhere) for place in elsewhere}
    chosen = PLACES if slot == "ANYWHERE" else SLOTS.get(slot, (slot,))
    return {word: 1 / len(chosen) for word in chosen}


def readings(language: VerbNoun) -> list[tuple[float, list[dict[str, float]]]]:
    """Every template with every verb: how often it is drawn, and its slots."""
    found = []
    for number, (slots, share) in enumerate(TEMPLATES):
        for position, verb in enumerate(VERBS):
            lacking = number == HELD_OUT[position % len(HELD_OUT)]
            if lacking == language.held_out:
                filled = ["START", *slots.split(), *["."] * language.n_ctx][: language.n_ctx]
                found.append((share, [in_slot(slot, verb) for slot in filled]))
    return found


def naive_odds(language: VerbNoun, sentence: list[str]) -> list[dict[str, float]]:
    """The odds of each next word, by going through all readings."""
    found = []
    for read in range(1, language.n_ctx):
        following: dict[str, float] = {}
        for share, slots in readings(language):
            weight = share * math.prod(
                slot.get(word, 0.0) for slot, word in zip(slots[:read], sentence, strict=False)
            )
            for word, odds in slots[read].items() if weight else ():
                following[word] = following.get(word, 0.0) + weight * odds
        whole = sum(following.values())
        found.append({word: weight / whole for word, weight in following.items()})
    return found


def test_january_is_the_task_of_its_card() -> None:
    assert isinstance(JANUARY, Task)
    assert not isinstance(JANUARY, Finite)
    assert (JANUARY.n_ctx, JANUARY.d_vocab, JANUARY.d_vocab_out) == (12, 109, 109)
    assert range(12)[JANUARY.label_positions] == range(11)
    assert JANUARY.classes == JANUARY.vocabulary
    assert len(set(JANUARY.vocabulary)) == JANUARY.d_vocab
    assert len(VERBS) >= 30


def test_odds_of_templates_and_places_add_up() -> None:
    assert sum(share for _, share in TEMPLATES) == pytest.approx(1)
    assert all(sum(places.values()) == pytest.approx(1) for places in VERBS.values())
    torch.testing.assert_close(JANUARY.emissions.sum(dim=3), torch.ones(13, 12, 40).double())
    for table in (JANUARY.pairs, OTHERS.pairs):
        assert float(table.sum()) == pytest.approx(1)
    assert ((JANUARY.pairs > 0) != (OTHERS.pairs > 0)).all()
    assert ((OTHERS.pairs > 0).sum(dim=0) == 1).all()


@pytest.mark.parametrize("language", [JANUARY, OTHERS], ids=["trained", "held out"])
def test_odds_are_those_of_going_through_all_readings(language: VerbNoun) -> None:
    tokens = language.sample(4, seeded(1))
    odds = language.odds(tokens)
    torch.testing.assert_close(odds.sum(dim=2), torch.ones(4, 11).double())
    for row, found in zip(tokens, odds, strict=True):
        for position, expected in enumerate(naive_odds(language, words(row))):
            listed = {
                word: float(share)
                for word, share in zip(language.vocabulary, found[position], strict=True)
                if share
            }
            assert listed == pytest.approx(expected)


def test_no_sentence_begins_so() -> None:
    assert JANUARY.odds(JANUARY.prompt("swim in the"))[0, 1:].isnan().all()


def test_the_entropy_is_the_mean_of_what_odds_say() -> None:
    for language in (JANUARY, OTHERS):
        paid = -language.log_odds_of_next(language.sample(2000, seeded(2))).sum(dim=1)
        error = float(paid.std()) / len(paid) ** 0.5
        assert float(paid.mean()) == pytest.approx(language.entropy(), abs=4 * error)


def test_every_sentence_has_one_reading() -> None:
    # Else the entropy would be less than that of template, verb and slots.
    for row in JANUARY.sample(60, seeded(3)):
        sentence = words(row)
        fitting = [
            slots
            for _, slots in readings(JANUARY)
            if all(word in slot for slot, word in zip(slots, sentence, strict=True))
        ]
        assert len(fitting) == 1


def test_what_is_drawn_is_drawn_as_often_as_said() -> None:
    tokens = JANUARY.sample(20_000, seeded(4))
    found = tokens[:, 1:3].tolist()
    in_the = [JANUARY.token("in"), JANUARY.token("the")]
    share = sum(row == in_the for row in found) / len(found)
    expected = float(JANUARY.pairs[-1].sum())
    assert share == pytest.approx(expected, abs=4 * (expected / 20_000) ** 0.5)
    ends = {verb: [] for verb in ("read", "swim")}
    for row in map(words, tokens):
        if row[2] in ends and row[3:5] == ["in", "the"]:
            ends[row[2]].append(row[5])
    for verb, places in ends.items():
        for place, share in VERBS[verb].items():
            expected = STRAY / len(PLACES) + (1 - STRAY) * share
            error = (expected * (1 - expected) / len(places)) ** 0.5
            assert places.count(place) / len(places) == pytest.approx(expected, abs=4 * error)


@given(seeds)
def test_a_sentence_is_written_and_read(seed: int) -> None:
    tokens = JANUARY.sample(2, seeded(seed))
    sentences = [" ".join(words(row)[1:]) for row in tokens]
    assert torch.equal(JANUARY.encode(sentences), tokens)
    assert torch.equal(JANUARY.encode([text.rstrip(" .") for text in sentences]), tokens)
    assert JANUARY.answers(tokens).tolist() == [row[1:] for row in tokens.tolist()]
    assert torch.equal(JANUARY.sample(2, seeded(seed)), tokens)


@given(seeds)
def test_sentences_have_keys_of_their_own(seed: int) -> None:
    tokens = JANUARY.sample(50, seeded(seed))
    assert len(JANUARY.keys(tokens).unique()) == len(tokens.unique(dim=0))


def test_held_out_sentences_are_never_trained_on() -> None:
    trained, others = JANUARY.sample(5000, seeded(5)), OTHERS.sample(5000, seeded(6))
    assert not torch.isin(JANUARY.keys(others), JANUARY.keys(trained)).any()
    assert JANUARY.log_odds_of_next(others).isneginf().any(dim=1).all()
    kept = fresh(JANUARY, 100, seeded(7), JANUARY.keys(trained))
    assert not torch.isin(JANUARY.keys(kept), JANUARY.keys(trained)).any()


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("they swin in the pool", "'swin' is not in this language; near ones are swim"),
        ("they xyzzy", "'xyzzy' is not in this language; `vocabulary` has them all"),
        (" ".join(["often"] * 11), "has no room for its end: at most 10 words"),
        (" ".join(["often"] * 12), "has 12 words, expected at most 11"),
    ],
)
def test_what_cannot_be_read_is_said(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        JANUARY.encode([text])


def test_a_prompt_has_no_end() -> None:
    assert words(JANUARY.prompt("they swim")[0]) == ["START", "they", "swim"]
    with pytest.raises(ValueError, match="near ones are"):
        JANUARY.prompt("they swimm in the")


def test_the_task_runs_without_this_repository() -> None:
    path = Path(models.verb_noun.task.__file__)
    alone = runpy.run_path(str(path))["task"]()
    assert torch.equal(alone.sample(20, seeded(0)), JANUARY.sample(20, seeded(0)))
