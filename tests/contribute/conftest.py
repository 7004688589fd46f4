"""A month as `new` begins it, in a folder of its own."""

import shutil
from pathlib import Path

import pytest

from docs.contribute.month import Month
from docs.contribute.new import begin

SLUG = "caesar_cipher"


@pytest.fixture(scope="session")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A month that was begun once for all tests."""
    root = tmp_path_factory.mktemp("begun")
    begin(SLUG, "Caesar Cipher", "2024-01", root)
    (root / "build").rmdir()
    return root


@pytest.fixture
def month(begun: Path, tmp_path: Path) -> Month:
    """The files of a new month and nothing else."""
    shutil.copytree(begun, tmp_path, dirs_exist_ok=True)
    return Month(SLUG, tmp_path)
