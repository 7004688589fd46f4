"""What was expected of each claim on other models, beside what came out. Needs no torch."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

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

    @property
    def on_more(self) -> bool:
        """Whether it came out on more models than was expected."""
        if self.kind is None or self.is_right:
            return False
        return KINDS.index(self.kind) < KINDS.index(self.expected)


def compare(
    findings: Sequence[Finding],
    expectations: Mapping[str, Expectation],
    outcomes: Mapping[str, Outcome],
) -> list[Compared]:
    """The claims that were judged on other models and could come out otherwise there, in the
    order of the page.

    Raises:
        ValueError: if nothing is expected of one of them.
    """
    judged = [found for found in findings if outcomes[found.name].marks]
    if missing := [found.name for found in judged if found.name not in expectations]:
        raise ValueError(
            f"expected.toml says nothing of {', '.join(missing)}; write down there what you expect "
            "of each claim, and why, before other models are judged"
        )
    return [
        Compared(found, expectations[found.name], outcomes[found.name])
        for found in judged
        if not expectations[found.name].by_construction
    ]


def crossed(compared: Sequence[Compared]) -> list[list[str]]:
    """How many claims were expected to be of a kind, a row for each kind, and came out as one."""
    pairs = Counter((each.expected, each.kind) for each in compared)
    return [
        [expected, *(str(pairs[expected, kind]) for kind in KINDS)]
        for expected in KINDS
        if expected != "never"
    ]


def expectations_table(compared: Sequence[Compared]) -> str:
    """HTML of the claims that say something about few models, or about fewer than was thought,
    with what had been thought, and, folded and in short, of all others.
    """
    groups: dict[str, list[Compared]] = {"open": [], "more": [], "right": []}
    for each in sorted(compared, key=_rarest_first):
        groups[_group(each)].append(each)
    html = ""
    if groups["open"]:
        rows = [
            [
                _link(each, each.finding.sentence),
                f"{each.expected} <small>{escape(each.expectation.why)}</small>",
                *_came_out(each),
            ]
            for each in groups["open"]
        ]
        html += stacked_table("outcomes", TITLES, rows, CAPTION)
    html += _folded(groups["more"], "came out on more models than expected")
    html += _folded(groups["right"], "came out as expected")
    return html


CAPTION = (
    "Claims that come out as stated on fewer than half of the models, or on fewer models than "
    "expected"
)


def _group(each: Compared) -> Literal["open", "more", "right"]:
    if each.kind in (None, "particular", "never"):
        return "open"
    if each.is_right:
        return "right"
    return "more" if each.on_more else "open"


def _folded(compared: Sequence[Compared], words: str) -> str:
    if not compared:
        return ""
    rows = [
        [_link(each, each.finding.name.replace("_", " ")), each.expected, *_came_out(each)]
        for each in compared
    ]
    label = f"{len(compared)} claim{'s' * (len(compared) != 1)} that {words}"
    table = stacked_table("outcomes", TITLES, rows)
    return f'<details class="outcomes-rest"><summary>{label}</summary>{table}</details>'


TITLES = ("Claim", "Expected", "Came out", "Models")


def _rarest_first(each: Compared) -> int:
    return -KINDS.index(each.kind or "never")


def _link(each: Compared, text: str) -> str:
    return f'<a href="#claim-{each.finding.name}">{escape(text)}</a>'


def _came_out(each: Compared) -> list[str]:
    learned, everywhere = each.outcome.learned, each.outcome.everywhere
    low, high = learned.interval
    kind = each.kind or "no model learned the task"
    if each.outcome.empty:
        kind += f" <small>on {each.outcome.empty} met by a control, too</small>"
    more = f"; of all {everywhere}" if everywhere.n > learned.n else ""
    return [
        kind,
        f"{learned} <small>[{low:.2f}, {high:.2f}]{more}</small>",
    ]
