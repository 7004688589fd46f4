# %% [markdown]
# # Labelling Function
#
# A transformer with one layer, eight heads and 1,024 neurons reads two numbers and says whether
# their point is red or blue. Somebody made up the rule by which points are coloured, and told
# nobody. **By what rule does the model colour the plane, and how does one check an explanation
# when there is no answer key?**

# %% tags=["parameters", "remove-cell"]
checkpoint, device = None, "cpu"

# %% tags=["hide-input"]
from analyses.labelling_function.picture import drawn
from analyses.labelling_function.points import answers, every, trained_on
from analyses.labelling_function.seen import seen
from analyses.write_ups.figures import bars
from analyses.write_ups.page import picture, record
from models import load
from models.labelling_function.task import SIDE
from models.scoring import answer_log_probs, is_correct

problem = load("labelling_function", checkpoint, device)
picture(drawn(seen(problem)))

# %% [markdown]
# *The model's own picture: its answer to every input there is. Each row of the square is a value of
# X, from 0 at the top to 112 at the bottom; each column is a value of Y, from 0 at the left. Some
# of the answers are wrong.*
#
# ## Why this problem
#
# Whoever explains a model usually knows beforehand what it was trained to do: the task is known,
# and the question is how. It is easy, then, to find what one expects. So in February 2023 Stephen
# Casper posed two challenges, of which this is the second: a network trained on labels from a
# function that he had made up and kept to himself. Solvers were to recover that function as a
# program by looking inside, and to say how the network computes it.
#
# This has a consequence that is worth as much as the puzzle: there is no answer key. Nobody can
# tell from the rule whether an explanation of the *network* is right, since the network may do
# something else that comes out nearly the same. What would convince somebody who does not believe
# you?
#
# **What you know beforehand.** There are two labels. The square of all points, with the true
# colours and with the model's, was published beside the challenge, so you may look at both as well.
# The model was trained on half of the points, and its mistakes on the rest are there to be
# explained too: the challenge says of its own model that these are all near curvy parts of the
# boundary. The only other thing given away is how many labels that model gets right.
#
# **What you should know:** what attention heads compute; OV and QK circuits; how a neuron's weights
# are read; direct logit attribution. The [glossary](../../glossary/) has a paragraph on each.
#
# **Difficulty:** harder than average, and open-ended.
#
# ## The task
#
# A sequence is `[X, Y, Z]`. X and Y are whole numbers from 0 to 112, each its own token; Z is
# always the same token, 113. At Z, and only there, the model is asked for a colour: 0 is blue, 1 is
# red. To the model, numbers are names. Nothing tells it that 41 is next to 42.

# %%
from models.labelling_function.task import CLASSES, LabellingFunction

task = LabellingFunction()
tokens = task.encode([[41, 12], [41, 100], [42, 12], [42, 100]])
print("read   ", tokens.tolist())
print("colours", [CLASSES[answer] for answer in task.answers(tokens)[:, 0].tolist()])

# %% [markdown]
# There are only {{ demo_points }} points, so you can try all of them: `task.every()` lists them,
# and `task.answers(...)` gives their true colours, as the challenge gave them in a picture. (To
# compute these, `task.py` has to contain the rule. If you want the puzzle, call the function and
# leave its source alone.)
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

problem = load("labelling_function")
tokens = problem.task.encode([[10, 60], [50, 20], [100, 90]])
logits, cache = problem.model.run_with_cache(tokens)
print(logits[:, -1].argmax(dim=-1).tolist())

# %% [markdown]
# `problem.model` is a TransformerLens model: it has hooks, a cache, and weights under their usual
# names. They are the weights as trained. There is no LayerNorm, and neither attention nor the
# unembedding has biases; nothing has been centred.

# %% [markdown]
# ## What it can do
#
# The points that it was trained on were drawn at random, wherever they lie. The card says how many,
# and with its seed anybody can draw the same ones.

# %%
seen = trained_on(problem).flatten()
points = every(problem)
logits = problem.logits(points)
right = is_correct(problem.task, logits, points).squeeze(1)
log_probs = answer_log_probs(problem.task, logits, points).squeeze(1)
record("demo_points", len(points), "", digits=0)
record("demo_trained_on", seen.sum(), "", digits=0)
record("demo_held_out", (~seen).sum(), "", digits=0)
record("demo_accuracy", right[~seen].double().mean(), "share", digits=2)
record("demo_accuracy_trained", right[seen].double().mean(), "share", digits=2)
record("demo_loss", -log_probs[~seen].mean(), "nats")
record("demo_wrong", (~right).sum(), "", digits=0)

# %% [markdown]
# Of the {{ demo_held_out }} points that it was not trained on, the sample of the card, the model
# gets {{ demo_accuracy }} right, at a loss of {{ demo_loss }} nats (Casper's own model, <q
# cite="https://www.lesswrong.com/posts/KSHqLzQscwJnv44T8">97.27</q> per cent); of the
# {{ demo_trained_on }} that it was trained on, {{ demo_accuracy_trained }}. In all, it gets
# {{ demo_wrong }} points wrong. They matter: somebody who has found the rule predicts the right
# colour there, and so does not predict the model.

# %%
red = answers(problem)
bars(
    {"the model": red.sum(dim=1).cpu()},
    x=list(range(SIDE)),
    x_title="X",
    y_title="points that the model calls red",
    caption="How many of the points of each row the model calls red. Most neighbouring rows have "
    "little in common.",
    alt="A bar for each row, of any height from nothing to the whole row. Along one stretch they "
    "fall steadily; elsewhere there is no order that one could see.",
)

# %% [markdown]
# ## Try it
#
# The model runs here, in the page: type two numbers, and see what it says, where it looks, and what
# happens if a part of it is taken away.

# %% tags=["hide-input"]
from analyses.write_ups.live import live

live(problem, tokens[:1], problem.task.every())

# %% [markdown]
# ## Hints
#
# Open one at a time; each gives away more than the last.
#
# <details class="hint"><summary>A first look</summary>
#
# Sort the rows of the picture by what they look like. How many kinds are there? What do two rows of
# one kind have in common, and what tells them apart?
#
# </details>
# <details class="hint"><summary>What attention is for</summary>
#
# Nothing can be computed from X and Y together before both are at one position. Replace each
# attention pattern by the mean of all, and see what becomes of the answers. Then take out one head
# at a time, and look at the rows.
#
# </details>
# <details class="hint"><summary>What a token says to a neuron</summary>
#
# With attention fixed to its mean, what a neuron reads is a sum of what X and Y each contribute:
# follow $W_E W_V W_O W_{in}$ for one neuron, over all values of X, then over all of Y. Which of the
# two is smooth?
#
# </details>
# <details class="hint"><summary>How many neurons it takes</summary>
#
# Draw what each neuron adds to the logit of red, as a square of all points. Set all of them to zero
# except the few whose sum comes nearest to the model's answers. What does each of these paint, and
# in which rows?
#
# </details>
# <details class="hint"><summary>How to tell explanations apart</summary>
#
# Write yours as a program that says what the model answers to any input. Then let it say what the
# model answers with a head or a family of neurons switched off, and check. What would somebody
# predict who knows only the colours, or only interpolates between neighbouring points?
#
# </details>
#
# ## What counts as a solution
#
# An account of how the model colours the plane, each sentence of it backed by a measurement: what
# attention passes on; how the kind of a row is decided, and where in it the colour changes; which
# neurons do it; why the mistakes are where they are. And a way to check it that could have gone
# against you. A rule that gives all labels is welcome, but is not the same thing. A pull request, a
# notebook or plain text will do; [how to send it](../../contribute/).
#
# ## Where it comes from
#
# The challenge is Stephen Casper's, from *EIS VII: A Challenge for Mechanists*, the seventh part of
# his Engineer's Interpretability Sequence; the first of its two networks classifies images of
# digits. The labels here are exactly his. The rule by which he gave the rows their kinds was never
# published, and it is not known here either: our `task.py` lists the rows. The model was trained
# anew, on a random half of the points drawn for it, so its weights, its neurons and its mistakes
# are its own.
