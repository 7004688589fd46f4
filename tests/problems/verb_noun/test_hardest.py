import pytest
import torch

from analyses.verb_noun import hardest as module
from analyses.verb_noun.completion import ASKED
from analyses.verb_noun.hardest import hardest, missed
from models.problem import Problem
from models.verb_noun.task import ADVERBS, PEOPLE, STRAY, SUBJECTS, VERBS, VerbNoun
from tests.problems.verb_noun.by_hand import ByHand

Small = Problem[VerbNoun]
ALLOWED = (
    *(["START"], SUBJECTS, VERBS, ADVERBS, ["and"], ADVERBS, ["with"], PEOPLE, ["in"], ["the"]),
)


def test_the_search_stays_in_the_language_and_finds_harder_prompts(small: Small) -> None:
    asked, found = hardest(small)
    assert asked.task.template == ASKED[-1]
    assert found.inputs.shape == (module.CHAINS, len(ALLOWED))
    words = [[small.task.vocabulary[token] for token in row] for row in found.inputs.tolist()]
    for row in words:
        assert all(word in allowed for word, allowed in zip(row, ALLOWED, strict=True))
    logits = ByHand(small).run(found.inputs).logits[:, -1].log_softmax(dim=-1)
    for number, row in enumerate(words):
        place, share = max(VERBS[row[2]].items(), key=lambda each: each[1])
        odds = torch.tensor(0.9 * share + STRAY / 26).log()
        below = float(odds - logits[number, small.task.token(place)])
        assert float(found.difficulty[number]) == pytest.approx(below, abs=1e-3)
    assert torch.equal(found.difficulty, found.difficulty.sort(descending=True).values)
    assert not (found.best.diff() < 0).any() and len(found.best) == module.STEPS
    assert float(found.best[-1]) == float(found.difficulty[0])
    start = asked.task.sample(module.CHAINS, torch.Generator().manual_seed(module.SEED))
    assert float(found.difficulty.mean()) > float(missed(asked, start).mean())
