"""A copy of this project with few months, so that what is built of it takes no longer with each."""

import re
import shutil
from pathlib import Path

from models.card import slugs


def keep(root: Path, *kept: str) -> None:
    """Take all other months out of a copy, and the posts that need one of them."""
    others = [slug for slug in slugs() if slug not in kept]
    for slug in others:
        for folder in ("models", "analyses", "docs/problems", "tests/problems", "build/analyses"):
            shutil.rmtree(root / folder / slug, ignore_errors=True)
    # Of a problem that there is not, a post may say the title.
    needed = re.compile(rf"(\{{\{{ |\[\[best |problems/)({'|'.join(others)})\b")
    for post in (root / "docs" / "announcements" / "posts").glob("*.md"):
        if needed.search(post.read_text(encoding="utf-8")):
            post.unlink()
