"""A folder served as a host of static pages serves it, and what a page asks of other hosts."""

import gzip
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

HOST = "127.0.0.1"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


def installed() -> str | None:
    """The Chromium or Chrome of this machine; None: what Playwright has installed itself."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


@dataclass
class Served:
    """A local server of a site that notes what it was asked for."""

    root: Path
    url: str
    asked: list[str] = field(default_factory=list)

    def weight(self, counts: Callable[[str], bool] = lambda path: True) -> int:
        """Bytes of all that was asked for, each file once, as gzip -9 would send them.

        Args:
            counts: of the path of a file, whether it does.
        """
        return sum(_gzipped(self.root / path) for path in sorted(set(filter(counts, self.asked))))


@lru_cache
def _gzipped(path: Path) -> int:
    return len(gzip.compress(path.read_bytes(), 9))


@contextmanager
def serve(folder: Path, below: str = "/") -> Iterator[Served]:
    """Serve a folder below a path, on a free port; what is missing gets the folder's 404.html."""

    class Handler(SimpleHTTPRequestHandler):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments, directory=str(folder))

        def translate_path(self, path: str) -> str:
            inside = path.removeprefix(below) if path.startswith(below) else "outside"
            return super().translate_path(f"/{inside}")

        def send_head(self) -> Any:
            path = Path(self.translate_path(self.path))
            found = path / "index.html" if path.is_dir() else path
            if found.is_file():
                served.asked.append(found.relative_to(folder).as_posix())
                return super().send_head()
            missing = folder / "404.html"
            body = missing.read_bytes() if missing.is_file() else b"missing"
            self.send_response(HTTPStatus.NOT_FOUND)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            return BytesIO(body)

        def end_headers(self) -> None:
            # Each page is weighed with all that it needs.
            self.send_header("Cache-Control", "no-store")
            super().end_headers()

        def log_message(self, format: str, *arguments: Any) -> None:
            pass

    server = ThreadingHTTPServer((HOST, 0), Handler)
    served = Served(folder, f"http://{HOST}:{server.server_port}{below}")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def elsewhere(url: str) -> bool:
    """Whether a request leaves this machine."""
    parts = urlsplit(url)
    return parts.scheme in ("http", "https") and parts.hostname != HOST
