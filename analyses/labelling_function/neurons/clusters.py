"""Do neurons fall into families by themselves? Clusters of maps, found without a rule.

Maps are compared by cosine: whether they paint the same points with the same colour, at whatever
strength. Clusters are found by k-means on the sphere (Dhillon and Modha 2001).
"""

from collections import Counter
from collections.abc import Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor

from analyses.labelling_function.neurons.families import ends

ROUNDS = 50


def unit(maps: Float[Tensor, "neuron ..."]) -> Float[Tensor, "neuron all"]:
    """Each map as a vector of length 1; a map of zeros stays one."""
    flat = maps.flatten(1)
    return flat / flat.norm(dim=1, keepdim=True).clamp_min(torch.finfo(flat.dtype).tiny)


def most_like(maps: Float[Tensor, "neuron ..."], one: Float[Tensor, "..."]) -> int:
    """Which map is most like a given one, by cosine."""
    return int((unit(maps) @ unit(one[None])[0]).argmax())


def clustered(maps: Float[Tensor, "neuron ..."], clusters: int) -> Int[Tensor, " neuron"]:
    """Which of so many clusters each map is in.

    It begins with the first map and then, again and again, the one that is least like those that
    it has; nothing is drawn.
    """
    vectors = unit(maps)
    centres = vectors[:1]
    for _ in range(clusters - 1):
        nearest = (vectors @ centres.T).amax(dim=1)
        centres = torch.cat([centres, vectors[nearest.argmin()][None]])
    of = torch.full((len(vectors),), -1)
    for _ in range(ROUNDS):
        found = (vectors @ centres.T).argmax(dim=1)
        if torch.equal(found, of):
            break
        of = found
        sums = torch.zeros_like(centres).index_add_(0, of, vectors)
        empty = of.bincount(minlength=clusters) == 0
        centres = torch.where(empty[:, None], centres, unit(sums))
    return of


def purity(of: Sequence[int], families: Sequence[str]) -> float:
    """The share of neurons that are of the family that most of their cluster are."""
    pairs = Counter(zip(of, families, strict=True))
    most = {
        cluster: max(n for (other, _), n in pairs.items() if other == cluster) for cluster in of
    }
    return sum(most.values()) / len(families)


def rows_painted(maps: Float[Tensor, "neuron x y"]) -> Float[Tensor, "neuron x"]:
    """How strongly each neuron reaches the ends of each row, in size: the larger of the two."""
    left, right = ends(maps.abs())
    return torch.maximum(left, right)


def row_correlations(
    maps: Float[Tensor, "neuron x y"], families: Sequence[str]
) -> tuple[float, float]:
    """The mean correlation of what two neurons paint by row, for pairs of the same family and for
    pairs of different ones.
    """
    rows = rows_painted(maps)
    r = unit(rows - rows.mean(dim=1, keepdim=True))
    r = r @ r.T
    same = torch.tensor([[one == other for other in families] for one in families])
    pair = torch.ones_like(same).triu(diagonal=1)
    return float(r[same & pair].mean()), float(r[~same & pair].mean())
