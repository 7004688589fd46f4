# %% [markdown]
# # Cumulative Sum
#
# A transformer with one layer, one head and an MLP of eight neurons reads twenty whole numbers
# between &minus;5 and 5, and says at each whether the sum so far is negative, zero or positive.
# **What does the head tell the neurons, and what is left for them to do?**

# %% tags=["parameters", "remove-cell"]
checkpoint, device, rows = None, "cpu", None

# %% tags=["hide-input"]
from analyses.cumulative_sum.claims import evaluation
from analyses.cumulative_sum.picture import walks
from analyses.figures import heatmaps
from analyses.page import picture, record
from models import load
from models.cumulative_sum.task import CLASSES
from models.scoring import answer_log_probs, is_correct

problem = load("cumulative_sum", checkpoint, device, rows)
shown = evaluation(problem)[:18]
picture(walks(problem.task.sums(shown), problem.logits(shown).softmax(dim=-1)))

# %% [markdown]
# *The model's own picture, of eighteen sequences it was not trained on. Each line is a running
# sum, read from left to right, above the middle where it is positive. Each dot is a prediction:
# its colour says which of the three answers the model gives, its size how sure it is.*
#
# ## Why this problem
#
# Adding up looks like work for the head, and saying whether the result is zero looks like work
# for the MLP. Both are true, and neither is the whole story. The model is small enough to be
# understood to the last number: after you have found the mechanism, you should be able to say
# what the model does on *every* sequence there is, all $11^{20}$ of them.
#
# New since October: an **MLP**, and no LayerNorm.
#
# **What you should know:** what an attention head computes, and the OV circuit; how a neuron's
# weights are read; direct logit attribution. The [glossary](../../glossary/) has a paragraph on
# each.
#
# **Difficulty:** a little easier than average.
#
# ## The task
#
# A sequence holds twenty whole numbers from &minus;5 to 5. At each of its positions the model
# answers 0 where the sum up to there is negative, 1 where it is zero, 2 where it is positive.
# The token of a number is the number plus 5.

# %%
from models.cumulative_sum.task import CumulativeSum

six = CumulativeSum(length=6)
tokens = six.encode([[0, +1, -3, +2, +1, +1]])
print("read   ", [six.vocabulary[token] for token in tokens[0]])
print("sums   ", six.sums(tokens)[0].tolist())
print("answers", six.answers(tokens)[0].tolist())

# %% [markdown]
# (The example has six numbers so that it fits on a line; the model reads twenty.)
#
# If all numbers were equally likely, sums of zero would soon be rare. Sampling makes them
# commoner: the first number is uniform; each later one has a size uniform in 0 to 5, and with
# probability 7/10 the sign that is opposite to the sum's, where a sum of zero counts as not
# positive.
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

problem = load("cumulative_sum")
values = [3, -5, 2, 0, 4, -4, 1, -1, 5, -5, -3, 3, 0, 2, -1, -1, 5, -4, 2, -3]
tokens = problem.task.encode([values])
logits, cache = problem.model.run_with_cache(tokens)
print(problem.task.sums(tokens)[0].tolist())
print(logits[0].argmax(dim=-1).tolist())

# %% [markdown]
# `problem.model` is a TransformerLens model: it has hooks, a cache, and weights by their usual
# names. They are the weights as trained. (Libraries like to centre what a model writes to its
# residual stream. Where there is no LayerNorm to take the mean out again, that changes what the
# model computes; here nothing has been centred.)

# %% [markdown]
# ## What it can do
#
# On fresh sequences, none of which is a training sequence:

# %%
fresh = evaluation(problem)
logits = problem.logits(fresh)
log_probs = answer_log_probs(problem.task, logits, fresh)
probability = log_probs.exp()
record("demo_sequences", len(fresh), "", digits=0)
record("demo_accuracy", is_correct(problem.task, logits, fresh).double().mean(), "share", digits=2)
record("demo_loss", -log_probs.mean(), "nats")
record("demo_probability_mean", probability.mean(), "")
record("demo_probability_median", probability.median(), "")
record("demo_probability_min", probability.min(), "")

# %% [markdown]
# Of the predictions on {{ demo_sequences }} sequences the model gets {{ demo_accuracy }} right, at
# a loss of {{ demo_loss }} nats. The probability that it gives the right answer has mean
# {{ demo_probability_mean }}, median {{ demo_probability_median }} and minimum
# {{ demo_probability_min }}. So it is right more often than it is sure; why is part of the
# problem.

# %%
example = fresh[:1]
words = [problem.task.vocabulary[token] for token in example[0]]
heatmaps(
    {"": problem.logits(example)[0].softmax(dim=-1).T},
    scale="share",
    unit="probability",
    x_title="number read",
    y_title="answer",
    x_labels=[f"{place}: {word}" for place, word in enumerate(words, 1)],
    y_labels=CLASSES,
    marks=[
        (answer, place) for place, answer in enumerate(problem.task.answers(example)[0].tolist())
    ],
    height=260,
    caption="The model's predictions on one sequence, from left to right; each number is labelled "
    "with its place in the sequence. Circles mark the right answers.",
    alt="Heat map of three rows, negative, zero and positive, and twenty columns; in each column "
    "most of the probability lies on the circled right answer.",
)

# %% [markdown]
# ## Hints
#
# Open one at a time; each gives away more than the last.
#
# <details class="hint"><summary>A first look</summary>
#
# Look at the attention pattern. How much of it depends on what was read?
#
# </details>
# <details class="hint"><summary>What the head can say</summary>
#
# A head's output is a weighted mean of what it makes of each token. What does that leave of a
# *sum*? Take the singular values of $W_E W_{OV}$, and project what it makes of each token on the
# first direction.
#
# </details>
# <details class="hint"><summary>What the neurons see</summary>
#
# Plot the activation of each neuron against the quantity that the head delivers, and mark the
# sums of zero. Where do the neurons switch on and off? Is that where the answer changes?
#
# </details>
# <details class="hint"><summary>What the neurons are for</summary>
#
# Take the MLP out and see *which* answers go wrong. Then put it back without its ReLU.
#
# </details>
# <details class="hint"><summary>All sequences at once</summary>
#
# Once you know what the answer depends on, count how many different cases there are.
#
# </details>
#
# ## What counts as a solution
#
# A description of the mechanism that lets somebody else predict what the model answers, each
# sentence of it backed by a measurement: what the head computes; what the direct path and each
# neuron do with it; why the probabilities of right answers stay below 1; which sequences are
# hardest. Best of all: what can be said of all $11^{20}$ sequences. A pull request, a notebook or
# a plain text will do; [how to send it](../../contribute/).
#
# ## Where it comes from
#
# The problem is Callum McDougall's, the fifth of his 2023 sequence of monthly algorithmic
# problems. The model here was trained anew from the recipe above, so its weights, its neurons
# and its numbers are its own.
