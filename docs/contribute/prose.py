"""Typed results: numbers in prose that nothing recomputes."""

import ast
import math
import re
import unicodedata
from collections.abc import Iterable, Iterator
from html import unescape
from pathlib import Path
from typing import NamedTuple

from analyses.evidence.explained import Explained
from analyses.evidence.findings import Finding
from docs.contribute.month import Fault, Month

_UNITS = "one two three four five six seven eight nine"
_TEENS = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_UNIT = _UNITS.replace(" ", "|")
_WORDS = (
    rf"\b(?:(?:{_TENS.replace(' ', '|')})(?:[-\s](?:{_UNIT}))?|{_TEENS.replace(' ', '|')}|{_UNIT}"
    rf"|zero|(?:a|one)\shundred)(?:\spoint(?:\s(?:zero|{_UNIT}))+)?"
)
_DIGITS = r"(?<![\w.])\d[\d.,]*"
_OF_HUNDRED = (
    r"\s+(?:in|out\s+of)\s+(?:(?:a|one|every|each)\s+)?"
    r"(?:hundred|thousand|million|10{2,}|1(?:,000)+)\b"
)
RESULT = re.compile(
    rf"{_DIGITS}\s*(?:\\?[%‰]|per\s?cent(?:age)?\b)"  # 92 %, 99.8\%, 5 per cent
    rf"|{_WORDS}[-\s]*(?:[%‰]|per\s?cent(?:age)?\b)"  # ninety-nine per cent
    rf"|(?:{_DIGITS}|{_WORDS}){_OF_HUNDRED}"  # 99 in 100, ninety-nine out of a hundred
    r"|(?<![\w.])(?:\d*\.\d+(?:e[+-]?\d+)?|\d+e[+-]?\d+|0,\d+)"  # 0.92, .92, 1e-3, 0,92
    rf"|\b(?:zero|{_UNIT})\spoint(?:\s(?:zero|{_UNIT}))+\b",  # zero point nine two
    re.IGNORECASE,
)
QUOTE = re.compile(r"<q\b([^>]*)>.*?</q>", re.DOTALL)
NO_RESULTS = re.compile(
    r"```.*?```|\{\{.*?\}\}"
    r"|\]\([^)]*\)|https?://\S+|<[a-zA-Z/!][^>]*>"  # links and tags
    r"|^#+ [\d.]+"  # the number of a section
    r"|\b(?:section|figure|table|appendix|version|Python|PyTorch|CUDA) \d+(?:\.\d+)*"
    r"|\b\d+(?:\.\d+){2,}|\b20\d\d\.\d\d\b|arXiv:[\d.]+"  # versions, those of the site, papers
    r"|\b(?:95\s?%|(?:95|ninety-five)\sper\s?cent)\s(?:confidence\s)?intervals?",
    re.DOTALL | re.MULTILINE | re.IGNORECASE,
)
CODE = re.compile(r"(`+)(.+?)\1", re.DOTALL)
MATHS = re.compile(r"\$\$(.+?)\$\$|(?<!\\)\$([^$\n]+)\$", re.DOTALL)
RELATION = re.compile(
    r"[=<>≈≤≥~]|\\(?:approx|cong|equiv|geq?|gg|gtrsim|leq?|lesssim|ll|sim|simeq)(?![A-Za-z])"
)
BESIDE_NUMBERS = re.compile(
    r"\\(?:text|mathrm|operatorname|textrm|mbox)\s*\{[^{}]*\}"  # units
    r"|\\(?:pm|times|cdot|quad|qquad)(?![A-Za-z])|\\[,;:! ]|[{}]"
)
ENTITY = re.compile(r"&(?:#\d+|#[xX][0-9a-fA-F]+|\w+);")
SHOWN = {"print": 0, "display": 0, "HTML": 0, "Markdown": 0, "Latex": 0, "table": 0, "fact": 1}
"""Functions that show what they are given, and the first argument that is shown."""
DESCRIPTIONS = ("caption", "alt")


class Cell(NamedTuple):
    """A cell of a page in percent format."""

    prose: bool
    line: int
    """Of the file, where the cell's first line stands."""
    text: str
    """Prose without the comment signs."""


def cells(page: Path) -> list[Cell]:
    """The cells of a page, with exact lines, which jupytext does not tell."""
    found: list[Cell] = []
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("# %%"):
            found.append(Cell("[markdown]" in line or "[md]" in line, number + 1, ""))
        elif found:
            cell = found[-1]
            content = re.sub(r"^# ?", "", line) if cell.prose else line
            found[-1] = cell._replace(text=f"{cell.text}{content}\n")
    return found


def typed_results(month: Month, heads: set[str]) -> Iterator[Fault]:
    """Typed results in the prose of the pages, and in what the month's code shows.

    Args:
        month: whose pages and modules to read.
        heads: names of heads, such as `0.1`, which are no numbers when written as code.
    """
    for page in month.pages.values():
        for cell in cells(page):
            if not cell.prose:
                continue
            for quote in QUOTE.finditer(cell.text):
                if not re.search(r"""cite=["']https?://""", quote[1]):
                    line = cell.line + cell.text.count("\n", 0, quote.start())
                    text = 'a quotation does not say where it is from: <q cite="https://...">.'
                    yield month.fault(page, text, line)
            readable = _readable(_plain(cell.text), heads)
            for match in RESULT.finditer(readable):
                line = cell.line + readable.count("\n", 0, match.start())
                yield month.fault(page, _typed(match[0]), line)
    modules = {*month.pages.values(), *month.analysis.rglob("*.py"), *month.model.rglob("*.py")}
    for path in sorted(modules):
        yield from _typed_in_code(month, path, heads)


def typed_in_claims(month: Month, findings: Iterable[Finding]) -> Iterator[Fault]:
    """Typed results in the words of claims; a claim's own threshold is none."""
    for finding in findings:
        controls = [control.what for control in finding.controls]
        for words in (finding.sentence, finding.quantity, finding.unit, *controls):
            for match in RESULT.finditer(_readable(_plain(words), set())):
                if not _says(match[0], finding.threshold):
                    text = (
                        f"'{match[0].strip()}' is a typed result in the words of the claim "
                        f"{finding.name!r}; leave it out, the table shows what was measured."
                    )
                    yield month.claim_fault(finding.name, text)


def typed_in_explanations(month: Month, explained: Iterable[Explained]) -> Iterator[Fault]:
    """Typed results in the words of explanations."""
    for found in explained:
        for match in RESULT.finditer(_readable(_plain(found.sentence), set())):
            text = (
                f"'{match[0].strip()}' is a typed result in the words of the explanation "
                f"{found.name!r}; leave it out, the table shows how well it predicts."
            )
            yield month.claim_fault(found.name, text)


def _says(number: str, threshold: float) -> bool:
    """Whether a number is the threshold, as it is or in per cent."""
    digits = re.match(r"\d*\.?\d+(?:e[+-]?\d+)?", number)
    if digits is None:
        return False
    value = float(digits[0])
    return math.isclose(value, abs(threshold)) or math.isclose(value / 100, abs(threshold))


def _typed(number: str) -> str:
    return (
        f"'{' '.join(number.split())}' is a typed result; record it and write {{{{ name }}}}, mark "
        'it as quoted, <q cite="https://...">, or, if it is none, write it as code.'
    )


def _plain(text: str) -> str:
    """Text as it is read: without entities, invisible characters and forms of digits, every
    line in its place.
    """

    def character(found: re.Match[str]) -> str:
        meant = unescape(found[0])
        # These would be read as marks.
        return found[0] if set(meant) & set("<>&`$\n\r") else meant

    text = unicodedata.normalize("NFKC", ENTITY.sub(character, text))
    return "".join(letter for letter in text if unicodedata.category(letter) != "Cf")


def _readable(text: str, heads: set[str]) -> str:
    """Prose with blanks for all that holds no results, every line in its place."""
    text = NO_RESULTS.sub(_blank, QUOTE.sub(_blank, text))
    text = CODE.sub(
        lambda found: found[0] if _is_number(found[2]) and found[2] not in heads else _blank(found),
        text,
    )
    return MATHS.sub(_only_results, text)


def _only_results(maths: re.Match[str]) -> str:
    """Mathematics with blanks for all but a number that stands alone, or on one side of a sign
    of equality or order.
    """
    first = 1 if maths[1] is not None else 2
    start, text = maths.start(first), maths[first]
    kept, begins = " " * (start - maths.start()), 0
    for relation in [*RELATION.finditer(text), None]:
        ends = relation.start() if relation else len(text)
        side = text[begins:ends]
        kept += side if _is_number(BESIDE_NUMBERS.sub(" ", side)) else re.sub(r"[^\n]", " ", side)
        begins = relation.end() if relation else ends
        kept += " " * (begins - ends)
    return kept + " " * (maths.end() - start - len(text))


def _is_number(text: str) -> bool:
    """Whether it would be a result if it were not set as code or mathematics."""
    text = text.replace("\\%", "%")
    return not re.search(r"[A-Za-z\\(]", text) and RESULT.search(text) is not None


def _blank(found: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", found[0])


def _typed_in_code(month: Month, path: Path, heads: set[str]) -> Iterator[Fault]:
    """Typed results in what code shows or records, as far as it is written out in the module."""
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except SyntaxError:
        # Executing the page says so, with the line.
        return
    names, told = _constants(tree), set[ast.Constant]()
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        name = getattr(call.func, "attr", getattr(call.func, "id", ""))
        keywords = {keyword.arg: keyword.value for keyword in call.keywords}
        shown = [keywords[key] for key in DESCRIPTIONS if key in keywords]
        if name in SHOWN:
            shown += call.args[SHOWN[name] :]
            shown += [value for key, value in keywords.items() if key not in DESCRIPTIONS]
        for constant in (found for node in shown for found in _written_out(node, names)):
            if constant in told:
                continue
            told.add(constant)
            for match in RESULT.finditer(_readable(_plain(str(constant.value)), heads)):
                yield month.fault(path, _typed(match[0]), constant.lineno)
        if name == "record":
            value = keywords.get("value", call.args[1] if len(call.args) > 1 else None)
            if value is not None and _is_written_out(value, names):
                text = (
                    f"{ast.unparse(value)} is recorded as it was typed; record what the page has "
                    "computed."
                )
                yield month.fault(path, text, value.lineno)


def _constants(tree: ast.Module) -> dict[str, ast.expr]:
    """What names are bound to, once, at the top of a module."""
    bound: dict[str, list[ast.expr]] = {}
    for statement in tree.body:
        if isinstance(statement, ast.Assign):
            for target in statement.targets:
                if isinstance(target, ast.Name):
                    bound.setdefault(target.id, []).append(statement.value)
    return {name: values[0] for name, values in bound.items() if len(values) == 1}


def _is_written_out(node: ast.expr, names: dict[str, ast.expr]) -> bool:
    """Whether an expression is made of typed numbers alone; a whole number that has a name is a
    setting.
    """
    match node:
        case ast.Constant(value=int() | float() | str()):
            return True
        case ast.UnaryOp(operand=operand):
            return _is_written_out(operand, names)
        case ast.BinOp(left=left, right=right):
            return _is_written_out(left, names) and _is_written_out(right, names)
        case ast.Call(func=ast.Name(id="float" | "int" | "round"), args=[first, *_]):
            return _is_written_out(first, names)
        case ast.Name(id=name) if name in names and not isinstance(names[name], ast.Name):
            bound = names[name]
            whole = isinstance(bound, ast.Constant) and isinstance(bound.value, int)
            return not whole and _is_written_out(bound, names)
    return False


def _written_out(node: ast.AST, names: dict[str, ast.expr]) -> Iterator[ast.Constant]:
    """The typed parts of what is shown: texts, and numbers with decimals.

    What another function is given is shown as that function makes it, texts excepted.
    """
    if isinstance(node, ast.Name) and isinstance(names.get(node.id), ast.Constant):
        node = names[node.id]
    if isinstance(node, ast.Constant) and isinstance(node.value, str | float):
        yield node
    elif isinstance(node, ast.FormattedValue) and not isinstance(node.value, ast.Constant):
        return
    else:
        for child in ast.iter_child_nodes(node):
            for constant in _written_out(child, names):
                if isinstance(constant.value, str) or not isinstance(node, ast.Call):
                    yield constant
