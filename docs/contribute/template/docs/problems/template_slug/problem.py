# %% [markdown]
# # Template Title
#
# <div class="unfinished">
#
# **Still to be written:** what the model reads and what it writes, and the question. The model
# on this page was never trained.
#
# </div>

# %% tags=["parameters", "remove-cell"]
checkpoint, device = None, "cpu"

# %% tags=["hide-input"]
from analyses.template_slug.claims import evaluation
from analyses.template_slug.picture import drawn
from analyses.template_slug.seen import seen
from analyses.write_ups import figures
from analyses.write_ups.page import picture, record
from models import load
from models.scoring import is_correct

problem = load("template_slug", checkpoint, device)
picture(drawn(seen(problem)))

# %% [markdown]
# ## Why this problem
#
# <div class="unfinished">
#
# **Still to be written:** why it is worth a month, and what one should know beforehand. The
# [glossary](../../glossary/) explains the words.
#
# </div>
#
# ## The task

# %%
from models.template_slug.task import TemplateSlug

task = TemplateSlug()
tokens = task.encode([[7, 1, 9, 4]])
print("read   ", tokens[0].tolist())
print("answer ", [task.classes[answer] for answer in task.answers(tokens)[0].tolist()])

# %% [markdown]
# ## The model

# %% [markdown]
# [[specification]]

# %% [markdown]
# ## Load it

# %% [markdown]
# [[start]]

# %%
from models import load

problem = load("template_slug")
tokens = problem.task.encode([[7, 1, 9, 4]])
logits, cache = problem.model.run_with_cache(tokens)
print(problem.task.classes[logits[0, -1].argmax()])

# %% [markdown]
# ## What it can do

# %%
problem = load("template_slug", checkpoint, device)
fresh = evaluation(problem)
logits = problem.logits(fresh)
record("demo_sequences", len(fresh), "", digits=0)
record("demo_accuracy", is_correct(problem.task, logits, fresh).double().mean(), "share", digits=1)
figures.heatmaps(
    {"": logits[:10, -1].softmax(dim=-1)},
    scale="share",
    unit="probability",
    x_title="what it says",
    y_title="sequence",
    x_labels=problem.task.classes,
    marks=list(enumerate(problem.task.answers(fresh[:10])[:, 0].tolist())),
    height=360,
    caption="The model's predictions on ten fresh sequences; circles mark the right answers.",
    alt="Heat map of ten rows of probabilities; the circled right answers do not stand out.",
)

# %% [markdown]
# Of {{ demo_sequences }} fresh sequences, the model gets {{ demo_accuracy }} right.
#
# ## Try it
#
# The model runs here, in the page: type a sequence, and see what it says, where it looks, and what
# happens if a part of it is taken away.

# %% tags=["hide-input"]
from analyses.write_ups.live import live

live(problem, tokens, fresh)

# %% [markdown]
# ## Hints
#
# <details class="hint"><summary>A first look</summary>
#
# **Still to be written:** three hints or so, each giving away more than the last.
#
# </details>
#
# ## What counts as a solution
#
# <div class="unfinished">
#
# **Still to be written:** what a solution has to explain. [How to send it](../../contribute.md).
#
# </div>
