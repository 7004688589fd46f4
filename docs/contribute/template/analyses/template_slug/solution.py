# %% [markdown]
# # Template Title: how it works
#
# <div class="unfinished">
#
# **Still to be written:** the mechanism in a few sentences, before anything else. The claims
# below are those of a model that was never trained.
#
# </div>

# %% tags=["parameters"]
checkpoint, device = None, "cpu"

# %% tags=["hide-input"]
from analyses.instruments.attention import label_patterns
from analyses.template_slug import claims as stated
from analyses.write_ups import figures
from analyses.write_ups.page import check, data, record
from models import load

problem = load("template_slug", checkpoint, device)
sequences = data(stated.evaluation(problem))

# %%
findings = check(stated.CLAIMS, problem)

# %% [markdown]
# ## 1. Where the head looks
#
# <div class="unfinished">
#
# **Still to be written:** the evidence, in the order in which one would find it; what fails;
# what is not explained.
#
# </div>

# %%
attention = label_patterns(problem, sequences)[:, 0, 0].mean(dim=0)
record("attention_to_first", attention[0], "share", digits=1)
record("accuracy", findings["has_not_learnt"].value, "share", digits=1)
figures.bars(
    {"head 0.0": attention},
    x=["first", "second", "third", "last"],
    x_title="position",
    y_title="attention",
    caption="What the head looks at from the last position, mean over the evaluation sequences.",
    alt="Four bars, one for each position, of about the same height.",
)

# %% [markdown]
# From the last position, the head pays {{ attention_to_first }} of its attention to the first. Of
# the predictions {{ accuracy }} are right.
