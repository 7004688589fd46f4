"""The live panel's engine as the site serves it, in a page of its own."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.browser import serve

COMPARE = Path(__file__).with_name("compare.js")
BELOW = "/some/where/"


@dataclass
class Bench:
    """A page that can run the engine, and folders that it is served beside."""

    page: Page
    folder: Path
    """What the test puts here, the page finds below the root."""

    def changed(self, name: str, file: str, old: bytes, new: bytes) -> str:
        """A copy of the engine and the problems in which one file is another; where it lies."""
        copy = self.folder / name
        for part in ("assets/live", "problems"):
            source = self.folder / "site" / part
            wanted = ("*.js", "card.json", "*.safetensors")
            for path in (path for pattern in wanted for path in source.rglob(pattern)):
                placed = copy / part / path.relative_to(source)
                placed.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, placed)
        (copy / "assets" / "vendor").symlink_to(self.folder / "site" / "assets" / "vendor")
        content = (copy / file).read_bytes()
        assert content.count(old) == 1
        (copy / file).write_bytes(content.replace(old, new))
        return name


@pytest.fixture(scope="session")
def bench(
    site: Path, reader: BrowserContext, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Bench]:
    """One page for all problems, with the site's own policy of content."""
    folder = tmp_path_factory.mktemp("live")
    (folder / "site").symlink_to(site)
    shutil.copy(COMPARE, folder)
    with serve(folder, BELOW) as served:
        page = reader.new_page()
        page.goto(f"{served.url}site/404.html")
        yield Bench(page, folder)
        page.close()
