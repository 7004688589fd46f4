# %% [markdown]
# # Sorted List: how it works
#
# **In short.** At every position of the sorted half, the two heads look for *the smallest
# value above the one they stand on*, and copy it. They share the work: each head copies
# only some ranges of values ({{ copied_ranges }}). At SEP, and only there, the position of
# the query itself points at small values. The model is right on {{ accuracy }} of
# predictions, and it nearly always fails on lists that this mechanism does not expect: only
# high values, or a wide gap.
#
# The claims behind this page, each measured on this checkpoint and on a control that should
# not satisfy it. Thresholds were fixed before the claims were first run; by then we had
# looked at attention patterns, OV diagonals and positional scores, but not at the rest.
# *Refuted* claims are explanations that one would think of and that turn out wrong.

# %% tags=["parameters"]
checkpoint, device = None, "cpu"

# %% tags=["hide-input"]
from math import comb

import torch
from IPython.display import display

from analyses import attribution, circuits, figures, interventions
from analyses.attention import attention_to, label_patterns, most_attended, patterns
from analyses.page import check, data, fact, record, table
from analyses.sorted_list import adversarial, describe, published, triples
from analyses.sorted_list import claims as stated
from models import load
from models.scoring import answer_log_probs, loss

problem = load("sorted_list", checkpoint, device)
task, labels = problem.task, problem.task.label_positions
heads = describe.head_names(problem)
lists = data(stated.evaluation(problem))

# %%
findings = check(stated.CLAIMS, problem)

# %% [markdown]
# ## 1. How good it is
#
# On fresh lists, none of them a training list or a reordering of one:

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

# %% [markdown]
# On {{ lists_scored }} lists the loss is {{ loss }} nats. The probability of the right answer
# has mean {{ probability_mean }}, median {{ probability_median }} and minimum
# {{ probability_min }}. Much of what is missing from 1 is caution: with all logits doubled,
# which changes no prediction, the loss would be {{ loss_doubled }} nats. The likely cause is
# weight decay, which keeps logits small even where the answer is certain; we did not train
# without it.
# The rest is a few real mistakes, which section 6 explains.

# %%
figures.histogram(
    {"predictions": probability.flatten()},
    start=0,
    stop=1,
    width=0.05,
    x_title="probability of the right answer",
    y_title="number of predictions",
    caption="How sure the model is of the right answer, over 500 lists of ten predictions.",
    alt="A histogram with nearly all of its mass in the last bin, just below 1, and a thin "
    "tail towards 0.",
)

# %% [markdown]
# ## 2. Where the heads look
#
# Ten lists to look through. Read a row from a token of the sorted half: the darkest cell
# in the unsorted half should stand under the next value, in at least one of the heads.

# %%
ten = lists[:10]
figures.attention(
    patterns(problem, ten),
    [[task.vocabulary[token] for token in row] for row in ten],
    heads,
    caption="Attention patterns of both heads on ten fresh lists. Choose a list; hover over a "
    "head to enlarge it and over a token to see what it attends to.",
    alt="Attention patterns, one square per head; from SEP on, each row has one or two dark "
    "cells in the unsorted half of the list, mostly at the next value in sorted order.",
)

# %% [markdown]
# How often exactly? We count a head as looking at the answer if the answer's token gets more
# of its attention than any other token.

# %%
many = lists[: stated.N_PATTERNS]
attention = label_patterns(problem, many)
answers = task.answers(many)
looks = most_attended(attention, many) == answers.unsqueeze(1)
record("sep_finds_smallest", looks[:, :, 0].any(dim=1).double().mean(), "share", digits=1)
record("value_finds_next", looks[:, :, 1:].any(dim=1).double().mean(), "share", digits=1)
record("both_find", looks.all(dim=1).double().mean(), "share", digits=1)
shares = looks.double().mean(dim=0)
table(
    ["looks at the answer", "SEP", *(f"b{i}" for i in range(1, task.list_length))],
    [[f"head {name}", *(f"{share:.0%}" for share in row)] for name, row in zip(heads, shares)]
    + [["some head", *(f"{share:.0%}" for share in looks.any(dim=1).double().mean(dim=0))]],
    caption=f"By position of the query, over {len(many):,} lists",
)

# %% [markdown]
# From SEP, some head looks at the smallest value in {{ sep_finds_smallest }} of lists; from a
# sorted value, some head looks at the next one in {{ value_finds_next }} of cases. Both do so
# at once in {{ both_find }}. Which one does depends on the value that is to be found:

# %%
values = range(task.max_value + 1)
figures.bars(
    {
        f"head {name}": describe.by_answer(looks[:, number], answers, values)
        for number, name in enumerate(heads)
    },
    x=list(values),
    x_title="right answer",
    y_title="share of cases",
    caption="How often each head looks at the right answer, by that answer. Where one head "
    "fails the other succeeds.",
    alt="Bars for 51 values and two heads. The heads take turns: ranges of values in which one "
    "head nearly always looks at the answer are those in which the other rarely does.",
)

# %% [markdown]
# ## 3. Neither head can be spared
#
# Mean ablation: what a head writes is replaced by its mean over all lists, position by
# position, so that it no longer depends on the list.

# %%
base = loss(task, problem.logits(many), many)
costs = [
    float(loss(task, interventions.mean_ablate_head(problem, many, head), many) - base)
    for head in range(len(heads))
]
for number, name in enumerate(heads):
    record(f"ablation_{name.replace('.', '_')}", costs[number], "nats")
fact("dearest_head", f"head {heads[costs.index(max(costs))]}")
record("ablation_most", max(costs), "nats")
record("ablation_least", min(costs), "nats")

# %% [markdown]
# The loss rises by {{ ablation_most }} nats without {{ dearest_head }}, and by
# {{ ablation_least }} without the other. In the published model the heads share the work in
# other proportions (the table in section 9).
#
# ## 4. Who copies what
#
# The full OV circuit $W_E W_V W_O W_U$ says what a head adds to each logit for a unit of
# attention to a token. A copying head has a positive diagonal.

# %%
scales = stated.scales(problem)
n_values = task.max_value + 1
ov = circuits.full_ov(problem, scales)[:, :n_values, :n_values]
fact("copied_ranges", describe.copied_ranges(problem, ov))
record("values_copied", findings["every_value_copied"].value, "share", digits=0)
record("head_changes", findings["ranges_divided"].value, "", digits=0)
figures.heatmaps(
    {f"head {name}": ov[number] for number, name in enumerate(heads)},
    scale="signed",
    unit="logits",
    x_title="prediction",
    y_title="source token",
    height=400,
    caption="Full OV circuits: what attending to a source token adds to each logit. "
    "Positional embeddings are left out, LayerNorm is set to its typical scale.",
    alt="Two square matrices. Each has a strong positive diagonal that is broken into pieces; "
    "where the diagonal of one head is missing, the other has it.",
)

# %% [markdown]
# The diagonals are broken, and the pieces fit together: {{ copied_ranges }} (the head with the
# larger diagonal entry). Going through the values from 0 to 50, the copying head changes
# only {{ head_changes }} times. In {{ values_copied }} of the values, attending to the value
# raises that value's logit above all others in at least one head.

# %%
diagonals = ov.diagonal(dim1=1, dim2=2)
figures.lines(
    {f"head {name}": diagonals[number] for number, name in enumerate(heads)},
    x=list(values),
    x_title="value",
    y_title="logits for a unit of attention",
    caption="The diagonals of the two full OV circuits: how strongly each head copies a value.",
    alt="Two curves that mirror each other: where one is high the other is near or below zero.",
)

# %% [markdown]
# The full QK circuit $W_E W_Q W_K^\top W_E^\top / \sqrt{d_\text{head}}$ says which tokens a
# token looks for.

# %%
qk = circuits.full_qk(problem, scales)[:, :n_values, :n_values]
record("prefers_above", findings["above_before_below"].value, "share", digits=0)
record(
    "prefers_above_in_other",
    stated.prefers_above_to_below(problem, other=True).value,
    "share",
    digits=0,
)
record("prefers_near", findings["near_before_far"].value, "share", digits=0)
record("orders_above", stated.orders_above(problem).value, "share", digits=0)
record("orders_above_in_other", stated.orders_above(problem, other=True).value, "share", digits=0)
figures.heatmaps(
    {f"head {name}": qk[number] for number, name in enumerate(heads)},
    scale="signed",
    unit="score",
    x_title="key token",
    y_title="query token",
    height=400,
    caption="Full QK circuits: attention scores before softmax, by token alone. Scores rise "
    "around the place where the key passes the query.",
    alt="Two square matrices with an edge along the diagonal: left of it, where keys are smaller "
    "than the query, scores are mostly low; right of it they are mostly high.",
)

# %% [markdown]
# In {{ prefers_above }} of the values, the head that copies the next value scores the three
# values just above higher than the three just below, and in {{ prefers_near }} higher than
# everything ten or more above. The other head looks upwards as well: above before below in
# {{ prefers_above_in_other }}. What it lacks is order. Among the ten values above the query,
# the head that copies the next value scores the smaller of two higher in {{ orders_above }} of
# pairs, the other head in {{ orders_above_in_other }}, hardly better than a coin. Two rows, one
# from the middle and one above 35:

# %%
for query in (task.max_value // 2, 40):
    display(
        figures.lines(
            {f"head {name}": qk[number, query] for number, name in enumerate(heads)},
            x=list(values),
            x_title="key token",
            y_title=f"attention score from {query}",
            vertical={str(query): query},
            caption=f"What the value {query} looks for, by token alone.",
            alt=f"Two curves of scores over key tokens; around {query} they rise steeply to a "
            "maximum a little above it, each in the range that its head copies.",
        )
    )

# %% [markdown]
# The rows are not the tidy staircases that one would draw: scores rise well before the query,
# and there are hills far from it.
#
# ## 5. Why large values do not look at 0
#
# 0 is what SEP has to find whenever it is there, and no later query may look at it. Does the
# token of the query see to that? We ask each head and each value in the upper half whether
# it scores 0 above the mean of the other values below it, where nothing is to be found. Then
# the position of the last query is added.

# %%
by_position = circuits.position_qk(problem, scales)[:, labels, :n_values]
words = ["SEP", *(f"b{i}" for i in range(1, task.list_length))]
large = range(task.max_value // 2 + 1, task.max_value)
by_token = describe.zero_above_rest(qk, large)
placed = describe.zero_above_rest(qk + by_position[:, -1:], large)
record("zero_stands_out", (by_token > 0).double().mean(), "share", digits=0)
record("zero_stands_out_by", by_token.mean(), "score", digits=2)
record("zero_stands_out_placed", (placed > 0).double().mean(), "share", digits=0)
record("zero_stands_out_placed_by", placed.mean(), "score", digits=2)
record("zero_at_sep", findings["position_starts_at_zero"].value, "score", digits=2)
record("zero_after_sep", findings["position_shuns_zero"].value, "score", digits=2)
zero_in = many[(many[:, : task.list_length] == 0).any(dim=1)]
to_zero = attention_to(
    label_patterns(problem, zero_in), zero_in, torch.zeros_like(task.answers(zero_in))
)
record("attention_zero_from_sep", to_zero[:, :, 0].amax(dim=1).mean(), "share", digits=0)
record("attention_zero_from_last", to_zero[:, :, -1].amax(dim=1).mean(), "share", digits=1)
figures.heatmaps(
    {f"head {name}": by_position[number] for number, name in enumerate(heads)},
    scale="signed",
    unit="score",
    x_title="key token",
    y_title="query at",
    y_labels=words,
    height=340,
    caption="The part of the attention score that the query's position decides. SEP favours "
    "small values; every later position pushes 0 away.",
    alt="Two matrices of ten rows. The first row, SEP, is positive at small values and negative "
    "at large ones; in the rows below, the column of 0 is strongly negative.",
)

# %% [markdown]
# By token alone 0 is neither sought nor avoided: it scores above the others in
# {{ zero_stands_out }} of cases, on average {{ zero_stands_out_by }}. With the position of the
# last query added it does so in {{ zero_stands_out_placed }}, and the average is
# {{ zero_stands_out_placed_by }}. Position does it.
#
# At SEP, position favours 0 over the mean of the other values by at least {{ zero_at_sep }}
# (score, before softmax); at every later position and in both heads 0 is {{ zero_after_sep }}
# or further below it. In lists that hold 0, the head that attends to it most pays it
# {{ attention_zero_from_sep }} of its attention from SEP and {{ attention_zero_from_last }}
# from the last query.
#
# ## 6. Lists that break it
#
# If heads know where to look only from what usually comes next, unusual lists should break
# them. Three families, and random lists:

# %%
scores = {name: stated.family(problem, name) for name in adversarial.FAMILIES}
for name, score in scores.items():
    record(f"fails_{name}", score.fails().double().mean(), "share", digits=2)
record("lists_per_family", stated.N_FAMILY, "", digits=0)
figures.bars(
    {"lists with a wrong prediction": [float(s.fails().double().mean()) for s in scores.values()]},
    x=list(scores),
    x_title="family of lists",
    y_title="share of lists",
    height=300,
    caption=f"How often lists fail. high: all values from {adversarial.HIGH} up; gap: no value "
    f"in the middle {adversarial.GAP}; neighbours: ten values in a row.",
    alt="Four bars: random lists hardly ever fail, lists of neighbours sometimes, lists of high "
    "values mostly, lists with a gap nearly always.",
)

# %% [markdown]
# Of {{ lists_per_family }} lists each, {{ fails_random }} of the random ones fail,
# {{ fails_high }} of those with high values only, {{ fails_gap }} of those with a gap, and
# {{ fails_neighbours }} of the rows of neighbours. Two failing lists of each, the first that
# come up:

# %%
for name in adversarial.FAMILIES:
    failing = stated.family_lists(problem, name)[scores[name].fails().cpu()]
    table(
        ["list, sorted", "first mistake", "right answer", "wrong of ten"],
        describe.mistakes(problem, failing[:2]),
        caption=f"Failing lists: {name}",
    )
    where = adversarial.wrong_places(problem, failing)
    record(f"sep_wrong_{name}", where.at_sep, "share", digits=1)
    record(f"widest_gap_wrong_{name}", where.at_widest_gap, "share", digits=1)

# %%
sep_scores = circuits.full_qk(problem, scales)[:, task.sep, :n_values] + by_position[:, 0]
record(
    "sep_orders_low", describe.descending_pairs(sep_scores[:, : n_values // 2]), "share", digits=0
)
record(
    "sep_orders_high",
    describe.descending_pairs(sep_scores[:, adversarial.HIGH :]),
    "share",
    digits=0,
)
gap_lists = stated.family_lists(problem, "gap").to(problem.device)
everything = comb(n_values, task.list_length)
high_only = comb(n_values - adversarial.HIGH, task.list_length)
record("high_from", adversarial.HIGH, "", digits=0)
record("high_one_in", everything / high_only, "", digits=0)
gap_looks = adversarial.looks_across_gap(problem, gap_lists)
record("gap_looks_across", gap_looks, "share", digits=0)

# %% [markdown]
# Of the failing lists of high values, {{ sep_wrong_high }} go wrong at SEP. SEP, token and
# position together, has to score every smaller value above every larger one. In the better
# of the two heads it does so for {{ sep_orders_low }} of the pairs among the lower half of
# the values, but only for {{ sep_orders_high }} of the pairs from {{ high_from }} up. Training
# hardly ever asks for more: one random list in {{ high_one_in }} has no value below
# {{ high_from }}.
#
# Of the failing lists with a gap, {{ widest_gap_wrong_gap }} go wrong first just before their
# widest gap. There, some head looks at the value beyond the gap in only
# {{ gap_looks_across }} of the lists.
#
# **Your own lists** go in as they are; nothing else is needed:

# %%
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
# **The worst lists.** A search climbs from random lists, changing one value or swapping two
# places at a time and keeping what raises the loss.

# %%
generator = torch.Generator().manual_seed(stated.SEED)
found = adversarial.search(problem, chains=64, steps=250, generator=generator)
chance = adversarial.score(problem, task.sample(len(found.loss) * len(found.best_loss), generator))
record("climbs", len(found.loss), "", digits=0)
record("random_tried", len(chance.loss), "", digits=0)
record("worst_found", found.loss.max(), "nats", digits=2, tolerance=0.05)
record("worst_random", chance.loss.max(), "nats", digits=2, tolerance=0.05)
record("search_fails", (found.wrong > 0).double().mean(), "share", digits=0, tolerance=0.05)
table(
    ["list, sorted", "first mistake", "right answer", "wrong of ten"],
    describe.mistakes(problem, adversarial.distinct(task, found.tokens)[:5]),
    caption="The five worst lists found, by loss",
)

# %% [markdown]
# {{ search_fails }} of {{ climbs }} climbs end at a list that fails. The worst has a loss of
# {{ worst_found }} nats, mean over its ten predictions; the worst of {{ random_tried }} random
# lists, as many as the search tried, has {{ worst_random }}.
#
# ## 7. The puzzle of d, d + 1, d + 2
#
# When a list holds three neighbours d, y = d + 1 and z = d + 2, the head that matters at d
# often attends *more to z than to y*. It copies what it attends to; yet the model says y.
# We took random lists around every triple, from 0, 1, 2 to 48, 49, 50.

# %%
sampled = stated.sampled_triples(problem)
effects = triples.effects(problem, sampled)
puzzling = effects.puzzling_only()
record("triples", len(sampled.d), "", digits=0)
record("triples_puzzling", effects.puzzling().double().mean(), "share", digits=0)
record("triples_right", puzzling.correct.double().mean(), "share", digits=1)

# %% [markdown]
# In {{ triples_puzzling }} of {{ triples }} lists, the head that attends most to the two
# prefers z; of those, the model gets {{ triples_right }} right. Three explanations.
#
# **The other head suppresses z.** If so, it would lower the logit of z.

# %%
other = puzzling.other_head()
record("other_lowers_z", (other[:, 1] < 0).double().mean(), "share", digits=0)
record("other_difference", (other[:, 0] - other[:, 1]).mean(), "logits", digits=2)

# %% [markdown]
# It does so in {{ other_lowers_z }} of these lists, which is no better than a coin. On average
# it favours y by {{ other_difference }} logits all the same: it helps, but not by
# suppressing. *Refuted.*
#
# **The direct path.** $W_E W_U$ takes the token d straight to the logits, and might add more
# to d + 1 than to d + 2. If that decided the matter, the model would go wrong without it.

# %%
gap = puzzling.direct[:, 0] - puzzling.direct[:, 1]
record("direct_favours_y", (gap > 0).double().mean(), "share", digits=0)
record("direct_difference", gap.mean(), "logits", digits=2)
record("right_without_direct", findings["direct_path_decides"].value, "share", digits=0)
ablated = interventions.ablate_direct_path(problem, many)
record("direct_ablation", loss(task, ablated, many) - base, "nats")

# %% [markdown]
# The direct path favours y in {{ direct_favours_y }} of these lists, by
# {{ direct_difference }} logits on average. But with the path mean ablated the model still
# answers y in {{ right_without_direct }} of them. *Refuted* as the explanation; in our model
# it is a real help, though: without it the loss on random lists rises by
# {{ direct_ablation }} nats, and some of the triples are lost.
#
# **What y and z write, added up.** Attending to z does not only raise z. Split the logits of
# y and z by the source token they come from, over both heads, on four lists:

# %%
picked = task.encode(
    [
        [23, 24, 25, 3, 44, 12, 36, 8, 49, 30],
        [5, 14, 15, 16, 40, 22, 33, 47, 1, 28],
        [37, 9, 36, 20, 2, 38, 45, 13, 27, 31],
        [41, 7, 29, 0, 27, 18, 28, 35, 11, 50],
    ]
)
four = triples.locate(task, picked, torch.tensor([23, 14, 36, 27])).to(problem.device)
table(
    ["d, y, z", "attention y / z", "y to y", "z to y", "y to z", "z to z", "sum y / z", "says"],
    describe.triple_rows(four, triples.effects(problem, four)),
    caption="Attention of the strongest head; logits from source y or z to prediction y or z, "
    "over both heads",
)

# %%
moved = effects.moved.sum(dim=1)
to_y, to_z = (
    torch.stack([moved[sampled.d == d][:, :, p].sum(1).mean() for d in range(n_values - 2)])
    for p in (0, 1)
)
both = puzzling.moved.sum(dim=1)
record("y_to_y", both[:, 0, 0].mean(), "logits", digits=2)
record("z_to_y", both[:, 1, 0].mean(), "logits", digits=2)
record("y_to_z", both[:, 0, 1].mean(), "logits", digits=2)
record("z_to_z", both[:, 1, 1].mean(), "logits", digits=2)
fact("z_wins_at", describe.ranges((to_z > to_y).nonzero().flatten().tolist()) or "no d")
lower, upper = describe.neighbours_raised(ov)
record("ov_lower_neighbour", lower, "logits", digits=2)
record("ov_upper_neighbour", upper, "logits", digits=2)
record("sources_favour_y", findings["sources_favour_next"].value, "share", digits=0)
figures.lines(
    {"to y = d + 1": to_y, "to z = d + 2": to_z},
    x=list(range(n_values - 2)),
    x_title="d",
    y_title="logits from sources y and z",
    caption="What the two sources y and z together add to the logits of y and z, over both "
    "heads; mean over 40 lists for every d.",
    alt="Two curves over d; the curve for y lies above that for z but for few values of d.",
)

# %% [markdown]
# Over all puzzling lists, the source y adds {{ y_to_y }} logits to y and {{ y_to_z }} to z; the
# source z adds {{ z_to_z }} to z, *and {{ z_to_y }} to y*. What a head loses by attending to z
# it partly gives back: in the full OV circuit of the head that copies it, a value adds
# {{ ov_lower_neighbour }} logits (mean over values) to its lower neighbour, and
# {{ ov_upper_neighbour }} to its upper one. Summed over both sources, y wins in
# {{ sources_favour_y }} of the lists; on average over the lists of one d, z wins only at
# d = {{ z_wins_at }}. This is the accepted explanation, and it holds here as it does in the
# published model. In the remaining lists, the direct path and the other sources must decide,
# since everything adds up:
#
# ## 8. It all adds up
#
# Direct path, heads and biases, each divided by the LayerNorm scale of the whole, are the
# model's logits: nothing is hidden between the parts that this page looked at.

# %%
parts = attribution.direct_logit_attribution(problem, sample)
record(
    "attribution_error", (parts.total() - logits).abs().max(), "logits", digits=5, tolerance=5e-5
)
share_of = describe.margin_by_part(parts, sample, task)
figures.bars(
    dict(zip(["direct path", *(f"head {name}" for name in heads)], share_of)),
    x=words,
    x_title="predicted at",
    y_title="logits",
    caption="What each part adds to the logit of the right answer, relative to the mean logit, "
    "by position; mean over 500 lists.",
    alt="Grouped bars by position; the two heads give nearly all, the direct path a little.",
)

# %% [markdown]
# The largest difference between the sum of the parts and the model's logits, over all these
# lists, is {{ attribution_error }} logits.
#
# ## 9. Published and ours
#
# The published figures belong to another checkpoint of the same task, with another seed and
# recipe; they are quoted for comparison and were not recomputed. Only figures whose source
# we could check are quoted.

# %%
quoted = published.ABLATION_COST
rows = [
    [
        f"loss without head {name} (increase)",
        f"{quoted[i]:.3f}" if i in quoted else "not quoted",
        f"{cost:.3f}",
        "nats",
    ]
    for i, (name, cost) in enumerate(zip(heads, costs))
]
ours = [
    ("loss", f"{loss(task, logits, sample):.3f}", "nats"),
    ("mean probability of the right answer", f"{probability.mean():.3f}", ""),
    ("median probability", f"{probability.median():.3f}", ""),
    ("min probability", f"{probability.min():.4f}", ""),
]
table(
    ["number", "published checkpoint", "our checkpoint", "unit"],
    [[name, "not quoted", value, unit] for name, value, unit in ours] + rows,
    caption=f"Published: {published.SOURCE}",
)

# %% [markdown]
# ## 10. Limits
#
# * The circuits are read with LayerNorm at its typical scale; its variation is left out of
#   the matrices, though not of the attributions, which are exact.
# * *Looks at the answer* counts the largest attention only. In the rest of the cases the
#   answer comes from several tokens that are attended to at once, as in the puzzle.
# * Both OV circuits have negative diagonals beside the positive one: attending to a value
#   also lowers values about a range away. What that is good for was not tested.
# * Why training divides the values as it does, and why into these ranges, is not explained.
# * Failing families are described, not all failing lists: no bound covers every list.
#
# The problem and the first solution are Callum McDougall's ([the problem](../)).
