"""Explanations that were put to the test: what they got right, and how it is shown. No torch."""

from html import escape

from pydantic import BaseModel, ConfigDict, Field


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Agreement(_Strict):
    """How often a prediction was what the model answered."""

    inputs: str
    """What was answered, in words."""
    share: float
    """Of the model's answers, mean over sequences that have some; 0 if none has."""
    interval: tuple[float, float]
    """Of 95 %, with predictions on one sequence taken together."""
    n: int
    """Number of sequences with such an answer."""


class Explained(_Strict):
    """An explanation together with how well it predicted, as it stands in `results.json`."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    """An anchor of the page too."""
    sentence: str
    bits: int = Field(ge=0)
    """Size, by the one rule of `explanations.size`."""
    agreements: tuple[Agreement, ...] = Field(min_length=1)
    """With all of the model's answers, by where its inputs come from; the first at random."""
    mistakes: Agreement
    """With those of the model's answers, to any of these inputs, that are wrong."""

    @property
    def worst(self) -> Agreement:
        """Where it agrees least."""
        return min(self.agreements, key=lambda agreement: agreement.share)


def explanations_table(explained: list[Explained], caption: str) -> str:
    """An HTML table of explanations, one row each, with an anchor `explanation-<name>`."""
    first = explained[0]
    titles = ["Explanation", "Bits", *(a.inputs for a in first.agreements), first.mistakes.inputs]
    head = "".join(f'<th scope="col">{escape(title)}</th>' for title in titles)
    rows = "".join(
        f'<tr id="explanation-{found.name}"><th scope="row">{escape(found.sentence)}</th>'
        f'<td data-column="Bits">{found.bits:,}</td>'
        + "".join(map(_cell, (*found.agreements, found.mistakes)))
        + "</tr>"
        for found in explained
    )
    return (
        f'<table class="explanations"><caption>{escape(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    )


def _cell(agreement: Agreement) -> str:
    # Where there is no room for columns, each cell bears the title of its own.
    cell = f'<td data-column="{escape(agreement.inputs)}">'
    if not agreement.n:
        return f"{cell}none</td>"
    low, high = agreement.interval
    return (
        f"{cell}{percent(agreement.share)} <small>[{percent(low)}, {percent(high)}]</small> "
        f"<small>n = {agreement.n:,}</small></td>"
    )


def percent(share: float) -> str:
    """A share in per cent, with as many decimals as keep it from looking like all or nothing.

    >>> percent(0.8123), percent(0.99962), percent(1.0), percent(0.0004)
    ('81.2 %', '99.96 %', '100 %', '0.04 %')
    """
    if share in (0.0, 1.0):
        return f"{share:.0%}".replace("%", " %")
    text = ""
    for digits in range(1, 9):
        text = f"{100 * share:.{digits}f}"
        if 0 < float(text) < 100:
            break
    return f"{text} %"
