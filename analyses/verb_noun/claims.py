"""What the Verb to Noun write-up claims, each with a threshold stated before it was measured."""

from functools import cache, partial

import torch

from analyses.evidence.claims import UNTRAINED, Claim, Control, Measurement
from analyses.evidence.controls import EMBEDDINGS_EXCHANGED, OV_EXCHANGED
from analyses.evidence.explanations import Explanation
from analyses.instruments.heads import Head, heads
from analyses.instruments.statistics import ratio_terms
from analyses.verb_noun import edges, knowing, neurons, twins
from analyses.verb_noun.completion import ASKED, Completion, Model, asking
from analyses.verb_noun.effects import along, attention, patched
from analyses.verb_noun.explanations import NEURONS, TRIGRAMS, WORDS
from analyses.verb_noun.pairs import UNSEEN, Pairs, pairs, share
from analyses.verb_noun.skip_trigrams import verb_to_place
from models.problem import Problem

FINER = 2028
"""Seed of prompts for a program that was written down more finely after first measurements."""
TOP = 16
"""Neurons, of 256."""
DECIDED, DENIED, UNDECIDED = (
    ASKED,
    tuple(knowing.templates_with("ELSEWHERE")),
    tuple(knowing.templates_with("ANYWHERE")),
)


# Knowing the language


def of_own_place(problem: Model) -> Measurement:
    """The probability of the verb's likeliest place where the verb decides."""
    return knowing.of_place(problem, DECIDED)


def gap_over(problem: Model, twin: twins.Twin) -> Measurement:
    """How many times as far from the language a twin is, in nats per sentence."""
    own, other = (
        knowing.gaps(each).sum(dim=1).tolist() for each in (problem, twins.trained(problem, twin))
    )
    return Measurement.mean(ratio_terms(other, own))


# Which parts


@cache
def shares_of_heads(problem: Model) -> tuple[Measurement, ...]:
    """The part of the verb's effect that each head's output by itself restores (denoising)."""
    return tuple(share(problem, partial(_of_head, head=head)) for head in heads(problem))


def _of_head(found: Pairs, head: Head) -> torch.Tensor:
    return patched(found, head, "denoising")


def best_head(problem: Model, rank: int = 0) -> Measurement:
    """That of the head that restores most, or of the one that is so many behind it."""
    return sorted(shares_of_heads(problem), key=lambda found: -found.value)[rank]


def ranked_heads(problem: Model) -> list[Head]:
    """All heads, the one that restores most first."""
    found = zip(heads(problem), shares_of_heads(problem), strict=True)
    return [head for head, _ in sorted(found, key=lambda each: -each[1].value)]


def of_heads(problem: Model, first: int, last: int) -> Measurement:
    """What some heads of that ranking restore together."""
    chosen = ranked_heads(problem)[first:last]
    return share(problem, partial(patched, parts=chosen, direction="denoising"), UNSEEN)


def way(problem: Model, which: str) -> Measurement:
    """The part of the verb's effect that all heads have along one path."""
    return share(problem, partial(_along, which=which))


def _along(found: Pairs, which: str) -> torch.Tensor:
    return along(found, attention(found), "direct" if which == "direct" else "mlp")


# Neurons


def of_neurons(problem: Model, k: int, turned: bool = False, fixed: bool = False) -> Measurement:
    """The part of what all neurons add to the verb's effect that `k` of them add, in contexts drawn
    for this.

    Args:
        problem: whose neurons they are.
        k: how many.
        turned: random directions in place of neurons.
        fixed: the same for all pairs, those that matter most on average, in other contexts; else
            those that add most to each pair.
    """
    effect = partial(neurons.top_share, k=k, turned=turned)
    if fixed:
        effect = partial(neurons.fixed_share, chosen=neurons.ranking(problem)[:k])
    return share(problem, effect, UNSEEN, neurons.all_share)


def verbs_against_gelu(problem: Model, mix: bool = False) -> Measurement:
    """To how many verbs a neuron answers, over the same of the GELU twin."""
    own = neurons.by_verb(problem)
    other = neurons.by_verb(twins.trained(problem, "gelu"))
    own = neurons.mixed(own) if mix else own
    return Measurement(neurons.mean_verbs(own) / neurons.mean_verbs(other), own.shape[1])


# Explanations


@torch.no_grad()
def agreed(problem: Model, explanation: Explanation) -> Measurement:
    """How often a program's first choice is the model's, of prompts of all templates; mean over
    verbs.
    """
    found = []
    for template in ASKED:
        given = knowing.prompts(problem, template)
        said = explanation.program(given.asked)(given.tokens)[:, 0]
        found.append((said == given.said.argmax(dim=1)).cpu())
    return Measurement.clustered(knowing.by_verb(torch.stack(found, dim=1)))


@torch.no_grad()
def foreseen_of_two(problem: Model, explanation: Explanation) -> Measurement:
    """How often a program says what the model says of two verbs, where that is not the place of the
    first.
    """
    asked, tokens, own = astray(problem)
    said = explanation.program(asked)(tokens)[:, 0]
    return Measurement.share((said == own).tolist())


def second_of_two(problem: Model) -> Measurement:
    """The same of the second verb's likeliest place."""
    asked, tokens, own = astray(problem)
    return Measurement.share((edges.place_of_second(asked, tokens) == own).tolist())


@cache
@torch.no_grad()
def astray(problem: Model) -> tuple[Problem[Completion], torch.Tensor, torch.Tensor]:
    """Prompts with two verbs after which the place that the model finds likeliest is not the first
    verb's; and that place, a token.
    """
    asked = two_verbs_asked(problem)
    tokens = edges.second_verbs(asked, 10 * edges.PAIRS, FINER)
    places = problem.task.places.to(tokens.device)
    own = places[asked.logits(tokens)[:, -1, places].argmax(dim=-1)]
    away = own != asked.task.answers(tokens)[:, 0]
    return asked, tokens[away], own[away]


@torch.no_grad()
def table_tells(problem: Model, asking_of: Model | None = None) -> Measurement:
    """How a table of skip trigrams correlates with a model's logit differences, over the clean
    prompts of all pairs.

    Args:
        problem: whose logit differences they are.
        asking_of: whose table it is; None: the same model's.
    """
    told, own = [], []
    for template in ASKED:
        found = pairs(problem, template)
        logits = verb_to_place(asking(asking_of or problem, template)).sum(dim=0).cpu()
        right, other = problem.task.place_odds.argmax(dim=1)[found.verbs].unbind(dim=1)
        clean = found.verbs[:, 0]
        told += (logits[clean, right] - logits[clean, other]).tolist()
        own += found.clean_difference.tolist()
    return Measurement.correlation(told, own)


def two_verbs_asked(problem: Model) -> Problem[Completion]:
    """Asked in the template with two adverbs, the second of which a verb can stand for."""
    return asking(problem, ASKED[-1])


CLAIMS = [
    Claim(
        name="near_the_language",
        sentence="The model knows the language nearly as well as can be.",
        quantity="nats per sentence above the language's own odds, mean over fresh sentences, "
        "which are the rarer ones",
        unit="nats",
        evidence="sampled",
        comparison="at most",
        threshold=0.25,
        counted="sentences",
        carries=True,
        measure=knowing.gap,
        controls=(
            Control("all places equally likely", measure=knowing.gap_without_verbs),
            EMBEDDINGS_EXCHANGED,
            OV_EXCHANGED,
        ),
    ),
    Claim(
        name="knows_places",
        sentence="A verb's likeliest place is its first choice.",
        quantity="share of prompts, of pairs of verb and template that it was trained on",
        unit="",
        evidence="sampled",
        comparison="at least",
        threshold=0.95,
        counted="prompts",
        measure=partial(knowing.first_choice, held_out=False),
        controls=(OV_EXCHANGED, EMBEDDINGS_EXCHANGED, UNTRAINED),
    ),
    Claim(
        name="knows_held_out",
        sentence="It is so, too, where verb and template never met in training.",
        quantity="share of prompts, of held-out pairs of verb and template",
        unit="",
        evidence="sampled",
        comparison="at least",
        threshold=0.9,
        counted="prompts",
        carries=True,
        measure=partial(knowing.first_choice, held_out=True),
        controls=(OV_EXCHANGED, EMBEDDINGS_EXCHANGED, UNTRAINED),
    ),
    Claim(
        name="follows_odds",
        sentence="Where a verb has two places, it gives them the language's odds.",
        quantity="distance of the likeliest place's probability from its odds, mean over prompts",
        unit="",
        evidence="sampled",
        comparison="at most",
        threshold=0.05,
        counted="prompts",
        refuted=True,
        measure=knowing.odds_missed,
        controls=(
            Control(
                "one that is sure of the likeliest place",
                measure=partial(knowing.odds_missed, certain=True),
            ),
            OV_EXCHANGED,
        ),
    ),
    Claim(
        name="obeys_not",
        sentence="After *do not*, it does not say the verb's place.",
        quantity="probability of the verb's likeliest place, mean over verbs",
        unit="",
        evidence="sampled",
        comparison="at most",
        threshold=0.01,
        counted="verbs",
        refuted=True,
        measure=partial(knowing.of_place, templates=DENIED),
        controls=(
            Control("the same without *do not*", measure=of_own_place),
            Control(
                "where the verb does not matter",
                measure=partial(knowing.of_place, templates=UNDECIDED),
            ),
        ),
    ),
    Claim(
        name="undecided",
        sentence="Where the verb does not decide, its place is hardly likelier than others.",
        quantity="probability of the verb's likeliest place, mean over verbs",
        unit="",
        evidence="sampled",
        comparison="at most",
        threshold=0.06,
        counted="verbs",
        measure=partial(knowing.of_place, templates=UNDECIDED),
        controls=(Control("where the verb decides", measure=of_own_place),),
    ),
    Claim(
        name="later_decides",
        sentence="Of two verbs with *and* between, the later decides.",
        quantity="share of prompts in which the later verb's place is likelier",
        unit="",
        evidence="sampled",
        comparison="at least",
        threshold=0.75,
        counted="prompts",
        refuted=True,
        measure=edges.later_decides,
        controls=(UNTRAINED, EMBEDDINGS_EXCHANGED),
    ),
    # Stated when the last had come out the other way round; on prompts drawn for it.
    Claim(
        name="earlier_decides",
        sentence="Of two verbs with *and* between, the earlier decides.",
        quantity="share of prompts in which the earlier verb's place is likelier",
        unit="",
        evidence="sampled",
        comparison="at least",
        threshold=0.75,
        counted="prompts",
        measure=edges.earlier_decides,
        controls=(
            Control(
                "an adverb in place of the earlier verb",
                measure=partial(edges.earlier_decides, slots=edges.LATER_ONLY),
            ),
            Control(
                "both verbs next to each other",
                measure=partial(edges.earlier_decides, slots=edges.IN_A_ROW),
            ),
            UNTRAINED,
            EMBEDDINGS_EXCHANGED,
        ),
    ),
    Claim(
        name="reaches_far",
        sentence="It finds the verb past more adverbs than its language ever has between.",
        quantity="share of prompts with the verb's likeliest place first",
        unit="",
        evidence="sampled",
        comparison="at least",
        threshold=0.9,
        counted="prompts",
        measure=edges.far_is_first,
        controls=(OV_EXCHANGED, UNTRAINED),
    ),
    Claim(
        name="one_head",
        sentence="One head brings the verb to the last position.",
        quantity="part of the verb's effect that the head that restores most restores, all pairs "
        "of verbs, denoising",
        unit="",
        evidence="sampled",
        comparison="at least",
        threshold=0.5,
        counted="verbs",
        carries=True,
        refuted=True,
        measure=best_head,
        controls=(
            Control("the head that restores second most", measure=partial(best_head, rank=1)),
        ),
    ),
    # Stated when each of them had been seen to restore some of it, by itself; in other contexts.
    Claim(
        name="four_heads",
        sentence="Four heads bring it together.",
        quantity="part of the verb's effect that the four heads that restore most restore "
        "together, all pairs of verbs, denoising, contexts drawn for this claim",
        unit="",
        evidence="sampled",
        comparison="at least",
        threshold=0.9,
        counted="verbs",
        carries=True,
        measure=partial(of_heads, first=0, last=4),
        controls=(
            Control("the first three of them", measure=partial(of_heads, first=0, last=3)),
            Control("the other heads", measure=partial(of_heads, first=4, last=8)),
        ),
    ),
    Claim(
        name="through_the_mlp",
        sentence="What the heads bring acts more through the MLP than past it.",
        quantity="part of the verb's effect that reaches the logits through the MLP, all heads, "
        "all pairs of verbs, path patching",
        unit="",
        evidence="sampled",
        comparison="at least",
        threshold=0.5,
        counted="verbs",
        carries=True,
        measure=partial(way, which="mlp"),
        controls=(Control("past the MLP", measure=partial(way, which="direct")),),
    ),
    # First stated with 0.5, which 16 of as many random directions satisfy too; this when 0.99 and
    # 0.55 had been seen, so in other contexts.
    Claim(
        name="few_neurons",
        sentence="A few neurons do it, others for each pair of verbs.",
        quantity=f"part of what all neurons add to the verb's effect that the {TOP} largest add",
        unit="",
        evidence="sampled",
        comparison="at least",
        threshold=0.9,
        counted="verbs",
        carries=True,
        measure=partial(of_neurons, k=TOP),
        controls=(
            Control(
                f"the {TOP} largest of random directions",
                measure=partial(of_neurons, k=TOP, turned=True),
            ),
            Control(
                f"the {TOP} largest of the GELU twin",
                measure=lambda problem: of_neurons(twins.trained(problem, "gelu"), TOP),
            ),
            Control(
                f"{TOP} neurons, the same for all pairs",
                measure=partial(of_neurons, k=TOP, fixed=True),
            ),
        ),
    ),
    Claim(
        name="solu_is_sharper",
        sentence="Its neurons answer to fewer verbs than those of the same model with GELU.",
        quantity="verbs that a neuron answers to (exponential of the entropy of its activation "
        "over verbs), mean over neurons, over the same of the GELU twin",
        unit="",
        evidence="illustrated",
        comparison="at most",
        threshold=0.8,
        counted="neurons",
        refuted=True,
        measure=verbs_against_gelu,
        controls=(
            Control(
                "random directions in place of neurons",
                measure=partial(verbs_against_gelu, mix=True),
            ),
        ),
    ),
    Claim(
        name="skip_trigrams",
        sentence="A table of skip trigrams says what the model says.",
        quantity="share of prompts in which its first choice is the model's, mean over verbs",
        unit="",
        evidence="sampled",
        comparison="at least",
        threshold=0.9,
        counted="verbs",
        carries=True,
        refuted=True,
        measure=partial(agreed, explanation=TRIGRAMS),
        controls=(UNTRAINED,),
    ),
    # Stated when it was seen that on prompts with two verbs the first verb's place is nearly always
    # right, so that to agree with the model there takes no neurons; on prompts drawn for it.
    Claim(
        name="neurons_foresee",
        sentence="The program with neurons, which is the model but for rounding, foresees when a "
        "second verb gets in the way; without them it is not foreseen.",
        quantity="share of prompts with two verbs on which the program names the model's likeliest "
        "place, of those on which that is not the first verb's",
        unit="",
        evidence="sampled",
        comparison="at least",
        threshold=0.9,
        counted="prompts",
        measure=partial(foreseen_of_two, explanation=NEURONS),
        controls=(
            Control("heads on all words", measure=partial(foreseen_of_two, explanation=WORDS)),
            Control("skip trigrams", measure=partial(foreseen_of_two, explanation=TRIGRAMS)),
            Control("the second verb's place", measure=second_of_two),
        ),
    ),
    # In place of one about first choices, which knowing the task names as well.
    Claim(
        name="twin_has_trigrams",
        sentence="Without an MLP, a table of skip trigrams tells how sure the model is.",
        quantity="correlation of the logit difference by the attention-only twin's table with the "
        "twin's own, over pairs of prompts",
        unit="",
        evidence="sampled",
        comparison="at least",
        threshold=0.8,
        counted="pairs",
        refuted=True,
        measure=lambda problem: table_tells(twins.trained(problem, "attention_only")),
        controls=(
            Control("the model itself, by its own table", measure=table_tells),
            Control(
                "the twin, by the model's table",
                measure=lambda problem: table_tells(
                    twins.trained(problem, "attention_only"), asking_of=problem
                ),
            ),
        ),
    ),
    Claim(
        name="twin_is_worse",
        sentence="The same model without an MLP is further from the language.",
        quantity="the attention-only twin's gap over the model's, nats per sentence",
        unit="",
        evidence="sampled",
        comparison="at least",
        threshold=2.0,
        counted="sentences",
        refuted=True,
        measure=partial(gap_over, twin="attention_only"),
        controls=(Control("the GELU twin", measure=partial(gap_over, twin="gelu")),),
    ),
]
