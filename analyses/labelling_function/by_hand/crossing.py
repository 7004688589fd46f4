"""How few neurons can paint a map, whatever each of them reads of X and of Y.

Where attention does not depend on the tokens, the difference of the logits at (x, y) is

    f(x, y) = g(x) + h(y) + sum over neurons of w relu(a(x) + b(y)),

and g, h, a and b may be any tables. Two points of one colour *cross* if the two other corners of
their rectangle have the other colour. A sum of two tables that is above zero at both,
`u(x) + v(y)` and `u(x') + v(y')`, is so at a third corner: at the two others it comes to the same
in all, so that one of them is above zero. The same holds of sums that are not above zero.

*No neuron.* f is one such sum, and no points cross.

*One neuron.* With `w > 0`, f is the larger of two sums of tables, and a point is red where either
is above zero. Of three red points that cross, pair by pair, two would lie in the same one. With
`w < 0` the same holds of blue.

*Two neurons, without g and h but with a constant c.* With both `w > 0` and `c < 0`, f is above
zero where one of three sums is above `-c`: what either neuron gets, or both together. Four red
points that cross are too many. With both `w < 0` the same holds of blue. With one of each sign
and `c > 0`, `c + relu(p) > relu(q)` where `q < c` or `q - p < c`; with `c < 0` the colours change
places; so two sums decide, as for one neuron. Where c has the sign of both w, or is zero, two
sums decide at most.

So three points of each colour that cross are too many for one neuron, and four of each for two
neurons by themselves.
"""

from itertools import combinations

from jaxtyping import Bool
from torch import Tensor

Points = tuple[tuple[int, int], ...]
RED_POINTS: Points = ((0, 0), (16, 2), (21, 50), (41, 112))
"""Points (X, Y) of the labelling function that are red and cross, pair by pair."""
BLUE_POINTS: Points = ((8, 0), (15, 2), (19, 49), (77, 112))
"""As many that are blue."""


def cross(red: Bool[Tensor, "x y"], one: tuple[int, int], other: tuple[int, int]) -> bool:
    """Whether two points have one colour, and the other corners of their rectangle the other."""
    (x, y), (x2, y2) = one, other
    colour = red[x, y]
    return bool(colour == red[x2, y2] and colour != red[x, y2] and colour != red[x2, y])


def crossing(red: Bool[Tensor, "x y"], points: Points) -> int:
    """How many pairs of points cross."""
    return sum(cross(red, one, other) for one, other in combinations(points, 2))
