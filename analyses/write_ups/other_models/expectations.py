"""What was expected of each claim on other models, beside what came out. Needs no torch."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from analyses.evidence.findings import Finding
from analyses.seeds.expected import Expectation
from analyses.seeds.outcomes import KINDS, Kind, Outcome
from analyses.write_ups.other_models.stacked import stacked_table


@dataclass(frozen=True)
class Compared:
    """A claim, what was expected of it, and what it gave on the other models."""

    finding: Finding
    expectation: Expectation
    outcome: Outcome

    @property
    def expected(self) -> Kind:
        """What kind of claim it was expected to be."""
        return self.expectation.expect

    @property
    def kind(self) -> Kind | None:
        """What kind of claim it is; None where no model learned the task."""
        return self.outcome.kind

    @property
    def is_right(self) -> bool:
        """Whether it came out as expected; to come out on no model at all was not foreseen as a
        kind of its own, and is one case of `particular`.
        """
        return self.expected == ("particular" if self.kind == "never" else self.kind)


def compare(
    findings: Sequence[Finding],
    expectations: Mapping[str, Expectation],
    outcomes: Mapping[str, Outcome],
) -> list[Compared]:
    """The claims that were judged on other models, in the order of the page.

    Raises:
        ValueError: if nothing is expected of one of them.
    """
    judged = [found for found in findings if outcomes[found.name].marks]
    if missing := [found.name for found in judged if found.name not in expectations]:
        raise ValueError(
            f"expected.toml says nothing of {', '.join(missing)}; write down there what you expect "
            "of each claim, and why, before other models are judged"
        )
    return [Compared(found, expectations[found.name], outcomes[found.name]) for found in judged]


def crossed(compared: Sequence[Compared]) -> list[list[str]]:
    """How many claims were expected to be of a kind, a row for each kind, and came out as one."""
    pairs = Counter((each.expected, each.kind) for each in compared)
    return [
        [expected, *(str(pairs[expected, kind]) for kind in KINDS)]
        for expected in KINDS
        if expected != "never"
    ]


def expectations_table(compared: Sequence[Compared]) -> str:
    """HTML of the claims that came out otherwise than expected, with what had been thought, and,
    folded and in short, of all others.
    """
    wrong = [each for each in compared if not each.is_right]
    right = [each for each in compared if each.is_right]
    html = ""
    if wrong:
        rows = [
            [
                _link(each, each.finding.sentence),
                f"{each.expected} <small>{escape(each.expectation.why)}</small>",
                *_came_out(each),
            ]
            for each in sorted(wrong, key=_rarest_first)
        ]
        html += stacked_table(
            "outcomes", TITLES, rows, "Claims that came out otherwise than expected"
        )
    if right:
        rows = [
            [_link(each, each.finding.name.replace("_", " ")), each.expected, *_came_out(each)]
            for each in sorted(right, key=_rarest_first)
        ]
        label = f"{len(right)} claim{'s' * (len(right) != 1)} that came out as expected"
        table = stacked_table("outcomes", TITLES, rows)
        html += f'<details class="outcomes-rest"><summary>{label}</summary>{table}</details>'
    return html


TITLES = ("Claim", "Expected", "Came out", "Models")


def _rarest_first(each: Compared) -> int:
    return -KINDS.index(each.kind or "never")


def _link(each: Compared, text: str) -> str:
    return f'<a href="#claim-{each.finding.name}">{escape(text)}</a>'


def _came_out(each: Compared) -> list[str]:
    learned, everywhere = each.outcome.learned, each.outcome.everywhere
    low, high = learned.interval
    more = f"; of all {everywhere}" if everywhere.n > learned.n else ""
    return [
        each.kind or "no model learned the task",
        f"{learned} <small>[{low:.2f}, {high:.2f}]{more}</small>",
    ]
