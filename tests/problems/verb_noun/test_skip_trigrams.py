"""The tables, against the scores and the writes of real runs."""

import pytest
import torch

from analyses.verb_noun.completion import ASKED, asking
from analyses.verb_noun.skip_trigrams import attention_on, may_stand, table, verb_to_place
from models.problem import Problem
from models.verb_noun.task import ADVERBS, PEOPLE, PLACES, SUBJECTS, TIMES, VERBS, VerbNoun
from tests.problems.verb_noun.by_hand import ByHand, once
from tests.problems.verb_noun.conftest import near
from tests.problems.verb_noun.random_model import architecture

Small = Problem[VerbNoun]
TEMPLATES = [ASKED[0], ASKED[3], ASKED[-1]]


@pytest.mark.parametrize("template", TEMPLATES)
def test_what_heads_ask_for_and_move(small: Small, template: int) -> None:
    asked, hand = asking(small, template), ByHand(small)
    tokens = asked.task.sample(30, torch.Generator().manual_seed(template))
    found, run = table(asked), hand.run(tokens)
    last = asked.task.n_ctx - 1
    at = torch.arange(last + 1)
    asks = found.asks[:, at, tokens].permute(1, 0, 2)
    # The same for each, so that softmax takes no notice.
    scores = run.scores[:, :, -1]
    near(asks - asks[..., :1], scores - scores[..., :1])
    near(asks, scores, 1e-3)
    for position in (0, last):
        read = once(hand.of("embed.W_E") + hand.of("pos_embed.W_pos")[position])
        read = read * hand.of("blocks.0.ln1.w")
        for head in range(3):
            values = read @ hand.of("blocks.0.attn.W_V")[head]
            writes = values @ hand.of("blocks.0.attn.W_O")[head]
            near(found.moves[head, position], writes - writes.mean(dim=1, keepdim=True))
    # Together: the residual stream at the last position, as the final LayerNorm sees it.
    attention = scores.softmax(dim=-1)
    written = torch.einsum("bhp,hbpm->bm", attention.float(), found.moves[:, at, tokens])
    middle = hand.middle(run)[:, -1]
    near(written + found.rest, middle - middle.mean(dim=1, keepdim=True))
    drawn = asked.task.sample(200, torch.Generator().manual_seed(last))
    assert found.scale == pytest.approx(float(hand.run(drawn).scale[:, -1].mean()), rel=1e-4)


def test_the_table_is_of_one_layer() -> None:
    from tests.problems.verb_noun import random_model

    sizes = architecture(None, 2).model_copy(update={"n_layers": 2})
    given = random_model.weights(sizes)
    problem = random_model.assemble(
        random_model.card(sizes), VerbNoun(), sizes, given, None, random_model.CPU
    )
    with pytest.raises(ValueError, match="a later layer reads more"):
        table(asking(problem, 1))


def test_the_skip_trigrams_word_by_word(small: Small) -> None:
    asked, hand = asking(small, ASKED[4]), ByHand(small)
    task, found = asked.task, table(asked)
    standing = {"SUBJECT": SUBJECTS, "PEOPLE": PEOPLE, "ADVERB": ADVERBS, "TIME": TIMES}
    standing["VERB"] = tuple(VERBS)
    at = [*standing].index("VERB")
    assert at == 4
    words = [[task.language.token(word) for word in standing.get(s, (s,))] for s in task.slots]
    assert [may_stand(asked, slot) for slot in task.slots] == words
    seen, added = attention_on(asked), torch.zeros(3, len(VERBS), len(PLACES))
    logits = hand.reads(found.moves.double()) / found.scale
    for head in range(3):
        for number, verb in enumerate(VERBS):
            token = task.language.token(verb)
            usual = 0.0
            for position, tokens in enumerate(words):
                if position != task.verb_at:
                    weights = [found.asks[head, position, each].exp() for each in tokens]
                    usual += float(sum(weights)) / len(weights)
            own = float(found.asks[head, task.verb_at, token].exp())
            share = own / (own + usual)
            assert float(seen[head, task.verb_at, token]) == pytest.approx(share, rel=1e-4)
            of_verb = logits[head, task.verb_at, token]
            for place, name in enumerate(PLACES):
                # Of the folded model, whose logits have no mean over words.
                raised = of_verb[task.language.token(name)] - of_verb.mean()
                added[head, number, place] = share * raised
    near(verb_to_place(asked), added - added.mean(dim=1, keepdim=True))
