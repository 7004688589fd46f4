# %% [markdown]
# # Palindromes: how it works
#
# **In short.** Head {{ comparer }} compares. From each position of the second half it looks for its
# own value at the mirrored position. If it finds it there, it looks there
# ({{ mirror_equal }} of its attention, by place); if not, mostly elsewhere ({{ mirror_differs }}),
# and what it then writes is different. Both heads of layer 1 look from END for that difference:
# where a pair differs, END looks there, and moves from there that the answer is no. It takes both
# steps. With the *keys* of layer 1 as they would be, END looks at the right place and finds little
# to move ({{ keys_alone }} of the effect); with the *values*, the news is there and END does not
# look ({{ values_alone }}); with both, {{ keys_and_values }}.
#
# **What fools it.** Each comparison is a softmax and not a test: some pairs of values look alike to
# it. Palindromes with a single pair changed are rare in training ({{ one_pair_trained }} of the
# sequences that are none), and of these changes {{ fooled_mean }} go unnoticed, between
# {{ fooled_least }} and {{ fooled_most }} by place. The model that was published as blind at two
# places is another checkpoint; this one is blind at none. Trained on near-palindromes, the same
# architecture misses far fewer, and works in another way.
#
# Each claim was measured on this checkpoint and on controls that should fail it; a *refuted* claim
# is an explanation that one might expect, or that was published of another checkpoint, and that
# does not hold of this one. Thresholds were committed before they were measured on it;
# [section 13](#13-limits) lists the exceptions.

# %% tags=["parameters"]
checkpoint, device = None, "cpu"

# %% tags=["hide-input"]
import torch

from analyses.evidence.explanations import Trial
from analyses.instruments.interventions import head_ablations
from analyses.palindromes import (
    bounds,
    changes,
    comparing,
    describe,
    hardest,
    near,
    published,
    samples,
    telling,
)
from analyses.palindromes import claims as stated
from analyses.palindromes.explanations import EXPLANATIONS
from analyses.palindromes.measured import measured
from analyses.write_ups import figures
from analyses.write_ups.live import live
from analyses.write_ups.numerals import listed, percent, scientific
from analyses.write_ups.page import check, compete, data, fact, record, table
from models import load
from models.palindromes.task import YES
from models.scoring import answer_log_probs
from models.training import training_sequences

problem = load("palindromes", checkpoint, device)
task, places = problem.task, list(problem.task.places)
sequences = data(samples.evaluation(problem))

# %%
findings = check(stated.CLAIMS, problem)

# %% [markdown]
# ## 1. How good it is
#
# On fresh sequences of the kind that it was trained on, none of which is a training sequence:

# %%
compares, readers = comparing.comparer(problem), telling.readers(problem)
fact("comparer", str(compares))
fact("first_reader", str(readers[0]))
fact("second_reader", str(readers[1]))
logits = problem.logits(sequences)
log_probs = answer_log_probs(task, logits, sequences)
trained = task.differs(training_sequences(task, problem.card.training)).sum(dim=1)
above = changes.yes_above_no(logits)
record("sequences", len(sequences), "", digits=0)
record("accuracy", findings["accurate"].value, "share", digits=2)
record("loss", -log_probs.mean(), "nats", digits=4)
record("probability_min", log_probs.exp().min(), "", digits=5)
record("difference_yes", above[task.answers(sequences)[:, 0] == YES].mean(), "logits", digits=1)
record("difference_no", -above[task.answers(sequences)[:, 0] != YES].mean(), "logits", digits=1)
record("one_pair_trained", (trained == 1).sum() / (trained > 0).sum(), "share", digits=1)
record("two_changes", findings["two_changes_seen"].value, "share", digits=1)

# %% [markdown]
# Of {{ sequences }} sequences it answers {{ accuracy }} correctly, at a loss of {{ loss }} nats. It
# is very sure: the logit of the right answer leads by {{ difference_yes }} on average in
# palindromes and by {{ difference_no }} in others, and where it is wrong, it is sure too (the
# smallest probability of a right answer is {{ probability_min }}). But these sequences are mostly
# easy: one that is no palindrome differs in some five of its ten pairs. The published text says
# that training data have many with a single change; it is {{ one_pair_trained }} of those that are
# none. With two pairs changed, {{ two_changes }} are still answered correctly.
#
# ## 2. Where values are compared
#
# A position sees only what stands before it, so a pair can be compared at its second position, one
# of the *places* 11 to 20, or behind. Attention of all heads on a palindrome, and on the same with
# one value changed; a row is a query, the position that reads, a column a key, a position that it
# reads. The place of the change and its mirror are circled.

# %%
palindromes = samples.palindromes(problem)
changed = samples.changed_at(problem, places[3])
two = torch.cat([palindromes[:1], changed[:1]])
figures.attention_of(
    problem,
    two,
    marks=[[(places[3], task.mirror(places[3]))]] * 2,
    marked="the changed place and its mirror",
    caption="Attention of all four heads on a palindrome (1) and on the same with the value at "
    "position 14 changed (2): a row for each query, a column for each key.",
    alt=f"In head {compares} the lower half of the square has an anti-diagonal, from the centre "
    "to the lower left corner; in the changed sequence one of its cells is empty. In both heads of "
    "layer 1 the last row is spread out in the palindrome, and in the changed sequence nearly all "
    "of it lies on the changed place.",
)

# %%
seen = comparing.seen(problem, compares)
paid = {
    "to the mirror, equal": comparing.where(seen.looks.mirror, ~seen.differs),
    "to the mirror, pair differs": comparing.where(seen.looks.mirror, seen.differs),
    "to itself, pair differs": comparing.where(seen.looks.itself, seen.differs),
    "to START, pair differs": comparing.where(seen.looks.start, seen.differs),
}
fact("mirror_equal", describe.span(paid["to the mirror, equal"]))
fact("mirror_differs", describe.span(paid["to the mirror, pair differs"]))
fact("itself_differs", describe.span(paid["to itself, pair differs"]))
record("least_mirror", findings["looks_at_mirror"].value, "", digits=2)
record("least_itself", findings["looks_at_itself"].value, "", digits=2)
low = paid["to itself, pair differs"] < 0.5
fact("elsewhere", listed([place for place, less in zip(places, low) if less]))
figures.lines(
    {name: values.cpu() for name, values in paid.items()},
    x=places,
    x_title="place",
    y_title="attention",
    caption=f"What head {compares} pays from each place, by whether the pair differs; mean over "
    "fresh sequences that are no palindromes.",
    alt="Four curves over the places 11 to 20. Attention to an equal mirror is high everywhere; to "
    "one that differs it is low; to the place itself, where the pair differs, it is high but for "
    "two dips, and there attention to START rises.",
)

# %% [markdown]
# On the anti-diagonal of head {{ comparer }}, each place looks at its mirror, with
# {{ mirror_equal }} of its attention if the pair is equal, and {{ mirror_differs }} if it differs;
# then it looks mostly at itself ({{ itself_differs }}). That the head looks at itself was published
# for every place, of another checkpoint. Here it is less than half at {{ elsewhere }}, where START
# gets much of the rest. What the other head of layer 0 does hardly matters
# ([section 6](#6-ablations)).
#
# ## 3. Place and content
#
# A score is a product of a query and a key, each the sum of a token and a position. So it has four
# parts, and two of them do the work. *Token with token* says whether values are equal: in the first
# map a row is the value at place 14, a column the value at its mirror. *Position with position*
# says where to look: in the second map a row is a place, a column a position.

# %%
parts = comparing.parts(problem, compares)
worst = int(stated.fooled_by_place(problem).argmax())
record("tokens_match", findings["tokens_match"].value, "share", digits=1)
record("positions_mirror", findings["positions_mirror"].n, "", digits=0)
fact("positions_verdict", "all" if findings["positions_mirror"].value == 1 else "not all")
lead = parts.lead()
record("lead_median", lead.median(), "", digits=1)
record("lead_min", lead.min(), "", digits=1)
figures.heatmaps(
    {"place 14": parts.tokens[3].cpu()},
    scale="signed",
    unit="score",
    x_title="value at the mirror",
    y_title="value at place 14",
    caption="Token part of the scores that place 14 gives to its mirror, by the two values.",
    alt="A square map with a strong positive diagonal and, beside it, a faint pattern: some pairs "
    "of different values have positive scores as well.",
)

# %%
figures.heatmaps(
    {"": parts.positions[:, 1:].nan_to_num(neginf=0.0).cpu()},
    scale="signed",
    unit="score",
    x_title="position of the key",
    y_title="place",
    x_labels=[str(position) for position in range(1, places[-1] + 1)],
    y_labels=[str(place) for place in places],
    caption="Position part of the scores, mean over values. Keys behind the query are left empty.",
    alt="Ten rows; in each, one cell is by far the largest, and these cells form an anti-diagonal: "
    "position 10 for place 11 down to position 1 for place 20.",
)

# %% [markdown]
# By positions alone, the mirror gets the largest score of all positions at {{ positions_verdict }}
# {{ positions_mirror }} places. By tokens alone, a value gets the largest score from itself for {{
# tokens_match }} of values and places; its lead over the next best value is {{ lead_median }} in
# the median, and {{ lead_min }} at worst, where another value leads. A score that leads by 1 gets
# $e$ times the attention, so a lead this small is no test of equality. And these are the parts of
# one pair: twenty other keys get some attention as well.
#
# ## 4. What is written where a pair differs
#
# What head {{ comparer }} writes at a place, mean over sequences in which the pair differs less
# mean over those in which it does not, is a direction for each place. Are they the same?

# %%
directions = telling.directions(problem, compares, sequences)
record("alike", findings["one_direction"].value, "", digits=2)
record("alike_high", findings["one_direction"].controls[0].value, "", digits=2)
fact("alike_claimed", f"{findings['one_direction'].threshold:g}")
figures.heatmaps(
    {"": telling.alike(directions).cpu()},
    scale="signed",
    unit="cosine",
    x_title="place",
    y_title="place",
    x_labels=[str(place) for place in places],
    y_labels=[str(place) for place in places],
    caption="Cosines between what is written more, at two places, where the pair differs.",
    alt="A square of ten by ten cells, all positive, one on the diagonal and mostly above one half "
    "beside it.",
)

# %% [markdown]
# They are alike, with a mean cosine of {{ alike }}, and not one and the same (we had claimed {{
# alike_claimed }}). Nor does that say much by itself: the head has one OV circuit for all places,
# and what it writes more where the value is *large* is even more alike ({{ alike_high }}). What
# counts is what reads it.
#
# ## 5. What END reads
#
# Where a single pair differs, how much of END's attention goes there?

# %%
change, equal = telling.paid_to_change(problem), telling.paid_when_equal(problem)
record("read_least", findings["every_place_read"].value, "", digits=2)
record("shared_out", findings["published_shares"].value, "share", digits=0)
record("read_most_equal", equal.max(), "", digits=2)
record("at_start", telling.from_end(problem, palindromes)[:, 1, 0].mean(), "", digits=2)
record("most_at_difference", findings["end_looks_at_differences"].value, "share", digits=1)
record("meets", findings["end_asks_for_it"].value, "", digits=2)
record("moved_from", findings["moved_from_change"].value, "share", digits=0)
figures.lines(
    {f"head {head}, pair differs": change[:, head.number].cpu() for head in readers}
    | {f"head {head}, palindrome": equal[:, head.number].cpu() for head in readers},
    x=places,
    x_title="place",
    y_title="attention from END",
    caption="What END pays to a place that alone differs, and to the same place in the palindrome, "
    "in both heads of layer 1.",
    alt="Two curves between one half and one, for a pair that differs; they dip at different "
    "places. Two curves near zero for palindromes, of which that of head "
    f"{readers[0]} rises at 17 and 20.",
)

# %% [markdown]
# Both heads look there: at every place, each pays it at least {{ read_least }}, and in the
# palindrome none more than {{ read_most_equal }}. (Head {{ second_reader }} then rests on START,
# with {{ at_start }}.) Where several pairs differ, END looks most at one of them in {{
# most_at_difference }} of sequences. The published checkpoint shares places out, one head for most
# and the other for one; this one does not. It looks there because END's query meets the key of what
# is written where a pair differs (cosine {{ meets }} or more, in 14 dimensions). And what it moves
# from that one place is {{ moved_from }} of what layer 1 takes off the answer yes. The rest is a
# change of what it moves from elsewhere.
#
# ## 6. Ablations
#
# How much of the logit difference, right answer less wrong, is left without a head? Mean ablation
# puts the head's mean output in its place, zero ablation nothing; the third column has what it
# writes on average in palindromes.

# %%
record("left_compare", findings["comparer_needed"].value, "share", digits=0)
record("left_other", findings["other_spare"].value, "share", digits=0)
record("left_needed", findings["one_reader_needed"].value, "share", digits=0)
record("left_spare", findings["one_reader_spare"].value, "share", digits=0)
record("zero_astray", findings["zero_misleads"].value, "share", digits=0)
record("either", findings["either_suffices"].value, "share", digits=1)
record("neither", findings["either_suffices"].controls[0].value, "share", digits=1)
says = [describe.said(problem, kind) for kind in (palindromes, samples.others(problem))]
record("first_yes", says[0][0], "logits", digits=1)
record("second_yes", says[0][1], "logits", digits=1)
record("first_no", -says[1][0], "logits", digits=1)
record("second_no", -says[1][1], "logits", digits=1)
table(
    ["without", "mean", "zero", "as in palindromes", "published, mean"],
    describe.ablation_rows(problem),
    caption="The part of the logit difference that is left, over "
    f"{len(sequences):,} fresh sequences. Published: {published.SOURCE}",
)

# %% [markdown]
# Without head {{ comparer }} nothing is left, and without the other head of layer 0 nearly all. Of
# layer 1, the published checkpoint needs one head and can spare the other; of this one, neither
# statement holds: mean ablation leaves {{ left_needed }} and {{ left_spare }}.
#
# But that needs a second look. In palindromes, where they find nothing, heads {{ first_reader }}
# and {{ second_reader }} add {{ first_yes }} and {{ second_yes }} to *yes*; in other sequences they
# take {{ first_no }} and {{ second_no }} off it. Both say so at every place, so one of them is
# enough to turn the answer to no. A head's *mean* says no halfway, and palindromes turn wrong.
# *Zero* happens to be near what it says in palindromes, so that zero ablation hides that it does
# anything (for one head, the two are {{ zero_astray }} of the logit difference apart). Neither asks
# what one wants to know. With either head saying what it says in palindromes, {{ either }} of
# answers or more are right; with both doing so, {{ neither }}, which is the share of palindromes.
#
# ## 7. From one layer to the next
#
# Composition measures from the weights alone how much of what one head writes another reads, as
# queries, as keys or as values. Random matrices of the same shapes do not come to zero, so what
# counts is what stands above them.

# %%
record("k_over_random", findings["k_composed"].value, "", digits=1)
table(
    ["heads", "Q-composition", "K-composition", "V-composition"],
    describe.composition_rows(problem),
    caption="Composition of the heads of layer 0 with those of layer 1, and of random heads",
)

# %% [markdown]
# Head {{ comparer }} is composed with both by keys and by values, and not by queries. To see what
# this carries, take a palindrome and let head {{ comparer }}'s output reach layer 1's queries, keys
# or values as it is in the same sequence with one value changed, everything else as in the
# palindrome (path patching).

# %%
record("keys_alone", findings["neither_alone"].value, "share", digits=0)
record("queries_alone", findings["not_by_queries"].value, "share", digits=0)
record("values_alone", stated.carried(problem, compares, "V").value, "share", digits=0)
record("keys_and_values", findings["by_keys_and_values"].value, "share", digits=0)
table(
    ["by layer 1's", f"from head {compares}", f"from head {telling.other_comparer(problem)}"],
    describe.path_rows(problem),
    caption="The part of what a single change takes off the logit difference that it takes on each "
    "way",
)

# %% [markdown]
# Keys by themselves carry {{ keys_alone }}, values {{ values_alone }}, both together {{
# keys_and_values }}. That is no sum, and it is what the mechanism needs: a place has to be looked
# at *and* to have something to say.
#
# ## 8. What fools it
#
# All single changes: at each of the ten places each of the 31 values, changed to each of the 30
# others, in {{ contexts }} palindromes. (A change at a place and one at its mirror give the same
# sequences.)

# %%
single = changes.single_changes(problem)
by_place = stated.fooled_by_place(problem)
other = near.trained(problem)
by_place_near = stated.fooled_by_place(other)
record("contexts", len(single.margin), "", digits=0)
record("fooled_at_worst", findings["blind_place"].value, "share", digits=1)
record("sequences_changed", findings["told_apart"].n, "", digits=0)
record("told_apart", findings["told_apart"].value, "share", digits=1)
record("cases", single.margin[0].numel(), "", digits=0)
record("fooled_mean", by_place.mean(), "share", digits=1)
record("fooled_least", by_place.min(), "share", digits=1)
record("fooled_most", by_place.max(), "share", digits=1)
fact("weakest", listed([places[int(i)] for i in by_place.topk(2).indices.sort().values]))
always = (single.margin < 0).all(dim=0)
never = (single.margin > 0).all(dim=0)
record("always", always.sum(), "", digits=0)
record("never", never.double().mean(), "share", digits=0)
record("in_a_tenth", findings["few_cases"].value, "share", digits=0)
record("in_a_tenth_exchanged", findings["few_cases"].controls[0].value, "share", digits=0)
record("with_attention", findings["weak_where_little_read"].value, "", digits=2)
figures.bars(
    {"this model": by_place.cpu(), "trained on near-palindromes": by_place_near.cpu()},
    x=places,
    x_title="place of the only change",
    y_title="share of changes that go unnoticed",
    caption="How often a single change fools the model, by place; and a model of the same shape, "
    "recipe and seed that was trained on near-palindromes.",
    alt="Ten pairs of bars. Those of this model are of a few per cent, largest at 17 and 20; "
    "those of the other are hardly visible but at 20.",
)

# %%
figures.heatmaps(
    {f"place {places[worst]}": single.by_values()[worst].cpu()},
    scale="share",
    unit="share of contexts",
    x_title=f"value at place {places[worst]}",
    y_title="value at its mirror",
    caption="In how many of the contexts a change goes unnoticed at the weakest place, by the two "
    "values of the pair; equal values, which are no change, are left empty.",
    alt="A mostly empty square map with some dark cells, many of them in a few rows and columns.",
)

# %% [markdown]
# {{ fooled_mean }} of them go unnoticed; {{ fooled_most }} at the weakest place ({{ weakest }} are
# the weakest two). Of random changes in {{ sequences_changed }} palindromes, {{ told_apart }} are
# noticed. No place is blind. Some *cases* are: {{ always }} of {{ cases }} pairs of values at a
# place fool the model in every context, and {{ never }} in none. The tenth of cases that fools most
# in one half of the contexts accounts for {{ in_a_tenth }} of what fools it in the other half. With
# the two values of each pair exchanged it is {{ in_a_tenth_exchanged }}: that one value is taken
# for another does not mean that the other is taken for the one.
#
# What weak places have in common is that END pays them less when they differ (rank correlation
# {{ with_attention }} over the ten places).
#
# **By search.** Where does it fail worst? Random palindromes with a random single change, then
# steps that keep what makes the wrong answer surer:

# %%
climbed = hardest.hardest(problem)
record("hardest_margin", climbed.difficulty[0], "logits", digits=1)
record("searched_fooled", (climbed.difficulty > 0).double().mean(), "share", digits=0)
table(
    ["sequence", "differs at", "right less wrong, logits"],
    describe.hardest_rows(problem, climbed),
    caption="Three of the single changes that fool it most, found by search",
)

# %% [markdown]
# From every start the search ends where the model is fooled ({{ searched_fooled }} of climbs), at
# worst by {{ hardest_margin }} logits, about as sure of itself as it is of a palindrome.
#
# ## 9. Data or architecture
#
# Could the model do better? The same architecture, recipe and seed, but in training the sequences
# that are no palindromes differ in one to three pairs:

# %%
near_looks = comparing.seen(other, comparing.comparer(other))
record("near_most", by_place_near.max(), "share", digits=1)
record("near_mean", by_place_near.mean(), "share", digits=1)
record("near_ratio", findings["data_made_most_of_it"].value, "", digits=2)
near_paid = comparing.where(near_looks.looks.mirror, ~near_looks.differs)
record("near_mirror", near_paid.max(), "", digits=2)
fact("near_verdict", percent(findings["data_made_it"].threshold))

# %% [markdown]
# It misses {{ near_mean }} of single changes, {{ near_most }} at its weakest place (we had claimed
# at most {{ near_verdict }}), and at every place at most {{ near_ratio }} times as many as this
# model. So most of what fools this model is due to what it was shown, not to how it is built. That
# holds for one seed of each.
#
# It does not do the same better, it does something else: none of its heads of layer 0 pays an equal
# mirror more than {{ near_mirror }}. How it works is another problem.

# %% [markdown]
# ## 10. How far a proof would get
#
# All sequences cannot be run: there are {{ all_sequences }}. But what head {{ comparer }} pays to a
# mirror can be bounded over all of them, since each other position takes the value that draws most
# attention, or least, whatever stands elsewhere; in layer 0 even LayerNorm's scale depends on one
# token and one position only.

# %%
extremes = bounds.extremes(problem, compares)
fact("all_sequences", scientific(float(task.max_value + 1) ** task.length))
record("proved_apart", findings["always_apart"].value, "share", digits=0)
record("proved_cases", findings["always_apart"].n, "", digits=0)
fact("equal_least", describe.span(extremes.equal_least.median(dim=1).values))
fact("unequal_most", describe.span(extremes.unequal_most.median(dim=1).values))
by_pieces = {pieces: bounds.reach(problem, pieces) for pieces in (2, 5, 10)}
record("pieces", max(by_pieces), "", digits=0)
record("reached", by_pieces[10].share(), "share", digits=0)
fact("piece_cases", scientific(by_pieces[10].cases))
by_value = bounds.reach_by_value(problem)
fact("value_cases", scientific(by_value.cases))
fact("value_reached", percent(by_value.share()))
table(
    ["pieces of each place's attention", "cases", "palindromes whose case has yes ahead"],
    [
        [str(pieces), scientific(found.cases), percent(found.share())]
        for pieces, found in by_pieces.items()
    ],
    caption="How finely the attention of the ten places would have to be known, if layer 1 did as "
    "section 11 says and nothing else: sampled palindromes, a measured estimate and no proof",
)

# %% [markdown]
# Proved: at {{ proved_apart }} of the {{ proved_cases }} values at places, an equal mirror gets
# more attention, whatever else stands in the sequence, than another value there could ever get. (We
# had claimed half of them.) At worst, an equal mirror gets {{ equal_least }}, by place and for the
# median value, and an unequal one up to {{ unequal_most }}.
#
# For the answer that is not enough. What END reads of a place depends on the whole sequence. Even
# if layer 1 did only what the best short program of section 11 says, one would have to know each
# place's attention to within one of {{ pieces }} pieces of its range, {{ piece_cases }} cases, for
# {{ reached }} of sampled palindromes to be sure of their answer. To know only the value of each
# pair ({{ value_cases }} cases) proves {{ value_reached }} of them. So we prove nothing about
# accuracy; the level of evidence for it is *sampled*, and for single changes, *every case in
# sampled contexts*.
#
# ## 11. Explanations that predict
#
# How much of the model do these words catch? Each explanation is a program that reads its
# parameters off the weights, or fits them to what stands inside the model, and predicts its
# answers; the [Evidence page](../../../evidence/#predict) says how its size in bits is counted.

# %%
few = sequences[: samples.N_LOOKED_AT * 2]
inputs = {"random": few, "one pair changed": samples.with_changes(problem, 1)}
contest = compete(EXPLANATIONS, Trial.of(problem, inputs, head_ablations(problem)))
for name in ("by_values", "content"):
    record(f"{name}_mistakes", contest[name].mistakes.share, "share", digits=0)
record("content_changes", findings["content_beats_task"].value, "share", digits=1)
record("task_changes", findings["content_beats_task"].controls[0].value, "share", digits=1)
record("values_changes", findings["values_beat_task"].value, "share", digits=1)
fact("values_claimed", percent(findings["values_beat_task"].threshold))
fact("goal", percent(findings["accurate"].threshold))
record("values_foresee", findings["values_foresee_mistakes"].value, "share", digits=0)

# %% [markdown]
# On random sequences being right is enough. On single changes it is not: {{ task_changes }}. To
# know what each pair of values does to a place's attention foresees {{ values_foresee }} of what
# fools the model, but with so many false alarms that it agrees with the model less than the right
# answer does ({{ values_changes }}; we had claimed {{ values_claimed }}). What was missing is that
# the value a place holds, and what head {{ comparer }} brings from anywhere, make its key and its
# value in layer 1 as well. With that, the program agrees on {{ content_changes }} of single
# changes, on palindromes drawn for this test alone, and foresees {{ content_mistakes }} of the
# model's mistakes in the table. That is the distance between this page's prose, which is *by
# place*, and what the model does.
#
# The model and the explanation `content`, on an input of your own:

# %% tags=["hide-input"]
live(problem, sequences[:1], sequences, climbed.inputs[:5], contest["content"], measured(problem))

# %% [markdown]
# ## 12. Published, and ours
#
# Callum McDougall's solution explains another checkpoint of the same task. The mechanism is the
# same; the division of labour is not.

# %%
table(
    ["", "published checkpoint", "our checkpoint"],
    describe.published_rows(problem, -float(log_probs.mean())),
    caption=f"Two checkpoints of the same task. Published: {published.SOURCE}",
)

# %% [markdown]
# ## 13. Limits
#
# * One seed of each kind of training. That heads of layer 1 share places out, that a place is
#   blind, and how much better near-palindromes make the model may be matters of seed.
# * The recipe was chosen by accuracy alone: of 15 and 40 epochs, the first at which both kinds of
#   training reach {{ goal }} on sequences of their own kind. The model of 15 epochs was
#   looked at before the claims were stated, and after; nothing of what is shown is measured on it.
# * Means over places hide that sequences differ. A pair's attention depends on all other values,
#   too: most of what fools the model does so in some contexts and not in others.
# * Path patching from palindromes to single changes says how *one* difference is told. What happens
#   if several places compete for END's attention was measured only by the answers.
# * How the model that was trained on near-palindromes works was not looked into.
# * *Thresholds stated late.* Stated when figures of this checkpoint or of that of 15 epochs had
#   been seen: `told_apart`, `looks_at_mirror`, `either_suffices`, `every_place_read`,
#   `data_made_most_of_it`, and `content_beats_task`, which is therefore measured on palindromes
#   that were drawn for it. Published of another checkpoint, and seen not to
#   hold of ours: `blind_place`, `looks_at_itself`, `published_shares`. Controls taken off since
#   they say nothing are named beside their claims in `claims.py`.
#
# ## Credit
#
# The problem, its sampling and the first solution are Callum McDougall's. Path patching is from
# Goldowsky-Dill and others and from Wang and others; composition from Elhage and others.
