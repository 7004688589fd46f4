import pytest
import torch

from analyses.verb_noun.completion import ASKED, Completion, asking
from models.verb_noun.task import TEMPLATES, VERBS, VerbNoun
from tests.problems.verb_noun.random_model import random_model

LANGUAGE = VerbNoun()


@pytest.mark.parametrize("template", range(12))
def test_a_completion_stops_where_the_place_is_asked_for(template: int) -> None:
    asked = Completion(LANGUAGE, template)
    slots = ["START", *TEMPLATES[template][0].split()]
    (place,) = (number for number, slot in enumerate(slots) if slot.endswith(("PLACE", "WHERE")))
    assert asked.slots == slots[:place]
    assert asked.n_ctx == place
    assert asked.slots[-1] == "the"
    assert asked.slots[asked.verb_at] == "VERB"
    assert [*range(asked.n_ctx)][asked.label_positions] == [place - 1]
    tokens = asked.of_verbs(torch.arange(len(VERBS)), torch.Generator().manual_seed(template))
    assert tokens.shape == (len(VERBS), place)
    assert asked.verbs(tokens).tolist() == [*range(len(VERBS))]
    for row, answer, (verb, places) in zip(
        tokens, asked.answers(tokens), VERBS.items(), strict=True
    ):
        words = [LANGUAGE.vocabulary[token] for token in row.tolist()]
        assert [word for word in words if word in VERBS] == [verb] == [words[asked.verb_at]]
        assert LANGUAGE.vocabulary[int(answer[0])] == max(places, key=lambda each: places[each])
        # It is the beginning of a sentence of the language.
        assert all(
            slot.isupper() or slot == word for slot, word in zip(asked.slots, words, strict=True)
        )
        assert not LANGUAGE.odds(row[None])[0, -1].isnan().any() or template in ASKED


def test_verbs_are_all_drawn_and_equally_likely() -> None:
    asked = Completion(LANGUAGE, 3)
    counts = asked.verbs(asked.sample(8000, torch.Generator().manual_seed(0))).bincount()
    assert len(counts) == len(VERBS)
    # 200 of each, give or take five standard deviations.
    assert int(counts.min()) > 130 and int(counts.max()) < 270


def test_asking_changes_the_task_alone() -> None:
    problem = random_model("gelu")
    asked = asking(problem, 4)
    assert asked is asking(problem, 4)
    assert asked.model is problem.model
    assert asked.task == Completion(problem.task, 4)
