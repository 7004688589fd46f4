# %% [markdown]
# # Sorted List: how it works
#
# **In short.** At each position of the sorted half, the two heads look for *the smallest value
# above the current one* and copy it. They share the work: each head copies only some ranges of
# values ({{ copied_ranges }}), and the head that copies a value is mostly the one that looks for
# it. The copy is not clean. A head attends to several of the next values at once, and what it moves
# from each raises the logits of that value and of the one below it, so that the smallest comes out
# on top. At SEP, and in this model only there, the position of the query itself points at small
# values. The model gets {{ accuracy }} of predictions on random lists right; over *all* lists in
# all orders, {{ proved_right }} are proved right. It fails where the next value is far away, which
# is rare in random lists: it makes a mistake on {{ fails_gap }} of lists with a wide gap, and on
# {{ fails_high }} of those with high values only. There this model's heads fall back on the query's
# own value and on SEP, and it often names a value that is not in the list. Other seeds of the
# recipe give the same mechanism, with other ranges (section 12).
#
# Each claim behind this page was measured on this checkpoint and on controls: models or
# measurements that look alike and should not satisfy it. *Refuted* claims are explanations that
# suggest themselves and do not hold.

# %% tags=["parameters"]
checkpoint, device = None, "cpu"

# %% tags=["hide-input"]
from math import comb

import torch
from IPython.display import display

from analyses.evidence.explanations import Trial
from analyses.instruments import ablation, attribution, holding
from analyses.instruments.attention import attention_to, label_patterns
from analyses.instruments.circuits import copying_heads
from analyses.instruments.heads import heads as heads_of
from analyses.sorted_list import (
    adversarial,
    beside,
    certificate,
    describe,
    published,
    samples,
    tables,
    triples,
)
from analyses.sorted_list import claims as stated
from analyses.sorted_list.defaults import default
from analyses.sorted_list.explanations import EXPLANATIONS, ablations
from analyses.sorted_list.measured import measured
from analyses.sorted_list.steps import by_size, first_of, score_advantage
from analyses.write_ups import figures, ladder
from analyses.write_ups.live import live
from analyses.write_ups.numerals import how_many, percent
from analyses.write_ups.other_models.section import other_models
from analyses.write_ups.page import check, compete, data, fact, record, table
from models import load
from models.scoring import answer_log_probs, is_correct, loss

problem = load("sorted_list", checkpoint, device)
task, labels = problem.task, problem.task.label_positions
heads = heads_of(problem)
lists = data(samples.evaluation(problem))

# %%
findings = check(stated.CLAIMS, problem)

# %% [markdown]
# Thresholds were fixed before the claims were first run; by then we had looked at attention
# patterns, OV diagonals and positional scores. Those about the head that copies, the order of
# scores, resampling, tables, steps, attention to SEP and the parts of the puzzle came later, when
# a draft had shown some of the figures; beside each of them, `claims.py` says what was known when
# its threshold was stated.
#
# ## 1. How good it is
#
# The model is tested on fresh lists, none of them a training list or a reordering of one. Loss
# and probabilities are measured on as many of them as the published figures (section 11) are of:

# %%
sample = lists[:500]
logits = problem.logits(sample)
probability = answer_log_probs(task, logits, sample).exp()
record("lists_scored", len(sample), "", digits=0)
record("loss", loss(task, logits, sample), "nats")
record("probability_mean", probability.mean(), "")
record("probability_median", probability.median(), "")
record("probability_min", probability.min(), "", digits=4)
record("accuracy", findings["sorts"].value, "share", digits=2)
record("loss_doubled", loss(task, 2 * logits, sample), "nats")
record("all_fresh", len(lists), "", digits=0)
record("loss_on_all", findings["is_sure"].value, "nats")
least_likely = stated.answered(problem).log_probs.min().exp()
record("probability_min_on_all", least_likely, "", digits=4)

# %% [markdown]
# On {{ lists_scored }} lists the loss is {{ loss }} nats. The probability of the right answer has
# mean {{ probability_mean }}, median {{ probability_median }} and minimum {{ probability_min }}.
# Over all {{ all_fresh }} fresh lists, on which the accuracy is measured, the loss is
# {{ loss_on_all }} nats and the minimum {{ probability_min_on_all }}: a larger sample
# also holds harder lists.
#
# Much of what is missing from 1 is caution. With all logits doubled, which changes no prediction,
# the loss would be {{ loss_doubled }} nats. The likely cause is weight decay, which keeps logits
# small even where the answer is certain; we did not train a model without it. The rest is a few
# real mistakes, which section 6 explains.

# %%
figures.histogram(
    {"predictions": probability.flatten()},
    start=0,
    stop=1,
    width=0.05,
    x_title="probability of the right answer",
    y_title="number of predictions",
    caption=f"How sure the model is of the right answer, over {len(sample)} lists of ten "
    "predictions each.",
    alt="A histogram with nearly all of its mass in the last bin, just below 1, and a thin "
    "tail towards 0.",
)

# %% [markdown]
# ## 2. Where the heads look
#
# Six fresh lists to look through. Each row is a query, the token at which the model predicts;
# each column is a key, a token that can be attended to; a stronger colour is more attention.
# Start at SEP and read downwards: in at least one of the heads, the strongest cell of the
# unsorted half should stand under the next value.

# %%
six = lists[:6]
figures.attention_of(
    problem,
    six,
    caption="Attention patterns of both heads on six fresh lists. Choose a list "
    "above; circles mark the right answer.",
    alt="Attention patterns, one square for each head; from SEP on, each row has one or two "
    "strong cells in the unsorted half of the list, mostly at the next value in sorted order.",
    marks=describe.answer_keys(task, six),
    marked="the right answer, where it stands in the unsorted half",
)

# %% [markdown]
# How often is this so? A head counts as looking at the answer if the answer's token gets more of
# its attention than any other token. The model is judged at ten positions, its *labels*: SEP, and
# the sorted values from the first, b1, to the ninth, b9.

# %%
many = lists[: samples.N_PATTERNS]
answers = task.answers(many)
looks = stated.seen(problem) == answers.unsqueeze(1)
some = looks.any(dim=1)
record("sep_finds_smallest", findings["sep_finds_smallest"].value, "share", digits=1)
record("value_finds_next", findings["value_finds_next"].value, "share", digits=1)
record("both_find", looks.all(dim=1).double().mean(), "share", digits=1)
record("none_finds", (~some).double().mean(), "share", digits=0)
correct = stated.answered(problem).correct[: len(many)]
record("right_where_none_finds", correct[~some].double().mean(), "share", digits=1)
record("right_where_some_finds", correct[some].double().mean(), "share", digits=2)
shares = looks.double().mean(dim=0)
table(
    ["looks at the answer", "SEP", *(f"b{i}" for i in range(1, task.list_length))],
    [[f"head {name}", *map(percent, row.tolist())] for name, row in zip(heads, shares)]
    + [["some head", *map(percent, some.double().mean(dim=0).tolist())]],
    caption=f"How often a head looks at the answer, by position of the query, over {len(many):,} "
    "lists",
)

# %% [markdown]
# From SEP, some head looks at the smallest value in {{ sep_finds_smallest }} of lists; from a
# sorted value, some head looks at the next one in {{ value_finds_next }} of cases. Of all
# predictions, both heads look at the answer in {{ both_find }} and neither does in
# {{ none_finds }}. The model is right on {{ right_where_none_finds }} of these last, and on
# {{ right_where_some_finds }} of the others: an answer need not get the *most* attention to be
# given. Section 7 shows how that can be.
#
# Which head looks depends on the value to be found:

# %%
values = range(task.max_value + 1)
figures.bars(
    {
        f"head {name}": describe.by_answer(looks[:, number], answers, values)
        for number, name in enumerate(heads)
    },
    x=list(values),
    x_title="right answer",
    y_title="share of predictions",
    caption="How often each head looks at the right answer, by that answer. The heads take turns, "
    "with some overlap; some answers are often missed by both.",
    alt="Bars for 51 values and two heads. The heads take turns: over ranges of values one head "
    "looks at the answer far more often than the other; no value is looked at always.",
)

# %%
ov, qk = tables.value_ov(problem), tables.value_qk(problem)
copies = copying_heads(ov)
fact("copied_ranges", describe.copied_ranges(problem, ov))
record("copier_looks", findings["copier_looks"].value, "share", digits=0)
record("other_looks", stated.copier_looks(problem, copier=False).value, "share", digits=0)

# %% [markdown]
# The ranges are those that each head *copies*, which section 4 reads off the weights. After SEP,
# the head that copies the answer looks at it in {{ copier_looks }} of cases, the other head in
# {{ other_looks }}.
#
# %% [markdown]
# ## 3. What the heads are needed for
#
# In a mean ablation, what a head writes is replaced, position by position, by its mean over all
# lists, so that it no longer depends on the list.

# %%
base = loss(task, problem.logits(many), many)
costs = [
    float(loss(task, ablation.mean_ablate(problem, many, head), many) - base) for head in heads
]
for head, cost in zip(heads, costs):
    record(f"ablation_{head.layer}_{head.number}", cost, "nats")
fact("dearest_head", f"head {heads[costs.index(max(costs))]}")
record("ablation_most", max(costs), "nats")
record("ablation_least", findings["both_heads_needed"].value, "nats")

# %% [markdown]
# Without {{ dearest_head }} the loss rises by {{ ablation_most }} nats, without the other head by
# {{ ablation_least }}: neither can be spared. In the published model the heads share the work in
# other proportions (section 11).
#
# No head ever writes its mean over all lists. So we also *resample*: at a label, a head reads
# another list and writes what it would write there. If the two lists have in common all that the
# head's output depends on, nothing changes.

# %%
record("alike_right", findings["alike_lists_suffice"].value, "share", digits=1)
record("alike_recovered", findings["alike_lists_recover_loss"].value, "share", digits=1)
asked_alike = stated.right_resampled(problem, "asked alike", "asked alike")
record("asked_alike_right", asked_alike.value, "share", digits=0)
record("copier_random_right", findings["copier_needed"].value, "share", digits=0)
record("other_random_right", findings["copier_suffices"].value, "share", digits=0)
copied_by = copies[answers]
left = stated.right_mean_ablated(problem)
others = torch.arange(len(heads), device=copied_by.device)[:, None, None] != copied_by
record("other_mean_right", left[others].double().mean(), "share", digits=0)
record("resampled_lists", samples.N_RESAMPLED, "", digits=0)

# %% [markdown]
# First, each head reads a list of its own in which the same value, at the same position, has the
# same right answer, while all else is random. Over {{ resampled_lists }} lists,
# {{ alike_right }} of the predictions are then right, and of the loss that reading random lists
# would add, {{ alike_recovered }} is avoided. If the answer may differ too,
# {{ asked_alike_right }} are right. So what the heads write depends on position, query and answer,
# and on hardly anything else.
#
# If the head that copies the answer reads a random list, {{ copier_random_right }} of the
# predictions are right: its output is the answer. But the other head's output matters too. If
# that head reads a random list, {{ other_random_right }} are right, which refutes the idea that
# one head copies and the other does not count. Yet the other head is not needed for much: with
# its output replaced by the mean, {{ other_mean_right }} are right. What matters is that it says
# nothing *wrong*; and it does not, because it, too, looks at values just above the query.
#
# ## 4. Who copies what
#
# The full OV circuit $x W_V W_O W_U$ gives what a head adds to each logit for a unit of attention
# to a token. For $x$ we take what the head reads of a token:
# $\mathrm{LN}(W_E + \overline{W_\text{pos}})$, the token's embedding plus the mean positional
# embedding of the unsorted half, divided by LayerNorm's own scale for that token; all biases are
# kept. In the matrices, each row is a token that is attended to and each column a value that may
# be predicted. A head that copies has a positive diagonal.

# %%
n_values = task.max_value + 1
fact("values_copied", how_many(findings["every_value_copied"].value))
record("head_changes", findings["ranges_divided"].value, "", digits=0)
figures.heatmaps(
    {f"head {name}": ov[number] for number, name in enumerate(heads)},
    scale="signed",
    unit="logits",
    x_title="prediction",
    y_title="source token",
    height=400,
    caption="Full OV circuits: what attending to a source token adds to each logit, the final "
    "LayerNorm at its typical scale.",
    alt="Two square matrices. Each has a strong positive diagonal that is broken into pieces; "
    "where the diagonal of one head is missing, the other has it.",
)

# %% [markdown]
# The diagonals are broken, and the pieces fit together: by the larger diagonal entry,
# {{ copied_ranges }}. Going through the values from 0 to 50, the copying head changes only
# {{ head_changes }} times. For {{ values_copied }} of the values, attending to the value raises
# that value's own logit above all others in at least one head.

# %%
diagonals = ov.diagonal(dim1=1, dim2=2)
record("raised_by_other", (diagonals.amin(dim=0) > 0).double().mean(), "share", digits=0)
figures.lines(
    {f"head {name}": diagonals[number] for number, name in enumerate(heads)},
    x=list(values),
    x_title="value",
    y_title="logits for a unit of attention",
    caption="The diagonals of the two full OV circuits: how strongly each head copies a value.",
    alt="Two curves that mirror each other: where one is high, the other is near or below zero.",
)

# %% [markdown]
# The full QK circuit $(x W_Q + b_Q)(x W_K + b_K)^\top / \sqrt{d_\text{head}}$ gives the score,
# before softmax, that a query gives to a key; a query is read at the mean positional embedding of
# b1 to b9. Each row is a query token, each column a key token.

# %%
fact("prefers_above", how_many(findings["above_before_below"].value))
in_other = stated.prefers_above_to_below(problem, other=True).value
fact("prefers_above_in_other", how_many(in_other))
record("prefers_near", findings["near_before_far"].value, "share", digits=0)
near_in_other = stated.prefers_near_to_far(problem, other=True).value
record("prefers_near_in_other", near_in_other, "share", digits=0)
record("orders_above", findings["orders_above"].value, "share", digits=0)
record("orders_above_in_other", stated.orders_above(problem, other=True).value, "share", digits=0)
earlier = stated.prefers_above_to_below(problem, asker=stated.FAR).value
record("rises_early", earlier, "share", digits=0)
figures.heatmaps(
    {f"head {name}": qk[number] for number, name in enumerate(heads)},
    scale="signed",
    unit="score",
    x_title="key token",
    y_title="query token",
    height=400,
    caption="Full QK circuits: attention scores before softmax, by token alone. Scores rise "
    "where the key passes the query.",
    alt="Two square matrices with an edge along the diagonal: left of it, where keys are smaller "
    "than the query, scores are mostly low; right of it they are mostly high.",
)

# %% [markdown]
# For {{ prefers_above }} of the values, the head that copies the next value scores the three
# values just above higher on average than the three just below; for {{ prefers_near }} it also
# scores them higher than all those ten or more above. The other head does as much, for
# {{ prefers_above_in_other }} and {{ prefers_near_in_other }} of the values. What it lacks is
# order. Among the ten values above the query, the head that copies the next value scores the
# smaller of two higher in {{ orders_above }} of pairs, the other head in
# {{ orders_above_in_other }}, little more than chance. Two rows, one from the middle and one
# above 35:

# %%
for query in (task.max_value // 2, 40):
    display(
        figures.lines(
            {f"head {name}": qk[number, query] for number, name in enumerate(heads)},
            x=list(values),
            x_title="key token",
            y_title=f"attention score from {query}",
            vertical={str(query): query},
            caption=f"What the value {query} looks for, by token. The scores peak in "
            f"{describe.peaks(problem, qk[:, query], copies)}.",
            alt=f"Two curves of scores over key tokens, with hills on both sides of {query}; the "
            f"scores peak in {describe.peaks(problem, qk[:, query], copies)}.",
        )
    )

# %% [markdown]
# The rows are not tidy staircases. Scores rise well before the query: even from a query ten
# larger than a value, what lies just above that value is preferred to what lies just below it in
# {{ rises_early }} of cases. There are hills far from the query. And the largest score of a head
# may belong to a value that the other head copies, as the captions say.
#
# **How close are these tables to the model?** They leave out how the ten positions of the
# unsorted half differ. So we let the heads of the model itself read every key and value at the
# mean positional embedding of its half:

# %%
halves = tables.unsorted_half(task), tables.sorted_half(task)
record("tables_agree", findings["tables_agree"].value, "share", digits=2)
for name in adversarial.UNUSUAL:
    hard = samples.family_lists(problem, name)[:1000].to(problem.device)
    own = problem.logits(hard)[:, labels].argmax(dim=-1)
    by_table = holding.average_positions(problem, hard, halves)[:, labels].argmax(dim=-1)
    record(f"tables_agree_{name}", (own == by_table).double().mean(), "share", digits=1)

# %% [markdown]
# On random lists, {{ tables_agree }} of the answers stay what they are; on lists chosen to break
# the model (section 6), {{ tables_agree_high }} where all values are high, {{ tables_agree_gap }}
# where there is a gap and {{ tables_agree_neighbours }} where the values are consecutive. What the
# order of the list decides beyond that, the tables cannot say.
#
# ## 5. Why large values do not look at 0
#
# SEP has to find 0 whenever it is in the list, and no later query may look at it. Does the token
# of the query decide that? For each head and each value in the upper half, we ask whether it
# scores 0 above the mean of the other values below it, none of which is ever its answer. Then we
# add the position of the last query.
#
# The figure shows what the position of the query contributes: each row is a position, each column
# a key token.

# %%
large = range(task.max_value // 2 + 1, task.max_value)
by_position = tables.position_part(problem)
last = tables.placed_qk(problem, task.list_length - 1)
by_token = describe.zero_above_rest(last - by_position[:, -1], large)
placed = describe.zero_above_rest(last, large)
record("zero_stands_out", (by_token > 0).double().mean(), "share", digits=0)
record("zero_stands_out_by", by_token.mean(), "score", digits=2)
record("zero_stands_out_placed", (placed > 0).double().mean(), "share", digits=0)
record("zero_stands_out_placed_by", placed.mean(), "score", digits=2)
record("zero_at_sep", findings["position_starts_at_zero"].value, "score", digits=2)
record("zero_after_sep", findings["position_shuns_zero"].value, "score", digits=2)
shown = by_position.mean(dim=2)
words = ["SEP", *(f"b{i}" for i in range(1, task.list_length))]
top = shown[:, -1, -adversarial.TOP :].mean(dim=1) - shown[:, -1].mean(dim=1)
record("last_favours_top", top.max(), "score", digits=1)
record("top_from", task.max_value + 1 - adversarial.TOP, "", digits=0)
zero_in = many[(many[:, : task.list_length] == 0).any(dim=1)]
to_zero = attention_to(
    label_patterns(problem, zero_in), zero_in, torch.zeros_like(task.answers(zero_in))
)
record("attention_zero_from_sep", to_zero[:, :, 0].amax(dim=1).mean(), "share", digits=0)
record("attention_zero_from_last", to_zero[:, :, -1].amax(dim=1).mean(), "share", digits=1)
figures.heatmaps(
    {f"head {name}": shown[number] for number, name in enumerate(heads)},
    scale="signed",
    unit="score",
    x_title="key token",
    y_title="query at",
    y_labels=words,
    height=340,
    caption="The part of the attention score that depends on the query's position, mean over the "
    "query values there. SEP favours small values; every later position disfavours 0; the last "
    "ones favour the largest values.",
    alt="Two matrices of ten rows. The first row, SEP, is positive at small values and negative "
    "at large ones; in the rows below, the column of 0 is negative; in the last rows the columns "
    "of the largest values are positive.",
)

# %% [markdown]
# By token alone, 0 is neither sought nor avoided: it scores above the others in
# {{ zero_stands_out }} of cases, and by {{ zero_stands_out_by }} on average. With the position of
# the last query added, it does so in {{ zero_stands_out_placed }}, and the average is
# {{ zero_stands_out_placed_by }}. So here it is position that keeps large values from looking at 0.
#
# At SEP, position favours 0 over the mean of the other values by at least {{ zero_at_sep }} (score,
# before softmax). At every later position, in both heads and whatever the query value, the
# difference in this model is at most {{ zero_after_sep }}. In lists that hold 0, the head that
# attends to it most pays it {{ attention_zero_from_sep }} of its attention from SEP and
# {{ attention_zero_from_last }} from the last query. Position matters at the other end of the
# values as well: at b9, those from {{ top_from }} up gain {{ last_favours_top }} over the mean, in
# the head that favours them most.
#
# ## 6. Lists that break it
#
# Where does the model go wrong on random lists? After SEP, where the next value is far from the
# query value:

# %%
steps = stated.sorted_steps(problem)
bins = [(1, 5), (6, 10), (11, 15), (16, 20), (21, 25), (26, task.max_value)]
names = [*(f"{first}\N{EN DASH}{last}" for first, last in bins[:-1]), f"{bins[-1][0]} or more"]
wrong_by_step = by_size(steps.wrong(), steps.size(), bins)
for name in ("short_steps_right", "mistakes_are_copies"):
    record(f"{name}_share", findings[name].value, "share", digits=2)
for (first, _), share, digits in zip(bins[2:], wrong_by_step[2:], (2, 1, 0, 0)):
    record(f"wrong_from_{first}", share, "share", digits=digits)
mistakes = steps.wrong()
record("mistakes", mistakes.sum(), "", digits=0)
record("mistakes_absent", steps.absent()[mistakes].double().mean(), "share", digits=0)
record("mistakes_long", findings["mistakes_at_long_steps"].value, "share", digits=0)
short = steps.size() <= stated.SHORT
record("short_step", stated.SHORT, "", digits=0)
record("short_steps", short.sum(), "", digits=0)
record("short_missed", mistakes[short].sum(), "", digits=0)
record("long_step", stated.LONG, "", digits=0)
figures.bars(
    {"wrong predictions": wrong_by_step},
    x=names,
    x_title="step from a sorted value to the next",
    y_title="share of predictions",
    height=300,
    caption="How often the model is wrong after SEP, by the step that it has to take, over "
    f"{len(lists):,} random lists.",
    alt="Bars by size of step: next to nothing up to steps of 15, then more and more; at the "
    "largest steps most predictions are wrong.",
)

# %%
advantage = score_advantage(qk, copies, 40)
crossing = int((advantage < 0).int().argmax()) + 1
record("advantage_near", advantage[0], "score", digits=1)
record("advantage_lost_at", crossing, "", digits=0)
record("advantage_far", advantage[bins[-1][0] - 1], "score", digits=1)
figures.lines(
    {"next value minus the best of those up to the query": advantage},
    x=list(range(1, len(advantage) + 1)),
    x_title="step from a sorted value to the next",
    y_title="attention score",
    caption="By how much the next value outscores the query's own value and all smaller ones, in "
    "the head that copies it, by the full QK circuit; mean over queries.",
    alt="A curve that begins above zero and falls as the step grows, through zero and beyond.",
)

# %% [markdown]
# Of {{ short_steps }} steps of at most {{ short_step }}, the model misses {{ short_missed }}. Of
# those from 11 to 15 it misses {{ wrong_from_11 }}, from 16 to 20 {{ wrong_from_16 }}, from 21 to
# 25 {{ wrong_from_21 }}, and of longer ones {{ wrong_from_26 }}. Of this model's lists with a
# mistake after SEP, {{ mistakes_long }} have the first one at a step of more than {{ long_step }}.
#
# The QK circuit says why. In the head that copies it, a next value one step away outscores
# everything at or below the query by {{ advantage_near }} (mean over queries). That lead shrinks
# as the step grows: at {{ advantage_lost_at }} it is gone, and at 26 it is {{ advantage_far }}.
#
# What comes out instead? A copy would be another value of the list. But of {{ mistakes }} wrong
# answers, {{ mistakes_absent }} are *not in the list*. To see where these come from, we take out
# of the sum all that the heads move from values larger than the query, and put nothing in its
# place:

# %%
absent = first_of(steps.absent(), samples.N_PATTERNS)
astray = default(problem, lists, absent)
record("stays_absent", (astray.named == steps.named[absent]).double().mean(), "share", digits=0)
record("astray_above", (steps.named - steps.query)[absent].median(), "", digits=0)
for name, paid in (("itself", astray.to_itself), ("sep", astray.to_sep)):
    record(f"astray_to_{name}", paid.mean(), "share", digits=0)
record("astray_to_answer", astray.to_answer.mean(), "share", digits=0)
found = first_of((steps.size() > stated.LONG) & ~mistakes, samples.N_PATTERNS)
well = default(problem, lists, found)
record("stays_found", (well.named == steps.named[found]).double().mean(), "share", digits=0)
record("found_to_answer", well.to_answer.mean(), "share", digits=0)

# %% [markdown]
# Of the answers that are not in the list, {{ stays_absent }} stay exactly what they were; of the
# right ones at long steps, {{ stays_found }}. So many of the former are not read from the values
# still to come. They are a *default*: what the query's own value, SEP and the direct path say
# when the next value is not found. At these answers a head pays, on average,
# {{ astray_to_itself }} of its attention to the query's own value, {{ astray_to_sep }} to SEP and
# {{ astray_to_answer }} to the right answer, which at long steps without a mistake gets
# {{ found_to_answer }}. The median of these answers lies {{ astray_above }} above the query.
#
# If this is how the model fails, lists that need long steps should break it. There are three
# families of unusual lists, and two to compare them with:

# %%
scores = {name: stated.family(problem, name) for name in adversarial.FAMILIES}
for name, score in scores.items():
    record(f"fails_{name}", score.fails().double().mean(), "share", digits=1 + (name == "gap"))
for name in ("high_lists_fail", "gap_lists_fail"):
    record(f"{name}_share", findings[name].value, "share", digits=2)
record("lists_per_family", samples.N_FAMILY, "", digits=0)
figures.bars(
    {"lists with a wrong prediction": [float(s.fails().double().mean()) for s in scores.values()]},
    x=list(scores),
    x_title="family of lists",
    y_title="share of lists",
    height=300,
    caption=f"How often lists fail. High: all values from {adversarial.HIGH} up. Gap: none of the "
    f"{adversarial.GAP} values in the middle. Neighbours: ten consecutive values. Low: the lowest "
    "values, as few to choose from as in high.",
    alt="Five bars: random and low lists hardly ever fail, lists of neighbours sometimes, lists "
    "of high values mostly, lists with a gap nearly always.",
)

# %% [markdown]
# Of {{ lists_per_family }} lists in each family, {{ fails_random }} of the random ones fail,
# {{ fails_high }} of those with high values only, {{ fails_gap }} of those with a gap and
# {{ fails_neighbours }} of those with consecutive values. That few values are left to choose from
# is not the reason: if they are the lowest, {{ fails_low }} fail.

# %%
first_two, where = [], {}
for name in ("random", *adversarial.UNUSUAL):
    failing = samples.family_lists(problem, name)[scores[name].fails().cpu()]
    first_two += [
        [f"{name}: {row[0]}", *row[1:]] for row in describe.mistakes(problem, failing[:2])
    ]
    where[name] = adversarial.wrong_places(problem, failing)
record("sep_wrong_high", where["high"].at_sep, "share", digits=1)
fact("widest_gap_wrong_gap", how_many(where["gap"].at_widest_gap))
table(
    ["family: list, sorted", "first mistake", "right answer", "wrong of ten"],
    first_two,
    caption="Failing lists, the first two of each family",
)

# %%
sep_scores = tables.sep_scores(problem)
record(
    "sep_orders_low", describe.descending_pairs(sep_scores[:, : n_values // 2]), "share", digits=0
)
record(
    "sep_orders_high",
    describe.descending_pairs(sep_scores[:, adversarial.HIGH :]),
    "share",
    digits=0,
)
gap_lists = samples.family_lists(problem, "gap").to(problem.device)
everything = comb(n_values, task.list_length)
high_only = comb(n_values - adversarial.HIGH, task.list_length)
record("high_from", adversarial.HIGH, "", digits=0)
record("high_one_in", everything / high_only, "", digits=0)
gap_looks = adversarial.looks_across_gap(problem, gap_lists)
fact("gap_looks_across", how_many(gap_looks))

# %% [markdown]
# Of the failing lists of high values, {{ sep_wrong_high }} go wrong first at SEP, from where the
# smallest value is a long step too. SEP as a query, read with its positional embedding, has to
# score every smaller value above every larger one. In the better of the two heads it does so for
# {{ sep_orders_low }} of the pairs in the lower half of the values, but only for
# {{ sep_orders_high }} of the pairs from {{ high_from }} up. Training hardly ever asks for more:
# one random list in {{ high_one_in }} has no value below {{ high_from }}.
#
# Of the failing lists with a gap, {{ widest_gap_wrong_gap }} go wrong first just before their
# widest gap. There, the value beyond the gap draws a head's largest attention in
# {{ gap_looks_across }} of the lists.
#
# **Your own lists** go in as they are:

# %% tags=["show"]
mine = task.encode(
    [
        [3, 47, 12, 29, 8, 41, 20, 35, 16, 50],
        [50, 49, 48, 47, 46, 45, 44, 43, 42, 41],
        [0, 1, 2, 3, 4, 46, 47, 48, 49, 50],
    ]
)
table(
    ["list, sorted", "first mistake", "right answer", "wrong of ten"],
    describe.mistakes(problem, mine),
    caption="Three lists of our own",
)

# %% [markdown]
# **The worst lists.** A search starts from random lists, changes one value or swaps two places at
# a time, and keeps what raises the loss.

# %%
generator = torch.Generator().manual_seed(samples.SEED)
found = adversarial.search(problem, chains=64, steps=250, generator=generator)
chance = adversarial.score(problem, task.sample(len(found.loss) * len(found.best_loss), generator))
worst_lists = adversarial.distinct(task, found.tokens)[:5]
record("climbs", len(found.loss), "", digits=0)
record("random_tried", len(chance.loss), "", digits=0)
record("worst_found", found.loss.max(), "nats", digits=2, tolerance=0.05)
record("worst_random", chance.loss.max(), "nats", digits=2, tolerance=0.05)
record("search_fails", (found.wrong > 0).double().mean(), "share", digits=0, tolerance=0.05)
table(
    ["list, sorted", "first mistake", "right answer", "wrong of ten"],
    describe.mistakes(problem, worst_lists),
    caption="The five worst lists found, by loss",
)

# %% [markdown]
# Of {{ climbs }} searches, {{ search_fails }} end at a list that fails. The worst list has a loss
# of {{ worst_found }} nats, mean over its ten predictions; the worst of {{ random_tried }} random
# lists, as many as the search tried, has {{ worst_random }}.
#
# ## 7. The puzzle of d, d + 1, d + 2
#
# When a list holds three consecutive values d, y = d + 1 and z = d + 2, the head that matters at d
# often attends *more to z than to y*. It copies what it attends to; yet the model says y. We took
# random lists around every such triple, from 0, 1, 2 to 48, 49, 50, and call a list puzzling if
# the head that attends most to y and z together prefers z.

# %%
effects = stated.puzzle(problem)
puzzling = effects.puzzling()
record("triples", len(puzzling), "", digits=0)
record("triples_puzzling", puzzling.double().mean(), "share", digits=0)
fact("triples_right", how_many(findings["right_on_puzzling_triples"].value))
part_names = ["part", "favours y by, logits", "favours y in"]
table(
    [*part_names, "right without it"],
    describe.part_rows(problem, effects, effects.strongest(), "strongest head"),
    caption="What the logit of y minus that of z is made of, over puzzling lists. Strongest head: "
    "the one that attends most to y and z. Without it: mean ablated, position by position",
)

# %%
most = effects.strongest()
parts = triples.favours(problem, effects, most)[puzzling]
record("triple_margin", parts.sum(dim=1).mean(), "logits", digits=2)
record("own_difference", parts[:, triples.THIS].mean(), "logits", digits=2)
record("other_difference", parts[:, triples.OTHER].mean(), "logits", digits=2)
record("direct_difference", parts[:, triples.DIRECT].mean(), "logits", digits=2)
record("right_without_own", findings["own_sources_decide"].value, "share", digits=0)
record("right_without_other", findings["other_head_decides"].value, "share", digits=0)
record("right_without_direct", findings["direct_path_decides"].value, "share", digits=0)

# %% [markdown]
# Of {{ triples }} lists, {{ triples_puzzling }} are puzzling, and of these the model gets
# {{ triples_right }} right. What decides is the logit of y minus that of z, {{ triple_margin }}
# logits on average, to which everything in the table adds up. Three explanations suggest
# themselves. Each is put to the same test: is it needed so much that, with it mean ablated, no
# more than half of these lists are right?
#
# * **The strongest head itself.** Attending to z need not only raise z; summed over the sources y
#   and z, the head may raise y more. This is the published explanation. It passes: without it,
#   {{ right_without_own }} are right. But of the {{ triple_margin }} logits it gives only
#   {{ own_difference }}.
# * **The other head** gives {{ other_difference }} logits from y and z. Without that head,
#   {{ right_without_other }} are right, too close to half to pass.
# * **The direct path**, $W_E W_U$ from d itself, gives {{ direct_difference }} logits. Without it,
#   {{ right_without_direct }} are right: it helps, and is not the explanation.
#
# In this model, about half of the lists need the strongest head, about half the other one, and they
# are not the same lists. They differ in whether the strongest head *copies* y, by its OV circuit,
# as we had seen before the claims about it were stated:

# %%
copier = stated.copier_of_y(problem)
same = (copier == most)[puzzling]
record("strongest_copies", same.double().mean(), "share", digits=0)
tests = {"own": [triples.THIS], "other": [triples.OTHER, triples.OTHER_REST]}
for part, ablated in tests.items():
    right = triples.right_without(problem, effects, most, ablated)[puzzling]
    for name, some in (("copying", same), ("not_copying", ~same)):
        record(f"{part}_where_{name}", parts[some, ablated[0]].mean(), "logits", digits=2)
        record(f"without_{part}_{name}", right[some].double().mean(), "share", digits=0)
for name in (
    *("copier_gives_most", "copier_favours_next", "copier_decides"),
    *("sources_favour_next", "other_head_gives_most"),
):
    record(f"{name}_share", findings[name].value, "share", digits=0)
table(
    [*part_names, "right without it"],
    describe.part_rows(problem, effects, copier, "head that copies y"),
    caption="The same, seen from the head that copies y by its OV circuit",
)

# %% [markdown]
# In {{ strongest_copies }} of the puzzling lists, the strongest head copies y. There, what it
# moves from y and z favours y by {{ own_where_copying }} logits, what the other head moves from
# them by {{ other_where_copying }}. Without the former {{ without_own_copying }} are right,
# without the other head {{ without_other_copying }}. In the remaining lists it is the other way
# round: {{ own_where_not_copying }} and {{ other_where_not_copying }} logits,
# {{ without_own_not_copying }} and {{ without_other_not_copying }} right. So the head that
# attends most is the wrong one to watch. What y and z move through *the head that copies y*
# favours y in {{ copier_favours_next_share }} of all puzzling lists and makes up
# {{ copier_gives_most_share }} of the margin; with it mean ablated, {{ copier_decides_share }}
# are right. So the published explanation holds once it is stated for the head that copies.
# (Summed over both heads, the sources favour y in {{ sources_favour_next_share }}.)
#
# One thing is left to explain. That head, too, mostly attends more to z than to y; why does it
# raise y more? We split what it moves by source:

# %%
prefers_z = effects.attention[torch.arange(len(copier)), copier].diff(dim=1)[:, 0] > 0
record("copier_prefers_z", prefers_z[puzzling].double().mean(), "share", digits=0)
rows = torch.arange(len(copier), device=copier.device)
by_copier = effects.moved[rows, copier][puzzling].mean(dim=0)
for source, name in enumerate("yz"):
    for target, other in enumerate("yz"):
        record(f"{name}_to_{other}", by_copier[source, target], "logits", digits=2)
lower, upper = describe.neighbours_raised(ov)
record("ov_lower_neighbour", lower, "logits", digits=2)
record("ov_upper_neighbour", upper, "logits", digits=2)
given = effects.moved[rows, copier].sum(dim=1)
triple_d = effects.triples.d
to_y, to_z = (
    torch.stack([given[triple_d == d, part].mean() for d in range(n_values - 2)]) for part in (0, 1)
)
fact("z_wins_at", describe.ranges((to_z > to_y).nonzero().flatten().tolist()) or "none")
figures.lines(
    {"to y = d + 1": to_y, "to z = d + 2": to_z},
    x=list(range(n_values - 2)),
    x_title="d",
    y_title="logits from sources y and z",
    caption="What the head that copies y moves from y and z together to the logits of y and z; "
    f"mean over {samples.PER_TRIPLE} lists for every d.",
    alt="Two curves over d; the curve for y lies above that for z but for few values of d.",
)

# %% [markdown]
# It attends more to z in {{ copier_prefers_z }} of these lists. The source y adds {{ y_to_y }}
# logits to y and {{ y_to_z }} to z; the source z adds {{ z_to_z }} to z, *and {{ z_to_y }} to y*.
# So part of what y loses to z, it gets back from z. In the full OV circuit of the head that
# copies it, a value adds {{ ov_lower_neighbour }} logits (mean over values) to its lower
# neighbour, and {{ ov_upper_neighbour }} to its upper one. Hence, of several values that get
# similar attention, the smallest comes out on top. On average over the lists of each d, z wins at
# d = {{ z_wins_at }}.
#
# **The published lists.** The puzzle was first shown on four lists, picked by hand, for another
# checkpoint. On ours:

# %%
picked = task.encode([values for values, _ in published.TRIPLES])
named = torch.tensor([named for _, named in published.TRIPLES])
four = triples.effects(problem, triples.locate(task, picked, named).to(problem.device))
four_copiers = copies[four.triples.predictions[:, 0]]
fact("published_puzzling", how_many(float(four.puzzling().double().mean())))
for name, head in (("strongest", four.strongest()), ("copier", four_copiers)):
    favoured = triples.favours(problem, four, head)[:, triples.THIS] > 0
    record(f"published_{name}_favours", favoured.sum(), "", digits=0)
part_titles = ["strongest, y and z", "other head, y and z", "other tokens", "direct, biases"]
table(
    ["d, y, z", "strongest: attention y / z", "copies y", *part_titles, "sum", "answer"],
    describe.triple_rows(problem, four, four_copiers),
    caption="The published lists on our model: what favours y over z, logits",
)

# %% [markdown]
# Here, {{ published_puzzling }} of the four are puzzling. What y and z move through the strongest
# head favours y in {{ published_strongest_favours }} of them, what they move through the head that
# copies y in {{ published_copier_favours }}.
#
# ## 8. It all adds up
#
# The direct path, the heads and the biases, each divided by the LayerNorm scale of their sum, add
# up to the model's logits. That is an identity, which tests check, and no finding; the figure
# shows how much each of them gives:

# %%
attributed = attribution.direct_logit_attribution(problem, sample)
share_of = describe.margin_by_part(attributed, sample, task)
without_direct = ablation.ablate_direct_path(problem, many)
right_without = is_correct(task, without_direct, many).double().mean()
record("accuracy_without_direct", right_without, "share", digits=1)
record("direct_ablation", loss(task, without_direct, many) - base, "nats")
figures.bars(
    dict(zip(["direct path", *(f"head {name}" for name in heads)], share_of)),
    x=words,
    x_title="predicted at",
    y_title="logits",
    caption="What each part adds to the logit of the right answer, relative to the mean logit, "
    f"by position; mean over {len(sample)} lists.",
    alt="Grouped bars by position; the two heads give most, the direct path little.",
)

# %% [markdown]
# The direct path gives little, yet it is needed: with it mean ablated,
# {{ accuracy_without_direct }} of the predictions on random lists are right, and the loss rises by
# {{ direct_ablation }} nats.
#
# ## 9. Explanations that predict
#
# Everything above is a claim about a part. Do the parts add up to the model? Each row below is an
# explanation written as a program, with its parameters read off the weights. It predicts what
# *the model* answers, right or wrong. The column of the model's mistakes counts only wrong
# answers, where neither luck nor knowing how to sort helps. The [Evidence
# page](../../../evidence/#predict) says how the size in bits is counted.

# %%
unusual = {
    name: samples.family_lists(problem, name)[: samples.N_PATTERNS // 2]
    for name in adversarial.UNUSUAL
}
inputs = {"random": lists[: samples.N_PATTERNS]} | unusual
contest = compete(EXPLANATIONS, Trial.of(problem, inputs, ablations(problem)))
for name, found in contest.items():
    record(f"{name}_foreseen", found.foreseen_share, "share", digits=0)
    record(f"{name}_agrees", found.agreements[0].share, "share", digits=1)
    record(f"{name}_mistakes", found.mistakes.share, "share", digits=0)
fact("sorting_foretells", how_many(contest["sorting"].mistakes.share))
record("sep_at_gap", findings["rests_on_sep"].value, "share", digits=0)
record("sep_elsewhere", findings["rests_on_sep"].controls[0].value, "share", digits=0)
record("model_parameters", sum(weight.numel() for weight in problem.weights.values()), "", digits=0)
record("changed", contest["sorting"].changed, "", digits=0)
record("everything_bits", contest["everything"].bits, "bits", digits=0)

# %% [markdown]
# To predict *the right answer* is to agree with the model on {{ sorting_agrees }} of random
# predictions, and to explain nothing: it predicts {{ sorting_foretells }} of the mistakes. The
# words of this page taken literally, each head attending to one value and copying it, reach
# {{ in_words_agrees }}, and {{ in_words_mistakes }} of the mistakes. What do the words leave out?
# Each row adds one thing to the row before:
#
# * Heads do not choose, they *blend*. Letting them spread their attention gives
#   {{ spread_agrees }}, and {{ spread_mistakes }} of the mistakes.
# * The *direct path*, which by itself gives little, brings {{ direct_agrees }}: it settles what the
#   heads leave open between neighbours. (Fewer of the mistakes are then predicted,
#   {{ direct_mistakes }}, because the program errs less often than the model.)
# * The query's *position* does more than tell SEP from the rest. It favours some answers by itself,
#   whatever is attended to: {{ places_agrees }}, and {{ places_mistakes }} of the mistakes.
# * *SEP is attended to.* At ordinary steps it gets little. At the widest step of a list with a gap,
#   one head of this model pays it {{ sep_at_gap }} of its attention, elsewhere in the same lists
#   {{ sep_elsewhere }}: where no value scores high, the head rests there. With SEP,
#   {{ sink_mistakes }} of the mistakes are predicted.
# * With the values that are already sorted, which heads see twice, it is {{ everything_agrees }} of
#   random predictions and {{ everything_mistakes }} of the mistakes.
#
# The last program is long, {{ everything_bits }} bits: it tabulates what scores what, and does not
# say why. The model has {{ model_parameters }} parameters of 32 bits each. What the program still
# misses lies in what all these programs average over: how the positions of the unsorted half
# differ, and how a query's token and its position combine.
#
# Do these programs have the right parts? They are also asked what the model answers if one head,
# or the direct path, writes its mean over the lists instead. Together these interventions change
# {{ changed }} answers. *The right answer* predicts {{ sorting_foreseen }} of them, the words
# {{ in_words_foreseen }}. From there, each addition to blending helps, position and SEP among
# them: {{ spread_foreseen }}, {{ direct_foreseen }}, {{ places_foreseen }}, {{ sink_foreseen }}
# and {{ everything_foreseen }}. So the parts do more than give the model's answers: to take one
# away has mostly the same effect in the program as in the model.
#
# The model and the explanation `everything`, on an input of your own:

# %% tags=["hide-input"]
live(problem, lists[:1], lists, worst_lists, contest["everything"], measured(problem))

# %% [markdown]
# ## 10. How much of this is proved
#
# Ten of 51 values can be drawn in {{ all_lists }} ways, each in {{ all_orders }} orders: too many
# to run. But an attention score depends only on two tokens and their positions, so it is known
# exactly for every possible key; and what a head writes is a mean of known terms with known
# weights. Take all lists that share something, say the label, the query value d and the right
# answer y. For these one can bound from below by how much the logit of y exceeds every other,
# with the worst values in the rest of the list and in the worst order. If that bound is above 0,
# all of these lists are answered right, and their number is a product of binomials.
#
# If it is not, the case is split in two at another of the sorted values, as long as it has enough
# lists. So the cases are fine only where the model is close to failing.

# %%
proof = certificate.KEEPER.of(problem)
fact("all_lists", f"{proof.finest.labels[0].inputs:,}")
fact("all_orders", f"{proof.orders:,}")
fact("finest_cases", f"{proof.finest.cases:,}")
fact("coarsest_cases", f"{proof.levels[0].cases:,}")
record("proved_right", findings["proved_right"].value, "share", digits=2)
record("proved_coarsely", proof.levels[0].share, "share", digits=1)
record("proved_all_ten", proof.finest.all_right, "share", digits=1)
worst = min(proof.finest.labels, key=lambda label: label.share)
record("proved_least", worst.share, "share", digits=1)
fact("proved_least_at", words[proof.finest.labels.index(worst)])
lists_right = stated.answered(problem).correct.all(dim=1).double().mean()
record("all_ten_right", lists_right, "share", digits=1)
rung = ladder.Rung([level.cases for level in proof.levels], [level.share for level in proof.levels])
ladder.figure(
    {"cases split where they are not proved": rung},
    y_title="answers proved right (%)",
    caption="How much is proved by how many cases: share of all answers to all lists. From left to "
    "right, smaller cases may be split. Cases on a logarithmic scale.",
    alt=f"A rising curve. {proof.levels[0].cases:,} cases prove less than half of all answers, "
    f"ten times as many nearly all; the curve flattens and ends at {proof.finest.cases:,} cases.",
)

# %% [markdown]
# The {{ coarsest_cases }} cases of label, d and y prove {{ proved_coarsely }} of all answers to
# all lists, the {{ finest_cases }} finest ones {{ proved_right }}. This is a lower bound on the
# accuracy over every list in every order, with LayerNorm and all rounding included. On random
# lists the model gets {{ accuracy }} right, so little is left between the two. Least is proved at
# {{ proved_least_at }}, {{ proved_least }}. It follows that at least {{ proved_all_ten }} of all
# lists are sorted without a mistake; of the random ones, {{ all_ten_right }} are. (This page
# reads the stored certificate, which belongs to these weights and this code; `nox -s verify --
# sorted_list` derives it anew, in minutes.)
#
# What is not proved need not be wrong: the two heads are bounded separately, each by its own worst
# list, and that gives something away.
#
# ## 11. Published and ours
#
# The original checkpoint was trained on the same task with another seed and recipe. Callum
# McDougall published what he found in it as [a page of the ARENA course][arena], on
# [his blog][blog] and, in short, on [LessWrong][summary]. The mechanism is the same: heads attend
# to the next larger value and copy it, and share the values between them. His figures are quoted
# here. We recomputed them from his checkpoint, which has no licence and is not on this site, and
# they agree as far as they are printed. Of our claims, as far as they were measured on it, all held
# but one: there, position does not keep every head away from 0 after SEP.
#
# [arena]: https://github.com/callummcdougall/ARENA_2.0/blob/e805ad8/chapter1_transformers/instructions/pages/09_Monthly_Algorithmic_Problems.py
# [blog]: https://www.perfectlynormal.co.uk/blog-october-monthly-problem
# [summary]: https://www.lesswrong.com/posts/uPa63suC8idWhYGbg/mech-interp-challenge-november-deciphering-the-cumulative

# %%
table(
    ["what was found", "published", "ours"],
    beside.rows(problem, sample, costs),
    caption=f"Published: {published.SOURCE}, over {len(sample)} lists; ours over as many, "
    f"ablations over {len(many):,}",
)

# %% [markdown]
# ## 12. Other models
#
# How much of this is about sorting by one layer of two heads, and how much about one training run?
# The recipe was run again from {{ others }} other seeds, each of which draws initial weights and
# training lists; {{ others_learned }} of these models learned the task as well as ours (to within a
# thousandth, and what chance allows in measuring it). Every claim was measured on each of them,
# with its controls, against the threshold that stands above, and the bound of
# [section 10](#10-how-much-of-this-is-proved) was derived for each. What we expected of each claim
# was written down before the first was trained.

# %%
elsewhere = other_models(problem, findings)
elsewhere.models()
elsewhere.claims()
elsewhere.shares("sep_finds_smallest", "value_finds_next", "every_value_copied", "copier_needed")
elsewhere.shares("position_starts_at_zero", "position_shuns_zero", "rests_on_sep")
elsewhere.shares("copier_gives_most", "other_head_gives_most", "mistakes_at_long_steps")
long = [line.claims["mistakes_at_long_steps"].value for line in elsewhere.others.lines]
record("others_long_least", min(share for share in long if share is not None), "share", digits=0)
record("others_long_most", max(share for share in long if share is not None), "share", digits=0)
proofs = [line.claims["proved_right"].value for line in elsewhere.others.lines]
least_proved = min(share for share in proofs if share is not None)
record("others_proved_least", least_proved, "share", digits=1)
ranges = elsewhere.spread("ranges").learned
record("others_ranges_least", ranges[0], "", digits=0)
record("others_ranges_most", ranges[-1], "", digits=0)

# %% [markdown]
# Of {{ claims_judged }} claims, {{ claims_universal }} are universal, {{ claims_usual }} usual and
# {{ claims_particular }} particular; {{ claims_never_come }} out so on this model only. We had
# foreseen the kind of {{ claims_as_expected }}; {{ claims_on_more }} come out on more models than
# we had thought, and {{ claims_on_fewer }} on fewer.
#
# **What nearly all share.** The smallest value is looked for from SEP
# ({{ others_sep_finds_smallest }}), the next larger one from a sorted value
# ({{ others_value_finds_next }}). Every value is copied by some head
# ({{ others_every_value_copied }}), in {{ others_ranges_least }} to {{ others_ranges_most }}
# ranges, and without the head that copies the answer, few answers are left
# ({{ others_copier_needed }}). In the puzzle of section 7, the head that copies y gives most of the
# margin ({{ others_copier_gives_most }}). Of each model, {{ others_proved_least }} or more of all
# answers to all lists are proved right.
#
# **What depends on the seed** is what position does, and what happens where the mechanism strains.
# That position favours 0 at SEP holds of {{ others_position_starts_at_zero }} models, and that it
# keeps every head away from 0 after SEP, of {{ others_position_shuns_zero }}. Heads rest on SEP
# where no value scores high in {{ others_rests_on_sep }}. That the first mistake is nearly always
# at a long step ([`mistakes_at_long_steps`](#claim-mistakes_at_long_steps)) can be said of this
# model and of {{ others_mistakes_at_long_steps }} others; over all of them, it is at one in
# {{ others_long_least }} to {{ others_long_most }} of the lists with a mistake. And that the margin
# in the puzzle comes mostly through the head that attends less, and through no control, is so in
# {{ others_other_head_gives_most }}.

# %%
elsewhere.quantities()
elsewhere.gallery(
    "The picture of the start page for each model: an arc from each value to the value above it "
    "that a head scores highest, one head above the line, the other below, strong where that head "
    "also copies what it looks at. The line has the colour of the head that copies. Which of the "
    "two heads is which is chance; where the ranges begin and end is another matter in every model."
)

# %% [markdown]
# ## 13. Two accounts of such models
#
# Einar and Jasmina Urdshals, who trained one-layer models to sort lists, name
# [two modes](https://arxiv.org/abs/2501.18666) in which heads end up: *vocabulary-splitting*, where
# each head copies ranges of its own, and *copy-suppression*, where one head copies and another
# takes something off what is copied. Each of our models has a place on both scales: the share of
# values that the busier head copies (a half: split evenly; one: all by one head), and what the head
# that does not copy a value takes off its logit, relative to what the other adds (above 0: it
# suppresses).

# %%
lines = elsewhere.others.lines
busier = {line.seed: line.quantities["busier_share"] or 0.0 for line in lines}
suppression = {line.seed: line.quantities["suppression"] or 0.0 for line in lines}
alone = max(busier, key=lambda seed: busier[seed])
fact("others_alone", f"seed {alone}")
record("others_alone_busier", busier[alone], "share", digits=0)
record("others_alone_suppression", suppression[alone], "share", digits=0)
lesser = next(line.quantities["cost_lesser"] for line in lines if line.seed == alone)
record("others_alone_lesser", lesser or 0.0, "nats", digits=2)
record("others_suppress", sum(share > 0 for share in suppression.values()), "", digits=0)
record("others_suppression_least", min(suppression.values()), "share", digits=0)
record("others_suppression_most", max(suppression.values()), "share", digits=0)
record("others_split", sum(share < 2 / 3 for share in busier.values()), "", digits=0)
fact("others_busier_and_suppression", str(elsewhere.correlated("busier_share", "suppression")))
fact("others_busier_and_lesser", str(elsewhere.correlated("busier_share", "cost_lesser")))
elsewhere.scatter(
    "busier_share",
    "suppression",
    x_title="share of values copied by the head that copies more",
    y_title="suppression by the other head",
    caption="Both accounts as coordinates, a point for each model. To the left, heads split the "
    "values evenly; to the right, one head copies most of them; above 0, the other head takes "
    "something off, below 0 it adds.",
    alt="Most points lie on the left, where the values are split about evenly, a little above 0. "
    f"One lies on the right, at {100 * busier[alone]:.0f} per cent, and higher.",
)
elsewhere.correlations()

# %% [markdown]
# On {{ others_split }} of {{ others }} models the busier head copies fewer than two thirds of the
# values: the first account fits them. On {{ others_alone }}, one head copies
# {{ others_alone_busier }} of the values, and the other takes off {{ others_alone_suppression }} of
# what it adds: there the second account comes nearest. Yet that other head cannot be spared: with
# its output replaced by the mean, the loss rises by {{ others_alone_lesser }} nats.
#
# Suppression is no mark of the second account. On {{ others_suppress }} models the other head takes
# something off; over all of them, it is {{ others_suppression_least }} to
# {{ others_suppression_most }} of what the copier adds. Whether it grows with the share of the
# busier head, so that the two accounts were the ends of one line, {{ others }} models cannot tell:
# the rank correlation is {{ others_busier_and_suppression }}. What does go with that share is how
# little the lesser head is missed ({{ others_busier_and_lesser }} with the loss that its absence
# adds).

# %% [markdown]
# ## 14. Limits
#
# * The tables leave out how the positions of the unsorted half differ; in the OV circuits the
#   final LayerNorm is at its typical scale. Attributions and interventions leave out nothing.
# * The head that copies a value is the one with the larger diagonal entry. That is a rule of
#   thumb: the other head writes to the same logit. It raises {{ raised_by_other }} of the values
#   and lowers the rest. (Until November 2026 this page said that it raises most of them, which was
#   wrong.)
# * The default answers are described, not derived. Which value is named when nothing is found, and
#   why training should prefer it, is open.
# * Both OV circuits have negative diagonals beside the positive one: attending to a value also
#   lowers values about a range away. What that is good for was not tested.
# * Why training divides the values, and why into these ranges, is not explained.
# * Failing families are described, not all failing lists. What the proof leaves open, about as much
#   again as fails on random lists, was not gone through.
#
# The problem and the first solution are Callum McDougall's ([the problem](../)).
