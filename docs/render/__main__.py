"""Render the site: `python -m docs.render [--output site]`."""

import argparse
import logging
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

# Material prints an advertisement against a version of MkDocs that is not installed.
os.environ.setdefault("NO_MKDOCS_2_WARNING", "1")

from mkdocs.commands.build import build
from mkdocs.config import load_config
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import Abort, ConfigurationError

from analyses.write_ups.clock import VARIABLE, ClockError, source_time
from docs.render import RenderError
from docs.render.unchanged import made_of, remember, stands
from docs.render.vendor import ROOT
from models.card import CardError
from models.folders import replaced


def build_site(folder: Path) -> None:
    """Build the site into `folder` with MkDocs, warnings being errors.

    Feeds and sitemap bear the time of the sources, so that it does not show when they were
    built.

    Raises:
        RenderError: something that the site is made of is missing, faulty or out of date.
    """
    with dated():
        # Plugins outlive their build, and the blog's has thrown its folder away by then.
        vars(MkDocsConfig)["plugins"].plugin_cache.clear()
        config = load_config(str(ROOT / "mkdocs.yml"), site_dir=str(folder), strict=True)
        config.plugins.on_startup(command="build", dirty=False)
        try:
            build(config)
        finally:
            config.plugins.on_shutdown()


@contextmanager
def dated() -> Iterator[None]:
    """Tell MkDocs and its plugins that it is the time of the sources.

    Raises:
        RenderError: the environment gives a time that there is not.
    """
    given = os.environ.get(VARIABLE)
    try:
        os.environ[VARIABLE] = str(int(source_time().timestamp()))
    except ClockError as error:
        raise RenderError(str(error)) from error
    try:
        yield
    finally:
        os.environ.pop(VARIABLE)
        if given is not None:
            os.environ[VARIABLE] = given


def publish(output: Path, make: Callable[[Path], None] = build_site) -> None:
    """Replace the site at `output`, all of it or nothing.

    The new site is made beside the old one, which stays whole whatever happens to the
    build: a broken page, a full disk, Ctrl-C.

    Args:
        output: folder of the site.
        make: builds a site into the folder that it is given.
    """
    if output.exists() and not (output / "sitemap.xml").is_file() and any(output.iterdir()):
        raise RenderError(f"{output} is not a site built by this project; it would be replaced.")
    with replaced(output) as fresh:
        make(fresh)


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m docs.render", description=__doc__)
    parser.add_argument("--output", type=Path, default=ROOT / "site", help="folder of the site")
    output = parser.parse_args().output.resolve()
    # What strict mode stops at is logged, and nowhere else to be read.
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    kept = "; the previous site is untouched" if output.exists() else ""
    try:
        source = made_of()
        if stands(output, source):
            print(f"The site in {output} is unchanged.")
            return 0
        publish(output)
        # The site is there; what cannot be noted is only that it need not be built again.
        with suppress(OSError):
            remember(output, source)
    except (RenderError, CardError, ConfigurationError, OSError, Abort) as error:
        print(f"The site was not built{kept}.\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"Stopped{kept}.", file=sys.stderr)
        return 130
    print(f"The site is in {output}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
