"""The quantities in which models of other seeds differ; `differ` says what they are."""

from analyses.palindromes import claims
from analyses.palindromes.comparing import comparer, seen, where
from analyses.palindromes.samples import Model
from analyses.palindromes.telling import other_comparer


def varies(problem: Model) -> dict[str, float | None]:
    """Measure them on a model; the heads of a layer may be exchanged."""
    compares, other = comparer(problem), other_comparer(problem)
    needed, spare = claims.needed_reader(problem), claims.spare_reader(problem)
    to_mirror = [
        where(found.looks.mirror, ~found.differs)
        for found in (seen(problem, head) for head in (compares, other))
    ]
    return {
        "told_apart": claims.told_apart(problem).value,
        "most_fooled": claims.most_fooled(problem).value,
        "places_of_comparer": float((to_mirror[0] > to_mirror[1]).sum()),
        "to_mirror": float(to_mirror[0].mean()),
        "left_without_comparer": claims.kept(problem, compares).value,
        "left_without_other": claims.kept(problem, other).value,
        "left_without_needed": claims.kept(problem, needed).value,
        "left_without_spare": claims.kept(problem, spare).value,
        "readers_apart": claims.share_less_share(problem).value,
        "one_direction": claims.one_direction(problem, compares).value,
    }
