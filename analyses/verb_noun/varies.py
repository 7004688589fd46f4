"""The quantities in which models of other seeds differ; `differ` says what they are."""

from analyses.verb_noun import claims, edges, knowing, neurons
from analyses.verb_noun.completion import Model
from analyses.verb_noun.explanations import TRIGRAMS


def varies(problem: Model) -> dict[str, float | None]:
    """Measure them on a model; heads and neurons may be exchanged."""
    return {
        "gap": knowing.gap(problem).value,
        "held_out": knowing.first_choice(problem, True).value,
        "best_head": claims.best_head(problem).value,
        "four_heads": claims.of_heads(problem, 0, 4).value,
        "through_mlp": claims.way(problem, "mlp").value,
        "few_neurons": claims.of_neurons(problem, claims.TOP).value,
        "verbs_of_neuron": neurons.mean_verbs(neurons.by_verb(problem)),
        "earlier_decides": edges.earlier_decides(problem).value,
        "skip_trigrams": claims.agreed(problem, TRIGRAMS).value,
        "after_not": knowing.of_place(problem, claims.DENIED).value,
    }
