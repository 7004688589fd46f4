"""The three programs, against the model and against words put into loops."""

import pytest
import torch

from analyses.evidence.explanations import Trial, put_to_the_test, size
from analyses.instruments.ablation import mean_ablate
from analyses.instruments.heads import Head
from analyses.instruments.interventions import head_ablations
from analyses.verb_noun import explanations
from analyses.verb_noun.completion import ASKED, Completion, asking
from analyses.verb_noun.explanations import EXPLANATIONS, NEURONS
from analyses.verb_noun.skip_trigrams import table, verb_to_place
from models.problem import Problem
from models.verb_noun.task import PLACES, VerbNoun
from tests.problems.verb_noun.by_hand import ByHand
from tests.problems.verb_noun.conftest import near

Small = Problem[VerbNoun]
TEMPLATE = ASKED[4]


@pytest.fixture(autouse=True)
def written_finely(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explanations, "STEP", 1e-7)
    monkeypatch.setattr(explanations, "FINE_STEP", 1e-7)


def drawn(asked: Problem[Completion], n: int = 40) -> torch.Tensor:
    return asked.task.sample(n, torch.Generator().manual_seed(8))


def against_first(logits: torch.Tensor) -> torch.Tensor:
    """How far each logit is above the first: as all may be raised together."""
    return logits - logits[..., :1]


def test_by_verb_word_by_word(small: Small) -> None:
    asked = asking(small, TEMPLATE)
    tokens, program = drawn(asked), explanations.by_verb(asked)
    trigrams, found = verb_to_place(asked), table(asked)
    usual = found.rest / found.scale @ asked.model.W_U + asked.model.b_U
    said = program.predict(tokens, program.tables)
    without = program.under(tokens, program.tables, "0.1") if program.under else said
    for row, verb in enumerate(asked.task.verbs(tokens).tolist()):
        for place, token in enumerate(asked.task.language.places.tolist()):
            expected = trigrams[:, verb, place].sum() + usual[token]
            assert float(said[row, 0, token]) == pytest.approx(float(expected), abs=1e-3)
            expected = trigrams[[0, 2], verb, place].sum() + usual[token]
            assert float(without[row, 0, token]) == pytest.approx(float(expected), abs=1e-3)
    # Asked once more it says the same: to leave a head out leaves nothing behind.
    assert torch.equal(program.predict(tokens, program.tables), said)
    assert torch.isin(said.argmax(dim=-1), asked.task.language.places).all()


def test_by_words_is_the_model_without_its_mlp(small: Small) -> None:
    asked, hand = asking(small, TEMPLATE), ByHand(small)
    tokens, program, places = drawn(asked), explanations.by_words(asked), asked.task.language.places
    run = hand.run(tokens)
    logits = hand.reads(hand.middle(run)[:, -1]) / table(asked).scale
    logits = logits + hand.of("ln_final.b") @ hand.of("unembed.W_U") + hand.of("unembed.b_U")
    said = program.predict(tokens, program.tables)[:, 0]
    near(against_first(said[:, places]), against_first(logits[:, places]), 1e-3)
    # With a head's mean over prompts in place of what it writes.
    written = run.written.clone()
    written[:, :, 2] = written[:, :, 2].mean(dim=0)
    ablated = hand.middle(hand.run(tokens, written=written))[:, -1]
    logits = hand.reads(ablated) / table(asked).scale
    logits = logits + hand.of("ln_final.b") @ hand.of("unembed.W_U") + hand.of("unembed.b_U")
    assert program.under
    said = program.under(tokens, program.tables, "0.2")[:, 0]
    near(against_first(said[:, places]), against_first(logits[:, places]), 1e-3)


def test_with_neurons_is_the_model(with_mlp: Small) -> None:
    asked = asking(with_mlp, TEMPLATE)
    tokens, program = drawn(asked), explanations.with_neurons(asked)
    places = asked.task.language.places
    said = program.predict(tokens, program.tables)[:, 0, places]
    near(said, asked.logits(tokens)[:, -1, places], 1e-3)
    hand = ByHand(with_mlp).run(tokens).logits[:, -1, places]
    near(against_first(said), against_first(hand), 1e-3)
    assert program.under
    for number in (0, 2):
        said = program.under(tokens, program.tables, f"0.{number}")[:, 0, places]
        near(said, mean_ablate(asked, tokens, Head(0, number))[:, -1, places], 1e-3)


def test_with_neurons_is_the_model_where_little_passes(with_mlp: Small) -> None:
    # What LayerNorm adds to a variance before it divides counts where that is small.
    asked = asking(with_mlp.untrained(7), TEMPLATE)
    tokens, program = drawn(asked), explanations.with_neurons(asked)
    places = asked.task.language.places
    said = program.predict(tokens, program.tables)[:, 0, places]
    near(said, asked.logits(tokens)[:, -1, places], 1e-4)


def test_other_words_than_places_are_never_said(small: Small) -> None:
    asked = asking(small, TEMPLATE)
    tokens = drawn(asked, 10)
    chosen = EXPLANATIONS if small.architecture.attn_only else [*EXPLANATIONS, NEURONS]
    for explanation in chosen:
        words = explanation.program(asked)(tokens).flatten().tolist()
        assert all(asked.task.vocabulary[word] in PLACES for word in words)
        assert size(explanation.program(asked)) > 0


def test_they_can_be_put_to_the_test(small: Small) -> None:
    asked = asking(small, ASKED[0])
    tokens = {"some": drawn(asked)}
    trial = Trial.of(asked, tokens, head_ablations(asked))
    assert [change.name for change in trial.under] == ["0.0", "0.1", "0.2"]
    chosen = EXPLANATIONS if small.architecture.attn_only else [*EXPLANATIONS, NEURONS]
    found = {each.name: put_to_the_test(each, trial) for each in chosen}
    assert [each.stated for each in found["task"].foreseen] == [False] * 3
    assert [each.stated for each in found["words"].foreseen] == [True] * 3
    assert found["task"].bits < found["trigrams"].bits < found["words"].bits
