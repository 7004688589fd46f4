# %% [markdown]
# # Labelling Function: how it works
#
# **In short.** The model paints rows. Its heads bring X and Y to Z, where each neuron paints one
# colour on one part of a row, as much as the row's X lets it. Blue on the right is a ground in rows
# of every pattern; red is painted over it, and the colour changes where the sum crosses zero. There
# are few kinds of neuron, each in many copies: one of each of six kinds, times a constant, gives
# {{ one_of_each }} of the model's answers. Four neurons, with everything else at zero, give
# {{ four_agreement }} (RGRGRG, on another checkpoint: <q
# cite="https://www.lesswrong.com/posts/vGCWzxP8ccAfqsrS3">98.7</q> %), and four others, with none
# of the first among them, {{ second_four }}. What Heimersheim and Hobbhahn found does not carry
# over to this model: with attention fixed to its mean, {{ fixed_left }} of the answers stay (on
# theirs, <q cite="https://www.lesswrong.com/posts/k43v47eQjaj6fY7LE">92.9</q> %; on models that the
# same recipe gives from other seeds, {{ others_fixed_least }} to {{ others_fixed_most }}). Most of
# what is lost comes back if one head, {{ y_head }}, may attend: {{ y_head_alone_free }} stay. What
# holds of {{ others_learned }} other models, too, is in [section 11](#11-other-models).
#
# **How does one check an explanation when there is no answer key?** Not by agreement alone. The
# labelling function looks at no weight, yet predicts {{ labelling_agrees }} of the model's answers,
# more than four of the model's own neurons do; so does a transformer set by hand. What tells
# explanations apart is whether they err where the model errs, are sure where it is sure, and
# foresee what happens when a part is taken out ([section 10](#10-put-to-the-test)). There a few
# painting neurons do best; *families* and *two directions*, as ideas, hold up less well.
#
# **Why are its mistakes at curved boundaries?** As far as {{ straight_edges }} edges along the
# straight boundary can tell, they are not: beside these, points are wrong {{ straight_to_curved }}
# times as often as beside the curved ones. Mistakes lie where the colour changes *along a row*, and
# hardly ever between rows of different types. None of the reasons that we tested explains them.
# Training on all points removes nearly all of them, but then nothing is left to guess.
#
# Each section opens with its claims, measured on this checkpoint and on controls that should not
# satisfy them. Thresholds were committed before anything but accuracy had been measured; [the
# exceptions](#claims-stated-late) are listed at the end. Some claims were dropped or restated
# because a control satisfied them; the sections say where. *Refuted* claims are explanations that
# one would think of, or that were published of another model, and that do not hold of this one.

# %% tags=["parameters"]
checkpoint, device = None, "cpu"

# %% tags=["hide-input"]
from IPython.display import display

from analyses.evidence.claims import untrained
from analyses.evidence.controls import ov_exchanged
from analyses.instruments.parts import Neurons
from analyses.instruments.statistics import rank_correlation
from analyses.labelling_function import at_z
from analyses.labelling_function import claims as stated
from analyses.labelling_function.at_z import X, Y
from analyses.labelling_function.attention import fixed, heads, readable
from analyses.labelling_function.attention import tables as head_tables
from analyses.labelling_function.by_hand import describe as by_hand
from analyses.labelling_function.by_hand.crossing import BLUE_POINTS, RED_POINTS
from analyses.labelling_function.by_hand.plan import by_primitive
from analyses.labelling_function.by_hand.weights import hand_set
from analyses.labelling_function.embeddings import claims as shown
from analyses.labelling_function.embeddings import directions, shapes
from analyses.labelling_function.embeddings import tables as embedding_tables
from analyses.labelling_function.embeddings.chosen import chosen as chosen_neurons
from analyses.labelling_function.embeddings.chosen import members
from analyses.labelling_function.embeddings.effective import effective, explained
from analyses.labelling_function.embeddings.extended import extended
from analyses.labelling_function.explanations import EXPLANATIONS, KINDS
from analyses.labelling_function.labels import errors
from analyses.labelling_function.labels.tables import change_rows, distance_rows, pattern_rows
from analyses.labelling_function.measured import measured
from analyses.labelling_function.mistakes import claims as stated_mistakes
from analyses.labelling_function.mistakes import tables as edge_tables
from analyses.labelling_function.mistakes import training_gaps
from analyses.labelling_function.mistakes.memorised import margins
from analyses.labelling_function.neurons import chosen
from analyses.labelling_function.neurons import tables as family_tables
from analyses.labelling_function.neurons.claims import (
    strong,
)
from analyses.labelling_function.neurons.effects import effects, strengths
from analyses.labelling_function.neurons.families import families
from analyses.labelling_function.plane import plane
from analyses.labelling_function.points import (
    answers,
    difference,
    every,
    mistakes,
    trained_on,
    truth,
    unseen_points,
)
from analyses.labelling_function.rivals import claims as rivals
from analyses.labelling_function.rivals import scrubbing
from analyses.labelling_function.rows import PATTERNS
from analyses.write_ups import figures
from analyses.write_ups.live import live
from analyses.write_ups.other_models.section import other_models
from analyses.write_ups.page import check, compete, data, fact, record, table
from models import load
from models.scoring import answer_log_probs

problem = load("labelling_function", checkpoint, device)
held_out = data(unseen_points(problem))

# %% [markdown]
# ## 1. Truth and model

# %%
findings = check(stated.labels.CLAIMS, problem)

# %% [markdown]
# Seen from outside, this is all there is: the true colours of all {{ points }} points, and the
# model's answers. In these maps, as in all others of the points, a row is a value of X, a column a
# value of Y. The three lines are the curves A, B and C, across which the colour of a row may
# change. Dashes in the margin say which of six patterns a row has in truth. Circles mark the
# model's mistakes.

# %%
true, wrong = truth(problem), mistakes(problem)
plane(
    {"truth": 2.0 * true - 1, "model": 2.0 * answers(problem) - 1},
    scale="signed",
    unit="(1 is red, \N{MINUS SIGN}1 is blue)",
    bar=False,
    rows=true,
    marks=[(x, y) for x, y in wrong.nonzero().tolist()],
    caption="The colours of all points, true and as the model answers, with its mistakes circled "
    "in both. Most mistakes lie along the three curves, where these change the colour.",
    alt="Two squares of coloured rows that look the same at first sight. Circles lie along two "
    "curves and a straight line, most of them in rows that change colour twice; hardly any lie "
    "elsewhere.",
)

# %%
held_out = ~trained_on(problem)
log_probs = answer_log_probs(problem.task, problem.logits(every(problem)), every(problem))
log_probs = log_probs.reshape(true.shape)
margin = margins(difference(problem), true)
record("points", true.numel(), "", digits=0)
record("points_trained_on", (~held_out).sum(), "", digits=0)
record("held_out_accuracy", findings["answers_held_out"].value, "share", digits=2)
record("trained_accuracy", (~wrong)[~held_out].double().mean(), "share", digits=2)
record("held_out_loss", -log_probs[held_out].mean(), "nats")
record("trained_loss", -log_probs[~held_out].mean(), "nats", digits=4)
record("wrong_points", wrong.sum(), "", digits=0)
record("wrong_held_out", (wrong & held_out).sum(), "", digits=0)
record("margin_when_right", margin[~wrong].median(), "logits", digits=1)
record("margin_when_wrong", margin[wrong].abs().median(), "logits", digits=1)

# %% [markdown]
# The model was trained on {{ points_trained_on }} of the points. Of these it gets
# {{ trained_accuracy }} right, at a loss of {{ trained_loss }} nats; of the others,
# {{ held_out_accuracy }}, at {{ held_out_loss }} nats. (Recipe and seed were chosen by that last
# accuracy, from some ten settings and two seeds, before anything else was measured; so it is
# slightly flattering.) Of the {{ wrong_points }} mistakes, {{ wrong_held_out }} are on points that
# it had not seen. It is not sure of them: the wrong colour leads by a median of
# {{ margin_when_wrong }} logits, while right answers lead by {{ margin_when_right }}.
#
# Casper gives his model <q cite="https://www.lesswrong.com/posts/KSHqLzQscwJnv44T8">97.27</q> % on
# the half that it was not trained on. The answers that he published contain <q
# cite="https://github.com/thestephencasper/mechanistic_interpretability_challenge">174</q> mistakes
# in all. Counting every one of them to that half gives his number; by the split in his code, some
# are on points that the model was trained on.
#
# **How many times a row changes colour.** For the published model,
# [RGRGRG](https://www.lesswrong.com/posts/vGCWzxP8ccAfqsrS3) reports no error in rows of one
# colour, some in rows with one change, and most in rows with two.

# %%
by_changes = errors.by_changes(wrong, true)
record("plain_rows", by_changes[0].rows, "", digits=0)
record("wrong_in_plain_rows", findings["spares_plain_rows"].value, "", digits=0)
record("rows_of_two_changes", by_changes[2].rows, "", digits=0)
record("wrong_share_two_changes", findings["errs_with_two_changes"].value, "share", digits=0)
record("dealt_two_changes", findings["errs_with_two_changes"].controls[1].value, "share", digits=0)
table(
    ["changes of colour", "rows", "rows with a mistake", "mistakes", "mistakes per row"],
    change_rows(problem),
    caption="Mistakes of our model by how often the true colour changes along the row",
)

# %% [markdown]
# Ours is similar. In this model, the {{ rows_of_two_changes }} rows with two changes have
# {{ wrong_share_two_changes }} of the mistakes; dealt at random among all rows that change colour,
# {{ dealt_two_changes }} would fall there. But rows of one colour are not spared: the
# {{ plain_rows }} of them have {{ wrong_in_plain_rows }} mistakes, and so that claim is refuted for
# our model.
#
# **How far from a curve.** Distance is counted in columns along the row, to the nearest of the
# three curves, whether or not the colour changes there.

# %%
record("wrong_near", findings["errs_near_curves"].value, "share", digits=0)
record("wrong_near_dealt", findings["errs_near_curves"].controls[1].value, "share", digits=0)
record("farthest_wrong", findings["never_errs_far"].value, "columns", digits=0)
record("beyond_24", wrong.sum() - errors.within(wrong, 24), "", digits=0)
table(
    ["columns at most", "mistakes", "share of mistakes", "share of all points"],
    distance_rows(problem),
    caption="How near a curve our model's mistakes are, and what share of all points is as near",
)

# %% [markdown]
# Of the published model's mistakes, by the answers that came with the challenge, <q
# cite="https://github.com/thestephencasper/mechanistic_interpretability_challenge">134</q> are
# within three columns of a curve, <q
# cite="https://github.com/thestephencasper/mechanistic_interpretability_challenge">149</q> within
# five, and all within <q
# cite="https://github.com/thestephencasper/mechanistic_interpretability_challenge">24</q>. Ours are
# not as near: {{ wrong_near }} are within three columns, where as many mistakes in random columns
# of the same rows would have {{ wrong_near_dealt }}; and {{ beyond_24 }} lie more than 24 columns
# from every curve, the farthest {{ farthest_wrong }} columns away. That mistakes are *near* curves
# is true of both models; that they are *within a few columns* is true only of the published one.
#
# **Patterns.** In truth there are six patterns of rows. On a blue ground each is a sum of RGRGRG's
# primitives, whose *right* and *left* begin and end at a curve:

# %%
record("rows_painted", findings["paints_the_patterns"].value, "share", digits=0)
table(
    ["pattern, from left to right", "painted", "rows in truth", "rows of the model"],
    pattern_rows(problem),
    caption="The patterns of rows, as sums of primitives, and how many rows have each",
)

# %% [markdown]
# The model's rows have their true pattern in {{ rows_painted }} of cases. In the others, single
# points or short runs of the wrong colour stand near a curve, and each adds changes of its own. So
# the model paints six patterns, but not with clean edges; [section
# 7](#7-mistakes-at-curved-boundaries) asks why.

# %% [markdown]
# ## 2. Neurons: few kinds, many copies

# %%
findings += check(stated.neurons.CLAIMS, problem)

# %% [markdown]
# No LayerNorm stands between the neurons and the logits. What a neuron adds to the logit of red
# less that of blue is therefore its activation times $W_{out}(W_U^{red} - W_U^{blue})$. We call
# this its *effect*: one number for each point, a map. Activations are never negative, so each
# neuron paints in one colour only. Of {{ neurons_in_all }} neurons, {{ neurons_firing }} ever fire.
#
# What does a neuron paint? The rule was written down before any map was seen. In each row, compare
# the effect at the left end with that at the right end, each averaged over a few columns. If one is
# more than twice the other, that end of the row is painted; if not, *all* of it is. A neuron
# belongs to the family that has most of its effect.

# %%
firing = chosen.firing(problem)
record("neurons_in_all", len(strengths(problem)), "", digits=0)
record("neurons_firing", len(firing), "", digits=0)
record("neurons_strong", len(strong(problem)), "", digits=0)
record("paints_one_thing", findings["paints_one_thing"].value, "share", digits=1)
record("cluster_purity", findings["families_are_clusters"].value, "share", digits=1)
record("cluster_purity_all", family_tables.purity_of_all(problem), "share", digits=1)
table(
    [
        "family",
        "neurons above half a logit",
        "all that fire",
        "strongest",
        "share of squared effects",
        "answers kept, off",
        "answers kept, mean ablated",
    ],
    family_tables.family_rows(problem),
    caption="Families of neurons by what they paint, and how many of the model's answers stay "
    "without each. But in the second column, a family is all of its neurons that fire",
)

# %% [markdown]
# RGRGRG counts the neurons whose largest effect is above half a logit, here {{ neurons_strong }}.
# On this model that rule does not carry over. It finds the families that paint red, but hardly any
# of the neurons that paint blue, which are many and weak; and the neurons that it finds give only
# {{ strong_alone }} of the model's answers, while as many drawn at random from all that fire give
# {{ as_many_random }}. From here on, therefore, a family is made of all neurons that fire. The
# kinds are real, though. Neurons above half a logit have, on average, {{ paints_one_thing }} of
# their effect in rows of their own kind, and clusters of maps, found without the rule, put
# {{ cluster_purity }} of them together with their family ({{ cluster_purity_all }} of all that
# fire).
#
# What differs from the published model is which kinds matter. There, the family that paints whole
# rows red is large and the one that paints red on the left is small. Here it is the other way
# round.

# %%
record("strong_alone", findings["strong_suffice"].value, "share", digits=1)
record("as_many_random", findings["strong_suffice"].controls[1].value, "share", digits=1)
record("all_alone", findings["neurons_decide"].value, "share", digits=1)
record("rest_alone", findings["neurons_decide"].controls[0].value, "share", digits=1)
record("all_offset", chosen.best_offset(problem, firing.tolist()), "share", digits=1)
record("row_correlation_all", family_tables.row_correlation_of_all(problem), "", digits=2)
record("row_correlation", findings["family_has_rows"].value, "", digits=2)
record("added_up", findings["family_is_one"].value, "", digits=2)
record("one_of_each", findings["one_of_each"].value, "share", digits=1)
record("one_of_another", findings["one_of_each"].controls[0].value, "share", digits=1)

# %% [markdown]
# **A family is one neuron many times over.** Take two neurons above half a logit from one family:
# what they paint, by row, correlates at {{ row_correlation }}, on average over pairs (of all that
# fire, at {{ row_correlation_all }}: the weakest are unlike the others). The summed effect of a
# family has at least {{ added_up }} of the norm that it would have if all its neurons painted
# exactly the same. One neuron should then do for all: take the most typical one of each family,
# times a constant, and leave everything else as it is. We wrote this down before we measured it.
# The six neurons give {{ one_of_each }} of the model's answers; taken from another family of the
# same colour, {{ one_of_another }}.
#
# ## 3. Four neurons, and many others
#
# Now everything else is set to zero: the effects of a few neurons are added with weight 1, and the
# sum is compared with 0. All neurons together then give {{ all_alone }} of the model's answers
# ({{ all_offset }} with the best constant added, which the rest of the model supplies; the rest
# alone gives {{ rest_alone }}). RGRGRG found four, each of another family, that give <q
# cite="https://www.lesswrong.com/posts/vGCWzxP8ccAfqsrS3">98.7</q> %. Here, a search through all
# neurons that fire, which exchanges one at a time for the best available, finds {{ four_named }}.
# These four give {{ four_agreement }} (with the best constant, {{ four_offset }}).

# %%
four = chosen.four(problem)
fact("four_named", family_tables.families_named(problem, four))
record("four_agreement", findings["four_suffice"].value, "share", digits=1)
record("four_offset", chosen.best_offset(problem, four), "share", digits=1)
record("four_on_mistakes", findings["four_err_alike"].value, "share", digits=0)
record("moved_on_mistakes", findings["four_err_alike"].controls[0].value, "share", digits=0)
for pair in (four[:2], four[2:]):
    display(
        plane(
            {
                f"neuron {family_tables.families_named(problem, [n])}": effects(problem)[n]
                for n in pair
            },
            scale="signed",
            unit="logits",
            rows=truth(problem).cpu(),
            caption="Effects of two of the four neurons on all points: red pushes towards red, "
            "blue towards blue. In the margin, the true pattern of each row.",
            alt="Two maps, each of one colour: horizontal red stripes that fade or end along the "
            "row, and a faint blue.",
        )
    )

# %% [markdown]
# It is tempting to read the four as *the* circuit. They are not. Another four, with none of the
# first among them, give {{ second_four }}. The search consists of climbs from four random neurons
# each, and {{ climbs_near }} of these end within a percentage point of the best. Even without a
# search, the best of {{ random_fours }} random fours gives {{ random_best }}; that had been meant
# as a control, and we had not expected it to pass. (It passes for {{ others_random_suffice }} other
# models.) Another control passed too: in a model whose output weights are dealt to other neurons,
# the same search finds four with {{ four_exchanged }}. What is special is what neurons read, not
# which of them writes what.
#
# What fails is the same search for answers with their rows dealt anew ({{ four_rows_dealt }}), the
# same search among the neurons of an untrained model ({{ four_untrained }}), a random four on
# average ({{ random_mean }}), and the four of greatest norm ({{ four_strongest }}). These last come
# from {{ strongest_families }} of the six families: strength is no sign of being needed.

# %%
second = list(chosen.second_four(problem).neurons)
record("second_four", findings["four_others"].value, "share", digits=1)
record("climbs_near", family_tables.near_best(problem, 0.01), "share", digits=0)
record("random_fours", findings["random_suffice"].n, "", digits=0)
record("random_best", findings["random_suffice"].value, "share", digits=1)
record("random_mean", findings["four_suffice"].controls[1].value, "share", digits=1)
record("four_strongest", findings["four_suffice"].controls[0].value, "share", digits=1)
record("four_rows_dealt", findings["four_suffice"].controls[2].value, "share", digits=1)
record("four_untrained", findings["four_suffice"].controls[3].value, "share", digits=1)
record("strongest_families", findings["four_differ"].controls[0].value, "", digits=0)
record("four_exchanged", findings["output_weights_dealt"].value, "share", digits=1)
plane(
    {
        "sum of the four": effects(problem)[four].sum(dim=0),
        "sum of four others": effects(problem)[second].sum(dim=0),
    },
    scale="signed",
    unit="logits",
    rows=truth(problem).cpu(),
    caption="Two sets of four neurons with none in common: where the summed effect of a set is "
    "above zero, it answers red.",
    alt="Two similar maps, the second paler: red and blue stripes that change colour at the "
    "curves.",
)

# %%
by_size = family_tables.by_size(problem)
record("eight_agreement", chosen.search(problem)[8].agreement, "share", digits=1)
record("sixteen_agreement", chosen.search(problem)[16].agreement, "share", digits=1)
record("most_agreement", max(by_size["found by search"][1]), "share", digits=1)
record("two_agreement", chosen.search(problem)[2].agreement, "share", digits=1)
figures.scatter(
    by_size,
    joined=True,
    log_x=True,
    x_title="number of neurons",
    y_title="share of points with the model's answer",
    caption="Agreement with the model by number of neurons, whose effects are summed with "
    "everything else at zero: sets found by search, those of greatest norm, and random ones.",
    alt="Three curves. That of the search rises steeply to four neurons and little from there; "
    "that of random sets rises slowly; that of the neurons of greatest norm stays low until "
    "more than a hundred of them are added.",
)

# %% [markdown]
# Two neurons give {{ two_agreement }}, eight {{ eight_agreement }}, sixteen
# {{ sixteen_agreement }}; beyond that the search finds hardly better sets, with
# {{ most_agreement }} at most. (Single neurons were all tried. So were all pairs, on every fourth
# column, and the best of them were improved on all points. Which larger sets are best is not
# known.) The four do not merely reproduce the labels: of the model's wrong answers they give
# {{ four_on_mistakes }} too, where the truth with its colours moved by two columns gives
# {{ moved_on_mistakes }}.
#
# ## 4. Families switched off
#
# If families paint the rows, then without a family those rows should change whose pattern is made
# with what it paints, and no others. In the table, each row is a family and each column a true
# pattern of rows. A cell says how many of the model's answers stay in rows of that pattern with the
# family switched off, and then with it mean ablated.

# %%
record("kept_least", findings["families_needed"].value, "share", digits=1)
record("three_kept", findings["three_needed"].value, "share", digits=1)
record("three_kept_mean", findings["three_needed_mean"].value, "share", digits=1)
record("others_kept", findings["three_needed"].controls[0].value, "share", digits=1)
record("foreseen", findings["own_rows_change"].value, "", digits=2)
record("foreseen_mean", findings["own_rows_change_mean"].value, "", digits=2)
for name, value in family_tables.red_at_left(problem).items():
    record(f"left_of_red_{name.replace(' ', '_')}", value, "share", digits=0)
table(
    ["family", *PATTERNS],
    family_tables.pattern_rows(problem),
    caption="Answers that stay without a family, by the true pattern of the row: switched off, "
    "mean ablated",
)

# %% [markdown]
# *That is refuted.* Primitives foretell which rows change with a score of {{ foreseen }} for
# families switched off and {{ foreseen_mean }} for mean-ablated ones, where one half is chance. Nor
# are the large families of the published model all needed: of these four, the one that is missed
# least leaves {{ kept_least }} of the answers as they are. In this model three families are needed,
# and just these in {{ others_three_needed }} others. Without any one of those that paint
# red right, blue right and red left, at most {{ three_kept }} of the answers stay (mean ablated,
# {{ three_kept_mean }}; we stated this after we had seen the table). Without any one of the three
# others, at least {{ others_kept }} stay.
#
# Why rows are not sums of primitives shows in what families add up to at the two ends of rows. In
# the table, each row is a pattern and an end, and each column a family:

# %%
at_ends = family_tables.at_ends(problem)
right = {its: parts for (its, end), parts in at_ends.items() if end == "right"}
record("blue_right_least", -max(parts["blue right"] for parts in right.values()), "logits", 1)
over = {its: -parts["red right"] / parts["blue right"] for its, parts in right.items()}
record("over_if_red", min(over[its] for its in over if its.endswith("red")), "", digits=1)
record("over_if_blue", max(over[its] for its in over if its.endswith("blue")), "", digits=1)
table(
    ["rows, end", *family_tables.SHOWN, "all others", "sum"],
    family_tables.end_rows(problem),
    caption="What families add to the logit of red less that of blue at the ends of rows, by the "
    "true pattern of the row (logits, mean over rows). All others are the smaller families and "
    "everything but the neurons",
)

# %% [markdown]
# Blue on the right is painted in rows of *every* pattern, by {{ blue_right_least }} logits or more
# on average. It is a ground, over which red on the right is painted: at least {{ over_if_red }}
# times as much in patterns that end red, and at most {{ over_if_blue }} times in those that end
# blue. Switching off blue on the right therefore changes rows without any red, for which the
# patterns name no primitive; and fewer answers change if a constant takes its place, as one would
# expect of a ground.
#
# Each end of a row is decided by a contest of red and blue, and rows that are red throughout are
# red at both ends for different reasons. At their left end, {{ left_of_red_red_left }} of all red
# effects come from the family that paints red on the left, {{ left_of_red_red_right }} from the one
# that paints red on the right, which in these rows reaches across, and {{ left_of_red_red_all }}
# from the one that paints all of a row. (Our guess that the family for the right supplies most of
# it is refuted for this model.)

# %% [markdown]
# ## 5. Attention: where X and Y part

# %%
findings += check(stated.attention.CLAIMS, problem)

# %% [markdown]
# The query at Z is the same for every point. A head therefore has one score for each number at X
# and one for each number at Y. Either is the sum of a score of the token, the same in both places,
# and a score of the position. Beyond that, only the softmax tells X from Y: a head reads both
# through the same $W_{OV}$.
#
# Stefan Heimersheim and Marius Hobbhahn replaced attention by its mean over all points and kept <q
# cite="https://www.lesswrong.com/posts/k43v47eQjaj6fY7LE">92.9</q> % of the model's answers: beyond
# its mean, attention hardly mattered. The first map shows the same for this model, the second what
# is left with one head mean ablated.

# %%
record("fixed_left", findings["mean_attention_suffices"].value, "share", digits=1)
record("fixed_other_head", findings["mean_attention_suffices"].controls[0].value, "share", digits=1)
record("fixed_even", findings["mean_attention_suffices"].controls[1].value, "share", digits=1)
record("fixed_lost_right", findings["lost_with_attention_is_right"].value, "share", digits=1)
record("attention_by_x", findings["attention_follows_x"].value, "share", digits=1)
record("attention_by_y", findings["attention_follows_x"].controls[0].value, "share", digits=1)
carrier = heads.carrier(problem, at_z.Y)
fact("y_head", f"0.{carrier}")
plane(
    {
        "attention fixed to its mean": fixed.at_mean(problem),
        f"head 0.{carrier} mean ablated": heads.without(problem, (carrier,)),
    },
    scale="signed",
    unit="logits",
    rows=truth(problem),
    caption="Logit of red less that of blue, with the attention of every head fixed to its mean "
    "over all points, and with one head mean ablated. Beside the rows, their true patterns.",
    alt="Two maps of the plane in red and blue. On both, many rows have their colours, but changes "
    "are smeared and rows flicker between red and blue from column to column, more so on the "
    "first, where some columns stand out as vertical stripes.",
)

# %% [markdown]
# Here attention does matter: {{ fixed_left }} of the answers are kept. The mean is still the right
# one to take. With each head given the mean of another, {{ fixed_other_head }} are kept; with as
# much attention for X as for Y, {{ fixed_even }}. And what is lost was useful, for of the answers
# that change, {{ fixed_lost_right }} were right. X is not all that attention has to know: averaged
# over Y for each X, it leaves {{ attention_by_x }} of the answers; averaged over X for each Y,
# {{ attention_by_y }}.
#
# From positions alone, RGRGRG read off where heads look: <q
# cite="https://www.lesswrong.com/posts/vGCWzxP8ccAfqsrS3">7</q> of 8 prefer X's position to Y's,
# three of them by a score of more than <q
# cite="https://www.lesswrong.com/posts/vGCWzxP8ccAfqsrS3">11</q>.

# %%
record("heads_preferring_x", findings["positions_prefer_x"].value, "", digits=0)
record("random_preferring_x", findings["positions_prefer_x"].controls[1].value, "heads", digits=1)
by_position = at_z.position_scores(problem)
apart = by_position[:, at_z.X] - by_position[:, at_z.Y]
record("furthest_preference", apart.max(), "", digits=2)
record("furthest_undivided", apart.max() * problem.architecture.d_head**0.5, "", digits=1)
table(
    ["head", "position-only QK, X less Y", "attention to X", "to Y", "to Z"],
    head_tables.looking(problem),
    caption="Where heads look: by how much the score of X's positional embedding exceeds that of "
    "Y's, and attention, mean over all points",
)

# %% [markdown]
# The first holds here too: {{ heads_preferring_x }} heads prefer X's position, where random queries
# of the same length would give {{ random_preferring_x }}. The second does not. The largest
# difference is {{ furthest_preference }}, or {{ furthest_undivided }} before the division by
# $\sqrt{d_{head}}$, if that is what was published. No head is blind to Y, and so none is untouched
# by the number there.
#
# Which head brings Y? Not the one that looks at it most. For each Y, take the mean of `resid_mid`
# over X, and ask what share of the variance of these means each head has; and the same for X.

# %%
most = heads.to_y(problem)[0]
fact("y_looker", f"0.{most}")
record("y_looker_attention", findings["head_looks_at_y"].value, "share", digits=1)
record("y_looker_share", findings["head_carries_y"].value, "share", digits=1)
record("y_head_share", heads.brought(problem)[carrier, at_z.Y], "share", digits=1)
record("y_head_attention", at_z.mean_pattern(problem)[carrier, at_z.Y], "share", digits=1)
record("y_head_alone_free", findings["one_head_varies"].value, "share", digits=1)
record("other_head_alone_free", findings["one_head_varies"].controls[1].value, "share", digits=1)
record("flicker_without", findings["rows_flicker"].value, "changes", digits=2)
record("flicker_model", findings["rows_flicker"].controls[0].value, "changes", digits=2)
record("least_without_head", findings["no_head_alone"].value, "share", digits=1)
record("streaked_without_two", findings["rows_streaked"].value, "share", digits=1)
record("streaked_model", findings["rows_streaked"].controls[0].value, "share", digits=1)
table(
    [
        "head",
        "share of X",
        "share of Y",
        "agreement without",
        "accuracy without",
        "changes per row without",
        "agreement, it alone free",
    ],
    head_tables.bringing(problem),
    caption="What each head brings of X and of Y; what is left with it mean ablated; and what is "
    "left with the attention of every other head fixed to its mean",
)

# %% [markdown]
# Head {{ y_looker }} gives Y {{ y_looker_attention }} of its attention, more than any other, and
# brings {{ y_looker_share }} of what `resid_mid` knows of Y. Head {{ y_head }} gives Y
# {{ y_head_attention }} and brings {{ y_head_share }}. Without it, {{ least_without_head }} of the
# answers stay, and in this model rows flicker: they have {{ flicker_without }} changes of colour,
# where the model's have {{ flicker_model }}. And it is in this one head that attention has to vary.
# With the attention of all others fixed, {{ y_head_alone_free }} of the answers are kept; with
# another head free in its place, {{ other_head_alone_free }} at best.
#
# RGRGRG found the rows streaked without heads 2 and 4, which looked at Y most on that model.
# Without the two heads that do so here, {{ streaked_without_two }} of the rows have one colour;
# with them, {{ streaked_model }} have. Less of Y is left, but not as little as we had stated.
#
# How can attention bring Y, if the heads read both numbers alike? Through how much attention each
# number draws:

# %%
scores = at_z.token_scores(problem)[carrier]
numbers = [float(number) for number in range(len(scores))]
record("y_head_trend", rank_correlation(scores.tolist(), numbers), "", digits=2)
figures.lines(
    head_tables.by_y(problem, [carrier, most, int(apart.argmax())]),
    x=numbers,
    x_title="Y",
    y_title="attention to Y",
    caption="How much attention the number at Y gets, mean over all X, from three heads: the one "
    "that brings Y, the one that looks at it most, and the one whose position prefers X most.",
    alt="Three jagged lines. That of the head that brings Y falls from high to low as Y grows; "
    "the others have no such slope.",
)

# %% [markdown]
# In head {{ y_head }} the score of a number falls as the number grows (rank correlation
# {{ y_head_trend }}). A small Y draws attention to itself; a large one leaves it to X. So how much
# arrives of Y, and of X, depends on the size of Y. [Section
# 6](#6-embeddings-what-a-neuron-reads-of-x-and-of-y) puts this to use.
#
# ### Can X and Y be read off `resid_mid`?
#
# RGRGRG fitted a logistic regression that named X in <q
# cite="https://www.lesswrong.com/posts/vGCWzxP8ccAfqsrS3">100</q> % and Y in <q
# cite="https://www.lesswrong.com/posts/vGCWzxP8ccAfqsrS3">78</q> % of cases. Ours is a linear
# discriminant, fitted on half of all points and scored on the others. (We began with a logistic
# regression too, and gave it up: what it named depended on its penalty, in an untrained model as
# well.) A discriminant states openly what a penalty hides: how much noise it assumes.

# %%
record("x_named", findings["x_readable"].value, "share", digits=1)
record("y_named", findings["y_readable"].value, "share", digits=1)
record("shuffled_named", findings["x_readable"].controls[0].value, "share", digits=1)
record("untrained_named", findings["readable_untrained"].value, "share", digits=1)
record("x_named_in_noise", readable.held_out_accuracy(problem, at_z.X, readable.SOME), "share", 1)
record("y_named_in_noise", readable.held_out_accuracy(problem, at_z.Y, readable.SOME), "share", 1)
read = {
    "X": (problem, at_z.X),
    "Y": (problem, at_z.Y),
    "X, untrained": (untrained(problem), at_z.X),
}
figures.scatter(
    {
        name: (
            readable.NOISES,
            [readable.held_out_accuracy(*which, noise) for noise in readable.NOISES],
        )
        for name, which in read.items()
    },
    x_title="noise assumed, in standard deviations of resid_mid",
    y_title="share named",
    joined=True,
    log_x=True,
    caption="How often a linear probe names X and Y at points that it was not fitted on, by the "
    "noise that it assumes.",
    alt="Three curves that begin at one and fall, that of Y before that of X. That of X in an "
    "untrained model falls first of all and then levels off.",
)

# %% [markdown]
# Assuming next to no noise, the probe names X for {{ x_named }} of points and Y for {{ y_named }};
# shuffled numbers give {{ shuffled_named }}. But in a model that was never trained it names X for
# {{ untrained_named }}. Activations have no noise, and a hundred dimensions have room for every
# number: that a number *can* be read does not mean that it is there to be used. If a hundredth of
# what `resid_mid` varies by is taken for noise, X is named for {{ x_named_in_noise }} and Y for
# {{ y_named_in_noise }}. Y is the fainter of the two, and we would say no more than that.

# %% [markdown]
# ## 6. Embeddings: what a neuron reads of X and of Y

# %%
findings += check(stated.embeddings.CLAIMS, problem)

# %% [markdown]
# If attention were always at its mean, the input of a neuron would be a sum: an *extended
# embedding* of X, $W_E W_V W_O W_{in}$ weighted by each head's mean attention to X and summed over
# heads; the same of Y; and a constant. Both published explanations rest on these. RGRGRG found them
# positive or negative according to the pattern of the row, and rising or falling along rows and
# columns as a neuron's paint demands.
#
# But a head reads X and Y through the same $W_{OV}$; only the weights of the sum differ.

# %%
record("code_extended", shapes.alike(*extended(problem)[:2]), "", digits=2)
record("code_untrained", shapes.alike(*extended(untrained(problem))[:2]), "", digits=2)
record("code_effective", shapes.alike(*effective(problem)[:2]), "", digits=2)
record("sum_left", findings["sum_suffices"].value, "share", digits=1)
record("sum_variance", explained(problem), "share", digits=1)
exchanged = shown.sum_suffices(ov_exchanged(problem))
record("sum_left_exchanged", exchanged.value, "share", digits=1)
neuron = chosen_neurons(problem)["red right"]
fact("shown_neuron", str(neuron))
figures.lines(
    {
        "extended": embedding_tables.of_neuron(problem, neuron, extended),
        "effective": embedding_tables.of_neuron(problem, neuron, effective),
    },
    x=range(len(effective(problem).y)),
    x_title="Y",
    y_title="added to the neuron's input",
    caption="What Y adds to the input of the strongest neuron that paints right ends red: with "
    "mean attention (extended), and with the attention that Y gets (effective). Means are "
    "subtracted.",
    alt="Two lines over Y. The extended embedding is jagged without a clear slope; the effective "
    "one rises from left to right.",
)

# %% [markdown]
# The figure shows neuron {{ shown_neuron }}, but the same holds throughout: a neuron's two extended
# embeddings are nearly one function of the number, with a correlation of {{ code_extended }} for
# the median neuron (untrained: {{ code_untrained }}). As X, the number 40 would mean to it what it
# means as Y. With attention as it is, they part ({{ code_effective }}). What attention brings is
# still a sum, though. Call the mean of a neuron's input over Y the *effective embedding* of X, and
# the other way round: these are the main effects. Their sum has {{ sum_variance }} of the variance
# of `resid_mid` and keeps {{ sum_left }} of the answers. (That attention gives a sum is nothing
# special: with the OV circuits of heads exchanged, {{ sum_left_exchanged }} of that model's answers
# are kept. What matters is that the sum of *mean* attention is another one.)
#
# What was published of extended embeddings can now be tried on both kinds. In the table each row is
# a family, all neurons that paint the same. The rows of the plane that a family serves are those
# that change and whose painted end has its colour.

# %%
record("x_picks_worst", findings["x_picks_rows"].value, "", digits=2)
record("x_picks_effective", findings["effective_x_picks_rows"].value, "", digits=2)
record("x_picks_random", findings["effective_x_picks_rows"].controls[0].value, "", digits=2)
record("fires_elsewhere", findings["silent_elsewhere"].value, "share", digits=1)
record("fires_elsewhere_random", findings["silent_elsewhere"].controls[0].value, "share", digits=1)
record("y_to_end", findings["effective_y_to_end"].value, "", digits=2)
record("x_follows", findings["effective_x_follows_change"].value, "", digits=2)
record("x_follows_random", findings["effective_x_follows_change"].controls[0].value, "", digits=2)
record("x_rises_blue", findings["x_rises_blue_right"].value, "", digits=2)
record("x_falls_red", findings["x_falls_red_right"].value, "", digits=2)
record("flat_effective", findings["effective_flatter"].value, "", digits=2)
record("flat_extended", findings["flatter_at_change"].value, "", digits=2)
record("flat_random", findings["effective_flatter"].controls[0].value, "", digits=2)
table(
    [
        "family",
        "neurons",
        "Y, extended",
        "Y, effective",
        "X and what to paint, extended",
        "X and what to paint, effective",
        "flatness",
    ],
    embedding_tables.families(problem),
    caption="Median over each family of rank correlations (Spearman's rho): of the embedding of "
    "Y with Y; and of the embedding of X, over rows that the family serves, with how much of the "
    "row is to be painted. In brackets, the interval if the numbers were a sample. Flatness: "
    "standard deviation of effective X and Y together where rows change, divided by that of X "
    "alone",
)

# %%
ends_red = shown.ends_red(problem)
of_x = effective(problem).x[:, neuron].cpu()
rows_by_end = {"right end red": ends_red, "right end blue": ~ends_red}
figures.scatter(
    {
        name: (chosen_rows.nonzero().flatten(), of_x[chosen_rows])
        for name, chosen_rows in rows_by_end.items()
    },
    signs={"right end red": 1, "right end blue": -1},
    x_title="X",
    y_title="added to the neuron's input",
    caption="What X adds to the input of the same neuron (its effective embedding), by whether "
    "the right end of the row is red.",
    alt="Points over X in two colours; those of rows that end red lie above nearly all others.",
)

# %% [markdown]
# Of *extended* embeddings, most of what was published is refuted here. That of X does not tell the
# rows that a neuron should paint from others (for the worst of four neurons, {{ x_picks_worst }},
# where chance is a half). It does not fall along the rows that neurons of the red right end serve
# ({{ x_falls_red }}), though it rises for those of the blue right end ({{ x_rises_blue }}). Nor is
# X a switch: in rows that it should leave alone a neuron fires at {{ fires_elsewhere }} of points,
# a random one at {{ fires_elsewhere_random }}. (Our four are the strongest of their families, which
# need not correspond to the published four; and rows that are red throughout were counted among the
# others.)
#
# Of *effective* embeddings, most of it holds. We stated this after we had looked. That of Y grows
# towards the end that is painted, with a rank correlation of {{ y_to_end }} or more in every
# family; in part, that is what puts a neuron into its family. That of X tells a neuron that paints
# right ends red which rows end so, at {{ x_picks_effective }} ({{ x_picks_random }} for random
# neurons). And in this model, among rows served, it follows how much there is to paint, at
# {{ x_follows }} or more (random: {{ x_follows_random }}).
#
# ### Flat along the curve?
#
# If X sets how far a neuron paints, then X and Y should cancel where the colour changes. RGRGRG saw
# that X plus Y at 133 - X is flatter than X alone, and that 134 looked flatter still.

# %%
blue_right = members(problem)["blue right"]
flatness = {
    name: shown.by_sum(problem, blue_right, embed)
    for name, embed in (("extended", extended), ("effective", effective))
}
for total in range(131, 137):
    found = flatness["effective"][shown.TOTALS.index(total)]
    record(f"flat_on_{total}", found, "", digits=2)
record("flat_133_extended", findings["flatter_on_133"].value, "", digits=2)
record("flattest_extended", shown.TOTALS[int(flatness["extended"].argmin())], "", digits=0)
record("flattest_effective", shown.TOTALS[int(flatness["effective"].argmin())], "", digits=0)
figures.lines(
    flatness,
    x=list(shown.TOTALS),
    x_title="X + Y",
    y_title="standard deviation, X and Y over X alone",
    vertical={"133": 133},
    caption="How flat X and Y together are on lines of equal sum, over the rows that change to "
    "blue on curve C: median over the neurons that paint right ends blue. Below one, they are "
    "flatter than X alone.",
    alt="Two jagged lines over sums around 133. That of effective embeddings lies below one "
    "everywhere, and below the other for all but the greatest sums; it has a dip beside 133, and "
    "others as deep.",
)

# %% [markdown]
# With extended embeddings it is not flatter at all ({{ flat_133_extended }} of X alone). With
# effective ones it is: {{ flat_on_131 }}, {{ flat_on_132 }}, {{ flat_on_133 }}, {{ flat_on_134 }},
# {{ flat_on_135 }} and {{ flat_on_136 }} at sums from 131 to 136, and 134 is flatter still, as
# published. But nothing singles these lines out: of 41, the flattest is {{ flattest_effective }}
# ({{ flattest_extended }} for extended embeddings). What rises meets what falls, and a few columns
# more or less do not show. Over all families, where their rows change, the ratio in this model is
# at most {{ flat_effective }} with effective embeddings and up to {{ flat_extended }} with extended
# ones; for random neurons it is {{ flat_random }} or more. So X and Y do pull against each other,
# but this ratio cannot tell *which* curve they follow.
#
# ### Two principal directions, and a gate?
#
# Heimersheim and Hobbhahn found two principal directions after attention, and likened the MLP to a
# gate on both.

# %%
found = directions.of_resid(problem)
record("two_share", found.shares[:2].sum(), "share", digits=1)
record("three_share", found.shares[:3].sum(), "share", digits=1)
other = directions.of_resid(ov_exchanged(problem))
record("two_share_exchanged", other.shares[:2].sum(), "share", digits=1)
record("two_share_of_x", directions.of_numbers(problem, X).shares[:2].sum(), "share", digits=1)
record("two_share_of_y", directions.of_numbers(problem, Y).shares[:2].sum(), "share", digits=1)
record("plane_left", findings["plane_suffices"].value, "share", digits=1)
record("plane_left_drawn", findings["plane_suffices"].controls[1].value, "share", digits=1)
record("space_left", findings["three_suffice"].value, "share", digits=1)
record("space_left_drawn", findings["three_suffice"].controls[0].value, "share", digits=1)
kept = list(range(1, 7))
figures.scatter(
    {
        "principal": (kept, [shown.left_on_first(problem, count) for count in kept]),
        "between random points": (
            kept[:3],
            [shown.left_on_drawn(problem, count) for count in kept[:3]],
        ),
    },
    x_title="directions kept",
    y_title="agreement with the model",
    joined=True,
    caption="How many of the model's answers stay if resid_mid is projected on its first "
    "principal directions, or on differences of random points.",
    alt="The curve of principal directions rises steeply and is close to one from three on; the "
    "other lies below it.",
)

# %% [markdown]
# The first two have {{ two_share }} of the variance. We had claimed that they have most of it, and
# dropped the claim: with the OV circuits of heads exchanged they have {{ two_share_exchanged }}, so
# it says nothing about this model. (Of what X brings at mean attention, two directions have
# {{ two_share_of_x }}; of what Y brings, {{ two_share_of_y }}.) But the answers do depend on them.
# Projected on these two, `resid_mid` gives {{ plane_left }} of the answers; on two directions
# between random points, {{ plane_left_drawn }}. A third raises this to {{ space_left }} (random:
# {{ space_left_drawn }}). So in this model three directions are enough, with {{ three_share }} of
# the variance.
#
# A gate on both would mean that where one coordinate shuts it, the other has no effect. The slope
# of the MLP along one direction is known exactly at each point: it is set by which neurons fire.

# %%
sloping = directions.slopes(problem, found.directions[:2])
record("gate_first", directions.gating(sloping, 0), "", digits=2)
record("gate_second", directions.gating(sloping, 1), "", digits=2)
record("gate_stated", findings["both_gate"].threshold, "times", digits=0)
record("gate_exchanged", findings["both_gate"].controls[1].value, "", digits=2)
figures.lines(
    {
        "along the second, by the first": directions.by_bin(sloping, 0),
        "along the first, by the second": directions.by_bin(sloping, 1),
    },
    x=range(1, directions.BINS + 1),
    x_title="tenth of points, by the other coordinate",
    y_title="mean size of the slope (logits)",
    caption="How steeply what the MLP adds to the logit of red less that of blue changes along "
    "one principal direction of resid_mid, for tenths of all points by their other coordinate.",
    alt="Two lines over ten bins, neither of which comes near zero.",
)

# %% [markdown]
# Neither shuts it. The bins where it is steepest and flattest differ by factors of {{ gate_first }}
# and {{ gate_second }}; we had stated {{ gate_stated }} for both. With the output weights of the
# neurons exchanged, the lesser factor is {{ gate_exchanged }}. Single neurons are gates, as every
# ReLU is. By this measure the MLP as a whole, in these two coordinates, is not: it is steep nearly
# everywhere. Heimersheim and Hobbhahn describe their gate in words, and other measures of it may
# come out otherwise.

# %% [markdown]
# ## 7. Mistakes at curved boundaries?

# %%
findings += check(stated.mistakes.CLAIMS, problem)

# %% [markdown]
# Of his own model, Casper wrote beside the challenge that its mistakes are all <q
# cite="https://github.com/thestephencasper/mechanistic_interpretability_challenge">near curvy parts
# of the decision boundary</q>. He asked the authors of both explanations why; the question stayed
# open. It has two parts, and the first is whether it is so.
#
# **Is it so?** The boundary between red and blue has three kinds of edge. Along a row, the colour
# changes where a curve crosses the row: A and B are curved, C is straight. It also changes from one
# row to the next, because the two rows have different types; no curve runs there. In the table,
# each row is a kind of edge, and the columns say how many of the points beside it are wrong:

# %%
true, wrong = truth(problem), mistakes(problem)
record("straight_to_curved", findings["straight_is_spared"].value, "", digits=2)
record("row_types_to_curved", findings["row_types_are_spared"].value, "", digits=2)
record("straight_edges", stated_mistakes.straight_edges(problem).sum(), "", digits=0)
record("curved_edges", stated_mistakes.curved_edges(problem).sum(), "", digits=0)
for run in stated_mistakes.OTHER_SEEDS:
    others = stated_mistakes.straight_to_curved(stated_mistakes.wrong_of(problem, run), true.cpu())
    record(f"{run.replace('-', '_')}_straight", others.value, "", digits=2)
table(
    ["edge drawn by", "points beside it", "wrong", "share wrong", "share of held-out ones wrong"],
    edge_tables.cell_rows(problem),
    caption="Wrong points beside edges of each kind. Points beside an edge of row types have no "
    "other edge within three columns",
)

# %% [markdown]
# The bend makes no difference that we could see. Beside the straight curve, points are wrong
# {{ straight_to_curved }} times as often as beside the two curved ones, and in models of two other
# seeds {{ seed_0_straight }} and {{ seed_2_straight }} times as often: the claim that it is spared
# is refuted. (The straight curve draws only {{ straight_edges }} of these edges, the curved ones
# {{ curved_edges }}, so such a ratio is known only roughly, and a picture does not show it.) What
# is spared are the edges between rows of different types: beside these, points are wrong
# {{ row_types_to_curved }} times as often as beside the curved ones. Mistakes do not lie where the
# boundary is *curved*; they lie where it *crosses rows*.
#
# So the question becomes why the model is wrong where the colour changes along a row. That it is
# not wrong between rows is no riddle: a row is a token, and half of its points say what type it
# has.
#
# **First answer: too few training points.** Between the last training point on one side of an edge
# and the first on the other, nothing in that row says where the colour changes. If this were the
# reason, mistakes would lie in these gaps.

# %%
trained, held_out = trained_on(problem), ~trained_on(problem)
guessed = training_gaps.wrongness(training_gaps.interpolated(true, trained), true)
record("in_gaps", findings["gaps_hold_mistakes"].value, "share", digits=0)
record("in_other_gaps", findings["gaps_hold_mistakes"].controls[0].value, "share", digits=0)
record("gap_prediction", findings["gaps_invite_mistakes"].value, "", digits=2)
record("gap_prediction_other", findings["gaps_invite_mistakes"].controls[0].value, "", digits=2)
record("gaps_curved_to_straight", findings["gaps_wider_at_curves"].value, "", digits=2)
record("interpolation_wrong", guessed[held_out].sum(), "", digits=1)
record("model_wrong_held_out", (wrong & held_out).sum(), "", digits=0)
record("displacing", findings["mistakes_displace"].value, "share", digits=0)
rule_wrong, model_wrong = (
    edge_tables.wrong_at(found, held_out, true) for found in (guessed, wrong.double())
)
for name, found in {"rule": rule_wrong, "model": model_wrong}.items():
    record(f"{name}_beside", found[0], "share", digits=0)
    record(f"{name}_two_away", found[1], "share", digits=0)
figures.lines(
    {
        "model, held-out points": 100 * model_wrong,
        "nearest training point of the row": 100 * rule_wrong,
        "model, training points": 100 * edge_tables.wrong_at(wrong.double(), trained, true),
    },
    x=edge_tables.COLUMNS,
    x_title="columns from the nearest edge of the row",
    y_title="wrong (%)",
    caption="How often points are wrong, by their distance from an edge of their row. Points "
    "that the model was trained on are right nearly everywhere; others are often wrong, even "
    "several columns away.",
    alt="Three falling curves. That of the model on held-out points begins highest, above one "
    "half, and reaches farthest; that of the nearest training point falls to nothing within a "
    "few columns; that of the model on training points lies along the bottom.",
)

# %% [markdown]
# This is half an answer at best. Of the mistakes on held-out points, {{ in_gaps }} lie in such gaps
# (in those of a random other half of the points, {{ in_other_gaps }}). The others lie beyond a
# training point of their own row that says which side they are on. Among points equally far from an
# edge, a training point in between hardly helps: the rate of mistakes among those that have one
# predicts {{ gap_prediction }} of the mistakes among those that have none, and for a random other
# half {{ gap_prediction_other }}. Nor are the gaps much wider at curved edges than at straight ones
# ({{ gaps_curved_to_straight }} times as wide).
#
# How little the model makes of its training points shows beside the simplest rule that uses them:
# the colour of the nearest training point of the row. On held-out points that rule makes
# {{ interpolation_wrong }} mistakes (a half for each tie), the model {{ model_wrong_held_out }}.
# Right beside an edge both are wrong about equally often, the rule in {{ rule_beside }} and the
# model in {{ model_beside }} of cases: there, the row does not tell. Two columns away, the rule is
# wrong in {{ rule_two_away }} and the model still in {{ model_two_away }}. A network that
# interpolated well would do better than this one. Nor are its mistakes edges in the wrong place:
# only {{ displacing }} of them belong to a run of mistakes that reaches an edge of the row, and the
# others stand by themselves among right answers.
#
# **Second answer: a sum that is shallow or rough.** The logit of red less that of blue is a sum of
# what neurons add. Where it crosses zero slowly or unevenly, small errors flip the answer. We fit a
# straight line to it on the *training* points within six columns of an edge, and take slope over
# residual as sharpness. Nearly all mistakes are on other points, so nothing is compared with
# itself. The table has a row for each curve; the map below it shows the sum.

# %%
record("sharpness_ratio", findings["curved_is_less_sharp"].value, "", digits=2)
record("sharpness_ratio_dealt", findings["curved_is_less_sharp"].controls[0].value, "", digits=2)
record("sharpness_tells", findings["sharpness_tells"].value, "", digits=2)
record("surer_of_training", findings["training_points_memorised"].value, "logits", digits=1)
record("beside_trained", edge_tables.margin_at(problem, trained)[0], "logits", digits=1)
record("beside_held_out", edge_tables.margin_at(problem, held_out)[0], "logits", digits=1)
table(
    ["curve", "edges", "open columns", "slope", "residual", "mistakes within six columns"],
    edge_tables.edge_rows(problem),
    caption="What training points leave open about an edge (mean); slope (logits per column) and "
    "residual (logits) of the learned sum across it (medians); and mistakes at held-out "
    "points around it (mean)",
)

# %%
plane(
    {"": difference(problem).clamp(-12, 12)},
    scale="signed",
    unit="logits",
    caption="The learned sum: the logit of red less that of blue, cut off at twelve either way. "
    "Away from the curves it is mostly far from zero; along all three it fades and flickers.",
    alt="Rows of deep blue and deep red, which turn pale where a curve or the straight line "
    "changes the colour of the row.",
)

# %% [markdown]
# Neither part of this answer holds. Curved edges are not less sharp than straight ones, but
# {{ sharpness_ratio }} times as sharp; the ratio is a poor guide, since edges dealt to the two
# kinds at random give {{ sharpness_ratio_dealt }}. And sharpness does not tell edges with many
# mistakes from those with few (rank correlation {{ sharpness_tells }}).
#
# Something else does go with mistakes; we stated it after seeing how often points are wrong at each
# distance. Near an edge, the model knows its training points one by one.

# %%
figures.lines(
    {
        "training points": edge_tables.margin_at(problem, trained),
        "held-out points": edge_tables.margin_at(problem, held_out),
    },
    x=edge_tables.COLUMNS,
    x_title="columns from the nearest edge of the row",
    y_title="mean margin (logits)",
    caption="How far the right answer is ahead, by the distance from an edge of the row. Near an "
    "edge it is farther ahead at points that the model was trained on; right beside one, at "
    "others, it is behind.",
    alt="Two rising curves. That of training points begins well above zero, that of held-out "
    "points below it; after about six columns they lie closer together.",
)

# %% [markdown]
# One to three columns from an edge, the right answer leads by {{ surer_of_training }} logits more
# at training points than at others equally near. Right beside an edge its mean lead is
# {{ beside_trained }} logits at the former and {{ beside_held_out }} at the latter. If the sum were
# one smooth function whose edges were slightly off, the two would be alike. So the sum is bent to
# its training points, and between them it falls where it may.
#
# **Third answer: training.** Casper's own guess of what to try was to train longer, with smaller
# batches, or on all inputs. We trained the model again by the recipe of its card, changing one
# thing at a time; the runs are kept as their answers to all points. The map after the table counts
# how many runs get each point wrong.

# %%
record("left_longer", findings["longer_cures"].value, "share", digits=0)
record("left_smaller", findings["smaller_batches_cure"].value, "share", digits=0)
record("left_all", findings["all_points_cure"].value, "share", digits=1)
record("left_reseeded", findings["all_points_cure"].controls[0].value, "share", digits=0)
record("shared_by_seeds", findings["seeds_err_apart"].value, "share", digits=0)
record("shared_least", findings["seeds_err_alike"].value, "share", digits=0)
record("shared_by_distance", findings["seeds_err_alike"].controls[0].value, "share", digits=0)
record("shared_by_longer", findings["seeds_err_apart"].controls[0].value, "share", digits=0)
record("all_points_wrong", stated_mistakes.wrong_of(problem, "all-points").sum(), "", digits=0)
table(
    ["run", "seed", "epochs", "batch", "training points", "wrong of these", "wrong of the others",
     "wrong in ours too"],
    edge_tables.run_rows(problem),
    caption="Models trained again, and their mistakes. The seed draws the initial weights, the "
    "training points and their order; the first row is the committed model, trained anew",
)  # fmt: skip

# %%
halves = ("as-committed", "seed-0", "seed-2", "longer", "smaller-batches")
plane(
    {"": edge_tables.runs_wrong(problem, *halves)},
    scale="magnitude",
    unit="runs that are wrong",
    caption="How many of the five runs on half of the points get each point wrong. All of them err "
    "along the curves A, B and C. Most of these points are wrong in one run only, a few in all.",
    alt="An empty square with scattered points of one or two runs along two curves and a straight "
    "line, few of them darker.",
)

# %% [markdown]
# Four times as many epochs leave {{ left_longer }} of the mistakes, batches of a quarter
# {{ left_smaller }}; a change of seed alone leaves {{ left_reseeded }} in the better of two cases.
# So neither is a cure. Trained on *all* points, the model makes {{ left_all }} as many mistakes, or
# fewer: with the same seed, {{ all_points_wrong }} are left. But this is no cure either, for then
# there are no points that it has not seen.
#
# We had stated that other seeds, with other training points, would err elsewhere. They do not. Of
# the model's mistakes on points that neither was trained on, another seed makes {{ shared_least }}
# to {{ shared_by_seeds }} too; the run that is four times as long, with the same training points,
# makes {{ shared_by_longer }}. Being as near an edge accounts for {{ shared_by_distance }} at most.
# So some points are hard for this recipe, whichever half it is trained on.
#
# **What remains open.** Near an edge the model fits its training points one by one, and in between
# does worse than the nearest of them would. Why it does not generalise as well as that remains
# open, and so does what makes some points hard for every seed. All of this was measured on our
# model and on six others, of its recipe or near it; we have not run the published checkpoint.

# %% [markdown]
# ## 8. A transformer set by hand

# %%
findings += check(stated.by_hand.CLAIMS, problem)

# %% [markdown]
# If rows are painted, the weights that paint them can be written down. RGRGRG [did
# so](https://www.lesswrong.com/posts/vGCWzxP8ccAfqsrS3): a transformer that gives every label, with
# *red left* in place of *red all*. Here is one of our own, of the same sizes as the trained model.
#
# * *Embedding.* It holds the number itself and, in one dimension for each neuron, the column where
#   that neuron's ramp begins in the row of that number, or a place beyond the margin of the map if
#   the row does not need it.
# * *Attention.* At Z, head `0.0` looks at X and moves where ramps begin, and head `0.1` looks at Y
#   and moves the number. Where they look depends on positions alone. The other six heads are zero.
# * *Neurons.* Each takes a number that comes from X and adds or subtracts Y: a ramp that is zero on
#   one side of its place. The other neurons are zero.
# * *Ground.* The output bias makes blue what no ramp reaches.
#
# *Blue right* is needed where a row is red in the middle. There *red right* rises from the first
# edge on; *blue right* begins in the middle of the red stretch and falls twice as steeply, so that
# the sum is down again at the second edge. In the table, each row is a neuron.

# %%
by_hand_maps = difference(hand_set(problem))
record("hand_neurons", len(by_primitive(truth(problem).cpu()).names), "", digits=0)
record("hand_points", findings["hand_set_exact"].n, "", digits=0)
record("hand_right", findings["hand_set_exact"].value, "share", digits=0)
record("hand_margin", findings["hand_set_sure"].value, "logits", digits=0)
record("hand_most", by_hand_maps.abs().max(), "logits", digits=0)
record("hand_dealt_on", findings["hand_set_exact"].controls[0].value, "share", digits=1)
record("hand_one_off", findings["hand_set_exact"].controls[2].value, "share", digits=1)
record("trained_margin", -findings["hand_set_sure"].controls[0].value, "logits", digits=1)
table(
    by_hand.PAINTERS,
    by_hand.painter_rows(problem),
    caption="The neurons set by hand: what each paints, what it takes the ReLU of (t is a number "
    "that the row chooses), what it adds to the difference of the logits (red less blue) per "
    "column of its ramp, and in how many rows",
)

# %%
cut = 10.0
plane(
    {
        "red right and blue right": by_hand.effect_of(problem, ["red right", "blue right"], cut),
        "red left and red all": by_hand.effect_of(problem, ["red left", "red all"], cut),
    },
    scale="signed",
    unit="logits",
    caption="What the neurons set by hand add to the difference of the logits, two at a time. "
    f"Colours are cut off at {cut:g} logits. In the margin, the true pattern of each row.",
    alt="Two maps. On the left, rows are red from some column to the right end; in some of them "
    "the red fades again and turns blue. On the right there is red at the left end of some rows, "
    "up to where a curve crosses them, and a faint red all along a few others.",
    rows=truth(problem).cpu(),
)

# %% [markdown]
# It answers {{ hand_right }} of the {{ hand_points }} points correctly: the right logit exceeds the
# wrong one by at least {{ hand_margin }} and at most {{ hand_most }} logits, exact in float32. With
# one of its neurons off, at most {{ hand_one_off }} are right; with what the neurons write dealt on
# among them, {{ hand_dealt_on }}. (At the trained model's worst point the wrong logit leads by
# {{ trained_margin }}.) All this holds by construction, and was stated as claims once the weights
# had been made and run; what is said of instruments below was stated before.
#
# **How small?** *Red all* is not needed: a row that is red throughout is red right of its left end.
# And if Y may go past the neurons to the logits, each row is a rising straight line, to which one
# neuron adds an upward bend and another a downward one. A line with an upward bend makes red at one
# end or at both; a downward bend makes red in the middle. Each row of the table is one such
# transformer.

# %%
table(
    by_hand.SIZES,
    by_hand.size_rows(problem),
    caption="Transformers set by hand: neurons; the plan; points answered correctly; by how many "
    "logits at the worst point; weights that are not zero; the largest of them; bits of the "
    "same as a program that knows no interventions, by the rule of the Evidence page",
)

# %%
fact("red_points", ", ".join(map(str, RED_POINTS)))
fact("blue_points", ", ".join(map(str, BLUE_POINTS)))
record("pairs_crossing", findings["no_fewer_neurons"].value, "", digits=0)
record("hand_search", findings["search_finds_painters"].value, "share", digits=0)
record("none_hidden", findings["search_finds_painters"].controls[0].value, "share", digits=1)
record("one_not_hidden", findings["search_finds_painters"].controls[1].value, "share", digits=1)
record("hand_ceiling", findings["families_off_known"].value, "share", digits=1)
record("hand_next", findings["families_off_known"].controls[0].value, "share", digits=1)
record("hand_mean", findings["hand_set_attends_evenly"].value, "logits", digits=0)
record("trained_mean", findings["hand_set_attends_evenly"].controls[0].value, "logits", digits=1)

# %% [markdown]
# **No smaller.** One might think that neurons could do better than ramps if they read not Y but any
# table of it. Let attention not depend on the tokens. Then the difference of the logits is
# $g(x) + h(y)$ and, for each neuron, $w \operatorname{relu}(a(x) + b(y))$, where $g$, $h$, $a$ and
# $b$ may be any tables. Let two red points *cross* if the two other corners of their rectangle are
# blue. Where $u(x) + v(y)$ is above zero at two points, it is above zero at one of the two other
# corners as well, since both pairs of corners have the same total. With one neuron and $w > 0$, the
# difference is the larger of two such sums, so of three red points that cross, pair by pair, two
# would share one sum, which is impossible. With $w < 0$ the same holds of blue. Where two neurons
# stand by themselves, over a constant, red or blue is decided by at most three such sums: four
# points that cross are too many. These are red and cross: {{ red_points }}. These are blue and
# cross: {{ blue_points }}. In either colour {{ pairs_crossing }} pairs of them do, which is all
# there are. So one neuron is too few with the direct path, and two are too few without it: two and
# three are the least. Attention that depends on the tokens is not covered.
#
# **What the instruments make of it.** A model of which everything is known tests our instruments.
# The rule for families puts each neuron set by hand, and no other, under its primitive. The search
# for the smallest set finds the four where they are hidden among the strongest neurons of the
# trained model: they give {{ hand_search }} of the points right, against {{ none_hidden }} with
# none hidden and {{ one_not_hidden }} with one missing. Fixing attention to its mean changes
# nothing ({{ hand_mean }} logits; in the trained model up to {{ trained_mean }}). And our measure
# of which rows change without a family comes to {{ hand_ceiling }} here, where every primitive has
# a neuron of its own ({{ hand_next }} if primitives are taken for those of the next family).
# Painting can reach no more, since a row with a few red columns hardly changes without them.
#
# **What it does not say.** That four neurons, or two, can paint the rows does not mean that the
# trained model paints them so. It says that the published mechanism is enough for the task, and how
# little it takes: that four neurons agree with the model nearly everywhere is less surprising once
# one knows that three could do all of it. What it foretells of the *trained* model is tested in
# [section 10](#10-put-to-the-test).

# %% [markdown]
# ## 9. Causal scrubbing

# %%
findings += check(stated.rivals.CLAIMS, problem)

# %% [markdown]
# A hypothesis says what a part of the model does not distinguish. That part may then be given what
# it works on from any other point of the same class, and the answers should stay what they are. The
# comparison is with classes drawn at random.
#
# *Heimersheim and Hobbhahn* declare two things equivalent: where the heads look, at any two points;
# and, after the heads, points that lie close together along two directions. *RGRGRG* says that
# families of neurons carry a rule for each row; what a family does should then depend only on the
# type of the row and on the sides of the three curves.

# %%
for name in (
    "patterns_interchangeable",
    "any_two_directions",
    "families_interchangeable",
):
    record(f"{name}_kept", findings[name].value, "share", digits=1)
    record(f"{name}_drawn", findings[name].controls[0].value, "share", digits=1)
record("principal_less", -findings["principal_directions_special"].value, "share", digits=1)
record("families_less", -findings["families_special"].value, "share", digits=1)
record("cells", len(scrubbing.cells(problem).unique()), "", digits=0)
record("cases", len(scrubbing.cases(problem).unique()), "", digits=0)

# %% [markdown]
# * Heads that look where they look at some other point leave {{ patterns_interchangeable_kept }} of
#   the answers as they are. Heads that *read* another point, and look where they would have, leave
#   {{ patterns_interchangeable_drawn }}. So on this model it matters where a head looks.
# * Cells along the best of a few *random* pairs of directions leave {{ any_two_directions_kept }};
#   the {{ cells }} cells along the two *principal* directions leave fewer, by {{ principal_less }}
#   of all answers, and a random partition of the same sizes {{ any_two_directions_drawn }}. A point
#   has two coordinates, and nearly any two numbers say where it is. That two directions suffice is
#   true, and says little about these two.
# * Families of strong neurons, each with another point of the same case ({{ cases }} cases), leave
#   {{ families_interchangeable_kept }}; with a random partition,
#   {{ families_interchangeable_drawn }}. If families contain all neurons that fire, more answers
#   stay; but groups of the same neurons *dealt at random* then keep even more, by
#   {{ families_less }} of all answers. What neurons do at another point of the case differs from
#   neuron to neuron, and in a random group that averages out. So scrubbing confirms the cases, but
#   not the families as units.
#
# ## 10. Put to the test
#
# Each row of the table is an explanation as a program. It predicts, for all points, what *the
# model* answers, and what it answers under interventions: a family of neurons off; attention fixed
# to its mean; heads that read another row's X, or another column's Y, but look where they did; a
# head at its mean. Both published explanations are written in the best form that was found.
# RGRGRG's neurons see what attending heads bring, as in that analysis; Heimersheim and Hobbhahn's
# programs have heads at their mean, because that is their claim. *Nearest* programs know the labels
# of all training points, and nothing of the model. All other numbers are read off the weights; only
# *which* neurons paint was found by searching for the model's answers, as in section 3. Numbers are
# written down coarsely, to save bits, so the four neurons of section 3 predict
# {{ four_painters_agrees }} here and {{ four_agreement }} there. The [Evidence
# page](../../../evidence/#predict) says how bits are counted.

# %%
contest = compete(EXPLANATIONS, rivals.trial(problem))
for name, found in contest.items():
    record(f"{name}_agrees", found.agreements[0].share, "share", digits=1)
    record(f"{name}_near", found.agreements[1].share, "share", digits=0)
    record(f"{name}_foreseen", found.foreseen_share, "share", digits=0)
    record(f"{name}_bits", found.bits, "bits", digits=0)
    if found.confidence:
        record(f"{name}_ranked", found.confidence.correlation, "", digits=2)
record("changed", contest["labelling"].changed, "", digits=0)
record("near_points", contest["labelling"].agreements[1].n, "", digits=0)
for name in ("extended_tells_mistakes", "painters_tell_mistakes", "neighbours_tell_mistakes"):
    record(name, findings[name].value, "share", digits=0)
for name in ("extended_foresees", "painters_foresee"):
    record(f"{name}_balanced", findings[name].value, "share", digits=0)
    record(f"{name}_by_hand", findings[name].controls[0].value, "share", digits=0)
record(
    "drawn_tell_mistakes", findings["neighbours_tell_mistakes"].controls[0].value, "share", digits=0
)
figures.scatter(
    {
        kind: (
            [contest[name].bits for name in names],
            [contest[name].agreements[0].share for name in names],
        )
        for kind, names in KINDS.items()
    },
    x_title="bits",
    y_title="share of answers predicted",
    log_x=True,
    height=420,
    caption="Size against fidelity: how many bits each explanation takes, and what share of the "
    "model's answers to all points it predicts. Better is further up and further left.",
    alt="Points over a logarithmic axis of bits. The programs that know the task are short and "
    "lie high. Few neurons take more bits and reach about as high. Programs with heads at their "
    "mean lie much lower, however many bits they take.",
)

# %% [markdown]
# **What the scores decide.** *On this model it matters where heads look.* With heads at their mean,
# two directions predict {{ two_directions_agrees }} of the answers and all directions
# {{ extended_agrees }}, for {{ extended_bits }} bits. Letting heads attend raises the two
# directions to {{ attending_directions_agrees }}: what was missing was attention, more than the
# other directions. *Few neurons do nearly all of it*: four predict {{ four_painters_agrees }},
# sixteen {{ sixteen_painters_agrees }}.
#
# **What agreement does not decide** is which of them knows the model: the labelling function and
# the transformer set by hand agree with it more often than four of its neurons do. What tells them
# apart are questions to which the answer key does not help:
#
# * *At the boundaries.* Within three columns of a change of colour ({{ near_points }} points) the
#   labelling function predicts {{ labelling_near }}, four neurons {{ four_painters_near }}, sixteen
#   {{ sixteen_painters_near }}, extended embeddings {{ extended_near }}.
# * *Mistakes.* Red and blue ones counted alike, sixteen neurons predict
#   {{ painters_tell_mistakes }}, extended embeddings {{ extended_tells_mistakes }}; giving one
#   colour everywhere predicts a half, and the labelling function nothing.
# * *Where it is sure.* The margins of four neurons have a rank correlation of
#   {{ four_painters_ranked }} with the model's, those of extended embeddings {{ extended_ranked }},
#   those of the hand-set transformer {{ by_hand_ranked }}.
# * *Interventions* change {{ changed }} answers. Of these, red and blue ones counted alike, four
#   neurons foresee {{ painters_foresee_balanced }}, extended embeddings
#   {{ extended_foresees_balanced }}, and the transformer set by hand, which has the right answers
#   but other insides, {{ painters_foresee_by_hand }}. That is the difference between knowing what a
#   model computes and knowing how. (The table does not count the colours alike: most interventions
#   take red away, so *blue everywhere* has {{ all_blue_foreseen }} there.)
#
# So of the two, painting by few neurons that see attending heads is nearer to *this* model. That is
# no judgement of what Heimersheim and Hobbhahn found on theirs. Nor does it say that the neurons of
# a family are a unit (scrubbing says they are not), or that these four are *the* four (section 3
# finds others). And the scores say nothing about why the network came to work like this.
#
# *Interpolation*, taken at its word, explains little of this. The nearest training point in the
# plane gives {{ nearest_agrees }} of the answers, and that includes the half of all points that
# were trained on, where the nearest point is the point itself. In the same row it gives
# {{ nearest_in_row_agrees }}, since rows, not neighbourhoods, have rules. Of the mistakes at other
# points, the best kind of neighbours makes {{ neighbours_tell_mistakes }} too; neighbours among
# randomly drawn points make {{ drawn_tell_mistakes }}, so these are not the mistakes of the
# training set's neighbours.
#
# Bits are counted as if the task were known, so the labelling function costs next to nothing here.
# Anybody who found its three curves in the model alone would also have to write down which rule
# each row has.

# %% [markdown]
# The model and the explanation `sixteen_painters`, on an input of your own:

# %% tags=["hide-input"]
live(
    problem,
    problem.task.encode([[10, 60]]),
    problem.task.every(),
    problem.task.every()[mistakes(problem).flatten().cpu()][:8],
    contest["sixteen_painters"],
    measured(problem),
    families={
        f"neurons that paint {what}": Neurons(0, members)
        for what, members in families(problem).items()
    },
)

# %% [markdown]
# ## 11. Other models
#
# Which of these sentences are about painting rows, and which about one training run? The recipe was
# run again from {{ others }} other seeds. A seed draws the initial weights, the half of the points
# that is trained on, and its order. Of these models, {{ others_learned }} learned the task as well
# as ours, to within a thousandth and what chance allows in measuring it. Every claim of this page
# was measured on each of them, with its controls, against the threshold that stands here. What we
# expected of each was written down before the first was trained.

# %%
elsewhere = other_models(problem, findings)
elsewhere.models()
elsewhere.claims()
elsewhere.shares("random_suffice", "three_needed", "one_of_each", "families_are_clusters")
elsewhere.shares("four_suffice", "straight_is_spared", "row_types_are_spared", "three_suffice")
record("enough_if_fixed", findings["mean_attention_suffices"].threshold, "share", digits=0)
fixed_elsewhere = elsewhere.spread("mean_suffices").learned
record("others_fixed_least", fixed_elsewhere[0], "share", digits=0)
record("others_fixed_most", fixed_elsewhere[-1], "share", digits=0)
enough = sum(kept >= findings["mean_attention_suffices"].threshold for kept in fixed_elsewhere)
record("others_fixed_enough", enough, "", digits=0)

# %% [markdown]
# Of {{ claims_judged }} claims, {{ claims_universal }} are universal, {{ claims_usual }} usual,
# {{ claims_particular }} particular, and {{ claims_never_come }} out so on this model only. We had
# foreseen the kind of {{ claims_as_expected }}; {{ claims_on_more }} come out on more models than
# we had thought, and {{ claims_on_fewer }} on fewer. (Not counted are {{ claims_by_construction }}
# that are measured on weights set by hand or on other committed runs, and come out alike by
# construction. On the model of seed 2, which is one of those runs,
# [`seeds_err_alike`](#claim-seeds_err_alike) and [`seeds_err_apart`](#claim-seeds_err_apart)
# compare it with itself as well.)

# %%
elsewhere.quantities()
elsewhere.gallery(
    "The points that each model gets wrong, in the colour that it gives them; rows are values of "
    "X, columns of Y. Elsewhere all colour the plane alike, as the start page shows it of ours. "
    "Mistakes lie along the same curves, and are other points for every model."
)
elsewhere.correlations()

# %% [markdown]
# **What they share, and what not.** Neurons come in the families of section 2
# ({{ others_families_are_clusters }}), and four of them suffice ({{ others_four_suffice }}).
# Mistakes lie where a curve crosses rows, be it straight ({{ others_straight_is_spared }}), and
# hardly ever between rows of different types ({{ others_row_types_are_spared }}). But one neuron of
# each family can stand for all on {{ others_one_of_each }} models only; that three principal
# directions are enough, where random ones are not, holds of {{ others_three_suffice }}; and that
# the three families of section 4 are needed, and no others, of {{ others_three_needed }}.
#
# **Attention, on this model and on theirs.** With attention fixed to its mean, {{ fixed_left }} of
# this model's answers stay; of Heimersheim and Hobbhahn's, <q
# cite="https://www.lesswrong.com/posts/k43v47eQjaj6fY7LE">92.9</q> %. Of the other models of our
# recipe that learned the task, {{ others_fixed_least }} to {{ others_fixed_most }} stay, and
# {{ enough_if_fixed }} or more on {{ others_fixed_enough }} of {{ others_learned }}. How much
# attention matters differs from seed to seed, and both findings are of kinds that one recipe gives.
#
# **This model is not a typical one.** In {{ quantities_outside }} of the {{ quantities_shown }}
# quantities above it stands outside all others that learned the task:
# {{ quantities_outside_named }}. If it were one of them like any other, that would be so in
# {{ quantities_outside_by_chance }}, on average. Its recipe and seed were chosen by accuracy.

# %% [markdown]
# ## 12. Limits
#
# * Everything in sections 1 to 10 is about one checkpoint of our own. The published analyses are of
#   Casper's, which this page quotes and does not recompute; where ours differs, neither is wrong.
# * Attention depends on the tokens, so nothing here is proved for the trained model except by
#   running all points. The bounds on how few neurons can do it are for attention that does not.
# * Which rule assigns the types to rows was never published, and we know of nobody who has found
#   one.
#
# ### Claims stated late
#
# * *When the construction by hand stood:* [`hand_set_exact`](#claim-hand_set_exact),
#   [`hand_set_sure`](#claim-hand_set_sure), [`three_neurons_paint`](#claim-three_neurons_paint),
#   [`two_neurons_bend`](#claim-two_neurons_bend), [`no_fewer_neurons`](#claim-no_fewer_neurons).
# * *After we had looked:* [`output_weights_dealt`](#claim-output_weights_dealt),
#   [`random_suffice`](#claim-random_suffice), [`three_needed`](#claim-three_needed),
#   [`three_needed_mean`](#claim-three_needed_mean), [`one_head_varies`](#claim-one_head_varies),
#   [`rows_flicker`](#claim-rows_flicker), [`y_read_less_surely`](#claim-y_read_less_surely),
#   [`sum_suffices`](#claim-sum_suffices), [`effective_y_to_end`](#claim-effective_y_to_end),
#   [`effective_x_picks_rows`](#claim-effective_x_picks_rows),
#   [`effective_x_follows_change`](#claim-effective_x_follows_change),
#   [`effective_flatter`](#claim-effective_flatter), [`three_suffice`](#claim-three_suffice),
#   [`training_points_memorised`](#claim-training_points_memorised),
#   [`seeds_err_alike`](#claim-seeds_err_alike), [`any_two_directions`](#claim-any_two_directions),
#   [`principal_directions_special`](#claim-principal_directions_special) and
#   [`families_special`](#claim-families_special).
# * *Late too, but before anything was known of it:*
#   [`red_rows_by_right`](#claim-red_rows_by_right), [`family_is_one`](#claim-family_is_one),
#   [`one_of_each`](#claim-one_of_each).
# * *When the outcome could be guessed:*
#   [`row_interpolation_is_better`](#claim-row_interpolation_is_better).
# * *Measured otherwise than first stated.* Families were first those of neurons above half a logit,
#   as published, and are now those of all that fire; that is how
#   [`x_rises_blue_right`](#claim-x_rises_blue_right) came to hold. The search for few neurons was
#   first confined to the strongest, and missed weak ones. The probe was exchanged after its first
#   result, its thresholds kept.
# * *Made stricter.* [`extended_tells_mistakes`](#claim-extended_tells_mistakes),
#   [`painters_tell_mistakes`](#claim-painters_tell_mistakes),
#   [`extended_foresees`](#claim-extended_foresees) and
#   [`painters_foresee`](#claim-painters_foresee) once asked for one half, which a program that
#   always says one colour reaches. The programs of painters were at first written down so coarsely
#   that [`painters_tell_mistakes`](#claim-painters_tell_mistakes) failed.
#
# The challenge is Stephen Casper's ([the problem](../)). The two published solutions are Stefan
# Heimersheim and Marius Hobbhahn's ([their
# post](https://www.lesswrong.com/posts/k43v47eQjaj6fY7LE)) and RGRGRG's ([that
# post](https://www.lesswrong.com/posts/vGCWzxP8ccAfqsrS3)).
