"""Rows of the tables that say how the answers compare with the truth."""

from collections import Counter

from analyses.labelling_function.labels.errors import by_changes, within
from analyses.labelling_function.points import Map, answers, mistakes, truth
from analyses.labelling_function.rows import PATTERNS, patterns
from analyses.write_ups.numerals import percent
from models.labelling_function.task import LabellingFunction
from models.problem import Problem

DISTANCES = (1, 2, 3, 5, 10, 24)
"""Columns from the nearest curve; the last is where the published model's mistakes end."""
OTHER = "any other"


def pattern_rows(problem: Problem[LabellingFunction]) -> list[list[str]]:
    """For each pattern: its primitives, and how many rows have it in truth, and as answered."""
    true, said = (Counter(patterns(of(problem))) for of in (truth, answers))
    found = [
        [name, " + ".join(("blue all", *parts)), str(true[name]), str(said[name])]
        for name, parts in PATTERNS.items()
    ]
    none = [
        str(sum(n for name, n in count.items() if name not in PATTERNS)) for count in (true, said)
    ]
    return [*found, [OTHER, "", *none]]


def change_rows(problem: Problem[LabellingFunction]) -> list[list[str]]:
    """For no, one and two changes: rows, rows with a mistake, mistakes, and how many a row."""
    return [
        [
            str(number),
            str(found.rows),
            str(found.rows_with_some),
            str(found.wrong),
            f"{found.wrong / found.rows:.2f}",
        ]
        for number, found in enumerate(by_changes(mistakes(problem), truth(problem)))
    ]


def distance_rows(problem: Problem[LabellingFunction]) -> list[list[str]]:
    """For some distances: how many mistakes are as near a curve, and the share of all points."""
    wrong = mistakes(problem)
    everywhere: Map = wrong | ~wrong
    return [
        [
            str(columns),
            str(within(wrong, columns)),
            percent(within(wrong, columns) / int(wrong.sum()), 0),
            percent(within(everywhere, columns) / wrong.numel(), 0),
        ]
        for columns in DISTANCES
    ]
