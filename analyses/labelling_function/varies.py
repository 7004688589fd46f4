"""The quantities in which models of other seeds differ; `differ` says what they are."""

from analyses.labelling_function.at_z import X, Y
from analyses.labelling_function.attention import claims as attention
from analyses.labelling_function.attention.heads import brought
from analyses.labelling_function.embeddings import claims as embeddings
from analyses.labelling_function.neurons import claims as neurons
from analyses.labelling_function.neurons.effects import strengths
from analyses.labelling_function.points import mistakes
from models.labelling_function.task import LabellingFunction
from models.problem import Problem


def varies(problem: Problem[LabellingFunction]) -> dict[str, float | None]:
    """Measure them on a model; heads and neurons may be exchanged."""
    most = brought(problem).amax(dim=0)
    return {
        "mistakes": float(mistakes(problem).sum()),
        "firing": float((strengths(problem) > 0).sum()),
        "neurons_alone": neurons.all_neurons(problem).value,
        "best_four": neurons.best_four(problem).value,
        "red_left": neurons.red_left(problem).value,
        "x_brought": float(most[X]),
        "y_brought": float(most[Y]),
        "y_attended": attention.y_attended(problem).value,
        "mean_suffices": attention.mean_suffices(problem).value,
        "free_head": attention.free_head(problem).value,
        "plane_suffices": embeddings.plane_suffices(problem).value,
    }
