"""MkDocs hooks: what joins cards, executed notebooks and assets to the site."""

import json
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import nbformat
from jinja2 import Environment
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.plugins import event_priority
from mkdocs.structure.files import File, Files, InclusionLevel
from mkdocs.structure.nav import Navigation
from mkdocs.structure.pages import Page
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell

from docs.render import colours, vendor
from docs.render.addresses import Addresses
from docs.render.blocks import block
from docs.render.fonts import cut_down
from docs.render.live import scripts, with_hardest, without_comments
from docs.render.months import Month, read_months
from docs.render.notebooks import BLOCK, Put, check_figures, page_notebook
from docs.render.places import check_front, check_places
from docs.render.policy import policy
from docs.render.references import resolve
from docs.render.revision import revision_of
from docs.render.searched import with_claims
from docs.render.standalone import standalone
from docs.render.start import start_notebook
from docs.render.terms import explain, read_terms
from docs.render.tidy import tidy

PAGES = vendor.ROOT / "build" / "pages"


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Read the problems once a build."""
    config.extra["months"] = read_months()
    config.extra["commit"] = revision_of(vendor.ROOT)
    config.extra["addresses"] = Addresses.of(config)
    return config


# mkdocs-jupyter takes over the notebooks among the files, so these must be there before it.
@event_priority(100)
def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add pages, downloads and assets; leave out what no page of this site loads."""
    for file in list(files):
        if file.src_uri.endswith(".map") or "/lunr/" in file.src_uri:
            files.remove(file)
    for page in files.documentation_pages():
        check_front(page.content_string, page.src_uri)

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
    for name, source in scripts({month.slug: month.card.state for month in months}).items():
        script = source.suffix == ".js"
        add(
            f"assets/live/{name}", without_comments(source.read_text("utf-8")) if script else source
        )
    addresses = config.extra["addresses"]
    for month in months:
        folder = f"problems/{month.slug}"
        blocks = partial(block, months=months, month=month, addresses=addresses)
        for name, path in month.pages.items():
            uri = f"{folder}/{name}.ipynb"
            executed = nbformat.read(path, as_version=4)
            shown = executed
            if name == "index" and "solution" in month.pages:
                solution = nbformat.read(month.pages["solution"], as_version=4)
                shown = with_hardest(executed, solution)
            _write_page(shown, blocks, month, name, PAGES / uri, add)
            files.append(File(uri, str(PAGES), config.site_dir, config.use_directory_urls))
            offered = standalone(executed, f"{folder}/{month.start}", addresses)
            add(f"{folder}/{month.notebook(name)}", nbformat.writes(offered))
        add(f"{folder}/{month.start}", nbformat.writes(start_notebook(month, addresses)))
        for download in month.downloads:
            add(f"{folder}/{download.path.name}", download.path)
    return files


def _write_page(
    executed: NotebookNode,
    block: Callable[..., str],
    month: Month,
    name: str,
    path: Path,
    add: Put,
) -> None:
    url = f"problems/{month.slug}/" + ("" if name == "index" else f"{name}/")
    blocks = partial(block, url=url)
    page = page_notebook(executed, url, blocks, lambda file, text: add(url + file, text))
    if name == "solution" and month.submissions:
        page.cells.append(new_markdown_cell("## Submissions", id="submissions-title"))
        page.cells.append(new_markdown_cell(blocks("submissions", None), id="submissions-list"))
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(page, path)


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Fill in what Markdown pages name; notebooks come filled in."""
    if not page.file.src_uri.endswith(".md"):
        return markdown
    months = config.extra["months"]
    return re.sub(
        rf"^{BLOCK.pattern}$",
        lambda match: block(
            match[1],
            match[2],
            months=months,
            month=None,
            url=page.url,
            addresses=config.extra["addresses"],
        ),
        resolve(markdown, months, page.file.src_uri),
        flags=re.MULTILINE,
    )


def on_page_content(html: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Tidy the page and make sure that no figure got lost on the way."""
    html = tidy(html, page.file.src_uri, files)
    if found := _month_of(page, config):
        month, name = found
        check_figures(nbformat.read(month.pages[name], as_version=4), html, page.url)
    return html


def on_env(env: Environment, config: MkDocsConfig, files: Files) -> Environment:
    """Before anything is written: every page has its place, terms lead to the glossary, and
    templates escape what they print.

    The theme's own templates do not by themselves; what is HTML already is marked as safe.
    """
    check_places(files, Path(config.site_dir))
    _explain_terms(files, config)
    env.autoescape = True
    env.filters["policy"] = policy
    return env


def on_page_context(
    context: dict[str, Any], page: Page, config: MkDocsConfig, nav: Navigation
) -> dict[str, Any]:
    """Tell the templates which problem a page is about."""
    if found := _month_of(page, config):
        context["month"], context["role"] = found
    return context


def on_post_build(config: MkDocsConfig) -> None:
    """Let the search find claims; make the feeds valid, of which the plugin gives one without a
    picture one called None; take out of the fonts what no page shows.
    """
    index = Path(config.site_dir) / "search" / "search_index.json"
    found = with_claims(json.loads(index.read_text(encoding="utf-8")), config.extra["months"])
    index.write_text(json.dumps(found, separators=(",", ":")), encoding="utf-8")
    for feed in Path(config.site_dir).glob("feed_rss_*.xml"):
        text = feed.read_text(encoding="utf-8")
        feed.write_text(
            re.sub(r"<image>\s*<url>None</url>.*?</image>\s*", "", text), encoding="utf-8"
        )
    cut_down(Path(config.site_dir))


def _month_of(page: Page, config: MkDocsConfig) -> tuple[Month, str] | None:
    if match := re.fullmatch(r"problems/(\w+)/(index|solution)\.ipynb", page.file.src_uri):
        month = next(month for month in config.extra["months"] if month.slug == match[1])
        return month, match[2]
    return None


def _explain_terms(files: Files, config: MkDocsConfig) -> None:
    """Once all pages are made, those of the months show what the glossary's terms mean."""
    glossary = files.get_file_from_path("glossary.md")
    if glossary is None or glossary.page is None:
        return
    terms = read_terms(glossary.page.content or "")
    for file in files.documentation_pages():
        if file.page and _month_of(file.page, config):
            address = glossary.url_relative_to(file)
            file.page.content = explain(file.page.content or "", terms, address)
