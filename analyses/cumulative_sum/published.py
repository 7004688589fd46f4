"""Figures published for the original Cumulative Sum model, quoted with their source."""

from collections.abc import Mapping

SOURCE = "Callum McDougall, github.com/callummcdougall/ARENA_2.0, commit e805ad8"
"""His solution of November 2023 is part of
`chapter1_transformers/instructions/pages/09_Monthly_Algorithmic_Problems.py` there."""

FIGURES = {
    # Of the weights as trained.
    "loss (nats)": "0.073",
    "probability of the right answer: mean": "0.938",
    "median": "0.999",
    "minimum": "0.579",
    # Of weights that were centred.
    "loss without the MLP (nats)": "0.536",
    "probability without the MLP: mean": "0.637",
    "median without the MLP": "0.614",
    "minimum without the MLP": "0.159",
    "cosine of u and positive": "0.970",
    "cosine of u and negative": "-0.958",
    "cosine of positive and negative": "-0.949",
    "cosine of positive and zero": "-0.190",
    "cosine of negative and zero": "-0.128",
    "loss added without the neuron of least effect (nats)": "0.0000",
    "loss added without the neuron of largest effect (nats)": "0.0951",
}
"""As printed."""


def beside(ours: Mapping[str, float]) -> list[list[str]]:
    """Rows of a table: what is compared, as published, and of our model to as many decimals.

    >>> beside({"loss (nats)": 0.07312})
    [['loss (nats)', '0.073', '0.073']]

    Raises:
        KeyError: if nothing was published of what is compared.
    """
    rows = []
    for name, value in ours.items():
        figure = FIGURES[name]
        same = f"{value:.{len(figure.partition('.')[2])}f}"
        rows.append([name, *(text.replace("-", "\N{MINUS SIGN}") for text in (figure, same))])
    return rows
