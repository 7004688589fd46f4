"""The section of a solution that says what other models, trained from other seeds, have of it.

Everything comes from what a sweep recorded: nothing is trained here, and no other model judged.
Only the quantities of the page's own model are measured.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from typing import Any

from IPython.display import display

from analyses.evidence.claims import Findings
from analyses.evidence.findings import Finding
from analyses.seeds.expected import Expectation, read_expected
from analyses.seeds.line import Line
from analyses.seeds.others import Others, others_of
from analyses.seeds.outcomes import KINDS, UNIVERSAL, USUAL, Mark, Outcome
from analyses.seeds.quantities import OF_LINE, Quantity
from analyses.write_ups import figures
from analyses.write_ups.numerals import listed
from analyses.write_ups.other_models.correlations import (
    Correlated,
    Row,
    correlated,
    correlations_table,
)
from analyses.write_ups.other_models.expectations import (
    Compared,
    compare,
    crossed,
    expectations_table,
)
from analyses.write_ups.other_models.gallery import Pictured, gallery
from analyses.write_ups.other_models.quantities import Spread, quantities_table
from analyses.write_ups.page import fact, record, table
from models.problem import Problem

SCORES = (
    Quantity("accuracy", "accuracy on sequences not trained on", digits=4),
    Quantity("loss", "loss on sequences not trained on", "nats", digits=4),
)
"""How well a model learned the task: `OF_LINE`."""
PICTURED = 24
"""Models whose pictures a page shows at most, which keeps it as light as others are."""


@dataclass(frozen=True)
class OtherModels:
    """What a page shows of the other models of its problem, one table or figure a call."""

    problem: Problem[Any]
    others: Others
    findings: Sequence[Finding]
    expectations: Mapping[str, Expectation]
    differ: Any
    """The problem's `differ`: which quantities are shown, and which pairs are correlated."""
    picture: Any
    """The problem's `picture`, which draws what was seen of a model."""
    seen: Any
    """The problem's `seen`, which sees it."""
    varies: Any
    """The problem's `varies`, which measures the quantities."""

    @cached_property
    def own(self) -> dict[str, float | None]:
        """The quantities of the page's own model."""
        expected = self.problem.card.expected
        scores = {} if expected is None else {name: getattr(expected, name) for name in OF_LINE}
        return scores | self.varies.varies(self.problem)

    def __getitem__(self, name: str) -> Outcome:
        """What a claim gave.

        Raises:
            KeyError: if no claim of the page is called so.
        """
        return self.outcomes[name]

    @cached_property
    def outcomes(self) -> dict[str, Outcome]:
        """By the claim's name; one about the task alone was judged on no model."""
        return {found.name: Outcome.of(found.name, self.others) for found in self.findings}

    @cached_property
    def compared(self) -> list[Compared]:
        """Each claim that could come out otherwise beside what was expected of it."""
        return compare(self.findings, self.expectations, self.outcomes)

    def values(self, name: str, learned: bool = True) -> list[float | None]:
        """A quantity, by seed, on the models that learned the task, or on those that did not."""
        return [
            _value(line, name)
            for line in self.others.lines
            if (line.seed in self.others.learned) == learned
        ]

    def spread(self, name: str) -> Spread:
        """A quantity on all models and on the page's own."""
        quantity = self._quantity(name)
        marks = tuple(
            Mark(_value(line, name), True, line.seed in self.others.learned)
            for line in self.others.lines
        )
        return Spread(quantity.words, quantity.unit, quantity.digits, marks, self.own.get(name))

    def correlated(self, x: str, y: str) -> Correlated:
        """How two quantities go together over the models that learned the task."""
        return correlated(self.values(x), self.values(y))

    def models(self) -> None:
        """Record how many models there are, how they were made, and how many learned the task."""
        lines = self.others.lines
        _count("others", len(lines))
        _count("others_learned", len(self.others.learned))
        fact("others_trained_on", listed(sorted({line.device for line in lines})))
        fact("others_caveats", " ".join(self.others.caveats()) or "none")

    def claims(self) -> None:
        """Show the claims by what was expected of them and what came out, and record how many
        there are of each kind.
        """
        compared = self.compared
        for kind in KINDS:
            _count(f"claims_{kind}", sum(each.kind == kind for each in compared))
        never = sum(each.kind == "never" for each in compared)
        fact("claims_never_come", "none comes" if not never else f"{never} come")
        _count("claims_judged", len(compared))
        _count("claims_on_more", sum(each.on_more for each in compared))
        _count("claims_on_fewer", sum(not (each.is_right or each.on_more) for each in compared))
        _count("claims_by_construction", len(self.others.fixed & self.outcomes.keys()))
        _count("claims_as_expected", sum(each.is_right for each in compared))
        table(
            ["expected", *KINDS],
            crossed(compared),
            caption="Claims by what was expected of them, in rows, and what came out, in columns. "
            f"Universal: as stated on at least {UNIVERSAL} % of the models that learned the task; "
            f"usual: on at least {USUAL} %; particular: on fewer",
        )
        _show(expectations_table(compared), "claims on other models")

    def shares(self, *names: str) -> None:
        """Record on how many models that learned the task some claims come out as stated, as
        prose names them: `others_NAME`.
        """
        for name in names:
            fact(f"others_{name}", str(self[name].learned))

    def quantities(self) -> None:
        """Show how well the models learned, and the quantities in which they differ, and record in
        which the page's own model stands outside all others, and in how many it would by chance:
        of n others, if all are alike, it is the first or the last in 2 of n + 1 cases.
        """
        shown = [quantity.name for quantity in self.differ.QUANTITIES if quantity.shown]
        caption = (
            f"What differs between models: {self.others}. A mark for each, a cross for one that "
            "did not learn the task; the line is the model of this page. Medians and ends are of "
            "the models that learned it"
        )
        spreads = [self.spread(name) for name in (*OF_LINE, *shown)]
        outside = [spread.words for spread in spreads if spread.is_outside]
        _count("quantities_shown", len(spreads))
        _count("quantities_outside", len(outside))
        fact("quantities_outside_named", listed(outside))
        chance = 2 * len(spreads) / (len(self.others.learned) + 1)
        record("quantities_outside_by_chance", chance, "", digits=1)
        _show(quantities_table(spreads, caption), "what differs between models")

    def gallery(self, caption: str) -> None:
        """Show the models' own pictures, small, that of the page's own model first."""
        lines = [line for line in self.others.lines if line.picture is not None]
        seen = {"this model": self.seen.seen(self.problem)}
        seen |= {self._called(line.seed): line.picture for line in lines[:PICTURED]}
        pictures = [
            Pictured(words, self.picture.drawn(found, small=True)) for words, found in seen.items()
        ]
        if len(lines) > PICTURED:
            caption += f" Shown are the first {PICTURED} of {len(lines)} other models."
        _show(gallery(pictures, caption), "pictures of the models")

    def correlations(self) -> None:
        """Show the rank correlations of the pairs that were named before any model was judged."""
        rows = [
            Row(
                self._quantity(pair.x).words,
                self._quantity(pair.y).words,
                pair.why,
                self.correlated(pair.x, pair.y),
            )
            for pair in self.differ.PAIRS
        ]
        caption = (
            "Rank correlations over the models that learned the task, with 95 % intervals, each as "
            "if it were the only one"
        )
        _show(correlations_table(rows, caption), "rank correlations")

    def scatter(
        self, x: str, y: str, *, x_title: str, y_title: str, caption: str, alt: str
    ) -> None:
        """Show the models as points of two quantities."""
        series = {
            "models that learned the task": self._pairs(x, y, learned=True),
            "models that did not": self._pairs(x, y, learned=False),
            "the model of this page": _known([self.own.get(x)], [self.own.get(y)]),
        }
        display(
            figures.scatter(
                {name: points for name, points in series.items() if points[0]},
                x_title=x_title,
                y_title=y_title,
                caption=caption,
                alt=alt,
            )
        )

    def _pairs(self, x: str, y: str, learned: bool) -> tuple[list[float], list[float]]:
        return _known(self.values(x, learned), self.values(y, learned))

    def _quantity(self, name: str) -> Quantity:
        known = {each.name: each for each in (*SCORES, *self.differ.QUANTITIES)}
        if name not in known:
            raise KeyError(f"no quantity is called {name!r}; known: {', '.join(known)}")
        return known[name]

    def _called(self, seed: int) -> str:
        return f"seed {seed}" + ", did not learn it" * (seed not in self.others.learned)


def other_models(problem: Problem[Any], findings: Findings) -> OtherModels:
    """What a sweep recorded of other models of a problem.

    Args:
        problem: of the page.
        findings: of all claims of the page.

    Raises:
        ValueError: if no other models are recorded.
    """
    slug = problem.card.slug
    others = others_of(slug)
    if others is None:
        raise ValueError(
            f"no other models of {slug} are recorded; run `nox -s seeds -- {slug} --n 32`, or "
            "leave the section out"
        )
    differ, picture, seen, varies = (
        import_module(f"analyses.{slug}.{name}") for name in ("differ", "picture", "seen", "varies")
    )
    return OtherModels(
        problem, others, findings.findings, read_expected(slug), differ, picture, seen, varies
    )


def _value(line: Line, name: str) -> float | None:
    # One that was judged by earlier code may not have it.
    return getattr(line, name) if name in OF_LINE else line.quantities.get(name)


def _known(x: Sequence[float | None], y: Sequence[float | None]) -> tuple[list[float], list[float]]:
    """The pairs of which both are numbers."""
    pairs = [(a, b) for a, b in zip(x, y, strict=True) if a is not None and b is not None]
    return [a for a, _ in pairs], [b for _, b in pairs]


def _count(name: str, n: int) -> None:
    record(name, float(n), "", digits=0)


def _show(html: str, text: str) -> None:
    display({"text/html": html, "text/plain": text}, raw=True)
