"""All claims of Labelling Function, in the order of the write-up; each section states its own."""

from analyses.labelling_function.attention import claims as attention
from analyses.labelling_function.by_hand import claims as by_hand
from analyses.labelling_function.embeddings import claims as embeddings
from analyses.labelling_function.labels import claims as labels
from analyses.labelling_function.mistakes import claims as mistakes
from analyses.labelling_function.neurons import claims as neurons
from analyses.labelling_function.rivals import claims as rivals

SECTIONS = (labels, neurons, attention, embeddings, mistakes, by_hand, rivals)
CLAIMS = [claim for section in SECTIONS for claim in section.CLAIMS]
