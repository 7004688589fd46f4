"""What a reader may type, and what a task of Python's makes of it: what the page is held to."""

import random
import re
from collections.abc import Sequence
from typing import Any

from models.task import Task, Worded

BETWEEN = re.compile(r"[\s,;()\[\]{}\ufeff]+")
"""What separates numbers."""
NASTY = (
    *("", " ", ",", "[]", "[[", "-", "+", "--3", "+-3", "- 3", "5-", "..", ".", "e", "1e", "e3"),
    *("1e3", "1E3", "1e+3", "007", "+5", "-0", "+0", "5.0", "5.", ".5", "-0.0", "1e16", "1e15"),
    *("123456789012345680", "1.5e300", "1e400", "-1e400", "1e-5", "0.0001", "0.00001234", "5e-324"),
    *("9007199254740993", "9007199254740993.0", "340282366920938463463374607431768211456"),
    *("inf", "-Infinity", "NaN", "-nan", "infinit", "0x10", "0b1", "1_0", "_1", "1__0", "1_0.5"),
    *("5,0", "5;0", "5:0", "5/1", "1 000", "five", "None", "True", "SEP", "START", "Z", "\u221e"),
    *("٣", "१२", "１１", "𝟗", "๓.๕", "߅", "5\u0660", "²", "Ⅳ", "½", "一", "−3", "−0", "–3", "‐3"),
    *("'", '"', "'\"", "it's", 'say "5"', "\\", "\\n", "\x00", "\x1b[0m", "\x7f", "\x85", "\x1c5"),
    *(
        "\u200b5",
        "5\u200d",
        "\ufeff5",
        "\u00ad",
        "\u202e5",
        "\u2028",
        "\u3000",
        "\u00a05",
        "é",
        "ß",
    ),
    *(
        "e\u0301",
        "\ud800",
        "\udfff5",
        "\U0001f600",
        "\U000e0001",
        "\uffff",
        "<b>",
        "&amp;",
        "{{x}}",
    ),
    *("__proto__", "constructor", "toString", "9" * 400, "9" * 4300, "9" * 4301, "0" * 5000 + "7"),
    *(
        "-" + "9" * 4300,
        "9" * 1_000_000,
        "9" * 100_000 + "x",
        "1." + "3" * 5000,
        "x" * 300,
        "1e" + "9" * 50,
    ),
)
"""Inputs by themselves, and what may stand in one."""


def typed_numbers(text: str) -> list[Any]:
    """The numbers of a text as Python reads them, and as they are those pieces that are none.

    A minus sign, as in print, is as good as a hyphen.
    """
    return [_number(word) for word in BETWEEN.split(text) if word]


def _number(word: str) -> int | float | str:
    plain = word.replace("−", "-")
    for kind in (int, float):
        try:
            return kind(plain)
        except ValueError:
            continue
    return word


def simplified(task: Worded, text: str) -> str:
    """A text as a language of small letters has it, with spaces for commas and byte order marks."""
    known = set(task.vocabulary)  # pyright: ignore[reportAttributeAccessIssue]

    def small(found: re.Match[str]) -> str:
        word = found[0]
        return word.lower() if word not in known and word.lower() in known else word

    return re.sub(r"[^\s.]+", small, re.sub(r"[,\ufeff]", " ", text))


def read(task: Any, text: str) -> dict[str, Any]:
    """The tokens of an input, or what the task says is wrong with it, its place left out."""
    try:
        if isinstance(task, Worded):
            return {"tokens": task.prompt(simplified(task, text))[0].tolist()}
        values = typed_numbers(text)
        return {"tokens": task.encode([values])[0].tolist()}
    except ValueError as error:
        said = str(error)
    # Such as `list 0, [5]: has 1 values`.
    _, place, fault = said.partition(f" 0, {typed_numbers(text)}: ")
    return {"fault": fault if place else said}


def texts(task: Task, shown: Sequence[str], seed: int) -> list[str]:
    """Inputs good and bad, made out of good ones."""
    chance = random.Random(seed)
    spoil = _of_words if isinstance(task, Worded) else _of_numbers
    found = [*NASTY, *shown]
    for text in shown:
        found += [spoil(chance, text, changes, task.vocabulary) for changes in (0, 1, 1, 2)]
    return found


def _of_numbers(chance: random.Random, text: str, changes: int, vocabulary: Sequence[str]) -> str:
    values = text.split(", ")
    for _ in range(changes):
        at = chance.randrange(len(values)) if values else 0
        match chance.randrange(6):
            case 0:
                values[at : at + 1] = [chance.choice(NASTY)]
            case 1:
                values[at : at + 1] = [str(chance.randint(-130, 130))]
            case 2:
                values[at : at + 1] = [chance.choice(vocabulary)]
            case 3:
                values[at:at] = values[-1:]
            case 4:
                del values[at : at + chance.randint(1, 3)]
            case _:
                values[at : at + 1] = [_otherwise(chance, value) for value in values[at : at + 1]]
    if not changes:
        values = [_otherwise(chance, value) for value in values]
    between = chance.choice([", ", ",", " ", "\n", "\t", "; ", " , ", ",\r\n", "\u00a0", "  "])
    around = chance.choice(["{}", "{}", "[{}]", "({})", "[{},]", " {} ", "[[{}]]", "{},", "\n{}\n"])
    return around.replace("{}", between.join(values))


def _otherwise(chance: random.Random, value: str) -> str:
    """The same number, or one that is equal, written otherwise."""
    sign, digits = ("-", value[1:]) if value.startswith("-") else ("", value.lstrip("+"))
    forms = [value, value, value, f"{sign}0{digits}", f"{sign}00{digits}"]
    forms += [f"−{digits}" if sign else f"+{digits}"]
    forms += [sign + "".join(chr(0x0660 + int(d)) if d.isdigit() else d for d in digits)]
    return chance.choice([*forms, f"{value}.0"] if chance.random() < 0.05 else forms)


def _of_words(chance: random.Random, text: str, changes: int, vocabulary: Sequence[str]) -> str:
    words = text.split(" ")
    for _ in range(changes):
        at = chance.randrange(len(words)) if words else 0
        match chance.randrange(7):
            case 0:
                words[at : at + 1] = [chance.choice(NASTY)]
            case 1 | 2:
                words[at : at + 1] = [chance.choice(vocabulary)]
            case 3:
                del words[at : at + chance.randint(1, 3)]
            case 4:
                words += chance.choices(vocabulary, k=chance.randint(1, 12))
            case _:
                words[at : at + 1] = [_misspelt(chance, word) for word in words[at : at + 1]]
    said = chance.choice([" ", " ", "  ", "\n", ", ", "\u00a0"]).join(words)
    said = chance.choice([str, str, str.capitalize, str.upper])(said)
    return said + chance.choice(["", "", ".", " .", "...", " "])


def _misspelt(chance: random.Random, word: str) -> str:
    letters = list(word)
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(letters) + 1)
        match chance.randrange(3):
            case 0:
                letters[at : at + 1] = []
            case 1:
                letters[at:at] = chance.choice("aeiourstln'é")
            case _:
                letters[at : at + 2] = reversed(letters[at : at + 2])
    return "".join(letters)
