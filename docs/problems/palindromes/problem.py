# %% [markdown]
# # Palindromes
#
# A transformer with two layers, two heads in each and no MLP reads twenty numbers and says whether
# they are the same backwards. To see that, ten comparisons have to be made and none of them may
# fail; but a head can only look, and copy, and add. **Where are the numbers compared, and how does
# the last position hear of a single one that differs?**

# %% tags=["parameters", "remove-cell"]
checkpoint, device = None, "cpu"

# %% tags=["hide-input"]
from analyses.palindromes.picture import drawn
from analyses.palindromes.samples import evaluation
from analyses.palindromes.seen import seen
from analyses.write_ups.figures import bars
from analyses.write_ups.page import picture, record
from models import load
from models.scoring import answer_log_probs, is_correct

problem = load("palindromes", checkpoint, device)
picture(drawn(seen(problem)))

# %% [markdown]
# *The model's own picture, computed from its weights. Rows and columns are the twenty positions
# that hold a number, from first to last. The colour of a square says whether the embeddings of two
# positions point the same way or opposite ways, its strength how much so; what all positions have
# in common is left out.*
#
# ## Why this problem
#
# With two layers, heads can build on each other. What one head of the first layer writes at some
# position, a head of the second can use to decide where it looks, or pass on, or both. This is the
# smallest setting in which one has to find out which: what a head does cannot be read off its own
# matrices any more, since what it reads was written by another.
#
# The task also asks for something that attention is not made for. *All pairs agree* is a
# conjunction, and softmax gives averages: the more positions a head looks at, the less each of them
# counts. And the model is nearly perfect on sequences like those that it was trained on, which is
# not the same as being right. You can write down sequences that it has hardly ever seen.
#
# **What you should know:** what attention heads compute; QK and OV circuits; direct logit
# attribution; that heads of two layers can compose. The [glossary](../../glossary/) has a paragraph
# on most of these.
#
# **Difficulty:** average. The plot takes an evening; which sequences fool the model, and why these,
# takes longer.
#
# ## The task
#
# A sequence holds START, twenty values from 0 to 30, and END. The answer is asked for at END and
# nowhere else: 1 if the values are a palindrome, 0 if they are not. Positions are counted with
# START at 0, so that the values stand at 1 to 20, and a position and its mirror add up to 21.

# %%
from models.palindromes.task import CLASSES, Palindromes

small = Palindromes(length=6)
tokens = small.encode([[11, 2, 5, 5, 2, 11], [11, 2, 5, 5, 9, 11]])
for row, answer in zip(tokens, small.answers(tokens)[:, 0].tolist(), strict=True):
    print([small.vocabulary[token] for token in row], "->", CLASSES[answer])

# %% [markdown]
# (The examples have six values so that they fit on a line; the model reads twenty.)
#
# Half of the training sequences are palindromes. The others begin as palindromes too; then each
# value of the second half is either kept or drawn anew, with a chance of one half each. So most of
# them differ from a palindrome in about five pairs.
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

problem = load("palindromes")
half = [5, 30, 0, 0, 17, 2, 9, 28, 11, 4]
tokens = problem.task.encode([half + half[::-1], half + [4, 11, 23, 9, 2, 17, 0, 0, 30, 5]])
logits, cache = problem.model.run_with_cache(tokens)
print([problem.task.classes[answer] for answer in logits[:, -1].argmax(dim=-1).tolist()])

# %% [markdown]
# `problem.model` is a TransformerLens model: it has hooks, a cache, and weights by their usual
# names. LayerNorm's weights are folded into the layers that follow and writes to the residual
# stream are centred, which leaves the model's probabilities as they are; `problem.weights` holds
# the checkpoint as trained. The task has what you need to try sequences of your own:
# `problem.task.mirror(position)`, `problem.task.palindromes(n, generator)`, and
# `problem.task.single_changes(tokens, position)`, which puts every other value in the place of one.
#
# ## What it can do
#
# It is tested on fresh sequences of the kind that it was trained on.

# %%
fresh = evaluation(problem)
logits = problem.logits(fresh)
log_probs = answer_log_probs(problem.task, logits, fresh)
correct = is_correct(problem.task, logits, fresh).squeeze(1)
pairs = problem.task.differs(fresh).sum(dim=1)
record("demo_sequences", len(fresh), "", digits=0)
record("demo_accuracy", correct.double().mean(), "share", digits=2)
record("demo_loss", -log_probs.mean(), "nats", digits=4)
record("demo_wrong", (~correct).sum(), "", digits=0)
record("demo_palindromes", (pairs == 0).sum(), "", digits=0)
record("demo_one_pair", (pairs == 1).sum(), "", digits=0)

# %% [markdown]
# Of {{ demo_sequences }} sequences, {{ demo_palindromes }} of them palindromes, the model gets
# {{ demo_accuracy }} right, at a loss of {{ demo_loss }} nats; {{ demo_wrong }} are wrong. (The
# numbers to expect that stand above are of as many other sequences, and may differ in the last
# digit.) What it has been shown, and tested on, is mostly easy: only {{ demo_one_pair }} of these
# sequences differ from a palindrome in a single pair.

# %%
bars(
    {"fresh sequences": pairs.bincount(minlength=11).cpu()},
    x=list(range(11)),
    x_title="pairs that differ",
    y_title="sequences",
    caption="In how many of their ten pairs the fresh sequences differ. Where none does, it is a "
    "palindrome.",
    alt="A tall bar for no pair, which is half of all sequences; then a low hill with its top at "
    "five pairs, and hardly anything at one pair or at ten.",
)

# %% [markdown]
# ## Try it
#
# The model runs here, in the page: type twenty numbers, and see what it says, where it looks, and
# what happens if a part of it is taken away.

# %% tags=["hide-input"]
from analyses.write_ups.live import live

live(problem, tokens[:1], fresh)

# %% [markdown]
# ## Hints
#
# Open one at a time; each gives away more than the one before.
#
# <details class="hint"><summary>A first look</summary>
#
# A position sees only what comes before it. Which positions can know whether their pair agrees?
# Take one palindrome and change one value in its second half. Where do attention patterns change,
# in which heads?
#
# </details>
# <details class="hint"><summary>Which heads matter</summary>
#
# Replace what a head writes by its mean over many sequences, one head at a time, and look at the
# loss. Two heads in different layers are a pair of suspects. (Putting zero there instead of the
# mean also takes away what the head always writes, and may tell another story.)
#
# </details>
# <details class="hint"><summary>Place and content</summary>
#
# To compare a value with its mirror, a head has to find the mirror and see what stands there. Split
# the attention score of a head of layer 0 into four: token with token, token with position,
# position with token, position with position. Which of the four finds the place, and which the
# value?
#
# </details>
# <details class="hint"><summary>From one layer to the next</summary>
#
# Compare what the first layer writes at a position whose pair agrees and at one whose pair does
# not. Where does their difference go in the second layer: into its keys, so that END looks there,
# or into its values, so that END reads it off? Patch one path and not the other.
#
# </details>
# <details class="hint"><summary>How to break it</summary>
#
# Palindromes with one pair changed are rare in the training data. Make them: for each of the ten
# pairs, many palindromes, every other value. Are all pairs alike? If some are not, is it the first
# layer that misses the difference there, or the second?
#
# </details>
#
# ## What counts as a solution
#
# A description of the mechanism from which somebody else can predict what the model answers to a
# sequence of their choice, each sentence of it backed by a measurement. Where is each pair
# compared, and by which head? What is written where a pair differs? How does END find it, which
# head looks at which positions, and what does it copy? Which sequences fool the model, and is that
# due to how it is built or to what it was shown? A pull request, a notebook or plain text will do:
# [how to send it](../../contribute/).
#
# ## Where it comes from
#
# The problem is Callum McDougall's, the first of his 2023 sequence of monthly algorithmic problems;
# [the ARENA course][arena] has it together with his solution. Sequences are sampled as he sampled
# them. The model here was trained anew, so its weights, its heads and its blind spots are its own.
#
# [arena]: https://github.com/callummcdougall/ARENA_2.0/blob/e805ad8/chapter1_transformers/instructions/pages/09_Monthly_Algorithmic_Problems.py
