"""In what models of other seeds differ, and what may vary together.

Written before any of them was judged. No name says which head or neuron is meant: they may be
exchanged.
"""

from analyses.seeds.quantities import Pair, Quantity

QUANTITIES = (
    Quantity("gap", "nats per sentence above the language's own odds", "nats", digits=3),
    Quantity("held_out", "prompts of held-out pairs with the likeliest place first", digits=3),
    Quantity("best_head", "part of the verb's effect that one head restores, the largest"),
    Quantity("four_heads", "part of the verb's effect that the best four heads restore"),
    Quantity("through_mlp", "part of the verb's effect that goes through the MLP"),
    Quantity("few_neurons", "part of what all neurons add that 16 of them add", digits=3),
    Quantity("verbs_of_neuron", "verbs that a neuron answers to, mean", "verbs", digits=1),
    Quantity("earlier_decides", "prompts with two verbs in which the earlier one decides"),
    Quantity("skip_trigrams", "prompts on which a table of skip trigrams agrees"),
    Quantity("after_not", "probability of the verb's likeliest place after *do not*", digits=3),
)
PAIRS = (
    Pair(
        "through_mlp",
        "skip_trigrams",
        "The less goes through the MLP, the more a table of direct paths should say.",
    ),
    Pair(
        "verbs_of_neuron",
        "few_neurons",
        "Neurons that answer to fewer verbs should do with fewer for each pair of verbs.",
    ),
    Pair(
        "best_head",
        "four_heads",
        "Whether work that leans on one head is also shared by fewer of them.",
    ),
    Pair("gap", "held_out", "Whether a model nearer to the language also completes it better."),
    Pair("after_not", "gap", "Whether to learn the sentences with *do not* is what is left."),
)
