# %% [markdown]
# # Sorted List
#
# A transformer with one layer, two heads and no MLP reads ten different numbers in any
# order and writes them down from the smallest to the largest. It was never told what
# *smaller* means. **How does it know which number comes next?**

# %% tags=["parameters", "remove-cell"]
checkpoint, device = None, "cpu"

# %% tags=["hide-input"]
from analyses.sorted_list.picture import drawn
from analyses.sorted_list.samples import evaluation
from analyses.sorted_list.seen import seen
from analyses.write_ups.figures import heatmaps
from analyses.write_ups.page import picture, record
from models import load
from models.scoring import answer_log_probs, is_correct

problem = load("sorted_list", checkpoint, device)
picture(drawn(seen(problem)))

# %% [markdown]
# *The model's own picture, computed from its weights. The line holds the numbers from 0 to 50.
# Arcs above it belong to one head, arcs below it to the other; each leads from a number to a larger
# one. What the arcs and the colours of the line mean is for you to find out.*
#
# ## Why this problem
#
# Sorting is easy to state and hard to fake, and here it has no place to hide. With a single
# attention layer and no MLP, the model can only add up what its heads copy and what the token at
# hand says by itself. Nearly all of the mechanism can be read off a handful of small matrices. Yet
# there is more to find than one would guess, and one observation looks like a contradiction until
# it is measured properly.
#
# **What you should know:** what attention heads compute; QK and OV circuits; direct logit
# attribution. The [glossary](../../glossary/) has a paragraph on each.
#
# **Difficulty:** average. The main mechanism takes an evening; the odd cases take longer.
#
# ## The task
#
# A sequence holds ten different values from 0 to 50 in random order, the separator SEP, and
# the same values sorted. The model predicts the next token, and is judged on ten of its
# predictions: at SEP, of the smallest value; at each sorted value but the last, of the one that
# follows.

# %%
from models.sorted_list.task import SortedList

small = SortedList(list_length=6, max_value=50)
tokens = small.encode([[11, 2, 5, 0, 3, 9]])
print([small.vocabulary[token] for token in tokens[0]])
print("asked at ", [small.vocabulary[token] for token in tokens[0, small.label_positions]])
print("answers  ", small.answers(tokens)[0].tolist())

# %% [markdown]
# (The example has six values so that it fits on a line; the model reads ten.)
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

problem = load("sorted_list")
tokens = problem.task.encode([[17, 3, 44, 8, 25, 50, 31, 12, 0, 39]])
logits, cache = problem.model.run_with_cache(tokens)
print(logits[0, problem.task.label_positions].argmax(dim=-1).tolist())

# %% [markdown]
# `problem.model` is a TransformerLens model: it has hooks, a cache, and weights by their
# usual names. LayerNorm's weights are folded into the layers that follow and writes to the
# residual stream are centred, which leaves the model's probabilities as they are;
# `problem.weights` holds the checkpoint as trained. (In this version of TransformerLens,
# `hook_attn_scores` of such a model gives probabilities after softmax, not scores.)

# %% [markdown]
# ## What it can do
#
# It is tested on fresh lists, none of which is a training list or a reordering of one.

# %%
fresh = evaluation(problem)
logits = problem.logits(fresh)
log_probs = answer_log_probs(problem.task, logits, fresh)
probability = log_probs.exp()
correct = is_correct(problem.task, logits, fresh)
record("demo_lists", len(fresh), "", digits=0)
record("demo_accuracy", correct.double().mean(), "share", digits=2)
record("demo_loss", -log_probs.mean(), "nats")
record("demo_probability_mean", probability.mean(), "")
record("demo_probability_median", probability.median(), "")
record("demo_probability_min", probability.min(), "", digits=4)

# %% [markdown]
# On {{ demo_lists }} lists the model gets {{ demo_accuracy }} of the predictions right, with a loss
# of {{ demo_loss }} nats. (The numbers to expect that stand above are of as many other lists, and
# may differ in the last digit.) The probability of the right answer has mean
# {{ demo_probability_mean }}, median {{ demo_probability_median }} and minimum
# {{ demo_probability_min }}. The model is not perfect, and where it fails is part of the problem.
#
# Here are its predictions on one list. Each row is a token at which it predicts, from SEP down,
# and each column a token that it may predict.

# %%
labels = problem.task.label_positions
example = fresh[:1]
shown = problem.logits(example)[0, labels].softmax(dim=-1)
words = [problem.task.vocabulary[token] for token in example[0]]
heatmaps(
    {"": shown},
    scale="share",
    unit="probability",
    x_title="predicted token",
    y_title="predicted at",
    x_labels=problem.task.vocabulary,
    y_labels=words[labels],
    marks=list(enumerate(problem.task.answers(example)[0].tolist())),
    height=360,
    caption=f"The model's predictions on the list {', '.join(words[:10])}. Circles mark the right "
    "answers.",
    alt="Heat map of ten rows of probabilities; in each row, nearly all of the probability lies on "
    "the circled right answer, which moves to the right from row to row.",
)

# %% [markdown]
# ## Try it
#
# The model runs here, in the page: type ten numbers, and see what it says, where it looks, and what
# happens if a part of it is taken away.

# %% tags=["hide-input"]
from analyses.write_ups.live import live

live(problem, problem.task.encode([[17, 3, 44, 8, 25, 50, 31, 12, 0, 39]]), fresh)

# %% [markdown]
# ## Hints
#
# Open one at a time; each gives away more than the one before.
#
# <details class="hint"><summary>A first look</summary>
#
# Look at the attention patterns from SEP onwards. Compare the two heads at the same
# position of the same list, and ask when they agree.
#
# </details>
# <details class="hint"><summary>What is a head for?</summary>
#
# Attending to the right token is of no use unless the head copies it. Compute the full OV circuit
# $W_E W_V W_O W_U$ of each head: each row is a token attended to, each column a prediction. Look at
# its diagonal. Is every number copied by both heads?
#
# </details>
# <details class="hint"><summary>Which way to look</summary>
#
# In the full QK circuit $W_E W_Q W_K^\top W_E^\top$, each row is a query token and each column a
# key token. Follow one row from left to right, and mark the place where the key equals the query.
# Then ask why a large number does not simply look at 0: the query's position matters as well.
#
# </details>
# <details class="hint"><summary>How to break it</summary>
#
# If each head knows where to look only from what usually comes next, choose lists in which
# what comes next is unusual.
#
# </details>
# <details class="hint"><summary>The puzzle</summary>
#
# Find lists that hold d, d + 1 and d + 2. At d, which of the other two gets more attention?
# The model answers d + 1 all the same. Split the logits of both by the token that they
# come from.
#
# </details>
#
# ## What counts as a solution
#
# A description of the mechanism from which somebody else can predict what the model does on a list
# of their choice, each sentence backed by a measurement. What do the two heads look at, what do
# they copy, and how do they share the work? On which lists does the model fail, and why? Why is it
# right when its attention seems to be wrong? A pull request, a notebook or plain text will do:
# [how to send it](../../contribute/).
#
# ## Where it comes from
#
# The problem is Callum McDougall's, the fourth in his 2023 sequence of monthly algorithmic
# problems. He announced it [on LessWrong][announced]; [the ARENA course][arena] and
# [his blog][blog] have the problem together with his solution. The model here was trained anew
# from the recipe above, so its weights, its heads and its numbers are its own.
#
# [arena]: https://github.com/callummcdougall/ARENA_2.0/blob/e805ad8/chapter1_transformers/instructions/pages/09_Monthly_Algorithmic_Problems.py
# [announced]: https://www.lesswrong.com/posts/frLTfKr8NFv7WCcWG/mech-interp-challenge-october-deciphering-the-sorted-list
# [blog]: https://www.perfectlynormal.co.uk/blog-october-monthly-problem
