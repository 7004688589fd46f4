import pytest
import torch
from torch import Tensor

from analyses.instruments.ablation import mean_ablate
from analyses.instruments.activations import RESID_MID, RESID_POST, activations
from analyses.instruments.attribution import terms
from analyses.instruments.heads import Head
from analyses.instruments.read_out import mean_ablate_term, read_out_mid
from models.problem import Problem
from models.sorted_list.task import SortedList


@pytest.mark.parametrize("name", ["linear", "neural"])
def test_resid_mid_is_read_out_as_the_model_does(name: str, request: pytest.FixtureRequest) -> None:
    problem: Problem[SortedList] = request.getfixturevalue(name)
    tokens = problem.task.sample(20, torch.Generator().manual_seed(4))
    # The linear one has no resid_mid; behind its attention stands what is left.
    name = RESID_MID if problem.architecture.d_mlp else RESID_POST
    mid = activations(problem, tokens, name)[:, -1]
    torch.testing.assert_close(
        read_out_mid(problem, mid), problem.logits(tokens)[:, -1], atol=1e-4, rtol=1e-4
    )


def test_an_mlp_that_reads_through_layernorm_is_refused(
    neural_normalised: Problem[SortedList],
) -> None:
    with pytest.raises(ValueError, match="reads without LayerNorm"):
        read_out_mid(neural_normalised, torch.zeros(2, neural_normalised.architecture.d_model))


@pytest.mark.parametrize("name", ["small", "linear"])
def test_a_term_is_replaced_by_its_mean_at_the_same_position(
    name: str, small_lists: Tensor, request: pytest.FixtureRequest
) -> None:
    problem: Problem[SortedList] = request.getfixturevalue(name)
    rows = torch.arange(40)
    # Half of them are asked at 3, half at 5.
    query = torch.tensor([3, 5]).repeat(20)
    split = terms(problem, small_lists, query)
    found = mean_ablate_term(problem, split.total(), split.heads[:, 1].sum(dim=1), query)
    for place in (3, 5):
        some = query == place
        ablated = mean_ablate(problem, small_lists[some], Head(0, 1))[:, place]
        torch.testing.assert_close(found[some], ablated, atol=1e-4, rtol=1e-4)
    resid = activations(problem, small_lists, RESID_POST)[rows, query]
    nothing = mean_ablate_term(problem, resid, torch.zeros_like(resid), query)
    own = problem.logits(small_lists)[rows, query]
    torch.testing.assert_close(nothing, own, atol=1e-4, rtol=1e-4)
