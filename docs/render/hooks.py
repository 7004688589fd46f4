"""MkDocs hooks: what joins cards, executed notebooks and assets to the site."""

import re
import subprocess
from functools import partial
from pathlib import Path
from typing import Any

import nbformat
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.plugins import event_priority
from mkdocs.structure.files import File, Files, InclusionLevel
from mkdocs.structure.nav import Navigation
from mkdocs.structure.pages import Page

from docs.render import colours, vendor
from docs.render.blocks import block
from docs.render.months import Month, read_months
from docs.render.notebooks import BLOCK, check_figures, page_notebook
from docs.render.tidy import tidy

PAGES = vendor.ROOT / "build" / "pages"


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Read the problems once a build."""
    config.extra["months"] = read_months()
    config.extra["commit"] = _commit()
    return config


# mkdocs-jupyter takes over the notebooks among the files, so these must be there before it.
@event_priority(100)
def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add pages, downloads and assets; leave out what no page of this site loads."""
    for file in list(files):
        if file.src_uri.endswith(".map") or "/lunr/" in file.src_uri:
            files.remove(file)

    def add(uri: str, source: Path | str) -> None:
        given = {"abs_src_path": str(source)} if isinstance(source, Path) else {"content": source}
        # Served although `exclude_docs` keeps Python files out of the site.
        files.append(File.generated(config, uri, **given, inclusion=InclusionLevel.INCLUDED))

    add("assets/palette.css", colours.stylesheet())
    add("assets/palette.js", colours.script())
    for name, source in vendor.assets().items():
        add(
            f"assets/vendor/{name}",
            vendor.stylesheet(source) if source.suffix == ".css" else source,
        )
    months = config.extra["months"]
    for month in months:
        folder = f"problems/{month.slug}"
        for name, executed in month.pages.items():
            uri = f"{folder}/{name}.ipynb"
            _write_page(months, month, name, PAGES / uri)
            files.append(File(uri, str(PAGES), config.site_dir, config.use_directory_urls))
            add(f"{folder}/{month.notebook(name)}", executed)
        for download in month.downloads:
            add(f"{folder}/{download.path.name}", download.path)
    return files


def _write_page(months: list[Month], month: Month, name: str, path: Path) -> None:
    url = f"problems/{month.slug}/" + ("" if name == "index" else f"{name}/")
    blocks = partial(block, months=months, month=month, url=url)
    executed = nbformat.read(month.pages[name], as_version=4)
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(page_notebook(executed, url, blocks), path)


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Fill in the blocks of Markdown pages; those of notebooks are filled in already."""
    months = config.extra["months"]
    return re.sub(
        rf"^{BLOCK.pattern}$",
        lambda match: block(match[1], months, None, page.url),
        markdown,
        flags=re.MULTILINE,
    )


def on_page_content(html: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Tidy the page and make sure that no figure got lost on the way."""
    html = tidy(html, page.file.src_uri, files)
    if found := _month_of(page, config):
        month, name = found
        check_figures(nbformat.read(month.pages[name], as_version=4), html, page.url)
    return html


def on_page_context(
    context: dict[str, Any], page: Page, config: MkDocsConfig, nav: Navigation
) -> dict[str, Any]:
    """Tell the templates which problem a page is about."""
    if found := _month_of(page, config):
        context["month"], context["role"] = found
    return context


def _month_of(page: Page, config: MkDocsConfig) -> tuple[Month, str] | None:
    if match := re.fullmatch(r"problems/(\w+)/(index|solution)\.ipynb", page.file.src_uri):
        month = next(month for month in config.extra["months"] if month.slug == match[1])
        return month, match[2]
    return None


def _commit() -> dict[str, Any]:
    """What the working tree is built from; nothing, where there is no git."""
    try:
        git = partial(subprocess.run, cwd=vendor.ROOT, capture_output=True, text=True, check=True)
        revision = git(["git", "rev-parse", "HEAD"]).stdout.strip()
        changed = bool(git(["git", "status", "--porcelain"]).stdout.strip())
    except (OSError, subprocess.CalledProcessError):
        return {"revision": None, "changed": False}
    return {"revision": revision, "changed": changed}
