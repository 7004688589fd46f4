"""MkDocs hooks: what pages of a published version have and those of a local build have not."""

import os
import re
from pathlib import Path
from urllib.parse import urljoin

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.plugins import event_priority
from mkdocs.structure.pages import Page

from docs.deploy import LATEST

VERSION = "PUBLISHED_VERSION"
"""Environment variable with the name of the version that is being built."""


# Before the plugins, which derive addresses from that of the site.
@event_priority(100)
def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Give the site its version's address, which is the canonical one, and pages their selector.

    mike's own plugin leaves out the slash at the end, and with it the search of the 404 page.
    """
    if version := os.environ.get(VERSION):
        config.site_url = urljoin(config.site_url or "/", f"{version}/")
        config.extra["published"] = version
        config.extra_css.append("assets/versions.css")
        config.extra_javascript.append("assets/versions.js")
    return config


def on_post_page(output: str, page: Page, config: MkDocsConfig) -> str:
    """Offer the feed of the latest version: no other one ever gets a new entry."""
    if "published" not in config.extra:
        return output
    return re.sub(r'(href="[^"]*?)(feed_\w+\.xml")', rf"\1../{LATEST}/\2", output)


# After the plugin that writes the feeds.
@event_priority(-100)
def on_post_build(config: MkDocsConfig) -> None:
    """Keep the addresses in feeds: a reader shows an entry again when its address changes."""
    if "published" not in config.extra:
        return
    lasting = urljoin(str(config.site_url), f"../{LATEST}/")
    for feed in Path(config.site_dir).glob("feed_*.xml"):
        text = feed.read_text(encoding="utf-8")
        feed.write_text(text.replace(str(config.site_url), lasting), encoding="utf-8")
