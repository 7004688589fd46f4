# %% [markdown]
# # Verb to Noun
#
# *They swim in the* ... *pool*. *They pray in the* ... *church*. A transformer with one layer,
# eight heads and a SoLU MLP has learned a small language in which the verb says where a sentence
# ends, and in which a few other words can change that. **Which parts of it lead from the verb to
# the place? Does a head say the place by itself, or does it need the MLP?**

# %% tags=["parameters", "remove-cell"]
checkpoint, device = None, "cpu"

# %% tags=["hide-input"]
from analyses.verb_noun.picture import drawn
from analyses.verb_noun.seen import seen
from analyses.write_ups.numerals import percent
from analyses.write_ups.page import picture, record, table
from models import load

problem = load("verb_noun", checkpoint, device)
picture(drawn(seen(problem)))

# %% [markdown]
# *The model's own picture, computed from its weights. Rows and columns are its verbs. The colour of
# a square says whether the embeddings of two verbs point the same way or opposite ways, its
# strength how much so; what all verbs have in common is left out.*
#
# ## Why this problem
#
# In January 2023 a team at a hackathon looked at a small language model from the hub and found that
# it goes from verbs to places. They found cases in which it fails, and a head that they suspected.
# The judges wrote down what was missing: how good is the model at this? Which prompt was clean and
# which corrupted? Does the head act directly, or through the MLP, and through which neurons? Would
# a model without an MLP be cleaner?
#
# A model of a whole language leaves such questions open at one end: nobody knows what the right
# odds are. So this model has learned a language that is written down. Each next word's true odds
# can be computed, and so can the loss that no model can beat.
#
# **What you should know:** what attention heads and MLPs compute; QK and OV circuits; direct logit
# attribution; activation patching. The [glossary](../../glossary/) has a paragraph on most of
# these.
#
# **Difficulty:** average. Where the verb goes takes an evening; what neurons make of it, and what
# happens when a sentence has two verbs, takes longer.
#
# ## The language
#
# A sentence is drawn in three steps: a template, a verb, and words for the template's slots. Verb
# and place go together by fixed odds, everything else is drawn evenly. One sentence in ten ends in
# a place drawn from all of them, whatever the verb. These are the templates, with what each is
# drawn with:

# %% tags=["hide-input"]
from models.verb_noun.task import TEMPLATES, VERBS

table(
    ["template", "share"],
    [[template, percent(share)] for template, share in TEMPLATES],
    caption="Sentences of the language. PLACE follows the verb's odds; ELSEWHERE is any place that "
    "the verb does not lead to; ANYWHERE is any place at all.",
)

# %% [markdown]
# Most verbs have one place. Some share theirs with another verb, and some have two:

# %% tags=["hide-input"]
two = {verb: places for verb, places in VERBS.items() if len(places) > 1}
table(
    ["verb", "places"],
    [
        [verb, ", ".join(f"{place} {percent(share)}" for place, share in places.items())]
        for verb, places in two.items()
    ],
    caption="Verbs with two places, and their odds.",
)

# %% [markdown]
# A token is a word; START comes first, and the full stop is repeated to the end of the context. At
# every position the model predicts the next token:

# %%
from models.verb_noun.task import VerbNoun

language = VerbNoun()
tokens = language.encode(["they swim often in the pool"])
print(" ".join(language.vocabulary[token] for token in tokens[0]))
odds = language.odds(language.prompt("they read in the"))[0, -1]
print({language.vocabulary[word]: round(float(odds[word]), 3) for word in odds.topk(3).indices})

# %% [markdown]
# Each verb lacks one of the templates in the sentences that the model was trained on, so that one
# can ask for pairs of verb and template that it never met (`VerbNoun(held_out=True)`).
#
# ## The model

# %% [markdown]
# [[specification]]

# %% [markdown]
# ## Load it

# %% [markdown]
# [[start]]

# %%
from models import load

problem = load("verb_noun")
tokens = problem.task.prompt("they pray loudly in the")
logits, cache = problem.model.run_with_cache(tokens)
print([problem.task.classes[word] for word in logits[0, -1].topk(3).indices])

# %% [markdown]
# `problem.model` is a TransformerLens model: it has hooks, a cache, and weights by their usual
# names. LayerNorm's weights are folded into the layers that follow and writes to the residual
# stream are centred, which leaves the model's probabilities as they are; `problem.weights` holds
# the checkpoint as trained. `cache["post", 0]` has the neurons behind SoLU and its LayerNorm: what
# they are times `W_out` is what the MLP writes.
#
# ## What it can do
#
# On sentences that it was not trained on, and which are therefore longer than usual (of the short
# ones it has seen nearly all):

# %% tags=["hide-input"]
from analyses.verb_noun.knowing import evaluation, first_choice, gaps

given = evaluation(problem)
best = -problem.task.log_odds_of_next(given).sum(dim=1).mean()
record("demo_sentences", len(given), "", digits=0)
record("demo_best", best, "nats", digits=2)
record("demo_gap", gaps(problem).sum(dim=1).mean(), "nats", digits=3)
record("demo_entropy", problem.task.entropy(), "nats", digits=2)
record("demo_first", first_choice(problem, held_out=False).value, "share", digits=1)
record("demo_held_out", first_choice(problem, held_out=True).value, "share", digits=1)

# %% [markdown]
# Mean over {{ demo_sentences }} such sentences, the language's own odds come to {{ demo_best }}
# nats per sentence, and the model is {{ demo_gap }} nats above that. (Over all sentences, the
# smallest possible loss is {{ demo_entropy }} nats.) Where the verb decides, its likeliest place is
# the model's first choice in {{ demo_first }} of prompts, and in {{ demo_held_out }} where verb and
# template never met in training.
#
# ## Try it
#
# The model runs here, in the page: type the beginning of a sentence, and see what it goes on with,
# where it looks, and what happens if a part of it is taken away.

# %% tags=["hide-input"]
from analyses.write_ups.live import live

live(problem, problem.task.prompt("they pray loudly in the"), given)

# %% [markdown]
# ## Hints
#
# Open one at a time; each gives away more than the one before.
#
# <details class="hint"><summary>A first look</summary>
#
# Take two prompts of the same length that the model gets right and that differ in the verb alone.
# Copy one part's activation from one run into the other, part by part and position by position.
# Which of the results could have come out otherwise, in a model with one layer?
#
# </details>
# <details class="hint"><summary>Which heads</summary>
#
# Patch the output of each head by itself at the last position, then several together. Do their
# effects add up? If they do not, what does that say of what reads them?
#
# </details>
# <details class="hint"><summary>Direct, or through the MLP</summary>
#
# What a head writes reaches the logits on two ways: straight, and by what the MLP makes of it.
# Change what it writes for one of the two, and leave the other as it was.
#
# </details>
# <details class="hint"><summary>Neurons</summary>
#
# For each verb, list the neurons that are more active after it than after others, and the places
# that their output weights raise. How many does it take? Is it the same few for all verbs?
#
# </details>
# <details class="hint"><summary>How to break it</summary>
#
# The language has one verb in each sentence. Write sentences with two. Which decides, and is it
# decided by the heads or by the neurons?
#
# </details>
#
# ## What counts as a solution
#
# A description from which somebody else can predict what the model says after a prompt of their
# choice, each sentence of it backed by a measurement over all verbs, with the clean and the
# corrupted prompt named. Which heads find the verb? What do they write, and what reads it? Which
# neurons raise which place? Where does it fail? A pull request, a notebook or plain text will do:
# [how to send it](../../contribute/).
#
# ## Where it comes from
#
# Carson Ellis, Jakub Kraus, Itamar Pres and Vidya Silai looked at
# `NeelNanda/SoLU_1L512W_C4_Code` for this behaviour; [their submission][jam] is from the
# mechanistic interpretability hackathon of January 2023. The model here, and the language that it
# has learned, are new. What this page asks can be asked of theirs:
# `nox -s analyses -- verb_noun --checkpoint hub:NeelNanda/SoLU_1L512W_C4_Code` fetches it.
#
# [jam]: https://itch.io/jam/mechint/rate/1890013
