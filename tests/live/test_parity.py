"""The engine of the live panel does what PyTorch does, for every problem."""

import json
from collections.abc import Callable
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import torch

from models import checkpoint, load
from models.card import read_card, sha256_of, slugs
from models.problem import Problem
from models.transformer import initialise
from tests.live import reference
from tests.live.conftest import Bench

pytestmark = pytest.mark.browser
TOLERANCE = 1e-4
"""Of the largest of what passes a hook point."""
CALL = """async ([name, given]) =>
  (await import(new URL("../compare.js", location)))[name](...given)"""


Written = Callable[[str], list[Any]]


@pytest.fixture(scope="module")
def written(bench: Bench) -> Written:
    """Of a problem, or of a model of another shape, what PyTorch computes, once.

    Returns what the page needs to compare: where model and card lie, the file, the interventions.
    """

    @cache
    def writes(name: str) -> list[Any]:
        place = f"site/problems/{name}" if name in slugs() else name
        problem = load(name) if name in slugs() else other_shape(name, bench.folder / place)
        file = f"{name}.safetensors"
        return [place, file, reference.write(problem, bench.folder / file)]

    return writes


OTHER_SHAPES = {
    "gelu": ("verb_noun", {"n_layers": 2, "act_fn": "gelu", "n_heads": 3, "d_mlp": 10}),
    "plain": ("palindromes", {"n_layers": 3, "normalization": None, "n_heads": 1}),
    "solu": ("cumulative_sum", {"n_layers": 2, "normalization": "LN", "act_fn": "solu_ln"}),
}
"""Which no problem has yet: by name, whose task and what is other than there."""


def other_shape(name: str, folder: Path) -> Problem[Any]:
    """A model with random weights, left in a folder with its card."""
    slug, changes = OTHER_SHAPES[name]
    problem = load(slug)
    shape = problem.architecture.model_copy(update={"d_model": 12, "d_head": 5, **changes})
    fresh = initialise(shape, 0, problem.device).state_dict()
    generator = torch.Generator().manual_seed(0)
    weights = {
        name: tensor + 0.3 * torch.randn(tensor.shape, generator=generator)
        for name, tensor in checkpoint.named(fresh, shape.n_heads).items()
    }
    folder.mkdir()
    file = folder / "model.safetensors"
    checkpoint.write(weights, file)
    told = {"file": file.name, "sha256": sha256_of(file)}
    card = {"architecture": shape.model_dump(), "weights": told}
    (folder / "card.json").write_text(json.dumps(card))
    return problem.with_weights(weights, shape)


def run(bench: Bench, name: str, *given: Any) -> Any:
    """Call a function of `compare.js` in the page."""
    return bench.page.evaluate(CALL, [name, given])


def too_far(differences: dict[str, Any]) -> dict[str, Any]:
    """Those that differ, or are of another shape, or are not there."""
    return {
        name: found
        for name, found in differences.items()
        if not isinstance(found, int | float) or found > TOLERANCE
    }


@pytest.mark.every_month
@pytest.mark.parametrize("slug", slugs())
def test_engine_computes_what_pytorch_does(bench: Bench, written: Written, slug: str) -> None:
    check_against_pytorch(bench, written(slug))


@pytest.mark.parametrize("name", OTHER_SHAPES)
def test_so_it_does_for_shapes_that_no_problem_has_yet(
    bench: Bench, written: Written, name: str
) -> None:
    check_against_pytorch(bench, written(name))


def check_against_pytorch(bench: Bench, written: list[Any]) -> None:
    """Everything that the engine computes is what was written."""
    found = run(bench, "compare", "site", *written)
    assert found["weightNames"] and set(found["weightNames"]) == set(found["weights"])
    assert not too_far(found["weights"])
    assert set(found["names"]) == set(found["activations"])
    assert not too_far(found["activations"])
    assert found["otherAnswers"] == 0
    assert found["alone"] <= TOLERANCE
    assert found["intervened"] and not too_far(found["intervened"])
    assert set(found["short"]) == set(found["names"]) and not too_far(found["short"])
    assert set(found["parts"]) == set(found["shares"]) and not too_far(found["shares"])
    assert found["gradient"] <= TOLERANCE


def test_a_changed_formula_is_seen(bench: Bench, written: Written) -> None:
    place, file, _ = written("palindromes")
    changed = bench.changed("eps", "assets/live/transformer.js", b"EPS = 1e-5", b"EPS = 1e-2")
    found = run(bench, "compare", changed, place, file, {})
    assert not too_far(found["weights"])
    far = too_far(found["activations"])
    assert {"blocks.0.ln1.hook_scale", "logits"} <= set(far)
    assert "blocks.0.hook_resid_pre" not in far


def test_a_changed_weight_is_refused(bench: Bench) -> None:
    file = "problems/cumulative_sum/model.safetensors"
    last = (bench.folder / "site" / file).read_bytes()[-16:]
    other = bytes([*last[:-1], last[-1] ^ 1])
    changed = bench.changed("weight", file, last, other)
    assert run(bench, "refusal", "site", "site/problems/cumulative_sum") == ""
    told = run(bench, "refusal", "site", f"{changed}/problems/cumulative_sum")
    assert told.startswith("The weights that were fetched are not those of this page: ")
    assert (weights := read_card("cumulative_sum").weights) and weights.sha256 in told


def test_only_the_last_of_what_waits_for_a_place_is_answered(bench: Bench) -> None:
    told = run(bench, "requests", "site", "site/problems/cumulative_sum")
    # The first is at work before the others come.
    assert told["typed"][1:] == ["Superseded", "Superseded", "answered"]
    assert told["others"] == ["answered", "answered"]
    assert told["closed"] == "Superseded"
    assert told["faults"] == [
        "There is no token -1; there are 11, counted from 0.",
        "21 tokens were given; the model reads from 1 to 20.",
        "Sequences that run together have to be of one length.",
        "This model has no hook point blocks.0.attn.hook_y.",
        "There is no class -1; there are 3, counted from 0.",
    ]


def test_a_checkpoint_of_the_readers_own_is_read_or_refused(bench: Bench) -> None:
    place = "site/problems/palindromes"
    whole = (bench.folder / place / "model.safetensors").read_bytes()
    changed = bytes([*whole[:-1], whole[-1] ^ 1])
    (bench.folder / "own.safetensors").write_bytes(changed)
    (bench.folder / "cut.safetensors").write_bytes(whole[:-1])
    assert run(bench, "own", "site", place, "own.safetensors") == sha256(changed).hexdigest()
    assert "truncated" in run(bench, "own", "site", place, "cut.safetensors")
    told = run(bench, "own", "site", place, "site/problems/sorted_list/model.safetensors")
    assert told.startswith("These are not the weights of this problem's model: blocks.1.attn.W_K")
    # As wide as another model of the task may be.
    wider = load("palindromes").architecture.model_copy(update={"d_model": 10, "n_heads": 3})
    state = initialise(wider, 0, torch.device("cpu")).state_dict()
    checkpoint.write(checkpoint.named(state, 3), bench.folder / "wider.safetensors")
    digest = sha256_of(bench.folder / "wider.safetensors")
    assert run(bench, "own", "site", place, "wider.safetensors") == digest
