"""MkDocs hooks: what pages of a published version have and those of a local build have not."""

import os

from mike.mkdocs_utils import docs_version_var
from mkdocs.config.defaults import MkDocsConfig


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Give pages their version, and with it the selector and the banner."""
    if version := os.environ.get(docs_version_var):
        config.extra["published"] = version
        config.extra_css.append("assets/versions.css")
        config.extra_javascript.append("assets/versions.js")
    return config
