"""On what a line depends: what decides which model comes out, and what judges it. Needs no torch.

Code is followed along its imports, and counts as it is parsed: neither comments nor docstrings,
and of a claim not the words that a page says it in. The engine of the sweep itself does not count.
"""

import ast
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from analyses.seeds.line import Line
from analyses.seeds.subject import Subject, folder
from models.card import Card, sha256_of

OURS = ("models", "analyses")
"""Packages whose code counts."""
PACKAGES = ("numba", "numpy", "torch", "transformer-lens")
"""What computes a model and what is measured on it."""
WORDS = {"sentence", "quantity", "counted", "carries"}
"""What a claim says of itself on a page; nothing is measured with it."""
SHOWN = {"models.errors", "models.progress"}
"""Modules that only say something to whoever waits."""
PRODUCTS = {"results.json", "certificate.json", "expected.toml", "seeds.jsonl"}
"""Files beside a problem's claims that are made from them, or say something about them."""
OTHER_SUFFIXES = {".py", ".js", ".md", ".pyc"}
"""Of files that are no data: code, which is followed by itself, or what only a page shows."""


class Depends(NamedTuple):
    """What a line says that it was made with."""

    recipe: str
    code: str
    versions: dict[str, str]


def depends(subject: Subject) -> Depends:
    """What a line would say that is made now.

    Raises:
        CardError: if there is no such problem, or its card is faulty.
    """
    return Depends(recipe(subject), code(subject), versions())


def recipe(subject: Subject) -> str:
    """Hash of what decides which model comes out of a seed."""
    starts = ("models.training", f"{subject.models}.{subject.slug}.task")
    card = decisive(subject.card())
    return _hash({"card": card, "code": contents(starts, subject)})


def code(subject: Subject) -> str:
    """Hash of what judges a model: claims, quantities, what is seen, what these import, and the
    data that lie beside them.
    """
    own = f"{subject.analyses}.{subject.slug}"
    starts = (f"{own}.claims", f"{own}.varies", f"{own}.seen")
    data = {name: sha256_of(path) for name, path in _data(subject)}
    return _hash({"code": contents(starts, subject), "data": data})


def versions() -> dict[str, str]:
    """Of the packages that models and measurements rest on; a build for CUDA is the same one."""
    return {name: version(name).partition("+")[0] for name in PACKAGES}


def differences(line: Line, now: Depends) -> list[str]:
    """Why a line has to be made anew, in words; nothing, if it need not be."""
    reasons = []
    if line.recipe != now.recipe:
        reasons.append("the recipe, the task or the code of training changed")
    if line.code != now.code:
        reasons.append("the claims' code changed")
    packages = sorted(line.versions.keys() | now.versions.keys())
    other = [name for name in packages if line.versions.get(name) != now.versions.get(name)]
    for name in other:
        was, is_ = line.versions.get(name, "not noted"), now.versions.get(name, "not looked at")
        reasons.append(f"{name} was {was}, is {is_}")
    return reasons


def decisive(card: Card) -> dict[str, object]:
    """What a card says that decides which model comes out of a seed."""
    training = card.training.model_dump(mode="json", exclude={"command", "seed"})
    return {"architecture": card.architecture.model_dump(mode="json"), "training": training}


def contents(starts: Iterable[str], subject: Subject) -> dict[str, str]:
    """The hash of every module that some modules rest on, by name, themselves included; those
    that do not exist are left out.
    """
    packages = {name: folder(name) for name in {*OURS, subject.models, subject.analyses}}
    found: dict[str, str] = {}
    asked = list(starts)
    while asked:
        name = asked.pop()
        path = _file(name, packages)
        if path is None or name in found or name in SHOWN:
            continue
        found[name], imported = _read(path.read_text(encoding="utf-8"))
        for module, taken in imported:
            inside = f"{module}.{taken}" if taken else module
            asked.append(inside if _file(inside, packages) else module)
    return dict(sorted(found.items()))


@cache
def _read(code: str) -> tuple[str, list[tuple[str, str]]]:
    """The hash of what a module does, and what it imports."""
    tree = ast.parse(code)
    return _hash(_counted(tree)), list(_imported(tree))


def _file(name: str, packages: Mapping[str, Path]) -> Path | None:
    """Where a module of some packages lies."""
    package, *inside = name.split(".")
    if package not in packages:
        return None
    place = packages[package].joinpath(*inside)
    found = (place.with_suffix(".py"), place / "__init__.py")
    return next((path for path in found if path.is_file()), None)


def _imported(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """What code imports when it runs: modules, and what is taken out of them."""
    for node in ast.iter_child_nodes(tree):
        match node:
            case ast.If(test=ast.Name(id="TYPE_CHECKING")):
                pass
            case ast.Import(names=names):
                yield from ((name.name, "") for name in names)
            case ast.ImportFrom(module=str(module), names=names):
                yield from ((module, name.name) for name in names)
            case _:
                yield from _imported(node)


def _counted(node: object) -> object:
    """Of parsed code, what decides what it does, the same with every Python."""
    if isinstance(node, list):
        return [_counted(each) for each in node if not _is_docstring(each)]
    if not isinstance(node, ast.AST):
        return repr(node)
    fields = dict(ast.iter_fields(node))
    if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == "Claim":
        fields["keywords"] = [word for word in node.keywords if word.arg not in WORDS]
    kept = {
        name: _counted(value)
        for name, value in fields.items()
        if name not in ("ctx", "kind", "type_comment")
        # What later Pythons add to a node, or leave out of it, is empty here.
        and (isinstance(node, ast.Constant) or value not in (None, []))
    }
    return [type(node).__name__, kept]


def _is_docstring(node: object) -> bool:
    match node:
        case ast.Expr(value=ast.Constant(value=str())):
            return True
    return False


def _data(subject: Subject) -> Iterator[tuple[str, Path]]:
    """The files of data beside a problem's claims, by name."""
    here = folder(subject.analyses) / subject.slug
    for path in sorted(here.rglob("*")):
        name = path.relative_to(here).as_posix()
        hidden = any(part.startswith((".", "__")) for part in Path(name).parts)
        other = path.suffix in OTHER_SUFFIXES or path.name in PRODUCTS
        if path.is_file() and not hidden and not other:
            yield name, path


def _hash(content: object) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
