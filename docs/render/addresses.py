"""Where this site and its repository are published, as far as the build was told."""

from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from mkdocs.config.defaults import MkDocsConfig


@dataclass(frozen=True)
class Addresses:
    """What pages and notebooks may name as places to fetch from; None where it is not known."""

    site: str | None = None
    """Of the site, or of the published version of it; ends with a slash."""
    repository: str | None = None
    """To clone from."""
    commit: str | None = None
    """That the site is built from; None outside of version control."""
    notebooks: str | None = None
    """Where Google Colab opens notebooks: followed by a file's place in the site."""

    @classmethod
    def of(cls, config: MkDocsConfig) -> "Addresses":
        """Those that the configuration has: of `SITE_URL` and `REPOSITORY_URL`.

        Without the former MkDocs takes an address of this machine, where nobody else finds it.
        """
        extra = config.extra
        repository = extra["repository"] or None
        return cls(
            site=config.site_url if extra["published_at"] else None,
            repository=repository,
            commit=extra["commit"]["revision"],
            # Colab takes notebooks from where the repository's host has them: on the branch of
            # published versions, whose folder is the version.
            notebooks=repository
            and extra["colab"].format(
                repository=urlsplit(repository).path.strip("/").removesuffix(".git"),
                version=extra.get("published") or "latest",
            ),
        )

    @property
    def folder(self) -> str | None:
        """What git calls a clone of the repository."""
        if self.repository is None:
            return None
        return self.repository.rstrip("/").rpartition("/")[2].removesuffix(".git")

    def url(self, place: str) -> str | None:
        """The address of a place in the site, such as `problems/sorted_list/`."""
        return urljoin(self.site, place) if self.site else None

    def colab(self, place: str) -> str | None:
        """Where Google Colab opens a notebook of the site; None if the repository has no address.

        Args:
            place: of the notebook, from the site's root.
        """
        return self.notebooks + place if self.notebooks else None


NOWHERE = Addresses()
"""Nothing is published."""
