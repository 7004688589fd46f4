"""The second wall: what a browser is told never to run or load, whatever stands on a page."""

import base64
import hashlib
import re

DIRECTIVES = {
    "default-src": "'none'",
    "script-src": "'self'",
    # KaTeX, plotly and circuitsvis place what they draw by styles on their elements.
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data: blob:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "worker-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
}


def policy(theme: str) -> str:
    """A Content Security Policy: what comes from this site, and the scripts of the theme.

    Args:
        theme: HTML with the scripts that the theme writes into pages. They may run, by their
            hashes; no other script in a page may.
    """
    scripts = re.findall(r"<script>(.*?)</script>", theme, re.DOTALL)
    hashes = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in scripts]
    allowed = " ".join([DIRECTIVES["script-src"], *(f"'sha256-{each}'" for each in hashes)])
    return "; ".join(
        f"{name} {value}" for name, value in (DIRECTIVES | {"script-src": allowed}).items()
    )
