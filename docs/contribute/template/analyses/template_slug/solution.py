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
from analyses.instruments.attention import head_pattern
from analyses.instruments.heads import heads
from analyses.template_slug import claims as stated
from analyses.write_ups import figures
from analyses.write_ups.page import check, data, fact, record
from models import load

problem = load("template_slug", checkpoint, device)
sequences = data(stated.evaluation(problem))

# %%
findings = check(stated.CLAIMS, problem)

# %% [markdown]
# ## 1. Where the heads look
#
# <div class="unfinished">
#
# **Still to be written:** the evidence, in the order in which one would find it; what fails;
# what is not explained.
#
# </div>

# %%
attention = {
    head: head_pattern(problem, sequences, head)[:, -1].mean(dim=0) for head in heads(problem)
}
most = max(attention, key=lambda head: attention[head][0].item())
fact("first_head", str(most))
record("attention_to_first", attention[most][0], "share", digits=1)
record("accuracy", findings["has_not_learnt"].value, "share", digits=1)
figures.bars(
    {f"head {head}": to for head, to in attention.items()},
    x=list(range(problem.task.n_ctx)),
    x_title="position, from 0",
    y_title="attention",
    caption="What heads look at from the last position, mean over the evaluation sequences.",
    alt="For each head a bar at each position, all of about the same height.",
)

# %% [markdown]
# From the last position, head {{ first_head }} pays {{ attention_to_first }} of its attention to
# the first; no head pays more. Of the predictions {{ accuracy }} are right.
