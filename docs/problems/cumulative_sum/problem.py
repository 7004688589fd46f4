# %% [markdown]
# # Cumulative Sum
#
# A transformer with one layer, one head and an MLP of eight neurons reads twenty whole numbers
# from &minus;5 to 5. At each it says whether the sum so far is negative, zero or positive.
# **What does the head tell the neurons, and what is left for them to do?**

# %% tags=["parameters", "remove-cell"]
checkpoint, device, rows = None, "cpu", None

# %% tags=["hide-input"]
from analyses.cumulative_sum.claims import evaluation
from analyses.cumulative_sum.picture import drawn
from analyses.cumulative_sum.seen import seen
from analyses.write_ups.figures import heatmaps
from analyses.write_ups.numerals import how_many
from analyses.write_ups.page import fact, picture, record
from models import load
from models.cumulative_sum.task import CLASSES
from models.scoring import answer_log_probs, is_correct

problem = load("cumulative_sum", checkpoint, device, rows)
picture(drawn(seen(problem)))

# %% [markdown]
# *The model's own picture: eighteen sequences that it was not trained on. Each line is a running
# sum from left to right, above the middle where it is positive. Each dot is a prediction: its
# colour shows which of the three answers the model gives, and its size how sure it is.*
#
# ## Why this problem
#
# Adding up looks like work for the head, and telling whether the result is zero looks like work
# for the MLP. Both are true, and neither is the whole story. The model is small enough to be
# understood down to the last number. Once you have found the mechanism, you should be able to say
# what the model does on *every* sequence, all $11^{20}$ of them.
#
# New since October: an **MLP**, and no LayerNorm.
#
# **What you should know:** what an attention head and its OV circuit compute; how to read a
# neuron's weights; direct logit attribution. The [glossary](../../glossary/) has a paragraph on
# each.
#
# **Difficulty:** a little easier than average.
#
# ## The task
#
# A sequence holds twenty whole numbers from &minus;5 to 5. At each position the model answers 0 if
# the sum up to and including that position is negative, 1 if it is zero, and 2 if it is positive.
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
# If all numbers were equally likely, sums of zero would soon be rare. Sampling makes them more
# common. The first number is uniform. Each later one has a size that is uniform from 0 to 5, and
# with probability 7/10 the sign opposite to that of the sum so far; here a sum of zero counts as
# not positive.
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
fact("demo_right", how_many(float(is_correct(problem.task, logits, fresh).double().mean())))
record("demo_loss", -log_probs.mean(), "nats")
record("demo_probability_mean", probability.mean(), "")
record("demo_probability_median", probability.median(), "")
record("demo_probability_min", probability.min(), "")

# %% [markdown]
# Of the predictions on {{ demo_sequences }} sequences, {{ demo_right }} are right, at a loss of
# {{ demo_loss }} nats. (The loss in the specification above is of other fresh sequences, drawn when
# the model was trained.) The probability of the right answer has mean
# {{ demo_probability_mean }}, median {{ demo_probability_median }} and minimum
# {{ demo_probability_min }}. So the model is right more often than it is sure; why is part of the
# problem.
#
# The figure shows its predictions on one of these sequences. A row is an answer, a column is a
# position; each column adds up to 1.

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
    alt="Heat map with three rows, negative, zero and positive, and twenty columns. In each column "
    "most of the probability lies on the right answer, which is circled.",
)

# %% [markdown]
# ## Try it
#
# The model runs here, in the page: type twenty numbers, and see what it says at each, where it
# looks, and what happens if a part of it is taken away.

# %% tags=["hide-input"]
from analyses.write_ups.live import live

live(problem, problem.task.encode([values]), fresh)

# %% [markdown]
# ## Hints
#
# Open one at a time; each gives away more than the one before.
#
# <details class="hint"><summary>A first look</summary>
#
# Look at the attention pattern. How much of it depends on what was read?
#
# </details>
# <details class="hint"><summary>What the head can say</summary>
#
# A head's output is a weighted mean of what it makes of each token. What is left of a *sum* in a
# mean? Take the singular values of $W_E W_{OV}$, which has a row for each token, and project the
# rows onto the first direction.
#
# </details>
# <details class="hint"><summary>What the neurons see</summary>
#
# Plot the activation of each neuron against the quantity that the head passes on, and mark the
# sums of zero. Where do the neurons switch on and off? Is that where the answer changes?
#
# </details>
# <details class="hint"><summary>What the neurons are for</summary>
#
# Remove the MLP and see *which* answers go wrong. Then put it back without its ReLU.
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
# A description of the mechanism from which somebody else can predict what the model answers, with
# a measurement behind each sentence: what the head computes; what the direct path and each neuron
# do with it; why the probabilities of right answers stay below 1; which sequences are hardest.
# Best of all, say what holds for all $11^{20}$ sequences. A pull request, a notebook or plain text
# will do; [here is how to send it](../../contribute/).
#
# ## Where it comes from
#
# The problem is Callum McDougall's, the fifth of his 2023 sequence of monthly algorithmic
# problems. He [announced it](https://www.lesswrong.com/posts/uPa63suC8idWhYGbg) on LessWrong on
# 2 November 2023; task and training code are in the repository
# [ARENA_2.0](https://github.com/callummcdougall/ARENA_2.0/tree/main/chapter1_transformers/exercises/monthly_algorithmic_problems/november23_cumsum).
# The model here was trained anew from the recipe above, so its weights, its neurons and its
# numbers are its own.
