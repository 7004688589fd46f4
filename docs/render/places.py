"""What Markdown pages may say of themselves, and where pages may lie: inside of the site."""

from datetime import date
from pathlib import Path
from typing import Annotated

from mkdocs.structure.files import Files
from mkdocs.utils.meta import get_data
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from docs.render import RenderError
from docs.render.visible import VISIBLE
from models.card import faults

POSTS = "announcements/posts/"

# Readers of feeds and the search take these for HTML.
Text = Annotated[str, StringConstraints(min_length=1, max_length=300, pattern=r"^[^<]*$"), VISIBLE]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Front(_Strict):
    """What stands above a page, between lines of hyphens."""

    title: Text | None = None
    description: Text | None = None


class Post(_Strict):
    """What stands above an announcement."""

    title: Text
    description: Text
    date: date
    slug: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
    """The last part of its address."""


def check_front(markdown: str, src_uri: str) -> None:
    """Check what a Markdown page says of itself.

    Args:
        markdown: the whole page.
        src_uri: where it lies in the docs.

    Raises:
        RenderError: if a key is missing, unknown or malformed; names the file and each key.
    """
    _, given = get_data(markdown)
    if markdown.startswith("---") and not given:
        raise RenderError(f"{src_uri}: what stands between the lines of hyphens is no YAML.")
    try:
        (Post if src_uri.startswith(POSTS) else Front).model_validate(given)
    except ValidationError as error:
        raise RenderError(
            f"{src_uri} begins with keys that it may not have, or not so:\n"
            f"{faults(error, 'front matter')}"
        ) from error


def check_places(files: Files, site: Path) -> None:
    """Make sure that every file of the site has a place of its own in it.

    Args:
        files: all that is about to be written.
        site: the folder that they are written to.

    Raises:
        RenderError: if one would be written elsewhere, or over another.
    """
    taken: dict[Path, str] = {}
    for file in files:
        place = Path(file.abs_dest_path).resolve()
        if not place.is_relative_to(site.resolve()):
            raise RenderError(f"{file.src_uri} would be written to {place}, outside of the site.")
        if (other := taken.setdefault(place, file.src_uri)) != file.src_uri:
            raise RenderError(
                f"{file.src_uri} and {other} would both be written to {file.dest_uri}; give one of "
                "them another name."
            )
