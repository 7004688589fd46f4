from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from analyses.verify import certifies_the_same


class Tiny(BaseModel):
    """As little of a certificate as there can be."""

    code_sha256: str = "c" * 64
    seconds: float = 0.25
    threads: int = 2
    peak_share: float | None = 0.4
    margins: tuple[float, ...] = (0.1, 1 / 3)


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({}, True),
        ({"seconds": 9.5, "threads": 64, "peak_share": None}, True),
        ({"code_sha256": "d" * 64}, False),
        ({"margins": (0.1, 0.3333)}, False),
    ],
)
def test_how_long_it_took_is_no_matter_of_a_certificate(
    change: dict[str, Any], same: bool, tmp_path: Path
) -> None:
    path = tmp_path / "certificate.json"
    path.write_text(Tiny().model_dump_json())
    assert certifies_the_same(Tiny(**change), path) is same


@pytest.mark.parametrize("text", [None, "", "{", '{"seconds": "long"}'])
def test_a_certificate_that_is_not_there_or_malformed_is_another(
    text: str | None, tmp_path: Path
) -> None:
    path = tmp_path / "certificate.json"
    if text is not None:
        path.write_text(text)
    assert not certifies_the_same(Tiny(), path)
