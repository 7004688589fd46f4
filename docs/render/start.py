"""Starting without a clone: a program for a folder that has nothing but a problem's files.

It is made from the card, stands on the problem's page (`[[start]]`), and is a notebook, too.
"""

import ast
import re
from pathlib import Path
from textwrap import fill, indent

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from docs.render import RenderError
from docs.render.addresses import Addresses
from docs.render.months import Month
from docs.render.standalone import STOP
from docs.render.vendor import ROOT
from models.card import FRESH_SEED, Architecture, Card

PACKAGES = ("torch", "transformer-lens", "jaxtyping", "safetensors")
"""What the program and the tasks import."""

LOAD = """\
import json
from pathlib import Path

import torch
from safetensors.torch import load_file
from transformer_lens.config import TransformerBridgeConfig
from transformer_lens.model_bridge import TransformerBridge
from transformer_lens.utilities.tl_checkpoint_conversion import convert_tl_checkpoint

from task import task as make_task

task = make_task()
card = json.loads(Path("card.json").read_bytes())

# The model as it was trained.
config = TransformerBridgeConfig(
{sizes}
)
weights = load_file("{weights}")
{order}model = TransformerBridge.boot_native(config)
model.load_state_dict(convert_tl_checkpoint(weights, config))
"""

UNWRAP = """\
# The rows lie in the order 0 .. m, -m .. -1; the tokens of the task count from -m to m.
weights["embed.W_E"] = weights["embed.W_E"].roll(task.d_vocab // 2, dims=0)
"""

SCORE = """\
# {which}
# Those it was trained on are drawn again, by the card's recipe, and left out.
recipe, expected = card["training"], card["expected"]
trained_on = task.sample(
    recipe["n_sequences"], torch.Generator().manual_seed(recipe["seed"])
)
{draw}

with torch.no_grad():
    log_probs = model(fresh)[:, task.label_positions].log_softmax(dim=-1)
answers = task.answers(fresh)
accuracy = (log_probs.argmax(dim=-1) == answers).double().mean()
loss = -log_probs.gather(-1, answers.unsqueeze(-1)).mean()
print(f"fresh sequences {{len(fresh)}}, on the card {{expected['n_sequences']}}")
print(f"accuracy        {{accuracy:.6f}}, on the card {{expected['accuracy']:.6f}}")
print(f"loss in nats    {{loss:.6f}}, on the card {{expected['loss']:.6f}}")
"""

LOOK = """\
# Look inside.
{fold}logits, cache = model.run_with_cache(fresh[:1])
print("attention, [sequence, head, query, key]:", tuple(cache["pattern", 0].shape))
"""

FOLD = """\
# LayerNorm's weights go into the layers that follow, and writes to the residual stream are
# centred, as on the site; probabilities stay as they are.
model.enable_compatibility_mode(disable_warnings=True)
"""

FOLD_SOLU = FOLD.replace(
    "model.enable",
    """\
# What all neurons write alike, which cancels behind SoLU's LayerNorm, is taken out of W_out here
# and left in on the site: single neurons write something else here, all together the same.
model.enable""",
)

FETCH = '''\
# Installs what this notebook needs, and fetches the problem's files if they are not beside it.
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from urllib.request import urlretrieve

packages = """
{packages}
"""
files = {{
{files}
}}
address = {address!r}
where = """
{where}"""


{stop}

subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", *packages.split()], check=True)
for name in files:
    if address and not Path(name).exists():
        urlretrieve(address + name, name)
for name, digest in files.items():
    if not Path(name).is_file():
        raise Stop(f"{{name}} is not in {{Path.cwd()}}.{{where}}")
    if sha256(Path(name).read_bytes()).hexdigest() != digest:
        raise Stop(f"{{name}} in {{Path.cwd()}} is of another problem or version.{{where}}")
'''


def pinned(packages: tuple[str, ...] = PACKAGES) -> list[str]:
    """Packages in the versions of `constraints.txt`, such as `torch==2.13.0`.

    Raises:
        RenderError: if one is not pinned.
    """
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    pins = dict(re.findall(r"^([\w.-]+)==([^\s;]+)", text, re.MULTILINE))
    if missing := [name for name in packages if name not in pins]:
        raise RenderError(f"constraints.txt pins no {', '.join(missing)}.")
    return [f"{name}=={pins[name]}" for name in packages]


ALL = """\
drawn = task.every()
fresh = drawn[~torch.isin(task.keys(drawn), task.keys(trained_on))]"""

SOME = """\
generator = torch.Generator().manual_seed({seed:_})
fresh = task.sample(0, generator)
while len(fresh) < expected["n_sequences"]:
    drawn = task.sample(expected["n_sequences"] - len(fresh), generator)
    fresh = torch.cat([fresh, drawn[~torch.isin(task.keys(drawn), task.keys(trained_on))]])"""


def program(card: Card, task: Path) -> list[str]:
    """What loads a problem's model, scores it and looks inside, in these three parts.

    Args:
        card: of the problem.
        task: its `task.py`. Where it lists its sequences (`models.task.Finite`), all are taken;
            elsewhere as many as the card's numbers were measured on, drawn in the same way.

    Raises:
        RenderError: if the card has no checkpoint, or no numbers to compare with.
    """
    if card.weights is None or card.expected is None:
        raise RenderError(f"{card.slug} was not trained; do so: {card.training.command}")
    which, draw = "All sequences that there are.", ALL
    if not _is_finite(task):
        which = "The sequences that the card's numbers are of; another seed draws others."
        draw = SOME.format(seed=FRESH_SEED)
    load = LOAD.format(
        sizes=_sizes(card.architecture),
        weights=card.weights.file,
        order=UNWRAP if card.embedding_rows == "wrapped" else "",
    )
    fold = FOLD_SOLU if card.architecture.act_fn == "solu_ln" else FOLD
    look = LOOK.format(fold=fold if card.architecture.normalization else "")
    return [load, SCORE.format(which=which, draw=draw), look]


def _sizes(architecture: Architecture) -> str:
    """The arguments of the model's configuration; the same as in `models.transformer`."""
    names = ["n_layers", "n_heads", "d_model", "d_head"]
    names += ["attn_only"] if architecture.attn_only else ["d_mlp", "act_fn"]
    names += ["d_vocab", "d_vocab_out", "n_ctx"]
    given = {name: getattr(architecture, name) for name in names}
    given["normalization_type"] = architecture.normalization
    given["architecture"] = "TransformerLensNative"
    arguments = " ".join(f"{name}={value!r}," for name, value in given.items())
    return indent(fill(arguments.replace("'", '"'), 76), " " * 4)


def _is_finite(task: Path) -> bool:
    try:
        functions = ast.walk(ast.parse(task.read_text(encoding="utf-8")))
    except SyntaxError as error:
        raise RenderError(f"{task} is no Python: {error}") from error
    return any(isinstance(node, ast.FunctionDef) and node.name == "every" for node in functions)


def start_notebook(month: Month, addresses: Addresses) -> NotebookNode:
    """The program as a notebook whose first cell installs and fetches what it needs.

    Args:
        month: the problem.
        addresses: its files come from the site's; where that is not known they have to lie beside
            the notebook, and it says so if they do not.
    """
    page = addresses.url(f"problems/{month.slug}/")
    names = ", ".join(file.path.name for file in month.downloads)
    where = (
        f"Put this notebook into an empty folder, with the files that {page or 'its page'} offers: "
        f"{names}."
    )
    fetch = FETCH.format(
        packages="\n".join(pinned()),
        files="\n".join(f'    "{file.path.name}": "{file.sha256}",' for file in month.downloads),
        address=page,
        stop=STOP,
        where=fill(where, 80, break_long_words=False, break_on_hyphens=False),
    )
    offered = f"[the problem's page]({page}) offers" if page else "the problem's page offers"
    title = (
        f"# {month.card.title}\n\n{month.card.question}\n\n"
        f"To start, no clone of a repository is needed, only the files that {offered}: {names}."
        + " The next cell fetches them."
        * bool(page)
    )
    parts = {"fetch": fetch}
    parts |= zip(("load", "score", "look"), program(month.card, month.task), strict=True)
    # Fixed ids: the same site is built from the same sources.
    cells = [new_markdown_cell(title, id="start")]
    cells += [new_code_cell(source.rstrip(), id=name) for name, source in parts.items()]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return new_notebook(cells=cells, metadata={"kernelspec": kernel})
