"""What was expected of each claim on models of other seeds, before any was trained.

It stands in `analyses/<slug>/expected.toml`, a table for each claim:

    [sorts]
    expect = "universal"
    why = "A model that learned the task reaches the card's accuracy, 0.998."

A claim may be universal: it comes out as stated on at least 95 % of the models that learned the
task; usual: on at least half of them; particular: on fewer than half. Where a claim is measured on
something else than the model, such as weights set by hand, it comes out alike on all of them, and
the reason begins with "By construction:". Needs no torch.
"""

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

EXPECTED = "expected.toml"
"""The file's name, beside the problem's claims."""
ANALYSES = Path(__file__).resolve().parent.parent
Kind = Literal["universal", "usual", "particular"]


class ExpectationsError(ValueError):
    """What is expected of a problem's claims cannot be read, or is not about its claims."""


def _one_line(text: object) -> object:
    return " ".join(text.split()) if isinstance(text, str) else text


class Expectation(BaseModel):
    """Of one claim."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    expect: Kind
    why: Annotated[str, BeforeValidator(_one_line), Field(min_length=1)]
    """In a sentence, on one line."""

    @property
    def by_construction(self) -> bool:
        """Whether no other model can make much of a difference to what comes out."""
        return self.why.startswith("By construction:")


def read_expected(slug: str, analyses: Path = ANALYSES) -> dict[str, Expectation]:
    """What is expected of each claim of a problem, by the claim's name.

    Args:
        slug: the problem's.
        analyses: the folder in which its own lies.

    Raises:
        ExpectationsError: if the file is not there, is no TOML, or says something else of a claim
            than what is expected and why.
    """
    path = analyses / slug / EXPECTED
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ExpectationsError(
            f"{path} is not there; it says what is expected of each claim before models of other "
            "seeds are trained: write a table for each, with `expect` and `why`"
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ExpectationsError(f"{path} is no TOML: {error}") from error
    return {name: _read(path, name, table) for name, table in tables.items()}


def _read(path: Path, name: str, table: object) -> Expectation:
    try:
        return Expectation.model_validate(table)
    except ValidationError as error:
        raise ExpectationsError(
            f"{path}, [{name}]: expected `expect`, one of {', '.join(get_args(Kind))}, and `why`, "
            f"a sentence, and nothing else. {error}"
        ) from error


def check_expected(slug: str, expected: Mapping[str, Expectation], claims: Iterable[str]) -> None:
    """See that something is expected of all claims that a sweep judges, and of no others.

    Args:
        slug: the problem's.
        expected: by name of the claim.
        claims: names of all claims of the write-up that are not of the task alone.

    Raises:
        ExpectationsError: if not.
    """
    names = list(claims)
    unknown, missing = expected.keys() - names, set(names) - expected.keys()
    told = [
        f"{words}: {', '.join(sorted(found))}"
        for words, found in (
            ("about no claim, or one of the task alone", unknown),
            ("nothing expected of", missing),
        )
        if found
    ]
    if told:
        raise ExpectationsError(
            f"{slug}: {EXPECTED} does not fit the claims. {'; '.join(told)}. Mend the names; what "
            "is expected of a new claim is written before it is judged on other models."
        )
