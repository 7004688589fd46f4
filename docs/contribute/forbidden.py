"""What a month's code has no business with: other programs, the network, code made as it runs.

This reads the code as it is written. Whoever wants to hide such a call can; then it is for
`confined`, where there is nothing to reach, and for the reviewers.
"""

import ast
import re
from collections.abc import Iterator
from contextlib import suppress

from docs.contribute.month import Fault, Month

MODULES = {
    *("aiohttp", "ctypes", "ftplib", "http", "httpx", "importlib", "multiprocessing", "pty"),
    *("requests", "runpy", "smtplib", "socket", "socketserver", "ssl", "subprocess", "urllib"),
    *("urllib3", "webbrowser", "xmlrpc"),
}
FUNCTIONS = {"__import__", "compile", "eval", "exec"}
METHODS = re.compile(
    r"system|popen|getoutput|fork|forkpty|putenv|startfile|(?:posix_)?spawn\w*|exec[lv]\w*"
)
"""Names of functions of `os` and IPython that start programs."""
MAGIC = re.compile(r"^(?:#\s*)?(?:!|%{1,2}(?!%))\s*[A-Za-z./]")
"""A line that IPython takes for a command; jupytext takes away the comment sign."""


def forbidden_faults(month: Month) -> Iterator[Fault]:
    """Where the month's task, analysis and pages start programs, or open connections."""
    code = {*month.model.rglob("*.py"), *month.analysis.rglob("*.py"), *month.pages.values()}
    for path in sorted(code):
        text = path.read_text(encoding="utf-8")
        found = [*_commands(text)] if path in month.pages.values() else []
        # That it is no Python, lint says; in a page it may be a command.
        with suppress(SyntaxError):
            found += _calls(ast.parse(text))
        for line, what in sorted(found):
            complaint = (
                f"{what}: task, analysis and pages compute from the weights alone; they start no "
                "program, open no connection and make no code. Leave it out."
            )
            yield month.fault(path, complaint, line)


def _commands(text: str) -> Iterator[tuple[int, str]]:
    prose = False
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("# %%"):
            prose = "[markdown]" in line or "[md]" in line
        elif not prose and MAGIC.match(line):
            yield number, f"a command of IPython, {line.strip()!r}"


def _calls(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                for name in names:
                    if name.name.split(".")[0] in MODULES:
                        yield node.lineno, f"imports {name.name}"
            case ast.ImportFrom(module=str(module), names=names, level=0):
                if module.split(".")[0] in MODULES:
                    yield node.lineno, f"imports {module}"
                elif module == "os":
                    for name in names:
                        if METHODS.fullmatch(name.name):
                            yield node.lineno, f"imports os.{name.name}"
            case ast.Call(func=ast.Name(id=name)) if name in FUNCTIONS:
                yield node.lineno, f"calls {name}"
            case ast.Call(func=ast.Attribute(attr=name)) if METHODS.fullmatch(name):
                yield node.lineno, f"calls {ast.unparse(node.func)}"
