"""Numbers with names, and the committed lockfile that they are compared with."""

import json
import math
from html import escape
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from analyses.evidence.explained import Explained
from analyses.evidence.findings import Finding


class ResultsError(ValueError):
    """Committed results are missing or malformed, or a number drifted from them."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


MOST_UNITS = 5
"""How many units of the last decimal shown a tolerance may be: with more, what is shown would
be no result."""


def unit_shown(unit: str, digits: int) -> float:
    """One unit of the last decimal that prose shows; shares are shown as percentages.

    >>> unit_shown("nats", 3), unit_shown("share", 1)
    (0.001, 0.001)
    """
    return 10.0 ** -(digits + 2 * (unit == "share"))


def usual_tolerance(unit: str, digits: int) -> float:
    """The tolerance of a number for which none is given: none at all for a count, which has
    neither unit nor decimals, else one unit of the last decimal shown.
    """
    return 0.0 if unit == "" and digits == 0 else unit_shown(unit, digits)


LITERAL = str.maketrans({sign: f"&#{ord(sign)};" for sign in "\\`*[]{}|~^$\n"})


def literal(text: str) -> str:
    """Text that says in the HTML within Markdown what it says by itself.

    >>> literal("<b> & `0.1`")
    '&lt;b&gt; &amp; &#96;0.1&#96;'
    """
    return escape(text).translate(LITERAL)


class Number(_Strict):
    """A named number of a write-up."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    value: float
    unit: str
    """Such as `nats`, `logits`, `share`; empty for a count."""
    tolerance: float = Field(ge=0)
    """How far another machine may be from `value` without anything being wrong; at most
    `MOST_UNITS` units of the last decimal shown."""
    digits: int = Field(ge=0, le=8)
    """Decimals shown in prose."""

    @model_validator(mode="after")
    def _tolerance_below_what_is_shown(self) -> "Number":
        most = MOST_UNITS * unit_shown(self.unit, self.digits)
        # Neither tolerance is exact in binary.
        if not self.tolerance <= most * (1 + 1e-9):
            raise ValueError(
                f"the tolerance of {self.name} is {self.tolerance:g}, at most {most:g} is allowed "
                f"with {self.digits} decimals shown; show fewer (digits), or compute it so that "
                "machines agree"
            )
        return self

    def text(self) -> str:
        """The number as prose shows it; shares are shown as percentages.

        What rounds to nothing is less than what is shown; no share and no count is exactly that.
        """
        shown = 100 * self.value if self.unit == "share" else self.value
        per_cent = " %" if self.unit == "share" else ""
        countable = self.unit == "share" or self.digits == 0
        if f"{abs(shown):.{self.digits}f}" == f"{0:.{self.digits}f}" and (shown or not countable):
            least = f"{10.0**-self.digits:g}".replace("e-0", "e-")
            return f"less than {least}{per_cent}" + " in size" * (shown < 0)
        return f"{shown:,.{self.digits}f}{per_cent}".replace("-", "\N{MINUS SIGN}")

    def html(self, page: str = "") -> str:
        """The number in prose: a link to where it was recorded, with all its digits in its title.

        Args:
            page: the page whose cell recorded it; empty if that is the page with the prose.
        """
        title = literal(f"{self.name} = {self.value:.6g} {self.unit}".strip())
        link = f'href="{literal(page)}#number-{self.name}" title="{title}"'
        return f'<a class="number" {link}>{self.text()}</a>'


def fact_html(name: str, text: str, page: str = "") -> str:
    """A fact in prose, a link like that of a number."""
    link = f'href="{literal(page)}#number-{literal(name)}"'
    return f'<a class="fact" {link}>{literal(text)}</a>'


class Results(_Strict):
    """What one analysis of one checkpoint gave: `results.json`."""

    slug: str
    title: str
    month: str
    device: str
    date: str
    checkpoint_sha256: str
    data_sha256: str
    """Of the evaluation sequences."""
    numbers: dict[str, Number]
    facts: dict[str, str]
    """What code found and prose names: heads, ranges, examples."""
    claims: list[Finding]
    explanations: list[Explained]
    """As programs, in the order of the write-up."""

    @classmethod
    def read(cls, path: Path) -> "Results":
        """Read and check a `results.json`."""
        if not path.is_file():
            raise ResultsError(f"{path} is missing; write it with --update and commit it.")
        try:
            return cls.model_validate_json(path.read_text(encoding="utf-8"))
        except ValidationError as error:
            raise ResultsError(
                f"{path} is malformed: {error}; write it anew with --update."
            ) from error

    def write(self, path: Path) -> None:
        """Write to `path`, readable in a diff."""
        text = json.dumps(self.model_dump(mode="json"), indent=1, ensure_ascii=False)
        path.write_text(text + "\n", encoding="utf-8")

    def undefined(self) -> list[str]:
        """The numbers that are not finite, a line each: none is a result."""
        return [
            f"{number.name} is {number.value} {number.unit}".rstrip()
            for number in self.numbers.values()
            if not math.isfinite(number.value)
        ]

    def drift_from(self, committed: "Results") -> list[str]:
        """What differs from committed results beyond tolerance, a line each."""
        lines = []
        for key in ("checkpoint_sha256", "data_sha256"):
            mine, theirs = getattr(self, key), getattr(committed, key)
            if mine != theirs:
                lines.append(f"{key}: committed {theirs}, now {mine}")
        for name in sorted(self.numbers.keys() | committed.numbers.keys()):
            lines += _number_drift(name, committed.numbers.get(name), self.numbers.get(name))
        for name in sorted(self.facts.keys() | committed.facts.keys()):
            was, now = committed.facts.get(name), self.facts.get(name)
            if was != now:
                lines.append(f"{name}: committed {was!r}, now {now!r}")
        for kind, were, are in (
            ("claim", committed.claims, self.claims),
            ("explanation", committed.explanations, self.explanations),
        ):
            before, after = ({found.name: found for found in both} for both in (were, are))
            for name in sorted(before.keys() | after.keys()):
                lines += _drift(f"{kind} {name}", before.get(name), after.get(name))
        return lines


def _number_drift(name: str, committed: Number | None, now: Number | None) -> list[str]:
    if committed is None or now is None:
        return [f"{name}: {'not committed' if committed is None else 'no longer recorded'}"]
    if (committed.unit, committed.tolerance, committed.digits) != (
        now.unit,
        now.tolerance,
        now.digits,
    ):
        return [f"{name}: unit, tolerance or digits differ: committed {committed!r}, now {now!r}"]
    if not _close(committed.value, now.value, now.tolerance):
        return [
            f"{name}: committed {committed.value:.8g}, now {now.value:.8g} {now.unit} "
            f"(off by {abs(now.value - committed.value):.3g}, tolerance {now.tolerance:g})"
        ]
    return []


MEASURED = (
    *("value", "interval", "controls"),
    *("bits", "agreements", "mistakes", "confidence", "foreseen"),
)
"""What of a claim or an explanation is measured, and may differ between machines; all else is
stated."""
CLAIM_TOLERANCE = 0.002
"""How far what was measured for it may move between machines, relative to itself."""
ROUNDING = 1e-6
"""How far it may move in any case: what float32 leaves of numbers that cancel, a few units in the
last place of logits. Claims that something is zero are measured so."""


def _drift(what: str, committed: BaseModel | None, now: BaseModel | None) -> list[str]:
    if committed is None or now is None:
        return [f"{what}: {'not committed' if committed is None else 'no longer made'}"]
    before, after = committed.model_dump(), now.model_dump()
    return [
        f"{what}: {key} was {before[key]!r}, is {after[key]!r}"
        for key in before
        if not (_agree(before[key], after[key]) if key in MEASURED else before[key] == after[key])
    ]


def _agree(before: object, after: object) -> bool:
    if isinstance(before, float) and isinstance(after, float):
        return _close(before, after, CLAIM_TOLERANCE * abs(before) + ROUNDING)
    if type(before) is int and type(after) is int:
        # Such as how many answers are wrong: where two logits tie, machines may disagree.
        return abs(after - before) <= max(1, CLAIM_TOLERANCE * before)
    if isinstance(before, tuple) and isinstance(after, tuple):
        return len(before) == len(after) and all(map(_agree, before, after))
    if isinstance(before, dict) and isinstance(after, dict):
        return before.keys() == after.keys() and all(_agree(before[k], after[k]) for k in before)
    return before == after


def _close(before: float, after: float, allowed: float) -> bool:
    """Whether two results are as near to each other as allowed; what is not finite is none."""
    return math.isfinite(before) and abs(after - before) <= allowed
