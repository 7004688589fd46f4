"""MkDocs hooks: what pages of a published version have and those of a local build have not."""

import os
from urllib.parse import urljoin

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.plugins import event_priority

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
