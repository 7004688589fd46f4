"""What is common to all certificates: whose they are, and when they are refused."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from torch import Tensor

from analyses.evidence.certificate import (
    Certificate,
    CertificateError,
    Keeper,
    certifies_the_same,
    code_sha256,
    modules,
    weights_sha256,
)
from models.problem import Problem
from models.sorted_list.task import SortedList


class Tiny(Certificate):
    """As little of a certificate as there can be."""

    slug: str = "tiny"
    checkpoint_sha256: str | None = None
    weights_sha256: str = "w" * 64
    code_sha256: str = "c" * 64
    device: str = "cpu"
    seconds: float = 0.25
    threads: int = 2
    peak_share: float | None = 0.4
    margins: tuple[float, ...] = (0.1, 1 / 3, float("inf"))


@pytest.fixture
def keeper(tmp_path: Path) -> Keeper[Tiny]:
    def derive(problem: Problem[Any]) -> Tiny:
        return Tiny(**keeper.names(problem))

    keeper = Keeper(
        Tiny, tmp_path / "certificate.json", modules("analyses.evidence.bounds"), derive
    )
    return keeper


class TestKeeper:
    def test_it_is_read_back(self, keeper: Keeper[Tiny], small: Problem[SortedList]) -> None:
        made = keeper.derive(small)
        assert keeper.write(made)
        assert keeper.read(small) == made
        assert [path.name for path in keeper.path.parent.iterdir()] == ["certificate.json"]

    def test_only_what_differs_is_written(
        self, keeper: Keeper[Tiny], small: Problem[SortedList]
    ) -> None:
        made = keeper.derive(small)
        assert keeper.write(made)
        assert not keeper.write(made.model_copy(update={"seconds": 60.0}))
        assert keeper.read(small).seconds == made.seconds
        assert keeper.write(made.model_copy(update={"margins": ()}))
        assert keeper.read(small).margins == ()

    def test_other_weights_and_other_code_are_refused(
        self, keeper: Keeper[Tiny], small: Problem[SortedList], linear: Problem[SortedList]
    ) -> None:
        keeper.write(keeper.derive(small))
        with pytest.raises(CertificateError, match="of other weights .*verify -- sorted_list"):
            keeper.read(linear)
        other = replace(keeper, code=modules("analyses.write_ups.ladder"))
        with pytest.raises(CertificateError, match="of other code .*verify -- sorted_list"):
            other.read(small)

    @pytest.mark.parametrize("content", [None, "{", '{"slug": "tiny", "more": 1}'])
    def test_a_missing_or_malformed_one_is_refused(
        self, keeper: Keeper[Tiny], small: Problem[SortedList], content: str | None
    ) -> None:
        if content is not None:
            keeper.path.write_text(content)
        with pytest.raises(CertificateError, match="is (missing|malformed)"):
            keeper.read(small)

    def test_what_is_not_committed_is_derived_once(
        self, keeper: Keeper[Tiny], small: Problem[SortedList]
    ) -> None:
        first = keeper.of(small)
        assert keeper.of(small) is first
        assert not keeper.path.exists()

    def test_what_is_committed_is_read(
        self, keeper: Keeper[Tiny], small: Problem[SortedList]
    ) -> None:
        weights = small.card.weights
        assert weights is not None
        committed = replace(small, sha256=weights.sha256)
        with pytest.raises(CertificateError, match="is missing"):
            keeper.of(committed)
        keeper.write(keeper.derive(committed))
        assert keeper.of(committed) == keeper.derive(committed)


def test_a_single_changed_weight_is_another_model(small: Problem[SortedList]) -> None:
    def changed(name: str, tensor: Tensor) -> Tensor:
        tensor = tensor.clone()
        tensor.view(-1)[0] += 1e-6
        return tensor

    for name, tensor in small.weights.items():
        other = small.weights | {name: changed(name, tensor)}
        assert weights_sha256(other) != weights_sha256(small.weights)


def test_code_is_named_from_the_root() -> None:
    both = modules("analyses.evidence.bounds", "analyses.cumulative_sum.bounds")
    assert code_sha256(both) == code_sha256(both[::-1])
    assert len({code_sha256(both), code_sha256(both[:1]), code_sha256(both[1:])}) == 3
    with pytest.raises(FileNotFoundError, match="no_such.py is no module"):
        modules("analyses.no_such")


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
