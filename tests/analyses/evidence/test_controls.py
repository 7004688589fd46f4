"""Models made of a model's own parts, put together wrongly."""

import pytest
import torch

from analyses.evidence.controls import exchanged, ov_exchanged
from models.sorted_list.task import SortedList
from tests.analyses.problems import architecture, made_of, shapes


@pytest.mark.parametrize(
    ("n_heads", "d_mlp", "what", "changed"),
    [
        (2, None, "heads with their OV circuits", {"W_V", "W_O", "b_V"}),
        (1, 5, "neurons with their output weights", {"W_out"}),
        (1, None, "tokens with their embeddings", {"W_E"}),
    ],
)
def test_parts_change_places_and_nothing_else_does(
    n_heads: int, d_mlp: int | None, what: str, changed: set[str]
) -> None:
    task = SortedList(list_length=3, max_value=9)
    sizes = architecture(task, n_heads=n_heads, d_mlp=d_mlp)
    problem = made_of(task, sizes, shapes(sizes))
    control = exchanged(problem)
    assert control.what.startswith(what)
    assert control.model is not None
    other = control.model(problem)
    assert control.model(problem) is other, "made once for all claims"
    differing = {
        name.split(".")[-1]
        for name, weight in other.weights.items()
        if not torch.equal(weight, problem.weights[name])
    }
    assert differing == changed
    for name in problem.weights:
        before, after = problem.weights[name], other.weights[name]
        if name.split(".")[-1] in changed:
            assert not (before == after).flatten(1).all(dim=1).any()
            assert {r.tobytes() for r in before.numpy()} == {r.tobytes() for r in after.numpy()}


def test_a_single_head_has_no_other_to_exchange_with() -> None:
    sizes = architecture(task := SortedList(list_length=3, max_value=9), n_heads=1)
    with pytest.raises(ValueError, match="one head has no other"):
        ov_exchanged(made_of(task, sizes, shapes(sizes)))
