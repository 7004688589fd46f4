import pytest
import torch

from analyses.instruments.activations import LN_FINAL_SCALE
from analyses.sorted_list import terms
from models.problem import Problem
from models.sorted_list.task import SortedList
from tests.analyses.problems import architecture, made_of, shapes
from tests.problems.sorted_list.small import THREE, all_lists, random_problem


def put_together(
    problem: Problem[SortedList], tokens: torch.Tensor, scale: torch.Tensor
) -> torch.Tensor:
    """Logits times `scale`, `[batch, label, class]`, as the formula of `terms` says."""
    found, labels = terms.terms(problem), problem.task.label_positions
    rows = []
    for label, position in enumerate(range(labels.start, labels.stop)):
        query = tokens[:, position]
        seen = torch.arange(position + 1)
        scores = found.scores[:, label, query][:, torch.arange(len(tokens))[:, None], seen]
        scores = torch.stack([scores[:, i, seen, tokens[i, seen]] for i in range(len(tokens))])
        written = torch.einsum(
            "bhk,hbkc->bc", scores.softmax(dim=-1), found.writes[:, seen, tokens[:, seen]]
        )
        rows.append(written + found.direct[label, query])
    return torch.stack(rows, dim=1) + scale * found.bias


@pytest.mark.parametrize("seed", [0, 1])
def test_the_terms_add_up_to_the_logits(seed: int) -> None:
    problem = random_problem(seed)
    compare(problem, all_lists(THREE)[::7])


def test_the_terms_of_the_committed_model_do(problem: Problem[SortedList]) -> None:
    compare(problem, problem.fresh(20, 9))


def compare(problem: Problem[SortedList], tokens: torch.Tensor) -> None:
    labels = problem.task.label_positions
    logits, cache = problem.model.run_with_cache(tokens, names_filter=[LN_FINAL_SCALE])
    scale = cache[LN_FINAL_SCALE][:, labels].double()
    # Centred logits: what all of them share is no part of a margin.
    expected = logits[:, labels].double() * scale
    made = put_together(problem, tokens, scale)
    for found in (made, expected):
        found -= found.mean(dim=-1, keepdim=True)
    torch.testing.assert_close(made, expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("seed", [0, 1])
def test_no_scale_is_larger_than_its_bound(seed: int) -> None:
    problem = random_problem(seed)
    tokens, labels = all_lists(THREE), THREE.label_positions
    _, cache = problem.model.run_with_cache(tokens, names_filter=[LN_FINAL_SCALE])
    bound = terms.terms(problem).scale[torch.arange(3), tokens[:, labels]]
    scale = cache[LN_FINAL_SCALE][:, labels, 0]
    assert (scale <= bound * (1 + 1e-6)).all()
    assert (scale > bound / 10).any()


def test_tokens_occur_where_sequences_have_them() -> None:
    occurs = terms.occurring(THREE)
    seen = torch.zeros_like(occurs)
    for row in all_lists(THREE).tolist():
        for position, token in enumerate(row):
            seen[position, token] = True
    # All but a few values too small or too large for their rank.
    assert not (seen & ~occurs).any()
    assert torch.equal(seen[: THREE.list_length + 1], occurs[: THREE.list_length + 1])


def test_another_architecture_is_refused() -> None:
    sizes = architecture(THREE, normalization=None)
    problem = made_of(THREE, sizes, shapes(sizes))
    reason = terms.unsuited(problem)
    assert reason is not None
    assert "normalization None" in reason
    with pytest.raises(ValueError, match="one layer of attention with LayerNorm"):
        terms.folded(problem)


def test_a_layernorm_that_was_not_folded_is_refused() -> None:
    problem = random_problem()
    state = problem.model.state_dict()
    state["ln_final.weight"][0] = 2.0
    with pytest.raises(ValueError, match="ln_final.weight is not folded"):
        terms.folded(problem)
