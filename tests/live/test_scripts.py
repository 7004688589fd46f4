"""The scripts of the live panel that need no browser."""

import subprocess

from docs.contribute.scripts import laid_out
from docs.render.vendor import program


def test_units_in_node() -> None:
    with laid_out() as tree:
        tests = sorted(map(str, tree.glob("docs/live/tests/*.test.js")))
        done = subprocess.run(
            [program("node"), "--test", "--test-timeout=60000", *tests],
            cwd=tree,
            capture_output=True,
            text=True,
        )
    assert tests
    assert done.returncode == 0, done.stdout
